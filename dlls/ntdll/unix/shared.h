/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Objects of this process that become known to others (design section 6): sent in a message or
 * duplicated into another process. */
#pragma once

#include "ntobject.h"
#include <portico/protocol.h>
#include <sys/types.h>

/* What the daemon is to be told of a handle of the program's, local or the server's. */
struct shared_handle {
    handle_t server; /* a local object's has all access: what counts is `granted` */
    bool is_local;
    ACCESS_MASK granted;
    ULONG attributes;
    const struct nt_type *type; /* of a local object */
    struct nt_object *object;   /* the same: a reference, which keeps `server` */
};
/* Shares the object at its first time. STATUS_INVALID_HANDLE; STATUS_NOT_SUPPORTED, said by name:
 * objects of this type cannot be shared, or this one not now. */
NTSTATUS shared_handle_get(HANDLE handle, struct shared_handle *ret_handle);
void shared_handle_release(struct shared_handle *handle);

/* The object, from now on at the server. */
NTSTATUS object_share(struct nt_object *object, handle_t *ret_server);
/* Around the sharing of objects whose state does not move. No other lock of this process is held.
 */
void shared_lock(void);
void shared_unlock(void);
/* Gives the server's handle back, with the object. */
void object_unshare(struct nt_object *object);

/* As named.h's functions take it. */
static inline HANDLE handle_of_shared(const struct nt_object *object)
{
    return (HANDLE)(uintptr_t)object->shared;
}

/* For the types' share ops: a server handle with all access. */
NTSTATUS shared_event_new(bool is_notification, bool signaled, handle_t *ret_server);
NTSTATUS shared_semaphore_new(LONG count, LONG maximum, handle_t *ret_server);
/* recursion 0: free. */
NTSTATUS shared_mutant_new(uint32_t owner_tid, uint32_t recursion, bool is_abandoned,
                           handle_t *ret_server);
NTSTATUS shared_process_new(pid_t pid, handle_t *ret_server);
NTSTATUS shared_thread_new(pid_t pid, pid_t tid, handle_t *ret_server);
/* May be called with the dispatcher lock held, as named.h's may not. Was it set before? */
bool shared_event_set(handle_t server);
NTSTATUS shared_semaphore_release(handle_t server, ULONG count);
NTSTATUS shared_mutant_release(handle_t server);

/* Inheritance. What an object that a child may have is to the server; OBJECT_ANY: nothing that can
 * be inherited so. In the child: a local handle of this value for a server handle with all access.
 */
enum object_kind shared_kind_of(const struct nt_object *object);
NTSTATUS shared_arrived(enum object_kind kind, handle_t server, HANDLE handle, ACCESS_MASK granted,
                        ULONG attributes);
/* An object without state, whose state is the server's. NULL: no memory. */
extern const struct nt_type semaphore_type, mutant_type, timer_type;
struct nt_object *event_shell(void);
struct nt_object *semaphore_shell(void);
struct nt_object *mutant_shell(void);
struct nt_object *timer_shell(void);

/* A thread handle of the server's: whose it is. */
NTSTATUS shared_thread_query(HANDLE handle, CLIENT_ID *ret_id, NTSTATUS *ret_exit_status);
/* On a thread that others know, before it ends. */
void shared_thread_exit(uint32_t exit_code);

/* shared_file.c: the local file object for a server's file handle, made at first need and kept
 * until the handle is closed. STATUS_OBJECT_TYPE_MISMATCH: not a file. */
struct file;
NTSTATUS shared_file_get(HANDLE handle, ACCESS_MASK access, struct file **ret_file);
NTSTATUS shared_file_fetch(handle_t handle, struct file **ret_file); /* a new one, unregistered */
/* Around the request that closes the handle: begin takes its file object out, which goes at the
 * end; or stays, if the handle `may_be_there` still and is. May be NULL. */
struct proxy;
struct proxy *shared_file_close_begin(handle_t handle);
void shared_file_close_end(handle_t handle, struct proxy *proxy, bool may_be_there);
/* The handle was closed by another process (hooks.handle_closed): closes nothing here. */
void shared_file_outdate(handle_t handle, uint64_t object_id);
NTSTATUS file_share(struct nt_object *object, uint32_t *ret_server); /* the type's share op */
