/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Slots: a reply, giving up, quarantine, and an end that scribbles. */

#include <pthread.h>

#include "lane/slot.h"
#include "lane_fixture.h"

struct slots {
    struct fixture f;
    struct slot_pool pool;
    struct lane_wake wake;
    uint32_t index, word;
};

static void slots_init(struct slots *s, uint32_t n)
{
    fixture_init(&s->f, 1024, n);
    slot_pool_init(&s->pool, n);
    wake_init(&s->wake, -1);
}

static void slots_arm(struct slots *s)
{
    int index = slot_acquire(&s->pool, &s->f.view);

    ck_assert_int_ge(index, 0);
    s->index = (uint32_t)index;
    s->word = slot_arm(&s->pool, &s->f.view, s->index);
}

static enum lane_result slots_reply(struct slots *s, const char *text)
{
    struct slot_reply reply = {.kind = LANE_CONTINUATION,
                               .flags = LANE_RELEASE,
                               .message_id = 7,
                               .data_size = (uint32_t)strlen(text)};
    enum lane_result result = slot_claim(&s->f.view, s->index, s->word);

    if (result != LANE_OK)
        return result;
    reply.in_extent = !slot_fits_inline(0, reply.data_size);
    memcpy(slot_areas(&s->f.view, s->index, reply.in_extent), text, reply.data_size);
    return slot_finish(&s->f.view, s->index, s->word, &reply);
}

START_TEST(a_reply_arrives_whole_and_the_slot_is_free_again)
{
    struct slots s;
    struct slot_reply reply;

    slots_init(&s, 1);
    for (int i = 0; i < 100; i++) {
        slots_arm(&s);
        ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), -1);
        ck_assert_int_eq(slots_reply(&s, "answer"), LANE_OK);
        ck_assert_int_eq(slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, SYS_FOREVER),
                         LANE_OK);
        ck_assert_int_eq(slot_read(&s.f.view, s.index, &reply), LANE_OK);
        ck_assert_uint_eq(reply.data_size, 6);
        ck_assert_uint_eq(reply.message_id, 7);
        ck_assert_mem_eq(slot_areas(&s.f.view, s.index, reply.in_extent), "answer", 6);
        slot_release(&s.pool, s.index);
        ck_assert_int_eq(slot_claim(&s.f.view, s.index, s.word), LANE_GONE);
    }
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_large_reply_lies_in_the_extent)
{
    struct slots s;
    struct slot_reply reply;
    static char text[LANE_DATA_MAX_BYTES + 1];

    slots_init(&s, 2);
    memset(text, 'x', sizeof(text) - 1);
    slots_arm(&s);
    ck_assert_int_eq(slots_reply(&s, text), LANE_OK);
    ck_assert_int_eq(slot_read(&s.f.view, s.index, &reply), LANE_OK);
    ck_assert(reply.in_extent);
    ck_assert_uint_eq(reply.data_size, LANE_DATA_MAX_BYTES);
    ck_assert_mem_eq(slot_areas(&s.f.view, s.index, true), text, LANE_DATA_MAX_BYTES);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(sixty_four_slots_are_sixty_four)
{
    struct slots s;

    slots_init(&s, 64);
    ck_assert_uint_eq(slots_taken(&s.pool), 0);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), i);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), -1);
    ck_assert_uint_eq(slots_taken(&s.pool), UINT64_MAX);
    slot_release(&s.pool, 63);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), 63);
    fixture_deinit(&s.f);
}
END_TEST

static void slots_give_up(struct slots *s)
{
    ck_assert_int_eq(slot_abandon(&s->f.view, s->index, s->word), LANE_GONE);
    slot_quarantine(&s->pool, s->index);
}

static void slots_withdraw(struct slots *s)
{
    slot_withdraw(&s->f.view, s->index, s->word);
    slot_release(&s->pool, s->index);
}

/* There is no reply. */
static void slots_time_out(struct slots *s)
{
    ck_assert_int_eq(slot_wait(&s->pool, &s->f.view, s->index, s->word, &s->wake, 1), LANE_TIMEOUT);
}

START_TEST(an_abandoned_slot_is_not_used_before_it_was_returned)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    slots_time_out(&s);
    slots_give_up(&s);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), -1);
    ck_assert_int_eq(slot_return(&s.f.view, s.index, s.word), LANE_OK);
    ck_assert_int_eq(slot_return(&s.f.view, s.index, s.word), LANE_GONE);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), 0);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_late_reply_returns_the_slot_and_touches_nothing)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    slots_give_up(&s);
    ck_assert_int_eq(slots_reply(&s, "late"), LANE_GONE);
    ck_assert_uint_eq(*slot_areas(&s.f.view, s.index, false), 0);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), 0);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_claimed_or_finished_slot_cannot_be_abandoned)
{
    struct slots s;
    struct slot_reply reply = {.kind = LANE_CONTINUATION};

    slots_init(&s, 1);
    slots_arm(&s);
    ck_assert_int_eq(slot_claim(&s.f.view, s.index, s.word), LANE_OK);
    ck_assert_int_eq(slot_abandon(&s.f.view, s.index, s.word), LANE_LATE);
    slot_quarantine(&s.pool, s.index);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), -1);
    ck_assert_int_eq(slot_finish(&s.f.view, s.index, s.word, &reply), LANE_OK);
    ck_assert_int_eq(slot_abandon(&s.f.view, s.index, s.word), LANE_LATE);
    ck_assert_int_eq(slot_acquire(&s.pool, &s.f.view), 0);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(an_exchange_can_end_with_a_status_alone)
{
    struct slots s;
    struct slot_reply reply;

    slots_init(&s, 1);
    slots_arm(&s);
    ck_assert_int_eq(slot_end(&s.f.view, s.index, s.word, 0xC0000701), LANE_OK);
    ck_assert_int_eq(slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, SYS_FOREVER), LANE_OK);
    ck_assert_int_eq(slot_read(&s.f.view, s.index, &reply), LANE_OK);
    ck_assert_uint_eq(reply.status, 0xC0000701);
    ck_assert_int_eq(slot_end(&s.f.view, s.index, s.word, 1), LANE_GONE);
    slot_release(&s.pool, s.index);
    /* Abandoned: returned. */
    slots_arm(&s);
    ck_assert_int_eq(slot_abandon(&s.f.view, s.index, s.word), LANE_GONE);
    ck_assert_int_eq(slot_end(&s.f.view, s.index, s.word, 1), LANE_GONE);
    slot_quarantine(&s.pool, s.index);
    /* Claimed by a co-holder that died: ended by another. */
    slots_arm(&s);
    ck_assert_int_eq(slot_claim(&s.f.view, s.index, s.word), LANE_OK);
    ck_assert_int_eq(slot_end(&s.f.view, s.index, s.word, 5), LANE_OK);
    ck_assert_int_eq(slot_end(&s.f.view, 1, s.word, 5), LANE_BROKEN);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(the_wake_word_ends_a_wait_and_the_wait_can_go_on)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    wake_raise(&s.wake, 2);
    ck_assert_int_eq(slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, SYS_FOREVER),
                     LANE_WOKEN);
    ck_assert_uint_eq(wake_take(&s.wake, UINT32_MAX), 2);
    ck_assert_int_eq(slots_reply(&s, "x"), LANE_OK);
    ck_assert_int_eq(slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, SYS_FOREVER), LANE_OK);
    fixture_deinit(&s.f);
}
END_TEST

static void *reply_many(void *arg)
{
    struct slots *s = arg;

    for (uint32_t i = 0; i < 3000; i++) {
        struct lane_record record;
        while (cursor_peek(&s->f.view, &s->f.cursor, &record) == LANE_EMPTY)
            __builtin_ia32_pause();
        cursor_pop(&s->f.view, &s->f.cursor, &record);
        struct slot_reply reply = {.kind = LANE_CONTINUATION,
                                   .message_id = record.message.message_id};
        if (slot_claim(&s->f.view, record.message.slot - 1, record.message.slot_word) != LANE_OK ||
            slot_finish(&s->f.view, record.message.slot - 1, record.message.slot_word, &reply) !=
                LANE_OK)
            return s;
    }
    return NULL;
}

START_TEST(round_trips_of_two_threads_lose_nothing)
{
    struct slots s;
    struct slot_reply reply;
    pthread_t thread;
    void *fault;

    slots_init(&s, 4);
    pthread_create(&thread, NULL, reply_many, &s);
    for (uint32_t i = 0; i < 3000; i++) {
        slots_arm(&s);
        struct lane_message message = {.kind = LANE_REQUEST,
                                       .flags = LANE_SYNC,
                                       .message_id = i + 1,
                                       .slot = s.index + 1,
                                       .slot_word = s.word};
        ck_assert_int_eq(producer_send(&s.f.producer, &message, NULL, NULL), LANE_OK);
        ck_assert_int_eq(slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, SYS_FOREVER),
                         LANE_OK);
        ck_assert_int_eq(slot_read(&s.f.view, s.index, &reply), LANE_OK);
        ck_assert_uint_eq(reply.message_id, i + 1);
        slot_release(&s.pool, s.index);
    }
    pthread_join(thread, &fault);
    ck_assert_ptr_null(fault);
    fixture_deinit(&s.f);
}
END_TEST

/* LYING ENDS */

START_TEST(an_impossible_finish_breaks_the_wait)
{
    struct slots s;

    slots_init(&s, 1);
    for (uint32_t i = 0; i < 5; i++) {
        slots_arm(&s);
        slot_release(&s.pool, s.index);
    }
    slots_arm(&s);
    /* In the sixth exchange there may be: its own word, an earlier one's, or none's. */
    for (uint32_t lie = 0; lie < 16 * 8; lie++) {
        uint32_t exchange = lie >> LANE_SLOT_SHIFT, state = lie & LANE_SLOT_STATE_MASK;
        bool is_word = state == LANE_SLOT_ARMED && exchange <= s.word >> LANE_SLOT_SHIFT;
        lane_slot_reply(&s.f.view, s.index)->finished = lie;
        enum lane_result result = slot_wait(&s.pool, &s.f.view, s.index, s.word, &s.wake, 1);
        ck_assert_int_eq(result, lie == s.word         ? LANE_OK
                                 : is_word || lie == 0 ? LANE_TIMEOUT
                                                       : LANE_BROKEN);
    }
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_state_that_no_replier_leaves_cannot_be_given_up)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    for (uint32_t lie = 0; lie < 64; lie++) {
        lane_slot(&s.f.view, s.index)->state = lie;
        bool is_before = lie >> LANE_SLOT_SHIFT == 0 && lie != LANE_SLOT_ABANDONED;
        bool is_claimed = lie == (s.word & ~LANE_SLOT_STATE_MASK) + LANE_SLOT_CLAIMED;
        ck_assert_int_eq(slot_abandon(&s.f.view, s.index, s.word), is_before    ? LANE_GONE
                                                                   : is_claimed ? LANE_LATE
                                                                                : LANE_BROKEN);
    }
    fixture_deinit(&s.f);
}
END_TEST

/* No record named it: a replier that got hold of the word all the same finds it over, and the next
 * exchange is like any other. */
START_TEST(a_withdrawn_exchange_is_over)
{
    struct slots s;

    slots_init(&s, 1);
    for (int i = 0; i < 3; i++) {
        slots_arm(&s);
        slot_withdraw(&s.f.view, s.index, s.word);
        ck_assert(slot_is_over(&s.f.view, s.index, s.word));
        ck_assert_int_eq(slots_reply(&s, "what"), LANE_GONE);
        slot_release(&s.pool, s.index);
    }
    slots_arm(&s);
    ck_assert(!slot_is_over(&s.f.view, s.index, s.word));
    ck_assert_int_eq(slots_reply(&s, "x"), LANE_OK);
    ck_assert(slot_is_over(&s.f.view, s.index, s.word));
    fixture_deinit(&s.f);
}
END_TEST

/* Who has slept leaves a mark, and a later exchange in the slot wakes nobody. */
START_TEST(a_mark_lasts_for_one_exchange)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    slots_time_out(&s);
    ck_assert_uint_eq(lane_slot(&s.f.view, 0)->sleeping, LANE_SLEEPING_REPLY);
    ck_assert_int_eq(slots_reply(&s, "x"), LANE_OK);
    slot_release(&s.pool, s.index);
    slots_arm(&s);
    ck_assert_uint_eq(lane_slot(&s.f.view, 0)->sleeping, LANE_SLEEPING_NONE);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_reply_with_impossible_sizes_or_kind_breaks_the_lane)
{
    struct slots s;
    struct slot_reply reply;
    struct lane_slot_reply *slot;

    slots_init(&s, 1);
    slots_arm(&s);
    ck_assert_int_eq(slots_reply(&s, "x"), LANE_OK);
    slot = lane_slot_reply(&s.f.view, 0);
    slot->data_size = LANE_SLOT_INLINE_BYTES + 1;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_BROKEN);
    slot->in_extent = 1;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_OK);
    slot->data_size = UINT32_MAX;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_BROKEN);
    slot->data_size = 0;
    slot->attr_size = LANE_ATTR_MAX_BYTES + 1;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_BROKEN);
    slot->attr_size = 0;
    slot->kind = LANE_MOVED;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_BROKEN);
    slot->kind = LANE_REQUEST;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_OK);
    slot->flags = 0x100;
    ck_assert_int_eq(slot_read(&s.f.view, 0, &reply), LANE_BROKEN);
    fixture_deinit(&s.f);
}
END_TEST

START_TEST(a_claim_of_what_is_no_armed_slot_breaks_the_lane)
{
    struct slots s;
    struct slot_reply reply = {.kind = LANE_CONTINUATION};

    slots_init(&s, 1);
    slots_arm(&s);
    ck_assert_int_eq(slot_claim(&s.f.view, 1, s.word), LANE_BROKEN);
    ck_assert_int_eq(slot_claim(&s.f.view, UINT32_MAX, s.word), LANE_BROKEN);
    ck_assert_int_eq(slot_claim(&s.f.view, 0, s.word + 1), LANE_BROKEN);
    ck_assert_int_eq(slot_claim(&s.f.view, 0, s.word + 8), LANE_GONE);
    ck_assert_int_eq(slot_return(&s.f.view, 0, s.word), LANE_BROKEN);
    ck_assert_int_eq(slot_claim(&s.f.view, 0, s.word), LANE_OK);
    lane_slot(&s.f.view, 0)->state = s.word + 8;
    ck_assert_int_eq(slot_finish(&s.f.view, 0, s.word, &reply), LANE_BROKEN);
    fixture_deinit(&s.f);
}
END_TEST

/* As if so many exchanges had been given up. */
static void exchanges_skip(struct slots *s, uint32_t n)
{
    s->pool.generation[s->index] += n;
    lane_slot(&s->f.view, s->index)->state =
        s->pool.generation[s->index] << LANE_SLOT_SHIFT | LANE_SLOT_RETURNED;
}

static void slots_give_up_and_return(struct slots *s)
{
    slots_give_up(s);
    ck_assert_int_eq(slot_return(&s->f.view, s->index, s->word), LANE_OK);
}

/* Each exchange since ends like this. */
static void last_reply_check(void (*end)(struct slots *s))
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    ck_assert_int_eq(slots_reply(&s, "answer"), LANE_OK);
    slot_release(&s.pool, s.index);
    for (uint32_t i = 0; i < 16; i++) {
        exchanges_skip(&s, 1u << 26);
        slots_arm(&s);
        slots_time_out(&s);
        end(&s);
    }
    fixture_deinit(&s.f);
}

START_TEST(the_last_reply_is_known_as_such_however_many_exchanges_were_given_up_since)
{
    last_reply_check(slots_withdraw);
    last_reply_check(slots_give_up_and_return);
}
END_TEST

START_TEST(a_quarantine_is_not_ended_by_a_word_of_another_exchange)
{
    struct slots s;

    slots_init(&s, 1);
    slots_arm(&s);
    slots_give_up(&s);
    for (uint32_t lie = 0; lie < 64; lie++) {
        lane_slot(&s.f.view, 0)->state = lie;
        lane_slot_reply(&s.f.view, 0)->finished = lie;
        bool honest = lie == s.word || lie == (s.word & ~7u) + LANE_SLOT_RETURNED;
        int index = slot_acquire(&s.pool, &s.f.view);
        ck_assert_int_eq(index, honest ? 0 : -1);
        if (index == 0)
            slot_quarantine(&s.pool, 0);
    }
    fixture_deinit(&s.f);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("slot");
    UNIT_TEST(a_reply_arrives_whole_and_the_slot_is_free_again);
    UNIT_TEST(a_large_reply_lies_in_the_extent);
    UNIT_TEST(sixty_four_slots_are_sixty_four);
    UNIT_TEST(an_abandoned_slot_is_not_used_before_it_was_returned);
    UNIT_TEST(a_late_reply_returns_the_slot_and_touches_nothing);
    UNIT_TEST(a_claimed_or_finished_slot_cannot_be_abandoned);
    UNIT_TEST(an_exchange_can_end_with_a_status_alone);
    UNIT_TEST(the_wake_word_ends_a_wait_and_the_wait_can_go_on);
    UNIT_TEST(round_trips_of_two_threads_lose_nothing);
    UNIT_TEST(an_impossible_finish_breaks_the_wait);
    UNIT_TEST(a_state_that_no_replier_leaves_cannot_be_given_up);
    UNIT_TEST(a_withdrawn_exchange_is_over);
    UNIT_TEST(a_mark_lasts_for_one_exchange);
    UNIT_TEST(a_reply_with_impossible_sizes_or_kind_breaks_the_lane);
    UNIT_TEST(a_claim_of_what_is_no_armed_slot_breaks_the_lane);
    UNIT_TEST(the_last_reply_is_known_as_such_however_many_exchanges_were_given_up_since);
    UNIT_TEST(a_quarantine_is_not_ended_by_a_word_of_another_exchange);
    return UNIT_END();
}
