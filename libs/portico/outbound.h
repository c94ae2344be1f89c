/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The way from this process to one receiving port: its lanes there, newest first.
 *
 * All connections of this process to that port share it. `lock` is the producers' lock: held from
 * the reservation of a record until the doorbell has been rung, and while the lane is replaced by a
 * larger one. Message ids and callback ids are given out under it. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "common/list.h"
#include "lane/producer.h"
#include "lane/slot.h"
#include "portico/portico.h"

struct port;

#define OUTBOUND_LEASES_MAX 16u

struct outlane {
    struct lane_producer producer; /* outbound's lock */
    struct slot_pool slots;        /* any thread */
    uint32_t lane;                 /* index at the receiver */
    uint32_t generation;
    uint32_t
        slot_ids[LANE_SLOTS_MAX]; /* message id of the exchange in each slot, 0: none; atomic */
    struct outlane *older;        /* replaced by this one; replies to its slots still come there */
};

#define RETIRE_EVERY                                                            \
    16u /* records, while the lane is not of the first size or has predecessors \
         */

/* A lane that grew goes back to the first size when it was little used for so long. For tests. */
extern uint64_t outbound_idle_ns;

struct outbound {
    struct list link;   /* list of all outbounds, its lock; unlinked: being freed */
    uint32_t n_ports;   /* that send here, 0: idle; list lock */
    uint64_t sender_id; /* the server's name for this way: struct lane_grant */
    pthread_mutex_t lock;
    struct outlane *current; /* lock; read without it for its slots */
    struct lane_lease {
        uint32_t first, n;
    } leases[OUTBOUND_LEASES_MAX]; /* message ids; lock */
    uint32_t n_leases;
    uint32_t lease, next_id; /* the next id: place in leases, offset in that lease; lock */
    bool has_async;          /* ids have been live beyond their exchange: set once; atomic */
    bool has_wrapped;  /* each id has been used once: ids of live messages must be passed over */
    uint32_t exchange; /* last callback id; lock */
    uint32_t kept;     /* bytes that ordinary records leave free: reserves; lock */
    uint32_t n_since_retire; /* records since outbound_tidy_locked looked; lock */
    uint64_t busy_ns;        /* when it was last seen to need more than a first lane; lock */
    uint32_t n_slot_waiters; /* threads that wait for a free slot of current; atomic */
};

/* Where a message goes; destination_put (send.h) ends it. */
struct destination {
    struct outbound *outbound;
    struct port *port;   /* whose handle requests about the lane go by; borrowed */
    uint32_t here;       /* the connection in that port's own table */
    uint32_t connection; /* and as the receiver knows it: into every record */
    uint32_t generation;
    bool is_held;      /* the outbound is this destination's to leave */
    bool may_use_kept; /* a reserve's message */
};

/* Around a request that may bring a grant: while one is under way no outbound is freed, because the
 * grant may be of it (race 1 in outbound.c). */
void outbound_grant_begin(void);
void outbound_grant_end(void);

/* The outbound of a grant that has arrived: the one that exists for that lane, or a new one. Takes
 * the descriptors over. The caller's port counts as one of its ports. */
status_t outbound_adopt(const struct lane_grant *grant, int lane_fd, int bell_fd,
                        struct outbound **ret_outbound);
/* The outbound of a grant without descriptors, which counts the caller's port; NULL: this process
 * has none, and asks for the lane when it sends. */
struct outbound *outbound_of_grant(const struct lane_grant *grant);
void outbound_join(struct outbound *outbound);  /* one more user of it */
void outbound_leave(struct outbound *outbound); /* a user has gone */

/* The port's outbound, asked for at the server when it has none yet. */
status_t outbound_of_port(struct port *port, struct outbound **ret_outbound);

/* With the lock held: makes room for a record, growing the lane when it is full. STATUS_SUCCESS;
 * STATUS_QUOTA_EXCEEDED; STATUS_PORT_DISCONNECTED: the lane is broken or gone. */
status_t outbound_reserve_locked(const struct destination *to, uint32_t attr_size,
                                 uint32_t data_size, uint8_t **ret_attributes, uint8_t **ret_data);
/* Replaces `full` by a larger lane unless somebody has done so already. */
status_t outbound_grow(const struct destination *to, const struct outlane *full);
/* From now on ordinary records leave `bytes` more free; the lane grows if it is too small or too
 * full for that. Statuses as outbound_reserve_locked. */
status_t outbound_keep(const struct destination *to, uint32_t bytes);
void outbound_unkeep(struct outbound *outbound, uint32_t bytes);
/* Publishes the reserved record and rings. */
void outbound_publish_locked(const struct destination *to, const struct lane_message *message);
/* Replaces the current lane by one of the first size. Statuses as outbound_reserve_locked. */
status_t outbound_shrink_locked(const struct destination *to);
/* Gives lanes back that have been replaced and are empty, and a large one that is not needed any
 * more. */
void outbound_tidy_locked(const struct destination *to);
void outlane_free(struct outlane *lane); /* and those older than it */

/* Ids for a new message: STATUS_SUCCESS or the lease request's status. */
status_t outbound_ids_locked(const struct destination *to, uint32_t *ret_message_id,
                             uint32_t *ret_callback_id);

/* From now on ids may be live in some port's memory. */
void outbound_note_async(struct outbound *outbound);

/* A free slot of the current lane; grows the lane when all are taken, and waits when it may not
 * grow. */
status_t outbound_slot_acquire(const struct destination *to, int64_t deadline_ns, bool alertable,
                               struct outlane **ret_lane, uint32_t *ret_slot);
void outbound_slot_release(struct outbound *outbound, struct outlane *lane, uint32_t slot);
/* One that was armed and that no record names. */
void outbound_slot_withdraw(struct outbound *outbound, struct outlane *lane, uint32_t slot,
                            uint32_t word);
/* Who waits for a slot looks again (outbound_ids.c, race 1). `lane` was current. */
void outbound_tell_waiters(struct outbound *outbound, const struct outlane *lane);
/* Is that exchange's slot still with the other end (or its own thread)? */
bool outbound_slot_is_out(struct outbound *outbound, uint32_t lane, uint32_t generation,
                          uint32_t slot, uint32_t word);
/* A SYNC exchange by what can be kept of it. */
struct slot_place {
    uint64_t sender_id; /* 0: none */
    uint32_t lane, generation, slot, word;
    uint32_t connection, connection_generation; /* in the sender's own table */
};
/* outbound_slot_is_out for it; false when no port of ours sends that way any more. */
bool slot_place_is_out(const struct slot_place *place);
/* The slot's other end still may answer: it stays away until it has been returned. */
void outbound_slot_quarantine(struct outbound *outbound, struct outlane *lane, uint32_t slot);
