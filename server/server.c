/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See server.h. Its own end: `linger_ns` after the last client's socket has closed. The listener
 * takes care that a client who connects at that very moment is either served or told (end of file:
 * he starts a new daemon). */

#include "server.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include "alpc/rest.h"
#include "client.h"
#include "closer.h"
#include "directory.h"
#include "namespace.h"
#include "object.h"
#include "process.h"
#include "registry.h"

#define LOG_BURST       50u
#define LOG_INTERVAL_NS UINT64_C(1000000000)

static void batch_ended(struct loop *loop)
{
    clients_bury(CONTAINER_OF(loop, struct server, loop));
}

static uint64_t fd_limit_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 256;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

status_t server_init(struct server *server, bool trace)
{
    *server = (struct server){
        .trace = trace, .linger_ns = -1, .first_linger_ns = -1, .listener = LISTENER_NULL};
    list_init(&server->pipes);
    list_init(&server->objects);
    list_init(&server->processes);
    list_init(&server->clients);
    list_init(&server->doomed);
    list_init(&server->rests);
    server->rest_ns = REST_NS;
    users_init(&server->users, fd_limit_raise());
    server->started_ns = clock_ns();
    if (loop_init(&server->loop) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    server->loop.after_batch = batch_ended;
    server->closer = closer_new();
    if (!server->closer)
        return STATUS_INSUFFICIENT_RESOURCES;
    status_t status = settle_init(server);
    if (!status)
        status = namespace_init(server);
    return status ? status : registry_init(server);
}

static void leaks_print(struct server *server)
{
    struct object *object;

    list_for_each(object, &server->objects, link)
        fprintf(stderr, "portserver: left over: %s id=%llu refs=%u handles=%u\n",
                object->ops->type_name, (unsigned long long)object->id, object->refs,
                object->n_handles);
}

/* Those that still run. */
static void processes_let_go(struct server *server)
{
    struct process *process, *found;

    do {
        found = NULL;
        list_for_each(process, &server->processes, link) {
            if (!found && process_is_kept(process))
                found = process;
        }
        if (found)
            process_let_go(found);
    } while (found);
}

uint32_t server_deinit(struct server *server)
{
    uint32_t n_left;

    timer_disarm(&server->linger);
    listener_close(&server->listener);
    clients_doom_all(server);
    clients_bury(server);
    processes_let_go(server);
    registry_deinit(server);
    if (server->root)
        namespace_deinit(server);
    n_left = server->n_objects;
    if (n_left)
        leaks_print(server);
    else
        users_deinit(&server->users);
    settle_deinit(server);
    server->closer = closer_free(server->closer);
    loop_deinit(&server->loop);
    return n_left;
}

void server_stop(struct server *server)
{
    server->stopping = true;
    loop_stop(&server->loop);
}

void server_log(struct server *server, const char *format, ...)
{
    uint64_t now = clock_ns(), gained = (now - server->log_ns) / LOG_INTERVAL_NS;
    va_list arguments;

    if (gained) {
        server->log_credit = (uint32_t)MIN(server->log_credit + gained, (uint64_t)LOG_BURST);
        server->log_ns = now;
    }
    if (!server->log_credit)
        return;
    server->log_credit--;
    fputs("portserver: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs(server->log_credit ? "\n" : " (more such lines are left out)\n", stderr);
}

static void linger_expired(struct timer *timer)
{
    struct server *server = CONTAINER_OF(timer, struct server, linger);

    if (server->n_clients == 0 && listener_retire(&server->listener))
        server_stop(server);
}

void server_clients_changed(struct server *server)
{
    int64_t ns = server->linger_ns;

    listener_resume(&server->listener);
    if (server->n_clients || ns < 0 || server->stopping) {
        timer_disarm(&server->linger);
        return;
    }
    if (server->listener.n_accepted == 0)
        ns = server->first_linger_ns;
    /* Without memory for the timer the daemon lives on until its next last client. */
    (void)!timer_arm(&server->linger, &server->loop, clock_ns() + (uint64_t)ns, linger_expired);
}
