/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ALPC ports in the thread pool (reference 4.6): a port is a source of packets (tp_io.c). There is
 * nothing to count: waiting is for running callbacks alone. A callback receives by itself, with
 * time-out 0 until there is nothing more, or takes from the port's completion list: there may be
 * more packets than messages.
 *
 * A packet's value is the ApcContext of the extended callback: NULL for every message, as Windows'
 * packets of ports have it.
 *
 * UNKNOWN: what Windows' pool does at TpAlpcRegisterCompletionList beyond knowing that the port has
 * a completion list. Here one callback is run, which finds in the list what came before it: the
 * packets of those messages may have been used up by callbacks that received in the normal way.
 */
#include "threadpool.h"

static NTSTATUS alpc_new(TP_ALPC **ret_alpc, HANDLE port, void *callback, void *context,
                         TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    NTSTATUS status = object_new(TP_ALPC_KIND, callback, context, env, &object);

    if (status)
        return status;
    source_start(object);
    ALPC_PORT_ASSOCIATE_COMPLETION_PORT info = {(void *)(ULONG_PTR)object->id, object->pool->port};
    /* The first callback may use it before this call has returned. */
    *ret_alpc = (TP_ALPC *)object;
    status =
        NtAlpcSetInformation(port, AlpcAssociateCompletionPortInformation, &info, sizeof(info));
    if (status) {
        *ret_alpc = NULL;
        source_release(object);
    }
    return status;
}

NTSTATUS WINAPI TpAllocAlpcCompletion(TP_ALPC **ret_alpc, HANDLE port, PTP_ALPC_CALLBACK callback,
                                      void *context, TP_CALLBACK_ENVIRON *env)
{
    return alpc_new(ret_alpc, port, (void *)callback, context, env);
}

NTSTATUS WINAPI TpAllocAlpcCompletionEx(TP_ALPC **ret_alpc, HANDLE port,
                                        PTP_ALPC_CALLBACK_EX callback, void *context,
                                        TP_CALLBACK_ENVIRON *env)
{
    return alpc_new(ret_alpc, port, (void *)callback, context, env);
}

void WINAPI TpWaitForAlpcCompletion(TP_ALPC *alpc)
{
    object_wait((struct tp_object *)alpc, FALSE);
}

/* Packets that come after this are dropped; callbacks that run are not waited for, so it may be
 * called from one of them. */
void WINAPI TpReleaseAlpcCompletion(TP_ALPC *alpc)
{
    source_release((struct tp_object *)alpc);
}

NTSTATUS WINAPI TpAlpcRegisterCompletionList(TP_ALPC *alpc)
{
    struct tp_object *object = (struct tp_object *)alpc;
    NTSTATUS status = STATUS_PORT_ALREADY_HAS_COMPLETION_LIST;

    RtlEnterCriticalSection(&object->pool->lock);
    if (!object->u.alpc.has_list)
        status = NtSetIoCompletion(object->pool->port, (ULONG_PTR)object->id, 0, STATUS_SUCCESS, 0);
    object->u.alpc.has_list |= !status;
    RtlLeaveCriticalSection(&object->pool->lock);
    return status;
}

NTSTATUS WINAPI TpAlpcUnregisterCompletionList(TP_ALPC *alpc)
{
    struct tp_object *object = (struct tp_object *)alpc;
    BOOL had_list;

    RtlEnterCriticalSection(&object->pool->lock);
    had_list = object->u.alpc.has_list;
    object->u.alpc.has_list = FALSE;
    RtlLeaveCriticalSection(&object->pool->lock);
    return had_list ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Nobody is there to be told of a failure: a client that has gone needs no answer. */
void instance_send_pending(TP_CALLBACK_INSTANCE *instance)
{
    if (!instance->send.message)
        return;
    NtAlpcSendWaitReceivePort(instance->send.port, instance->send.flags, instance->send.message,
                              NULL, NULL, NULL, NULL, NULL);
    rtl_free(instance->send.message);
    instance->send.message = NULL;
}

/* The message is copied, so the caller may free it. One that was left before is sent first.
 * UNKNOWN: whether Windows copies, and what a second one does to the first. */
void WINAPI TpCallbackSendAlpcMessageOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE port,
                                                  ULONG flags, PORT_MESSAGE *message)
{
    ULONG size = (USHORT)message->u1.s1.TotalLength;

    if (size < sizeof(*message))
        size = sizeof(*message); /* the send will refuse it */
    instance_send_pending(instance);
    instance->send.port = port;
    instance->send.flags = flags;
    instance->send.message = rtl_alloc(size);
    if (instance->send.message)
        memcpy(instance->send.message, message, size);
    else /* better too early than never */
        NtAlpcSendWaitReceivePort(port, flags, message, NULL, NULL, NULL, NULL, NULL);
}

void WINAPI TpCallbackSendPendingAlpcMessage(TP_CALLBACK_INSTANCE *instance)
{
    instance_send_pending(instance);
}
