/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port memory: the shared memory of one receiving port (a connection port or a client communication
 * port).
 *
 * A memfd made and formatted by the daemon, mapped by the daemon and by the processes that hold the
 * port, never by its peers. Everything is an index, 0 is "none" (an index is stored + 1 where 0 is
 * a valid place), zeroed memory is valid: formatting writes the header only and an unused part
 * costs no page.
 *
 * Who writes what (each field names its guard):
 *   D  the daemon alone, with atomic stores; a state word last, with release. Holders read with
 * acquire. M  holders, under the port mutex. The daemon reads with relaxed loads, bounds what it
 * reads, never takes the mutex. C  constant after formatting. Co-holders trust each other; the
 * daemon trusts nobody: what it needs again it keeps in struct port_keeper, outside.
 *
 * What is primary and what is derived: a node's state and contents, a lane's cursor and marks, a
 * connection's entry, and the journal are primary. Lists, id table, heap bitmap, hot list and
 * counters are derived: the repair pass after EOWNERDEAD rebuilds them (libs/alpc/repair.c). */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "portico/lane.h"

#define PORT_MAGIC          0x54524F50u /* "PORT" */
#define PORT_LAYOUT_VERSION 1u

/* Limits of a port's own parts; a message has at most PORT_DATA_MAX_BYTES behind its 40-byte
 * header. */
#define PORT_DATA_MAX_BYTES       LANE_DATA_MAX_BYTES
#define PORT_ATTRIBUTES_MAX_BYTES 512u
#define PORT_INLINE_MAX_BYTES     512u /* payloads up to this are copied under the port mutex */
#define PORT_HOLDERS_MAX          64u  /* processes that map one port, daemon excluded */
#define PORT_LEASES_MAX           16u  /* id ranges of one lane */
#define PORT_SENDERS_MAX                                                     \
    4u /* processes that may send on one connection (client port held twice) \
        */
#define PORT_BLOCK_BYTES 1024u

/* Sizes of the tables; the same constants for every port of a kind. n_buckets and n_blocks are
 * powers of two. */
struct port_geometry {
    uint32_t n_connections;
    uint32_t n_lanes; /* place 0 is the daemon's */
    uint32_t n_nodes;
    uint32_t n_buckets;
    uint32_t n_blocks;  /* heap */
    uint32_t ring_size; /* of lane 0, bytes, a power of two */
};

#define PORT_GEOMETRY_CONNECTION \
    ((struct port_geometry){16384u, 8192u, 65536u, 16384u, 16384u, 262144u})
#define PORT_GEOMETRY_CLIENT ((struct port_geometry){1u, 16u, 16384u, 1024u, 4096u, 262144u})

enum port_header_flags {
    PORT_IS_CLIENT =
        1u, /* client communication port: PortContext is the holder's handle; sequence counts all */
    PORT_IS_WAITABLE = 2u, /* ALPC_PORFLG_WAITABLE_PORT: signals are counted */
};

/* A list of nodes: places + 1. Guard M. */
struct port_list {
    uint32_t head;
    uint32_t tail;
    uint32_t n;
};

/* One step that a holder has begun: the repair pass completes it (redo). armed is written last and
 * cleared last. M */
struct port_journal {
    uint32_t armed;
    uint32_t node; /* place + 1 that gets node_state, 0 none */
    uint32_t node_state;
    uint32_t lane;   /* place + 1 whose cursor moves to next, 0 none */
    uint64_t next;   /* cursor.next */
    uint64_t stamp;  /* cursor.floor_ns */
    uint32_t by_ref; /* the node refers to the record */
    uint32_t reserved;
};

/* In port_holder.watching: its completion port is associated; the rest counts. */
#define PORT_HOLDER_COMPLETION 0x80000000u

/* A process that maps the port. M, but dead: D. */
struct port_holder {
    uint32_t process_id; /* 0 free */
    uint32_t n_waiters;  /* its threads that sleep on the port */
    uint32_t dead; /* D: the process id that has died; the holder's place is repaired by the next
                      holder */
    uint32_t watching; /* its waits on the handle, and PORT_HOLDER_COMPLETION */
};

/* Lengths for portctl. M; the daemon reads them as they are. */
struct port_counters {
    uint32_t n_main;
    uint32_t n_large;
    uint32_t n_delivering;
    uint32_t n_pending; /* received here, a continuation is due from here */
    uint32_t n_sent;    /* sent from here, a continuation is due from the peer */
    uint32_t n_quarantined;
    uint64_t n_received; /* messages handed to callers since the port was made */
    uint64_t n_canceled;
};

struct port_memory {
    /* line 0, C */
    uint32_t magic;
    uint32_t version;
    struct port_geometry geometry;
    uint32_t flags; /* enum port_header_flags */
    uint32_t reserved_c;
    uint64_t port_id;
    uint64_t size;
    uint8_t pad_c[8];

    /* line 1 */
    uint64_t mutex[8]; /* struct robust_lock of libs/lane: robust, process-shared */

    /* line 2, D */
    uint32_t ended_status; /* 0, or the status with which the port has ended (disconnected, refused,
                              closed) */
    uint32_t attention;  /* bumped: a holder or sender has died: the next holder looks everywhere */
    uint32_t n_granted;  /* lanes ever entered, lane 0 not counted */
    uint32_t lanes_used; /* places of the lane table ever used */
    uint32_t connections_used; /* places of the connection table ever used */
    uint32_t close_tail;       /* closes ever queued; close_queue[close_tail - 1] is the newest */
    uint32_t sequence; /* reference 4.3; the holders' and atomic: replies in slots count without the
                          mutex. In this line, because a SYNC request looks at no other */
    uint32_t pad_d[9];

    /* line 3, M */
    uint32_t n_waiters;  /* threads of all holders that sleep on the port */
    uint32_t n_watchers; /* other waits: completion port associations, waits on the handle; of all
                            holders */
    uint32_t bell_rung;  /* the port bell has been rung and nobody has answered it yet */
    uint32_t n_hot;      /* length of the hot list */
    uint32_t
        n_drained; /* lanes that have ended for the receiver: granted - drained - hot are cold */
    uint32_t attention_seen; /* value of attention that has been handled */
    uint32_t close_taken;    /* closes whose lanes have been marked hot */
    uint32_t close_flushed;  /* closes whose live messages have become LPC_CANCELED */
    uint32_t close_head;     /* closes delivered */
    uint32_t stalled; /* a record could not be harvested for want of a node: who frees one rings */
    uint32_t has_completion; /* holders with a completion port: packets are due */
    uint32_t pad_m;
    uint64_t order;       /* last number given to a queued node */
    uint32_t is_waitable; /* C: PORT_IS_WAITABLE */
    uint32_t signals; /* of a waitable port: its semaphore's count. Atomic: waits take without the
                         mutex */

    /* line 4, M */
    struct port_list main;
    struct port_list large;
    struct port_list delivering;
    uint32_t free_head;  /* place + 1, chained by next */
    uint32_t nodes_used; /* places ever used */
    uint32_t block_hint;
    uint32_t pad_l[2];
    uint64_t known_ns; /* T of the last scan while messages queue, else 0: alpc/scan.c, B5 */

    /* lines 5 and 6, M */
    struct port_counters counters;
    uint8_t pad_k[24];
    struct port_journal journal;
    uint8_t pad_j[24];

    struct port_holder holders[PORT_HOLDERS_MAX];
};

/* ---- lanes ---- */

enum port_lane_state {
    PORT_LANE_FREE = 0,
    PORT_LANE_LIVE = 1,
    PORT_LANE_DEAD = 2,   /* its sender has died: drain what is published, then it is drained */
    PORT_LANE_UNUSED = 3, /* DEAD, and nothing was ever published: nobody needs to map it */
};

enum port_lane_marks {
    PORT_LANE_HOT = 1u,     /* in the hot list */
    PORT_LANE_BROKEN = 2u,  /* its sender broke the protocol: never read again */
    PORT_LANE_MOVED = 4u,   /* its last record has been read, the successor may be read */
    PORT_LANE_DRAINED = 8u, /* nothing will come: counted in n_drained */
    PORT_LANE_RAISED =
        16u, /* need_wake is odd and no record was taken since: no need to raise again */
};

struct port_lease {
    uint32_t first_id;
    uint32_t n_ids;
};

struct port_lane {
    /* D; state last */
    uint32_t state;
    uint32_t generation;
    uint32_t process_id; /* of the sender; 0 for lane 0 */
    uint32_t sender;     /* unique number of the sending process, as in connections */
    uint32_t ring_size;
    uint32_t n_slots;
    uint32_t previous; /* place + 1 of the lane that this one succeeds, read only once that one is
                          MOVED or drained */
    uint32_t n_leases; /* release-stored after the lease */
    uint8_t pad_d[32];
    struct port_lease leases[PORT_LEASES_MAX];

    /* M */
    struct lane_cursor cursor;
    uint64_t seen_position;     /* position + 1 of the head record that a scan has seen */
    uint64_t seen_stamp;        /* its stamp, raised and lowered as due */
    uint32_t marks;             /* enum port_lane_marks */
    uint32_t marked_generation; /* generation that the M part belongs to; another: reset it first */
    uint32_t hot_index;         /* place in the hot list when HOT */
    uint32_t idle_scans;        /* scans in a row that found it empty */
    uint32_t refs_head;         /* by-reference nodes in the order of their positions, place + 1 */
    uint32_t refs_tail;
    uint32_t
        drained_generation; /* read by the daemon: the lane of this generation may be taken back */
    uint32_t n_nodes;       /* live messages whose slot is in this lane */
    uint32_t n_drops;       /* records in a row that meant nothing */
    uint8_t pad_m[12];
};

/* ---- connections ---- */

enum port_connection_state {
    PORT_CONNECTION_FREE = 0,
    PORT_CONNECTION_PENDING = 1, /* its request has been queued */
    PORT_CONNECTION_OPEN = 2,
    PORT_CONNECTION_CLOSED = 3, /* its place in the close queue has been taken */
};

enum port_close_flags {
    PORT_CLOSE_SILENT = 1u, /* no LPC_PORT_CLOSED: never accepted, or a client port's own end */
    PORT_CLOSE_NO_FLUSH =
        2u, /* what was sent before it is received as it is, nothing is canceled */
};

enum port_connection_marks {
    PORT_CONNECTION_DONE = 1u,      /* its close has been delivered */
    PORT_CONNECTION_ANNOUNCED = 2u, /* a completion packet was posted for its close */
};

struct port_connection {
    /* D; state last */
    uint32_t state;
    uint32_t generation;
    uint32_t process_id; /* of the peer */
    uint32_t thread_id;  /* that connected */
    uint32_t senders[PORT_SENDERS_MAX];
    uint64_t token_ids[3]; /* TokenId, AuthenticationId, ModifiedId */
    uint64_t create_time;  /* NT time, payload of LPC_PORT_CLOSED */
    uint64_t close_stamp;  /* CLOCK_MONOTONIC ns; valid when CLOSED */
    uint32_t close_flags;
    uint32_t pad_d;

    /* M */
    uint64_t port_context;
    struct port_list live; /* PENDING, SENT and QUARANTINED nodes */
    uint32_t sequence;     /* messages received from this connection */
    uint32_t marks;
    uint32_t marked_generation; /* generation that the M part belongs to */
    uint32_t
        done_generation; /* read by the daemon: the place of this generation may be used again */
    uint32_t pad_m[2];
};

/* ---- nodes: live messages ---- */

enum port_node_state {
    PORT_NODE_FREE = 0,
    PORT_NODE_MAIN = 1,       /* harvested, not received */
    PORT_NODE_LARGE = 2,      /* a receiver's buffer was too small */
    PORT_NODE_DELIVERING = 3, /* a receiver is copying it outside the mutex */
    PORT_NODE_PENDING = 4,    /* received; a continuation is due from here */
    PORT_NODE_REPLYING = 5,   /* a continuation is being written by a thread of `holder` */
    PORT_NODE_SENT = 6,       /* sent from here; a continuation is due from the peer */
    PORT_NODE_QUARANTINE = 7, /* sent from here and ended here alone: the id is still the peer's */
    PORT_NODE_ACCEPTING = 8,  /* a connection request that a thread of `holder` is answering */
    PORT_NODE_STATES
};

enum port_node_flags {
    PORT_NODE_RELEASED = 1u,   /* no continuation is expected: gone once received (or written) */
    PORT_NODE_HASHED = 2u,     /* in the id table */
    PORT_NODE_BY_REF = 4u,     /* payload in the lane at `position`, linked in refs */
    PORT_NODE_ACK = 8u,        /* once received, its id is given back by an ACK record */
    PORT_NODE_CANCELED = 16u,  /* canceled while DELIVERING or REPLYING */
    PORT_NODE_ATTACHED = 32u,  /* carries a view or handles */
    PORT_NODE_LINKED = 64u,    /* in the list of its state */
    PORT_NODE_ANNOUNCED = 128u, /* a completion packet was posted for it */
    PORT_NODE_LENT = 256u       /* `order` is the security context that goes with it (PENDING, SENT) */
};

struct port_node {
    uint32_t state; /* M, as everything here */
    uint32_t flags;
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t connection; /* place */
    uint32_t connection_generation;
    uint32_t next, prev; /* list of the state, place + 1 */
    uint32_t hash_next;
    uint32_t type;      /* as the receiver will see it, 0x2000 included */
    uint32_t slot;      /* slot + 1 of the requester in `lane`, 0 none */
    uint32_t slot_word; /* its armed word */
    uint32_t lane;      /* lane it came in */
    uint32_t lane_generation;
    uint64_t message_context; /* of this side */

    /* second line: only for a message that has been queued or pinned */
    uint64_t position; /* of the record in its lane */
    uint64_t stamp;
    uint64_t order; /* place in main or large; LENT: a security context */
    uint32_t ref_next, ref_prev;
    uint32_t data_length;
    uint32_t attributes_length;
    uint32_t block; /* first heap block + 1, 0 none: attributes, then data */
    uint32_t n_blocks;
    uint32_t holder; /* place of the process: DELIVERING, REPLYING, ACCEPTING */
    uint32_t sender_thread_id;
    uint16_t kind;        /* record kind it came in */
    uint16_t reply_flags; /* enum port_continue_flags of the continuation being written: REPLYING */
    uint32_t claim;       /* counts claims, for ever: what a route's end must still find */
};

static_assert(sizeof(struct port_memory) % LANE_LINE_BYTES == 0, "port_memory");
static_assert(offsetof(struct port_memory, ended_status) == 128, "the daemon's line");
static_assert(offsetof(struct port_memory, sequence) / LANE_LINE_BYTES == 128 / LANE_LINE_BYTES,
              "what a SYNC request looks at is in one line");
static_assert(offsetof(struct port_memory, n_waiters) == 192, "the holders' line");
static_assert(offsetof(struct port_memory, counters) == 320, "counters");
static_assert(offsetof(struct port_memory, holders) == 448, "holders");
static_assert(sizeof(struct port_lane) == 320, "port_lane");
static_assert(sizeof(struct port_connection) == 128, "port_connection");
static_assert(sizeof(struct port_node) == 128, "port_node");
