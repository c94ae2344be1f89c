/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A record as a private, checked copy: what one end gives to publish and what the other end gets.
 */
#pragma once

#include "lane/extent.h"
#include "lane/result.h"

/* The fields of a message in a lane. The producer fills it; the consumer gets it with everything
 * bounded (sizes, kind, flags) but nothing resolved (ids, connection, slot are the sender's
 * claims). */
struct lane_message {
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t connection;
    uint32_t connection_generation;
    uint32_t slot; /* slot + 1, 0: none; at the consumer: <= n_slots */
    uint32_t slot_word;
    uint16_t kind;
    uint16_t flags;
    uint32_t sender_tid;
    uint32_t data_size;
    uint32_t attr_size;
    uint32_t aux;
};

/* A record at the consumer. */
struct lane_record {
    struct lane_message message;
    uint64_t position; /* of the record */
    uint64_t end;      /* of the next record */
    uint64_t stamp_ns; /* effective: not older than the cursor's floor; may lie in the future */
    uint32_t cpu;      /* sender's hint */
};

/* Bytes of ring that such a record takes, header and alignment included. The sizes are bounded. */
static inline uint32_t record_size(uint32_t attr_size, uint32_t data_size)
{
    return ALIGN_UP(LANE_RECORD_BYTES + attr_size + data_size, LANE_RECORD_BYTES);
}

/* The largest record that a ring can always hold beside a wrap. */
static inline uint32_t record_max(const struct lane_geometry *geometry)
{
    uint32_t half = geometry->ring_size / 2 - LANE_RECORD_BYTES;

    return half < LANE_RECORD_MAX_BYTES ? half : LANE_RECORD_MAX_BYTES;
}

/* The payload areas of a checked record in the mapped lane: read them once, into private memory.
 * The sender can change the bytes at any time. */
static inline const uint8_t *record_attributes(const struct lane_view *view,
                                               const struct lane_record *record)
{
    return lane_ring(view, record->position) + LANE_RECORD_BYTES;
}

static inline const uint8_t *record_data(const struct lane_view *view,
                                         const struct lane_record *record)
{
    return record_attributes(view, record) + record->message.attr_size;
}
