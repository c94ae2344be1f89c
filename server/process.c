/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See process.h. The end of a process, in this order: its mutants are abandoned, its sockets go,
 * its lanes die and its ports are told (server/alpc), its handles close (ports disconnect, sections
 * go). */

#include "process.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alpc/death.h"
#include "common/fd.h"
#include "job.h"
#include "mutant.h"
#include "server.h"
#include "thread.h"
#include "wait.h"
#include "waitable_timer.h"

#define SUSPENDED_MAX 127u /* as MAXIMUM_SUSPEND_COUNT */

static void process_destroy(struct object *object);
static void process_dump(struct object *object, char *ret_text, size_t size);
static bool process_signaled(struct object *object, struct thread_id thread);

const struct object_ops process_ops = {
    .kind = OBJECT_KIND_PROCESS,
    .type_name = "Process",
    .size = sizeof(struct process),
    .all_access = 0x001fffff,
    .generic_read = 0x00020410,
    .generic_write = 0x00020bea,
    .generic_execute = 0x00121001,
    .destroy = process_destroy,
    .signaled = process_signaled,
    .dump = process_dump,
};

struct process *process_from_object(struct object *object)
{
    assert(object->ops == &process_ops);
    return CONTAINER_OF(object, struct process, object);
}

static void process_destroy(struct object *object)
{
    struct process *process = process_from_object(object);

    assert(list_is_empty(&process->clients) && list_is_empty(&process->mutants));
    assert(list_is_empty(&process->threads) && list_is_empty(&process->waits));
    assert(list_is_empty(&process->jobs) && list_is_empty(&process->timers));
    assert(list_is_empty(&process->heard_jobs));
    assert(list_is_empty(&process->lanes) && list_is_empty(&process->held));
    handle_table_deinit(&process->handles);
    process->token = token_unref(process->token);
    source_remove(&process->pidfd_source);
    fd_close(process->pidfd);
    charge_release(&process->pidfd_charge);
    user_unref(process->user);
    list_remove(&process->link);
}

static void process_dump(struct object *object, char *ret_text, size_t size)
{
    static const char *const states[] = {"new", "running", "ended"};
    struct process *process = process_from_object(object);

    snprintf(ret_text, size, "pid=%d state=%s exited=%d handles_open=%u program=%s",
             (int)process->pid, states[process->state], process->exited, process->handles.n_used,
             process->program);
}

static bool process_signaled(struct object *object, struct thread_id thread _unused_)
{
    return process_from_object(object)->exited;
}

static void process_end(struct process *process)
{
    struct server *server = process->object.server;
    struct client *client, *next;

    if (process->state == PROCESS_ENDED)
        return;
    if (process->state == PROCESS_RUNNING)
        server->n_processes--;
    process->state = PROCESS_ENDED;
    process->notice = NULL;
    standing_waits_drop(process);
    waitable_timers_forget(process);
    jobs_hear_no_more(process);
    mutants_abandon(process, 0);
    threads_end(process, 0);
    thread_tokens_drop(process, 0);
    list_for_each_safe(client, next, &process->clients, process_link)
        client_doom(client, NULL);
    alpc_process_ended(process);
    handle_table_deinit(&process->handles);
}

/* Until then its number is its own, and its entry in /proc is there. */
static bool is_collected(const struct process *process)
{
    return syscall(SYS_pidfd_send_signal, process->pidfd, 0, NULL, 0) < 0 && errno == ESRCH;
}

void process_look(struct process *process)
{
    struct proc_stat stat;

    if (proc_stat_of(process->pid, &stat) && !is_collected(process))
        process->last = stat;
}

static status_t process_signal(struct process *process, int number)
{
    if (process->exited)
        return STATUS_PROCESS_IS_TERMINATING;
    if (syscall(SYS_pidfd_send_signal, process->pidfd, number, NULL, 0) < 0)
        return errno == ESRCH ? STATUS_PROCESS_IS_TERMINATING : STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

status_t process_kill(struct process *process, uint32_t exit_code)
{
    status_t status;

    process_look(process);
    status = process_signal(process, SIGKILL);
    if (!status && !process->has_exit_code) {
        process->exit_code = exit_code;
        process->has_exit_code = true;
    }
    return status;
}

/* A reference while it is suspended: who opens it later finds the count. */
static void suspended_count(struct process *process, bool on)
{
    if (on && process->n_suspended++ == 0)
        object_ref(&process->object);
    else if (!on && --process->n_suspended == 0)
        process_unref(process); /* not the last: the caller's is left */
}

status_t process_suspend(struct process *process, bool on)
{
    status_t status = STATUS_SUCCESS;

    if (on && process->n_suspended == SUSPENDED_MAX)
        return STATUS_SUSPEND_COUNT_EXCEEDED;
    if (!on && !process->n_suspended)
        return process->exited ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
    if (process->n_suspended == !on)
        status = process_signal(process, on ? SIGSTOP : SIGCONT);
    if (!status)
        suspended_count(process, on);
    return status;
}

bool process_is_kept(const struct process *process)
{
    return process->n_suspended || !list_is_empty(&process->jobs);
}

void process_let_go(struct process *process)
{
    object_ref(&process->object);
    jobs_leave(process);
    if (process->n_suspended) {
        (void)!process_signal(process, SIGCONT);
        process->n_suspended = 1;
        suspended_count(process, false);
    }
    object_unref(&process->object);
}

static uint64_t now_real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pidfd_ready(struct source *source, uint32_t events _unused_)
{
    struct process *process = CONTAINER_OF(source, struct process, pidfd_source);

    object_ref(&process->object);
    source_remove(source);
    process->exited = true;
    process->exit_time_ns = now_real_ns();
    process_look(process);
    process_let_go(process);
    process_end(process);
    object_wake(&process->object);
    object_unref(&process->object);
}

struct client *process_thread(const struct process *process, uint32_t thread_id)
{
    struct client *client;

    list_for_each(client, &process->clients, process_link) {
        if (client->kind == HELLO_REQUEST && client->thread_id == thread_id &&
            !list_is_linked(&client->doomed_link))
            return client;
    }
    return NULL;
}

static bool pidfd_is_alive(int pidfd)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 0;
}

/* Also one that has ended for us but whose Linux process still runs; never another process that got
 * the number since. */
static struct process *process_find(struct server *server, pid_t pid)
{
    struct process *process;

    list_for_each(process, &server->processes, link) {
        if (process->pid == pid && !process->exited && pidfd_is_alive(process->pidfd))
            return process;
    }
    return NULL;
}

static status_t process_new(struct server *server, struct user *user, pid_t pid, int *pidfd,
                            struct process **ret_process)
{
    struct object *object;
    status_t status = object_new(server, user, &process_ops, &object);

    if (status)
        return status;
    _cleanup_(process_unrefp) struct process *process = process_from_object(object);
    process->pid = pid;
    process->pidfd = -1;
    process->user = user_ref(user);
    list_init(&process->clients);
    list_init(&process->mutants);
    list_init(&process->threads);
    list_init(&process->thread_tokens);
    list_init(&process->lanes);
    list_init(&process->spares);
    list_init(&process->held);
    list_init(&process->jobs);
    list_init(&process->heard_jobs);
    list_init(&process->waits);
    list_init(&process->timers);
    list_append(&server->processes, &process->link);
    handle_table_init(&process->handles, server, process, user);
    status = user_charge(&process->pidfd_charge, user, USER_SOCKETS, 1);
    if (status)
        return status;
    if (source_add(&process->pidfd_source, &server->loop, *pidfd, EPOLLIN, pidfd_ready) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    process->pidfd = TAKE_FD(*pidfd);
    *ret_process = TAKE(process);
    return STATUS_SUCCESS;
}

status_t process_get(struct server *server, struct user *user, pid_t pid, int pidfd_given,
                     struct process **ret_process)
{
    _cleanup_(fd_closep) int pidfd = pidfd_given;
    struct process *process = process_find(server, pid);

    if (process) {
        object_ref(&process->object);
        *ret_process = process;
        return STATUS_SUCCESS;
    }
    if (pid <= 0)
        return STATUS_INVALID_CID;
    if (pidfd < 0)
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return errno == EMFILE || errno == ENFILE ? STATUS_INSUFFICIENT_RESOURCES
                                                  : STATUS_INVALID_CID;
    return process_new(server, user, pid, &pidfd, ret_process);
}

status_t process_client_hello(struct client *client, uint32_t kind, uint32_t thread_id,
                              const char *program)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    struct server *server = client->server;
    status_t status;

    status = process_get(server, client->user, client->pid, TAKE_FD(client->pidfd), &process);
    if (status)
        return status;
    /* One that closed its notice socket is over for us: it does not come back. */
    if (process->state == PROCESS_ENDED)
        return STATUS_PROCESS_IS_TERMINATING;
    if (kind == HELLO_NOTICE && process->notice)
        return STATUS_INVALID_PARAMETER;
    if (!process->token) {
        status = token_of_socket(server, client->user, client->fd, &process->token);
        if (status)
            return status;
    }
    if (process->state == PROCESS_NEW) {
        process->state = PROCESS_RUNNING;
        server->n_processes++;
    }
    if (*program)
        snprintf(process->program, sizeof(process->program), "%s", program);
    if (kind == HELLO_NOTICE)
        process->notice = client;
    client->kind = kind;
    client->thread_id = thread_id;
    list_append(&process->clients, &client->process_link);
    client->process = TAKE(process);
    return STATUS_SUCCESS;
}

/* Thread 0 would mean all of them. */
static void thread_ended(struct process *process, uint32_t thread_id)
{
    mutants_abandon(process, thread_id);
    if (thread_id)
        threads_end(process, thread_id);
}

void process_client_ended(struct client *client)
{
    struct process *process = client->process;
    bool was_notice = client->kind == HELLO_NOTICE;

    if (was_notice)
        process->notice = NULL;
    list_remove(&client->process_link);
    if (!was_notice)
        thread_ended(process, client->thread_id);
    if (!was_notice && client->thread_id)
        thread_tokens_drop(process, client->thread_id);
    if (was_notice || list_is_empty(&process->clients))
        process_end(process);
    client->process = process_unref(process);
}

status_t process_lookup(struct client *client, handle_t handle, uint32_t access,
                        struct process **ret_process)
{
    struct object *object;
    status_t status;

    if (handle == HANDLE_SELF) {
        object_ref(&client->process->object);
        *ret_process = client->process;
        return STATUS_SUCCESS;
    }
    status = handle_lookup(&client->process->handles, handle, &process_ops, access, &object);
    if (!status)
        *ret_process = process_from_object(object);
    return status;
}

bool process_is_behind(const struct process *process)
{
    return process->notice && process->notice->n_output;
}

void process_notify(struct process *process, uint16_t code, struct notice_header *notice,
                    size_t size)
{
    if (!process->notice)
        return;
    *notice = (struct notice_header){.code = code, .sequence = ++process->notice_sequence};
    client_send(process->notice, notice, size, NULL);
}
