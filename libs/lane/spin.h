/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The spin policy. A waiter spins only while the other end last ran on another processor (hint),
 * only at a place where waits have lately been short, never longer than a wake-up costs (moving
 * median, 20 to 60 us), and never more threads of a process than its processors allow. 20 us where
 * a wake-up costs less: for that long the other end may copy a large message, and who sleeps over
 * it adds the wake-up to it and a system call to what the other end does. PORTICO_SPIN_US: 0 never
 * spins, n sets the bound.
 *
 *     struct spin spin;
 *     spin_begin(&spin, &site, peer_cpu);
 *     while (!is_ready() && spin_step(&spin)) ;
 *     if (!is_ready()) { sleep; slept = true; }
 *     spin_end(&spin, slept, stamp of the waker in ns or 0);
 */
#pragma once

#include "common/macro.h"

#define SPIN_COST_MIN_NS 20000u
#define SPIN_COST_MAX_NS 60000u

/* One place where threads wait (a lane's slots, a port's queue). Private memory, unordered hints.
 */
struct spin_site {
    uint32_t score; /* 0 to SPIN_SCORE_MAX; spinning pays from SPIN_SCORE_SPIN on */
};
#define SPIN_SCORE_MAX  16u
#define SPIN_SCORE_SPIN 8u

struct spin {
    struct spin_site *site;
    uint64_t start_ns; /* 0: not read yet */
    uint64_t bound_ns;
    uint32_t n_steps;
    bool elsewhere; /* the peer last ran on another processor */
    bool allowed;
    bool counted; /* among the process's spinners */
};

void spin_site_init(struct spin_site *site);

/* peer_cpu: processor + 1 from the lane, 0: unknown (counts as elsewhere). */
void spin_begin(struct spin *spin, struct spin_site *site, uint32_t peer_cpu);

/* Would a wait for such a peer not spin at all, and nothing be learned from it? */
bool spin_is_idle(uint32_t peer_cpu);

/* Pauses a moment. False: sleep now. */
bool spin_step(struct spin *spin);

/* Ends the wait, after the sleep if there was one, and learns from it. slept: the thread slept;
 * waker_ns: when the waker acted, 0: unknown. */
void spin_end(struct spin *spin, bool slept, uint64_t waker_ns);

/* This thread's processor + 1, as published to the peer. */
uint32_t spin_cpu_hint(void);

/* Sets the bound in us: negative measures (the default), 0 never spins. What PORTICO_SPIN_US does.
 */
void spin_configure(int bound_us, unsigned n_processors);

/* PORTICO_SPIN_US when it is set and no number, which counts as not set; else NULL. */
const char *spin_setting_wrong(void);

/* The present bound, for portctl and tests. */
uint64_t spin_bound_ns(void);
