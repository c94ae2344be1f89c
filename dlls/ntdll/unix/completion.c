/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* I/O completion ports: a queue of packets; the thread that began to wait last gets the next one.
 *
 * A remover takes a packet if there is one; else it stands in the port's list of removers, newest
 * first, and a poster hands it the packet directly and ends its wait. So a packet is never both
 * queued and waited for. The handle itself can be waited for: it is signalled while packets are
 * queued.
 *
 * ALPC ports that are associated (completion_ports.c) are sources of packets that nobody posts: a
 * port with sources has its removers sleep on its epoll as well, and ask the sources when it is
 * readable.
 *
 * DIFFERS: the concurrency limit is kept for queries but does not hold threads back.
 */
#include "completion.h"
#include "completion_ports.h"
#include "create.h"
#include "named.h"
#include "ntwait.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>
#include <unistd.h>

struct completion_packet {
    struct ntlist link;
    const void *owner; /* who may take it back while it is queued, or NULL */
    FILE_IO_COMPLETION_INFORMATION info;
};

struct remover {
    struct ntlist link; /* completion->removers; dispatcher lock */
    struct wait_block block;
    struct completion_packet *packet; /* handed over by the poster */
};

struct completion {
    struct nt_object header;
    struct ntlist packets;  /* dispatcher lock, as all below */
    struct ntlist removers; /* newest first */
    ULONG n_packets;
    ULONG concurrency;
    int sources; /* epoll of its ALPC ports; -1 until the first */
};

static bool completion_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return ((struct completion *)object)->n_packets;
}

static void completion_destroy(struct nt_object *object)
{
    struct completion *completion = (struct completion *)object;

    while (!ntlist_is_empty(&completion->packets)) {
        struct completion_packet *packet =
            ntlist_entry(completion->packets.next, struct completion_packet, link);

        ntlist_unlink(&packet->link);
        free(packet);
    }
    if (completion->sources >= 0)
        close(completion->sources);
    free(completion);
}

const struct nt_type completion_type = {
    .name = u"IoCompletion",
    .valid = IO_COMPLETION_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | 2,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = completion_is_signaled,
    .destroy = completion_destroy,
};

struct nt_object *completion_object(struct completion *completion)
{
    return &completion->header;
}

void completion_unref(struct completion *completion)
{
    nt_object_unref(&completion->header);
}

NTSTATUS completion_lookup(HANDLE handle, ACCESS_MASK access, struct completion **ret_completion)
{
    struct nt_object *object;

    TRY(handle_lookup(handle, access, &completion_type, &object));
    *ret_completion = (struct completion *)object;
    return STATUS_SUCCESS;
}

int completion_sources(struct completion *completion)
{
    int sources;

    dispatcher_lock();
    sources = completion->sources;
    dispatcher_unlock();
    return sources;
}

bool completion_sources_set(struct completion *completion, int epoll)
{
    bool is_first;

    dispatcher_lock();
    is_first = completion->sources < 0;
    if (is_first)
        completion->sources = epoll;
    dispatcher_unlock();
    return is_first;
}

void completion_deliver_locked(struct completion *completion, struct completion_packet *packet)
{
    if (!ntlist_is_empty(&completion->removers)) {
        struct remover *remover = ntlist_entry(completion->removers.next, struct remover, link);

        ntlist_unlink(&remover->link);
        remover->packet = packet;
        wait_finish_locked(&remover->block, STATUS_SUCCESS);
        return;
    }
    ntlist_append(&completion->packets, &packet->link);
    completion->n_packets++;
    dispatcher_wake_locked(&completion->header);
}

struct completion_packet *completion_packet_new(ULONG_PTR key, ULONG_PTR value, NTSTATUS status,
                                                ULONG_PTR information)
{
    struct completion_packet *packet = calloc(1, sizeof(*packet));

    if (!packet)
        return NULL;
    packet->info.CompletionKey = key;
    packet->info.CompletionValue = value;
    packet->info.IoStatusBlock.Status = status;
    packet->info.IoStatusBlock.Information = information;
    return packet;
}

NTSTATUS completion_post(struct completion *completion, ULONG_PTR key, ULONG_PTR value,
                         NTSTATUS status, ULONG_PTR information)
{
    struct completion_packet *packet = completion_packet_new(key, value, status, information);

    if (!packet)
        return STATUS_NO_MEMORY;
    dispatcher_lock();
    completion_deliver_locked(completion, packet);
    dispatcher_unlock();
    return STATUS_SUCCESS;
}

struct completion_packet *completion_find_locked(struct completion *completion, const void *owner)
{
    for (struct ntlist *link = completion->packets.next; link != &completion->packets;
         link = link->next) {
        struct completion_packet *packet = ntlist_entry(link, struct completion_packet, link);

        if (packet->owner == owner)
            return packet;
    }
    return NULL;
}

void completion_packet_set_owner(struct completion_packet *packet, const void *owner)
{
    packet->owner = owner;
}

void completion_take_back_locked(struct completion *completion, struct completion_packet *packet)
{
    ntlist_unlink(&packet->link);
    completion->n_packets--;
}

static struct completion_packet *packet_take_locked(struct completion *completion)
{
    struct completion_packet *packet;

    if (ntlist_is_empty(&completion->packets))
        return NULL;
    packet = ntlist_entry(completion->packets.next, struct completion_packet, link);
    ntlist_unlink(&packet->link);
    completion->n_packets--;
    return packet;
}

/* One packet, sleeping for it; the packet is the caller's. */
static NTSTATUS packet_wait(struct completion *completion, bool alertable,
                            const struct deadline *deadline, struct completion_packet **ret_packet)
{
    struct remover remover = {.block = {.thread = wait_thread_current(), .alertable = alertable}};
    NTSTATUS status;

    ntlist_init(&remover.link);
    dispatcher_lock();
    *ret_packet = packet_take_locked(completion);
    if (*ret_packet) {
        dispatcher_unlock();
        return STATUS_SUCCESS;
    }
    ntlist_prepend(&completion->removers, &remover.link);
    status = wait_block_run_locked(&remover.block, deadline);
    ntlist_unlink(&remover.link);
    dispatcher_unlock();
    *ret_packet = remover.packet;
    /* A packet that was handed over wins over an alert or the deadline: it would be lost. */
    return remover.packet ? STATUS_SUCCESS : status;
}

/* STATUS_RETRY here: look again, a source was added. */
void completion_kick(struct completion *completion)
{
    dispatcher_lock();
    while (!ntlist_is_empty(&completion->removers)) {
        struct remover *remover = ntlist_entry(completion->removers.next, struct remover, link);

        ntlist_unlink(&remover->link);
        wait_finish_locked(&remover->block, STATUS_RETRY);
    }
    dispatcher_unlock();
}

static NTSTATUS packet_get(struct completion *completion, bool alertable,
                           const struct deadline *deadline, struct completion_packet **ret_packet)
{
    NTSTATUS status;

    for (;;) {
        int sources = completion_sources(completion);

        if (sources < 0) {
            status = packet_wait(completion, alertable, deadline, ret_packet);
            if (status == STATUS_RETRY)
                continue;
            return status;
        }
        dispatcher_lock();
        *ret_packet = packet_take_locked(completion);
        dispatcher_unlock();
        if (*ret_packet)
            return STATUS_SUCCESS;
        if (completion_sources_harvest(sources))
            continue;
        if (deadline->is_zero)
            return STATUS_TIMEOUT;
        status = completion_sources_sleep(completion, sources, alertable, deadline);
        if (status)
            return status;
    }
}

NTSTATUS WINAPI NtCreateIoCompletion(PHANDLE ret_handle, ACCESS_MASK access,
                                     OBJECT_ATTRIBUTES *attributes, ULONG concurrency)
{
    struct completion *completion;
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (creation.has_name)
        return named_create(NAMED_COMPLETION, ret_handle, access, &creation, 0, 0);
    completion = calloc(1, sizeof(*completion));
    if (!completion)
        return STATUS_NO_MEMORY;
    nt_object_init(&completion->header, &completion_type);
    ntlist_init(&completion->packets);
    ntlist_init(&completion->removers);
    completion->concurrency = concurrency;
    completion->sources = -1;
    return create_end(ret_handle, &completion->header, access, &creation);
}

NTSTATUS WINAPI NtSetIoCompletion(HANDLE handle, ULONG_PTR key, ULONG_PTR value, NTSTATUS status,
                                  SIZE_T information)
{
    struct completion *completion;
    NTSTATUS result;

    TRY(completion_lookup(handle, 2, &completion));
    result = completion_post(completion, key, value, status, information);
    completion_unref(completion);
    return result;
}

NTSTATUS WINAPI NtRemoveIoCompletion(HANDLE handle, ULONG_PTR *key, ULONG_PTR *value,
                                     PIO_STATUS_BLOCK iosb, PLARGE_INTEGER timeout)
{
    struct completion *completion;
    struct completion_packet *packet = NULL;
    struct deadline deadline;
    LARGE_INTEGER copy;
    NTSTATUS status;

    if (timeout)
        TRY(USER_GET(copy, timeout));
    TRY(user_probe_write(key, sizeof(*key))); /* before a packet is taken that could not be given */
    TRY(user_probe_write(value, sizeof(*value)));
    TRY(user_probe_write(iosb, sizeof(*iosb)));
    TRY(completion_lookup(handle, 2, &completion));
    deadline = deadline_from_timeout(timeout ? &copy : NULL);
    status = packet_get(completion, false, &deadline, &packet);
    completion_unref(completion);
    if (!packet)
        return status;
    status = USER_PUT(key, packet->info.CompletionKey);
    if (!status)
        status = USER_PUT(value, packet->info.CompletionValue);
    if (!status)
        status = USER_PUT(iosb, packet->info.IoStatusBlock);
    free(packet);
    return status;
}

NTSTATUS WINAPI NtRemoveIoCompletionEx(HANDLE handle, FILE_IO_COMPLETION_INFORMATION *infos,
                                       ULONG count, ULONG *ret_user_count, LARGE_INTEGER *timeout,
                                       BOOLEAN alertable)
{
    struct completion *completion;
    struct completion_packet *packet = NULL;
    struct deadline deadline;
    LARGE_INTEGER copy;
    NTSTATUS status;
    ULONG n = 0;

    if (!count)
        return STATUS_INVALID_PARAMETER;
    if (timeout)
        TRY(USER_GET(copy, timeout));
    TRY(USER_PUT(ret_user_count, n));
    TRY(user_probe_write(infos, count * sizeof(*infos)));
    TRY(completion_lookup(handle, 2, &completion));
    deadline = deadline_from_timeout(timeout ? &copy : NULL);
    status = packet_get(completion, alertable, &deadline, &packet);
    while (packet) {
        if (user_write(infos + n, &packet->info, sizeof(packet->info)) < 0)
            status = STATUS_ACCESS_VIOLATION;
        free(packet);
        packet = NULL;
        if (++n == count || status)
            break;
        dispatcher_lock();
        packet = packet_take_locked(completion);
        dispatcher_unlock();
    }
    completion_unref(completion);
    /* Windows says 1 for a wait that gave nothing. */
    if (!n)
        n = 1;
    TRY(USER_PUT(ret_user_count, n));
    return status;
}

NTSTATUS WINAPI NtQueryIoCompletion(HANDLE handle, IO_COMPLETION_INFORMATION_CLASS class,
                                    PVOID buffer, ULONG length, PULONG ret_user_length)
{
    struct completion *completion;
    ULONG size = sizeof(ULONG), depth;

    if (class != IoCompletionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(ULONG))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(completion_lookup(handle, 1, &completion));
    dispatcher_lock();
    depth = completion->n_packets;
    dispatcher_unlock();
    completion_unref(completion);
    TRY(USER_PUT((ULONG *)buffer, depth));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtOpenIoCompletion(PHANDLE ret_handle, ACCESS_MASK access,
                                   const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_COMPLETION, ret_handle, access, attributes);
}
