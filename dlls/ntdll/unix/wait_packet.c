/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Wait completion packets: a wait without a thread. The packet stands in the waiter list of an
 * object like a sleeping thread; when the object is signalled it is acquired for the packet and a
 * packet {key, value, status, information} goes to the completion port. It serves once, then may be
 * associated again.
 *
 * The packet that will be posted is allocated at association, so that signalling never fails.
 *
 * DIFFERS: only ALPC ports and objects of this process can be waited for, and those not once they
 * are shared. A mutant is not one of them (it would need an owner).
 */
#include "completion.h"
#include "create.h"
#include "ntprocess.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>

struct wait_packet {
    struct nt_object header;
    /* dispatcher lock, all below */
    bool is_waiting;
    struct wait_block block;       /* one entry; a reference to its object while waiting */
    struct completion *completion; /* a reference while waiting */
    struct completion_packet *prepared;
};

static void wait_packet_close(struct nt_object *object, bool last);

static const struct nt_type wait_packet_type = {
    .name = u"WaitCompletionPacket",
    .valid = STANDARD_RIGHTS_REQUIRED | 1,
    .generic = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 1, STANDARD_RIGHTS_EXECUTE},
    .close = wait_packet_close,
};

/* What the packet held while it waited, to be dropped without the lock. */
struct leftovers {
    struct nt_object *target;
    struct completion *completion;
    struct completion_packet *prepared;
};

static void leftovers_drop(struct leftovers *leftovers, struct wait_packet *packet)
{
    if (leftovers->target)
        nt_object_unref(&packet->header); /* the wait's own reference */
    nt_object_unref(leftovers->target);
    if (leftovers->completion)
        completion_unref(leftovers->completion);
    free(leftovers->prepared);
}

/* Signalled: the object was acquired, the packet goes out. References are dropped by the next call
 * that holds no lock: here the lock is held, and a destructor may not run under it, so they stay
 * until then. */
static void packet_done_locked(struct wait_block *block, NTSTATUS status)
{
    struct wait_packet *packet = ntlist_entry(block, struct wait_packet, block);

    (void)status;
    packet->is_waiting = false;
    completion_deliver_locked(packet->completion, packet->prepared);
    packet->prepared = NULL;
}

/* Takes what a finished or cancelled wait left behind. */
static struct leftovers packet_clear_locked(struct wait_packet *packet)
{
    struct leftovers leftovers = {.prepared = packet->prepared};

    if (packet->is_waiting)
        ntlist_unlink(&packet->block.entries[0].link);
    packet->is_waiting = false;
    leftovers.target = packet->block.entries[0].object;
    leftovers.completion = packet->completion;
    packet->block.entries[0].object = NULL;
    packet->completion = NULL;
    packet->prepared = NULL;
    return leftovers;
}

static void wait_packet_close(struct nt_object *object, bool last)
{
    struct wait_packet *packet = (struct wait_packet *)object;
    struct leftovers leftovers;

    if (!last)
        return;
    nt_object_ref(object);
    dispatcher_lock();
    if (!packet->is_waiting && packet->completion) {
        struct completion_packet *queued = completion_find_locked(packet->completion, packet);

        if (queued) /* it stays, but nobody can ask it back any more */
            completion_packet_set_owner(queued, NULL);
    }
    leftovers = packet_clear_locked(packet);
    dispatcher_unlock();
    leftovers_drop(&leftovers, packet);
    nt_object_unref(object);
}

NTSTATUS WINAPI NtCreateWaitCompletionPacket(HANDLE *ret_handle, ACCESS_MASK access,
                                             OBJECT_ATTRIBUTES *attributes)
{
    struct wait_packet *packet;
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (creation.has_name) {
        unimplemented_once(__func__, "under a name:", 0);
        return STATUS_NOT_IMPLEMENTED;
    }
    packet = calloc(1, sizeof(*packet));
    if (!packet)
        return STATUS_NO_MEMORY;
    nt_object_init(&packet->header, &wait_packet_type);
    return create_end(ret_handle, &packet->header, access, &creation);
}

/* Begins the wait; the references are the packet's from now on. */
static NTSTATUS packet_begin(struct wait_packet *packet, struct nt_object *target,
                             struct completion *completion, struct completion_packet *prepared,
                             bool *ret_signaled)
{
    struct leftovers before;
    NTSTATUS status;

    dispatcher_lock();
    if (packet->is_waiting || nt_object_has_moved(target)) {
        status = packet->is_waiting ? STATUS_INVALID_PARAMETER_1 : STATUS_NOT_SUPPORTED;
        dispatcher_unlock();
        return status;
    }
    before = packet_clear_locked(packet);
    packet->block = (struct wait_block){
        .thread = wait_thread_current(), .n_entries = 1, .on_done = packet_done_locked};
    packet->block.entries[0].object = target;
    ntlist_init(&packet->block.entries[0].link);
    packet->completion = completion;
    packet->prepared = prepared;
    packet->is_waiting = true;
    nt_object_ref(&packet->header);
    *ret_signaled = wait_block_try_locked(&packet->block, &status);
    if (*ret_signaled)
        packet_done_locked(&packet->block, status);
    else
        wait_block_link_locked(&packet->block);
    packet->block.thread = NULL; /* the association outlives the thread that made it */
    dispatcher_unlock();
    leftovers_drop(&before, packet);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAssociateWaitCompletionPacket(HANDLE handle, HANDLE completion_handle,
                                                HANDLE target_handle, PVOID key, PVOID value,
                                                NTSTATUS status, ULONG_PTR information,
                                                BOOLEAN *ret_user_signaled)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct completion_packet *prepared;
    struct completion *completion;
    struct nt_object *target;
    BOOLEAN told;
    bool signaled = false;
    NTSTATUS result;

    if (ret_user_signaled)
        TRY(user_probe_write(ret_user_signaled, sizeof(*ret_user_signaled)));
    TRY(handle_lookup(handle, 1, &wait_packet_type, &object));
    TRY(wait_object_from_handle(target_handle, &target));
    result = target->type->acquires_for_thread || nt_object_has_moved(target)
                 ? STATUS_NOT_SUPPORTED
                 : completion_lookup(completion_handle, 2, &completion);
    if (result) {
        nt_object_unref(target);
        return result;
    }
    prepared = completion_packet_new((ULONG_PTR)key, (ULONG_PTR)value, status, information);
    if (prepared)
        completion_packet_set_owner(prepared, object);
    result = prepared ? packet_begin((struct wait_packet *)object, target, completion, prepared,
                                     &signaled)
                      : STATUS_NO_MEMORY;
    if (result) {
        nt_object_unref(target);
        completion_unref(completion);
        free(prepared);
        return result;
    }
    told = signaled;
    return ret_user_signaled ? USER_PUT(ret_user_signaled, told) : STATUS_SUCCESS;
}

/* STATUS_CANCELLED: there was no wait to end; STATUS_PENDING: its packet is already queued and was
 * not asked back. */
NTSTATUS WINAPI NtCancelWaitCompletionPacket(HANDLE handle, BOOLEAN remove_signaled)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct wait_packet *packet;
    struct leftovers leftovers = {NULL, NULL, NULL};
    struct completion_packet *queued;
    NTSTATUS status = STATUS_CANCELLED;

    TRY(handle_lookup(handle, 1, &wait_packet_type, &object));
    packet = (struct wait_packet *)object;
    dispatcher_lock();
    if (packet->is_waiting) {
        leftovers = packet_clear_locked(packet);
        status = STATUS_SUCCESS;
    } else if (packet->completion &&
               (queued = completion_find_locked(packet->completion, packet))) {
        status = STATUS_PENDING;
        if (remove_signaled) {
            completion_take_back_locked(packet->completion, queued);
            packet->prepared = queued;
            leftovers = packet_clear_locked(packet);
            status = STATUS_SUCCESS;
        }
    }
    dispatcher_unlock();
    leftovers_drop(&leftovers, packet);
    return status;
}
