/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryInformationProcess and NtSetInformationProcess, for this process and for others by their
 * server handle.
 *
 * A process is described by its pid, from /proc; what only the process itself knows (PEB address,
 * error mode) is told for this one only.
 */
#define __WINESRC__ /* for the names of fields */
#include "named.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "nttime.h"
#include "processors.h"
#include "usermem.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct subject {
    pid_t pid;
    bool is_self;
    NTSTATUS exit_status; /* STATUS_PENDING while it runs */
};

static ULONG error_mode = 1; /* SEM_FAILCRITICALERRORS is inverted in the NT call: 1 means "show" */

static NTSTATUS subject_get(HANDLE handle, struct subject *ret_subject)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    *ret_subject =
        (struct subject){.pid = getpid(), .is_self = true, .exit_status = STATUS_PENDING};
    if (handle == (HANDLE)(intptr_t)-1)
        return STATUS_SUCCESS;
    if (handle_is_server(handle)) {
        TRY(named_process_query(handle, &ret_subject->pid, &ret_subject->exit_status));
        ret_subject->is_self = ret_subject->pid == getpid();
        return STATUS_SUCCESS;
    }
    TRY(handle_lookup(handle, 0, NULL, &object));
    if (process_object_current && object == process_object_current())
        return STATUS_SUCCESS;
    return STATUS_OBJECT_TYPE_MISMATCH;
}

static NTSTATUS answer(void *buffer, ULONG length, const void *info, ULONG size, ULONG *ret_size)
{
    *ret_size = size;
    if (length != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_write(buffer, info, size);
}

/* A field of /proc/<pid>/stat, counted from 1 as proc(5) does; 0 when there is none. */
static uint64_t stat_field(pid_t pid, int field)
{
    char path[64], text[1024], *at;
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[n] = 0;
    at = strrchr(text, ')');
    for (int i = 2; at && i < field; i++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at + 1, NULL, 10) : 0;
}

static NTSTATUS query_basic(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_size)
{
    PROCESS_BASIC_INFORMATION info = {
        .ExitStatus = subject->exit_status,
        .AffinityMask = processors_all(),
        .BasePriority = 8,
        .UniqueProcessId = (ULONG_PTR)subject->pid,
        .InheritedFromUniqueProcessId =
            subject->is_self ? (ULONG_PTR)getppid() : (ULONG_PTR)stat_field(subject->pid, 4)};

    if (subject->is_self && process_peb)
        info.PebBaseAddress = process_peb();
    return answer(buffer, length, &info, sizeof(info), ret_size);
}

static NTSTATUS query_times(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_size)
{
    const uint64_t unit = NT_UNITS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
    KERNEL_USER_TIMES info = {0};
    struct timespec up;

    if (subject->is_self) {
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        info.UserTime.QuadPart =
            (LONGLONG)usage.ru_utime.tv_sec * NT_UNITS_PER_SECOND + usage.ru_utime.tv_usec * 10;
        info.KernelTime.QuadPart =
            (LONGLONG)usage.ru_stime.tv_sec * NT_UNITS_PER_SECOND + usage.ru_stime.tv_usec * 10;
    } else {
        info.UserTime.QuadPart = (LONGLONG)(stat_field(subject->pid, 14) * unit);
        info.KernelTime.QuadPart = (LONGLONG)(stat_field(subject->pid, 15) * unit);
    }
    clock_gettime(CLOCK_BOOTTIME, &up);
    info.CreateTime.QuadPart = nt_system_time() - (nt_time_from_timespec(up) - NT_UNIX_EPOCH) +
                               (LONGLONG)(stat_field(subject->pid, 22) * unit);
    return answer(buffer, length, &info, sizeof(info), ret_size);
}

static NTSTATUS query_memory(const struct subject *subject, void *buffer, ULONG length,
                             ULONG *ret_size)
{
    VM_COUNTERS_EX info = {.VirtualSize = stat_field(subject->pid, 23),
                           .WorkingSetSize = stat_field(subject->pid, 24) * 0x1000,
                           .PageFaultCount = (ULONG)stat_field(subject->pid, 10)};
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    info.PeakVirtualSize = info.VirtualSize;
    info.PeakWorkingSetSize =
        subject->is_self ? (SIZE_T)usage.ru_maxrss * 1024 : info.WorkingSetSize;
    info.PagefileUsage = info.PrivateUsage = info.PeakPagefileUsage = info.WorkingSetSize;
    *ret_size = length < sizeof(info) ? sizeof(VM_COUNTERS) : sizeof(info);
    if (length != sizeof(VM_COUNTERS) && length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_write(buffer, &info, length);
}

static NTSTATUS query_image_name(const struct subject *subject, bool win32, void *buffer,
                                 ULONG length, ULONG *ret_size)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    UNICODE_STRING string;
    SIZE_T bytes;

    if (!subject->is_self || !process_image_path || !process_image_path()) {
        unimplemented_once("NtQueryInformationProcess", "image name of another process, class", 27);
        return STATUS_NOT_SUPPORTED;
    }
    TRY(path_to_nt(process_image_path(), &name, &bytes));
    if (win32) { /* without \??\ */
        bytes -= 4 * sizeof(WCHAR);
        memmove(name, name + 4, bytes + sizeof(WCHAR));
    }
    *ret_size = (ULONG)(sizeof(string) + bytes + sizeof(WCHAR));
    if (length < *ret_size)
        return STATUS_INFO_LENGTH_MISMATCH;
    string.Length = (USHORT)bytes;
    string.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    string.Buffer = (WCHAR *)((char *)buffer + sizeof(string));
    TRY(USER_PUT((UNICODE_STRING *)buffer, string));
    return user_write(string.Buffer, name, bytes + sizeof(WCHAR));
}

static NTSTATUS query_ulong(void *buffer, ULONG length, ULONG value, ULONG *ret_size)
{
    return answer(buffer, length, &value, sizeof(value), ret_size);
}

static NTSTATUS query_pointer(void *buffer, ULONG length, ULONG_PTR value, ULONG *ret_size)
{
    return answer(buffer, length, &value, sizeof(value), ret_size);
}

static NTSTATUS query_counters(void *buffer, ULONG length, ULONG *ret_size)
{
    IO_COUNTERS info = {0}; /* UNKNOWN: /proc/self/io counts differently; zero says "none known" */

    return answer(buffer, length, &info, sizeof(info), ret_size);
}

static NTSTATUS query_affinity(const struct subject *subject, void *buffer, ULONG length,
                               ULONG *ret_size)
{
    ULONG_PTR mask;
    cpu_set_t set;

    if (sched_getaffinity(subject->pid, sizeof(set), &set))
        return STATUS_ACCESS_DENIED;
    mask = processors_mask(&set);
    return answer(buffer, length, &mask, sizeof(mask), ret_size);
}

static NTSTATUS query(const struct subject *subject, PROCESSINFOCLASS class, void *buffer,
                      ULONG length, ULONG *ret_size)
{
    PROCESS_PRIORITY_CLASS priority = {.Foreground = FALSE, .PriorityClass = 2 /* normal */};

    switch ((unsigned)class) {
    case ProcessBasicInformation:
        return query_basic(subject, buffer, length, ret_size);
    case ProcessIoCounters:
        return query_counters(buffer, length, ret_size);
    case ProcessVmCounters:
        return query_memory(subject, buffer, length, ret_size);
    case ProcessAffinityMask:
        return query_affinity(subject, buffer, length, ret_size);
    case ProcessTimes:
        return query_times(subject, buffer, length, ret_size);
    case ProcessDefaultHardErrorMode:
        return query_ulong(buffer, length, error_mode, ret_size);
    case ProcessPriorityClass:
        return answer(buffer, length, &priority, sizeof(priority), ret_size);
    case ProcessHandleCount:
        return query_ulong(buffer, length, handle_count(), ret_size);
    case ProcessSessionInformation:
        return query_ulong(buffer, length, 1, ret_size);
    case ProcessWow64Information:
    case ProcessDebugPort:
        return query_pointer(buffer, length, 0, ret_size);
    case ProcessDebugFlags:
        return query_ulong(buffer, length, 1, ret_size);
    case ProcessDebugObjectHandle:
        *ret_size = sizeof(HANDLE);
        return length == sizeof(HANDLE) ? STATUS_PORT_NOT_SET : STATUS_INFO_LENGTH_MISMATCH;
    case ProcessExecuteFlags:
        return query_ulong(buffer, length, 0x0d /* DEP, permanently */, ret_size);
    case ProcessPriorityBoost:
        return query_ulong(buffer, length, 0, ret_size);
    case ProcessImageFileName:
        return query_image_name(subject, false, buffer, length, ret_size);
    case ProcessImageFileNameWin32:
        return query_image_name(subject, true, buffer, length, ret_size);
    default:
        unimplemented_once("NtQueryInformationProcess", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS WINAPI NtQueryInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID buffer,
                                          ULONG length, PULONG ret_user_length)
{
    struct subject subject;
    NTSTATUS status;
    ULONG size = 0;

    TRY(subject_get(process, &subject));
    status = query(&subject, class, buffer, length, &size);
    if (ret_user_length && size)
        TRY(USER_PUT(ret_user_length, size));
    return status;
}

static NTSTATUS set_error_mode(const void *buffer, ULONG length)
{
    ULONG mode;

    if (length != sizeof(mode))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&mode, buffer, sizeof(mode)));
    error_mode = mode;
    return STATUS_SUCCESS;
}

/* Linux lets anybody lower a priority, few raise it: the class is a nice value, refused as Linux
 * refuses it. */
static NTSTATUS set_priority(const void *buffer, ULONG length)
{
    static const int nice_of[] = {0, 10, 0, -5, -10, 5, -3};
    PROCESS_PRIORITY_CLASS priority;

    if (length != sizeof(priority))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_read(&priority, buffer, sizeof(priority)));
    if (!priority.PriorityClass || priority.PriorityClass > 6)
        return STATUS_INVALID_PARAMETER;
    return setpriority(PRIO_PROCESS, 0, nice_of[priority.PriorityClass]) ? STATUS_PRIVILEGE_NOT_HELD
                                                                         : STATUS_SUCCESS;
}

static NTSTATUS set_affinity(const void *buffer, ULONG length)
{
    ULONG_PTR mask;
    cpu_set_t set;

    if (length != sizeof(mask))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&mask, buffer, sizeof(mask)));
    return processors_set(mask, &set) && !sched_setaffinity(getpid(), sizeof(set), &set)
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI NtSetInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID buffer,
                                        ULONG length)
{
    struct subject subject;
    ULONG ignored;

    TRY(subject_get(process, &subject));
    if (!subject.is_self) {
        unimplemented_once(__func__, "of another process, class", class);
        return STATUS_NOT_SUPPORTED;
    }
    switch ((unsigned)class) {
    case ProcessDefaultHardErrorMode:
        return set_error_mode(buffer, length);
    case ProcessPriorityClass:
        return set_priority(buffer, length);
    case ProcessAffinityMask:
        return set_affinity(buffer, length);
    case ProcessPriorityBoost: /* Linux has no such boost to switch */
        return length == sizeof(ignored) ? user_read(&ignored, buffer, length)
                                         : STATUS_INFO_LENGTH_MISMATCH;
    case ProcessExecuteFlags: /* data is never executable here: asking for less is refused */
        if (length != sizeof(ignored))
            return STATUS_INVALID_PARAMETER;
        return STATUS_ACCESS_DENIED;
    default:
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}
