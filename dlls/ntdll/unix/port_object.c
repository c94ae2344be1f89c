/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ALPC ports among the dispatcher's objects. A port lives in the server and in port memory; for the
 * time of a wait (a thread's, or a wait completion packet's) this process has a stand-in, whose
 * watch (libs/portico/watch.c) says when to look again. So a port waits with events, threads and
 * semaphores, any and all, alertably, like any of them.
 *
 * The signal rule is port memory's (reference D-20: a counting semaphore; libs/alpc/harvest.c);
 * other processes may take signals too, so a stand-in is taken before it is acquired. DIFFERS: a
 * port that is not WAITABLE is always signalled, as one source has it (NULW). */
#include "port_object.h"

#include "client.h"
#include "named.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>

struct port_object {
    struct nt_object header;
    struct portico_watch *watch;
};

static bool port_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return portico_watch_is_signaled(((struct port_object *)object)->watch);
}

static bool port_take(struct nt_object *object)
{
    return portico_watch_take(((struct port_object *)object)->watch);
}

static void port_untake(struct nt_object *object)
{
    portico_watch_give(((struct port_object *)object)->watch);
}

static void port_destroy(struct nt_object *object)
{
    portico_watch_close(((struct port_object *)object)->watch);
    free(object);
}

static const struct nt_type port_type = {
    .name = u"ALPC Port",
    .is_signaled = port_is_signaled,
    .take = port_take,
    .untake = port_untake,
    .destroy = port_destroy,
};

static void port_changed(void *context)
{
    struct port_object *port = context;

    dispatcher_lock();
    dispatcher_wake_locked(&port->header);
    dispatcher_unlock();
}

static NTSTATUS port_kind(HANDLE handle, handle_t *ret_handle, enum object_kind *ret_kind,
                          uint32_t *ret_access)
{
    if (!client_may_have_handles()) /* no server handle can exist yet: none is started for nonsense
                                     */
        return STATUS_INVALID_HANDLE;
    client_need();
    *ret_handle = (handle_t)(uintptr_t)handle & ~(handle_t)3;
    return (NTSTATUS)portico_handle_kind(*ret_handle, ret_kind, ret_access);
}

NTSTATUS port_object_from_handle(HANDLE handle, struct nt_object **ret_object)
{
    struct port_object *port;
    enum object_kind kind;
    uint32_t access;
    handle_t server;
    status_t status;

    TRY(port_kind(handle, &server, &kind, &access));
    if (kind != OBJECT_KIND_PORT)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (!(access & SYNCHRONIZE))
        return STATUS_ACCESS_DENIED;
    port = calloc(1, sizeof(*port));
    if (!port)
        return STATUS_NO_MEMORY;
    nt_object_init(&port->header, &port_type);
    status = portico_watch_open(server, port_changed, port, &port->watch);
    if (status != STATUS_SUCCESS) {
        free(port);
        return (NTSTATUS)status;
    }
    *ret_object = &port->header;
    return STATUS_SUCCESS;
}

bool port_object_is_same(const struct nt_object *a, const struct nt_object *b)
{
    return a->type == &port_type && b->type == &port_type &&
           portico_watch_is_same(((const struct port_object *)a)->watch,
                                 ((const struct port_object *)b)->watch);
}
