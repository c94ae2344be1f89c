/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waitable timers shared between processes. */
#pragma once

#include "loop.h"
#include "object.h"

struct waitable_timer {
    struct object object;
    bool manual_reset;
    bool signaled;
    struct timer timer; /* armed: it will fire */
    uint64_t due_ns;    /* 0: never set */
    uint64_t period_ns; /* 0: once */
    /* Who is told when it fires, borrowed: it forgets its timers when it ends. NULL: nobody. */
    struct process *setter;
    struct list of_setter; /* of process->timers */
    uint64_t apc_id;
};

extern const struct object_ops waitable_timer_ops;

struct waitable_timer *waitable_timer_from_object(struct object *object);
status_t waitable_timer_new(struct server *server, struct user *user, bool manual_reset,
                            bool signaled, struct object **ret_object) _must_check_;

struct waitable_timer_setting {
    uint64_t due_ns, period_ns;
    uint64_t apc_id; /* 0: nobody is told */
};
/* It is not signalled then. `arm`: its state stays, and nobody has set it before.
 * *ret_old_apc_id: what the same process had set before; another one is told. STATUS_NO_MEMORY. */
status_t waitable_timer_set(struct waitable_timer *timer, struct process *setter,
                            const struct waitable_timer_setting *setting,
                            uint64_t *ret_old_apc_id) _must_check_;
status_t waitable_timer_arm(struct waitable_timer *timer, struct process *setter,
                            const struct waitable_timer_setting *setting) _must_check_;
uint64_t waitable_timer_cancel(struct waitable_timer *timer, struct process *process);
/* It has ended: its timers go on and tell nobody. */
void waitable_timers_forget(struct process *process);
