/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security descriptors of the program. */
#pragma once

#include "nttypes.h"
#include <stdint.h>

/* The descriptor at `user` (absolute or self-relative) as self-relative bytes for the server, to be
 * freed: owner, group, DACL. user NULL: nothing, size 0. What it says is checked by the server;
 * here only that it can be read. STATUS_ACCESS_VIOLATION, STATUS_INVALID_SID, STATUS_INVALID_ACL,
 * STATUS_UNKNOWN_REVISION. */
NTSTATUS descriptor_read(PSECURITY_DESCRIPTOR user, void **ret_bytes, uint32_t *ret_size);
void descriptor_freep(void *pointer);
