/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Processes: identity (pid, pidfd, user), handle table, sockets, what else is theirs.
 *
 *     NEW      known by somebody's word only (process_open, process_create): no socket yet
 *     RUNNING  has sockets
 *     ENDED    its notice socket (or its last one) has closed: handles, mutants, lanes are gone
 *
 * `exited` is another matter: the Linux process is gone (its pidfd says so). That is when the
 * object becomes signaled.
 */
#pragma once

#include <sys/types.h>

#include "client.h"
#include "common/proc_stat.h"
#include "handle.h"
#include "object.h"
#include "token.h"

enum process_state { PROCESS_NEW, PROCESS_RUNNING, PROCESS_ENDED };

#define PROCESS_PROGRAM_MAX 64

struct process {
    struct object object;
    struct list link; /* of server->processes */
    enum process_state state;
    bool exited;
    bool has_exit_code;
    uint32_t exit_code;
    uint64_t exit_time_ns; /* wall clock */
    struct proc_stat last; /* as it was last seen; kept for those who ask after its end */
    pid_t pid;
    int pidfd;
    struct source pidfd_source;
    struct charge pidfd_charge;
    struct user *user; /* reference */
    struct handle_table handles;
    struct list clients;   /* struct client */
    struct client *notice; /* one of them */
    uint32_t notice_sequence;
    struct token *token;       /* reference, the primary one; NULL before the first hello */
    struct list thread_tokens; /* struct thread_token: what its threads impersonate */
    uint32_t n_thread_tokens;
    struct list threads;       /* struct thread, alive and known by a handle */
    struct list mutants;       /* struct mutant, owned by its threads */
    struct list lanes;         /* struct sender (server/alpc) */
    uint64_t last_receiver_id; /* to which it had its last sender that rested or could not */
    struct list spares;        /* struct spare (server/alpc) */
    struct list waits;         /* struct waiter: its standing waits (wait.h) */
    struct list timers;        /* struct waitable_timer: those that tell it when they fire */
    struct list jobs;          /* struct membership (job.h) */
    struct list heard_jobs;    /* struct job: those that tell it what happens to them */
    uint32_t n_suspended;
    struct list held; /* struct holding: receiving ports whose memory it was given (server/alpc) */
    char program[PROCESS_PROGRAM_MAX];
};

extern const struct object_ops process_ops;

#define PROCESS_TERMINATE         0x0001u
#define PROCESS_DUP_HANDLE        0x0040u
#define PROCESS_SET_QUOTA         0x0100u
#define PROCESS_QUERY_INFORMATION 0x0400u
#define PROCESS_SUSPEND_RESUME    0x0800u
#define PROCESS_QUERY_LIMITED     0x1000u

#define EXIT_CODE_UNKNOWN 1u

struct process *process_from_object(struct object *object);

/* Looks at it once more (`last`), unless somebody has collected it: the number may be another's. */
void process_look(struct process *process);

/* STATUS_PROCESS_IS_TERMINATING: it has ended, or is about to. */
status_t process_kill(struct process *process, uint32_t exit_code) _must_check_;
/* It is stopped as long as it is suspended at least once. DIFFERS: as a whole (SIGSTOP), its
 * threads are not counted one by one; a shell that has started it sees that.
 * STATUS_SUSPEND_COUNT_EXCEEDED, STATUS_PROCESS_IS_TERMINATING. */
status_t process_suspend(struct process *process, bool on) _must_check_;
/* As long as it runs, that it is in jobs or suspended keeps it known. Let go it is neither: it has
 * ended, or the server ends, and nobody is left to let it run. */
bool process_is_kept(const struct process *process);
void process_let_go(struct process *process);

/* By pid, a reference; takes pidfd (-1: opens one). Makes a NEW one when there is none.
 * STATUS_INVALID_CID: no such process. */
status_t process_get(struct server *server, struct user *user, pid_t pid, int pidfd,
                     struct process **ret_process) _must_check_;

/* hello: the socket is this process' from now on. */
status_t process_client_hello(struct client *client, uint32_t kind, uint32_t thread_id,
                              const char *program) _must_check_;
/* The socket goes: its thread's mutants are abandoned, perhaps the process ends. */
void process_client_ended(struct client *client);

/* The request socket of a thread; NULL: none, or one that is about to go. */
struct client *process_thread(const struct process *process, uint32_t thread_id);

/* Process handle or HANDLE_SELF, as a reference with the right checked. */
status_t process_lookup(struct client *client, handle_t handle, uint32_t access,
                        struct process **ret_process) _must_check_;

/* To the process' notice socket, if it has one. `notice` begins with a notice_header, filled here.
 */
void process_notify(struct process *process, uint16_t code, struct notice_header *notice,
                    size_t size);
/* It has not read yet what it was told. */
bool process_is_behind(const struct process *process);

static inline struct process *process_unref(struct process *process)
{
    if (process)
        object_unref(&process->object);
    return NULL;
}
DEFINE_CLEANUP(struct process *, process_unref)
