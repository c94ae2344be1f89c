/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Calls that Wine's DLLs import and that have no meaning or no implementation here: each says so by
 * name and returns an error that callers know, its out handle cleared. Some have a true answer. */
#include "create.h"
#include "ntprocess.h"
#include "usermem.h"
#include <stdint.h>

NTSTATUS WINAPI NtCreateMailslotFile(PHANDLE ret_handle, ULONG access,
                                     POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                     ULONG options, ULONG quota, ULONG max_message,
                                     PLARGE_INTEGER timeout)
{
    struct creation creation;

    (void)access, (void)iosb, (void)options, (void)quota, (void)max_message, (void)timeout;
    TRY(create_begin(ret_handle, attributes, &creation));
    unimplemented_once(__func__, "mailslots", NO_NUMBER);
    return STATUS_NOT_IMPLEMENTED;
}

/* No memory is write-watched, since MEM_WRITE_WATCH is refused: what NT says of such memory. */
NTSTATUS WINAPI NtGetWriteWatch(HANDLE process, ULONG flags, PVOID base, SIZE_T size,
                                PVOID *addresses, ULONG_PTR *count, ULONG *granularity)
{
    (void)flags, (void)base, (void)size, (void)addresses, (void)count, (void)granularity;
    TRY(process_require_current(__func__, process));
    return STATUS_INVALID_PARAMETER_3;
}

NTSTATUS WINAPI NtResetWriteWatch(HANDLE process, PVOID base, SIZE_T size)
{
    (void)base, (void)size;
    TRY(process_require_current(__func__, process));
    return STATUS_INVALID_PARAMETER_2;
}

/* Keeping the machine awake is the desktop's affair; the state is kept so that callers can restore
 * it. DIFFERS: it has no effect. */
NTSTATUS WINAPI NtSetThreadExecutionState(EXECUTION_STATE state, EXECUTION_STATE *ret_old)
{
    static _Atomic uint32_t current = ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT;
    EXECUTION_STATE old = atomic_load(&current);

    if (state & ~(ULONG)(ES_CONTINUOUS | ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED |
                         ES_USER_PRESENT | 0x40 /* ES_AWAYMODE_REQUIRED */))
        return STATUS_INVALID_PARAMETER;
    TRY(USER_PUT(ret_old, old));
    if (state & ES_CONTINUOUS)
        atomic_store(&current, state);
    return STATUS_SUCCESS;
}
