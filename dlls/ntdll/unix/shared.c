/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Promotion: an object of this process becomes the server's.
 *
 * The local object stays, with its handles, and points to a server handle of this process with all
 * access (nt_object.shared, set once). For an event, semaphore, mutant or timer (type->moves) the
 * server has the state from then on and every operation goes there; other types are shared as they
 * are: a section or file by its descriptor, a process or thread by its ids, and the local object
 * remains good for local use.
 *
 * The move is one step under the dispatcher lock: the state is read, the server's object is made
 * with it, waiters that sleep are sent on (their wait returns STATUS_RETRY inside, and waits again,
 * at the server: wait_calls.c). Who looks at the state under the lock sees either all of it here or
 * `shared` set. The request under the lock cannot block on other clients.
 *
 * A wait without a thread (a wait completion packet's) cannot begin again: it is made to stand at
 * the server too before the object moves.
 */
#include "client.h"
#include "event.h"
#include "named.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "pipe.h"
#include "section.h"
#include "shared.h"
#include "usermem.h"
#include "waitblock.h"
#include <portico/portico.h>
#include <pthread.h>

static pthread_mutex_t share_lock = PTHREAD_MUTEX_INITIALIZER; /* of objects that do not move */

/* A request without a name. */
static const struct objattr no_name;

static struct control *control_for_share(struct call_extra *extra)
{
    *extra = (struct call_extra){.objattr = &no_name};
    return portico_control();
}

NTSTATUS shared_event_new(bool is_notification, bool signaled, handle_t *ret_server)
{
    struct event_create_request request = {
        .access = EVENT_ALL_ACCESS, .manual_reset = is_notification, .signaled = signaled};
    struct event_create_reply reply;
    struct call_extra extra;
    struct control *control = control_for_share(&extra);

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_event_create(control, &request, &reply, &extra));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS shared_semaphore_new(LONG count, LONG maximum, handle_t *ret_server)
{
    struct semaphore_create_request request = {
        .access = SEMAPHORE_ALL_ACCESS, .count = (uint32_t)count, .maximum = (uint32_t)maximum};
    struct semaphore_create_reply reply;
    struct call_extra extra;
    struct control *control = control_for_share(&extra);

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_semaphore_create(control, &request, &reply, &extra));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS shared_mutant_new(uint32_t owner_tid, uint32_t recursion, bool is_abandoned,
                           handle_t *ret_server)
{
    struct mutant_create_request request = {.access = MUTANT_ALL_ACCESS,
                                            .recursion = recursion,
                                            .abandoned = is_abandoned,
                                            .owner = owner_tid};
    struct mutant_create_reply reply;
    struct call_extra extra;
    struct control *control = control_for_share(&extra);

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_mutant_create(control, &request, &reply, &extra));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS shared_process_new(pid_t pid, handle_t *ret_server)
{
    struct process_open_request request = {.process_id = (uint32_t)pid,
                                           .access = PROCESS_ALL_ACCESS};
    struct process_open_reply reply;
    struct control *control = portico_control();

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_process_open(control, &request, &reply, NULL));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS shared_thread_new(pid_t pid, pid_t tid, handle_t *ret_server)
{
    struct thread_open_request request = {
        .process_id = (uint32_t)pid, .thread_id = (uint32_t)tid, .access = THREAD_ALL_ACCESS};
    struct thread_open_reply reply;
    struct control *control = portico_control();

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_thread_open(control, &request, &reply, NULL));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

bool shared_event_set(handle_t server)
{
    struct event_change_request request = {.handle = server, .change = EVENT_CHANGE_SET};
    struct event_change_reply reply;
    struct control *control = portico_control();

    return control && call_event_change(control, &request, &reply, NULL) == STATUS_SUCCESS &&
           reply.previous;
}

NTSTATUS shared_semaphore_release(handle_t server, ULONG count)
{
    struct semaphore_release_request request = {.handle = server, .count = count};
    struct semaphore_release_reply reply;
    struct control *control = portico_control();

    return control ? (NTSTATUS)call_semaphore_release(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS shared_mutant_release(handle_t server)
{
    struct mutant_release_request request = {.handle = server};
    struct mutant_release_reply reply;
    struct control *control = portico_control();

    return control ? (NTSTATUS)call_mutant_release(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS shared_thread_query(HANDLE handle, CLIENT_ID *ret_id, NTSTATUS *ret_exit_status)
{
    struct thread_query_request request = {0};
    struct thread_query_reply reply;

    TRY(client_handle(handle, &request.handle));
    TRY((NTSTATUS)call_thread_query(portico_control(), &request, &reply, NULL));
    *ret_id = (CLIENT_ID){(HANDLE)(uintptr_t)reply.process_id, (HANDLE)(uintptr_t)reply.thread_id};
    *ret_exit_status = (NTSTATUS)reply.exit_code;
    return STATUS_SUCCESS;
}

/* The request also makes the socket whose end is the thread's end for the server. */
void shared_thread_exit(uint32_t exit_code)
{
    struct thread_exit_request request = {.exit_code = exit_code};
    struct thread_exit_reply reply;
    struct control *control = portico_control();

    if (control)
        (void)!call_thread_exit(control, &request, &reply, NULL);
}

/* Waits without a thread stand at the server too, all or none. */
static NTSTATUS waits_follow_locked(const struct nt_object *object, handle_t server)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (struct ntlist *link = object->waiters.next; link != &object->waiters; link = link->next) {
        struct wait_block *block = ntlist_entry(link, struct wait_entry, link)->block;

        if (block->on_move && !status)
            status = block->on_move(block, server);
    }
    return status;
}

/* Each wait begins again and finds that the object has moved. */
static void waits_move_locked(struct nt_object *object)
{
    while (!ntlist_is_empty(&object->waiters)) {
        struct wait_block *block =
            ntlist_entry(object->waiters.next, struct wait_entry, link)->block;

        wait_finish_locked(block, block->looks_only ? STATUS_SUCCESS : STATUS_RETRY);
    }
}

/* *ret_unused: a handle to be closed without the lock, which stands below libportico's table of
 * handles (a notice of a connection's end wakes waits under that); or 0. */
static NTSTATUS move_locked(struct nt_object *object, handle_t *ret_unused)
{
    handle_t server;
    NTSTATUS status;

    *ret_unused = 0;
    if (object->shared)
        return STATUS_SUCCESS;
    TRY(object->type->share(object, &server));
    status = waits_follow_locked(object, server);
    if (status) {
        (void)!waits_follow_locked(object, 0);
        *ret_unused = server;
        return status;
    }
    atomic_store(&object->shared, server);
    waits_move_locked(object);
    return STATUS_SUCCESS;
}

void shared_lock(void)
{
    pthread_mutex_lock(&share_lock);
}

void shared_unlock(void)
{
    pthread_mutex_unlock(&share_lock);
}

/* What has no state to move is shared without the dispatcher's lock: its own locks are above that.
 */
static NTSTATUS share_as_it_is(struct nt_object *object)
{
    NTSTATUS status = STATUS_SUCCESS;
    handle_t server;

    shared_lock();
    if (!object->shared) {
        status = object->type->share(object, &server);
        if (!status)
            atomic_store(&object->shared, server);
    }
    shared_unlock();
    return status;
}

static NTSTATUS share_by_move(struct nt_object *object)
{
    handle_t unused;
    NTSTATUS status;

    dispatcher_lock();
    status = move_locked(object, &unused);
    dispatcher_unlock();
    if (unused)
        (void)!portico_close(unused);
    return status;
}

static NTSTATUS share_refuse(const struct nt_type *type)
{
    char what[64];
    size_t n = 0;

    for (; type->name[n] && n < sizeof(what) - 1; n++)
        what[n] = (char)type->name[n];
    what[n] = 0;
    unimplemented_once("sharing with another process: object type", what, NO_NUMBER);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS object_share(struct nt_object *object, handle_t *ret_server)
{
    NTSTATUS status;

    if (!object->type->share)
        return share_refuse(object->type);
    client_need();
    if (object->type == &file_type)
        pipe_share((struct file *)object);
    status = object->type->moves ? share_by_move(object) : share_as_it_is(object);
    *ret_server = object->shared;
    return status;
}

void object_unshare(struct nt_object *object)
{
    (void)!portico_close(object->shared);
}

enum object_kind shared_kind_of(const struct nt_object *object)
{
    const struct {
        const struct nt_type *type;
        enum object_kind kind;
    } kinds[] = {{&event_type, OBJECT_KIND_EVENT},
                 {&semaphore_type, OBJECT_KIND_SEMAPHORE},
                 {&mutant_type, OBJECT_KIND_MUTANT},
                 {&timer_type, OBJECT_KIND_TIMER},
                 {&section_type, OBJECT_KIND_SECTION}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (object->type == kinds[i].type)
            return kinds[i].kind;
    /* Other files go as their descriptors (child_package.c): these are the server's too. */
    if (object->type == &file_type && pipe_is_named((const struct file *)object))
        return OBJECT_KIND_FILE;
    return OBJECT_ANY;
}

static NTSTATUS arrived_make(enum object_kind kind, handle_t server, struct nt_object **ret_object)
{
    struct section *section;
    struct file *file;

    *ret_object = NULL;
    switch (kind) {
    case OBJECT_KIND_EVENT:
        *ret_object = event_shell();
        break;
    case OBJECT_KIND_SEMAPHORE:
        *ret_object = semaphore_shell();
        break;
    case OBJECT_KIND_MUTANT:
        *ret_object = mutant_shell();
        break;
    case OBJECT_KIND_TIMER:
        *ret_object = timer_shell();
        break;
    case OBJECT_KIND_SECTION:
        client_need();
        TRY(named_section_get((HANDLE)(uintptr_t)server, 0, &section));
        *ret_object = &section->header;
        break;
    case OBJECT_KIND_FILE:
        client_need();
        TRY(shared_file_fetch(server, &file));
        *ret_object = &file->header.header;
        break;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    return *ret_object ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The server is talked to from the beginning: a shared event may be set where nothing can be begun
 * any more (under the dispatcher lock). */
NTSTATUS shared_arrived(enum object_kind kind, handle_t server, HANDLE handle, ACCESS_MASK granted,
                        ULONG attributes)
{
    struct nt_object *object;
    NTSTATUS status;

    client_need();
    TRY(arrived_make(kind, server, &object));
    atomic_store(&object->shared, server);
    status = handle_new_at(handle, object, granted, attributes);
    nt_object_unref(object);
    return status;
}

NTSTATUS shared_handle_get(HANDLE handle, struct shared_handle *ret_handle)
{
    NTSTATUS status;

    *ret_handle = (struct shared_handle){.is_local = false};
    if (client_handle(handle, &ret_handle->server) == STATUS_SUCCESS)
        return STATUS_SUCCESS;
    ret_handle->is_local = true;
    TRY(handle_lookup_access(handle, 0, NULL, &ret_handle->object, &ret_handle->granted));
    ret_handle->type = ret_handle->object->type;
    (void)handle_attributes(handle, 0, 0, &ret_handle->attributes); /* a pseudo-handle has none */
    status = object_share(ret_handle->object, &ret_handle->server);
    if (status)
        shared_handle_release(ret_handle);
    return status;
}

void shared_handle_release(struct shared_handle *handle)
{
    handle->object = nt_object_unref(handle->object);
}
