/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The sending end of a lane against a receiver that writes anything into it: progress, need_wake
 * and the slots in which replies are awaited, between any calls of the sender; and the receiving
 * end's cursor on the same memory, scribbled over.
 *
 * What must hold: no access outside the lane (guard pages), each call ends, a reply that is read is
 * within its bounds, a slot is armed for one thread at a time, the sender never has more in the
 * ring than fits. */

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "kernel.h"
#include "lane/consumer.h"
#include "lane/producer.h"
#include "lane/slot.h"

#define RING_BYTES 4096u
#define N_SLOTS    4u
#define N_MANY     64u
#define OPS_MAX    300u
#define PAGE       4096u

static const struct lane_geometry geometry = {RING_BYTES, N_SLOTS},
                                  many_slots = {RING_BYTES, N_MANY};

static struct {
    struct lane_view view;
    struct lane_producer producer;
    struct lane_cursor cursor;
    struct slot_pool pool;
    struct lane_wake wake;
    uint32_t words[N_MANY];
    bool has_moved;     /* nothing is sent after that */
    bool taken[N_MANY]; /* acquired, neither released nor quarantined */
    uint32_t n_slots;
} w;

static struct input *input; /* of this run */

static int while_asleep(void);

static void once(void)
{
    uint64_t size = geometry_size(&many_slots);
    uint8_t *guard =
        mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    FUZZ_ASSERT(guard != MAP_FAILED);
    FUZZ_ASSERT(mprotect(guard + PAGE, size, PROT_READ | PROT_WRITE) == 0);
    lane_view_init(&w.view, guard + PAGE, &geometry);
}

static void begin(uint8_t how)
{
    if (!w.view.base)
        once();
    kernel_reset(while_asleep);
    w.n_slots = how & 8 ? N_MANY : N_SLOTS;
    lane_view_init(&w.view, w.view.base, how & 8 ? &many_slots : &geometry);
    memset(w.view.base, 0, LANE_HEADER_BYTES + RING_BYTES + w.n_slots * LANE_SLOT_BYTES);
    lane_format(&w.view);
    producer_init(&w.producer, &w.view, how & 1 ? 1 : -1);
    cursor_init(&w.cursor, 0);
    slot_pool_init(&w.pool, w.n_slots);
    wake_init(&w.wake, how & 4 ? 9 : -1);
    spin_configure(how & 2 ? 1 : 0, 2);
    memset(w.words, 0, sizeof(w.words));
    w.has_moved = false;
    memset(w.taken, 0, sizeof(w.taken));
}

/* ---- the receiver, hostile ---- */

static void scribble(struct input *in)
{
    static const uint32_t places[] = {64, 128, LANE_HEADER_BYTES, LANE_HEADER_BYTES + RING_BYTES};
    uint8_t where = input_u8(in), n = input_u8(in) % 65;
    uint32_t at = places[where & 3] + (input_u32(in) & 0xFFF);

    if (at + n <= w.view.size)
        input_bytes(in, w.view.base + at, n);
}

/* Progress that may be true. */
static void progress(struct input *in)
{
    struct lane_header *header = lane_header(&w.view);
    uint64_t behind = input_u8(in) * 32u;

    header->consumer.consumed = w.producer.head - behind;
    header->consumer.space_seq++;
    header->consumer.need_wake += input_u8(in) & 3;
}

/* A reply, each word of which is the input's; its state is one that may be due, finished or not. */
static void reply(struct input *in)
{
    uint8_t index = input_u8(in), state = input_u8(in);
    struct lane_slot *slot = lane_slot(&w.view, index % w.n_slots);
    struct lane_slot_reply *to = lane_slot_reply(&w.view, index % w.n_slots);
    uint32_t word = w.words[index % w.n_slots];

    to->status = input_u8(in) & 1 ? input_u32(in) : 0;
    to->kind = input_u8(in) % (LANE_KIND_LAST + 1);
    to->flags = input_u8(in) % 12;
    to->data_size = input_u8(in) & 1 ? input_u32(in) : input_u8(in) * 8u;
    to->attr_size = input_u8(in) & 1 ? input_u32(in) : 0;
    to->in_extent = input_u8(in) & 1;
    slot->sleeping = state >> 7;
    if (state & 0x40)
        slot->state = to->finished = input_u32(in);
    else
        slot->state = (word & ~LANE_SLOT_STATE_MASK) | (state & 7);
    if (state & 0x20)
        to->finished = word;
}

/* What an honest replier would do with the word that it was given, or with another. */
static void replier(struct input *in)
{
    uint8_t index = input_u8(in) % (w.n_slots + 1), how = input_u8(in);
    uint32_t word = how & 0x80 ? input_u32(in) : index < w.n_slots ? w.words[index] : 1;
    const struct slot_reply answer = {.kind = LANE_CONTINUATION, .data_size = how};
    enum lane_result result = LANE_OK;

    if ((how & 3) == 0 && slot_claim(&w.view, index, word) == LANE_OK) {
        FUZZ_ASSERT(index < w.n_slots);
        if (how & 4)
            reply(in); /* the requester scribbles meanwhile */
        result = slot_finish(&w.view, index, word, &answer);
    } else if ((how & 3) == 1) {
        result = slot_end(&w.view, index, word, 7);
    } else if ((how & 3) == 2) {
        result = slot_return(&w.view, index, word);
    }
    FUZZ_ASSERT(index < w.n_slots || result == LANE_BROKEN || (how & 3) == 0 || (how & 3) == 3);
    (void)slot_is_over(&w.view, index, word);
}

/* The sender sleeps. It is woken for nothing at most as often as the input has bytes. */
static int while_asleep(void)
{
    uint8_t what = input_u8(input);

    if (!input->left || what < 32)
        return -ETIMEDOUT;
    if (what < 64) {
        if (what & 1)
            reply(input); /* at the last moment */
        wake_raise(&w.wake, 1);
    } else if (what < 128)
        reply(input);
    else if (what < 192)
        progress(input);
    else
        replier(input);
    return 0;
}

/* ---- the sender ---- */

static void check_sender(void)
{
    FUZZ_ASSERT(w.producer.head - w.producer.consumed <= RING_BYTES - LANE_RECORD_BYTES);
    FUZZ_ASSERT(w.producer.consumed % LANE_RECORD_BYTES == 0);
}

static void send(struct input *in)
{
    struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = 1};
    uint8_t how = input_u8(in);
    uint8_t *attributes, *data;

    message.data_size = how & 0x80 ? input_u32(in) % 70000 : how;
    message.attr_size = how & 0x40 ? input_u32(in) % 5000 : 0;
    if (w.has_moved)
        return;
    w.producer.kept = how & 0x20 ? 512 : 0;
    enum lane_result result =
        producer_reserve(&w.producer, message.attr_size, message.data_size, &attributes, &data);
    if (result != LANE_OK) {
        FUZZ_ASSERT(result != LANE_BROKEN || w.producer.broken);
        return;
    }
    memset(attributes, 1, message.attr_size + message.data_size);
    if (how & 0x10) {
        producer_cancel(&w.producer);
        return;
    }
    producer_publish(&w.producer, &message);
    bool rung = producer_ring(&w.producer);
    FUZZ_ASSERT(!producer_ring(&w.producer) || !rung);
}

static void send_whole(struct input *in)
{
    static const uint8_t bytes[256];
    struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = 1};

    message.attr_size = input_u8(in);
    message.data_size = input_u8(in);
    w.producer.kept = 0;
    if (!w.has_moved)
        (void)!producer_send(&w.producer, &message, bytes, bytes);
}

static void wait_for_room(struct input *in)
{
    uint32_t data_size = input_u8(in) * 16u;
    enum lane_result result = producer_wait(&w.producer, 0, data_size, &w.wake, 1);

    FUZZ_ASSERT(result != LANE_OK || !w.producer.broken);
    FUZZ_ASSERT(producer_room(&w.producer) <= RING_BYTES);
    (void)producer_is_drained(&w.producer);
    if (input_u8(in) == 77 && !w.has_moved)
        w.has_moved = producer_move(&w.producer, 3) == LANE_OK;
}

static void read_reply(uint32_t index)
{
    struct slot_reply got;

    if (slot_read(&w.view, index, &got) != LANE_OK)
        return;
    FUZZ_ASSERT(got.data_size <= LANE_DATA_MAX_BYTES && got.attr_size <= LANE_ATTR_MAX_BYTES);
    const uint8_t *bytes = slot_areas(&w.view, index, got.in_extent);
    volatile uint8_t sum = 0;
    for (uint32_t i = 0; !got.status && i < got.attr_size + got.data_size; i += 61)
        sum = (uint8_t)(sum + bytes[i]);
}

static void acquire(struct input *in)
{
    (void)in;
    int index = slot_acquire(&w.pool, &w.view);

    if (index < 0) {
        uint32_t seen = slot_expect(&w.pool, &w.view);
        index = slot_acquire(&w.pool, &w.view);
        if (index < 0 && slot_wait_any(&w.view, seen, &w.wake, 1) == LANE_OK)
            index = slot_acquire(&w.pool, &w.view);
    }
    if (index < 0)
        return;
    FUZZ_ASSERT(index < (int)w.n_slots && !w.taken[index]);
    w.taken[index] = true;
    w.words[index] = slot_arm(&w.pool, &w.view, (uint32_t)index);
}

static void await(struct input *in)
{
    uint32_t index = input_u8(in) % w.n_slots;

    if (!w.taken[index])
        return;
    enum lane_result result = slot_wait(&w.pool, &w.view, index, w.words[index], &w.wake, 1);
    w.taken[index] = false;
    if (result == LANE_OK) {
        read_reply(index);
        slot_release(&w.pool, index);
        return;
    }
    if (input_u8(in) & 1)
        replier(in); /* between the end of the wait and the giving up */
    if (result != LANE_BROKEN)
        (void)!slot_abandon(&w.view, index, w.words[index]);
    slot_quarantine(&w.pool, index);
}

static void wake(struct input *in)
{
    if (input_u8(in) & 1)
        wake_raise(&w.wake, 2);
    else
        (void)wake_take(&w.wake, 2);
}

/* ---- the receiver's own words, on what lies in the ring ---- */

static void consume(struct input *in)
{
    struct lane_record record;
    uint8_t how = input_u8(in);

    if (how & 1)
        cursor_raise(&w.view, &w.cursor);
    for (unsigned n = how & 4 ? input_u8(in) % 32 : 0; n-- > 0;)
        (void)cursor_note_ring(&w.cursor);
    (void)cursor_glance(&w.view, &w.cursor);
    (void)!cursor_recheck(&w.view, &w.cursor);
    for (unsigned n = how >> 4; n-- > 0;) {
        enum lane_result result = cursor_peek(&w.view, &w.cursor, &record);
        FUZZ_ASSERT(result == LANE_OK || result == LANE_EMPTY || result == LANE_BROKEN);
        FUZZ_ASSERT((result == LANE_BROKEN) == (cursor_broken(&w.cursor) != LANE_BREAK_NONE));
        if (result != LANE_OK)
            break;
        FUZZ_ASSERT(record_data(&w.view, &record) + record.message.data_size <=
                    lane_ring(&w.view, 0) + RING_BYTES);
        if (how & 8)
            cursor_pop(&w.view, &w.cursor, &record);
        else
            cursor_take(&w.cursor, &record);
    }
    cursor_free(&w.view, &w.cursor, how & 8 ? w.cursor.next + 64 : w.cursor.next);
    cursor_publish(&w.view, &w.cursor);
    FUZZ_ASSERT(w.cursor.freed <= w.cursor.next);
    FUZZ_ASSERT(*lane_break_name(cursor_broken(&w.cursor)) != '?');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const operations[])(struct input *) = {
        scribble, progress, reply, replier, send, wait_for_room, acquire, await, wake, consume,
    };
    struct input in = {data, size};

    input = &in;
    begin(input_u8(&in));
    for (unsigned n = 0; n < OPS_MAX && in.left; n++) {
        uint8_t what = input_u8(&in);
        if (what < 250)
            operations[what % (sizeof(operations) / sizeof(*operations))](&in);
        else
            send_whole(&in);
        check_sender();
    }
    return 0;
}
