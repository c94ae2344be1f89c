/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Objects with a name, or shared between processes: the port server has them (design section 6).
 * This file turns the NT calls into requests of the control protocol; the statuses are the server's
 * own.
 *
 * A server handle's value goes to the program as it is. TODO(named): keyed events and completion
 * ports.
 */
#include "client.h"
#include "descriptor.h"
#include "named.h"
#include "named_call.h"
#include "ntprocess.h"
#include "section.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool handle_is_server(HANDLE handle)
{
    return handle && (uintptr_t)handle < HANDLE_LOCAL_FIRST;
}

/* A process that has not talked to the server has no handle of its, unless it inherited some. */
static bool is_connected(void)
{
    if (!portico_process_id() && process_is_child && process_is_child())
        client_need();
    return portico_process_id();
}

struct control *named_control(void)
{
    client_need();
    return portico_control();
}

struct control *named_control_if_any(void)
{
    return is_connected() ? named_control() : NULL;
}

static NTSTATUS missing(const char *what, unsigned kind)
{
    unimplemented_once("named objects", what, kind);
    return STATUS_NOT_IMPLEMENTED;
}

/* Name and attributes as a request carries them. */
struct named_call {
    struct objattr objattr;
    WCHAR *name;
    void *sd;
    struct call_extra extra;
    struct control *control;
};

static void named_call_end(struct named_call *call)
{
    free(call->name);
    free(call->sd);
}

static NTSTATUS named_call_begin(struct named_call *call, const struct creation *creation)
{
    NTSTATUS status = STATUS_SUCCESS;
    size_t units = 0;

    memset(call, 0, sizeof(*call));
    TRY(descriptor_read(creation->security, &call->sd, &call->objattr.sd_size));
    if (creation->has_name)
        status = name_copy(&creation->user_name, &call->name, &units);
    call->control = status ? NULL : named_control();
    if (!call->control) {
        named_call_end(call);
        return status ? status : STATUS_PORT_DISCONNECTED;
    }
    call->objattr.root = server_handle(creation->root);
    call->objattr.attributes = creation->attributes;
    call->objattr.name_size = (uint32_t)(units * sizeof(WCHAR));
    call->extra.objattr = &call->objattr;
    call->extra.name = call->name;
    call->extra.sd = call->sd;
    return STATUS_SUCCESS;
}

/* The generic bits of an access mask, for a kind the server knows. */
static ACCESS_MASK map(ACCESS_MASK access, ACCESS_MASK read, ACCESS_MASK write, ACCESS_MASK all)
{
    struct nt_type type = {.valid = all,
                           .generic = {STANDARD_RIGHTS_READ | read, STANDARD_RIGHTS_WRITE | write,
                                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE}};

    /* The most that may be is the server's to say. */
    return access_map(&type, access & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | (access & MAXIMUM_ALLOWED);
}

static NTSTATUS named_create_call(struct named_call *call, enum named_kind kind, ACCESS_MASK access,
                                  LONG first, LONG second, handle_t *ret_handle)
{
    status_t status;

    if (kind == NAMED_EVENT) {
        struct event_create_request request = {.access = map(access, 1, 2, EVENT_ALL_ACCESS),
                                               .manual_reset = first == NotificationEvent,
                                               .signaled = (uint32_t)second};
        struct event_create_reply reply = {.handle = 0};

        status = call_event_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else if (kind == NAMED_SEMAPHORE) {
        struct semaphore_create_request request = {.access =
                                                       map(access, 1, 2, SEMAPHORE_ALL_ACCESS),
                                                   .count = (uint32_t)first,
                                                   .maximum = (uint32_t)second};
        struct semaphore_create_reply reply = {.handle = 0};

        status = call_semaphore_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else if (kind == NAMED_MUTANT) {
        struct mutant_create_request request = {.access = map(access, 1, 0, MUTANT_ALL_ACCESS),
                                                .recursion = (uint32_t)first};
        struct mutant_create_reply reply = {.handle = 0};

        status = call_mutant_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else if (kind == NAMED_TIMER) {
        struct timer_create_request request = {.access = map(access, 1, 2, TIMER_ALL_ACCESS),
                                               .manual_reset = first == NotificationTimer};
        struct timer_create_reply reply = {.handle = 0};

        status = call_timer_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else if (kind == NAMED_DIRECTORY) {
        struct directory_create_request request = {
            .access = map(access, 3, 12, STANDARD_RIGHTS_REQUIRED | 15)};
        struct directory_create_reply reply = {.handle = 0};

        status = call_directory_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else if (kind == NAMED_JOB) {
        struct job_create_request request = {.access = map(access, 4, 11, JOB_OBJECT_ALL_ACCESS)};
        struct job_create_reply reply = {.handle = 0};

        status = call_job_create(call->control, &request, &reply, &call->extra);
        *ret_handle = reply.handle;
    } else {
        return missing("create, kind", kind);
    }
    return (NTSTATUS)status;
}

NTSTATUS named_handle_give(PHANDLE ret_handle, handle_t handle, NTSTATUS status)
{
    HANDLE value = program_handle(handle);
    NTSTATUS written;

    if (status < 0)
        return status;
    written = USER_PUT(ret_handle, value);
    if (written) {
        (void)portico_close(handle);
        return written;
    }
    return status;
}

NTSTATUS named_create(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                      const struct creation *creation, LONG first, LONG second)
{
    struct named_call call;
    handle_t handle = 0;
    NTSTATUS status;

    TRY(named_call_begin(&call, creation));
    status = named_create_call(&call, kind, access, first, second, &handle);
    named_call_end(&call);
    return named_handle_give(ret_handle, handle, status);
}

NTSTATUS named_open(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                    const OBJECT_ATTRIBUTES *attributes)
{
    static const struct {
        enum object_kind type;
        ACCESS_MASK read, write, all;
    } kinds[] = {
        [NAMED_EVENT] = {OBJECT_KIND_EVENT, 1, 2, EVENT_ALL_ACCESS},
        [NAMED_SEMAPHORE] = {OBJECT_KIND_SEMAPHORE, 1, 2, SEMAPHORE_ALL_ACCESS},
        [NAMED_MUTANT] = {OBJECT_KIND_MUTANT, 1, 0, MUTANT_ALL_ACCESS},
        [NAMED_TIMER] = {OBJECT_KIND_TIMER, 1, 2, TIMER_ALL_ACCESS},
        [NAMED_SECTION] = {OBJECT_KIND_SECTION, SECTION_QUERY | SECTION_MAP_READ, SECTION_MAP_WRITE,
                           SECTION_ALL_ACCESS},
        [NAMED_DIRECTORY] = {OBJECT_KIND_DIRECTORY, 3, 12, STANDARD_RIGHTS_REQUIRED | 15},
        [NAMED_JOB] = {OBJECT_KIND_JOB, 4, 11, JOB_OBJECT_ALL_ACCESS},
        [NAMED_SYMLINK] = {OBJECT_KIND_SYMLINK, 1, 0, STANDARD_RIGHTS_REQUIRED | 1},
    };
    struct object_open_reply reply = {.handle = 0};
    struct object_open_request request;
    struct creation creation;
    struct named_call call;
    NTSTATUS status;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (!creation.has_name && !creation.root)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if ((size_t)kind >= sizeof(kinds) / sizeof(*kinds) || !kinds[kind].type)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* none of this kind can be created under a name */
    TRY(named_call_begin(&call, &creation));
    request = (struct object_open_request){
        .access = map(access, kinds[kind].read, kinds[kind].write, kinds[kind].all),
        .type = kinds[kind].type};
    status = (NTSTATUS)call_object_open(call.control, &request, &reply, &call.extra);
    named_call_end(&call);
    return named_handle_give(ret_handle, reply.handle, status);
}

NTSTATUS named_symlink_create(PHANDLE ret_handle, ACCESS_MASK access,
                              const struct creation *creation, const WCHAR *target, size_t size)
{
    struct symlink_create_request request = {.access =
                                                 map(access, 1, 0, STANDARD_RIGHTS_REQUIRED | 1)};
    struct symlink_create_reply reply = {.handle = 0};
    struct named_call call;
    NTSTATUS status;

    TRY(named_call_begin(&call, creation));
    call.extra.data = target;
    call.extra.data_size = (uint32_t)size;
    status = (NTSTATUS)call_symlink_create(call.control, &request, &reply, &call.extra);
    named_call_end(&call);
    return named_handle_give(ret_handle, reply.handle, status);
}

NTSTATUS named_event_change(HANDLE handle, int verb, LONG *ret_user_previous)
{
    static const uint32_t changes[] = {EVENT_CHANGE_SET, EVENT_CHANGE_RESET, EVENT_CHANGE_PULSE};
    struct event_change_request request = {.handle = server_handle(handle),
                                           .change = changes[verb]};
    struct event_change_reply reply;
    LONG previous;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_event_change(control, &request, &reply, NULL));
    previous = (LONG)reply.previous;
    return ret_user_previous ? USER_PUT(ret_user_previous, previous) : STATUS_SUCCESS;
}

NTSTATUS named_semaphore_release(HANDLE handle, ULONG count, ULONG *ret_user_previous)
{
    struct semaphore_release_request request = {.handle = server_handle(handle), .count = count};
    struct semaphore_release_reply reply;
    ULONG previous;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_semaphore_release(control, &request, &reply, NULL));
    previous = reply.previous;
    return ret_user_previous ? USER_PUT(ret_user_previous, previous) : STATUS_SUCCESS;
}

NTSTATUS named_mutant_release(HANDLE handle, LONG *ret_user_previous)
{
    struct mutant_release_request request = {.handle = server_handle(handle)};
    struct mutant_release_reply reply;
    LONG previous;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_mutant_release(control, &request, &reply, NULL));
    previous = reply.previous;
    return ret_user_previous ? USER_PUT(ret_user_previous, previous) : STATUS_SUCCESS;
}

/* The caller has checked the class and the length. */
NTSTATUS named_query(enum named_kind kind, HANDLE handle, void *buffer, ULONG length,
                     ULONG *ret_user_length)
{
    CONTROL_OR_RETURN(control);
    NTSTATUS status;

    if (kind == NAMED_EVENT) {
        struct event_query_request request = {.handle = server_handle(handle)};
        struct event_query_reply reply;
        EVENT_BASIC_INFORMATION info;

        TRY((NTSTATUS)call_event_query(control, &request, &reply, NULL));
        info.EventType = reply.manual_reset ? NotificationEvent : SynchronizationEvent;
        info.EventState = (LONG)reply.signaled;
        status = user_write(buffer, &info, sizeof(info));
    } else if (kind == NAMED_SEMAPHORE) {
        struct semaphore_query_request request = {.handle = server_handle(handle)};
        struct semaphore_query_reply reply;
        SEMAPHORE_BASIC_INFORMATION info;

        TRY((NTSTATUS)call_semaphore_query(control, &request, &reply, NULL));
        info.CurrentCount = reply.count;
        info.MaximumCount = reply.maximum;
        status = user_write(buffer, &info, sizeof(info));
    } else {
        struct mutant_query_request request = {.handle = server_handle(handle)};
        struct mutant_query_reply reply;
        MUTANT_BASIC_INFORMATION info = {0};

        TRY((NTSTATUS)call_mutant_query(control, &request, &reply, NULL));
        info.CurrentCount = reply.count;
        info.OwnedByCaller = (BOOLEAN)reply.owned_by_caller;
        info.AbandonedState = (BOOLEAN)reply.abandoned;
        status = user_write(buffer, &info, sizeof(info));
    }
    TRY(status);
    return ret_user_length ? USER_PUT(ret_user_length, length) : STATUS_SUCCESS;
}

/* source: whose descriptor goes with it, or NULL: new memory of the server's. SEC_FILE, which NT
 * only tells, says here whether it is a file's. */
static NTSTATUS section_create_call(struct section_create_request *request,
                                    const struct creation *creation, const struct section *source,
                                    struct section_create_reply *ret_reply)
{
    struct named_call call;
    NTSTATUS status;

    TRY(named_call_begin(&call, creation));
    if (source) {
        call.extra.fds[0] = source->fd;
        call.extra.n_fds = 1;
        request->attributes |= source->is_file ? SEC_FILE : 0;
    }
    status = (NTSTATUS)call_section_create(call.control, request, ret_reply, &call.extra);
    named_call_end(&call);
    for (uint32_t i = 0; i < call.extra.n_ret_fds; i++)
        if (call.extra.ret_fds[i] >= 0)
            close(call.extra.ret_fds[i]);
    return status;
}

NTSTATUS named_section_create(PHANDLE ret_handle, ACCESS_MASK access,
                              const struct creation *creation, struct section *section)
{
    struct section_create_request request = {.size = section->size,
                                             .access = map(access, SECTION_QUERY | SECTION_MAP_READ,
                                                           SECTION_MAP_WRITE, SECTION_ALL_ACCESS),
                                             .protection = section->protection,
                                             .attributes = section->attributes};
    struct section_create_reply reply = {.handle = 0};
    NTSTATUS status;

    status = section_create_call(&request, creation, section->is_file ? section : NULL, &reply);
    return named_handle_give(ret_handle, reply.handle, status);
}

/* Memory too goes by its descriptor: there are views of it already. */
NTSTATUS named_section_share(struct section *section, uint32_t *ret_server)
{
    static const struct creation no_name;
    struct section_create_request request = {.size = section->size,
                                             .access = SECTION_ALL_ACCESS,
                                             .protection = section->protection,
                                             .attributes = section->attributes};
    struct section_create_reply reply;

    TRY(section_create_call(&request, &no_name, section, &reply));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS named_section_get(HANDLE handle, ACCESS_MASK access, struct section **ret_section)
{
    struct section_get_request request = {.handle = server_handle(handle), .access = access};
    struct section_get_reply reply;
    struct call_extra extra = {.n_fds = 0};
    struct section *section;
    NTSTATUS status;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_section_get(control, &request, &reply, &extra));
    section = calloc(1, sizeof(*section));
    if (!section || !extra.n_ret_fds) {
        if (extra.n_ret_fds)
            close(extra.ret_fds[0]);
        free(section);
        return STATUS_NO_MEMORY;
    }
    nt_object_init(&section->header, &section_type);
    section->fd = extra.ret_fds[0];
    section->size = reply.size;
    section->protection = reply.protection;
    section->attributes = reply.attributes & ~(ULONG)SEC_FILE;
    section->is_file = reply.attributes & SEC_FILE;
    status = section_file_inspect(section);
    if (status) {
        nt_object_unref(&section->header);
        return status;
    }
    *ret_section = section;
    return STATUS_SUCCESS;
}
