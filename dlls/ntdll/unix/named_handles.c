/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Server handles as handles: closing, duplicating, describing them; processes behind them. */
#include "named.h"
#include "named_call.h"
#include "nttime.h"
#include "shared.h"
#include "usermem.h"

NTSTATUS named_close(HANDLE handle)
{
    handle_t server = server_handle(handle);
    struct proxy *file;
    NTSTATUS status;
    CONTROL_OR_RETURN(control);

    (void)control;
    file = shared_file_close_begin(server);
    status = (NTSTATUS)portico_close(server);
    shared_file_close_end(server, file, status == STATUS_HANDLE_NOT_CLOSABLE);
    return status;
}

static handle_t process_for_server(HANDLE process)
{
    return handle_is_server(process) ? server_handle(process) : HANDLE_SELF;
}

/* *request may close a handle of this process. */
static NTSTATUS duplicate(struct handle_duplicate_request *request,
                          struct handle_duplicate_reply *ret_reply)
{
    struct proxy *file;
    NTSTATUS status;

    if (!(request->options & DUPLICATE_CLOSE_SOURCE) || request->source_process != HANDLE_SELF)
        return (NTSTATUS)portico_duplicate(request, ret_reply);
    file = shared_file_close_begin(request->source);
    status = (NTSTATUS)portico_duplicate(request, ret_reply);
    shared_file_close_end(request->source, file, true);
    return status;
}

/* A server object into this or another process. */
NTSTATUS named_duplicate(HANDLE source_process, HANDLE source, HANDLE target_process,
                         PHANDLE ret_user_handle, ACCESS_MASK access, ULONG attributes,
                         ULONG options)
{
    struct handle_duplicate_request request = {
        .source_process = process_for_server(source_process),
        .source = server_handle(source),
        .target_process = target_process ? process_for_server(target_process) : 0,
        .access = access,
        .attributes = attributes & (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE),
        .options = options & 7};
    struct handle_duplicate_reply reply = {.handle = 0};
    NTSTATUS status;
    CONTROL_OR_RETURN(control);

    (void)control;
    status = duplicate(&request, &reply);
    if (status < 0 || !ret_user_handle)
        return status;
    if (request.target_process != HANDLE_SELF) { /* not ours to close again */
        HANDLE value = program_handle(reply.handle);

        return USER_PUT(ret_user_handle, value);
    }
    return named_handle_give(ret_user_handle, reply.handle, status);
}

static const WCHAR *kind_name(uint32_t type)
{
    static const WCHAR *const names[OBJECT_KIND_COUNT] = {[OBJECT_KIND_DIRECTORY] = u"Directory",
                                                          [OBJECT_KIND_SYMLINK] = u"SymbolicLink",
                                                          [OBJECT_KIND_EVENT] = u"Event",
                                                          [OBJECT_KIND_SEMAPHORE] = u"Semaphore",
                                                          [OBJECT_KIND_MUTANT] = u"Mutant",
                                                          [OBJECT_KIND_SECTION] = u"Section",
                                                          [OBJECT_KIND_PROCESS] = u"Process",
                                                          [OBJECT_KIND_PORT] = u"ALPC Port",
                                                          [OBJECT_KIND_FILE] = u"File",
                                                          [OBJECT_KIND_THREAD] = u"Thread",
                                                          [OBJECT_KIND_TOKEN] = u"Token",
                                                          [OBJECT_KIND_KEY] = u"Key",
                                                          [OBJECT_KIND_JOB] = u"Job",
                                                          [OBJECT_KIND_TIMER] = u"Timer"};

    return type < OBJECT_KIND_COUNT && names[type] ? names[type] : u"Unknown";
}

/* What handle_calls.c needs to answer NtQueryObject. */
NTSTATUS named_describe(HANDLE handle, struct named_description *ret_description)
{
    struct handle_query_request request = {.handle = server_handle(handle)};
    struct call_extra extra = {.ret_data = ret_description->name,
                               .ret_capacity = sizeof(ret_description->name) - sizeof(WCHAR)};
    struct handle_query_reply reply;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_handle_query(control, &request, &reply, &extra));
    ret_description
        ->name[extra.ret_size < extra.ret_capacity ? extra.ret_size / sizeof(WCHAR)
                                                   : extra.ret_capacity / sizeof(WCHAR)] = 0;
    ret_description->type_name = kind_name(reply.type);
    ret_description->kind = reply.type;
    ret_description->access = reply.access;
    ret_description->attributes = reply.attributes;
    ret_description->n_handles = reply.n_handles;
    ret_description->n_refs = reply.n_refs;
    ret_description->object_id = reply.object_id;
    return STATUS_SUCCESS;
}

NTSTATUS named_set_attributes(HANDLE handle, ULONG attributes)
{
    struct handle_attributes_request request = {.handle = server_handle(handle),
                                                .mask =
                                                    OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE,
                                                .attributes = attributes};
    struct handle_attributes_reply reply;
    CONTROL_OR_RETURN(control);

    return (NTSTATUS)call_handle_attributes(control, &request, &reply, NULL);
}

NTSTATUS named_process_terminate(HANDLE handle, ULONG exit_code)
{
    struct process_terminate_request request = {.handle = server_handle(handle),
                                                .exit_code = exit_code};
    struct process_terminate_reply reply;
    struct control *control = named_control();

    return control ? (NTSTATUS)call_process_terminate(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

static int64_t nt_time_from_ns(uint64_t ns)
{
    return ns ? (int64_t)(ns / 100) + NT_UNIX_EPOCH : 0;
}

NTSTATUS named_process_facts(HANDLE handle, ACCESS_MASK access, struct named_process *ret_process)
{
    struct process_query_request request = {.handle = server_handle(handle)};
    struct process_query_reply reply;
    uint32_t granted;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_process_query(control, &request, &reply, NULL));
    if (access) {
        TRY((NTSTATUS)portico_handle_kind(request.handle, NULL, &granted));
        if (!(granted & access))
            return STATUS_ACCESS_DENIED;
    }
    *ret_process = (struct named_process){.pid = (pid_t)reply.process_id,
                                          .exit_status = (NTSTATUS)reply.exit_code,
                                          .parent = (pid_t)reply.parent_id,
                                          .exit_time = nt_time_from_ns(reply.exit_time_ns),
                                          .start_ticks = reply.start_ticks,
                                          .user_ticks = reply.user_ticks,
                                          .system_ticks = reply.system_ticks};
    return STATUS_SUCCESS;
}

NTSTATUS named_process_query(HANDLE handle, pid_t *ret_pid, NTSTATUS *ret_exit_status)
{
    struct named_process process;

    TRY(named_process_facts(handle, 0, &process));
    *ret_pid = process.pid;
    *ret_exit_status = process.exit_status;
    return STATUS_SUCCESS;
}
