/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryInformationProcess and NtSetInformationProcess, for this process and for others by their
 * server handle.
 *
 * A process is described by its pid, from /proc, or by the port server's last look at it when it
 * has ended; what only the process itself knows (error mode, private handles) is told for this one
 * only.
 */
#define __WINESRC__ /* for the names of fields */
#include "named.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "nttime.h"
#include "process_facts.h"
#include "processors.h"
#include "usermem.h"
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct subject {
    bool is_self;
    struct named_process facts; /* times are of one that has ended */
};

#define QUERY_RIGHTS (PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION)

static ULONG error_mode = 1; /* SEM_FAILCRITICALERRORS is inverted in the NT call: 1 means "show" */

static NTSTATUS subject_get(HANDLE handle, ACCESS_MASK access, struct subject *ret_subject)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    *ret_subject = (struct subject){.is_self = true, .facts = {getpid(), STATUS_PENDING}};
    if (handle == (HANDLE)(intptr_t)-1)
        return STATUS_SUCCESS;
    if (handle_is_server(handle)) {
        TRY(named_process_facts(handle, access, &ret_subject->facts));
        ret_subject->is_self = ret_subject->facts.pid == getpid();
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

/* From /proc, or what the port server saw last. */
static struct proc_stat subject_stat(const struct subject *subject)
{
    const struct named_process *facts = &subject->facts;
    struct proc_stat stat;

    if (!facts->exit_time && proc_stat_of(facts->pid, &stat))
        return stat;
    return (struct proc_stat){.parent = facts->parent,
                              .start = facts->start_ticks,
                              .user = facts->user_ticks,
                              .system = facts->system_ticks};
}

/* Priority classes are nice values. */
enum { CLASS_IDLE = 1, CLASS_NORMAL, CLASS_HIGH, CLASS_REALTIME, CLASS_BELOW, CLASS_ABOVE };

static int class_from_nice(int nice)
{
    if (nice >= 8)
        return CLASS_IDLE;
    if (nice >= 3)
        return CLASS_BELOW;
    if (nice > -2)
        return CLASS_NORMAL;
    if (nice > -5)
        return CLASS_ABOVE;
    return nice > -8 ? CLASS_HIGH : CLASS_REALTIME;
}

/* DIFFERS: Windows' base priority is 4 to 24; Wine's kernelbase takes it for the priority class. */
static NTSTATUS query_basic(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_size)
{
    struct proc_stat stat = subject_stat(subject);
    PROCESS_BASIC_INFORMATION info = {.ExitStatus = subject->facts.exit_status,
                                      .AffinityMask = processors_all(),
                                      .BasePriority = class_from_nice(stat.nice),
                                      .UniqueProcessId = (ULONG_PTR)subject->facts.pid,
                                      .InheritedFromUniqueProcessId = (ULONG_PTR)stat.parent};

    if (subject->is_self && process_peb)
        info.PebBaseAddress = process_peb();
    else if (!subject->facts.exit_time)
        info.PebBaseAddress = process_peb_of(subject->facts.pid);
    return answer(buffer, length, &info, sizeof(info), ret_size);
}

static NTSTATUS query_times(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_size)
{
    struct proc_stat stat = subject_stat(subject);
    KERNEL_USER_TIMES info = {.CreateTime.QuadPart = nt_time_from_start(stat.start),
                              .ExitTime.QuadPart = subject->facts.exit_time,
                              .UserTime.QuadPart = nt_span_from_ticks(stat.user),
                              .KernelTime.QuadPart = nt_span_from_ticks(stat.system)};
    struct rusage usage;

    if (subject->is_self && !getrusage(RUSAGE_SELF, &usage)) { /* finer than ticks */
        info.UserTime.QuadPart =
            (LONGLONG)usage.ru_utime.tv_sec * NT_UNITS_PER_SECOND + usage.ru_utime.tv_usec * 10;
        info.KernelTime.QuadPart =
            (LONGLONG)usage.ru_stime.tv_sec * NT_UNITS_PER_SECOND + usage.ru_stime.tv_usec * 10;
    }
    return answer(buffer, length, &info, sizeof(info), ret_size);
}

static NTSTATUS query_memory(const struct subject *subject, void *buffer, ULONG length,
                             ULONG *ret_size)
{
    struct proc_stat stat = subject_stat(subject);
    VM_COUNTERS_EX info = {.VirtualSize = stat.virtual_bytes,
                           .WorkingSetSize = stat.resident_pages * 0x1000,
                           .PageFaultCount = (ULONG)stat.faults};
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

/* DIFFERS: of a process that has ended Windows knows the name as long as a handle is open. */
static NTSTATUS image_path_of(const struct subject *subject, char **ret_path)
{
    if (subject->facts.exit_time)
        return STATUS_PROCESS_IS_TERMINATING;
    if (subject->is_self && process_image_path && process_image_path())
        *ret_path = strdup(process_image_path());
    else
        *ret_path = process_program_path(subject->facts.pid);
    return *ret_path ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS query_image_name(const struct subject *subject, bool win32, void *buffer,
                                 ULONG length, ULONG *ret_size)
{
    _cleanup_nt_(path_freep) char *path = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    UNICODE_STRING string;
    SIZE_T bytes;

    TRY(image_path_of(subject, &path));
    TRY(path_to_nt(path, &name, &bytes));
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

    if (sched_getaffinity(subject->facts.pid, sizeof(set), &set))
        return STATUS_ACCESS_DENIED;
    mask = processors_mask(&set);
    return answer(buffer, length, &mask, sizeof(mask), ret_size);
}

static NTSTATUS query_priority(const struct subject *subject, void *buffer, ULONG length,
                               ULONG *ret_size)
{
    struct proc_stat stat = subject_stat(subject);
    PROCESS_PRIORITY_CLASS priority = {.PriorityClass = (UCHAR)class_from_nice(stat.nice)};

    return answer(buffer, length, &priority, sizeof(priority), ret_size);
}

/* What another process has of its own nobody else can count. */
static NTSTATUS query_handles(const struct subject *subject, void *buffer, ULONG length,
                              ULONG *ret_size)
{
    if (!subject->is_self) {
        unimplemented_once("NtQueryInformationProcess", "of another process, class",
                           ProcessHandleCount);
        return STATUS_NOT_SUPPORTED;
    }
    return query_ulong(buffer, length, handle_count(), ret_size);
}

static NTSTATUS query(const struct subject *subject, PROCESSINFOCLASS class, void *buffer,
                      ULONG length, ULONG *ret_size)
{
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
        return query_priority(subject, buffer, length, ret_size);
    case ProcessHandleCount:
        return query_handles(subject, buffer, length, ret_size);
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

    TRY(subject_get(process, QUERY_RIGHTS, &subject));
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

/* Every thread of the process: Linux keeps a nice value for each. */
static int nice_set(pid_t pid, int nice)
{
    struct dirent *entry;
    char path[64];
    DIR *folder;
    int failed = -1;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    folder = opendir(path);
    if (folder)
        failed = 0;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' &&
            setpriority(PRIO_PROCESS, (id_t)strtol(entry->d_name, NULL, 10), nice) &&
            errno != ESRCH)
            failed = -1;
    if (folder)
        closedir(folder);
    return failed;
}

/* Linux lets anybody lower a priority, few raise it: refused as Linux refuses it. */
static NTSTATUS set_priority(const struct subject *subject, const void *buffer, ULONG length)
{
    static const int nice_of[] = {0, 10, 0, -5, -10, 5, -3};
    struct proc_stat stat = subject_stat(subject);
    PROCESS_PRIORITY_CLASS priority;

    if (length != sizeof(priority))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_read(&priority, buffer, sizeof(priority)));
    if (!priority.PriorityClass || priority.PriorityClass > CLASS_ABOVE)
        return STATUS_INVALID_PARAMETER;
    if (subject->facts.exit_time)
        return STATUS_PROCESS_IS_TERMINATING;
    if (class_from_nice(stat.nice) == priority.PriorityClass)
        return STATUS_SUCCESS;
    return nice_set(subject->facts.pid, nice_of[priority.PriorityClass]) ? STATUS_PRIVILEGE_NOT_HELD
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

    TRY(subject_get(process, PROCESS_SET_INFORMATION, &subject));
    if (!subject.is_self && class != ProcessPriorityClass) {
        unimplemented_once(__func__, "of another process, class", class);
        return STATUS_NOT_SUPPORTED;
    }
    switch ((unsigned)class) {
    case ProcessDefaultHardErrorMode:
        return set_error_mode(buffer, length);
    case ProcessPriorityClass:
        return set_priority(&subject, buffer, length);
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
