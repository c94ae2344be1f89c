/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Wake words, and sleeping on a word that a peer can write.
 *
 * Each thread has one wake word in private memory. APC, suspension, termination, disconnection and
 * the daemon's death set a bit in it first; a thread that sleeps in a slot names it in the same
 * FUTEX_WAITV, a thread that sleeps in poll has the word's eventfd in the set. So nothing is lost
 * between check and sleep, and a peer that requeues its waiters to memory of its own cannot keep
 * anybody asleep (R8). */
#pragma once

#include "lane/result.h"
#include "lane/sys.h"

struct lane_wake {
    uint32_t bits; /* atomic; futex, private; the meaning of the bits is the caller's */
    int event_fd;  /* rung when bits become set; -1: none. Owned by the caller */
};

void wake_init(struct lane_wake *wake, int event_fd);

/* Sets bits and wakes the thread if it sleeps. Any thread; async-signal-safe. */
void wake_raise(struct lane_wake *wake, uint32_t bits);

/* The bits now. */
uint32_t wake_peek(const struct lane_wake *wake);

/* Takes the bits of mask away and returns those that were set. */
uint32_t wake_take(struct lane_wake *wake, uint32_t mask);

/* Sleeps while *peer_word is expected: LANE_OK (it may have changed: look), LANE_WOKEN (a bit of
 * the wake word is set), LANE_TIMEOUT. Spurious LANE_OK is possible. */
_must_check_ enum lane_result wait_word(const uint32_t *peer_word, uint32_t expected,
                                        const struct lane_wake *wake, uint64_t deadline_ns);
