/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Mutants: owned by a thread, recursive, abandoned when their owner ends.
 *
 * NT's count: 1 is free, 0 owned once, below that owned recursively. An abandoned mutant is free,
 * and the next wait that takes it returns STATUS_ABANDONED_WAIT_0 (plus its index); the flag ends
 * with that wait.
 *
 * One that is shared is the server's; its owner's thread, if it has never talked to the server,
 * does so before it ends: the end of its socket is what abandons the mutant there.
 */
#include "create.h"
#include "mutant.h"
#include "named.h"
#include "shared.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>

struct mutant {
    struct nt_object header;
    /* dispatcher lock, all below */
    struct wait_thread *owner;
    LONG count;
    bool is_abandoned;
    struct ntlist owned; /* in owner->mutants */
};

static bool mutant_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    struct mutant *mutant = (struct mutant *)object;

    return !mutant->owner || mutant->owner == waiter;
}

static NTSTATUS mutant_acquire(struct nt_object *object, struct wait_thread *waiter)
{
    struct mutant *mutant = (struct mutant *)object;
    bool was_abandoned = mutant->is_abandoned;

    if (mutant->count == INT32_MIN)
        return STATUS_MUTANT_LIMIT_EXCEEDED;
    mutant->count--;
    if (!mutant->owner) {
        mutant->owner = waiter;
        mutant->is_abandoned = false;
        ntlist_append(&waiter->mutants, &mutant->owned);
        nt_object_ref(
            object); /* an owned mutant outlives its last handle until its owner lets go */
    }
    return was_abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0;
}

/* Returns true when the owner's reference must be dropped after the lock. */
static bool mutant_free_locked(struct mutant *mutant, bool abandoned)
{
    mutant->owner = NULL;
    mutant->count = 1;
    mutant->is_abandoned = abandoned;
    ntlist_unlink(&mutant->owned);
    dispatcher_wake_locked(&mutant->header);
    return true;
}

static NTSTATUS mutant_release_locked(struct mutant *mutant, LONG *ret_previous, bool *ret_drop)
{
    if (mutant->owner != wait_thread_current())
        return STATUS_MUTANT_NOT_OWNED;
    *ret_previous = mutant->count;
    if (++mutant->count == 1)
        *ret_drop = mutant_free_locked(mutant, false);
    return STATUS_SUCCESS;
}

static NTSTATUS mutant_share(struct nt_object *object, uint32_t *ret_server)
{
    struct mutant *mutant = (struct mutant *)object;
    struct wait_thread *owner = mutant->owner;

    TRY(shared_mutant_new(owner ? owner->tid : 0, (uint32_t)(1 - mutant->count),
                          mutant->is_abandoned, ret_server));
    if (owner) {
        mutant->owner = NULL;
        owner->owns_shared = true;
        ntlist_unlink(&mutant->owned);
        nt_object_unref(object); /* the owner's; the caller has one */
    }
    return STATUS_SUCCESS;
}

static NTSTATUS mutant_signal(struct nt_object *object, ACCESS_MASK access)
{
    bool drop = false;
    LONG previous;
    NTSTATUS status;

    (void)access; /* being the owner is what counts */
    if (object->shared)
        return shared_mutant_release(object->shared);
    status = mutant_release_locked((struct mutant *)object, &previous, &drop);
    if (drop) /* never the last one: the caller has a reference */
        nt_object_unref(object);
    return status;
}

const struct nt_type mutant_type = {
    .name = u"Mutant",
    .valid = MUTANT_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE, STANDARD_RIGHTS_WRITE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = mutant_is_signaled,
    .acquire = mutant_acquire,
    .acquires_for_thread = true,
    .signal = mutant_signal,
    .share = mutant_share,
    .moves = true,
};

void mutants_abandon(struct wait_thread *thread)
{
    if (thread->owns_shared)
        (void)portico_control();
    for (;;) {
        struct mutant *mutant = NULL;

        dispatcher_lock();
        if (!ntlist_is_empty(&thread->mutants)) {
            mutant = ntlist_entry(thread->mutants.next, struct mutant, owned);
            mutant_free_locked(mutant, true);
        }
        dispatcher_unlock();
        if (!mutant)
            return;
        nt_object_unref(&mutant->header);
    }
}

struct nt_object *mutant_shell(void)
{
    struct mutant *mutant = calloc(1, sizeof(*mutant));

    if (mutant) {
        nt_object_init(&mutant->header, &mutant_type);
        ntlist_init(&mutant->owned);
    }
    return mutant ? &mutant->header : NULL;
}

NTSTATUS WINAPI NtCreateMutant(PHANDLE ret_handle, ACCESS_MASK access,
                               const OBJECT_ATTRIBUTES *attributes, BOOLEAN owned)
{
    struct creation creation;
    struct mutant *mutant;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (creation.has_name)
        return named_create(NAMED_MUTANT, ret_handle, access, &creation, owned, 0);
    mutant = calloc(1, sizeof(*mutant));
    if (!mutant)
        return STATUS_NO_MEMORY;
    nt_object_init(&mutant->header, &mutant_type);
    ntlist_init(&mutant->owned);
    mutant->count = 1;
    if (owned) {
        dispatcher_lock();
        (void)mutant_acquire(&mutant->header, wait_thread_current());
        dispatcher_unlock();
    }
    return create_end(ret_handle, &mutant->header, access, &creation);
}

NTSTATUS WINAPI NtReleaseMutant(HANDLE handle, PLONG ret_user_previous)
{
    struct nt_object *object;
    bool drop = false;
    NTSTATUS status;
    LONG previous;

    if (handle_is_server(handle))
        return named_mutant_release(handle, ret_user_previous);
    TRY(handle_lookup(handle, 0, &mutant_type, &object));
    dispatcher_lock();
    if (object->shared) {
        dispatcher_unlock();
        status = named_mutant_release(handle_of_shared(object), ret_user_previous);
        nt_object_unref(object);
        return status;
    }
    status = mutant_release_locked((struct mutant *)object, &previous, &drop);
    dispatcher_unlock();
    if (drop)
        nt_object_unref(object);
    nt_object_unref(object);
    if (!status && ret_user_previous)
        status = USER_PUT(ret_user_previous, previous);
    return status;
}

NTSTATUS WINAPI NtQueryMutant(HANDLE handle, MUTANT_INFORMATION_CLASS class, PVOID buffer,
                              ULONG length, PULONG ret_user_length)
{
    MUTANT_BASIC_INFORMATION info;
    ULONG size = sizeof(info);
    struct nt_object *object;
    struct mutant *mutant;

    if (class != MutantBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (handle_is_server(handle))
        return named_query(NAMED_MUTANT, handle, buffer, length, ret_user_length);
    TRY(handle_lookup(handle, MUTANT_QUERY_STATE, &mutant_type, &object));
    mutant = (struct mutant *)object;
    dispatcher_lock();
    if (object->shared) {
        NTSTATUS status;

        dispatcher_unlock();
        status =
            named_query(NAMED_MUTANT, handle_of_shared(object), buffer, length, ret_user_length);
        nt_object_unref(object);
        return status;
    }
    info.CurrentCount = mutant->count;
    info.OwnedByCaller = mutant->owner == wait_thread_current();
    info.AbandonedState = mutant->is_abandoned;
    dispatcher_unlock();
    nt_object_unref(object);
    TRY(USER_PUT((MUTANT_BASIC_INFORMATION *)buffer, info));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtOpenMutant(PHANDLE ret_handle, ACCESS_MASK access,
                             const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_MUTANT, ret_handle, access, attributes);
}
