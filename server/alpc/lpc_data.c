/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See lpc_data.h. The thread is one of a process that sends on the connection towards the receiver:
 * a wish reaches nobody else. */

#include "lpc_data.h"

#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "grants.h"
#include "process.h"

struct waiting_wish {
    struct list link; /* of client->wishes */
    struct parked parked;
    struct lpc_wish wish;
    bool is_taken;
    uint8_t data[];
};

static void wish_finish(struct waiting_wish *waiting, status_t status, const uint8_t *data,
                        uint32_t size)
{
    struct lpc_data_reply reply = {.header = {0}};
    struct reply_extra extra = {.data = data, .data_size = size};

    list_remove(&waiting->link);
    parked_finish(&waiting->parked, status, &reply.header, sizeof(reply), &extra);
    free(waiting);
}

static void wish_cancel(struct parked *parked, status_t why)
{
    wish_finish(CONTAINER_OF(parked, struct waiting_wish, parked), why, NULL, 0);
}

static struct client *sender_thread_find(const struct sender_set *set, uint32_t process_id,
                                         uint32_t thread_id)
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct process *process = set->senders[i]->process;
        if (process && (uint32_t)process->pid == process_id)
            return process_thread(process, thread_id);
    }
    return NULL;
}

status_t lpc_wish_make(struct client *receiver, const struct connection *connection, bool to_server,
                       uint32_t process_id, uint32_t thread_id, const struct lpc_wish *wish,
                       const uint8_t *data)
{
    struct client *sender = sender_thread_find(
        to_server ? &connection->to_client : &connection->to_server, process_id, thread_id);
    uint32_t n_bytes = wish->is_write ? wish->size : 0;
    struct waiting_wish *waiting;
    status_t status;

    if (!sender || sender == receiver)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    waiting = malloc(sizeof(*waiting) + n_bytes);
    if (!waiting)
        return STATUS_NO_MEMORY;
    *waiting = (struct waiting_wish){.wish = *wish};
    if (n_bytes)
        memcpy(waiting->data, data, n_bytes);
    status = client_park(receiver, &waiting->parked, TIMEOUT_NEVER, wish_cancel);
    if (status) {
        free(waiting);
        return status;
    }
    list_append(&sender->wishes, &waiting->link);
    struct lpc_data_wanted_notice notice = {.thread_id = thread_id, .message_id = wish->message_id};
    process_notify(sender->process, NOTICE_lpc_data_wanted, &notice.header, sizeof(notice));
    return STATUS_PENDING;
}

static struct waiting_wish *wish_find(struct client *sender, bool is_taken)
{
    struct waiting_wish *waiting;

    list_for_each(waiting, &sender->wishes, link) {
        if (waiting->is_taken == is_taken)
            return waiting;
    }
    return NULL;
}

const struct lpc_wish *lpc_wish_take(struct client *sender, const uint8_t **ret_data)
{
    struct waiting_wish *waiting = wish_find(sender, false);

    if (!waiting)
        return NULL;
    waiting->is_taken = true;
    *ret_data = waiting->data;
    return &waiting->wish;
}

status_t lpc_wish_answer(struct client *sender, status_t status, const uint8_t *data, uint32_t size)
{
    struct waiting_wish *waiting = wish_find(sender, true);
    bool has_data = waiting && !waiting->wish.is_write && status == STATUS_SUCCESS;

    if (!waiting || (has_data ? size != waiting->wish.size : size != 0))
        return STATUS_INVALID_PARAMETER;
    wish_finish(waiting, status, data, size);
    return STATUS_SUCCESS;
}

static struct waiting_wish *wish_about(struct client *sender, uint32_t message_id)
{
    struct waiting_wish *waiting;

    list_for_each(waiting, &sender->wishes, link) {
        if (!message_id || waiting->wish.message_id == message_id)
            return waiting;
    }
    return NULL;
}

/* From the start each time: an answer can end its asker, and that one wishes of ours. */
static void refuse(struct client *sender, uint32_t message_id)
{
    struct waiting_wish *waiting;

    while ((waiting = wish_about(sender, message_id)))
        wish_finish(waiting, STATUS_REPLY_MESSAGE_MISMATCH, NULL, 0);
}

void lpc_wishes_refuse(struct client *caller, uint32_t thread_id, uint32_t message_id)
{
    struct client *sender = process_thread(caller->process, thread_id);

    if (sender)
        refuse(sender, message_id);
}

void lpc_wishes_end(struct client *sender)
{
    refuse(sender, 0);
}
