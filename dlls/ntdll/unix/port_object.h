/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* An ALPC port as an object that can be waited for. */
#pragma once

#include "ntobject.h"

/* What a wait on a server handle waits for, with a reference: a port's stand-in for one wait.
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (no SYNCHRONIZE), STATUS_OBJECT_TYPE_MISMATCH (not a
 * port), STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS port_object_from_handle(HANDLE handle, struct nt_object **ret_object);
/* Stand-ins of one port? */
bool port_object_is_same(const struct nt_object *a, const struct nt_object *b);
