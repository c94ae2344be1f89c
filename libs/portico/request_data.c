/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* NtReadRequestData, NtWriteRequestData (reference 5.3), both ends. The receiver asks the server,
 * which asks the thread that waits with the request; that one knows what it described when it sent,
 * copies by hooks.copy_in and copy_out, on its own stack, and waits on. A receiver gets nothing
 * else of its memory.
 *
 * Race 1. The watcher sets data_wanted, then looks at `describes` again; the thread that goes
 * clears `describes`, then looks at data_wanted. One of them refuses a wish that came too late. */

#include <stdlib.h>

#include "common/cleanup.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "request_data.h"
#include "thread.h"

#define ENTRIES_MAX 64u
#define CHUNK_BYTES 0x10000u

/* PORT_DATA_ENTRY and PORT_DATA_INFORMATION of a 64-bit process. */
struct data_entry {
    uint64_t base;
    uint32_t size;
    uint32_t reserved;
};
struct data_head {
    uint32_t n_entries;
    uint32_t reserved;
};

struct request_data {
    uint32_t message_id;
    uint32_t n_entries;
    struct data_entry entries[];
};

status_t request_data_read(const struct portico_message *send, const struct portico_message *header,
                           struct request_data **ret_data)
{
    const uint8_t *at = (const uint8_t *)send + header->data_info_offset;
    uint32_t room = header->total_length - header->data_info_offset;
    _cleanup_(freep) struct request_data *data = NULL;
    struct data_head head;

    *ret_data = NULL;
    if (!header->data_info_offset)
        return STATUS_SUCCESS;
    if (!the_process.hooks.copy_in(&head, at, sizeof(head)))
        return STATUS_ACCESS_VIOLATION;
    if (head.n_entries > ENTRIES_MAX ||
        sizeof(head) + head.n_entries * sizeof(struct data_entry) > room)
        return STATUS_INVALID_PARAMETER;
    data = malloc(sizeof(*data) + head.n_entries * sizeof(struct data_entry));
    if (!data)
        return STATUS_NO_MEMORY;
    data->n_entries = head.n_entries;
    if (head.n_entries && !the_process.hooks.copy_in(data->entries, at + sizeof(head),
                                                     head.n_entries * sizeof(struct data_entry)))
        return STATUS_ACCESS_VIOLATION;
    if (!portico_control()) /* the server knows a thread by its socket */
        return STATUS_INSUFFICIENT_RESOURCES;
    *ret_data = TAKE(data);
    return STATUS_SUCCESS;
}

void request_data_free(struct request_data *data)
{
    free(data);
}

void request_data_begin(struct request_data *data, uint32_t message_id)
{
    if (!data)
        return;
    data->message_id = message_id;
    client_thread()->describes = data;
}

void request_data_refuse(uint32_t thread_id, uint32_t message_id)
{
    struct lpc_data_refuse_request request = {.thread_id = thread_id, .message_id = message_id};
    struct lpc_data_refuse_reply reply;
    struct control *control = portico_control();

    if (control && call_lpc_data_refuse(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return;
}

void request_data_end(struct request_data *data)
{
    struct portico_thread *thread = client_thread();

    if (!data)
        return;
    thread->describes = NULL;
    if (atomic_exchange(&thread->data_wanted, false)) /* race 1 */
        request_data_refuse(thread->thread_id, data->message_id);
}

/* Copies what a wish names; the bytes of a read follow in `bytes`. */
static status_t wish_grant(const struct request_data *data, const struct lpc_data_take_reply *wish,
                           uint8_t *bytes)
{
    const struct data_entry *entry;
    uint8_t *at;

    if (wish->message_id != data->message_id)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (wish->index >= data->n_entries)
        return STATUS_INVALID_PARAMETER;
    entry = &data->entries[wish->index];
    if (wish->offset > entry->size || wish->size > entry->size - wish->offset)
        return STATUS_INVALID_PARAMETER;
    at = (uint8_t *)(uintptr_t)entry->base + wish->offset;
    if (wish->size == 0)
        return STATUS_SUCCESS;
    return (wish->is_write ? the_process.hooks.copy_out(at, bytes, wish->size)
                           : the_process.hooks.copy_in(bytes, at, wish->size))
               ? STATUS_SUCCESS
               : STATUS_ACCESS_VIOLATION;
}

void request_data_serve(struct request_data *data)
{
    struct portico_thread *thread = client_thread();
    struct control *control;
    uint8_t *bytes;

    if (!data || !atomic_exchange(&thread->data_wanted, false))
        return;
    control = portico_control();
    bytes = malloc(CHUNK_BYTES);
    for (;;) {
        struct lpc_data_take_request take = {.header = {0}};
        struct lpc_data_take_reply wish;
        struct lpc_data_done_request done = {.status = STATUS_NO_MEMORY};
        struct lpc_data_done_reply reply;
        struct call_extra extra = {.ret_data = bytes, .ret_capacity = bytes ? CHUNK_BYTES : 0};

        if (!control || call_lpc_data_take(control, &take, &wish, &extra) != STATUS_SUCCESS)
            break;
        if (bytes)
            done.status = wish.size <= CHUNK_BYTES ? wish_grant(data, &wish, bytes)
                                                   : STATUS_INVALID_PARAMETER;
        extra = (struct call_extra){.data = bytes};
        extra.data_size = done.status == STATUS_SUCCESS && !wish.is_write ? wish.size : 0;
        if (call_lpc_data_done(control, &done, &reply, &extra) != STATUS_SUCCESS)
            break; /* who wanted it has gone */
    }
    free(bytes);
}

/* ---- the receiver's side ---- */

static status_t chunk_move(const struct port *port, const struct port_message *message,
                           struct portico_request_data *arguments, uint32_t size, uint8_t *bytes)
{
    uint8_t *at = (uint8_t *)arguments->buffer + arguments->ret_done;
    struct lpc_data_request request = {
        .offset = arguments->ret_done,
        .port = port->handle,
        .connection = message->connection,
        .process_id = message->sender_process_id,
        .thread_id = message->sender_thread_id,
        .message_id = message->message_id,
        .index = arguments->index,
        .size = size,
        .is_write = arguments->is_write,
    };
    struct lpc_data_reply reply;
    struct call_extra extra = {.ret_data = bytes, .ret_capacity = CHUNK_BYTES};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (arguments->is_write) {
        if (size && !the_process.hooks.copy_in(bytes, at, size))
            return STATUS_ACCESS_VIOLATION;
        extra.data = bytes;
        extra.data_size = size;
    }
    portico_control_park(control, PORTICO_FOREVER, false);
    status = call_lpc_data(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS && !arguments->is_write && size &&
        !the_process.hooks.copy_out(at, bytes, size))
        return STATUS_ACCESS_VIOLATION;
    return status;
}

status_t portico_request_data(handle_t handle, struct portico_request_data *arguments)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(freep) uint8_t *bytes = malloc(CHUNK_BYTES);
    struct port_message message;
    status_t status = handle_get_port(handle, &port);

    arguments->ret_done = 0;
    if (status != STATUS_SUCCESS)
        return status;
    if (!bytes)
        return STATUS_NO_MEMORY;
    if (!port->receiver ||
        port_find_message(&port->receiver->view, arguments->message_id, &message) != STATUS_SUCCESS)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    do {
        size_t left = arguments->size - arguments->ret_done;
        uint32_t size = left < CHUNK_BYTES ? (uint32_t)left : CHUNK_BYTES;

        status = chunk_move(port, &message, arguments, size, bytes);
        if (status == STATUS_SUCCESS)
            arguments->ret_done += size;
    } while (status == STATUS_SUCCESS && arguments->ret_done < arguments->size);
    return status;
}
