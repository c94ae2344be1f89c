/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Mutant objects shared between processes.
 *
 * Owned by a thread (process and thread id). When the thread's request socket closes, or its
 * process ends, what it owns is abandoned: free, and the next wait says so once.
 */
#pragma once

#include "object.h"

struct mutant {
    struct object object;
    struct thread_id
        owner;        /* process NULL: free; borrowed: the process' list below keeps it right */
    struct list link; /* of process->mutants while owned */
    uint32_t recursion;
    bool abandoned;
};

extern const struct object_ops mutant_ops;

struct mutant *mutant_from_object(struct object *object);
/* recursion 0: free. */
status_t mutant_new(struct server *server, struct user *user, struct thread_id owner,
                    uint32_t recursion, bool abandoned, struct object **ret_object) _must_check_;
/* STATUS_MUTANT_NOT_OWNED. *ret_previous: NT's count before. */
status_t mutant_release(struct mutant *mutant, struct thread_id thread,
                        int32_t *ret_previous) _must_check_;
/* NT's count: 1 free, 0 owned once, -1 twice ... */
int32_t mutant_count(const struct mutant *mutant);
/* Everything that this thread (0: any) of the process owns. */
void mutants_abandon(struct process *process, uint32_t thread_id);
