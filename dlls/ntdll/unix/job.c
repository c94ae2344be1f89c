/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Job objects: the port server's (server/job.h). What it does not do is refused by name: limits of
 * memory, time, processors and the number of processes, and restrictions of the user interface.
 * job_port.c has its messages to a completion port. */
#include "client.h"
#include "job.h"
#include "named.h"
#include "named_call.h"
#include "ntprocess.h"
#include "process_facts.h"
#include "usermem.h"
#include <stdlib.h>

#define IDS_MAX 4096u

static NTSTATUS job_from_handle(HANDLE handle, handle_t *ret_job)
{
    if (!handle_is_server(handle))
        return handle_is_local(handle) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    client_need();
    *ret_job = server_handle(handle);
    return STATUS_SUCCESS;
}

static NTSTATUS process_from_handle(HANDLE handle, handle_t *ret_process)
{
    bool is_current;

    client_need();
    if (handle_is_server(handle)) {
        *ret_process = server_handle(handle);
        return STATUS_SUCCESS;
    }
    TRY(process_is_current(handle, &is_current));
    *ret_process = HANDLE_SELF;
    return is_current ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS WINAPI NtCreateJobObject(PHANDLE ret_handle, ACCESS_MASK access,
                                  const OBJECT_ATTRIBUTES *attributes)
{
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    return named_create(NAMED_JOB, ret_handle, access, &creation, 0, 0);
}

NTSTATUS WINAPI NtOpenJobObject(PHANDLE ret_handle, ACCESS_MASK access,
                                const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_JOB, ret_handle, access, attributes);
}

NTSTATUS WINAPI NtAssignProcessToJobObject(HANDLE job, HANDLE process)
{
    struct job_assign_request request = {0};
    struct job_assign_reply reply;

    TRY(job_from_handle(job, &request.job));
    TRY(process_from_handle(process, &request.process));
    return (NTSTATUS)call_job_assign(portico_control(), &request, &reply, NULL);
}

NTSTATUS WINAPI NtTerminateJobObject(HANDLE job, NTSTATUS status)
{
    struct job_terminate_request request = {.exit_code = (uint32_t)status};
    struct job_terminate_reply reply;

    TRY(job_from_handle(job, &request.job));
    return (NTSTATUS)call_job_terminate(portico_control(), &request, &reply, NULL);
}

/* Job NULL asks for any. A program that was started by none of ours is in none. */
NTSTATUS WINAPI NtIsProcessInJob(HANDLE process, HANDLE job)
{
    struct job_member_request request = {0};
    struct job_member_reply reply;

    if (job)
        TRY(job_from_handle(job, &request.job));
    else if (process == (HANDLE)(intptr_t)-1 && !client_may_have_handles())
        return STATUS_PROCESS_NOT_IN_JOB;
    TRY(process_from_handle(process, &request.process));
    TRY((NTSTATUS)call_job_member(portico_control(), &request, &reply, NULL));
    return reply.is_member ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
}

/* ---- what it tells ---- */

struct job_facts {
    struct job_query_reply reply;
    uint32_t ids[IDS_MAX];
    uint32_t n_ids;
};

static NTSTATUS job_ask(HANDLE job, struct job_facts *ret_facts)
{
    struct job_query_request request = {0};
    struct call_extra extra = {.ret_data = ret_facts->ids, .ret_capacity = sizeof(ret_facts->ids)};

    if (job)
        TRY(job_from_handle(job, &request.job));
    else if (!client_may_have_handles())
        return STATUS_ACCESS_DENIED; /* this process is in no job */
    client_need();
    TRY((NTSTATUS)call_job_query(portico_control(), &request, &ret_facts->reply, &extra));
    ret_facts->n_ids = extra.ret_size / (uint32_t)sizeof(*ret_facts->ids);
    return STATUS_SUCCESS;
}

static NTSTATUS answer(void *buffer, ULONG length, const void *info, ULONG size, ULONG *ret_size)
{
    *ret_size = size;
    return length < size ? STATUS_INFO_LENGTH_MISMATCH : user_write(buffer, info, size);
}

/* DIFFERS: bytes read and written, page faults and peaks of memory are not counted. */
static NTSTATUS query_accounting(const struct job_facts *facts, bool with_io, void *buffer,
                                 ULONG length, ULONG *ret_size)
{
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION info = {
        .BasicInfo = {.TotalProcesses = facts->reply.n_total,
                      .ActiveProcesses = facts->reply.n_active,
                      .TotalTerminatedProcesses = facts->reply.n_terminated}};
    uint64_t user = facts->reply.user_ticks, system = facts->reply.system_ticks;
    struct proc_stat stat;

    for (uint32_t i = 0; i < facts->n_ids; i++)
        if (proc_stat_of((pid_t)facts->ids[i], &stat)) {
            user += stat.user;
            system += stat.system;
        }
    info.BasicInfo.TotalUserTime.QuadPart = nt_span_from_ticks(user);
    info.BasicInfo.TotalKernelTime.QuadPart = nt_span_from_ticks(system);
    info.BasicInfo.ThisPeriodTotalUserTime = info.BasicInfo.TotalUserTime;
    info.BasicInfo.ThisPeriodTotalKernelTime = info.BasicInfo.TotalKernelTime;
    return answer(buffer, length, &info, with_io ? sizeof(info) : sizeof(info.BasicInfo), ret_size);
}

static NTSTATUS query_limits(const struct job_facts *facts, bool extended, void *buffer,
                             ULONG length, ULONG *ret_size)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {
        .BasicLimitInformation = {.LimitFlags = facts->reply.limits}};

    return answer(buffer, length, &info,
                  extended ? sizeof(info) : sizeof(info.BasicLimitInformation), ret_size);
}

static NTSTATUS query_ids(const struct job_facts *facts, void *buffer, ULONG length,
                          ULONG *ret_size)
{
    const ULONG header = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
    JOBOBJECT_BASIC_PROCESS_ID_LIST list = {.NumberOfAssignedProcesses = facts->reply.n_active};
    ULONG_PTR *ids = (ULONG_PTR *)((char *)buffer + header);

    if (length < sizeof(list))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (uint32_t i = 0; i < facts->n_ids; i++) {
        ULONG_PTR id = facts->ids[i];

        if ((length - header) / sizeof(id) <= i)
            break;
        TRY(USER_PUT(ids + i, id));
        list.NumberOfProcessIdsInList++;
    }
    *ret_size = header + list.NumberOfProcessIdsInList * (ULONG)sizeof(*ids);
    TRY(user_write(buffer, &list, header));
    return list.NumberOfProcessIdsInList < list.NumberOfAssignedProcesses ? STATUS_BUFFER_OVERFLOW
                                                                          : STATUS_SUCCESS;
}

static NTSTATUS query(const struct job_facts *facts, JOBOBJECTINFOCLASS class, void *buffer,
                      ULONG length, ULONG *ret_size)
{
    switch ((unsigned)class) {
    case JobObjectBasicAccountingInformation:
        return query_accounting(facts, false, buffer, length, ret_size);
    case JobObjectBasicAndIoAccountingInformation:
        return query_accounting(facts, true, buffer, length, ret_size);
    case JobObjectBasicLimitInformation:
        return query_limits(facts, false, buffer, length, ret_size);
    case JobObjectExtendedLimitInformation:
        return query_limits(facts, true, buffer, length, ret_size);
    case JobObjectBasicProcessIdList:
        return query_ids(facts, buffer, length, ret_size);
    default:
        unimplemented_once("NtQueryInformationJobObject", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS WINAPI NtQueryInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, PVOID buffer,
                                            ULONG length, PULONG ret_length)
{
    struct job_facts *facts = calloc(1, sizeof(*facts));
    NTSTATUS status;
    ULONG size = 0;

    if (!facts)
        return STATUS_NO_MEMORY;
    status = job_ask(job, facts);
    if (!status)
        status = query(facts, class, buffer, length, &size);
    free(facts);
    if (ret_length && size)
        TRY(USER_PUT(ret_length, size));
    return status;
}

/* ---- what it is told ---- */

static NTSTATUS set_limits(HANDLE job, bool extended, const void *buffer, ULONG length)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0};
    struct job_limit_request request = {0};
    struct job_limit_reply reply;
    ULONG size = extended ? sizeof(info) : sizeof(info.BasicLimitInformation);

    if (length != size)
        return STATUS_INVALID_PARAMETER;
    TRY(job_from_handle(job, &request.job));
    TRY(user_read(&info, buffer, size));
    request.limits = info.BasicLimitInformation.LimitFlags;
    if (request.limits & ~(ULONG)JOB_LIMITS_KNOWN) {
        unimplemented_once("NtSetInformationJobObject", "limits", request.limits);
        return STATUS_NOT_SUPPORTED;
    }
    return (NTSTATUS)call_job_limit(portico_control(), &request, &reply, NULL);
}

static NTSTATUS set_port(handle_t job, const void *buffer, ULONG length)
{
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT info;

    if (length != sizeof(info))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&info, buffer, sizeof(info)));
    return job_port_set(job, info.CompletionPort, (ULONG_PTR)info.CompletionKey);
}

NTSTATUS WINAPI NtSetInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, PVOID buffer,
                                          ULONG length)
{
    handle_t server;

    TRY(job_from_handle(job, &server));
    switch ((unsigned)class) {
    case JobObjectBasicLimitInformation:
        return set_limits(job, false, buffer, length);
    case JobObjectExtendedLimitInformation:
        return set_limits(job, true, buffer, length);
    case JobObjectAssociateCompletionPortInformation:
        return set_port(server, buffer, length);
    default:
        unimplemented_once(__func__, "class", class);
        return STATUS_NOT_SUPPORTED;
    }
}
