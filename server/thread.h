/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Thread objects: a thread of a process as other processes see it.
 *
 * Made when somebody asks for a handle. The daemon knows of a thread what its process says and what
 * its request socket shows: the end of the socket, or of the process, is the end of the thread, and
 * signals the object. A thread without a socket that is shared opens one before it ends, to tell
 * (thread_exit).
 */
#pragma once

#include "object.h"

struct thread {
    struct object object;
    struct list link;        /* of process->threads while it has not ended */
    struct process *process; /* reference */
    uint32_t id;
    bool ended;
    bool has_exit_code;
    uint32_t exit_code;
};

extern const struct object_ops thread_ops;

struct thread *thread_from_object(struct object *object);

/* The object of a live thread, or a new one. STATUS_INVALID_CID: the process has ended. */
status_t thread_get(struct process *process, struct user *user, uint32_t id,
                    struct object **ret_object) _must_check_;
/* Before its end, if it is known. */
void thread_set_exit_code(struct process *process, uint32_t id, uint32_t exit_code);
/* This thread of the process (0: all of them). */
void threads_end(struct process *process, uint32_t id);
