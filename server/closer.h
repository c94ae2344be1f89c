/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Closes descriptors that a client had a hand in, off the daemon's thread.
 *
 * close() of a stranger's file can block for as long as its owner likes (FUSE flush, TCP linger,
 * NFS), and so can the close of a socket with such files still queued in it. The closer's threads
 * do nothing else. They share a locked list with the loop's thread; the lock is never held across
 * close(). What blocks does not hold up the rest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macro.h"

struct closer;

struct closer *closer_new(void) _must_check_;
/* Waits for what was handed in, unless it takes forever: the process is ending, the kernel closes
 * the rest. */
struct closer *closer_free(struct closer *closer);

/* Takes the descriptor (-1: nothing). Cannot fail. */
void closer_close(struct closer *closer, int fd);
/* Handed in and not closed yet. */
uint32_t closer_pending(struct closer *closer);
/* Is all closed? If not, the bell (an eventfd) rings when it is; it is silent after this call. */
bool closer_is_idle(struct closer *closer);
int closer_bell(const struct closer *closer);
/* Until all that was handed in is closed; for tests. */
void closer_drain(struct closer *closer);
