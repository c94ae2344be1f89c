/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Which pages of this process are in memory. */
#pragma once

#include "nttypes.h"

/* NtQueryVirtualMemory's MemoryWorkingSetExInformation: the program's buffer has the addresses and
 * gets the answers. STATUS_INFO_LENGTH_MISMATCH, STATUS_ACCESS_VIOLATION, STATUS_NOT_SUPPORTED
 * (no /proc). */
NTSTATUS working_set_query(void *buffer, SIZE_T length, SIZE_T *ret_length);
