/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The receiving end. Everything is done under the port mutex by whichever holder of the port has
 * it; the cursor is in port memory, which the sender cannot reach. The lane is the sender's: the
 * commit word is loaded once, the header is copied once, the copy is checked and used.
 *
 * The word at `next` is 0 until the record is published, because the producer zeroed it before it
 * published the record in front (producer.c, R2), and then position + 1. Any other value is a
 * breach.
 *
 * (R1) Raise and recheck: need_wake is made odd by an exchange (full barrier), then the commit word
 * is read; partner: the fence in producer_ring. need_wake has an authoritative copy in the cursor,
 * which the daemon too may advance (after a co-holder's death), hence the compare-and-swap. Both
 * then store to the lane in any order: whichever odd value stands there, the holder that raised
 * rechecks by itself, and the producer rings once for any odd value it has not rung for. (R7)
 * Progress and space_wanted: see producer.c. */

#include <string.h>

#include "lane/atomics.h"
#include "lane/consumer.h"
#include "lane/sys.h"

/* Rings beyond the odd values given out that a lane may make: an edge may be seen late, never more
 * often than it was asked for. The slack covers re-arming. */
#define RING_SLACK 16

/* Half of what may stand in a lane that its sender takes for idle (libs/portico/outbound_retire.c).
 */
#define EMPTY_TELLS_BYTES (LANE_RING_FIRST_BYTES / 8)

void cursor_init(struct lane_cursor *cursor, uint64_t start)
{
    memset(cursor, 0, sizeof(*cursor));
    cursor->next = cursor->freed = cursor->published = start;
    cursor->need_wake = 1; /* as lane_format has it: a new lane is cold */
}

static struct lane_record_header *header_at(const struct lane_view *view, uint64_t position)
{
    return (struct lane_record_header *)(void *)lane_ring(view, position);
}

/* Copies once: the compiler may not read the source again later. */
static void header_copy(struct lane_record_header *copy, const struct lane_record_header *header)
{
    memcpy(copy, header, sizeof(*copy));
    __asm__ volatile("" : "+m"(*copy));
}

bool cursor_break(struct lane_cursor *cursor, enum lane_break reason)
{
    return atom_cas(&cursor->broken, LANE_BREAK_NONE, (uint32_t)reason);
}

enum lane_break cursor_broken(const struct lane_cursor *cursor)
{
    uint32_t reason = atom_peek(&cursor->broken);

    return reason <= LANE_BREAK_LAST ? (enum lane_break)reason : LANE_BREAK_PROTOCOL;
}

const char *lane_break_name(enum lane_break reason)
{
    static const char *const names[] = {
        "not broken",   "bad commit word",     "bad length",      "bad kind",     "bad slot",
        "bad progress", "rings without cause", "protocol breach", "peer is gone",
    };

    return (unsigned)reason < ARRAY_SIZE(names) ? names[reason] : "?";
}

/* Passes over a skip record. */
static enum lane_break pass_skip(const struct lane_view *view, struct lane_cursor *cursor)
{
    uint64_t ring_size = view->geometry.ring_size;
    uint64_t end = (cursor->next | (ring_size - 1)) + 1;

    /* Also when it stands at the ring's begin: freed is never beyond next. */
    if (end - cursor->freed > ring_size - LANE_RECORD_BYTES)
        return LANE_BREAK_LENGTH;
    if (cursor->freed == cursor->next)
        cursor->freed = end;
    atom_note(&cursor->next, end);
    return LANE_BREAK_NONE;
}

static enum lane_break check_header(const struct lane_view *view, const struct lane_cursor *cursor,
                                    const struct lane_record_header *header, uint64_t *ret_end)
{
    uint64_t ring_size = view->geometry.ring_size;

    if (header->attr_size > LANE_ATTR_MAX_BYTES || header->data_size > LANE_DATA_MAX_BYTES)
        return LANE_BREAK_LENGTH;
    uint64_t size = record_size(header->attr_size, header->data_size);
    /* The ring's end, and no further than what was freed for it. */
    if ((cursor->next & (ring_size - 1)) + size > ring_size ||
        cursor->next + size - cursor->freed > ring_size - LANE_RECORD_BYTES)
        return LANE_BREAK_LENGTH;
    if (header->kind == 0 || header->kind > LANE_KIND_LAST || header->flags & ~LANE_FLAGS_ALL)
        return LANE_BREAK_KIND;
    if (header->slot > view->geometry.n_slots)
        return LANE_BREAK_SLOT;
    *ret_end = cursor->next + size;
    return LANE_BREAK_NONE;
}

static void fill_record(struct lane_record *record, const struct lane_record_header *header,
                        const struct lane_cursor *cursor, uint64_t end)
{
    record->message = (struct lane_message){
        .message_id = header->message_id,
        .callback_id = header->callback_id,
        .connection = header->connection,
        .connection_generation = header->connection_generation,
        .slot = header->slot,
        .slot_word = header->slot_word,
        .kind = header->kind,
        .flags = header->flags,
        .sender_tid = header->sender_tid,
        .data_size = header->data_size,
        .attr_size = header->attr_size,
        .aux = header->aux,
    };
    record->position = cursor->next;
    record->end = end;
    record->stamp_ns = MAX(header->stamp_ns, cursor->floor_ns);
    record->cpu = header->cpu;
}

enum lane_result cursor_peek(const struct lane_view *view, struct lane_cursor *cursor,
                             struct lane_record *ret_record)
{
    struct lane_record_header header;
    enum lane_break fault = LANE_BREAK_NONE;
    uint64_t end = 0;

    /* At most one skip record stands before a record: a second one is a breach. */
    for (int n_skips = 0; cursor_broken(cursor) == LANE_BREAK_NONE; n_skips++) {
        uint64_t commit = atom_load(&header_at(view, cursor->next)->commit);
        if (commit == 0)
            return LANE_EMPTY;
        header_copy(&header, header_at(view, cursor->next));
        if (commit != cursor->next + 1)
            fault = LANE_BREAK_COMMIT;
        else if (header.kind == LANE_SKIP)
            fault = n_skips ? LANE_BREAK_KIND : pass_skip(view, cursor);
        else
            fault = check_header(view, cursor, &header, &end);
        if (fault == LANE_BREAK_NONE && header.kind != LANE_SKIP) {
            fill_record(ret_record, &header, cursor, end);
            return LANE_OK;
        }
        if (fault != LANE_BREAK_NONE)
            cursor_break(cursor, fault);
    }
    return LANE_BROKEN;
}

void cursor_take(struct lane_cursor *cursor, const struct lane_record *record)
{
    cursor->floor_ns = MAX(cursor->floor_ns, record->stamp_ns);
    cursor->peer_cpu = record->cpu;
    atom_note(&cursor->next, record->end); /* glanced at without the mutex */
}

void cursor_free(const struct lane_view *view, struct lane_cursor *cursor, uint64_t position)
{
    if (position <= cursor->freed || position > cursor->next)
        return;
    cursor->freed = position;
    /* Unordered look at space_wanted: a waiting producer that is missed here is told at the next
     * receive or before sleeping, by cursor_publish. */
    if (cursor->freed - cursor->published >= view->geometry.ring_size / 4 ||
        atom_peek(&lane_header(view)->producer.space_wanted))
        cursor_publish(view, cursor);
}

void cursor_pop(const struct lane_view *view, struct lane_cursor *cursor,
                const struct lane_record *record)
{
    cursor_take(cursor, record);
    cursor_free(view, cursor, record->end);
}

void cursor_publish(const struct lane_view *view, struct lane_cursor *cursor)
{
    struct lane_header *header = lane_header(view);

    if (cursor->published == cursor->freed)
        return;
    cursor->published = cursor->freed;
    atom_store(&header->consumer.consumed, cursor->freed);
    atom_store(&header->consumer.space_seq, ++cursor->space_seq);
    /* (R7) Partner: the swap in producer_wait. */
    atom_fence();
    if (atom_load(&header->producer.space_wanted))
        sys_futex_wake_shared(&header->consumer.space_seq, INT32_MAX);
}

void cursor_seen_empty(const struct lane_view *view, struct lane_cursor *cursor, uint64_t scan_ns)
{
    cursor->floor_ns = MAX(cursor->floor_ns, scan_ns);
    if (UNLIKELY(cursor->freed - cursor->published >= EMPTY_TELLS_BYTES))
        cursor_publish(view, cursor);
}

/* Advances the authoritative need_wake to the next odd value. */
static uint32_t advance(struct lane_cursor *cursor)
{
    for (;;) {
        uint32_t old = atom_load(&cursor->need_wake), new = (old + 1) | 1;

        if (atom_cas(&cursor->need_wake, old, new))
            return new;
    }
}

void cursor_raise(const struct lane_view *view, struct lane_cursor *cursor)
{
    uint32_t value = advance(cursor);

    atom_poke(&cursor->raised, 1);
    /* (R1) Partner: the fence in producer_ring. */
    if (MUTANT(no_raise_fence))
        atom_store(&lane_header(view)->consumer.need_wake, value);
    else
        atom_swap(&lane_header(view)->consumer.need_wake, value);
}

bool cursor_note_ring(struct lane_cursor *cursor)
{
    uint32_t n_asked = (atom_peek(&cursor->need_wake) + 1) / 2;

    atom_poke(&cursor->raised, 0);
    cursor->rings++;
    if ((int32_t)(cursor->rings - n_asked) <= RING_SLACK)
        return true;
    cursor_break(cursor, LANE_BREAK_RINGING);
    return false;
}

bool cursor_recheck(const struct lane_view *view, const struct lane_cursor *cursor)
{
    if (MUTANT(no_recheck))
        return false;
    return atom_load(&header_at(view, cursor->next)->commit) != 0 ||
           cursor_broken(cursor) != LANE_BREAK_NONE;
}

/* A record is there: on the way already, while the lock is taken and the lanes are scanned, are its
 * payload and the lines of the slot that the answer goes to, which the requester has had last. */
static void prefetch_next(const struct lane_view *view, const struct lane_record_header *header)
{
    uint32_t slot = atom_peek(&header->slot) - 1;

    __builtin_prefetch(header + 1);
    if (slot >= view->geometry.n_slots)
        return;
    __builtin_prefetch(lane_slot(view, slot), /* to write: */ 1);
    __builtin_prefetch(lane_slot_inline(view, slot), 1);
}

bool cursor_glance(const struct lane_view *view, const struct lane_cursor *cursor)
{
    const struct lane_record_header *header = header_at(view, atom_peek(&cursor->next));

    if (atom_peek(&header->commit) == 0)
        return false;
    prefetch_next(view, header);
    return true;
}
