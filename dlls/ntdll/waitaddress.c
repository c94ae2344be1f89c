/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waiting on an address. A waiter queues itself under the key, compares again and sleeps; a waker
 * ends the sleep of one thread or all of that key. The queues are in the ELF half (key_wait.c
 * there, with the race): a thread may be ended at any time. Locks, condition variables and run-once
 * stand on this. */
#include "rtl.h"

static BOOL is_equal(const void *address, const void *compare, SIZE_T size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((const UCHAR *)address, __ATOMIC_SEQ_CST) == *(const UCHAR *)compare;
    case 2:
        return __atomic_load_n((const USHORT *)address, __ATOMIC_SEQ_CST) ==
               *(const USHORT *)compare;
    case 4:
        return __atomic_load_n((const ULONG *)address, __ATOMIC_SEQ_CST) == *(const ULONG *)compare;
    default:
        return __atomic_load_n((const ULONGLONG *)address, __ATOMIC_SEQ_CST) ==
               *(const ULONGLONG *)compare;
    }
}

/* Set by RtlExitUserProcess once it is the only thread: nobody is there to wake or to be woken. */
static BOOL is_process_ending;
static ULONG ending_status;

void process_ending_set(ULONG status)
{
    ending_status = status;
    is_process_ending = TRUE;
}

BOOL process_ending(void)
{
    return is_process_ending;
}

/* A wait that nothing can end ends the process, as on Windows; one with a time-out lasts that long.
 */
static NTSTATUS wait_alone(const LARGE_INTEGER *timeout)
{
    while (!timeout)
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)ending_status);
    NtDelayExecution(FALSE, timeout);
    return STATUS_TIMEOUT;
}

NTSTATUS key_wait(const void *key, const void *address, const void *compare, SIZE_T size,
                  const LARGE_INTEGER *timeout)
{
    if (!is_equal(address, compare, size))
        return STATUS_SUCCESS;
    if (is_process_ending)
        return wait_alone(timeout);
    unix_key_queue(key);
    if (is_equal(address, compare, size))
        return unix_key_sleep(key, timeout);
    unix_key_leave();
    return STATUS_SUCCESS;
}

void key_wake(const void *key, BOOL all)
{
    if (!is_process_ending)
        unix_key_wake(key, all);
}

NTSTATUS WINAPI RtlWaitOnAddress(const void *address, const void *compare, SIZE_T size,
                                 const LARGE_INTEGER *timeout)
{
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return STATUS_INVALID_PARAMETER;
    return key_wait(address, address, compare, size, timeout);
}

void WINAPI RtlWakeAddressSingle(const void *address)
{
    if (address)
        key_wake(address, FALSE);
}

void WINAPI RtlWakeAddressAll(const void *address)
{
    if (address)
        key_wake(address, TRUE);
}

void WINAPI RtlWakeAddressSingleNoFence(const void *address)
{
    RtlWakeAddressSingle(address);
}

void WINAPI RtlWakeAddressAllNoFence(const void *address)
{
    RtlWakeAddressAll(address);
}
