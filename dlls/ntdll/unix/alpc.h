/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the files of the NtAlpc* calls. */
#pragma once

#include "client.h"

#include "nt/ntalpc.h"

_Static_assert(sizeof(PORT_MESSAGE) == sizeof(struct portico_message), "one message header");
_Static_assert(offsetof(PORT_MESSAGE, MessageId) == offsetof(struct portico_message, message_id),
               "one message header");
_Static_assert(offsetof(PORT_MESSAGE, CallbackId) == offsetof(struct portico_message, callback_id),
               "one message header");

/* ALPC_PORT_ATTRIBUTES of the program, checked. user NULL: *ret_has_attributes false. */
NTSTATUS alpc_port_attributes_read(const ALPC_PORT_ATTRIBUTES *user, bool is_create,
                                   struct port_attributes *ret_attributes,
                                   bool *ret_has_attributes);

/* The attributes that go with a send. user NULL: none. *ret_handles, NULL before, is what they
 * point to: to be freed after the send. */
struct alpc_handles;
NTSTATUS alpc_attributes_read(const ALPC_MESSAGE_ATTRIBUTES *user,
                              struct portico_attributes *ret_attributes,
                              struct alpc_handles **ret_handles);
void alpc_handles_freep(struct alpc_handles **handles);
/* The HANDLE attribute alone. */
NTSTATUS alpc_handles_read(const ALPC_HANDLE_ATTR *user, struct portico_attributes *attributes,
                           struct alpc_handles **ret_handles);
NTSTATUS alpc_handles_write(ALPC_HANDLE_ATTR *user, const struct portico_attributes *attributes);
/* AlpcMessageHandleInformation: the handle of the index that the program's buffer names. */
NTSTATUS alpc_handles_query(handle_t port, ULONG message_id, void *user, ULONG length,
                            ULONG *ret_user_length);
/* The event of a valid DIRECT attribute. user NULL: none. */
NTSTATUS alpc_direct_read(const ALPC_MESSAGE_ATTRIBUTES *user, bool *ret_is_valid,
                          HANDLE *ret_event);
/* What a receive asks for. user NULL: nothing. */
NTSTATUS alpc_attributes_wanted(ALPC_MESSAGE_ATTRIBUTES *user,
                                struct portico_attributes *ret_attributes);
/* What came. */
/* After a new message was sent without waiting: its ids go into the caller's CONTEXT attribute, if
 * it sent one and it can be written. UNKNOWN: whether Windows does so; a sender has no other way to
 * name its message to NtAlpcCancelMessage. */
void alpc_context_sent(ALPC_MESSAGE_ATTRIBUTES *user, const struct portico_exchange *exchange);
NTSTATUS alpc_attributes_write(ALPC_MESSAGE_ATTRIBUTES *user,
                               const struct portico_attributes *attributes);

/* AlpcServerInformation. */
NTSTATUS alpc_server_query(HANDLE port, ALPC_SERVER_INFORMATION *user_information, ULONG length,
                           ULONG *ret_user_length);

/* Of a buffer for these attributes, header included. */
ULONG alpc_attributes_size(ULONG flags);
/* The body of a SECURITY attribute. */
NTSTATUS alpc_security_read(const void *user_body, struct portico_attributes *attributes);
NTSTATUS alpc_security_write(void *user_body, const struct portico_attributes *attributes);
/* The calling thread impersonates the sender of a message that waits to be answered; also for the
 * legacy call. */
NTSTATUS alpc_impersonate(HANDLE port, const PORT_MESSAGE *user_message, ULONG flags);

/* The port's handle to the program; it is closed when that fails. */
NTSTATUS alpc_port_put(PHANDLE ret_user_port, handle_t port);
/* A SID of the program; NULL: *ret_size 0. STATUS_INVALID_SID. */
#define ALPC_SID_MAX_BYTES 68 /* 15 sub-authorities */
NTSTATUS alpc_sid_read(PSID user_sid, uint8_t sid[ALPC_SID_MAX_BYTES], uint32_t *ret_size);

/* SIZE_T *BufferLength of the program: NULL is no limit. */
NTSTATUS alpc_capacity_read(SIZE_T *user, size_t *ret_capacity);
NTSTATUS alpc_length_write(SIZE_T *user, status_t status, size_t size);
