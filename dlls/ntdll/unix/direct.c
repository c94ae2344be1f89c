/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* DIRECT attributes (reference 4.3): an event of the sender's that is set when the message it goes
 * with is over. What "over" is, only the sender's port memory has to tell: the answer has come (or
 * the message was cancelled, or its connection has ended), whether a thread has received it or not.
 * So nothing goes to the other end; a watch of the sending port (libs/portico/watch.c) says when to
 * look.
 *
 *     begin   the event is held, the port is followed: what can fail, fails before the message is
 * sent sent    the message has its id: from now on each look asks whether it is still outstanding
 *     look    not any more: the event is set, once; the watch is closed by the next call here,
 * since it cannot be from inside the look
 *
 * A synchronous request is over when its call returns, a datagram when it has been sent (nobody
 * tells when it is read).
 *
 * UNKNOWN(ALPC_MESSAGE_DIRECT_ATTRIBUTE): all of this; the reference has only "an event that the
 * receiver's completion signals"; with a connection request or acceptance it is refused by name.
 * DIFFERS: the receiver sees no DIRECT attribute; events of other
 * processes' making (named ones) are refused by name. */
#include "direct.h"

#include "event.h"
#include "ntlist.h"
#include "ntprocess.h"
#include "usermem.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct direct {
    struct ntlist link;          /* lock */
    struct event *event;         /* a reference */
    struct portico_watch *watch; /* NULL: over when the call returns */
    _Atomic uint32_t message_id; /* 0: not sent yet */
    atomic_bool is_over;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist directs = {&directs, &directs}; /* those that are sent */
static atomic_uint n_over;                           /* of them: to be freed */

static void event_signal(struct direct *direct)
{
    if (atomic_exchange(&direct->is_over, true))
        return;
    dispatcher_lock();
    event_set_locked(direct->event);
    dispatcher_unlock();
}

/* From a thread that has no TEB and holds the watch's lock. */
static void look(void *context)
{
    struct direct *direct = context;

    if (direct->message_id && !direct->is_over &&
        !portico_watch_is_outstanding(direct->watch, direct->message_id)) {
        event_signal(direct);
        atomic_fetch_add(&n_over, 1);
    }
}

static void direct_free(struct direct *direct)
{
    if (direct->watch)
        portico_watch_close(direct->watch);
    nt_object_unref(&direct->event->header);
    free(direct);
}

static struct direct *over_take(void)
{
    struct direct *found = NULL;

    pthread_mutex_lock(&lock);
    for (struct ntlist *link = directs.next; link != &directs && !found; link = link->next)
        if (ntlist_entry(link, struct direct, link)->is_over)
            found = ntlist_entry(link, struct direct, link);
    if (found) {
        ntlist_unlink(&found->link);
        atomic_fetch_sub(&n_over, 1);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void direct_sweep(void)
{
    struct direct *direct;

    if (!atomic_load_explicit(&n_over, memory_order_relaxed))
        return;
    while ((direct = over_take()))
        direct_free(direct);
}

NTSTATUS direct_begin(handle_t port, HANDLE event, bool is_followed, struct direct **ret_direct)
{
    struct nt_object *object;
    struct direct *direct;
    status_t status = STATUS_SUCCESS;

    direct_sweep();
    if ((uintptr_t)event && (uintptr_t)event < HANDLE_LOCAL_BASE) {
        unimplemented_once("ALPC DIRECT attribute", "a shared event", NO_NUMBER);
        return STATUS_NOT_IMPLEMENTED;
    }
    TRY(handle_lookup(event, 2 /* EVENT_MODIFY_STATE */, &event_type, &object));
    direct = calloc(1, sizeof(*direct));
    if (!direct) {
        nt_object_unref(object);
        return STATUS_NO_MEMORY;
    }
    direct->event = (struct event *)object;
    ntlist_init(&direct->link);
    if (is_followed)
        status = portico_watch_follow(port, look, direct, &direct->watch);
    if (status != STATUS_SUCCESS) {
        direct->watch = NULL;
        direct_free(direct);
        return (NTSTATUS)status;
    }
    *ret_direct = direct;
    return STATUS_SUCCESS;
}

void direct_end(struct direct *direct, uint32_t message_id)
{
    if (!message_id || !direct->watch) {
        if (message_id)
            event_signal(direct);
        direct_free(direct);
        return;
    }
    pthread_mutex_lock(&lock);
    ntlist_append(&directs, &direct->link);
    pthread_mutex_unlock(&lock);
    direct->message_id = message_id;
    portico_watch_look(direct->watch); /* the answer may have come meanwhile */
}
