/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* NtQueryInformationThread and NtSetInformationThread. */

#include "named.h"
#include "ntprocess.h"
#include "process.h"
#include "processors.h"
#include "remote_thread.h"
#include "shared.h"
#include "thread.h"
#include "token.h"
#include "usercopy.h"
#include "work_on_behalf.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_BYTES_MAX = 0xfffe,
    THREAD_WORK_ON_BEHALF_TICKET = 44, /* not in Wine's headers */
};

/* The whole answer, of a fixed size. */
static NTSTATUS answer_put(void *user, ULONG size, ULONG *user_length, const void *answer,
                           ULONG needed)
{
    NTSTATUS status;

    if (size != needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = user_write(user, answer, needed);
    if (!status && user_length)
        status = user_put(user_length, &needed);
    return status;
}

static NTSTATUS basic_query(struct thread *thread, void *user, ULONG size, ULONG *user_length)
{
    THREAD_BASIC_INFORMATION info;

    memset(&info, 0, sizeof(info));
    thread_lock();
    info.ExitStatus = thread->ended ? (NTSTATUS)thread->exit_code : STATUS_PENDING;
    info.TebBaseAddress = thread->teb;
    info.Priority = info.BasePriority = thread->priority;
    thread_unlock();
    info.ClientId.UniqueProcess = (HANDLE)(uintptr_t)process.pid;
    info.ClientId.UniqueThread = (HANDLE)(uintptr_t)thread->tid;
    info.AffinityMask = processors_all();
    return answer_put(user, size, user_length, &info, sizeof(info));
}

static NTSTATUS times_query(struct thread *thread, void *user, ULONG size, ULONG *user_length)
{
    KERNEL_USER_TIMES times;
    struct timespec cpu = {0, 0};
    clockid_t clock;

    memset(&times, 0, sizeof(times));
    times.CreateTime.QuadPart = thread->create_time;
    times.ExitTime.QuadPart = thread->exit_time;
    thread_lock();
    if (!thread->ended && !pthread_getcpuclockid(thread->pthread, &clock))
        clock_gettime(clock, &cpu);
    thread_unlock();
    times.UserTime.QuadPart = cpu.tv_sec * 10000000ll + cpu.tv_nsec / 100;
    return answer_put(user, size, user_length, &times, sizeof(times));
}

static NTSTATUS name_query(struct thread *thread, void *user, ULONG size, ULONG *user_length)
{
    char buffer[sizeof(UNICODE_STRING) + NAME_BYTES_MAX + 2];
    UNICODE_STRING *string = (UNICODE_STRING *)buffer;
    ULONG needed;
    NTSTATUS status;

    thread_lock();
    memcpy(buffer + sizeof(*string), thread->name ? thread->name : u"", thread->name_size);
    string->Length = (USHORT)thread->name_size;
    thread_unlock();
    string->MaximumLength = string->Length;
    string->Buffer = (WCHAR *)((char *)user + sizeof(*string));
    needed = sizeof(*string) + string->Length;
    status = user_length ? user_put(user_length, &needed) : STATUS_SUCCESS;
    if (status)
        return status;
    return size < needed ? STATUS_BUFFER_TOO_SMALL : user_write(user, buffer, needed);
}

static NTSTATUS ulong_query(void *user, ULONG size, ULONG *user_length, ULONG value)
{
    return answer_put(user, size, user_length, &value, sizeof(value));
}

/* All processors are one group. */
static NTSTATUS group_query(const struct thread *thread, void *user, ULONG size, ULONG *user_length)
{
    GROUP_AFFINITY group = {.Group = 0};
    cpu_set_t set;

    if (sched_getaffinity(thread->tid, sizeof(set), &set))
        return STATUS_THREAD_IS_TERMINATING;
    group.Mask = processors_mask(&set);
    return answer_put(user, size, user_length, &group, sizeof(group));
}

static NTSTATUS thread_query(struct thread *thread, THREADINFOCLASS class, void *user, ULONG size,
                             ULONG *user_length)
{
    switch ((int)class) {
    case ThreadBasicInformation:
        return basic_query(thread, user, size, user_length);
    case ThreadTimes:
        return times_query(thread, user, size, user_length);
    case ThreadQuerySetWin32StartAddress:
        return answer_put(user, size, user_length, &thread->start, sizeof(thread->start));
    case ThreadAmILastThread:
        return ulong_query(user, size, user_length, thread_count() == 1);
    case ThreadPriorityBoost:
    case ThreadHideFromDebugger:
        return ulong_query(user, size, user_length, 0);
    case ThreadSuspendCount:
        return ulong_query(user, size, user_length, thread->suspend_count);
    case ThreadIsTerminated:
        return ulong_query(user, size, user_length, thread->ended);
    case THREAD_WORK_ON_BEHALF_TICKET:
        return thread == thread_current() ? work_on_behalf_query(user, size, user_length)
                                          : STATUS_INVALID_PARAMETER;
    case ThreadGroupInformation:
        return group_query(thread, user, size, user_length);
    case ThreadNameInformation:
        return name_query(thread, user, size, user_length);
    default:
        unimplemented_once("NtQueryInformationThread", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* The first thread of a program that this one has started. */
static NTSTATUS remote_query(HANDLE handle, THREADINFOCLASS class, void *user, ULONG size,
                             ULONG *user_length)
{
    THREAD_BASIC_INFORMATION info;
    NTSTATUS status = remote_thread_query(handle, &info);

    if (status)
        return status;
    if (class != ThreadBasicInformation) {
        unimplemented_once("NtQueryInformationThread", "of another process, class", class);
        return STATUS_NOT_IMPLEMENTED;
    }
    return answer_put(user, size, user_length, &info, sizeof(info));
}

/* Of another process' thread no more is known. */
static NTSTATUS shared_basic_query(HANDLE handle, void *user, ULONG size, ULONG *user_length)
{
    THREAD_BASIC_INFORMATION info = {0};
    NTSTATUS status = shared_thread_query(handle, &info.ClientId, &info.ExitStatus);

    return status ? status : answer_put(user, size, user_length, &info, sizeof(info));
}

NTSTATUS WINAPI NtQueryInformationThread(HANDLE handle, THREADINFOCLASS class, void *user,
                                         ULONG size, ULONG *user_length)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    NTSTATUS status;

    if (handle_is_server(handle) && class == ThreadBasicInformation)
        return shared_basic_query(handle, user, size, user_length);
    status = thread_from_handle(handle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status == STATUS_ACCESS_DENIED) /* the wider right holds the narrower */
        status = thread_from_handle(handle, THREAD_QUERY_INFORMATION, &thread);
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return remote_query(handle, class, user, size, user_length);
    return status ? status : thread_query(thread, class, user, size, user_length);
}

static NTSTATUS name_set(struct thread *thread, const void *user, ULONG size)
{
    char narrow[16];
    UNICODE_STRING string;
    WCHAR *name, *old;
    unsigned i;
    NTSTATUS status;

    if (size != sizeof(string))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = user_read(&string, user, sizeof(string));
    if (status)
        return status;
    if (string.Length % 2)
        return STATUS_INVALID_PARAMETER;
    name = malloc(string.Length ? string.Length : 2);
    if (!name)
        return STATUS_NO_MEMORY;
    status = user_read(name, string.Buffer, string.Length);
    if (status) {
        free(name);
        return status;
    }
    for (i = 0; i < string.Length / 2u && i < sizeof(narrow) - 1; i++)
        narrow[i] = name[i] < 0x80 ? (char)name[i] : '?';
    narrow[i] = 0;
    thread_lock();
    old = thread->name;
    thread->name = name;
    thread->name_size = string.Length;
    if (!thread->ended)
        pthread_setname_np(thread->pthread, narrow); /* for top and gdb */
    thread_unlock();
    free(old);
    return STATUS_SUCCESS;
}

static NTSTATUS priority_set(struct thread *thread, const void *user, ULONG size)
{
    LONG priority;
    NTSTATUS status =
        size == sizeof(priority) ? user_read(&priority, user, size) : STATUS_INFO_LENGTH_MISMATCH;

    if (!status)
        thread->priority =
            priority; /* DIFFERS: remembered, not obeyed: Linux's nice values need privilege */
    return status;
}

/* TlsFree: the cell is cleared in every thread. */
static NTSTATUS tls_cell_zero(const void *user, ULONG size)
{
    struct ntlist *link;
    ULONG index;
    NTSTATUS status =
        size == sizeof(index) ? user_read(&index, user, size) : STATUS_INFO_LENGTH_MISMATCH;

    if (status)
        return status;
    if (index >= 64 + 1024)
        return STATUS_INVALID_PARAMETER;
    thread_lock();
    for (link = threads.next; link != &threads; link = link->next) {
        TEB *teb = ntlist_entry(link, struct thread, link)->teb;
        void **expansion = teb->TlsExpansionSlots, *zero = NULL;

        if (index < 64)
            teb->TlsSlots[index] = NULL;
        else if (expansion)
            status = user_put(&expansion[index - 64], &zero);
    }
    thread_unlock();
    return status;
}

static NTSTATUS affinity_set(struct thread *thread, const void *user, ULONG size)
{
    ULONG_PTR mask;
    cpu_set_t set;
    NTSTATUS status =
        size == sizeof(mask) ? user_read(&mask, user, size) : STATUS_INFO_LENGTH_MISMATCH;

    if (status)
        return status;
    return processors_set(mask, &set) && !sched_setaffinity(thread->tid, sizeof(set), &set)
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

/* The one before is the status. DIFFERS: a wish that Linux is not told. */
static NTSTATUS ideal_processor_set(struct thread *thread, const void *user, ULONG size)
{
    ULONG number;
    NTSTATUS status =
        size == sizeof(number) ? user_read(&number, user, size) : STATUS_INFO_LENGTH_MISMATCH;

    if (status)
        return status;
    if (number == MAXIMUM_PROCESSORS) /* only asks */
        return (NTSTATUS)atomic_load(&thread->ideal_processor);
    if (number >= processors_count())
        return STATUS_INVALID_PARAMETER;
    return (NTSTATUS)atomic_exchange(&thread->ideal_processor, number);
}

NTSTATUS WINAPI NtSetInformationThread(HANDLE handle, THREADINFOCLASS class, const void *user,
                                       ULONG size)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    NTSTATUS status;

    status = thread_from_handle(handle, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (status)
        return status;
    switch ((int)class) {
    case ThreadPriority:
    case ThreadBasePriority:
        return priority_set(thread, user, size);
    case ThreadAffinityMask:
        return affinity_set(thread, user, size);
    case ThreadIdealProcessor:
        return ideal_processor_set(thread, user, size);
    case ThreadZeroTlsCell:
        return tls_cell_zero(user, size);
    case ThreadImpersonationToken:
        return token_thread_set(thread, user, size);
    case THREAD_WORK_ON_BEHALF_TICKET:
        return thread == thread_current() ? work_on_behalf_set(user, size)
                                          : STATUS_INVALID_PARAMETER;
    case ThreadNameInformation:
        return name_set(thread, user, size);
    case ThreadHideFromDebugger: /* nobody debugs through NT here */
        return size ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
    default:
        unimplemented_once("NtSetInformationThread", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}
