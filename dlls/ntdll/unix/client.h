/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ntdll as a client of the port server: libportico with this process' ways of copying, waiting and
 * dying. */
#pragma once

#include "nttime.h"
#include "nttypes.h"

#include "portico/portico.h"

/* Connects this process to the server, starting one, at the first need of a server object. Ends the
 * process (PORTICO_EXIT_NO_SERVER, one line) when none can be reached. Cheap after the first time.
 */
void client_need(void);

/* Tells the server the exit code of this process, which is about to end: if it is connected, or if
 * somebody may ask (is_asked_for: its parent). */
void client_report_exit(uint32_t code, bool is_asked_for);

/* May this process have a handle of the server's (its own or inherited)? If not, none is started
 * for a handle that is nonsense. */
bool client_may_have_handles(void);

/* An NT handle in the server's terms: STATUS_INVALID_HANDLE, or STATUS_OBJECT_TYPE_MISMATCH for a
 * handle of this process' own objects and the pseudo-handles. */
NTSTATUS client_handle(HANDLE handle, handle_t *ret_handle);

/* libportico's deadline for an NT time-out, read from the program. */
NTSTATUS client_deadline(const LARGE_INTEGER *user_timeout, int64_t *ret_deadline_ns);

/* A name for the server from object attributes or a name alone; the text is to be freed
 * (client_name_freep). */
struct client_name {
    struct portico_name name;
    WCHAR *text;
    void *sd;
};
NTSTATUS client_name_read(const OBJECT_ATTRIBUTES *user_attributes, struct client_name *ret_name);
NTSTATUS client_name_from_string(const UNICODE_STRING *user_string, struct client_name *ret_name);
/* The name's descriptor becomes what is required of the server instead (alpc_connect). */
NTSTATUS client_requirement_read(PSECURITY_DESCRIPTOR user, struct client_name *name);
void client_name_freep(struct client_name *name);

/* Before a call that may sleep alertably. */
void client_wait_begin(bool alertable);
