/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtNotifyChangeKey. The server sets an event of its own kind; an event that lives in this process
 * is set by a thread that waits for that one. */

#include "client.h"
#include "common/helper.h"
#include "event.h"
#include "named.h"
#include "ntprocess.h"
#include "regkey.h"
#include "usermem.h"
#include <stdlib.h>

/* A program's own event is set by a thread that waits for the server's. It has no TEB and touches
 * no memory of the program. */
struct telling {
    handle_t server_event;
    struct event *event; /* reference */
};

static void *telling_main(void *argument)
{
    struct telling *telling = argument;
    uint32_t index;

    if (portico_wait(1, &telling->server_event, false, 0, false, PORTICO_FOREVER, &index) ==
        STATUS_SUCCESS) {
        dispatcher_lock();
        event_set_locked(telling->event);
        dispatcher_unlock();
    }
    (void)portico_close(telling->server_event);
    nt_object_unref(&telling->event->header);
    free(telling);
    return NULL;
}

static NTSTATUS telling_start(handle_t server_event, struct event *event)
{
    struct telling *telling = malloc(sizeof(*telling));

    if (!telling)
        return STATUS_NO_MEMORY;
    *telling = (struct telling){server_event, event};
    nt_object_ref(&event->header);
    if (!helper_start(telling_main, telling))
        return STATUS_SUCCESS;
    nt_object_unref(&event->header);
    free(telling);
    return STATUS_NO_MEMORY;
}

static NTSTATUS event_make(handle_t *ret_event)
{
    struct event_create_request request = {.access = EVENT_ALL_ACCESS, .manual_reset = 1};
    struct event_create_reply reply = {.handle = 0};
    struct objattr none = {0};
    struct call_extra extra = {.objattr = &none};

    TRY((NTSTATUS)call_event_create(portico_control(), &request, &reply, &extra));
    *ret_event = reply.handle;
    return STATUS_SUCCESS;
}

/* Waits here: synchronous. */
static NTSTATUS told_here(handle_t server_event)
{
    uint32_t index;
    NTSTATUS status =
        (NTSTATUS)portico_wait(1, &server_event, false, 0, false, PORTICO_FOREVER, &index);

    (void)portico_close(server_event);
    return status ? status : STATUS_NOTIFY_ENUM_DIR;
}

static NTSTATUS watch(struct key *key, handle_t event, ULONG filter, bool subtree)
{
    struct key_watch_request request = {.event = event, .filter = filter, .subtree = subtree};
    struct key_watch_reply reply;

    TRY(key_server(key, &request.handle));
    return (NTSTATUS)call_key_watch(portico_control(), &request, &reply, NULL);
}

static NTSTATUS watch_for(struct key *key, HANDLE event, ULONG filter, bool subtree,
                          bool asynchronous)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    handle_t server_event;
    NTSTATUS status;

    if (asynchronous && handle_is_server(event)) {
        TRY(watch(key, (handle_t)(uintptr_t)event, filter, subtree));
        return STATUS_PENDING;
    }
    if (asynchronous && event)
        TRY(handle_lookup(event, EVENT_MODIFY_STATE, &event_type, &object));
    client_need();
    TRY(event_make(&server_event));
    status = watch(key, server_event, filter, subtree);
    if (!status && !asynchronous)
        return told_here(server_event);
    if (!status && object)
        status = telling_start(server_event, (struct event *)object);
    if (status || !object)
        (void)portico_close(server_event);
    return status ? status : STATUS_PENDING;
}

/* DIFFERS: the status block of an asynchronous call is not written when the change comes: the event
 * is what programs wait for. */
NTSTATUS WINAPI NtNotifyChangeKey(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *context,
                                  PIO_STATUS_BLOCK iosb, ULONG filter, BOOLEAN subtree,
                                  void *buffer, ULONG length, BOOLEAN asynchronous)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;

    (void)context, (void)iosb, (void)buffer, (void)length;
    TRY(key_lookup(handle, KEY_NOTIFY, &key));
    if (apc) {
        unimplemented_once(__func__, "APCs", NO_NUMBER);
        return STATUS_NOT_IMPLEMENTED;
    }
    return watch_for(key, event, filter, subtree, asynchronous);
}
