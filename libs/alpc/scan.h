/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Which message is next: the causal order over lanes, queued nodes and closes. Under the port
 * mutex. */
#pragma once

#include "alpc/view.h"

enum candidate_kind {
    CANDIDATE_NONE,
    CANDIDATE_NODE,   /* head of the main list */
    CANDIDATE_RECORD, /* head of a lane */
    CANDIDATE_CLOSE,  /* head of the close queue */
};

/* What is to be taken next. */
struct candidate {
    enum candidate_kind kind;
    uint32_t index; /* node, lane, connection place */
    uint64_t stamp; /* effective */
    const struct lane_view *lane_view;
    struct lane_record record;
};

enum scan_result { SCAN_FOUND, SCAN_NONE, SCAN_MAP_LANE };

/* Finds the oldest thing with a stamp up to now. lanes_only: what is queued already does not count
 * (harvest). SCAN_MAP_LANE: a lane of which this process has no mapping may hold something older:
 * ret->index. */
enum scan_result scan_locked(struct port_view *view, bool lanes_only, struct candidate *ret);

/* Asks every hot lane for a ring and looks again (R1). True: nothing has come, the caller may
 * sleep, and the lanes that were empty are cold if `cool`. False: something is there. publish:
 * tells the senders all progress (before sleeping). */
bool raise_and_recheck_locked(struct port_view *view, bool cool, bool publish);

/* Does anything wait that is not in a hot lane: queued nodes, closes, lane 0, a dead holder's
 * remains, the end? */
bool is_anything_left_locked(struct port_view *view);
bool is_anything_left_but_end_locked(struct port_view *view);

/* Before the mutex is dropped by a thread that has looked at the lanes and does not sleep
 * (receive.c, E4). */
void hand_on_locked(struct port_view *view);

void lane_mark_hot_locked(struct port_view *view, uint32_t lane);

/* Breaks the lane for good. */
void lane_break_locked(struct port_view *view, uint32_t lane, enum lane_break reason);

/* Its last record has been read, or its sender has died and nothing is left. */
void lane_end_locked(struct port_view *view, uint32_t lane);
