/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See handle_transfer.h. UNKNOWN (reference 6.1 item 1): what Windows does when the receiver takes
 * no handles, or not this type. Here the send is refused and nothing is delivered: the sender is
 * the one who can do something about it. ALLOW_DUP_OBJECT is required (D-21), and DupObjectTypes
 * must name the type. UNKNOWN too: several handles for a port without
 * ALLOW_MULTIHANDLE_ATTRIBUTE; refused as too many. */

#include "handle_transfer.h"

#include <assert.h>
#include <stdlib.h>

#include "process.h"
#include "server.h"

#define KNOWN_OFFER_FLAGS \
    (HANDLE_OFFER_SAME_ACCESS | HANDLE_OFFER_SAME_ATTRIBUTES | HANDLE_OFFER_INHERIT)

uint32_t transfer_type(const struct object_ops *ops)
{
    static const uint16_t types[OBJECT_KIND_COUNT] = {
        [OBJECT_KIND_FILE] = 0x1,     [OBJECT_KIND_THREAD] = 0x4,   [OBJECT_KIND_SEMAPHORE] = 0x8,
        [OBJECT_KIND_EVENT] = 0x10,   [OBJECT_KIND_PROCESS] = 0x20, [OBJECT_KIND_MUTANT] = 0x40,
        [OBJECT_KIND_SECTION] = 0x80, [OBJECT_KIND_TOKEN] = 0x200,
    };

    return types[ops->kind];
}

/* The port whose attributes count. */
static const struct port *receiving_port(const struct connection *connection, bool to_server)
{
    if (!to_server)
        return connection->client;
    return connection->server && connection->server->has_own_attributes ? connection->server
                                                                        : connection->listener;
}

uint32_t transfer_flags(const struct connection *connection, bool to_server)
{
    return receiving_port(connection, to_server)->attributes.flags;
}

static status_t item_access(const struct handle_entry *entry, const struct handle_offer *offer,
                            uint32_t *ret_access)
{
    uint32_t access;
    status_t status;

    if (offer->flags & HANDLE_OFFER_SAME_ACCESS) {
        *ret_access = entry->access;
        return STATUS_SUCCESS;
    }
    status = object_access(entry->object->ops, offer->access, &access);
    if (status)
        return status;
    /* "All that there is" cannot ask for more than there is. */
    if (offer->access & ACCESS_MAXIMUM)
        access &= entry->access;
    if (access & ~entry->access)
        return STATUS_ACCESS_DENIED;
    *ret_access = access;
    return STATUS_SUCCESS;
}

static status_t item_fill(struct transfer_item *item, struct process *process,
                          const struct handle_offer *offer, uint32_t allowed_types)
{
    struct handle_entry *entry = handle_get(&process->handles, offer->handle);
    status_t status;

    if (offer->flags & ~KNOWN_OFFER_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (!entry)
        return STATUS_INVALID_HANDLE;
    item->type = transfer_type(entry->object->ops);
    if (!item->type || (offer->type && offer->type != item->type) || !(allowed_types & item->type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = item_access(entry, offer, &item->access);
    if (status)
        return status;
    if (offer->flags & HANDLE_OFFER_SAME_ATTRIBUTES)
        item->attributes = entry->attributes & (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE);
    if (offer->flags & HANDLE_OFFER_INHERIT)
        item->attributes |= OBJ_INHERIT;
    item->object = entry->object;
    object_handle_opened(item->object);
    return STATUS_SUCCESS;
}

static status_t offer_check(const struct connection *connection, bool to_server, uint32_t n_offers)
{
    uint32_t flags = transfer_flags(connection, to_server);

    if (!(flags & PORT_FLAG_ALLOW_DUP_OBJECT))
        return STATUS_ACCESS_DENIED;
    if (n_offers > HANDLES_IN_MESSAGE_MAX ||
        (n_offers > 1 && !(flags & PORT_FLAG_ALLOW_MULTIHANDLE)))
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    if (n_offers == 0)
        return STATUS_INVALID_PARAMETER;
    if (n_offers > TRANSFER_HANDLES_MAX - connection->n_transferred[to_server])
        return STATUS_QUOTA_EXCEEDED;
    return STATUS_SUCCESS;
}

status_t transfer_offer(struct connection *connection, bool to_server, struct process *process,
                        const struct handle_offer *offers, uint32_t n_offers, uint64_t *ret_id)
{
    uint32_t types = receiving_port(connection, to_server)->attributes.dup_object_types;
    struct handle_transfer *transfer;
    status_t status = offer_check(connection, to_server, n_offers);

    if (status)
        return status;
    transfer = calloc(1, sizeof(*transfer) + n_offers * sizeof(transfer->items[0]));
    if (!transfer)
        return STATUS_NO_MEMORY;
    transfer->connection = connection;
    transfer->to_server = to_server;
    list_append(&connection->transfers, &transfer->link);
    status = user_charge(&transfer->charge, process->user, USER_HANDLES, n_offers);
    for (uint32_t i = 0; i < n_offers && !status; i++) {
        status = item_fill(&transfer->items[i], process, &offers[i], types);
        if (!status) {
            transfer->n_items++;
            connection->n_transferred[to_server]++;
        }
    }
    if (status) {
        transfer_free(transfer);
        return status;
    }
    transfer->id = ++process->object.server->last_object_id;
    *ret_id = transfer->id;
    return STATUS_SUCCESS;
}

status_t transfer_offer_with_request(struct connection *connection, struct process *process,
                                     const struct handle_offer *offers, uint32_t n_offers)
{
    uint64_t id;
    status_t status = transfer_offer(connection, true, process, offers, n_offers, &id);

    if (!status)
        transfer_find(connection, true, id)->id = TRANSFER_WITH_REQUEST;
    return status;
}

void transfer_end_request(struct connection *connection)
{
    struct handle_transfer *transfer = transfer_find(connection, true, TRANSFER_WITH_REQUEST);

    if (transfer)
        transfer_free(transfer);
}

struct handle_transfer *transfer_find(struct connection *connection, bool to_server, uint64_t id)
{
    struct handle_transfer *transfer;

    /* Oldest first: that is the order in which they are received. */
    list_for_each(transfer, &connection->transfers, link) {
        if (transfer->id == id && transfer->to_server == to_server)
            return transfer;
    }
    return NULL;
}

void transfer_free(struct handle_transfer *transfer)
{
    transfer->connection->n_transferred[transfer->to_server] -= transfer->n_items;
    list_remove(&transfer->link);
    for (uint32_t i = 0; i < transfer->n_items; i++)
        object_handle_closed(transfer->items[i].object, NULL);
    charge_release(&transfer->charge);
    free(transfer);
}

void transfers_free(struct connection *connection)
{
    struct handle_transfer *transfer, *next;

    list_for_each_safe(transfer, next, &connection->transfers, link)
        transfer_free(transfer);
    assert(!connection->n_transferred[0] && !connection->n_transferred[1]);
}
