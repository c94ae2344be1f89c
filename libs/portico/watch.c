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
 * Their place is the pump's epoll. The kernel counts the ways from an eventfd up through nested
 * epolls and refuses one too many: a peer can use them all up, by nesting the bell of its lane. A
 * doorbell that is refused is polled beside the epoll instead (`polled`), which nobody counts.
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
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "common/fd.h"
#include "common/helper.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

#define FLAG_WAITABLE 0x00040000u /* ALPC_PORFLG_WAITABLE_PORT */
#define READY_MAX     16
#define POLLED_MAX    64

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
static int pump_bell = -1;                  /* an eventfd in it: `polled` has changed */
static struct receiver *polled[POLLED_MAX]; /* n_polled of them */
static unsigned n_polled;

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

/* False: nothing is polled beside the epoll. Else sleeps on both and tells what is polled. A
 * doorbell that is closed meanwhile is followed by the bell. */
static bool pump_sleep(void)
{
    struct pollfd fds[1 + POLLED_MAX];
    struct receiver *whose[POLLED_MAX];
    unsigned n;

    pthread_mutex_lock(&lock);
    n = n_polled;
    for (unsigned i = 0; i < n; i++) {
        whose[i] = polled[i];
        fds[1 + i] = (struct pollfd){.fd = polled[i]->outer_fd, .events = POLLIN};
    }
    pthread_mutex_unlock(&lock);
    fds[0] = (struct pollfd){.fd = pump_epoll, .events = POLLIN};
    if (n == 0)
        return false;
    if (poll(fds, 1 + n, -1) <= 0)
        return true;
    for (unsigned i = 0; i < n; i++)
        if (fds[1 + i].revents)
            pump_rung(whose[i]);
    return true;
}

static void *pump_main(void *argument)
{
    struct epoll_event ready[READY_MAX];
    eventfd_t count;

    (void)argument;
    for (;;) {
        int n = epoll_wait(pump_epoll, ready, READY_MAX, pump_sleep() ? 0 : -1);

        if (n < 0 && errno != EINTR)
            abort();
        for (int i = 0; i < n; i++)
            if (ready[i].data.ptr)
                pump_rung(ready[i].data.ptr);
            else
                (void)!eventfd_read(pump_bell, &count);
    }
    return NULL;
}

static status_t pump_need_locked(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (pump_epoll >= 0)
        return STATUS_SUCCESS;
    _cleanup_(fd_closep) int epoll = epoll_create1(EPOLL_CLOEXEC);
    _cleanup_(fd_closep) int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll < 0 || bell < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    pump_epoll = epoll;
    pump_bell = bell;
    if (helper_start(pump_main, NULL)) {
        pump_epoll = pump_bell = -1;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    epoll = bell = -1; /* the pump's */
    return STATUS_SUCCESS;
}

/* The doorbell into the pump. */
static status_t doorbell_enter_locked(struct receiver *receiver)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = receiver};

    if (epoll_ctl(pump_epoll, EPOLL_CTL_ADD, receiver->outer_fd, &event) == 0)
        return STATUS_SUCCESS;
    if ((errno != EINVAL && errno != ELOOP) || n_polled == POLLED_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    polled[n_polled++] = receiver;
    (void)!eventfd_write(pump_bell, 1);
    return STATUS_SUCCESS;
}

static void doorbell_leave_locked(struct receiver *receiver)
{
    for (unsigned i = 0; i < n_polled; i++)
        if (polled[i] == receiver) {
            polled[i] = polled[--n_polled];
            (void)!eventfd_write(pump_bell, 1);
            return;
        }
    if (epoll_ctl(pump_epoll, EPOLL_CTL_DEL, receiver->outer_fd, NULL) < 0)
        abort();
}

static status_t ring_begin_locked(struct receiver *receiver)
{
    status_t status = pump_need_locked();

    if (status == STATUS_SUCCESS && receiver->n_watches == 0)
        status = doorbell_enter_locked(receiver);
    if (status != STATUS_SUCCESS)
        return status;
    if (receiver->n_watches == 0)
        port_watch(&receiver->view, true);
    receiver->n_watches++;
    return STATUS_SUCCESS;
}

static void ring_end_locked(struct receiver *receiver)
{
    if (--receiver->n_watches > 0)
        return;
    doorbell_leave_locked(receiver);
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
           (port->kind != PORT_KIND_SERVER && port_ended(port->memory) != STATUS_SUCCESS);
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
