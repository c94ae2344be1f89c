/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "file.h"

/* Reads what there is (at least a byte; a message of a pipe of messages), or writes all, and ends
 * the request: now, after sleeping, or (overlapped) STATUS_PENDING. */
NTSTATUS io_stream(struct io_request *request, void *buffer, ULONG length, bool write_it);
