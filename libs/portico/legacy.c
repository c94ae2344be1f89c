/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Legacy LPC on the same ports (reference 5). A legacy message is an ordinary one with LANE_LEGACY
 * in its record: a datagram, a SYNC request, a reply with RELEASE; only the rules of the header
 * differ, and they are here.
 *
 *     Type       NtRequestPort takes 0 or LPC_DATAGRAM. NtRequestWaitReplyPort ignores it, but
 *                LPC_REQUEST with a MessageId is a received request sent on: a callback.
 *     lengths    TotalLength may be larger than header and data (it was the buffer's in NT 4
 *                programs); what goes is header and data.
 *     ids        a new message's MessageId means nothing; a reply must carry one, and the ClientId
 *                of its request. UNKNOWN: whether today's Windows looks at a reply's ClientId.
 *
 * DataInfoOffset travels in the attribute area, since it is rare (request_data.c). */

#include <string.h>

#include "attributes.h"
#include "legacy.h"
#include "local_port.h"
#include "receiver.h"
#include "send.h"

#define PORT_FLAG_ACCEPT_REQUESTS 0x00020000u
#define TYPE_BYTE                 0xffu

static status_t lengths_check(const struct port *port, struct portico_message *header)
{
    uint32_t needed = header->data_length + (uint32_t)sizeof(*header);

    if (header->total_length <= header->data_length ||
        header->total_length > port->max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    if (header->total_length < needed)
        return STATUS_INVALID_PARAMETER;
    header->total_length = (uint16_t)needed;
    return STATUS_SUCCESS;
}

/* Who takes new messages from here: reference 5.1. */
static status_t new_message_check(const struct port *port, struct portico_message *header)
{
    header->message_id = 0;
    if (port->kind == PORT_KIND_CONNECTION)
        return STATUS_PORT_DISCONNECTED;
    if (port->kind == PORT_KIND_SERVER && !(port->peer_flags & PORT_FLAG_ACCEPT_REQUESTS))
        return STATUS_LPC_REQUESTS_NOT_ALLOWED;
    return STATUS_SUCCESS;
}

static status_t datagram_check(const struct port *port, struct portico_message *header)
{
    uint32_t type = header->type & TYPE_BYTE;

    if ((type != 0 && type != PORTICO_TYPE_DATAGRAM) || header->data_info_offset)
        return STATUS_INVALID_PARAMETER;
    return new_message_check(port, header);
}

static status_t request_check(const struct port *port, struct portico_message *header)
{
    if (header->data_info_offset &&
        (header->data_info_offset < sizeof(*header) ||
         header->data_info_offset + 8u /* count, padding */ > header->total_length))
        return STATUS_INVALID_PARAMETER;
    if ((header->type & TYPE_BYTE) == PORTICO_TYPE_REQUEST && header->message_id)
        return STATUS_SUCCESS;
    return new_message_check(port, header);
}

static status_t reply_check(struct port *port, const struct portico_message *header)
{
    struct port_message found;

    if (header->message_id == 0)
        return STATUS_INVALID_PARAMETER;
    if (!port->receiver ||
        port_find_message(&port->receiver->view, header->message_id, &found) != STATUS_SUCCESS)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    /* Of a callback only the process is known: it was taken from a slot. */
    if (header->process_id != found.sender_process_id ||
        (found.sender_thread_id && header->thread_id != found.sender_thread_id))
        return STATUS_INVALID_CID;
    return STATUS_SUCCESS;
}

status_t legacy_header_check(struct port *port, enum portico_legacy call,
                             struct portico_message *header)
{
    status_t status = lengths_check(port, header);

    if (status != STATUS_SUCCESS)
        return status;
    switch (call) {
    case PORTICO_LEGACY_DATAGRAM:
        return datagram_check(port, header);
    case PORTICO_LEGACY_REQUEST:
        return request_check(port, header);
    case PORTICO_LEGACY_REPLY:
    case PORTICO_LEGACY_REPLY_WAIT:
        header->data_info_offset = 0;
        return reply_check(port, header);
    case PORTICO_NOT_LEGACY:
        break;
    }
    return STATUS_INVALID_PARAMETER;
}

void legacy_outgoing(const struct portico_message *header, struct outgoing *outgoing)
{
    outgoing->lane_flags = LANE_LEGACY;
    if (!header->data_info_offset)
        return;
    if (!outgoing->attr_size) /* else prepared already: a security context */
        outgoing->wire = (struct wire_attributes){0};
    outgoing->wire.data_info_offset = header->data_info_offset;
    outgoing->attr_size = sizeof(outgoing->wire);
}

void legacy_header_fill(struct portico_message *header, const void *attributes, uint32_t size)
{
    struct wire_attributes wire;

    header->type &= TYPE_BYTE;
    if (size != sizeof(wire))
        return;
    memcpy(&wire, attributes, sizeof(wire));
    if (wire.data_info_offset >= sizeof(*header) && wire.data_info_offset < header->total_length)
        header->data_info_offset = (uint16_t)wire.data_info_offset;
}

status_t legacy_lost(status_t status)
{
    return status == STATUS_PORT_DISCONNECTED || status == STATUS_MESSAGE_LOST
               ? STATUS_LPC_REPLY_LOST
               : status;
}
