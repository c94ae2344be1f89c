/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Job objects: sets of processes that end together.
 *
 * A process is in any number of jobs, a membership for each, and its children are in the same ones
 * from before they run. A job lives as long as it has handles or members; with its last handle it
 * kills its members if it is so limited. Memberships end when the Linux process has ended.
 */
#pragma once

#include "common/proc_stat.h"
#include "object.h"

struct job {
    struct object object;
    struct list members; /* struct membership, oldest first */
    uint32_t limits;     /* JOB_LIMIT_* */
    uint32_t n_total, n_active, n_terminated;
    uint64_t user_ticks, system_ticks; /* of those that have ended */
    /* Who is told what happens, borrowed: it forgets its jobs when it ends. NULL: nobody. */
    struct process *listener;
    struct list of_listener; /* of process->heard_jobs */
    uint64_t listener_id;
};

struct membership {
    struct list job_link;     /* of job->members */
    struct list process_link; /* of process->jobs, oldest first */
    struct job *job;          /* reference */
    struct process *process;  /* reference: it is a member as long as it runs */
    struct charge charge;
};

extern const struct object_ops job_ops;

#define JOB_ASSIGN_PROCESS 0x0001u
#define JOB_SET            0x0002u
#define JOB_QUERY          0x0004u
#define JOB_TERMINATE      0x0008u

struct job *job_from_object(struct object *object);
status_t job_new(struct server *server, struct user *user, struct object **ret_object) _must_check_;
bool job_has(const struct job *job, const struct process *process);
/* STATUS_PROCESS_IS_TERMINATING; no harm when it is in it already. */
status_t job_assign(struct job *job, struct process *process) _must_check_;
/* The process is told (job_told) of the members there are and of what happens from now on, as long
 * as it and the job live. STATUS_INVALID_PARAMETER: somebody is told already. id 0: nobody is. */
status_t job_listen(struct job *job, struct process *process, uint64_t id) _must_check_;
/* The process has ended. */
void jobs_hear_no_more(struct process *process);
/* Kills its members. */
void job_terminate(struct job *job, uint32_t exit_code);
/* The child gets its parent's jobs. STATUS_ACCESS_DENIED: it may not break away from one. */
status_t jobs_inherit(const struct process *parent, struct process *child,
                      bool breaks_away) _must_check_;
/* The process has ended; its last times are known. */
void jobs_leave(struct process *process);
