/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Small services: unique ids, texts for the user, hard errors, atoms' absence, power and debug
 * odds. */
#include "create.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "nttime.h"
#include "usermem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

NTSTATUS WINAPI NtAllocateLocallyUniqueId(PLUID ret_luid)
{
    static _Atomic uint32_t next = 1000; /* Windows keeps the first thousand for itself */
    LUID luid = {.LowPart = atomic_fetch_add(&next, 1)};

    return USER_PUT(ret_luid, luid);
}

/* A range of 100 ns time stamps that nobody else gets, for UUIDs of version 1. */
NTSTATUS WINAPI NtAllocateUuids(PULARGE_INTEGER ret_time, PULONG ret_range, PULONG ret_sequence,
                                PUCHAR ret_seed)
{
    ULARGE_INTEGER time = {.QuadPart = (ULONGLONG)nt_system_time()};
    ULONG range = 9999, sequence;
    UCHAR seed[6];

    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed) ||
        getrandom(&sequence, sizeof(sequence), 0) != sizeof(sequence))
        return STATUS_RETRY;
    seed[0] |= 1; /* no Ethernet card's address has the multicast bit */
    TRY(USER_PUT(ret_time, time));
    TRY(USER_PUT(ret_range, range));
    TRY(USER_PUT(ret_sequence, sequence));
    return user_write(ret_seed, seed, sizeof(seed));
}

/* A text from the program, as UTF-8, malloc'ed. */
static NTSTATUS text_get(const UNICODE_STRING *user_text, char **ret_text)
{
    _cleanup_nt_(name_freep) WCHAR *units = NULL;
    size_t n;

    TRY(name_get(user_text, &units, &n));
    *ret_text = utf8_from_utf16(units, n);
    return *ret_text ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI NtDisplayString(PUNICODE_STRING user_text)
{
    _cleanup_nt_(path_freep) char *text = NULL;

    TRY(text_get(user_text, &text));
    dprintf(STDERR_FILENO, "%s", text);
    return STATUS_SUCCESS;
}

/* Says what the box would say; the answer is that nobody could be asked. */
NTSTATUS WINAPI NtRaiseHardError(NTSTATUS error, ULONG count, PUNICODE_STRING unicode_mask,
                                 PVOID *parameters, HARDERROR_RESPONSE_OPTION option,
                                 PHARDERROR_RESPONSE user_response)
{
    HARDERROR_RESPONSE response = ResponseReturnToCaller;
    ULONG mask = (ULONG)(uintptr_t)unicode_mask;

    (void)option;
    if (count > 5)
        return STATUS_INVALID_PARAMETER_2;
    dprintf(STDERR_FILENO, "portico: hard error %08x", (unsigned)error);
    for (ULONG i = 0; i < count; i++) {
        _cleanup_nt_(path_freep) char *text = NULL;
        void *parameter;

        TRY(user_read(&parameter, parameters + i, sizeof(parameter)));
        if (mask >> i & 1) {
            if (!text_get(parameter, &text))
                dprintf(STDERR_FILENO, " \"%s\"", text);
        } else {
            dprintf(STDERR_FILENO, " %p", parameter);
        }
    }
    dprintf(STDERR_FILENO, "\n");
    return user_response ? USER_PUT(user_response, response) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtSetDefaultHardErrorPort(HANDLE port)
{
    (void)port;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtShutdownSystem(SHUTDOWN_ACTION action)
{
    (void)action;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtPowerInformation(POWER_INFORMATION_LEVEL level, PVOID input, ULONG input_length,
                                   PVOID output, ULONG output_length)
{
    (void)input, (void)input_length, (void)output, (void)output_length;
    unimplemented_once(__func__, "level", level);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS WINAPI NtInitiatePowerAction(POWER_ACTION action, SYSTEM_POWER_STATE state, ULONG flags,
                                      BOOLEAN asynchronous)
{
    (void)action, (void)state, (void)flags, (void)asynchronous;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtLoadDriver(const UNICODE_STRING *name)
{
    (void)name;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtUnloadDriver(const UNICODE_STRING *name)
{
    (void)name;
    return STATUS_PRIVILEGE_NOT_HELD;
}

/* Nothing here prints through the kernel: the answer of a system without a kernel debugger. */
NTSTATUS WINAPI NtSystemDebugControl(SYSDBG_COMMAND command, PVOID input, ULONG input_length,
                                     PVOID output, ULONG output_length, PULONG ret_length)
{
    (void)command, (void)input, (void)input_length, (void)output, (void)output_length;
    (void)ret_length;
    return STATUS_DEBUGGER_INACTIVE;
}

NTSTATUS WINAPI NtQuerySystemEnvironmentValue(PUNICODE_STRING name, PWCHAR buffer, ULONG length,
                                              PULONG ret_length)
{
    (void)name, (void)buffer, (void)length, (void)ret_length;
    return STATUS_NOT_IMPLEMENTED;
}
