/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Taking the port mutex, and the entries of the tables as holders see them. _locked: the caller
 * holds the mutex. */
#pragma once

#include "alpc/layout.h"
#include "lane/atomics.h"

/* A step of several writes is seen by the repair pass in the order of the program: a thread is
 * killed between instructions, and the next holder has the mutex, so the compiler is all that must
 * be held back. */
#define step_order() __asm__ volatile("" ::: "memory")

/* Takes the mutex and repairs what a dead holder left. False: unusable (or no place to repair). */
_must_check_ bool port_lock(struct port_view *view);
void port_unlock(struct port_view *view);

/* The lane entry of a place in use; its holders' part is reset when the daemon has given the place
 * away anew. NULL: no such lane. */
struct port_lane *lane_at_locked(struct port_view *view, uint32_t lane);

/* This process's mapping of a lane of that generation; NULL: not mapped. Lane 0 always is. */
const struct lane_view *lane_mapped(const struct port_view *view, uint32_t lane,
                                    uint32_t generation);

/* Keeps a mapping in place while somebody outside the mutex uses it. Under the mutex, after
 * lane_mapped. */
void lane_use(struct port_view *view, uint32_t lane);
void lane_unuse(struct port_view *view, uint32_t lane);

/* The connection entry of a place; NULL: no such place or free. Its holders' part is reset for a
 * new generation. */
struct port_connection *connection_at_locked(struct port_view *view, uint32_t connection);

/* The same, only if it has that generation and has not closed. */
struct port_connection *connection_open_locked(struct port_view *view, uint32_t connection,
                                               uint32_t generation);

/* May this sender use this connection? */
bool connection_has_sender(const struct port_connection *connection, uint32_t sender);
