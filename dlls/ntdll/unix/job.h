/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The completion ports of jobs (job_port.c). */
#pragma once

#include "client.h"

/* What happens to the job is posted to the port from now on, with this key; NULL: no more.
 * STATUS_INVALID_PARAMETER (it has a port), those of completion_lookup, STATUS_NO_MEMORY. */
NTSTATUS job_port_set(handle_t job, HANDLE port, ULONG_PTR key);

/* The server's notice (client.c's hook). */
void job_told(uint64_t id, uint32_t message, uint32_t process_id);
