/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The start of a client: find or start the server, say hello on the notice socket, start the
 * watcher thread. The life of the process in the server is the life of that socket.
 *
 * Start race (several first clients at once): each that finds no listener runs the server program;
 * the lock in the folder lets one win. Whoever's server lost still connects, when the winner has
 * bound its socket: so connect is tried again for a while after the server program has ended,
 * whatever its status was. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"
#include "control.h"
#include "notice.h"
#include "process.h"
#include "server.h"

#define CONNECT_TRIES 200 /* of 10 ms, after the server program has ended */
#define HELLO_TRIES   5

struct process the_process = {.lock = PTHREAD_MUTEX_INITIALIZER, .notice_fd = -1};
struct process_counters the_counters;

static bool plain_copy(void *destination, const void *source, size_t size)
{
    memcpy(destination, source, size);
    return true;
}

static bool plain_probe(void *destination, size_t size)
{
    (void)destination, (void)size;
    return true;
}

static status_t plain_interrupted(bool alertable)
{
    return alertable ? STATUS_ALERTED : STATUS_SUCCESS;
}

static void plain_nothing(void) {}

static status_t plain_reserve(size_t size, bool writable, void **ret_base)
{
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)writable;
    if (base == MAP_FAILED)
        return STATUS_NO_MEMORY;
    *ret_base = base;
    return STATUS_SUCCESS;
}

static void plain_unmap(void *base, size_t size)
{
    munmap(base, size);
}

static void plain_server_died(void)
{
    static const char text[] = "portico: the port server has ended\n";

    if (write(2, text, sizeof(text) - 1) < 0)
        _exit(PORTICO_EXIT_SERVER_DIED);
    _exit(PORTICO_EXIT_SERVER_DIED);
}

static void plain_handle_closed(handle_t handle, uint64_t object_id)
{
    (void)handle, (void)object_id;
}

static void plain_wait_met(uint64_t wait_id)
{
    (void)wait_id;
}

static void plain_timer_fired(uint64_t apc_id, uint64_t time)
{
    (void)apc_id, (void)time;
}

static void plain_job_told(uint64_t id, uint32_t message, uint32_t process_id)
{
    (void)id, (void)message, (void)process_id;
}

#define HOOK_OR(member, plain) \
    (the_process.hooks.member = hooks && hooks->member ? hooks->member : (plain))

static void hooks_set(const struct portico_hooks *hooks)
{
    HOOK_OR(copy_in, plain_copy);
    HOOK_OR(copy_out, plain_copy);
    HOOK_OR(probe_out, plain_probe);
    HOOK_OR(interrupted, plain_interrupted);
    HOOK_OR(critical_enter, plain_nothing);
    HOOK_OR(critical_leave, plain_nothing);
    HOOK_OR(reserve, plain_reserve);
    HOOK_OR(unmap, plain_unmap);
    HOOK_OR(server_died, plain_server_died);
    HOOK_OR(handle_closed, plain_handle_closed);
    HOOK_OR(wait_met, plain_wait_met);
    HOOK_OR(timer_fired, plain_timer_fired);
    HOOK_OR(job_told, plain_job_told);
}

status_t process_fail(status_t status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(the_process.error, sizeof(the_process.error), format, arguments);
    va_end(arguments);
    return status;
}

const char *portico_start_error(void)
{
    return the_process.error;
}

void process_server_died(void)
{
    if (!the_process.hooks.server_died)
        plain_server_died();
    the_process.hooks.server_died();
    abort();
}

static bool is_absent(int error)
{
    return error == ECONNREFUSED || error == ENOENT || error == ECONNRESET;
}

/* A connected socket to the server, which is started when `may_start`. */
static status_t server_reach(bool may_start, int *ret_fd)
{
    static const struct timespec pause = {.tv_nsec = 10000000};
    char path[4096];
    status_t status;
    int fd = control_open(the_process.runtime_dir);

    if (fd < 0 && is_absent(errno) && may_start) {
        server_path_get(path, sizeof(path));
        status = server_spawn(path);
        if (status != STATUS_SUCCESS)
            return status;
        for (int i = 0; i < CONNECT_TRIES; i++) {
            fd = control_open(the_process.runtime_dir);
            if (fd >= 0 || !is_absent(errno))
                break;
            nanosleep(&pause, NULL);
        }
    }
    if (fd < 0 && !may_start && is_absent(errno))
        return process_fail(STATUS_PORT_CONNECTION_REFUSED, "no server runs in %s",
                            the_process.runtime_dir);
    if (fd < 0)
        return process_fail(STATUS_PORT_CONNECTION_REFUSED,
                            "cannot reach the port server at %s/%s: %s", the_process.runtime_dir,
                            SERVER_SOCKET_NAME, strerror(errno));
    *ret_fd = fd;
    return STATUS_SUCCESS;
}

static status_t process_start_locked(bool may_start, const struct portico_hooks *hooks)
{
    struct control control = {.fd = -1, .may_end = true};
    struct hello_reply reply;
    status_t status;
    int tries = 0;

    hooks_set(hooks);
    status = runtime_dir_get(the_process.runtime_dir, sizeof(the_process.runtime_dir));
    if (status != STATUS_SUCCESS)
        return process_fail(status, "the path of the runtime folder is longer than %d bytes",
                            RUNTIME_DIR_MAX - 1);
    do { /* a server that is about to end by itself takes the connection, then closes it: start
            another */
        control.fd = fd_close(control.fd);
        status = server_reach(may_start, &control.fd);
        if (status != STATUS_SUCCESS)
            return status;
        status = control_hello(&control, HELLO_NOTICE, &reply);
    } while (status == STATUS_PORT_DISCONNECTED && ++tries < HELLO_TRIES);
    if (status != STATUS_SUCCESS) {
        close(control.fd);
        return process_fail(
            status,
            status == STATUS_REVISION_MISMATCH
                ? "the port server at %s is of another version: stop it with portserver --stop"
                : "the port server at %s refuses this process",
            the_process.runtime_dir);
    }
    the_process.notice_fd = control.fd;
    the_process.process_id = reply.process_id;
    the_process.server_id = reply.server_id;
    the_process.session = reply.session;
    status = notice_watch();
    if (status != STATUS_SUCCESS) {
        the_process.notice_fd = fd_close(the_process.notice_fd);
        return process_fail(status, "cannot start the watcher thread");
    }
    the_process.started = true;
    return STATUS_SUCCESS;
}

static status_t process_start(bool may_start, const struct portico_hooks *hooks)
{
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&the_process.lock);
    if (!the_process.started)
        status = process_start_locked(may_start, hooks);
    pthread_mutex_unlock(&the_process.lock);
    return status;
}

status_t portico_start(const struct portico_hooks *hooks)
{
    return process_start(true, hooks);
}

status_t portico_attach(const struct portico_hooks *hooks)
{
    return process_start(false, hooks);
}

uint32_t portico_process_id(void)
{
    return the_process.process_id;
}

uint32_t portico_server_id(void)
{
    return the_process.server_id;
}

uint32_t portico_session(void)
{
    return the_process.session;
}

void portico_counters_get(struct portico_counters *ret_counters)
{
    ret_counters->requests = the_counters.requests;
    ret_counters->futex_waits = the_counters.futex_waits;
    ret_counters->futex_wakes = the_counters.futex_wakes;
    ret_counters->bells = the_counters.bells;
    ret_counters->polls = the_counters.polls;
}
