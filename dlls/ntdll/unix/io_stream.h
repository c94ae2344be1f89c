/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "file.h"

/* Reads what there is (at least a byte; a message of a pipe of messages), or writes all, and ends
 * the request: now, after sleeping, or (overlapped) STATUS_PENDING. */
NTSTATUS io_stream(struct io_request *request, void *buffer, ULONG length, bool write_it);
/* Does the operation on a pipe of messages and ends the request. Messages of threads that share a
 * synchronous handle do not mix: who reads has one turn, who writes another. */
struct io_operation;
NTSTATUS io_messages(struct io_request *request, struct io_operation *operation, bool reads,
                     bool writes);
