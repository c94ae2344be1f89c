/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See list.h. Lengths are what port memory says: read, bounded, not believed. */

#include "list.h"

#include <string.h>

#include "connect.h"
#include "grants.h"
#include "server.h"

static uint32_t list_length(const struct list *list)
{
    uint32_t n = 0;

    for (const struct list *at = list->next; at != list; at = at->next)
        n++;
    return n;
}

/* Messages that nobody has taken out of the lanes yet, and what this process itself has sent. The
 * lanes are mapped for the count only. */
static uint32_t lanes_length(const struct receiver *receiver)
{
    const struct port_keeper *keeper = &receiver->keeper;
    uint32_t n = port_keeper_count_lane(keeper, 0, &keeper->lane0.view);
    struct sender *sender;
    struct lane *lane;

    list_for_each(sender, &receiver->senders, receiver_link)
        list_for_each(lane, &sender->lanes, link) {
            struct lane_view view;

            if (lane_map(lane->fd, &lane->geometry, &view) < 0)
                continue;
            n += port_keeper_count_lane(keeper, lane->index, &view);
            lane_unmap(&view);
        }
    return n;
}

static void entry_fill(struct port *port, struct port_entry *entry)
{
    struct receiver *receiver = port->kind == PORT_KIND_SERVER ? NULL : &port->receiver;

    *entry = (struct port_entry){.port_id = port->object.id,
                                 .owner_process_id = port->owner_process_id,
                                 .kind = port->kind,
                                 .flags = port->flags,
                                 .max_message_length = port->max_message_length,
                                 .n_connections = list_length(&port->connections)};
    if (receiver && receiver->memory) {
        struct port_lengths lengths = {0};
        port_keeper_read(&receiver->keeper, &lengths);
        entry->n_queued = lengths.n_queued + lanes_length(receiver);
        entry->n_pending = lengths.n_pending;
        entry->n_lanes = receiver->keeper.n_lanes;
    }
    if (port->connection)
        entry->peer_process_id = port->kind == PORT_KIND_CLIENT
                                     ? port->connection->server_process_id
                                     : port->connection->client_process_id;
}

/* 0: does not fit. */
static uint32_t entry_write(struct port *port, uint8_t *at, uint32_t room)
{
    uint16_t path[1024];
    struct port_entry entry;
    uint32_t size;

    entry_fill(port, &entry);
    entry.name_size =
        object_path(&port->object, path, ARRAY_SIZE(path)) * (uint32_t)sizeof(path[0]);
    size = ALIGN_UP((uint32_t)sizeof(entry) + entry.name_size, 8u);
    if (size > room)
        return 0;
    memset(at, 0, size);
    memcpy(at, &entry, sizeof(entry));
    memcpy(at + sizeof(entry), path, entry.name_size);
    return size;
}

uint64_t ports_list(struct server *server, uint64_t cursor, uint8_t *bytes, uint32_t size,
                    uint32_t *ret_size, uint32_t *ret_n_entries)
{
    struct object *object;
    uint32_t used = 0, n = 0;
    uint64_t reached = cursor;

    *ret_size = *ret_n_entries = 0;
    list_for_each(object, &server->objects, link) {
        if (object->id <= cursor || object->ops != &port_ops)
            continue;
        uint32_t written = entry_write(port_from_object(object), bytes + used, size - used);
        if (!written) {
            *ret_size = used;
            *ret_n_entries = n;
            return reached;
        }
        used += written;
        reached = object->id;
        n++;
    }
    *ret_size = used;
    *ret_n_entries = n;
    return 0;
}

void ports_sweep(struct server *server)
{
    struct object *object;

    list_for_each(object, &server->objects, link) {
        if (object->ops == &port_ops)
            port_sweep(port_from_object(object));
    }
}
