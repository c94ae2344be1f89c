/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What sources of ntdll's PE half need to run natively in a unit test: a TEB for each thread, a
 * PEB, memory by mmap. Sleeping is key_wait.c itself (key_native.c). Built with -fshort-wchar and
 * Wine's headers like the sources.
 */
#include "rtl.h"

#include <asm/prctl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rtl_native.h"

static RTL_USER_PROCESS_PARAMETERS test_params;
static RTL_CRITICAL_SECTION test_peb_lock = {.LockCount = -1};
static PEB test_peb = {
    .ProcessParameters = &test_params, .FastPebLock = &test_peb_lock, .NumberOfProcessors = 2};
static _Thread_local TEB test_teb;

static int n_threads;

/* The inline NtCurrentTeb of the headers reads GS. */
__attribute__((constructor)) void rtl_native_thread(void)
{
    int id = __atomic_add_fetch(&n_threads, 1, __ATOMIC_SEQ_CST);

    test_teb.Peb = &test_peb;
    test_teb.Tib.Self = &test_teb.Tib;
    test_teb.ClientId.UniqueThread = (HANDLE)(ULONG_PTR)id;
    syscall(SYS_arch_prctl, ARCH_SET_GS, &test_teb);
}

NTSTATUS WINAPI NtAllocateVirtualMemory(HANDLE process, void **base, ULONG_PTR zero, SIZE_T *size,
                                        ULONG type, ULONG protect)
{
    (void)process, (void)zero, (void)type, (void)protect;
    *size = (*size + 0xfff) & ~(SIZE_T)0xfff;
    char *raw =
        mmap(NULL, *size + 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED)
        return STATUS_NO_MEMORY;
    *base = (void *)(((ULONG_PTR)raw + 0xffff) & ~(ULONG_PTR)0xffff);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_prefault(void *base, SIZE_T size)
{
    (void)base, (void)size;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtFreeVirtualMemory(HANDLE process, void **base, SIZE_T *size, ULONG type)
{
    (void)process, (void)base, (void)size, (void)type;
    return STATUS_SUCCESS; /* the test is short */
}

NTSTATUS WINAPI NtQuerySystemTime(LARGE_INTEGER *ret_time)
{
    ret_time->QuadPart = time(NULL) * 10000000ll;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtYieldExecution(void)
{
    sched_yield();
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, void *info, ULONG size,
                                         ULONG *ret_size)
{
    (void)class, (void)info, (void)size, (void)ret_size;
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS WINAPI NtQueryPerformanceCounter(LARGE_INTEGER *counter, LARGE_INTEGER *frequency)
{
    counter->QuadPart = 0;
    if (frequency)
        frequency->QuadPart = 10000000;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtGetNlsSectionPtr(ULONG type, ULONG id, void *unknown, void **ret_ptr,
                                   SIZE_T *ret_size)
{
    (void)type, (void)id, (void)unknown, (void)ret_ptr, (void)ret_size;
    return STATUS_NOT_IMPLEMENTED;
}

jmp_buf raised_jump;
NTSTATUS raised_status;

void WINAPI RtlRaiseStatus(NTSTATUS status)
{
    raised_status = status;
    longjmp(raised_jump, 1);
}

void log_line(const char *format, ...)
{
    (void)format;
}

void log_unimplemented_class(const char *function, ULONG class_number)
{
    (void)function, (void)class_number;
}

/* Only a process that ends comes here. */
NTSTATUS WINAPI NtTerminateProcess(HANDLE process, NTSTATUS status)
{
    (void)process, (void)status;
    abort();
}

NTSTATUS WINAPI NtDelayExecution(BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    (void)alertable, (void)timeout;
    sched_yield();
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtResumeThread(HANDLE thread, ULONG *ret_count)
{
    (void)thread, (void)ret_count;
    abort();
}
