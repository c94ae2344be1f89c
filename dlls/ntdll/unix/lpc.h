/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the files of the legacy LPC calls. Wine's headers declare some of those with the types of
 * Windows NT 4: pointers are cast, and where a number has another width the function here has a
 * name of its own and the call's name in the object file. */
#pragma once

#include "alpc.h"

#define LPC_SYMBOL(name) __asm__(#name)

static inline struct portico_message *lpc_message(void *user)
{
    return user;
}

/* A section for PORT_VIEW, and the part of it that the program means. */
struct section;
struct lpc_port_view {
    PORT_VIEW copy;
    PORT_VIEW *user;
    struct section *section; /* a reference */
    struct portico_port_view view;
};
/* user NULL: nothing. STATUS_INVALID_PARAMETER (Length), STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_SECTION_PROTECTION,
 * STATUS_INVALID_VIEW_SIZE. */
NTSTATUS lpc_view_read(void *user, struct lpc_port_view *ret_view);
NTSTATUS lpc_view_write(const struct lpc_port_view *view);
void lpc_view_freep(struct lpc_port_view *view);
/* REMOTE_PORT_VIEW: user NULL: nothing. STATUS_INVALID_PARAMETER (Length). */
NTSTATUS lpc_remote_view_check(void *user);
NTSTATUS lpc_remote_view_write(void *user, const struct portico_remote_view *view);
