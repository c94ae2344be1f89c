/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "file.h"

struct pipe;
/* STATUS_PIPE_LISTENING, STATUS_PIPE_DISCONNECTED, or success. */
NTSTATUS pipe_check_connected(struct file *file);
void pipe_end_closed(struct file *file);
void pipe_unref(struct pipe *pipe);
/* The client end of a named pipe. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_PIPE_NOT_AVAILABLE. */
NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, ULONG options, struct file **ret_file);
/* FSCTL_PIPE_*: true when the code was one. */
bool pipe_control(struct file *file, ULONG code, void *input, ULONG input_length, void *output,
                  ULONG output_length, NTSTATUS *ret_status, ULONG_PTR *ret_information);
