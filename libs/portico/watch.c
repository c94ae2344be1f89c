/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Waits on ports' handles.
 *
 * Such a wait stands among other objects (any, all, without a thread of its own), so its thread
 * does not sleep on the port: the host's dispatcher holds the wait, and one helper thread of the
 * process, the pump, made at the first wait, tells it when to look again. The pump sleeps on the
 * outer doorbells of all ports that somebody watches; a port that nobody waits for costs nothing.
 *
 *     open:  the port has a watcher (libs/alpc raises the lanes for it), its doorbell is in the
 * pump's epoll, everything queued so far is harvested and counted ring:  the pump harvests:
 * libs/alpc counts the signals; then `changed` of every watch of the port take:  a compare-and-swap
 * in port memory, shared by all holders
 *
 * A watch may also follow what comes to a port that is not waitable (DIRECT attributes).
 *
 * No wake-up is lost between open and the host's look: open harvests after it has made the lanes
 * ring, and what comes later rings the pump. A connection that ends without the doorbell (a server
 * communication port has none; this process disconnects) comes through watches_port_ended.
 *
 * DIFFERS: two processes that wait on one port's handle at the same time share its doorbell: the
 * pump that looks first may leave the other asleep although a signal is left for it.
 *
 * `lock` guards the list, n_watches and the making of the pump; `changed` is called under it, so
 * that a closed watch is never called. Inside it no other lock of libs/portico is taken; hosts take
 * their dispatcher lock there, and never call open or close with that held. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/fd.h"
#include "common/helper.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

#define FLAG_WAITABLE 0x00040000u /* ALPC_PORFLG_WAITABLE_PORT */
#define READY_MAX     16

struct portico_watch {
    struct list link;
    struct port *port; /* a reference */
    void (*changed)(void *context);
    void *context;
    bool is_waitable;
    bool is_rung; /* by its receiver's doorbell */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list watches = LIST_INIT(watches);
static int pump_epoll = -1;

static void changed_all_locked(const struct receiver *receiver)
{
    struct portico_watch *watch;

    list_for_each(watch, &watches, link)
        if (watch->is_rung && watch->port->receiver == receiver)
            watch->changed(watch->context);
}

/* A watched port of this receiver, with a reference. A receiver whose last watch was closed between
 * the ring and here has none, and may be no receiver any more. */
static struct port *watched_port(const struct receiver *receiver)
{
    struct portico_watch *watch;
    struct port *port = NULL;

    pthread_mutex_lock(&lock);
    list_for_each(watch, &watches, link)
        if (watch->is_rung && watch->port->receiver == receiver && port_try_ref(watch->port)) {
            port = watch->port;
            break;
        }
    pthread_mutex_unlock(&lock);
    return port;
}

static void pump_rung(struct receiver *receiver)
{
    _cleanup_(port_unrefp) struct port *port = watched_port(receiver);

    if (!port)
        return;
    (void)receiver_harvest(receiver); /* an end is seen by the look */
    pthread_mutex_lock(&lock);
    changed_all_locked(receiver);
    pthread_mutex_unlock(&lock);
}

static void *pump_main(void *argument)
{
    struct epoll_event ready[READY_MAX];

    (void)argument;
    for (;;) {
        int n = epoll_wait(pump_epoll, ready, READY_MAX, -1);

        if (n < 0 && errno != EINTR)
            abort();
        for (int i = 0; i < n; i++)
            pump_rung(ready[i].data.ptr);
    }
    return NULL;
}

static status_t pump_need_locked(void)
{
    if (pump_epoll >= 0)
        return STATUS_SUCCESS;
    pump_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (pump_epoll >= 0 && helper_start(pump_main, NULL))
        pump_epoll = fd_close(pump_epoll);
    return pump_epoll < 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static status_t ring_begin_locked(struct receiver *receiver)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = receiver};
    status_t status = pump_need_locked();

    if (status != STATUS_SUCCESS)
        return status;
    if (receiver->n_watches == 0) {
        if (epoll_ctl(pump_epoll, EPOLL_CTL_ADD, receiver->outer_fd, &event) < 0)
            return STATUS_INSUFFICIENT_RESOURCES;
        port_watch(&receiver->view, true);
    }
    receiver->n_watches++;
    return STATUS_SUCCESS;
}

static void ring_end_locked(struct receiver *receiver)
{
    if (--receiver->n_watches > 0)
        return;
    if (epoll_ctl(pump_epoll, EPOLL_CTL_DEL, receiver->outer_fd, NULL) < 0)
        abort();
    port_watch(&receiver->view, false);
}

/* *ret_watch is set before `changed` can be called. */
static status_t watch_enter(struct portico_watch *watch, struct portico_watch **ret_watch)
{
    struct receiver *receiver = watch->port->receiver;
    status_t status = STATUS_SUCCESS;

    if (watch->is_rung)
        status = receiver_doorbells(receiver, watch->port);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    if (watch->is_rung)
        status = ring_begin_locked(receiver);
    if (status == STATUS_SUCCESS) {
        list_append(&watches, &watch->link);
        *ret_watch = watch;
    }
    pthread_mutex_unlock(&lock);
    if (status == STATUS_SUCCESS && watch->is_rung)
        (void)receiver_harvest(receiver);
    return status;
}

/* UNKNOWN: whether the end of a connection signals its port on Windows; a wait that nothing can end
 * is worse. */
static bool has_ended(const struct portico_watch *watch)
{
    const struct port *port = watch->port;

    return port->life == LIFE_ENDED ||
           (port->kind != PORT_KIND_SERVER && port_ended(&port->receiver->view) != STATUS_SUCCESS);
}

static status_t watch_open(struct port *port, bool is_rung, void (*changed)(void *context),
                           void *context, struct portico_watch **ret_watch)
{
    _cleanup_(freep) struct portico_watch *watch = malloc(sizeof(*watch));
    status_t status;

    if (!watch)
        return STATUS_NO_MEMORY;
    *watch = (struct portico_watch){.port = port,
                                    .changed = changed,
                                    .context = context,
                                    .is_waitable = port->flags & FLAG_WAITABLE,
                                    .is_rung = is_rung};
    list_init(&watch->link);
    status = watch_enter(watch, ret_watch);
    if (status == STATUS_SUCCESS)
        watch = NULL; /* the caller's */
    return status;
}

status_t portico_watch_open(handle_t handle, void (*changed)(void *context), void *context,
                            struct portico_watch **ret_watch)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);
    bool is_rung;

    if (status != STATUS_SUCCESS)
        return status;
    is_rung = (port->flags & FLAG_WAITABLE) && port->kind != PORT_KIND_SERVER;
    status = watch_open(port, is_rung, changed, context, ret_watch);
    if (status == STATUS_SUCCESS)
        port = NULL; /* the watch's */
    return status;
}

status_t portico_watch_follow(handle_t handle, void (*changed)(void *context), void *context,
                              struct portico_watch **ret_watch)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status == STATUS_SUCCESS && !port->receiver)
        status = STATUS_PORT_DISCONNECTED;
    if (status == STATUS_SUCCESS)
        status = watch_open(port, true, changed, context, ret_watch);
    if (status == STATUS_SUCCESS)
        port = NULL; /* the watch's */
    return status;
}

bool portico_watch_is_outstanding(struct portico_watch *watch, uint32_t message_id)
{
    return !has_ended(watch) && port_is_outstanding(&watch->port->receiver->view, message_id);
}

void portico_watch_look(struct portico_watch *watch)
{
    pthread_mutex_lock(&lock);
    watch->changed(watch->context);
    pthread_mutex_unlock(&lock);
}

void portico_watch_close(struct portico_watch *watch)
{
    pthread_mutex_lock(&lock);
    list_remove(&watch->link);
    if (watch->is_rung)
        ring_end_locked(watch->port->receiver);
    pthread_mutex_unlock(&lock);
    port_unref(watch->port);
    free(watch);
}

void watches_port_ended(const struct port *port)
{
    struct portico_watch *watch;

    pthread_mutex_lock(&lock);
    list_for_each(watch, &watches, link)
        if (watch->port == port)
            watch->changed(watch->context);
    pthread_mutex_unlock(&lock);
}

bool portico_watch_is_signaled(const struct portico_watch *watch)
{
    return !watch->is_waitable || has_ended(watch) ||
           (watch->is_rung && port_signals(&watch->port->receiver->view) > 0);
}

bool portico_watch_take(struct portico_watch *watch)
{
    if (watch->is_rung && port_signal_take(&watch->port->receiver->view))
        return true;
    return !watch->is_waitable || has_ended(watch);
}

void portico_watch_give(struct portico_watch *watch)
{
    if (watch->is_rung && !has_ended(watch))
        port_signal_give(&watch->port->receiver->view);
}

bool portico_watch_is_same(const struct portico_watch *a, const struct portico_watch *b)
{
    return a->port->port_id == b->port->port_id;
}
