/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAlpcOpenSenderProcess and -Thread (reference 3.12): whom a received message that is not
 * finished came from. UNKNOWN: the status for a message that is not (any more) there; that of
 * impersonation, STATUS_ACCESS_DENIED, is taken. A plain datagram is over when it has been
 * received.
 *
 * The sender's process is the one that the port's own record of the connection names; only which of
 * its threads is read from the message that the program passes. */
#include "alpc.h"

#include "create.h"
#include "ntprocess.h"
#include "process.h"
#include "shared.h"
#include "thread.h"
#include "token.h"
#include "usermem.h"

struct sender {
    PORT_MESSAGE header;
    uint32_t process_id;
    bool is_blocked;
    ULONG attributes; /* of the handle asked for */
};

static NTSTATUS sender_get(HANDLE port, const PORT_MESSAGE *user_message,
                           const OBJECT_ATTRIBUTES *user_attributes, struct sender *ret_sender)
{
    struct creation creation = {0};
    handle_t handle;

    if (user_attributes)
        TRY(create_read(user_attributes, &creation));
    if (creation.has_name)
        return STATUS_INVALID_PARAMETER; /* UNKNOWN: the status */
    ret_sender->attributes = creation.attributes & OBJ_INHERIT;
    TRY(USER_GET(ret_sender->header, user_message));
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_message_origin(handle, ret_sender->header.MessageId,
                                            &ret_sender->process_id, &ret_sender->is_blocked);
}

/* A handle of this process' own object. */
static NTSTATUS local_put(PHANDLE ret_user_handle, struct nt_object *object, ACCESS_MASK access,
                          ULONG attributes)
{
    HANDLE handle;
    NTSTATUS status;

    TRY(handle_new(object, access, attributes, &handle));
    status = USER_PUT(ret_user_handle, handle);
    if (status)
        (void)handle_close(handle);
    return status;
}

NTSTATUS WINAPI NtAlpcOpenSenderProcess(PHANDLE ret_user_process, HANDLE port,
                                        PPORT_MESSAGE user_message, ULONG flags, ACCESS_MASK access,
                                        POBJECT_ATTRIBUTES user_attributes)
{
    struct process_open_request request = {.reserved = 0};
    struct process_open_reply reply;
    struct sender sender;

    (void)flags; /* only the two bits of the WOW64 thunk mean something */
    TRY(user_probe_write(ret_user_process, sizeof(*ret_user_process)));
    TRY(sender_get(port, user_message, user_attributes, &sender));
    if ((pid_t)sender.process_id == process.pid)
        return local_put(ret_user_process, process_object_current(), access, sender.attributes);
    request.process_id = sender.process_id;
    request.access = access & MAXIMUM_ALLOWED ? PROCESS_ALL_ACCESS : access;
    request.attributes = sender.attributes;
    TRY((NTSTATUS)call_process_open(portico_control(), &request, &reply, NULL));
    return server_handle_give(ret_user_process, reply.handle);
}

static NTSTATUS own_thread_put(PHANDLE ret_user_thread, const struct sender *sender,
                               ACCESS_MASK access)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread =
        thread_by_tid((pid_t)(uintptr_t)sender->header.ClientId.UniqueThread);

    if (!thread)
        return STATUS_INVALID_CID;
    return local_put(ret_user_thread, &thread->header.header, access, sender->attributes);
}

NTSTATUS WINAPI NtAlpcOpenSenderThread(PHANDLE ret_user_thread, HANDLE port,
                                       PPORT_MESSAGE user_message, ULONG flags, ACCESS_MASK access,
                                       POBJECT_ATTRIBUTES user_attributes)
{
    struct thread_open_request request = {0};
    struct thread_open_reply reply;
    struct sender sender;

    (void)flags;
    TRY(user_probe_write(ret_user_thread, sizeof(*ret_user_thread)));
    TRY(sender_get(port, user_message, user_attributes, &sender));
    if (!sender.is_blocked)
        return STATUS_ACCESS_DENIED;
    if ((pid_t)sender.process_id == process.pid)
        return own_thread_put(ret_user_thread, &sender, access);
    request.process_id = sender.process_id;
    request.thread_id = (uint32_t)(uintptr_t)sender.header.ClientId.UniqueThread;
    request.access = access & MAXIMUM_ALLOWED ? THREAD_ALL_ACCESS : access;
    request.attributes = sender.attributes;
    TRY((NTSTATUS)call_thread_open(portico_control(), &request, &reply, NULL));
    return server_handle_give(ret_user_thread, reply.handle);
}
