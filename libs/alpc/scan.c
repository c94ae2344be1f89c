/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Order: FIFO in a lane, causal across lanes.
 *
 * A record carries its sender's CLOCK_MONOTONIC, read before publication. A sender's call returns
 * after it has published and rung, so whatever a message causes has a later stamp than that. A scan
 * reads T, then takes the inner doorbell's edges (when any lane is cold: a cold lane's record has
 * rung or will), then looks at the head of every hot lane; stamps up to T are complete: everything
 * older that was published before T is visible by now (B1: T first, then the doorbell, then the
 * lanes). The oldest of them is next. A stamp above T waits for the next scan; seen again above
 * that scan's T it is a lie and is lowered to T (B2). A stamp below the lane's floor (the last
 * record's, or T of a scan that found it empty) is raised to it (libs/lane, cursor_peek). Closes
 * carry stamps too and take part; what is queued comes before every record.
 *
 * Taking an edge and marking its lane hot is one step under the port mutex (B3): otherwise a thread
 * with an edge but without the mutex would let another deliver a later message first. A lane this
 * process has not mapped is a barrier: the scan ends with SCAN_MAP_LANE. A lane that succeeds
 * another one is not looked at before that one has ended.
 *
 * When one lane is all that a message could be in, its record needs no clock (B4). While messages
 * queue, one scan's T serves many (B5). Both in head.c.
 *
 * The hot list holds the lanes that need not ring: n_granted - n_drained - n_hot is the number of
 * cold ones, 0 means no system call. A lane that many scans in a row have found empty is asked to
 * ring again and leaves the list. */

#include "alpc/head.h"
#include "alpc/node.h"
#include "alpc/repair.h"
#include "alpc/scan.h"
#include "lane/sys.h"

#define RANG_MAX       64u /* edges taken at a time */
#define IDLE_SCANS_MAX 64u /* scans of an empty lane before it is made cold */
#define PASSES_MAX     4u  /* a second scan lowers every stamp; more come only from new records */

/* A message that is found so long after it was sent was not waited for: more of them stand behind
 * it. The model's clock counts the looks at it. */
#ifdef PORTICO_HOOKS
#define QUEUED_NS 0u
#else
#define QUEUED_NS 1000u
#endif

void lane_mark_hot_locked(struct port_view *view, uint32_t index)
{
    struct port_memory *memory = view->at.memory;
    struct port_lane *lane = index ? lane_at_locked(view, index) : NULL;

    if (!lane || lane->marks & (PORT_LANE_HOT | PORT_LANE_DRAINED))
        return;
    lane->idle_scans = 0;
    lane->hot_index = memory->n_hot;
    atom_note(&view->at.hot[memory->n_hot], index);
    atom_note(&memory->n_hot, memory->n_hot + 1);
    lane->marks |= PORT_LANE_HOT;
}

static void lane_cool_locked(struct port_view *view, struct port_lane *lane)
{
    struct port_memory *memory = view->at.memory;

    if (!(lane->marks & PORT_LANE_HOT))
        return;
    uint32_t last = view->at.hot[memory->n_hot - 1];
    atom_note(&memory->n_hot, memory->n_hot - 1);
    atom_note(&view->at.hot[lane->hot_index], last);
    view->at.lanes[last].hot_index = lane->hot_index;
    lane->marks &= ~(uint32_t)PORT_LANE_HOT;
}

void lane_end_locked(struct port_view *view, uint32_t index)
{
    struct port_lane *lane = index ? lane_at_locked(view, index) : NULL;

    if (!lane || lane->marks & PORT_LANE_DRAINED)
        return;
    lane_cool_locked(view, lane);
    lane->marks |= PORT_LANE_DRAINED;
    view->at.memory->n_drained++;
    lane_check_drained_locked(view, index);
    /* The lane that succeeds it may be read from now on; its edge may have been taken long ago. */
    for (uint32_t i = 1;
         i < view->at.geometry.n_lanes && i < atom_load(&view->at.memory->lanes_used); i++)
        if (atom_load(&view->at.lanes[i].previous) == index + 1)
            lane_mark_hot_locked(view, i);
}

void lane_break_locked(struct port_view *view, uint32_t index, enum lane_break reason)
{
    struct port_lane *lane = lane_at_locked(view, index);

    if (!lane || lane->marks & PORT_LANE_BROKEN)
        return;
    cursor_break(&lane->cursor, reason);
    lane->marks |= PORT_LANE_BROKEN;
    lane_end_locked(view, index);
    view->ops->lane_broken(view->context, index, lane->process_id, cursor_broken(&lane->cursor));
}

/* Lanes that rang become hot (B3). Bounded: each call takes edges away, and there are n_lanes of
 * them. */
static void take_edges_locked(struct port_view *view)
{
    uint32_t rang[RANG_MAX];
    unsigned n;

    for (uint32_t round = 0; round <= view->at.geometry.n_lanes / RANG_MAX; round++) {
        n = view->ops->read_inner(view->context, rang, RANG_MAX);
        if (MUTANT(split_edges)) {
            port_unlock(view);
            (void)!port_lock(view);
        }
        for (unsigned i = 0; i < n && i < RANG_MAX; i++) {
            struct port_lane *lane = rang[i] ? lane_at_locked(view, rang[i]) : NULL;
            if (!lane)
                continue;
            if (cursor_note_ring(&lane->cursor))
                lane_mark_hot_locked(view, rang[i]);
            else
                lane_break_locked(view, rang[i], LANE_BREAK_RINGING);
        }
        if (n < RANG_MAX)
            return;
    }
}

/* A connection has closed: its senders may be between publication and ring, or have died there, so
 * their lanes are looked at before the close is (C1: the daemon marks a dead sender's lanes, then
 * queues the close; records come before it by stamp). */
static void take_closes_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    uint32_t n_connections = view->at.geometry.n_connections;
    uint32_t tail = atom_load(&memory->close_tail);

    if (LIKELY(tail == memory->close_taken))
        return;
    if (tail - memory->close_taken > n_connections)
        memory->close_taken = tail - n_connections;
    for (; memory->close_taken != tail; memory->close_taken++) {
        uint32_t place =
            atom_load(&view->at.close_queue[memory->close_taken & (n_connections - 1)]);
        struct port_connection *connection = connection_at_locked(view, place);
        if (!connection || MUTANT(no_close_scan))
            continue;
        uint32_t used = atom_load(&memory->lanes_used);
        for (uint32_t i = 1; i < view->at.geometry.n_lanes && i < used; i++) {
            struct port_lane *lane = lane_at_locked(view, i);
            if (lane && connection_has_sender(connection, atom_load(&lane->sender)))
                lane_mark_hot_locked(view, i);
        }
    }
}

static void intake_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;

    if (UNLIKELY(atom_load(&memory->attention) != memory->attention_seen))
        attention_locked(view);
    take_closes_locked(view);
    if (atom_load(&memory->n_granted) - memory->n_drained != memory->n_hot)
        take_edges_locked(view);
}

uint64_t effective_stamp(struct port_lane *lane, const struct lane_record *record, uint64_t now)
{
    if (lane->seen_position != record->position + 1) {
        lane->seen_position = record->position + 1;
        lane->seen_stamp = record->stamp_ns;
    } else if (lane->seen_stamp > now && !MUTANT(no_lowering)) {
        lane->seen_stamp = now; /* (B2) */
    }
    return lane->seen_stamp;
}

struct scan {
    uint64_t now;
    unsigned pass;
    unsigned n_found; /* heads of lanes */
    bool later;       /* something has a stamp above now: scan again */
    bool ended; /* a lane has ended, its successor was not looked at: scan again whatever was found
                 */
    uint32_t unmapped;
    struct candidate *best;
};

bool is_blocked_by_previous(struct port_view *view, const struct port_lane *lane)
{
    uint32_t previous = atom_load(&lane->previous);
    struct port_lane *entry = previous ? lane_at_locked(view, previous - 1) : NULL;

    return entry && !(entry->marks & PORT_LANE_DRAINED);
}

static bool is_dead(const struct port_lane *lane)
{
    uint32_t state = atom_load(&lane->state);

    return state == PORT_LANE_DEAD || state == PORT_LANE_UNUSED;
}

/* A lane in which nothing stands: ended, if nothing will come. */
static void lane_is_empty_locked(struct port_view *view, struct scan *scan, uint32_t index,
                                 struct port_lane *lane, const struct lane_view *lane_view)
{
    cursor_seen_empty(lane_view, &lane->cursor, scan->now);
    if (index == 0)
        return;
    /* (C2) The state is loaded before this look at the lane or the daemon has made attention say so
     * again: a sender that is dead publishes nothing more. */
    if (is_dead(lane) && (MUTANT(early_end) || !cursor_recheck(lane_view, &lane->cursor))) {
        lane_end_locked(view, index);
        scan->ended = true;
        return;
    }
    if (++lane->idle_scans <= IDLE_SCANS_MAX)
        return;
    lane->idle_scans = 0;
    if (!atom_peek(&lane->cursor.raised))
        cursor_raise(lane_view, &lane->cursor);
    if (!cursor_recheck(lane_view, &lane->cursor))
        lane_cool_locked(view, lane);
}

/* A barrier, unless there is nothing to see and there never will be. */
static void lane_is_unmapped_locked(struct port_view *view, struct scan *scan, uint32_t index,
                                    const struct port_lane *lane)
{
    if (atom_load(&lane->state) != PORT_LANE_UNUSED) {
        scan->unmapped = index;
        return;
    }
    lane_end_locked(view, index);
    scan->ended = true;
}

/* Looks at one lane's head. */
static void consider_lane_locked(struct port_view *view, struct scan *scan, uint32_t index)
{
    struct port_lane *lane = index ? lane_at_locked(view, index) : &view->at.lanes[0];
    struct lane_record record;

    if (!lane || is_blocked_by_previous(view, lane))
        return;
    const struct lane_view *lane_view = lane_mapped(view, index, lane->marked_generation);
    if (!lane_view) {
        lane_is_unmapped_locked(view, scan, index, lane);
        return;
    }
    enum lane_result result = cursor_peek(lane_view, &lane->cursor, &record);
    if (result == LANE_EMPTY) {
        lane_is_empty_locked(view, scan, index, lane, lane_view);
        return;
    }
    if (result != LANE_OK) {
        lane_break_locked(view, index, LANE_BREAK_PROTOCOL);
        scan->ended = index != 0;
        return;
    }
    lane->idle_scans = 0;
    uint64_t stamp = effective_stamp(lane, &record, scan->now);
    scan->n_found++;
    if (stamp > scan->now) {
        scan->later = true;
    } else if (scan->best->kind == CANDIDATE_NONE || stamp < scan->best->stamp) {
        record.stamp_ns = stamp;
        *scan->best = (struct candidate){CANDIDATE_RECORD, index, stamp, lane_view, record};
    }
}

/* Before every record: what is queued was found first, by a look at all lanes, and a record that
 * waits for a node may stand behind one of its own lane. Stamps do not tell: a message that goes
 * back to the queue has a new one. */
static void consider_queued_locked(struct port_view *view, struct scan *scan)
{
    const struct port_node *node = node_at(view, view->at.memory->main.head);

    if (node && (scan->best->kind != CANDIDATE_CLOSE || node->stamp <= scan->best->stamp)) {
        scan->best->kind = CANDIDATE_NODE;
        scan->best->index = view->at.memory->main.head;
        scan->best->stamp = node->stamp;
    }
}

static void consider_close_locked(struct port_view *view, struct scan *scan, uint32_t position)
{
    struct port_memory *memory = view->at.memory;

    if (position == memory->close_taken)
        return;
    uint32_t place =
        atom_load(&view->at.close_queue[position & (view->at.geometry.n_connections - 1)]);
    struct port_connection *connection = connection_at_locked(view, place);
    uint64_t stamp = connection ? atom_load(&connection->close_stamp) : 0;
    if (stamp > scan->now && scan->pass == 0) {
        scan->later = true;
    } else if (scan->best->kind == CANDIDATE_NONE || stamp < scan->best->stamp) {
        scan->best->kind = CANDIDATE_CLOSE;
        scan->best->index = place;
        scan->best->stamp = stamp;
    }
}

/* Is it worth while to look so next time? */
static void scan_note_known_locked(struct port_view *view, const struct scan *scan)
{
    const struct candidate *best = scan->best;
    bool is_queue = best->kind == CANDIDATE_RECORD &&
                    (scan->n_found > 1 || scan->now - best->stamp > QUEUED_NS);

    view->at.memory->known_ns = is_queue ? scan->now : 0;
}

enum scan_result scan_locked(struct port_view *view, bool lanes_only, struct candidate *ret)
{
    struct port_memory *memory = view->at.memory;
    struct scan scan = {.best = ret};

    if (memory->n_hot == 1 && !lanes_only && scan_only_lane_locked(view, ret))
        return SCAN_FOUND;
    if (memory->known_ns && !lanes_only && scan_known_locked(view, ret))
        return SCAN_FOUND;
    memory->known_ns = 0;
    for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
        scan.pass = pass;
        scan.later = scan.ended = false;
        ret->kind = CANDIDATE_NONE;
        scan.now = sys_now_ns(); /* (B1) */
        HOOK(scan_clock);
        intake_locked(view);
        if (MUTANT(late_clock))
            scan.now = sys_now_ns();
        consider_lane_locked(view, &scan, 0);
        /* Backwards: a lane that ends or cools is replaced by one that was looked at already. */
        for (uint32_t i = memory->n_hot; i-- > 0 && !scan.unmapped;)
            if (i < memory->n_hot)
                consider_lane_locked(view, &scan, view->at.hot[i]);
        if (scan.ended && pass + 1 < PASSES_MAX)
            continue;
        if (scan.unmapped) {
            ret->index = scan.unmapped;
            return SCAN_MAP_LANE;
        }
        consider_close_locked(view, &scan, lanes_only ? memory->close_flushed : memory->close_head);
        if (!lanes_only)
            consider_queued_locked(view, &scan);
        if (ret->kind != CANDIDATE_NONE) {
            if (MUTANT(late_known))
                scan.now = sys_now_ns();
            scan_note_known_locked(view, &scan);
            return SCAN_FOUND;
        }
        if (!scan.later)
            break;
    }
    return SCAN_NONE;
}

/* A hot lane that may be raised: not one that waits for its predecessor, not one this process
 * cannot see. */
static const struct lane_view *lane_to_raise(struct port_view *view, uint32_t index)
{
    struct port_lane *lane = lane_at_locked(view, index);

    if (!lane || is_blocked_by_previous(view, lane))
        return NULL;
    return lane_mapped(view, index, lane->marked_generation);
}

bool raise_and_recheck_locked(struct port_view *view, bool cool, bool publish)
{
    struct port_memory *memory = view->at.memory;
    bool found = false;

    for (uint32_t i = 0; i < memory->n_hot; i++) {
        struct lane_cursor *cursor = &view->at.lanes[view->at.hot[i]].cursor;
        const struct lane_view *lane_view = lane_to_raise(view, view->at.hot[i]);
        if (!lane_view)
            continue;
        if (publish)
            cursor_publish(lane_view, cursor);
        if (!atom_peek(&cursor->raised))
            cursor_raise(lane_view, cursor);
    }
    HOOK(raised);
    for (uint32_t i = memory->n_hot; i-- > 0;) {
        struct port_lane *lane = &view->at.lanes[view->at.hot[i]];
        const struct lane_view *lane_view = lane_to_raise(view, view->at.hot[i]);
        if (!lane_view)
            continue;
        if (cursor_recheck(lane_view, &lane->cursor))
            found = true;
        else if (cool)
            lane_cool_locked(view, lane);
    }
    return !found || memory->stalled;
}

bool is_anything_left_but_end_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;

    return memory->main.head || memory->large.head ||
           atom_load(&memory->close_tail) != memory->close_head ||
           atom_load(&memory->attention) != memory->attention_seen ||
           (!(view->at.lanes[0].marks & PORT_LANE_BROKEN) &&
            cursor_recheck(&view->lanes[0].view, &view->at.lanes[0].cursor));
}

bool is_anything_left_locked(struct port_view *view)
{
    return atom_load(&view->at.memory->ended_status) || is_anything_left_but_end_locked(view);
}
