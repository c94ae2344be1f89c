/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Received views (reference 4.8). Their memory is peer_section.c's; the range is checked against
 * the mapped size here each time. What exceeds the limits arrives without its view.
 *
 * A view that came with a final reply is lent: the sender learns of its end by an ACK record for
 * the id that came with it (view_send.c). Other messages end by themselves. */

#include <stdlib.h>

#include "common/seldom.h"
#include "handle.h"
#include "local_port.h"
#include "peer_section.h"
#include "receiver.h"
#include "section.h"
#include "send.h"
#include "view.h"

#define N_BUCKETS  1024u
#define PEER_VIEWS 65536u /* descriptions of views only: the pages are the sections' */

/* What its sender waits for. */
struct lent {
    uint32_t id, callback; /* 0: nothing */
    uint32_t connection, generation;
};

struct seen_view {
    struct list by_base, by_message;
    struct peer_section *section;
    uint8_t *base;
    uint32_t message_id;
    uint32_t lent_id, lent_callback; /* 0: not lent */
};

static struct list by_base[N_BUCKETS] SELDOM, by_message[N_BUCKETS] SELDOM; /* the peers' lock */

static struct list *bucket_of_base(const void *base)
{
    return list_ready(&by_base[((uintptr_t)base >> 16) % N_BUCKETS]);
}

static struct list *bucket_of_message(uint32_t message_id)
{
    return list_ready(&by_message[message_id % N_BUCKETS]);
}

static status_t view_enter_locked(struct peer_section *section, const struct wire_view *wire,
                                  uint32_t message_id, struct portico_view *ret_view)
{
    uint64_t offset = wire->memory ? 0 : wire->offset;
    struct seen_view *view;

    if (wire->size == 0 || offset > section->size || wire->size > section->size - offset)
        return STATUS_INVALID_VIEW_SIZE;
    if (section->peer->n_views >= PEER_VIEWS)
        return STATUS_QUOTA_EXCEEDED;
    view = calloc(1, sizeof(*view));
    if (!view)
        return STATUS_NO_MEMORY;
    *view = (struct seen_view){.section = section,
                               .base = section->base + offset,
                               .message_id = message_id,
                               .lent_id = wire->lent_id,
                               .lent_callback = wire->lent_callback};
    list_prepend(bucket_of_base(view->base), &view->by_base);
    list_prepend(bucket_of_message(message_id), &view->by_message);
    peer_section_hold(section);
    *ret_view = (struct portico_view){.flags = section->is_secured ? PORTICO_VIEW_SECURED : 0,
                                      .base = view->base,
                                      .size = wire->size};
    return STATUS_SUCCESS;
}

status_t view_receive(const struct port *port, const struct attributes_source *source,
                      const struct wire_view *wire, struct portico_view *ret_view)
{
    struct peer_section *section;
    status_t status;

    peers_lock();
    status = peer_section_get(port, source, wire, &section);
    if (status == STATUS_SUCCESS) {
        status = view_enter_locked(section, wire, source->message_id, ret_view);
        if (status != STATUS_SUCCESS)
            peer_section_rest(section);
    }
    peers_unlock();
    return status;
}

/* Tells the sender that what it lent has come back. */
static void lent_end(struct port *port, const struct lent *lent)
{
    struct port_route route = {
        .message_id = lent->id,
        .callback_id = lent->callback,
        .connection = lent->connection,
        .connection_generation = lent->generation,
        .record_kind = LANE_ACK,
    };
    const struct outgoing nothing = {0};

    if (lent->id && route_record_send(port, &route, &nothing) != STATUS_SUCCESS)
        return; /* the range stays with its section, or the connection ends */
}

void view_decline(struct port *port, const struct attributes_source *source,
                  const struct wire_view *wire)
{
    const struct lent lent = {wire->lent_id, wire->lent_callback, source->connection,
                              source->generation};

    lent_end(port, &lent);
}

static void seen_view_free_locked(struct seen_view *view)
{
    list_remove(&view->by_base);
    list_remove(&view->by_message);
    free(view);
}

/* Takes the view out; what is to be told to its sender. */
static struct lent view_leave_locked(struct seen_view *view)
{
    struct peer_section *section = view->section;
    struct peer *peer = section->peer;
    struct lent lent = {view->lent_id, view->lent_callback, peer->connection, peer->generation};

    if (peer->has_ended)
        lent.id = 0;
    seen_view_free_locked(view);
    peer_section_drop(section);
    return lent;
}

/* Was it received on this port? A server communication port stands for its own client only. */
static bool is_of_port(const struct port *port, const struct seen_view *view)
{
    const struct peer *peer = view->section->peer;

    return port->receiver && peer->receiver == port->receiver->port_id &&
           (port->kind != PORT_KIND_SERVER || peer->connection == port->connection);
}

static struct seen_view *view_of_message_locked(const struct port *port, const void *base,
                                                uint32_t message_id)
{
    struct seen_view *view;

    list_for_each(view, bucket_of_message(message_id), by_message)
        if (view->message_id == message_id && is_of_port(port, view) &&
            (!base || view->base == base))
            return view;
    return NULL;
}

bool view_is_of_message(const struct port *port, const void *base, uint32_t message_id)
{
    peers_lock();
    bool is_there = view_of_message_locked(port, base, message_id) != NULL;
    peers_unlock();
    return is_there;
}

void view_give_back(struct port *port, const void *base, uint32_t message_id)
{
    struct lent lent = {0};
    struct seen_view *view;

    peers_lock();
    view = view_of_message_locked(port, base, message_id);
    if (view)
        lent = view_leave_locked(view);
    peers_unlock();
    lent_end(port, &lent);
}

static status_t seen_view_delete(struct port *port, const void *base)
{
    struct lent lent = {0};
    struct seen_view *view;
    status_t status = STATUS_INVALID_ADDRESS;

    peers_lock();
    list_for_each(view, bucket_of_base(base), by_base)
        if (view->base == base && is_of_port(port, view)) {
            lent = view_leave_locked(view);
            status = STATUS_SUCCESS;
            break;
        }
    peers_unlock();
    lent_end(port, &lent);
    return status;
}

status_t portico_view_delete(handle_t handle, void *base)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status == STATUS_SUCCESS)
        status = own_view_delete(port, base);
    return status == STATUS_NOT_FOUND ? seen_view_delete(port, base) : status;
}

void views_connection_ended(const struct receiver *receiver, uint32_t connection,
                            uint32_t generation)
{
    peers_lock();
    peer_end(receiver, connection, generation);
    peers_unlock();
}

static void views_forget_locked(struct peer_section *section)
{
    struct seen_view *view, *next;

    for (size_t i = 0; section->n_views && i < N_BUCKETS; i++)
        list_for_each_safe(view, next, list_ready(&by_base[i]), by_base)
            if (view->section == section) {
                seen_view_free_locked(view);
                section->n_views--;
                section->peer->n_views--;
            }
}

void views_receiver_gone(const struct receiver *receiver)
{
    peers_lock();
    peers_free(receiver, views_forget_locked);
    peers_unlock();
}
