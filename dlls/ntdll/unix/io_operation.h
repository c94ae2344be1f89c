/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Operations that may have to wait for a descriptor: reading and writing streams, waiting for a
 * pipe's client, watching a folder. */
#pragma once

#include "file.h"

struct io_operation {
    /* Does what can be done without sleeping. STATUS_PENDING: again when `fd` is ready for `events`
     * (it may change both). The file's position_lock is held when it runs beside the program. */
    NTSTATUS (*step)(struct io_operation *operation);
    /* It has begun and will not go on: undoes what the other end must not see half; or NULL. */
    void (*abandon)(struct io_operation *operation);
    struct file *file;
    const void *user_iosb; /* by which NtCancelSynchronousIoFile knows it */
    int fd;
    short events; /* POLLIN or POLLOUT: operations with the same are done in order */
    char *buffer; /* the program's */
    size_t length;
    ULONG_PTR done;  /* bytes; told to the program also with an error */
    unsigned phase;  /* the step's own, from here on */
    uint64_t offset; /* of a byte-range lock */
    ULONG key;
    char *output; /* FSCTL_PIPE_TRANSCEIVE's answer */
    size_t output_length;
};

/* To its end on the calling thread. A termination, and an APC if the file waits alertably, end the
 * sleep. */
NTSTATUS io_run(struct io_operation *operation);
/* Once; what must wait goes on beside the program: STATUS_PENDING. Ends the request. */
NTSTATUS io_start(struct io_request *request, const struct io_operation *operation);
/* The same, but STATUS_PENDING also if it ends at once. */
NTSTATUS io_start_pending(struct io_request *request, const struct io_operation *operation);
/* By the file's mode; ends the request. */
NTSTATUS io_do(struct io_request *request, struct io_operation *operation);

/* The thread ends: what it has begun is cancelled, except on files with a completion port. */
void io_thread_ended(const struct wait_thread *thread);
/* Ends pending operations of the file with `status`: those of this status block (NULL: of any) and
 * of this thread (NULL: of any). How many there were. */
unsigned io_cancel(struct file *file, const void *user_iosb, const struct wait_thread *asker,
                   NTSTATUS status);
