/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The table is one entry per line of requests.def: sizes, data kinds, most descriptors, and a thunk
 * that gives the handler its own types (no function pointer is cast). The three kinds of trouble: a
 * packet that breaks the rules of the wire dooms the client; a request that cannot be done is a
 * status; anything else is an assertion of ours.
 */

#include "dispatch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "closer.h"
#include "handlers.h"
#include "name.h"
#include "server.h"
#include "trace_packet.h"

struct entry {
    status_t (*call)(struct client *client, const void *request, struct request_data *data,
                     void *reply, struct reply_extra *extra);
    uint16_t request_size, reply_size;
    uint8_t in, out; /* enum data_kind */
    uint8_t n_fds_in, n_fds_out;
};

/* clang-format off */
#define REQUEST(name, in, out, fds_in, fds_out) \
    static status_t thunk_##name(struct client *client, const void *request, \
                                 struct request_data *data, void *reply, struct reply_extra *extra) \
    { \
        return req_##name(client, request, data, reply, extra); \
    }
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"

static const struct entry entries[REQUEST_COUNT] = {
#define REQUEST(name, in, out, fds_in, fds_out) \
    [REQ_##name] = {thunk_##name, sizeof(struct name##_request), sizeof(struct name##_reply), \
                    in, out, fds_in, fds_out},
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
};
/* clang-format on */

/* Splits an object name off the front of the data. */
static bool objattr_parse(const uint8_t **bytes, uint32_t *size, struct request_data *data)
{
    uint64_t need = sizeof(data->objattr);

    if (*size < need)
        return false;
    memcpy(&data->objattr, *bytes, sizeof(data->objattr));
    need += (uint64_t)data->objattr.name_size + data->objattr.sd_size;
    if (need > *size || data->objattr.name_size % 2 || data->objattr.name_size / 2 > NAME_MAX_CHARS)
        return false;
    data->name = *bytes + sizeof(data->objattr);
    data->sd = data->name + data->objattr.name_size;
    *bytes += need;
    *size -= (uint32_t)need;
    return true;
}

static bool data_parse(const struct entry *entry, const uint8_t *bytes, uint32_t size,
                       struct request_data *data)
{
    switch ((enum data_kind)entry->in) {
    case DATA_NONE:
        return size == 0;
    case DATA_OBJATTR:
        return objattr_parse(&bytes, &size, data) && size == 0;
    case DATA_OBJATTR_BYTES:
        if (!objattr_parse(&bytes, &size, data))
            return false;
        break;
    case DATA_HANDLES:
        if (size % sizeof(handle_t))
            return false;
        break;
    case DATA_BYTES:
        break;
    }
    data->bytes = bytes;
    data->size = size;
    return true;
}

/* NULL: fine. */
static const char *packet_check(const struct client *client, const void *packet, size_t size,
                                size_t n_fds)
{
    const struct request_header *header = packet;

    if (size < sizeof(*header))
        return "sent a packet without a header";
    if (header->code == REQUEST_NONE || header->code >= REQUEST_COUNT)
        return "sent an unknown request";
    const struct entry *entry = &entries[header->code];
    if (header->data_size > PACKET_DATA_MAX_BYTES ||
        size != (size_t)entry->request_size + header->data_size)
        return "sent a request of a wrong length";
    if (header->n_fds != n_fds || n_fds > entry->n_fds_in)
        return "sent a wrong number of descriptors";
    if (!client->kind && header->code != REQ_hello)
        return "did not say hello first";
    if (client->kind && header->code == REQ_hello)
        return "said hello twice";
    if (client->kind == HELLO_NOTICE)
        return "sent a request on its notice socket";
    if (client->parked && header->code != REQ_cancel_request)
        return "sent a second request while one waits";
    return NULL;
}

static void reply_send(struct client *client, const struct entry *entry,
                       const struct request_header *header, status_t status,
                       struct reply_header *reply, struct reply_extra *extra)
{
    assert(extra->n_fds <= entry->n_fds_out);
    assert(extra->data_size == 0 || entry->out != DATA_NONE);
    if (!status_is_success(status)) {
        memset(reply, 0, entry->reply_size);
        extra->n_fds = 0;
    }
    if (!extra->data)
        extra->data = extra->owned_data;
    client_reply(client, header->code, header->sequence, status, reply, entry->reply_size, extra);
}

static void request_handle(struct client *client, const struct request_header *header,
                           struct request_data *data)
{
    const struct entry *entry = &entries[header->code];
    bool has_reply = header->code != REQ_cancel_request && header->code != REQ_alpc_lane_broken;
    _Alignas(8) uint8_t reply[PACKET_FIXED_MAX_BYTES] = {0};
    struct reply_extra extra = {0};
    status_t status;

    if (client->server->trace)
        trace_request(client->pid, client->thread_id, header, data);
    if (has_reply) {
        client->code = header->code;
        client->sequence = header->sequence;
    }
    status = entry->call(client, header, data, reply, &extra);
    if (status == STATUS_PENDING)
        assert(client->parked);
    else if (has_reply)
        reply_send(client, entry, header, status, (struct reply_header *)(void *)reply, &extra);
    free(extra.owned_data);
}

void dispatch_packet(struct client *client, const void *packet, size_t size, const int *fds,
                     size_t n_fds)
{
    const struct request_header *header = packet;
    const char *wrong = packet_check(client, packet, size, n_fds);
    struct request_data data = {.n_fds = (uint32_t)n_fds, .fds = {-1, -1, -1, -1}};

    assert(n_fds <= PACKET_FDS_MAX);
    memcpy(data.fds, fds, n_fds * sizeof(*fds));
    if (!wrong && !data_parse(&entries[header->code],
                              (const uint8_t *)packet + entries[header->code].request_size,
                              header->data_size, &data))
        wrong = "sent malformed data";
    if (wrong)
        client_doom(client, wrong);
    else
        request_handle(client, header, &data);
    for (size_t i = 0; i < n_fds; i++)
        closer_close(client->server->closer, data.fds[i]);
}

void dispatch_trace_reply(struct client *client, const struct reply_header *reply)
{
    trace_reply(client->pid, client->thread_id, reply);
}
