/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The receiving end of a lane: a cursor in port memory, used under the port mutex, and this
 * process's view of the lane. `next` is what to take next; `freed` follows when the payload is no
 * longer needed (at once for a copied record, later for a pinned one).
 *
 * Before a thread blocks (R1): cursor_publish, cursor_raise, then cursor_recheck; only if that says
 * no may it drop the lane from the hot list and sleep. A lane that answers LANE_BROKEN stays
 * broken. */
#pragma once

#include "lane/record.h"

/* Formats a cursor in port memory. start: position of the first record (0 for a new lane). */
void cursor_init(struct lane_cursor *cursor, uint64_t start);

/* The next record, checked and copied, not taken: LANE_OK, LANE_EMPTY, LANE_BROKEN. Skip records
 * are passed over. stamp_ns is raised to the cursor's floor. Bounded work, reads nothing outside
 * the ring. */
_must_check_ enum lane_result cursor_peek(const struct lane_view *view, struct lane_cursor *cursor,
                                          struct lane_record *ret_record);

/* Takes the peeked record: the next peek sees the one after it. Its bytes stay pinned. */
void cursor_take(struct lane_cursor *cursor, const struct lane_record *record);

/* Frees the ring below position (<= next; a value that would go back is ignored) and tells the
 * producer when a quarter of the ring has come together or the producer waits for space. */
void cursor_free(const struct lane_view *view, struct lane_cursor *cursor, uint64_t position);

/* Take and free in one, for a record whose payload was copied. */
void cursor_pop(const struct lane_view *view, struct lane_cursor *cursor,
                const struct lane_record *record);

/* Tells the producer all progress now; before sleeping. */
void cursor_publish(const struct lane_view *view, struct lane_cursor *cursor);

/* The lane was seen empty by a scan begun at scan_ns: no later record counts as older. Also tells
 * the producer when much of a large lane has been freed since it was told: a receiver that never
 * sleeps would else keep it from giving that lane back. */
void cursor_seen_empty(const struct lane_view *view, struct lane_cursor *cursor, uint64_t scan_ns);

/* Makes need_wake odd with a new value, before the recheck. Also the daemon's after a co-holder
 * died. */
void cursor_raise(const struct lane_view *view, struct lane_cursor *cursor);

/* The doorbell of this lane was seen to ring. False: it rang more often than it was asked to, and
 * the lane is broken now. */
bool cursor_note_ring(struct lane_cursor *cursor);

/* After a raise: is there a record (or a broken lane to deal with)? True: do not sleep. */
_must_check_ bool cursor_recheck(const struct lane_view *view, const struct lane_cursor *cursor);

/* Cheap and unordered: may a record be there? For spinning. */
bool cursor_glance(const struct lane_view *view, const struct lane_cursor *cursor);

/* Breaks the lane for good with the first reason given. True: this call broke it (log one line). */
bool cursor_break(struct lane_cursor *cursor, enum lane_break reason);
enum lane_break cursor_broken(const struct lane_cursor *cursor);

/* For log lines. */
const char *lane_break_name(enum lane_break reason);
