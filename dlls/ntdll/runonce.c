/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Run-once initialisation. The low two bits of the word are the state; when done the rest is the
 * context, whose low two bits must be zero. A second thread sleeps while the word is RUNNING. The
 * callback is called with no lock held, so it may throw; the word then stays RUNNING, as on
 * Windows.
 */
#include "rtl.h"

enum { ONCE_NEW = 0, ONCE_RUNNING = 1, ONCE_DONE = 2, ONCE_ASYNC = 3, ONCE_MASK = 3 };

static ULONG_PTR *word_of(RTL_RUN_ONCE *once)
{
    return (ULONG_PTR *)&once->Ptr;
}

void WINAPI RtlRunOnceInitialize(RTL_RUN_ONCE *once)
{
    once->Ptr = NULL;
}

/* STATUS_SUCCESS: done; STATUS_PENDING: the caller must run it; anything else: misuse. */
static DWORD once_begin(RTL_RUN_ONCE *once, BOOL async)
{
    ULONG_PTR value = __atomic_load_n(word_of(once), __ATOMIC_ACQUIRE);

    for (;;) {
        switch (value & ONCE_MASK) {
        case ONCE_NEW:
            if (__atomic_compare_exchange_n(word_of(once), &value,
                                            async ? ONCE_ASYNC : ONCE_RUNNING, FALSE,
                                            __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return STATUS_PENDING;
            break;
        case ONCE_RUNNING:
            if (async)
                return STATUS_INVALID_PARAMETER;
            key_wait(once, once, &value, sizeof(value), NULL);
            value = __atomic_load_n(word_of(once), __ATOMIC_ACQUIRE);
            break;
        case ONCE_ASYNC:
            return async ? STATUS_PENDING : STATUS_INVALID_PARAMETER;
        default:
            return STATUS_SUCCESS;
        }
    }
}

DWORD WINAPI RtlRunOnceBeginInitialize(RTL_RUN_ONCE *once, DWORD flags, PVOID *ret_context)
{
    DWORD status;

    if (flags & ~(DWORD)(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER;
    if (flags & RTL_RUN_ONCE_CHECK_ONLY) {
        if (flags & RTL_RUN_ONCE_ASYNC)
            return STATUS_INVALID_PARAMETER;
        status = (__atomic_load_n(word_of(once), __ATOMIC_ACQUIRE) & ONCE_MASK) == ONCE_DONE
                     ? STATUS_SUCCESS
                     : (DWORD)STATUS_UNSUCCESSFUL;
    } else {
        status = once_begin(once, (flags & RTL_RUN_ONCE_ASYNC) != 0);
    }
    if (status == STATUS_SUCCESS && ret_context)
        *ret_context =
            (PVOID)(__atomic_load_n(word_of(once), __ATOMIC_ACQUIRE) & ~(ULONG_PTR)ONCE_MASK);
    return status;
}

DWORD WINAPI RtlRunOnceComplete(RTL_RUN_ONCE *once, DWORD flags, PVOID context)
{
    BOOL async = (flags & RTL_RUN_ONCE_ASYNC) != 0,
         failed = (flags & RTL_RUN_ONCE_INIT_FAILED) != 0;
    ULONG_PTR value = __atomic_load_n(word_of(once), __ATOMIC_ACQUIRE);
    ULONG_PTR next = failed ? ONCE_NEW : (ULONG_PTR)context | ONCE_DONE;

    if (((ULONG_PTR)context & ONCE_MASK) || (failed && context))
        return STATUS_INVALID_PARAMETER;
    if (failed && async)
        return STATUS_INVALID_PARAMETER;
    if ((value & ONCE_MASK) != (async ? ONCE_ASYNC : ONCE_RUNNING))
        return STATUS_UNSUCCESSFUL;
    if (!__atomic_compare_exchange_n(word_of(once), &value, next, FALSE, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        return STATUS_UNSUCCESSFUL;
    key_wake(once, TRUE);
    return STATUS_SUCCESS;
}

DWORD WINAPI RtlRunOnceExecuteOnce(RTL_RUN_ONCE *once, PRTL_RUN_ONCE_INIT_FN function,
                                   PVOID parameter, PVOID *ret_context)
{
    PVOID context = NULL;
    DWORD status = RtlRunOnceBeginInitialize(once, 0, ret_context);

    if (status != STATUS_PENDING)
        return status;
    if (!function(once, parameter, &context)) {
        RtlRunOnceComplete(once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    if (ret_context)
        *ret_context = context;
    return RtlRunOnceComplete(once, 0, context);
}
