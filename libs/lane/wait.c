/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Wake words.
 *
 * (R8) The raiser sets the bits and then wakes; the sleeper looks at the bits, and the kernel looks
 * at them again before it sleeps (FUTEX_WAITV compares both words under its own locks; the eventfd
 * of a sleeper in poll stays readable). So a raise between the look and the sleep ends the sleep.
 * Only the raise that makes the word non-zero has to wake: later ones find a thread that is awake
 * or about to see the word. */

#include <errno.h>

#include "lane/atomics.h"
#include "lane/wait.h"

void wake_init(struct lane_wake *wake, int event_fd)
{
    atom_poke(&wake->bits, 0);
    wake->event_fd = event_fd;
}

void wake_raise(struct lane_wake *wake, uint32_t bits)
{
    int saved = errno;
    uint32_t old = atom_or(&wake->bits, bits);

    if (old == 0) {
        sys_futex_wake_private(&wake->bits, INT32_MAX);
        if (wake->event_fd >= 0)
            sys_ring(wake->event_fd);
    }
    errno = saved;
}

uint32_t wake_peek(const struct lane_wake *wake)
{
    return atom_load(&wake->bits);
}

uint32_t wake_take(struct lane_wake *wake, uint32_t mask)
{
    return atom_and(&wake->bits, ~mask) & mask;
}

enum lane_result wait_word(const uint32_t *peer_word, uint32_t expected,
                           const struct lane_wake *wake, uint64_t deadline_ns)
{
    static const uint32_t never;

    if (wake_peek(wake) != 0)
        return LANE_WOKEN;
    int error = sys_futex_wait_two(peer_word, expected, MUTANT(no_wake_word) ? &never : &wake->bits,
                                   deadline_ns);
    if (wake_peek(wake) != 0)
        return LANE_WOKEN;
    /* The kernel compares the words first: a peer that changes its own without end would put the
     * deadline off as long. */
    if (error == -EAGAIN && deadline_ns != SYS_FOREVER && sys_now_ns() >= deadline_ns)
        error = -ETIMEDOUT;
    return error == -ETIMEDOUT ? LANE_TIMEOUT : LANE_OK;
}
