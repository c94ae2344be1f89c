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
 * For an object that lives at the server (named, shared, another process) the wait stands there
 * (request wait_begin); its end comes as a notice, on the watcher thread. Who ends such a wait and
 * learns that it has been met delivers the packet at once; the notice that is on its way then finds
 * nothing. Requests are made under the dispatcher lock (shared.c), so the notice cannot come before
 * the packet knows its wait.
 *
 * DIFFERS: a mutant cannot be waited for (it would need an owner).
 */
#include "client.h"
#include "completion.h"
#include "create.h"
#include "ntprocess.h"
#include "usermem.h"
#include "wait_mixed.h"
#include "waitblock.h"
#include <portico/portico.h>
#include <stdlib.h>

struct wait_packet {
    struct nt_object header;
    /* dispatcher lock, all below */
    bool is_waiting;
    uint64_t server_wait;          /* it stands at the server; 0: here */
    struct ntlist server_link;     /* then, in server_waits */
    struct wait_block block;       /* one entry; a reference to its object while waiting, if here */
    struct completion *completion; /* a reference while waiting */
    struct completion_packet *prepared;
};

static struct ntlist server_waits = {&server_waits, &server_waits}; /* dispatcher lock */

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
    nt_object_unref(leftovers->target);
    if (leftovers->completion) {
        nt_object_unref(&packet->header); /* the wait's own reference */
        completion_unref(leftovers->completion);
    }
    free(leftovers->prepared);
}

/* Signalled: the object was acquired, the packet goes out. References are dropped by the next call
 * that holds no lock: here the lock is held, and a destructor may not run under it, so they stay
 * until then. */
static void packet_done_locked(struct wait_block *block, NTSTATUS status)
{
    struct wait_packet *packet = ntlist_entry(block, struct wait_packet, block);

    if (status == STATUS_RETRY) /* its object has moved; it stands at the server */
        return;
    packet->is_waiting = false;
    completion_deliver_locked(packet->completion, packet->prepared);
    packet->prepared = NULL;
}

/* ---- waits that stand at the server ---- */

static NTSTATUS server_begin_locked(struct wait_packet *packet, handle_t server, bool *ret_signaled)
{
    struct wait_begin_request request = {.handle = server};
    struct wait_begin_reply reply;
    struct control *control = portico_control();

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_wait_begin(control, &request, &reply, NULL));
    *ret_signaled = reply.signaled;
    packet->server_wait = reply.wait_id;
    if (packet->server_wait)
        ntlist_append(&server_waits, &packet->server_link);
    return STATUS_SUCCESS;
}

static void server_wait_forget_locked(struct wait_packet *packet)
{
    packet->server_wait = 0;
    ntlist_unlink(&packet->server_link);
}

/* Ends the wait at the server, if it stands there. Met meanwhile: its packet goes out. */
static void server_end_locked(struct wait_packet *packet)
{
    struct wait_end_request request = {.wait_id = packet->server_wait};
    struct wait_end_reply reply;
    struct control *control;

    if (!packet->server_wait)
        return;
    control = portico_control();
    server_wait_forget_locked(packet);
    if (control && call_wait_end(control, &request, &reply, NULL) != STATUS_SUCCESS)
        packet_done_locked(&packet->block, STATUS_SUCCESS);
}

void wait_packet_met(uint64_t wait_id)
{
    dispatcher_lock();
    for (struct ntlist *link = server_waits.next; link != &server_waits; link = link->next) {
        struct wait_packet *packet = ntlist_entry(link, struct wait_packet, server_link);

        if (packet->server_wait != wait_id)
            continue;
        server_wait_forget_locked(packet);
        packet_done_locked(&packet->block, STATUS_SUCCESS);
        break;
    }
    dispatcher_unlock();
}

/* The object's waiters are those of an object that is not signalled. */
static NTSTATUS packet_move_locked(struct wait_block *block, handle_t server)
{
    struct wait_packet *packet = ntlist_entry(block, struct wait_packet, block);
    bool signaled;

    if (server)
        return server_begin_locked(packet, server, &signaled);
    server_end_locked(packet);
    return STATUS_SUCCESS;
}

/* A thread that ends a wait may have to ask the server. */
static void client_need_if_any(void)
{
    if (client_may_have_handles())
        client_need();
}

/* Takes what a finished or cancelled wait left behind. */
static struct leftovers packet_clear_locked(struct wait_packet *packet)
{
    struct leftovers leftovers = {.prepared = packet->prepared};

    if (packet->is_waiting) /* here, or no longer at the server */
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
    client_need_if_any();
    dispatcher_lock();
    server_end_locked(packet);
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
        unimplemented_once(__func__, "under a name", NO_NUMBER);
        return STATUS_NOT_IMPLEMENTED;
    }
    packet = calloc(1, sizeof(*packet));
    if (!packet)
        return STATUS_NO_MEMORY;
    nt_object_init(&packet->header, &wait_packet_type);
    return create_end(ret_handle, &packet->header, access, &creation);
}

/* The wait's object is acquired at once (*ret_signaled), or the wait stands there or here. */
static NTSTATUS packet_stand_locked(struct wait_packet *packet, const struct wait_subject *target,
                                    bool *ret_signaled)
{
    handle_t server = target->object ? (handle_t)target->object->shared : target->server;
    NTSTATUS status;

    packet->block = (struct wait_block){.thread = wait_thread_current(),
                                        .n_entries = 1,
                                        .on_done = packet_done_locked,
                                        .on_move = packet_move_locked};
    packet->block.entries[0].object = target->object;
    ntlist_init(&packet->block.entries[0].link);
    if (!target->object || nt_object_has_moved(target->object))
        return server_begin_locked(packet, server, ret_signaled);
    *ret_signaled = wait_block_try_locked(&packet->block, &status);
    if (!*ret_signaled)
        wait_block_link_locked(&packet->block);
    packet->block.thread = NULL; /* the association outlives the thread that made it */
    return STATUS_SUCCESS;
}

/* Begins the wait; the references are the packet's from now on. */
static NTSTATUS packet_begin(struct wait_packet *packet, const struct wait_subject *target,
                             struct completion *completion, struct completion_packet *prepared,
                             bool *ret_signaled)
{
    struct leftovers before = {NULL, NULL, NULL};
    NTSTATUS status = STATUS_INVALID_PARAMETER_1;

    dispatcher_lock();
    if (!packet->is_waiting) {
        before = packet_clear_locked(packet);
        status = packet_stand_locked(packet, target, ret_signaled);
    }
    if (!status) {
        packet->completion = completion;
        packet->prepared = prepared;
        packet->is_waiting = true;
        nt_object_ref(&packet->header);
        if (*ret_signaled)
            packet_done_locked(&packet->block, STATUS_SUCCESS);
    } else if (!packet->is_waiting) {
        packet->block.entries[0].object = NULL;
    }
    dispatcher_unlock();
    leftovers_drop(&before, packet);
    return status;
}

static NTSTATUS packet_associate(struct wait_packet *packet, struct wait_set *target,
                                 HANDLE completion_handle, struct completion_packet *prepared,
                                 bool *ret_signaled)
{
    const struct wait_subject *subject = &target->subjects[0];
    struct completion *completion;
    NTSTATUS status;

    if (subject->object && subject->object->type->acquires_for_thread)
        return STATUS_NOT_SUPPORTED;
    TRY(completion_lookup(completion_handle, 2, &completion));
    status = packet_begin(packet, subject, completion, prepared, ret_signaled);
    if (status)
        completion_unref(completion);
    else
        target->n = 0; /* the packet's */
    return status;
}

NTSTATUS WINAPI NtAssociateWaitCompletionPacket(HANDLE handle, HANDLE completion_handle,
                                                HANDLE target_handle, PVOID key, PVOID value,
                                                NTSTATUS status, ULONG_PTR information,
                                                BOOLEAN *ret_user_signaled)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    _cleanup_nt_(wait_set_release) struct wait_set target;
    struct completion_packet *prepared;
    bool signaled = false;
    BOOLEAN told;
    NTSTATUS result;

    target.n = 0;
    if (ret_user_signaled)
        TRY(user_probe_write(ret_user_signaled, sizeof(*ret_user_signaled)));
    TRY(handle_lookup(handle, 1, &wait_packet_type, &object));
    TRY(wait_set_add(&target, target_handle));
    client_need_if_any();
    prepared = completion_packet_new((ULONG_PTR)key, (ULONG_PTR)value, status, information);
    if (!prepared)
        return STATUS_NO_MEMORY;
    completion_packet_set_owner(prepared, object);
    result = packet_associate((struct wait_packet *)object, &target, completion_handle, prepared,
                              &signaled);
    if (result) {
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
    client_need_if_any();
    dispatcher_lock();
    server_end_locked(packet);
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
