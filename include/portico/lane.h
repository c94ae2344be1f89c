/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The layout of a lane: the shared memory through which one process sends to one receiving port.
 *
 *     0            header            4 KiB: one line each for facts, the consumer's words, the
 * producer's words 4096         ring              ring_size bytes, a power of two; records,
 * 64-aligned
 *     + ring_size  slots             n_slots x 1 KiB: a line of state, a line left out, the reply:
 * a line and 832 bytes
 *     + slots      reply extents     n_slots x 68 KiB: replies above 832 bytes (sparse until used)
 *
 * One memfd, sparse, sealed against resizing. The geometry (ring_size, n_slots) comes to both ends
 * from the daemon; the copy in the header is for tools and is never trusted. Every word here can be
 * written by the other end at any time: load once, bound, use (libs/lane does; nobody else touches
 * a lane).
 *
 * Positions are 64-bit byte counts that never wrap; the offset in the ring is position &
 * (ring_size-1). A record is published by commit = position + 1. The producer zeroes the commit
 * word of the record after it first, so a consumer never takes old payload for a record. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define LANE_LAYOUT_VERSION 3u
#define LANE_MAGIC          0x454E414Cu /* "LANE" */

#define LANE_LINE_BYTES   64u
#define LANE_HEADER_BYTES 4096u
#define LANE_RECORD_BYTES 64u /* header of a record, and alignment of records */

#define LANE_DATA_MAX_BYTES   0xFFD7u /* payload of a message: 0xFFFF less a PORT_MESSAGE */
#define LANE_ATTR_MAX_BYTES   4096u   /* attribute area of a message */
#define LANE_RECORD_MAX_BYTES 69696u  /* header + both maxima, aligned */

#define LANE_RING_MIN_BYTES   1024u         /* tests only: too small for large messages */
#define LANE_RING_FIRST_BYTES (256u * 1024) /* a first grant: two maximum records and more */
#define LANE_RING_MAX_BYTES   (64u * 1024 * 1024)

#define LANE_SLOTS_MAX         64u
#define LANE_SLOT_BYTES        1024u
#define LANE_SLOT_INLINE_BYTES 832u     /* attribute area + payload of a reply kept in the slot */
#define LANE_EXTENT_BYTES      0x11000u /* attribute area + payload of any reply, page-aligned */

/* What a record is. 0 is never a kind. */
enum lane_kind {
    LANE_REQUEST = 1,         /* a new message that expects a continuation */
    LANE_DATAGRAM = 2,        /* a new message that expects none */
    LANE_CONTINUATION = 3,    /* reply or continuation of message_id; LANE_RELEASE: it ends there */
    LANE_CANCEL = 4,          /* the sender takes message_id back (slot: give that slot back) */
    LANE_MOVED = 5,           /* the last record: the sender goes on in lane `aux` */
    LANE_SKIP = 6,            /* fills the ring to its end; never seen outside libs/lane */
    LANE_CONNECT_REQUEST = 7, /* 7 to 9: lane 0 (daemon to port) only */
    LANE_CONNECT_REPLY = 8,
    LANE_CLIENT_DIED = 9,
    LANE_CANCELED =
        10,        /* the receiver of message_id has cancelled it (answer to a slotless request) */
    LANE_ACK = 11, /* message_id is over at this end: the id may be used again; nothing is queued */
    LANE_KIND_LAST = 11,
};

/* Record flags. */
#define LANE_RELEASE   0x0001u /* the message is gone once received */
#define LANE_SYNC      0x0002u /* the sender is blocked in the slot */
#define LANE_LEGACY    0x0004u /* sent by a legacy LPC call */
#define LANE_FLAGS_ALL 0x0007u

/* One record of the ring; attr_size bytes of attributes and data_size bytes of payload follow. */
struct lane_record_header {
    uint64_t commit;      /* position + 1: published; written last */
    uint64_t stamp_ns;    /* sender's CLOCK_MONOTONIC, read before publication */
    uint32_t message_id;  /* never 0 in a kind that names a message */
    uint32_t callback_id; /* requester's exchange counter, 0: none */
    uint32_t connection;  /* index in the receiver's connection table */
    uint32_t
        connection_generation; /* of that entry: a record of a closed connection goes nowhere */
    uint32_t slot;             /* slot + 1 of this lane, 0: no slot */
    uint32_t slot_word;        /* the word of the exchange that it serves */
    uint16_t kind;             /* enum lane_kind */
    uint16_t flags;            /* LANE_RELEASE ... */
    uint32_t sender_tid;       /* information only */
    uint32_t data_size;
    uint32_t attr_size;
    uint32_t cpu; /* hint: processor + 1 on which the sender ran */
    uint32_t aux; /* by kind; 0 */
};

/* Line 1 of the header, written by the consumer. */
struct lane_consumer_line {
    uint32_t need_wake; /* odd: ring, once for each odd value */
    uint32_t space_seq; /* changes with each publication of consumed; futex of a waiting producer */
    uint64_t consumed;  /* position below which the ring is free again */
    uint64_t reserved[6];
};

/* Line 2 of the header, written by the producer, never on the fast path. */
struct lane_producer_line {
    uint32_t space_wanted; /* not 0: somebody waits on space_seq */
    uint32_t slots_back;   /* changes when a slot comes back that somebody waits for (either end
                              writes it); futex of senders without a slot */
    uint32_t reserved[14];
};

struct lane_header {
    uint32_t magic;
    uint32_t layout_version;
    uint32_t ring_size; /* for tools: never trusted */
    uint32_t n_slots;
    uint32_t reserved[12];
    struct lane_consumer_line consumer;
    struct lane_producer_line producer;
};

/* A slot holds the reply of one exchange at a time. Exchanges are counted; the word of exchange n
 * is n << LANE_SLOT_SHIFT | LANE_SLOT_ARMED and goes to the replier in the record. Nothing is
 * written to the slot for it: as long as its state tells of exchange n - 1 (or is 0, before the
 * first), the reply of n is awaited. Each change is a compare-and-swap from the word that was seen:
 *
 *     n-1 --claim(replier)--> CLAIMED n, then the reply, then finished = the word
 *      \--abandon(requester)--> ABANDONED n --return(replier)--> RETURNED n
 *       \--withdraw(requester: no record named it)--> RETURNED n
 */
enum lane_slot_state {
    LANE_SLOT_FREE = 0,
    LANE_SLOT_ARMED = 1, /* in the exchange's word only */
    LANE_SLOT_CLAIMED = 2,
    LANE_SLOT_ABANDONED = 3,
    LANE_SLOT_RETURNED = 4,
};
#define LANE_SLOT_SHIFT      3u
#define LANE_SLOT_STATE_MASK 7u

/* Whom the end of an exchange wakes. */
enum lane_sleeping {
    LANE_SLEEPING_NONE = 0,
    LANE_SLEEPING_REPLY = 1, /* the requester, on `finished` */
    LANE_SLEEPING_ANY = 2,   /* the slot is in quarantine and others want one: on slots_back */
};

/* The first line of a slot, the replier's: as long as the requester neither gives up nor sleeps it
 * does not look here, and the line stays where replies are written. The line behind it is left out:
 * processors fetch lines in pairs, and it would come along with the reply. */
struct lane_slot {
    uint32_t state;
    uint32_t sleeping; /* requester: enum lane_sleeping, a FUTEX_WAKE is needed */
    uint32_t reserved[30];
};

/* Then the reply without its bytes, which is all that the requester looks at. It is
 * written at once, when everything that goes into it is known, and its last word last: each store
 * that comes later than that finds the line gone to the requester, who spins on it.
 * LANE_SLOT_INLINE_BYTES of reply follow. */
struct lane_slot_reply {
    uint32_t status; /* 0, or why there is no message here (STATUS_BUFFER_TOO_SMALL ...) */
    uint16_t kind;   /* LANE_CONTINUATION; LANE_REQUEST: a callback to answer first */
    uint16_t flags;
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t sender_tid;
    uint32_t data_size;
    uint32_t attr_size;
    uint32_t in_extent; /* not 0: attributes and payload are in the extent of this slot */
    uint64_t stamp_ns;  /* when it was finished, set only if the requester slept; else 0 */
    uint32_t aux;       /* LANE_SYNC: lane << LANE_AUX_SHIFT | slot + 1, where the sender of this
                           message waits in its turn; else 0 */
    uint32_t aux_word;  /* the word of the exchange there */
    uint32_t cpu;       /* replier's hint: processor + 1 */
    uint32_t reserved[2];
    uint32_t finished; /* the word of the exchange that was finished last; the requester's futex */
};
#define LANE_AUX_SHIFT 8u

/* A receiving port's place in a lane. It lives in port memory: all holders of the port share it,
 * the sender never sees it. Guarded by the port mutex but for need_wake and broken (atomic). */
struct lane_cursor {
    uint64_t next;      /* position of the next record to take */
    uint64_t freed;     /* the ring is free below this; <= next */
    uint64_t published; /* value of freed that the producer was told last */
    uint64_t floor_ns;  /* no later record is older than this */
    uint32_t need_wake; /* the value that stands in the lane */
    uint32_t space_seq;
    uint32_t peer_cpu; /* hint of the last record */
    uint32_t broken;   /* enum lane_break; not 0: the lane is dead for good */
    uint32_t raised;   /* need_wake was made odd by a raise that has not rung since */
    uint32_t rings;    /* rings seen */
    uint32_t reserved[2];
};

/* Why a lane was broken: for the one log line and for tests. */
enum lane_break {
    LANE_BREAK_NONE = 0,
    LANE_BREAK_COMMIT,   /* a commit word that is neither 0, old nor due */
    LANE_BREAK_LENGTH,   /* lengths beyond the maxima or the ring's end */
    LANE_BREAK_KIND,     /* no such kind or flag */
    LANE_BREAK_SLOT,     /* a slot number or state that cannot be */
    LANE_BREAK_CONSUMED, /* consumer progress that goes back or beyond what was sent */
    LANE_BREAK_RINGING,  /* rang without records */
    LANE_BREAK_PROTOCOL, /* found by the layers above: unknown id, unknown connection, ... */
    LANE_BREAK_DEAD,     /* not a violation: the peer is gone */
    LANE_BREAK_LAST = LANE_BREAK_DEAD,
};

static_assert(sizeof(struct lane_record_header) == LANE_RECORD_BYTES, "record header size");
static_assert(offsetof(struct lane_record_header, message_id) == 16, "record layout");
static_assert(offsetof(struct lane_record_header, slot) == 32, "record layout");
static_assert(offsetof(struct lane_record_header, kind) == 40, "record layout");
static_assert(offsetof(struct lane_record_header, data_size) == 48, "record layout");
static_assert(offsetof(struct lane_record_header, aux) == 60, "record layout");
static_assert(sizeof(struct lane_consumer_line) == LANE_LINE_BYTES, "one line");
static_assert(sizeof(struct lane_producer_line) == LANE_LINE_BYTES, "one line");
static_assert(offsetof(struct lane_header, consumer) == 64, "line 1");
static_assert(offsetof(struct lane_header, producer) == 128, "line 2");
static_assert(sizeof(struct lane_header) == 192, "three lines");
static_assert(sizeof(struct lane_slot) == 2 * LANE_LINE_BYTES, "a pair of lines");
static_assert(sizeof(struct lane_slot_reply) == LANE_LINE_BYTES, "one line");
static_assert(offsetof(struct lane_slot_reply, data_size) == 20, "reply layout");
static_assert(offsetof(struct lane_slot_reply, stamp_ns) == 32, "reply layout");
static_assert(offsetof(struct lane_slot_reply, finished) == LANE_LINE_BYTES - 4, "written last");
static_assert(LANE_SLOT_BYTES == sizeof(struct lane_slot) + sizeof(struct lane_slot_reply) +
                                     LANE_SLOT_INLINE_BYTES,
              "slot size");
static_assert(LANE_EXTENT_BYTES >= LANE_ATTR_MAX_BYTES + LANE_DATA_MAX_BYTES, "extent holds all");
static_assert(LANE_RECORD_MAX_BYTES >=
                  LANE_RECORD_BYTES + LANE_ATTR_MAX_BYTES + LANE_DATA_MAX_BYTES,
              "record maximum");
static_assert(LANE_RING_FIRST_BYTES >= 2 * LANE_RECORD_MAX_BYTES + LANE_RECORD_BYTES,
              "a maximum record fits beside a wrap");
static_assert(sizeof(struct lane_cursor) == LANE_LINE_BYTES, "one line");
