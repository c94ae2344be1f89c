/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Slots (portico/lane.h says what lies where). Words carry the number of the exchange, so that of
 * an earlier one never matches; every change of the state is a compare-and-swap from the word that
 * was seen.
 *
 * Of the two lines the requester touches the reply's alone: it spins there, and what it wants to
 * know has come when `finished` has. The state is the replier's, who so writes a reply without
 * waiting for a line but the one that he sends.
 *
 * (R4) Finish and sleep: the replier writes `finished`, then a full barrier, then reads sleeping;
 * the requester writes sleeping (exchange), then the kernel compares `finished` before it sleeps.
 * (R5) Reply and give-up: one compare-and-swap from the word of the exchange before decides between
 * claim and abandon. A replier writes nothing before it has claimed; a requester that has abandoned
 * never looks at the reply. (R6) An abandoned slot is not armed again before the replier has
 * returned it, and one that was claimed not before it is finished: a late reply would be written
 * into the next exchange. Such slots are quarantined in the private pool; the peer's word only ends
 * the quarantine.
 *
 * (R9) Return and sleep: a thread that finds every slot taken reads slots_back, marks each
 * quarantined slot (exchange), and looks at all of them once more before it sleeps on slots_back;
 * the replier that returns or finishes a slot (full barrier) reads the mark after it, changes
 * slots_back and wakes. A replier that does not keeps its own senders asleep, who still have their
 * deadlines and wake words. Marks are taken away by who arms the slot next, as the pool's `marked`
 * tells, which is written after the mark: a mark may so outlast one exchange, and never stays.
 *
 * The requester owns the lane's memory as much as the replier: each distrusts the words of the
 * other, and an impossible word breaks the lane (the caller marks it). Reply bytes may change under
 * the reader: they are copied once, with bounded sizes. */

#include <string.h>

#include "lane/atomics.h"
#include "lane/slot.h"

#define GENERATION_MASK (UINT32_MAX >> LANE_SLOT_SHIFT)

static uint32_t word_make(uint32_t generation, enum lane_slot_state state)
{
    return generation << LANE_SLOT_SHIFT | (uint32_t)state;
}

/* The same exchange in another state. */
static uint32_t word_with(uint32_t word, enum lane_slot_state state)
{
    return (word & ~LANE_SLOT_STATE_MASK) | (uint32_t)state;
}

/* Exchanges from the one of `seen` to that of `word`. */
static uint32_t exchanges_since(uint32_t seen, uint32_t word)
{
    return ((word >> LANE_SLOT_SHIFT) - (seen >> LANE_SLOT_SHIFT)) & GENERATION_MASK;
}

/* Does the state tell of the exchange before, so that neither end has acted in this one? */
static bool is_untouched(uint32_t state, uint32_t word)
{
    return exchanges_since(state, word) == 1 &&
           (state & LANE_SLOT_STATE_MASK) != LANE_SLOT_ABANDONED;
}

static uint64_t slots_all(uint32_t n_slots)
{
    return n_slots == 64 ? UINT64_MAX : ((uint64_t)1 << n_slots) - 1;
}

void slot_pool_init(struct slot_pool *pool, uint32_t n_slots)
{
    memset(pool, 0, sizeof(*pool));
    pool->n_slots = n_slots;
    atom_poke(&pool->free, slots_all(n_slots));
    spin_site_init(&pool->site);
}

/* Has the replier returned or finished what the slot was last armed for? */
static bool is_back(const struct slot_pool *pool, const struct lane_view *view, uint32_t index)
{
    uint32_t generation = atom_peek(&pool->generation[index]);

    return atom_load(&lane_slot(view, index)->state) == word_make(generation, LANE_SLOT_RETURNED) ||
           atom_load(&lane_slot_reply(view, index)->finished) ==
               word_make(generation, LANE_SLOT_ARMED);
}

/* Takes a slot that is back out of quarantine. Several threads may collect at once: it is whose who
 * clears the bit, and his look before may have been at an earlier quarantine of the slot. */
static bool collect_one(struct slot_pool *pool, const struct lane_view *view, uint32_t index)
{
    uint64_t bit = (uint64_t)1 << index;

    if (!is_back(pool, view, index) || !(atom_and(&pool->quarantined, ~bit) & bit))
        return false;
    if (is_back(pool, view, index)) {
        atom_or(&pool->free, bit);
        return true;
    }
    slot_quarantine(pool, index);
    slot_tell(view); /* who looked meanwhile has not marked it (R9) */
    return false;
}

/* Frees the quarantined slots that the replier has returned or finished. True: there was one. */
static bool collect(struct slot_pool *pool, const struct lane_view *view)
{
    uint64_t left = atom_load(&pool->quarantined);
    bool found = false;

    for (; left; left &= left - 1)
        found |= collect_one(pool, view, (uint32_t)__builtin_ctzll(left));
    return found;
}

int slot_acquire(struct slot_pool *pool, const struct lane_view *view)
{
    for (;;) {
        uint64_t free_slots = atom_load(&pool->free);
        if (free_slots == 0 && !collect(pool, view) && atom_load(&pool->free) == 0)
            return -1;
        if (free_slots && atom_cas(&pool->free, free_slots, free_slots & (free_slots - 1)))
            return __builtin_ctzll(free_slots);
    }
}

uint64_t slots_taken(const struct slot_pool *pool)
{
    return slots_all(pool->n_slots) & ~atom_load(&pool->free);
}

void slot_release(struct slot_pool *pool, uint32_t index)
{
    atom_or(&pool->free, (uint64_t)1 << index);
}

void slot_quarantine(struct slot_pool *pool, uint32_t index)
{
    atom_or(MUTANT(reuse_abandoned) ? &pool->free : &pool->quarantined, (uint64_t)1 << index);
}

/* Somebody sleeps, or will: the slot's end wakes. */
static void mark(struct slot_pool *pool, const struct lane_view *view, uint32_t index,
                 enum lane_sleeping sleeping)
{
    atom_swap(&lane_slot(view, index)->sleeping, (uint32_t)sleeping);
    atom_or(&pool->marked, (uint64_t)1 << index);
}

uint32_t slot_expect(struct slot_pool *pool, const struct lane_view *view)
{
    uint32_t seen = atom_load(&lane_header(view)->producer.slots_back);
    uint64_t left = atom_load(&pool->quarantined);

    /* (R9) Partners: slot_return and slot_finish. */
    for (; left && !MUTANT(no_slot_mark); left &= left - 1)
        mark(pool, view, (uint32_t)__builtin_ctzll(left), LANE_SLEEPING_ANY);
    return seen;
}

void slot_tell(const struct lane_view *view)
{
    uint32_t *slots_back = &lane_header(view)->producer.slots_back;

    atom_add(slots_back, 1);
    sys_futex_wake_shared(slots_back, INT32_MAX);
}

enum lane_result slot_wait_any(const struct lane_view *view, uint32_t seen,
                               const struct lane_wake *wake, uint64_t deadline_ns)
{
    return wait_word(&lane_header(view)->producer.slots_back, seen, wake, deadline_ns);
}

/* After the end, and a full barrier. A mark for any may have come late, after the slot left its
 * quarantine, and stand where its next requester's did: that one is woken too. */
static void wake_sleepers(const struct lane_view *view, uint32_t index)
{
    uint32_t sleeping = atom_load(&lane_slot(view, index)->sleeping);

    if (sleeping == LANE_SLEEPING_ANY)
        slot_tell(view);
    if (sleeping)
        sys_futex_wake_shared(&lane_slot_reply(view, index)->finished, INT32_MAX);
}

uint32_t slot_arm(struct slot_pool *pool, const struct lane_view *view, uint32_t index)
{
    uint32_t generation = (atom_peek(&pool->generation[index]) + 1) & GENERATION_MASK;
    uint64_t bit = (uint64_t)1 << index;

    atom_poke(&pool->generation[index], generation);
    if (UNLIKELY(atom_peek(&pool->marked) & bit)) {
        atom_and(&pool->marked, ~bit);
        atom_poke(&lane_slot(view, index)->sleeping, LANE_SLEEPING_NONE);
    }
    return word_make(generation, LANE_SLOT_ARMED);
}

/* No reply to this exchange comes, and nobody else writes there: what stands in `finished` is kept
 * young, or after half a round of such exchanges it would pass for a later one's. */
static void finished_renew(const struct lane_view *view, uint32_t index, uint32_t word)
{
    atom_poke(&lane_slot_reply(view, index)->finished, word - (1u << LANE_SLOT_SHIFT));
}

void slot_withdraw(const struct lane_view *view, uint32_t index, uint32_t word)
{
    finished_renew(view, index, word);
    atom_store(&lane_slot(view, index)->state, word_with(word, LANE_SLOT_RETURNED));
}

/* LANE_EMPTY: no reply yet. */
static enum lane_result look(const struct lane_slot_reply *reply, uint32_t word, uint32_t *ret_seen)
{
    uint32_t seen = atom_load(&reply->finished);
    uint32_t state = seen & LANE_SLOT_STATE_MASK;

    *ret_seen = seen;
    if (seen == word)
        return LANE_OK;
    /* An earlier exchange's, or none's. */
    return exchanges_since(seen, word) - 1 < GENERATION_MASK / 2 &&
                   (state == LANE_SLOT_ARMED || seen == 0)
               ? LANE_EMPTY
               : LANE_BROKEN;
}

/* Sleeps until there is a reply or a reason to stop. A peer that wakes us for nothing costs itself
 * as many system calls as us, and each round looks at the own wake word. */
static enum lane_result sleep_for_reply(struct slot_pool *pool, const struct lane_view *view,
                                        uint32_t index, uint32_t word, struct lane_wake *wake,
                                        uint64_t deadline_ns)
{
    struct lane_slot_reply *reply = lane_slot_reply(view, index);
    uint32_t seen;

    for (;;) {
        /* (R4) Partner: the barrier in slot_finish. */
        mark(pool, view, index, LANE_SLEEPING_REPLY);
        enum lane_result result = look(reply, word, &seen);
        if (result != LANE_EMPTY)
            return result;
        enum lane_result waited = wait_word(&reply->finished, seen, wake, deadline_ns);
        if (waited == LANE_OK)
            continue;
        result = look(reply, word, &seen);
        return result == LANE_EMPTY ? waited : result;
    }
}

enum lane_result slot_wait(struct slot_pool *pool, const struct lane_view *view, uint32_t index,
                           uint32_t word, struct lane_wake *wake, uint64_t deadline_ns)
{
    const struct lane_slot_reply *reply = lane_slot_reply(view, index);
    struct spin spin;
    uint32_t seen;
    enum lane_result result;
    bool slept = false;

    spin_begin(&spin, &pool->site, atom_peek(&pool->peer_cpu));
    while (atom_peek(&reply->finished) != word && wake_peek(wake) == 0 && spin_step(&spin))
        ;
    __builtin_prefetch(reply + 1); /* of a short reply */
    result = look(reply, word, &seen);
    if (result == LANE_EMPTY) {
        slept = true;
        result = sleep_for_reply(pool, view, index, word, wake, deadline_ns);
    }
    spin_end(&spin, slept, slept && result == LANE_OK ? atom_peek(&reply->stamp_ns) : 0);
    if (result == LANE_OK)
        atom_poke(&pool->peer_cpu, atom_peek(&reply->cpu));
    return result;
}

static void reply_copy(struct lane_slot_reply *copy, const struct lane_slot_reply *reply)
{
    memcpy(copy, reply, sizeof(*copy));
    __asm__ volatile("" : "+m"(*copy));
}

static bool reply_is_valid(const struct lane_slot_reply *copy)
{
    if (copy->attr_size > LANE_ATTR_MAX_BYTES || copy->data_size > LANE_DATA_MAX_BYTES ||
        copy->flags & ~LANE_FLAGS_ALL)
        return false;
    if (copy->status)
        return true;
    return (copy->kind == LANE_CONTINUATION || copy->kind == LANE_REQUEST) &&
           (copy->in_extent || slot_fits_inline(copy->attr_size, copy->data_size));
}

enum lane_result slot_read(const struct lane_view *view, uint32_t index,
                           struct slot_reply *ret_reply)
{
    struct lane_slot_reply copy;

    reply_copy(&copy, lane_slot_reply(view, index));
    if (!reply_is_valid(&copy))
        return LANE_BROKEN;
    *ret_reply = (struct slot_reply){
        .status = copy.status,
        .kind = copy.kind,
        .flags = copy.flags,
        .message_id = copy.message_id,
        .callback_id = copy.callback_id,
        .sender_tid = copy.sender_tid,
        .data_size = copy.data_size,
        .attr_size = copy.attr_size,
        .aux = copy.aux,
        .aux_word = copy.aux_word,
        .in_extent = copy.in_extent != 0,
    };
    return LANE_OK;
}

enum lane_result slot_abandon(const struct lane_view *view, uint32_t index, uint32_t word)
{
    struct lane_slot *slot = lane_slot(view, index);
    uint32_t seen = atom_load(&slot->state);

    /* (R5) Partner: slot_claim. */
    if (is_untouched(seen, word) &&
        atom_cas(&slot->state, seen, word_with(word, LANE_SLOT_ABANDONED))) {
        finished_renew(view, index, word);
        return LANE_GONE;
    }
    return atom_load(&slot->state) == word_with(word, LANE_SLOT_CLAIMED) ? LANE_LATE : LANE_BROKEN;
}

uint8_t *slot_areas(const struct lane_view *view, uint32_t index, bool in_extent)
{
    return in_extent ? lane_extent(view, index) : lane_slot_inline(view, index);
}

static bool claim_is_sane(const struct lane_view *view, uint32_t index, uint32_t word)
{
    return index < view->geometry.n_slots && (word & LANE_SLOT_STATE_MASK) == LANE_SLOT_ARMED;
}

enum lane_result slot_claim(const struct lane_view *view, uint32_t index, uint32_t word)
{
    if (!claim_is_sane(view, index, word))
        return LANE_BROKEN;
    struct lane_slot *slot = lane_slot(view, index);
    uint32_t seen = atom_load(&slot->state);
    /* (R5) Partner: slot_abandon. */
    if (MUTANT(no_claim) || (is_untouched(seen, word) &&
                             atom_cas(&slot->state, seen, word_with(word, LANE_SLOT_CLAIMED))))
        return LANE_OK;
    /* Abandoned, or even returned by another thread that received the cancellation, and in use
     * again. */
    return slot_return(view, index, word) == LANE_BROKEN ? LANE_BROKEN : LANE_GONE;
}

/* Fields only: what they are is known, so that the stores follow each other closely. */
static void reply_write(struct lane_slot_reply *to, const struct slot_reply *reply, uint32_t cpu,
                        uint64_t stamp_ns)
{
    to->status = reply->status;
    to->kind = reply->kind;
    to->flags = reply->flags;
    to->message_id = reply->message_id;
    to->callback_id = reply->callback_id;
    to->sender_tid = reply->sender_tid;
    to->data_size = reply->data_size;
    to->attr_size = reply->attr_size;
    to->in_extent = reply->in_extent;
    atom_poke(&to->stamp_ns, stamp_ns);
    to->aux = reply->aux;
    to->aux_word = reply->aux_word;
    atom_poke(&to->cpu, cpu);
}

enum lane_result slot_finish(const struct lane_view *view, uint32_t index, uint32_t word,
                             const struct slot_reply *reply)
{
    struct lane_slot *slot = lane_slot(view, index);
    struct lane_slot_reply *to = lane_slot_reply(view, index);
    uint32_t cpu = spin_cpu_hint();
    uint64_t stamp_ns = atom_peek(&slot->sleeping) ? sys_now_ns() : 0;

    if (!MUTANT(no_claim) && atom_peek(&slot->state) != word_with(word, LANE_SLOT_CLAIMED))
        return LANE_BROKEN;
    reply_write(to, reply, cpu, stamp_ns);
    atom_store(&to->finished, word);
    /* (R4) Partner: the swap in mark. */
    if (!MUTANT(no_finish_fence))
        atom_fence();
    wake_sleepers(view, index);
    return LANE_OK;
}

enum lane_result slot_return(const struct lane_view *view, uint32_t index, uint32_t word)
{
    if (!claim_is_sane(view, index, word))
        return LANE_BROKEN;
    struct lane_slot *slot = lane_slot(view, index);
    if (atom_cas(&slot->state, word_with(word, LANE_SLOT_ABANDONED),
                 word_with(word, LANE_SLOT_RETURNED))) {
        wake_sleepers(view, index);
        return LANE_OK;
    }
    return is_untouched(atom_load(&slot->state), word) ? LANE_BROKEN : LANE_GONE;
}

static bool is_finished(const struct lane_view *view, uint32_t index, uint32_t word)
{
    return atom_load(&lane_slot_reply(view, index)->finished) == word;
}

enum lane_result slot_end(const struct lane_view *view, uint32_t index, uint32_t word,
                          uint32_t status)
{
    const struct slot_reply reply = {.status = status};

    if (!claim_is_sane(view, index, word))
        return LANE_BROKEN;
    uint32_t seen = atom_load(&lane_slot(view, index)->state);
    if (seen != word_with(word, LANE_SLOT_CLAIMED)) {
        enum lane_result result = slot_claim(view, index, word);
        if (result != LANE_OK)
            return result;
    } else if (is_finished(view, index, word)) {
        return LANE_GONE;
    }
    return slot_finish(view, index, word, &reply);
}

bool slot_is_over(const struct lane_view *view, uint32_t index, uint32_t word)
{
    if (!claim_is_sane(view, index, word))
        return false;
    uint32_t seen = atom_load(&lane_slot(view, index)->state);
    if (seen == word_with(word, LANE_SLOT_CLAIMED))
        return is_finished(view, index, word);
    return !is_untouched(seen, word) && seen != word_with(word, LANE_SLOT_ABANDONED);
}
