/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The sending end.
 *
 * Room: a record is contiguous, so one that does not fit before the end of the ring is preceded by
 * a skip record; and the commit word after it must be free too, to be zeroed. head - consumed is
 * what the consumer has not freed. The consumer's progress is read only when the cached value is
 * not enough, and must lie between what it said last and what was sent: otherwise the lane is
 * broken.
 *
 * (R1) Publish and ring. The commit word is written, then need_wake is read; the consumer writes
 * need_wake, then reads the commit word (consumer.c). A full barrier at both ends: at least one of
 * them sees the other's write, so a consumer never sleeps on a record of which it is not told. (R2)
 * The commit word of the record to come lies in memory that held old payload, which may by accident
 * or malice be the value that is due. It is zeroed before the record in front of it is published.
 * (R3) The commit word is written last, with release; the consumer's load of it is an acquire. A
 * producer that dies anywhere before leaves nothing; a record is never seen in part.
 * (R7) Waiting for space: space_wanted is raised, then progress is read again; the consumer writes
 * progress, then reads space_wanted. The futex is space_seq, read before the second look. */

#include <assert.h>
#include <string.h>

#include "lane/atomics.h"
#include "lane/producer.h"
#include "lane/spin.h"

/* What is never reserved by an ordinary record: LANE_MOVED and the commit word after it. */
#define FULL_KEEPS_BYTES (2 * LANE_RECORD_BYTES)

void producer_init(struct lane_producer *producer, const struct lane_view *view, int bell_fd)
{
    memset(producer, 0, sizeof(*producer));
    producer->view = *view;
    producer->bell_fd = bell_fd;
}

static struct lane_record_header *header_at(const struct lane_producer *producer, uint64_t position)
{
    return (struct lane_record_header *)(void *)lane_ring(&producer->view, position);
}

/* Bytes to skip so that a record of size bytes is contiguous. */
static uint32_t skip_before(const struct lane_producer *producer, uint32_t size)
{
    uint32_t ring_size = producer->view.geometry.ring_size;
    uint32_t left = ring_size - (uint32_t)(producer->head & (ring_size - 1));

    return size <= left ? 0 : left;
}

static void read_progress(struct lane_producer *producer)
{
    uint64_t consumed = atom_load(&lane_header(&producer->view)->consumer.consumed);

    if (consumed < producer->consumed || consumed > producer->head ||
        consumed % LANE_RECORD_BYTES != 0)
        producer->broken = LANE_BREAK_CONSUMED;
    else
        producer->consumed = consumed;
}

static bool has_room(struct lane_producer *producer, uint32_t size)
{
    uint64_t wanted = (uint64_t)skip_before(producer, size) + size;
    uint64_t limit = producer->view.geometry.ring_size - FULL_KEEPS_BYTES;

    wanted += producer->kept;
    if (producer->head - producer->consumed + wanted <= limit)
        return true;
    read_progress(producer);
    return !producer->broken && producer->head - producer->consumed + wanted <= limit;
}

/* Writes the commit words: the next one to zero first (R2), then this one (R3). */
static void commit(struct lane_producer *producer, uint64_t end)
{
    uint64_t position = producer->head;

    if (!MUTANT(no_zeroing))
        atom_poke(&header_at(producer, end)->commit, 0);
    atom_store(&header_at(producer, position)->commit, position + 1);
    producer->head = end;
}

static void publish_skip(struct lane_producer *producer, uint32_t skip)
{
    struct lane_record_header *header = header_at(producer, producer->head);

    memset((char *)header + sizeof(header->commit), 0, sizeof(*header) - sizeof(header->commit));
    header->kind = LANE_SKIP;
    commit(producer, producer->head + skip);
}

static bool can_ever_fit(const struct lane_producer *producer, uint32_t attr_size,
                         uint32_t data_size)
{
    return attr_size <= LANE_ATTR_MAX_BYTES && data_size <= LANE_DATA_MAX_BYTES &&
           record_size(attr_size, data_size) <= record_max(&producer->view.geometry);
}

enum lane_result producer_reserve(struct lane_producer *producer, uint32_t attr_size,
                                  uint32_t data_size, uint8_t **ret_attributes, uint8_t **ret_data)
{
    if (!can_ever_fit(producer, attr_size, data_size))
        return LANE_TOO_LARGE;
    uint32_t size = record_size(attr_size, data_size);
    if (producer->broken)
        return LANE_BROKEN;
    if (!has_room(producer, size))
        return producer->broken ? LANE_BROKEN : LANE_FULL;
    uint32_t skip = skip_before(producer, size);
    if (skip)
        publish_skip(producer, skip);
    producer->reserved = producer->head + size;
    *ret_attributes = lane_ring(&producer->view, producer->head) + LANE_RECORD_BYTES;
    *ret_data = *ret_attributes + attr_size;
    return LANE_OK;
}

void producer_publish(struct lane_producer *producer, const struct lane_message *message)
{
    struct lane_record_header *header = header_at(producer, producer->head);
    uint64_t end = producer->head + record_size(message->attr_size, message->data_size);

    assert(producer->reserved && end <= producer->reserved);
    if (MUTANT(early_commit))
        atom_store(&header->commit, producer->head + 1);
    header->stamp_ns = sys_now_ns();
    header->message_id = message->message_id;
    header->callback_id = message->callback_id;
    header->connection = message->connection;
    header->connection_generation = message->connection_generation;
    header->slot = message->slot;
    header->slot_word = message->slot_word;
    header->kind = message->kind;
    header->flags = message->flags;
    header->sender_tid = message->sender_tid;
    header->data_size = message->data_size;
    header->attr_size = message->attr_size;
    header->cpu = spin_cpu_hint();
    header->aux = message->aux;
    commit(producer, end);
    producer->reserved = 0;
}

void producer_cancel(struct lane_producer *producer)
{
    producer->reserved = 0;
}

/* The next record's payload and the commit word behind it, which the consumer has had a round ago:
 * they come back while this record travels. (At its header the consumer looks.) */
static void prefetch_next(const struct lane_producer *producer)
{
    for (uint32_t i = 1; i <= 2; i++)
        __builtin_prefetch(lane_ring(&producer->view, producer->head + i * LANE_RECORD_BYTES), 1);
}

bool producer_ring(struct lane_producer *producer)
{
    /* (R1) Partner: the swap in cursor_raise. */
    if (!MUTANT(no_publish_fence))
        atom_fence();
    prefetch_next(producer);
    uint32_t need_wake = atom_load(&lane_header(&producer->view)->consumer.need_wake);
    if (!(need_wake & 1) || need_wake == producer->rung)
        return false;
    producer->rung = need_wake;
    if (producer->bell_fd >= 0)
        sys_ring(producer->bell_fd);
    return true;
}

enum lane_result producer_send(struct lane_producer *producer, const struct lane_message *message,
                               const void *attributes, const void *data)
{
    uint8_t *attribute_area, *data_area;
    enum lane_result result = producer_reserve(producer, message->attr_size, message->data_size,
                                               &attribute_area, &data_area);

    if (result != LANE_OK)
        return result;
    if (message->attr_size)
        memcpy(attribute_area, attributes, message->attr_size);
    if (message->data_size)
        memcpy(data_area, data, message->data_size);
    producer_publish(producer, message);
    producer_ring(producer);
    return LANE_OK;
}

enum lane_result producer_move(struct lane_producer *producer, uint32_t lane_index)
{
    const struct lane_message message = {.kind = LANE_MOVED, .aux = lane_index};

    if (producer->broken)
        return LANE_BROKEN;
    producer->reserved = producer->head + record_size(0, 0);
    producer_publish(producer, &message);
    producer_ring(producer);
    return LANE_OK;
}

/* One look, one sleep. LANE_EMPTY: look again. */
static enum lane_result wait_once(struct lane_producer *producer, uint32_t size,
                                  struct lane_wake *wake, uint64_t deadline_ns)
{
    struct lane_header *header = lane_header(&producer->view);
    uint32_t seq = atom_load(&header->consumer.space_seq);

    /* (R7) Partner: the fence in cursor_publish. */
    atom_swap(&header->producer.space_wanted, 1);
    if (!MUTANT(no_space_recheck) && has_room(producer, size))
        return LANE_OK;
    if (producer->broken)
        return LANE_BROKEN;
    enum lane_result result = wait_word(&header->consumer.space_seq, seq, wake, deadline_ns);
    return result == LANE_OK ? LANE_EMPTY : result;
}

enum lane_result producer_wait(struct lane_producer *producer, uint32_t attr_size,
                               uint32_t data_size, struct lane_wake *wake, uint64_t deadline_ns)
{
    enum lane_result result = LANE_EMPTY;

    if (!can_ever_fit(producer, attr_size, data_size))
        return LANE_TOO_LARGE;
    uint32_t size = record_size(attr_size, data_size);
    while (result == LANE_EMPTY) {
        if (producer->broken)
            return LANE_BROKEN;
        if (has_room(producer, size))
            return LANE_OK;
        result = producer->broken ? LANE_BROKEN : wait_once(producer, size, wake, deadline_ns);
    }
    atom_store(&lane_header(&producer->view)->producer.space_wanted, 0);
    return result;
}

uint64_t producer_room(struct lane_producer *producer)
{
    if (!producer->broken)
        read_progress(producer);
    uint64_t used = producer->head - producer->consumed;
    uint64_t limit = producer->view.geometry.ring_size - FULL_KEEPS_BYTES;
    return used < limit ? limit - used : 0; /* LANE_MOVED takes of what is kept */
}

bool producer_is_drained(struct lane_producer *producer)
{
    if (!producer->broken && producer->consumed != producer->head)
        read_progress(producer);
    return producer->consumed == producer->head;
}
