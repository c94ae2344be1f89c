/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Timers with a name, and those that other processes know: the server has them and says when one
 * fires that this process has set with an APC. The APC's thread and arguments stay here, under a
 * number that the server gives back; it is forgotten when the timer is set anew or cancelled, by
 * whomever, or has no handle left.
 *
 * RACE: the notice may come before the answer to the request, so the number is known here first. Of
 * two threads that set one timer the server's order counts: each answer tells the number that its
 * request has replaced.
 */
#include "timer.h"

#include "named_call.h"
#include "ntprocess.h"
#include "nttime.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>

struct timer_apc {
    struct nt_object header; /* the list holds a reference, and so does a queue (apc.owner) */
    struct ntlist link;      /* dispatcher lock, as all below */
    uint64_t id;
    struct apc apc;
    void *function;
    ULONG_PTR context;
    struct wait_thread *setter;
    struct nt_object *setter_object; /* keeps it alive; NULL for a native thread */
};

static struct ntlist apcs = {&apcs, &apcs};
static uint64_t last_id;

static void timer_apc_destroy(struct nt_object *object)
{
    struct timer_apc *apc = (struct timer_apc *)object;

    nt_object_unref(apc->setter_object);
    free(apc);
}

static const struct nt_type timer_apc_type = {.name = u"", .destroy = timer_apc_destroy};

/* Takes the reference to the setter's object over. NULL: no memory, it is the caller's still. */
static struct timer_apc *apc_new_locked(const struct timer_setting *setting,
                                        struct wait_thread *setter, struct nt_object *setter_object)
{
    struct timer_apc *apc = calloc(1, sizeof(*apc));

    if (!apc)
        return NULL;
    nt_object_init(&apc->header, &timer_apc_type);
    apc->id = ++last_id;
    apc->function = setting->function;
    apc->context = setting->context;
    apc->setter = setter;
    apc->setter_object = setter_object;
    ntlist_init(&apc->apc.link);
    ntlist_append(&apcs, &apc->link);
    return apc;
}

static struct timer_apc *apc_find_locked(uint64_t id)
{
    for (struct ntlist *link = apcs.next; link != &apcs; link = link->next)
        if (ntlist_entry(link, struct timer_apc, link)->id == id)
            return ntlist_entry(link, struct timer_apc, link);
    return NULL;
}

/* Out of the list, and out of its thread's queue if it has not run; the references go with no lock
 * held. */
static void apc_forget(uint64_t id)
{
    struct timer_apc *apc;
    bool was_queued;

    if (!id)
        return;
    dispatcher_lock();
    apc = apc_find_locked(id);
    was_queued = apc && !ntlist_is_empty(&apc->apc.link);
    if (apc)
        ntlist_unlink(&apc->link);
    if (was_queued)
        ntlist_unlink(&apc->apc.link);
    dispatcher_unlock();
    if (was_queued)
        nt_object_unref(&apc->header);
    if (apc)
        nt_object_unref(&apc->header);
}

void timer_shared_fired(uint64_t apc_id, uint64_t time)
{
    struct timer_apc *apc;

    if (!time) {
        apc_forget(apc_id);
        return;
    }
    dispatcher_lock();
    apc = apc_find_locked(apc_id);
    if (apc && ntlist_is_empty(&apc->apc.link)) {
        apc->apc.function = apc->function;
        apc->apc.owner = &apc->header;
        apc->apc.arguments[0] = apc->context;
        apc->apc.arguments[1] = (ULONG)time;
        apc->apc.arguments[2] = (ULONG)(time >> 32);
        (void)wait_apc_enqueue_locked(apc->setter, &apc->apc);
    }
    dispatcher_unlock();
}

static uint64_t nanoseconds(int64_t units)
{
    return units <= 0 ? 1 : units > INT64_MAX / 100 ? UINT64_MAX : (uint64_t)units * 100;
}

/* *ret_id 0: the setting has none. */
static NTSTATUS own_apc_new(const struct timer_setting *setting, uint64_t *ret_id)
{
    struct nt_object *self = thread_object_current ? thread_object_current() : NULL;
    struct timer_apc *apc;

    *ret_id = 0;
    if (!setting->function)
        return STATUS_SUCCESS;
    if (self)
        nt_object_ref(self);
    dispatcher_lock();
    apc = apc_new_locked(setting, wait_thread_current(), self);
    if (apc)
        *ret_id = apc->id;
    dispatcher_unlock();
    if (!apc)
        nt_object_unref(self);
    return apc ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS timer_shared_set(HANDLE handle, const struct timer_setting *setting, BOOLEAN *ret_previous)
{
    struct timer_set_request request = {.due_ns = nanoseconds(setting->due),
                                        .period_ns = (uint64_t)setting->period * 100,
                                        .handle = server_handle(handle)};
    struct timer_set_reply reply;
    NTSTATUS status;
    CONTROL_OR_RETURN(control);

    status = own_apc_new(setting, &request.apc_id);
    if (status)
        return status;
    status = (NTSTATUS)call_timer_set(control, &request, &reply, NULL);
    apc_forget(status ? request.apc_id : reply.old_apc_id);
    *ret_previous = !status && reply.previous;
    return status;
}

NTSTATUS timer_shared_cancel(HANDLE handle, BOOLEAN *ret_state)
{
    struct timer_cancel_request request = {.handle = server_handle(handle)};
    struct timer_cancel_reply reply;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_timer_cancel(control, &request, &reply, NULL));
    apc_forget(reply.old_apc_id);
    *ret_state = reply.signaled != 0;
    return STATUS_SUCCESS;
}

NTSTATUS timer_shared_query(HANDLE handle, BOOLEAN *ret_state, int64_t *ret_due)
{
    struct timer_query_request request = {.handle = server_handle(handle)};
    struct timer_query_reply reply;
    CONTROL_OR_RETURN(control);

    TRY((NTSTATUS)call_timer_query(control, &request, &reply, NULL));
    *ret_state = reply.signaled != 0;
    *ret_due = (int64_t)(reply.due_ns / 100);
    return STATUS_SUCCESS;
}

NTSTATUS timer_shared_new(bool is_notification, bool signaled, const struct timer_setting *setting,
                          struct wait_thread *setter, struct nt_object *setter_object,
                          uint32_t *ret_server)
{
    static const struct objattr no_name;
    struct timer_create_request request = {
        .access = TIMER_ALL_ACCESS, .manual_reset = is_notification, .signaled = signaled};
    struct call_extra extra = {.objattr = &no_name};
    struct timer_create_reply reply;
    struct control *control = portico_control();
    struct timer_apc *apc = NULL;
    NTSTATUS status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (setting) {
        request.due_ns = nanoseconds(setting->due);
        request.period_ns = (uint64_t)setting->period * 100;
    }
    if (setting && setting->function) {
        apc = apc_new_locked(setting, setter, setter_object);
        if (!apc)
            return STATUS_NO_MEMORY;
        request.apc_id = apc->id;
    }
    status = (NTSTATUS)call_timer_create(control, &request, &reply, &extra);
    if (!status) {
        *ret_server = reply.handle;
    } else if (apc) {
        ntlist_unlink(&apc->link);
        free(apc); /* nobody else knows it; the setter stays the caller's */
    }
    return status;
}
