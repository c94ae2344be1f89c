/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Message attributes on their way: each kind has its own file (view_send.c ...), this one goes
 * through them. A send is prepared kind by kind; when one is refused, what was prepared before it
 * is undone as if the message had not been sent. */

#include <string.h>

#include "attributes.h"
#include "handles.h"
#include "security.h"
#include "view.h"
#include "view_send.h"

#define SENT_BY_WIRE                                                                  \
    (PORTICO_ATTRIBUTE_VIEW | PORTICO_ATTRIBUTE_HANDLE | PORTICO_ATTRIBUTE_SECURITY | \
     PORTICO_ATTRIBUTE_WORK_ON_BEHALF)

/* What the sender attached himself, kind by kind. */
static status_t attached_send(struct port *port, const struct portico_attributes *attributes,
                              uint32_t message_id, struct wire_attributes *wire)
{
    status_t status = STATUS_SUCCESS;

    if (attributes->valid & PORTICO_ATTRIBUTE_VIEW)
        status = view_send(port, &attributes->view, message_id, wire);
    if (status == STATUS_SUCCESS && (attributes->valid & PORTICO_ATTRIBUTE_HANDLE))
        status = handles_send(port, attributes, message_id, wire);
    if (status == STATUS_SUCCESS && (attributes->valid & PORTICO_ATTRIBUTE_SECURITY))
        status = security_send(port, &attributes->security, wire);
    if (attributes->valid & PORTICO_ATTRIBUTE_WORK_ON_BEHALF) {
        wire->valid |= PORTICO_ATTRIBUTE_WORK_ON_BEHALF;
        wire->work_on_behalf = attributes->work_on_behalf;
    }
    return status;
}

status_t attributes_send(struct port *port, const struct portico_attributes *attributes,
                         uint32_t message_id, struct wire_attributes *ret_wire, uint32_t *ret_size)
{
    status_t status = STATUS_SUCCESS;

    *ret_size = 0;
    bool is_implicit = security_is_implicit(port);
    if (!is_implicit && (!attributes || !(attributes->valid & SENT_BY_WIRE)))
        return STATUS_SUCCESS;
    *ret_wire = (struct wire_attributes){0};
    if (attributes)
        status = attached_send(port, attributes, message_id, ret_wire);
    if (status == STATUS_SUCCESS && is_implicit && !(ret_wire->valid & PORTICO_ATTRIBUTE_SECURITY))
        status = security_send_implicit(port, ret_wire);
    if (status != STATUS_SUCCESS)
        attributes_sent(port, ret_wire, &(struct attributes_fate){.is_told = true});
    else if (ret_wire->valid)
        *ret_size = sizeof(*ret_wire);
    return status;
}

void attributes_lend(struct port *port, const struct port_route *route,
                     struct wire_attributes *wire)
{
    if (wire->valid & PORTICO_ATTRIBUTE_VIEW)
        view_lend(port, route, &wire->view);
}

void attributes_published(struct port *port, const struct wire_attributes *wire)
{
    if (wire->valid & PORTICO_ATTRIBUTE_VIEW)
        view_published(port, &wire->view);
}

void attributes_sent(struct port *port, const struct wire_attributes *wire,
                     const struct attributes_fate *fate)
{
    if (wire->valid & PORTICO_ATTRIBUTE_VIEW)
        view_sent(port, &wire->view, fate);
    if (wire->valid & PORTICO_ATTRIBUTE_HANDLE)
        handles_sent(port, &wire->handles, fate->is_sent, fate->is_told ? fate->message_id : 0);
    if (wire->valid & PORTICO_ATTRIBUTE_SECURITY)
        security_sent(port, &wire->security, fate->is_sent, fate->is_told ? fate->message_id : 0);
}

void attributes_give_back(struct port *port, const struct portico_attributes *attributes,
                          uint32_t message_id)
{
    const struct portico_view *view = &attributes->view;

    /* With a section, base is that of the view that was sent. */
    if (attributes->valid & PORTICO_ATTRIBUTE_VIEW && view->flags & PORTICO_VIEW_RELEASE)
        view_give_back(port, view->section ? NULL : view->base, message_id);
}

void attributes_receive(struct port *port, const struct attributes_source *source, const void *area,
                        uint32_t size, struct portico_attributes *attributes)
{
    struct portico_attributes nothing = {0};
    struct wire_attributes wire;
    uint32_t wanted;

    if (size != sizeof(wire))
        return;
    memcpy(&wire, area, sizeof(wire));
    if (!attributes)
        attributes = &nothing;
    wanted = wire.valid & attributes->wanted;
    if ((wanted & PORTICO_ATTRIBUTE_VIEW) &&
        view_receive(port, source, &wire.view, &attributes->view) == STATUS_SUCCESS)
        attributes->valid |= PORTICO_ATTRIBUTE_VIEW;
    else if (wire.valid & PORTICO_ATTRIBUTE_VIEW)
        view_decline(port, source, &wire.view);
    if (wanted & PORTICO_ATTRIBUTE_WORK_ON_BEHALF) {
        attributes->valid |= PORTICO_ATTRIBUTE_WORK_ON_BEHALF;
        attributes->work_on_behalf = wire.work_on_behalf;
    }
    /* Also unwanted ones: they stay with the message. */
    if (wire.valid & PORTICO_ATTRIBUTE_HANDLE)
        handles_receive(port, source->connection, source->message_id, source->is_final,
                        &wire.handles, attributes);
    if (wire.valid & PORTICO_ATTRIBUTE_SECURITY)
        security_receive(port, source->message_id, source->is_final, &wire.security, attributes);
}
