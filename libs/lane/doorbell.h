/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The doorbells of a receiving port, owned by the daemon.
 *
 *     inner epoll   each lane's eventfd, edge-triggered, data = lane index
 *     outer epoll   the inner one, the port bell and the daemon bell; what receivers sleep on
 *
 * Nobody reads an eventfd; edges are taken by epoll reads with time-out 0 and only under the port
 * mutex: doorbell_read takes the inner edges (mark those lanes hot in the same step),
 * doorbell_clear the outer ones. A thread that wakes always reads both. With a flat instance a
 * thread could hold a taken edge without the mutex and another one would deliver a later message
 * first. */
#pragma once

#include "lane/sys.h"
#include "lane/wait.h"

struct doorbell_set {
    int inner, outer;
    int port_bell;   /* also held by the port's holders */
    int daemon_bell; /* held by the daemon alone */
};

/* Makes the four descriptors (close-on-exec): 0 or -errno. doorbell_set_close closes what is open.
 */
_must_check_ int doorbell_set_open(struct doorbell_set *ret_set);
void doorbell_set_close(struct doorbell_set *set);

/* A new bell for a lane: an eventfd or -errno. */
_must_check_ int doorbell_new(void);

/* The daemon: adds, removes (before closing the bell), re-arms (an edge that a dead holder took
 * comes again). 0 or -errno. */
_must_check_ int doorbell_add(const struct doorbell_set *set, int bell_fd, uint32_t lane_index);
_must_check_ int doorbell_remove(const struct doorbell_set *set, int bell_fd);
_must_check_ int doorbell_rearm(const struct doorbell_set *set, int bell_fd, uint32_t lane_index);

/* The daemon, once, at the end of the port: wakes who sleeps, by the port bell, since the daemon
 * bell's pending edge goes when the daemon closes it. Without a write (doorbell.c): the port bell
 * is rung before anybody has it and nobody reads it, so changing its member is an edge. */
void doorbell_set_end(const struct doorbell_set *set);

/* Rings a bell: a holder the port bell, the daemon its own. Lanes ring through producer_ring. */
void doorbell_ring(int bell_fd);

/* Under the port mutex: the indices of the lanes that rang, up to max (call again when it is full).
 * Returns how many. The indices are the daemon's: trusted, but may name a lane that has gone since.
 */
unsigned doorbell_read(int inner_fd, uint32_t *ret_lanes, unsigned max);

/* Under the port mutex: takes the pending edges of the outer instance. */
void doorbell_clear(int outer_fd);

/* Without the mutex: sleeps until a bell rings (LANE_OK, also spurious), the wake word is set
 * (LANE_WOKEN; the caller drains the wake's eventfd), or LANE_TIMEOUT.
 */
_must_check_ enum lane_result doorbell_sleep(int outer_fd, const struct lane_wake *wake,
                                             uint64_t deadline_ns);
