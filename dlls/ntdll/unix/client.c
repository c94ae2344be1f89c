/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* libportico in this process. The library copies to and from the program's memory by our fault-safe
 * routines (also with the producers' lock of a lane held: the fault path takes the page lock only,
 * a leaf), asks us when a blocked thread has been woken for a reason of ours, and defers suspension
 * and termination while a record is being written: neither acts inside a system call anyway
 * (thread.h), so nothing is to be done for that. */
#include "client.h"

#include "control.h"
#include "create.h"
#include "descriptor.h"
#include "fatal.h"
#include "job.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "shared.h"
#include "timer.h"
#include "usermem.h"
#include "virtual.h"
#include "waitblock.h"
#include <stdlib.h>
#include <sys/mman.h>

static bool copy_in(void *destination, const void *source, size_t size)
{
    return user_read(destination, source, size) == STATUS_SUCCESS;
}

static bool copy_out(void *destination, const void *source, size_t size)
{
    return user_write(destination, source, size) == STATUS_SUCCESS;
}

static bool probe_out(void *destination, size_t size)
{
    return user_probe_write(destination, size) == STATUS_SUCCESS;
}

/* Room for a view of a section: 64 KiB aligned, known to the table of views. */
static status_t reserve(size_t size, bool writable, void **ret_base)
{
    struct view_info info = {.size = size,
                             .type = MEM_MAPPED,
                             .allocation_protection = writable ? PAGE_READWRITE : PAGE_READONLY};
    char *base = NULL;
    NTSTATUS status = view_reserve(&base, size, 0, false);

    if (status)
        return (status_t)status;
    info.base = base;
    status = view_record(base, size, info.allocation_protection);
    if (!status)
        status = view_describe(&info);
    if (status) {
        view_release(base);
        return (status_t)status;
    }
    *ret_base = base;
    return STATUS_SUCCESS;
}

static void unmap(void *base, size_t size)
{
    (void)size; /* a view goes as a whole */
    view_release(base);
}

static status_t interrupted(bool alertable)
{
    return (status_t)wait_interrupted(alertable);
}

static void server_died(void)
{
    fatal(PORTICO_EXIT_SERVER_DIED, "the port server has ended");
}

static const struct portico_hooks hooks = {
    .copy_in = copy_in,
    .copy_out = copy_out,
    .probe_out = probe_out,
    .interrupted = interrupted,
    .reserve = reserve,
    .unmap = unmap,
    .server_died = server_died,
    .handle_closed = shared_file_outdate,
    .wait_met = wait_packet_met,
    .timer_fired = timer_shared_fired,
    .job_told = job_told,
};

/* From now on who alerts or ends this thread tells the library too. What was there before is seen
 * at the first sleep. */
static void thread_attach(struct wait_thread *thread)
{
    struct portico_thread *client = portico_thread_current();

    dispatcher_lock();
    thread->client = client;
    dispatcher_unlock();
    portico_thread_interrupt(client);
}

void client_need(void)
{
    struct wait_thread *thread = wait_thread_current();

    if (thread->client)
        return;
    control_watch(); /* from here on it may sleep in the library */
    if (portico_start(&hooks) != STATUS_SUCCESS)
        fatal(PORTICO_EXIT_NO_SERVER, "%s", portico_start_error());
    thread_attach(thread);
}

void client_report_exit(uint32_t code, bool is_asked_for)
{
    struct process_exit_request request = {.exit_code = code};
    struct process_exit_reply reply;
    struct control *control;

    if (!portico_process_id() && (!is_asked_for || portico_attach(&hooks) != STATUS_SUCCESS))
        return;
    control = portico_control();
    if (control && call_process_exit(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* the server ends too: nobody is left to ask */
}

bool client_may_have_handles(void)
{
    return portico_process_id() || (process_is_child && process_is_child());
}

void client_wait_begin(bool alertable)
{
    if (alertable) /* an APC or alert that came before the wait ends it */
        portico_thread_interrupt(wait_thread_current()->client);
}

NTSTATUS client_handle(HANDLE handle, handle_t *ret_handle)
{
    uintptr_t value = (uintptr_t)handle;
    struct nt_object *object;
    NTSTATUS status;

    if (value != 0 && value < HANDLE_LOCAL_BASE) {
        client_need();
        *ret_handle = (handle_t)value;
        return STATUS_SUCCESS;
    }
    status = handle_lookup(handle, 0, NULL, &object);
    if (status)
        return STATUS_INVALID_HANDLE;
    nt_object_unref(object);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS client_deadline(const LARGE_INTEGER *user_timeout, int64_t *ret_deadline_ns)
{
    struct timespec left, now;
    struct deadline deadline;
    LARGE_INTEGER timeout;

    *ret_deadline_ns = PORTICO_FOREVER;
    if (!user_timeout)
        return STATUS_SUCCESS;
    TRY(USER_GET(timeout, user_timeout));
    deadline = deadline_from_timeout(&timeout);
    if (deadline.is_zero) {
        *ret_deadline_ns = PORTICO_POLL;
        return STATUS_SUCCESS;
    }
    /* DIFFERS: an absolute time-out does not follow a step of the wall clock while it runs. */
    if (!deadline_left(&deadline, &left))
        return STATUS_SUCCESS;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (left.tv_sec < INT64_MAX / 2000000000)
        *ret_deadline_ns =
            (now.tv_sec + left.tv_sec) * INT64_C(1000000000) + now.tv_nsec + left.tv_nsec;
    return STATUS_SUCCESS;
}

static NTSTATUS text_copy(const UNICODE_STRING *copied_header, struct client_name *name)
{
    size_t units;

    TRY(name_copy(copied_header, &name->text, &units));
    name->name.text = (const uint16_t *)name->text;
    name->name.size = (uint32_t)(units * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS client_name_read(const OBJECT_ATTRIBUTES *user_attributes, struct client_name *ret_name)
{
    struct creation creation = {0};

    *ret_name = (struct client_name){0};
    if (!user_attributes)
        return STATUS_SUCCESS;
    TRY(create_read(user_attributes, &creation));
    TRY(descriptor_read(creation.security, &ret_name->sd, &ret_name->name.sd_size));
    ret_name->name.sd = ret_name->sd;
    ret_name->name.attributes = creation.attributes;
    if (creation.has_name && creation.root)
        TRY(client_handle(creation.root, &ret_name->name.root));
    return creation.has_name ? text_copy(&creation.user_name, ret_name) : STATUS_SUCCESS;
}

NTSTATUS client_name_from_string(const UNICODE_STRING *user_string, struct client_name *ret_name)
{
    UNICODE_STRING string;

    *ret_name = (struct client_name){.name.attributes = OBJ_CASE_INSENSITIVE};
    TRY(USER_GET(string, user_string));
    if ((string.Length & 1) || string.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    return text_copy(&string, ret_name);
}

NTSTATUS client_requirement_read(PSECURITY_DESCRIPTOR user, struct client_name *name)
{
    free(name->sd);
    name->sd = NULL;
    TRY(descriptor_read(user, &name->sd, &name->name.sd_size));
    name->name.sd = name->sd;
    return STATUS_SUCCESS;
}

void client_name_freep(struct client_name *name)
{
    free(name->text);
    free(name->sd);
}
