/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Small exports around the loader and the machine: break points, stacks for fibres, api-set
 * queries, what a 64-bit process answers to questions about 32-bit ones. */

#include "ntdll.h"

#include "ldr.h"

/* BELOW_GUARD: what a handler of stack overflow has, as the ELF half opens it. */
enum { STACK_ALIGNMENT = 0x10000, PAGE = 0x1000, BELOW_GUARD = 0x8000 };

void WINAPI DbgBreakPoint(void)
{
    __asm__ volatile("int3");
}

void WINAPI DbgUserBreakPoint(void)
{
    __asm__ volatile("int3");
}

/* Where a debugger begins (CreateProcess with DEBUG_PROCESS, DebugActiveProcess). TODO(debugging)
 */
NTSTATUS WINAPI DbgUiConnectToDbg(void);
NTSTATUS WINAPI DbgUiConnectToDbg(void)
{
    static LONG has_said_it;

    if (!__atomic_exchange_n(&has_said_it, 1, __ATOMIC_RELAXED))
        log_line("DbgUiConnectToDbg: debugging another program is not implemented");
    return STATUS_NOT_SUPPORTED;
}

/* No thread has connected, so none has a debug object: Windows' status of a call with none. */
static NTSTATUS nothing_is_debugged(LONG *has_said_it, const char *name)
{
    if (!__atomic_exchange_n(has_said_it, 1, __ATOMIC_RELAXED))
        log_line("%s: debugging another program is not implemented", name);
    return STATUS_INVALID_HANDLE;
}

NTSTATUS WINAPI DbgUiWaitStateChange(DBGUI_WAIT_STATE_CHANGE *ret_change, LARGE_INTEGER *timeout)
{
    static LONG has_said_it;

    (void)ret_change, (void)timeout;
    return nothing_is_debugged(&has_said_it, __func__);
}

NTSTATUS WINAPI DbgUiContinue(CLIENT_ID *thread, NTSTATUS how)
{
    static LONG has_said_it;

    (void)thread, (void)how;
    return nothing_is_debugged(&has_said_it, __func__);
}

NTSTATUS WINAPI DbgUiStopDebugging(HANDLE process)
{
    static LONG has_said_it;

    (void)process;
    return nothing_is_debugged(&has_said_it, __func__);
}

static SIZE_T round_up(SIZE_T size, SIZE_T to)
{
    return (size + to - 1) & ~(to - 1);
}

/* A stack for a fibre; sizes of 0 come from the program. DIFFERS: it is committed whole (Linux
 * gives the memory when it is touched), with the guard page near its end. kernelbase's
 * SwitchToFiber touches the old stack when the TEB already names the new one: a guard page in the
 * middle would then be taken for one of the program's own. */
NTSTATUS WINAPI RtlCreateUserStack(SIZE_T commit, SIZE_T reserve, ULONG zero_bits,
                                   SIZE_T commit_alignment, SIZE_T reserve_alignment,
                                   INITIAL_TEB *result)
{
    const IMAGE_NT_HEADERS *headers = RtlImageNtHeader(peb()->ImageBaseAddress);
    void *base = NULL, *top;
    SIZE_T size;
    ULONG old;
    NTSTATUS status;

    (void)zero_bits;
    if (!commit_alignment || !reserve_alignment)
        return STATUS_INVALID_PARAMETER;
    if (!commit)
        commit = headers->OptionalHeader.SizeOfStackCommit;
    if (!reserve)
        reserve = headers->OptionalHeader.SizeOfStackReserve;
    commit = round_up(commit, PAGE);
    reserve = round_up(reserve > commit + PAGE ? reserve : commit + PAGE, STACK_ALIGNMENT);
    size = reserve;
    status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE);
    if (status)
        return status;
    size = reserve - BELOW_GUARD;
    top = (char *)base + BELOW_GUARD;
    status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &top, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    size = PAGE;
    if (!status)
        status = NtProtectVirtualMemory(NtCurrentProcess(), &top, &size,
                                        PAGE_READWRITE | PAGE_GUARD, &old);
    if (status) {
        RtlFreeUserStack(base);
        return status;
    }
    result->OldStackBase = result->OldStackLimit = NULL;
    result->DeallocationStack = base;
    result->StackBase = (char *)base + reserve;
    result->StackLimit = (char *)base + BELOW_GUARD + PAGE;
    return STATUS_SUCCESS;
}

void WINAPI RtlFreeUserStack(void *base)
{
    SIZE_T size = 0;

    NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
}

NTSTATUS WINAPI ApiSetQueryApiSetPresenceEx(const UNICODE_STRING *name, BOOLEAN *ret_in_schema,
                                            BOOLEAN *ret_present)
{
    WCHAR text[64];
    SIZE_T n = name->Length / sizeof(WCHAR);

    if (!n || n >= ARRAY_COUNT(text))
        return STATUS_INVALID_PARAMETER;
    memcpy(text, name->Buffer, name->Length);
    text[n] = 0;
    *ret_present = api_set_target(text) != NULL;
    if (ret_in_schema)
        *ret_in_schema = *ret_present;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI ApiSetQueryApiSetPresence(const UNICODE_STRING *name, BOOLEAN *ret_present)
{
    return ApiSetQueryApiSetPresenceEx(name, NULL, ret_present);
}

/* DIFFERS: the safe order is the only one (ldr_path.c); asking for it succeeds, asking for the
 * other does not. */
NTSTATUS WINAPI RtlSetSearchPathMode(ULONG flags)
{
    if (flags == BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE ||
        flags == (BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE | BASE_SEARCH_PATH_PERMANENT))
        return STATUS_SUCCESS;
    if (flags == BASE_SEARCH_PATH_DISABLE_SAFE_SEARCHMODE)
        return STATUS_ACCESS_DENIED;
    return STATUS_INVALID_PARAMETER;
}

/* There is no file system redirection in a 64-bit process. */
NTSTATUS WINAPI RtlWow64EnableFsRedirection(BOOLEAN is_enabled)
{
    (void)is_enabled;
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS WINAPI RtlWow64EnableFsRedirectionEx(ULONG is_disabled, ULONG *ret_old)
{
    (void)is_disabled, (void)ret_old;
    return STATUS_NOT_IMPLEMENTED;
}

/* All processes are 64-bit ones of this machine. */
NTSTATUS WINAPI RtlWow64GetProcessMachines(HANDLE process, USHORT *ret_machine, USHORT *ret_native)
{
    (void)process;
    if (ret_machine)
        *ret_machine = IMAGE_FILE_MACHINE_UNKNOWN;
    if (ret_native)
        *ret_native = IMAGE_FILE_MACHINE_AMD64;
    return STATUS_SUCCESS;
}

/* They are in the registry, which is empty. */
NTSTATUS WINAPI LdrQueryImageFileExecutionOptions(const UNICODE_STRING *image, LPCWSTR name,
                                                  ULONG type, void *data, ULONG size,
                                                  ULONG *ret_size)
{
    (void)image, (void)name, (void)type, (void)data, (void)size, (void)ret_size;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}
