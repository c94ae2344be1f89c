/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Scans that need no clock (scan.c has the order of messages, and the numbers).
 *
 * (B4) The only lane that a message could be in. (B5) While messages queue, T of one whole scan
 * serves for all that was sent before it. Both leave what they cannot decide to a whole scan, and
 * what they have looked at as it was. */

#include "alpc/head.h"

#define STAMP_STEP_MAX_NS 1000000000u

/* Is nothing anywhere but in the lanes of senders? */
static bool is_all_but_lanes_empty_locked(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;

    return atom_load(&memory->attention) == memory->attention_seen &&
           atom_load(&memory->close_tail) == memory->close_head && !memory->main.head &&
           !cursor_glance(&view->lanes[0].view, &view->at.lanes[0].cursor);
}

/* Is nothing anywhere but in the hot lanes? */
static bool is_all_else_empty_locked(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;

    return atom_load(&memory->n_granted) - memory->n_drained == memory->n_hot &&
           is_all_but_lanes_empty_locked(view);
}

/* Nobody has looked at its stamp by the clock, and none such is far ahead of the lane's last that
 * somebody has: small steps of a lie do not add up. */
static bool is_plausible(const struct port_lane *lane, const struct lane_record *record)
{
    return lane->seen_position != record->position + 1 &&
           record->stamp_ns - lane->seen_stamp <= STAMP_STEP_MAX_NS;
}

/* The record at the head of the only lane, without the clock (B4): the lane is looked at first,
 * then everything else. What had been published before the record was, and might come before it, is
 * visible by then; so if there is nothing, the record is next, whatever its stamp says. A stamp far
 * ahead goes the long way, where a lie is lowered. */
bool scan_only_lane_locked(struct port_view *view, struct candidate *ret)
{
    uint32_t index = view->at.hot[0];
    struct port_lane *lane = lane_at_locked(view, index);

    if (!lane || is_blocked_by_previous(view, lane) ||
        (MUTANT(early_look) && !is_all_else_empty_locked(view)))
        return false;
    const struct lane_view *lane_view = lane_mapped(view, index, lane->marked_generation);
    if (!lane_view || cursor_peek(lane_view, &lane->cursor, &ret->record) != LANE_OK ||
        !is_plausible(lane, &ret->record))
        return false;
    HOOK(only_lane);
    if (!MUTANT(early_look) && !is_all_else_empty_locked(view))
        return false;
    lane->idle_scans = 0;
    ret->kind = CANDIDATE_RECORD;
    ret->index = index;
    ret->stamp = ret->record.stamp_ns;
    ret->lane_view = lane_view;
    return true;
}

#define NEVER UINT64_MAX

/* When the head of a hot lane was sent, NEVER: nothing stands there. Kept, so that not every head
 * is read for each message. False: it takes a whole scan. */
static bool head_stamp_locked(struct port_view *view, uint32_t index, struct lane_record *scratch,
                              uint64_t *ret_stamp)
{
    struct port_lane *lane = lane_at_locked(view, index);
    const struct lane_view *lane_view =
        lane ? lane_mapped(view, index, lane->marked_generation) : NULL;

    *ret_stamp = NEVER;
    if (!lane_view)
        return false;
    if (is_blocked_by_previous(view, lane))
        return true;
    if (lane->seen_position == lane->cursor.next + 1) {
        *ret_stamp = lane->seen_stamp;
        return true;
    }
    enum lane_result result = cursor_peek(lane_view, &lane->cursor, scratch);
    if (result == LANE_OK)
        *ret_stamp = effective_stamp(lane, scratch, NEVER);
    else if (result == LANE_EMPTY)
        cursor_seen_empty(lane_view, &lane->cursor, view->at.memory->known_ns);
    return result == LANE_OK || result == LANE_EMPTY;
}

/* The record of that lane's head. */
static bool candidate_from_head(struct port_view *view, uint32_t index, uint64_t stamp,
                                struct candidate *ret)
{
    struct port_lane *lane = &view->at.lanes[index];

    ret->kind = CANDIDATE_RECORD;
    ret->index = index;
    ret->stamp = stamp;
    ret->lane_view = lane_mapped(view, index, lane->marked_generation);
    if (cursor_peek(ret->lane_view, &lane->cursor, &ret->record) != LANE_OK)
        return false;
    ret->record.stamp_ns = stamp;
    lane->idle_scans = 0;
    return true;
}

/* The oldest head of the hot lanes, if it is not younger than T of the last scan (B5): what could
 * come before it had been published, and had rung, before that T, so that scan's look at the
 * doorbell has made its lane hot. No clock and no doorbell until what was queued then is received.
 */
bool scan_known_locked(struct port_view *view, struct candidate *ret)
{
    uint64_t oldest = NEVER, stamp;
    uint32_t index = 0;

    for (uint32_t i = view->at.memory->n_hot; i-- > 0;) {
        if (!head_stamp_locked(view, view->at.hot[i], &ret->record, &stamp))
            return false;
        if (stamp < oldest) {
            oldest = stamp;
            index = view->at.hot[i];
        }
    }
    return oldest <= view->at.memory->known_ns && is_all_but_lanes_empty_locked(view) &&
           candidate_from_head(view, index, oldest, ret);
}
