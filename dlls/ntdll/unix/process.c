/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* How the process ends. RtlExitUserProcess calls NtTerminateProcess(NULL): every other thread ends
 * or at least never runs PE code again; then DLLs are detached; then NtTerminateProcess(-1) ends
 * the process by exit_group.
 */

#include "process.h"

#include "client.h"
#include "common/trace.h"
#include "control.h"
#include "named.h"
#include "shared.h"
#include "terminal.h"
#include "thread.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static NTSTATUS process_share(struct nt_object *object, uint32_t *ret_server)
{
    return shared_process_new(process_object_pid(object), ret_server);
}

const struct nt_type process_type = {
    .name = u"Process",
    .valid = PROCESS_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | PROCESS_QUERY_INFORMATION | PROCESS_VM_READ,
                STANDARD_RIGHTS_WRITE | PROCESS_VM_WRITE | PROCESS_VM_OPERATION |
                    PROCESS_CREATE_THREAD | PROCESS_CREATE_PROCESS | PROCESS_DUP_HANDLE |
                    PROCESS_TERMINATE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = notification_is_signaled,
    .share = process_share,
};

struct process process;

PEB *process_peb(void)
{
    return process.peb;
}

bool process_is_child(void)
{
    return process.is_child;
}

struct nt_object *process_object_current(void)
{
    return &process.header.header;
}

pid_t process_object_pid(struct nt_object *object)
{
    return object->type == &process_type ? ((struct process *)object)->pid : 0;
}

uint64_t nt_time_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 10000000ull + now.tv_nsec / 100 + 116444736000000000ull;
}

int exit_status_from_code(uint32_t code)
{
    return code && !(code & 0xff) ? 255 : (int)(code & 0xff);
}

void process_exit(uint32_t code)
{
    bool by_signal = control_is_end(code);

    if (by_signal)
        code = STATUS_CONTROL_C_EXIT; /* Windows' code for all events */
    TRACE(process, "exit code %08x", code);
    client_report_exit(code, process.is_child);
    if (by_signal)
        control_die();
    terminal_restore();
    _exit(exit_status_from_code(code));
}

/* RACE 4: several threads end the process at once. The first is the terminator; any other ends
 * itself, as the terminator would end it a moment later. */
static bool is_terminator(void)
{
    static struct thread *_Atomic terminator;
    struct thread *none = NULL, *self = thread_current();

    return atomic_compare_exchange_strong(&terminator, &none, self) || none == self;
}

/* All threads but the caller: told to end, and seen to have left PE code for good. */
static void threads_terminate_others(uint32_t code)
{
    struct thread *self = thread_current();
    struct ntlist *link;

    for (;;) {
        struct thread *other = NULL;

        thread_lock();
        threads_are_ending = true;
        for (link = threads.next; link != &threads && !other; link = link->next) {
            struct thread *thread = ntlist_entry(link, struct thread, link);

            if (thread != self && !(atomic_load(&thread->frame.pending) & PENDING_TERMINATE))
                other = thread;
        }
        if (other)
            nt_object_ref(&other->header.header);
        thread_unlock();
        if (!other)
            break;
        thread_terminate(other, code);
        if (thread_request_stop(other) == STATUS_NO_MEMORY)
            fprintf(stderr, "portico: thread %d cannot be signalled\n", (int)other->tid);
        nt_object_unref(&other->header.header);
    }
}

static NTSTATUS process_from_handle(HANDLE handle, ACCESS_MASK access,
                                    struct nt_object **ret_object)
{
    if (handle == (HANDLE)(intptr_t)-1) {
        *ret_object = nt_object_ref(process_object_current());
        return STATUS_SUCCESS;
    }
    return handle_lookup(handle, access, &process_type, ret_object);
}

/* A process by its server handle, which may be this one. */
static NTSTATUS terminate_other(HANDLE handle, uint32_t code)
{
    NTSTATUS status, exit_status;
    enum object_kind kind;
    uint32_t granted;
    pid_t pid;

    status = named_process_query(handle, &pid, &exit_status);
    if (status)
        return status;
    if (pid != process.pid)
        return named_process_terminate(handle, code); /* the server checks the access */
    status =
        (NTSTATUS)portico_handle_kind((handle_t)(uintptr_t)handle & ~(handle_t)3, &kind, &granted);
    if (status || !(granted & PROCESS_TERMINATE))
        return status ? status : STATUS_ACCESS_DENIED;
    process_exit(code);
}

NTSTATUS WINAPI NtTerminateProcess(HANDLE handle, LONG code)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    NTSTATUS status;

    if (!handle) {
        if (is_terminator())
            threads_terminate_others(code);
        else
            thread_terminate(thread_current(), code);
        return STATUS_SUCCESS;
    }
    if (handle_is_server(handle))
        return terminate_other(handle, (uint32_t)code);
    status = process_from_handle(handle, PROCESS_TERMINATE, &object);
    if (status)
        return status;
    process_exit(code); /* the only process that is an object here */
}
