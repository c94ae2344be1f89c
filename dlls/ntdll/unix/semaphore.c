/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Semaphores: a count between zero and a maximum; each wait takes one. */
#include "create.h"
#include "named.h"
#include "ntwait.h"
#include "shared.h"
#include "usermem.h"
#include <stdlib.h>

struct semaphore {
    struct nt_object header;
    LONG count, maximum; /* dispatcher lock */
};

static bool semaphore_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return ((struct semaphore *)object)->count > 0;
}

static NTSTATUS semaphore_acquire(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    ((struct semaphore *)object)->count--;
    return STATUS_WAIT_0;
}

static NTSTATUS semaphore_release_locked(struct semaphore *semaphore, LONG count)
{
    if (semaphore->header.shared)
        return shared_semaphore_release(semaphore->header.shared, (ULONG)count);
    if (count > semaphore->maximum - semaphore->count)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    semaphore->count += count;
    dispatcher_wake_locked(&semaphore->header);
    return STATUS_SUCCESS;
}

static NTSTATUS semaphore_signal(struct nt_object *object, ACCESS_MASK access)
{
    if (!(access & SEMAPHORE_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    return semaphore_release_locked((struct semaphore *)object, 1);
}

static NTSTATUS semaphore_share(struct nt_object *object, uint32_t *ret_server)
{
    struct semaphore *semaphore = (struct semaphore *)object;

    return shared_semaphore_new(semaphore->count, semaphore->maximum, ret_server);
}

const struct nt_type semaphore_type = {
    .name = u"Semaphore",
    .valid = SEMAPHORE_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | 1 /* query */,
                STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = semaphore_is_signaled,
    .acquire = semaphore_acquire,
    .signal = semaphore_signal,
    .share = semaphore_share,
    .moves = true,
};

struct nt_object *semaphore_shell(void)
{
    struct semaphore *semaphore = calloc(1, sizeof(*semaphore));

    if (semaphore)
        nt_object_init(&semaphore->header, &semaphore_type);
    return semaphore ? &semaphore->header : NULL;
}

NTSTATUS WINAPI NtCreateSemaphore(PHANDLE ret_handle, ACCESS_MASK access,
                                  const OBJECT_ATTRIBUTES *attributes, LONG initial, LONG maximum)
{
    struct semaphore *semaphore;
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (maximum <= 0 || initial < 0 || initial > maximum)
        return STATUS_INVALID_PARAMETER;
    if (creation.has_name)
        return named_create(NAMED_SEMAPHORE, ret_handle, access, &creation, initial, maximum);
    semaphore = calloc(1, sizeof(*semaphore));
    if (!semaphore)
        return STATUS_NO_MEMORY;
    nt_object_init(&semaphore->header, &semaphore_type);
    semaphore->count = initial;
    semaphore->maximum = maximum;
    return create_end(ret_handle, &semaphore->header, access, &creation);
}

NTSTATUS WINAPI NtReleaseSemaphore(HANDLE handle, ULONG count, PULONG ret_user_previous)
{
    struct nt_object *object;
    NTSTATUS status;
    ULONG previous;

    if ((LONG)count <= 0)
        return STATUS_INVALID_PARAMETER;
    if (handle_is_server(handle))
        return named_semaphore_release(handle, count, ret_user_previous);
    TRY(handle_lookup(handle, SEMAPHORE_MODIFY_STATE, &semaphore_type, &object));
    dispatcher_lock();
    if (object->shared) {
        dispatcher_unlock();
        status = named_semaphore_release(handle_of_shared(object), count, ret_user_previous);
        nt_object_unref(object);
        return status;
    }
    previous = (ULONG)((struct semaphore *)object)->count;
    status = semaphore_release_locked((struct semaphore *)object, (LONG)count);
    dispatcher_unlock();
    nt_object_unref(object);
    if (!status && ret_user_previous)
        status = USER_PUT(ret_user_previous, previous);
    return status;
}

NTSTATUS WINAPI NtQuerySemaphore(HANDLE handle, SEMAPHORE_INFORMATION_CLASS class, PVOID buffer,
                                 ULONG length, PULONG ret_user_length)
{
    SEMAPHORE_BASIC_INFORMATION info;
    ULONG size = sizeof(info);
    struct nt_object *object;

    if (class != SemaphoreBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (handle_is_server(handle))
        return named_query(NAMED_SEMAPHORE, handle, buffer, length, ret_user_length);
    TRY(handle_lookup(handle, 1, &semaphore_type, &object));
    dispatcher_lock();
    if (object->shared) {
        NTSTATUS status;

        dispatcher_unlock();
        status =
            named_query(NAMED_SEMAPHORE, handle_of_shared(object), buffer, length, ret_user_length);
        nt_object_unref(object);
        return status;
    }
    info.CurrentCount = (ULONG)((struct semaphore *)object)->count;
    info.MaximumCount = (ULONG)((struct semaphore *)object)->maximum;
    dispatcher_unlock();
    nt_object_unref(object);
    TRY(USER_PUT((SEMAPHORE_BASIC_INFORMATION *)buffer, info));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtOpenSemaphore(PHANDLE ret_handle, ACCESS_MASK access,
                                const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_SEMAPHORE, ret_handle, access, attributes);
}
