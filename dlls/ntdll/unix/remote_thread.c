/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The thread handle that CreateProcess gives back. The thread is another process' and of it only
 * this is known: whether it still waits for its go, and when its process has ended. DIFFERS: on
 * Windows the handle is signalled when the thread ends, which may be before its process does.
 * TODO(processes): suspending it again, its context, terminating it alone.
 *
 * A collector thread for each child waits for its end, so that no zombie is left; it holds a
 * reference. It has no TEB and never enters PE code. */

#include "remote_thread.h"

#include "common/helper.h"
#include "named.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "process.h"
#include "shared.h"
#include "usermem.h"
#include <errno.h>
#include <portico/portico.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct remote_thread {
    struct notification header; /* signalled when its process has ended */
    pid_t pid;
    int socket;       /* -1: it needs no go; resume_lock */
    handle_t process; /* at the server, which knows the exit code; as long as there is a handle */
    atomic_bool has_ended;
};

static pthread_mutex_t resume_lock = PTHREAD_MUTEX_INITIALIZER;

static void remote_thread_destroy(struct nt_object *object)
{
    struct remote_thread *thread = (struct remote_thread *)object;

    if (thread->socket >= 0)
        close(thread->socket);
    free(thread);
}

/* Here and not at the end of the object, which may be the collector's: that has no connection. */
static void remote_thread_close(struct nt_object *object, bool last)
{
    if (last)
        (void)portico_close(((struct remote_thread *)object)->process);
}

static NTSTATUS remote_thread_share(struct nt_object *object, uint32_t *ret_server)
{
    pid_t pid = ((struct remote_thread *)object)->pid;

    return shared_thread_new(pid, pid, ret_server);
}

const struct nt_type remote_thread_type = {
    .name = u"Thread",
    .valid = THREAD_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
                STANDARD_RIGHTS_WRITE | THREAD_SET_CONTEXT | THREAD_SET_INFORMATION |
                    THREAD_SUSPEND_RESUME | THREAD_TERMINATE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = notification_is_signaled,
    .close = remote_thread_close,
    .destroy = remote_thread_destroy,
    .share = remote_thread_share,
};

static void *collector_main(void *argument)
{
    struct remote_thread *thread = argument;

    while (waitpid(thread->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    atomic_store(&thread->has_ended, true);
    notification_signal(&thread->header);
    nt_object_unref(&thread->header.header);
    return NULL;
}

static NTSTATUS collector_start(struct remote_thread *thread)
{
    nt_object_ref(&thread->header.header);
    if (!helper_start(collector_main, thread))
        return STATUS_SUCCESS;
    nt_object_unref(&thread->header.header);
    return STATUS_NO_MEMORY;
}

NTSTATUS remote_thread_new(pid_t pid, int *socket, bool is_suspended, ACCESS_MASK access,
                           ULONG attributes, HANDLE *ret_handle)
{
    struct remote_thread *thread = calloc(1, sizeof(*thread));
    NTSTATUS status;

    if (!thread)
        return STATUS_NO_MEMORY;
    nt_object_init(&thread->header.header, &remote_thread_type);
    thread->pid = pid;
    thread->socket = -1;
    status = shared_process_new(pid, &thread->process);
    if (!status) {
        status = handle_new(&thread->header.header, access, attributes, ret_handle);
        if (status)
            (void)portico_close(thread->process);
    }
    if (!status) {
        status = collector_start(thread);
        if (status)
            handle_close(*ret_handle);
    }
    if (!status && is_suspended) {
        thread->socket = *socket;
        *socket = -1;
    }
    nt_object_unref(&thread->header.header);
    return status;
}

NTSTATUS remote_thread_refuse(const char *caller, HANDLE handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    TRY(handle_lookup(handle, 0, &remote_thread_type, &object));
    unimplemented_once(caller, "a thread of another process", NO_NUMBER);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS remote_thread_resume(HANDLE handle, ULONG *ret_previous)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct remote_thread *thread;

    TRY(handle_lookup(handle, THREAD_SUSPEND_RESUME, &remote_thread_type, &object));
    thread = (struct remote_thread *)object;
    *ret_previous = 0;
    pthread_mutex_lock(&resume_lock);
    if (thread->socket >= 0) {
        *ret_previous = 1;
        (void)!send(thread->socket, "", 1, MSG_NOSIGNAL); /* it may have been killed: no error */
        close(thread->socket);
        thread->socket = -1;
    }
    pthread_mutex_unlock(&resume_lock);
    return STATUS_SUCCESS;
}

/* Its process' exit code: Linux has but eight bits of it. The server may be about to see the end.
 */
static NTSTATUS exit_status_get(const struct remote_thread *thread, NTSTATUS *ret_status)
{
    uint32_t index;
    pid_t pid;

    *ret_status = STATUS_PENDING;
    if (!atomic_load(&thread->has_ended))
        return STATUS_SUCCESS;
    TRY((NTSTATUS)portico_wait(1, &thread->process, WAIT_MODE_ANY, 0, false, PORTICO_FOREVER,
                               &index));
    return named_process_query((HANDLE)(uintptr_t)thread->process, &pid, ret_status);
}

NTSTATUS remote_thread_query(HANDLE handle, THREAD_BASIC_INFORMATION *ret_info)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    const struct remote_thread *thread;
    NTSTATUS exit_status;

    TRY(handle_lookup(handle, 0, &remote_thread_type, &object));
    thread = (struct remote_thread *)object;
    TRY(exit_status_get(thread, &exit_status));
    *ret_info = (THREAD_BASIC_INFORMATION){
        .ExitStatus = exit_status,
        .ClientId = {(HANDLE)(uintptr_t)thread->pid, (HANDLE)(uintptr_t)thread->pid},
        .AffinityMask = 1,
    };
    return STATUS_SUCCESS;
}
