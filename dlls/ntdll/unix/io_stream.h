/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "file.h"

/* Reads what there is (at least a byte), or writes all, sleeping as long as it takes. Bytes go to
 * *ret_done also when the status is an error. `cancel`: a word that ends it with STATUS_CANCELLED
 * when set and cancel_fd readable. */
struct io_cancel {
    _Atomic bool requested;
    int fd; /* eventfd */
};
NTSTATUS io_stream(struct file *file, void *buffer, size_t length, bool write_it,
                   struct io_cancel *cancel, ULONG_PTR *ret_done);
/* The same on a helper thread: STATUS_PENDING, or its result at once when it need not sleep. */
NTSTATUS io_stream_overlapped(struct io_request *request, void *buffer, ULONG length,
                              bool write_it);
/* Ends pending operations on the file, those of `user_iosb` or all; how many there were. */
unsigned io_stream_cancel(struct file *file, const void *user_iosb);
