/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Completion lists of ports: what NtAlpcSetInformation and NtAlpcSendWaitReceivePort need of them.
 * The calls of the PE half are in unixcalls.h. */
#pragma once

#include "alpc.h"

/* Classes 6, 7, 10 and 8. STATUS_PORT_ALREADY_HAS_COMPLETION_LIST, STATUS_INVALID_PARAMETER (what
 * the buffer must be; no list), STATUS_NO_MEMORY. */
NTSTATUS completion_list_register(handle_t port, const ALPC_PORT_COMPLETION_LIST_INFORMATION *info);
NTSTATUS completion_list_unregister(handle_t port);
NTSTATUS completion_list_rundown(handle_t port);
NTSTATUS completion_list_adjust(handle_t port, ULONG concurrency);

/* A receive on a port that has a list: a message that does not go there, or
 * STATUS_ALPC_CHECK_COMPLETION_LIST when something is in it. False: the port has none. */
bool completion_list_receive(handle_t port, struct portico_exchange *exchange,
                             status_t *ret_status);
/* Has any port of this process one? */
bool completion_lists_exist(void);
