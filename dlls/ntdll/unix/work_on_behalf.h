/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Work-on-behalf tickets of the calling thread. */
#pragma once

#include "nttypes.h"
#include <stdint.h>

/* What goes with a message: the adopted ticket, or the thread's own. */
uint64_t work_on_behalf_ticket(void);
/* Thread information class 44: 16 bytes out, the adopted ticket first (0: none); 8 bytes in, 0:
 * give it up. STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_CID: no thread's ticket. */
NTSTATUS work_on_behalf_query(void *user, ULONG size, ULONG *user_length);
NTSTATUS work_on_behalf_set(const void *user, ULONG size);
