/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a holder of a receiving port does with its port memory (portico/port.h). libs/portico is the
 * caller; it does the I/O. Both ends use the same calls: a server on its connection port, a client
 * on its client communication port. The daemon uses alpc/keeper.h instead.
 *
 * Threads: every call takes the port mutex for a bounded time, unless it says so. Nothing here
 * blocks or allocates but port_view_init. The only system call inside the mutex is ops->read_inner
 * (and a bell: one eventfd write).
 *
 * A server's round trip:            port_receive (PORT_RECEIVED: message) ... program ...
 *     port_continue_begin(&route)   slot_claim, write, slot_finish or a record in the lane to the
 * client port_receive(args.finished = &route)      ends the route and receives the next message
 * under one lock
 *
 * A client's SYNC request needs nothing here (slot) but port_count_received, unless the reply keeps
 * the message alive (port_adopt) or does not fit (port_adopt_large). An asynchronous request:
 * port_expect before it is published.
 *
 * Ids are assigned by the sending process from the leases of its lane; CallbackIds by the
 * requester, never 0. */
#pragma once

#include "common/macro.h"
#include "lane/consumer.h"
#include "portico/port.h"
#include "portico/status.h"

/* ---- the view: one process's mapping of a port ---- */

struct port_ops {
    /* doorbell_read on the inner instance: the lanes that rang. 0 as long as the port has no
     * doorbells. */
    unsigned (*read_inner)(void *context, uint32_t *ret_lanes, unsigned max);
    /* doorbell_clear on the outer instance: called by a thread that has slept. */
    void (*clear_outer)(void *context);
    /* doorbell_ring on the port bell: another holder or thread has something to look at. */
    void (*ring_bell)(void *context);
    /* A sender broke the protocol; its lane is dead. Print one rate-limited line; end its
     * connections. */
    void (*lane_broken)(void *context, uint32_t lane, uint32_t process_id, enum lane_break reason);
};

/* A lane as this process has it mapped. */
struct port_lane_map {
    struct lane_view view;
    struct lane_view retired; /* what was here before, while somebody may still glance at it (A3) */
    uint32_t generation;      /* atomic, written last; 0: not mapped */
    uint32_t n_users; /* under the port mutex: pinned messages and routes that point into it */
    uint32_t told;    /* atomic, the caller's: generation in which it was told to be broken */
};

/* The parts of port memory at their places; made from a checked geometry. */
struct port_layout {
    struct port_memory *memory;
    struct port_lane *lanes;
    struct port_connection *connections;
    struct port_node *nodes;
    uint32_t *buckets;
    uint64_t *blocks; /* bitmap of the heap */
    uint32_t *hot;
    uint32_t *close_queue;
    uint8_t *heap;
    uint8_t *ring; /* lane 0 */
    struct port_geometry geometry;
    uint64_t size;
};

struct port_view {
    struct port_layout at;
    const struct port_ops *ops;
    void *context;
    struct port_lane_map *lanes; /* n_lanes, by place */
    uint32_t holder;             /* place in memory->holders */
    uint32_t n_glancers;         /* atomic: threads between port_glance_begin and port_glance_end */
    bool has_edge; /* port mutex: something of the daemon's was received, its bell not taken */
};

/* The size of a port memory of this geometry; 0: not a valid geometry. Constant time. */
uint64_t port_memory_size(const struct port_geometry *geometry);

/* Attaches to mapped port memory: checks it, enters this process among the holders, views lane 0.
 * The memory stays mapped until port_view_deinit. STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER (not
 * port memory, another layout), STATUS_INSUFFICIENT_RESOURCES (PORT_HOLDERS_MAX). */
_must_check_ status_t port_view_init(struct port_view *view, void *memory, uint64_t size,
                                     uint32_t process_id, const struct port_ops *ops,
                                     void *context);

/* Leaves the holders and unmaps the lanes. No thread is inside a call or holds a message or a
 * route. */
void port_view_deinit(struct port_view *view);

/* Gives the view a mapped lane (after PORT_MAP_LANE; takes `lane` over). A place that is mapped
 * already in that generation, or whose old mapping is in use: false, the caller unmaps. Any thread.
 */
bool port_view_set_lane(struct port_view *view, uint32_t lane, uint32_t generation,
                        struct lane_view *mapped);

/* Lets go of the memory of lanes that are over (port_view_set_lane does so too). Any thread, now
 * and then: it looks at each place. */
void port_view_let_go(struct port_view *view);

/* ---- receive ---- */

/* Each result but PORT_WAIT has ended the registration of a thread that was waiting. */
enum port_result {
    PORT_RECEIVED = 0, /* *ret_message is valid; port_receive_end when message.pin is not 0 */
    PORT_EMPTY,        /* nothing to receive now (args.may_wait was false) */
    PORT_WAIT, /* nothing, and this thread is registered: sleep on the outer doorbell, then call
                * again with was_waiting, or port_wait_cancel */
    PORT_TOO_SMALL, /* STATUS_BUFFER_TOO_SMALL: message.data_length is needed; the message stays,
                       first in line */
    PORT_MAP_LANE, /* message.lane / lane_generation must be mapped by this process first; then call
                      again */
    PORT_ENDED,    /* nothing is left and the port has ended: message.status */
    PORT_UNUSABLE, /* the port memory's mutex is beyond repair */
};

enum port_message_flags {
    PORT_MESSAGE_HAS_CONTEXT =
        1u, /* PortContext and the rest of CONTEXT are valid (not for connection requests) */
    PORT_MESSAGE_ACK = 2u,    /* LPC_CANCELED: give the id back: a LANE_ACK record to connection */
    PORT_MESSAGE_LEGACY = 4u, /* sent by a legacy LPC call */
    PORT_MESSAGE_PACKET =
        8u, /* a completion packet is due for it (completion port, no blocked receiver) */
    PORT_MESSAGE_PEER_SYNC = 16u, /* its sender is blocked for the reply */
    PORT_MESSAGE_ATTACHED =
        32u, /* a datagram with view or handles, or any message that carries them */
};

/* A received message, private to the thread. */
struct port_message {
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t type;        /* LPC_* | 0x2000 */
    uint32_t flags;       /* enum port_message_flags */
    uint32_t data_length; /* payload bytes */
    uint32_t attributes_length;
    uint32_t sender_process_id;
    uint32_t sender_thread_id;
    uint32_t connection; /* place in this port's table; 0 on a client port */
    uint32_t connection_generation;
    uint32_t sequence;
    uint32_t lane; /* it came in; PORT_MAP_LANE: to be mapped */
    uint32_t lane_generation;
    uint32_t pin; /* not 0: data points into shared memory until port_receive_end */
    status_t status;
    uint32_t cpu;      /* hint: processor + 1 of the sender, for the spin policy */
    uint64_t stamp_ns; /* when it was sent, if it came straight from a lane, else 0; for the spin
                          policy */
    uint64_t port_context;
    uint64_t message_context;
    uint64_t token_ids[3];
    uint64_t security;   /* port_find_message: the context that came with it, 0 none */
    const uint8_t *data; /* own_data, or pinned: then copy it once, outside any lock; its writer may
                            change it */
    uint8_t attributes[PORT_ATTRIBUTES_MAX_BYTES];
    uint8_t own_data[PORT_INLINE_MAX_BYTES];
};

/* What a receiver takes. The rest stays for others, before what is sent later. */
enum port_only {
    PORT_ONLY_ALL = 0,
    PORT_ONLY_CONNECTS = 1, /* connection requests */
    PORT_ONLY_OTHERS = 2,   /* everything else */
};

struct port_receive_args {
    int32_t capacity; /* payload bytes that the caller can take; -1: nothing, it asks for a size */
    /* So many of the first PORT_INLINE_MAX_BYTES of its buffer's room it does not know to be
     * writable: a message that needs them is pinned, however small. */
    uint32_t unproven;
    bool may_wait;
    bool was_waiting; /* this thread was registered by PORT_WAIT; cleared by the call */
    bool
        has_waited; /* it found nothing before and stayed: for the packet rule a blocked receiver */
    enum port_only only; /* not PORT_ONLY_ALL: may_wait is false */
    uint32_t n_packets;  /* counted up: completion packets due for messages that were left (only) */
    /* A route to end under the same lock, or NULL; set to NULL once ended. */
    struct port_route *finished;
    bool counted_out; /* private to port_receive: false */
};

/* Takes the next message in causal order. The caller has the doorbells (alpc_doorbells) before its
 * first call. */
_must_check_ enum port_result port_receive(struct port_view *view, struct port_receive_args *args,
                                           struct port_message *ret_message);

/* Ends the copying of a pinned message. delivered false (the caller's buffer was bad): the message
 * has not been received and is first in line again; message->flags tell (PORT_MESSAGE_PACKET)
 * whether that is a packet for the completion port. */
void port_receive_end(struct port_view *view, struct port_message *message, bool delivered);

/* A registered thread stops waiting without receiving: hands the bell on when something is left. */
void port_wait_cancel(struct port_view *view);

/* The daemon parks messages for want of space in lane 0, and there is more since *told, which is
 * updated: the caller tells it by alpc_lane0_drained. After each receive and before sleeping: one
 * load when nothing is parked. */
bool port_lane0_has_room(struct port_view *view, uint32_t *told);

/* May something be there? No lock, a hint, for spinning; between begin and end, which keep the
 * mappings that it looks at. */
void port_glance_begin(struct port_view *view);
bool port_glance(const struct port_view *view);
void port_glance_end(struct port_view *view);

/* ---- completion ports and waits on the handle ---- */

/* A completion port is associated (or no longer). Every association counts as somebody who waits.
 */
void port_set_completion(struct port_view *view, bool associated);

/* A wait on the port's handle begins or ends. */
void port_watch(struct port_view *view, bool begin);

/* The semaphore of a waitable port: one signal for each message that was queued and met no blocked
 * receiver. take: false when there is none. give: back, after a take. The first two take no lock.
 */
uint32_t port_signals(const struct port_view *view);
bool port_signal_take(struct port_view *view);
void port_signal_give(struct port_view *view);

/* Moves all that can be harvested to the main list and asks for a ring for what comes later, so the
 * caller may sleep on the outer doorbell when *ret_n_packets (completion packets due now: harvested
 * messages that meet no blocked receiver) is 0. PORT_RECEIVED: something waits in the queue;
 * PORT_EMPTY; PORT_MAP_LANE (*ret_lane, *ret_generation: map it, call again; packets counted so far
 * are due); PORT_ENDED; PORT_UNUSABLE. */
_must_check_ enum port_result port_harvest(struct port_view *view, uint32_t *ret_n_packets,
                                           uint32_t *ret_lane, uint32_t *ret_generation);

/* ---- continue, cancel: where does it go ---- */

enum port_route_kind {
    PORT_ROUTE_NONE = 0, /* nothing to write */
    PORT_ROUTE_SLOT, /* slot_claim(route.lane_view, route.slot, route.slot_word), write, slot_finish
                      */
    PORT_ROUTE_LANE, /* a record of record_kind/record_flags in this process's lane to the
                        connection's other end */
    PORT_ROUTE_MAP_LANE, /* map route.lane / lane_generation into the view, then begin again;
                            nothing has changed */
};

/* A decision that the caller carries out between begin and end. The message belongs to the caller
 * until then. */
struct port_route {
    enum port_route_kind kind;
    uint32_t node;  /* place + 1, 0: nothing to end */
    uint32_t claim; /* of the node, by this route */
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t connection; /* in this port's table; the record names the *other* end's index (a
                            client's: 0) */
    uint32_t connection_generation;
    uint32_t lane; /* PORT_ROUTE_SLOT, PORT_ROUTE_MAP_LANE */
    uint32_t lane_generation;
    uint32_t slot; /* index */
    uint32_t slot_word;
    const struct lane_view *lane_view; /* valid until the route is ended */
    uint16_t record_kind;              /* LANE_CONTINUATION, LANE_CANCEL, LANE_CANCELED, LANE_ACK */
    uint16_t record_flags;             /* LANE_RELEASE ... */
    status_t slot_status; /* for a slot: 0 message, else finish with this status and no message */
    enum port_outcome {
        PORT_WRITTEN = 0, /* published */
        PORT_GONE, /* slot_claim said LANE_GONE, or the connection has gone: the message is over */
        PORT_NOT_WRITTEN, /* could not (quota, lane broken): as if never begun */
    } outcome;            /* set by the caller before the end; 0 after begin */
};

enum port_continue_flags {
    PORT_CONTINUE_RELEASE = 1u, /* RELEASE_MESSAGE: final reply, the message is gone */
    PORT_CONTINUE_SYNC =
        2u, /* the caller blocks in a slot of its own lane for what comes back (LANE_SYNC) */
};

/* A continuation of a received message. callback_id 0: not compared; message_context replaces this
 * side's when has_context. STATUS_SUCCESS and a route; STATUS_REPLY_MESSAGE_MISMATCH: no such
 * message waits here for a continuation (unknown, answered, connection request, CallbackId of
 * another exchange, somebody else is answering it). */
_must_check_ status_t port_continue_begin(struct port_view *view, uint32_t message_id,
                                          uint32_t callback_id, uint32_t flags, bool has_context,
                                          uint64_t message_context, struct port_route *ret_route);

/* Ends a route of port_continue_begin or port_cancel_begin by its outcome. (Or give it to
 * port_receive.) */
void port_route_end(struct port_view *view, struct port_route *route);

enum port_cancel_flags {
    PORT_CANCEL_TRY = 1u,
    PORT_CANCEL_NO_CONTEXT_CHECK = 8u,
};

/* Which message; callback_id and message_context (this side's) are compared when they are not 0. */
struct port_cancel {
    uint32_t message_id;
    uint32_t callback_id;
    uint64_t message_context;
    uint32_t flags; /* enum port_cancel_flags */
};

/* NtAlpcCancelMessage (reference 3.8), whichever side this is. STATUS_PENDING: canceled, carry out
 * the route (a slot is finished with route.slot_status; PORT_ROUTE_NONE: nothing to do) and end it.
 * STATUS_MESSAGE_NOT_FOUND, STATUS_REQUEST_CANCELED (canceled already), STATUS_CONTEXT_MISMATCH,
 * STATUS_MESSAGE_RETRIEVED (TRY and the message is with the other side). STATUS_SUCCESS never. A
 * SYNC request is its thread's, not the port's: slot_abandon. */
_must_check_ status_t port_cancel_begin(struct port_view *view, const struct port_cancel *cancel,
                                        struct port_route *ret_route);

/* Is message_id a message that was received here and is not answered (impersonation, sender
 * queries, handle fetch)? Its facts come back as in a received message, without data.
 * STATUS_NOT_FOUND otherwise. */
_must_check_ status_t port_find_message(struct port_view *view, uint32_t message_id,
                                        struct port_message *ret_message);

/* A received message that waits for a continuation (sent false), or an asynchronous request that
 * was sent from here (true), carries this security context. For port_find_message, for every
 * holder, and for port_security_is_used. Nothing happens when there is no such message any more. */
void port_note_security(struct port_view *view, uint32_t message_id, bool sent, uint64_t context);
/* Does a request that was sent from here and is not over carry the context? */
bool port_security_is_used(struct port_view *view, uint64_t context);

/* ---- what this process sends from the port ---- */

/* An asynchronous request (or a datagram with attachments) is about to be published: its
 * continuation resolves from now on. STATUS_INSUFFICIENT_RESOURCES: too many are outstanding;
 * STATUS_PORT_DISCONNECTED: the connection has gone; STATUS_INVALID_PARAMETER: the id is in use. */
_must_check_ status_t port_expect(struct port_view *view, uint32_t connection, uint32_t message_id,
                                  uint32_t callback_id, uint64_t message_context);

/* Does the id name a live message of this port (outstanding, held, queued or quarantined)? For id
 * counters that have wrapped. Takes the mutex only when there are any. */
bool port_id_is_live(struct port_view *view, uint32_t message_id);

/* Is message_id a message that was sent from here, whose continuation has not come to the port? */
bool port_is_outstanding(struct port_view *view, uint32_t message_id);

/* An id of this end's that is in no message's header: something that goes with a final reply is the
 * other end's under it until that gives it back (LANE_ACK), port_lend_end, or the connection ends.
 * Live till then. Statuses as port_expect. */
_must_check_ status_t port_lend(struct port_view *view, uint32_t connection, uint32_t id,
                                uint32_t callback_id);
void port_lend_end(struct port_view *view, uint32_t id);

/* It was not published after all. */
void port_expect_abort(struct port_view *view, uint32_t message_id);

/* Where the sender of a message waits for its continuation; lane and slot are that sender's claims.
 */
struct port_waiter {
    uint32_t lane; /* the sender's to this port */
    uint32_t slot; /* slot + 1, 0: nowhere */
    uint32_t slot_word;
};

/* A SYNC reply without RELEASE was taken from a slot: the message is now received here and waits
 * for a continuation, which goes to `waiter` if there is one (a callback: each end waits in a slot
 * of its own lane for the other, in turn). Statuses as port_expect; STATUS_INVALID_PARAMETER also
 * for a waiter that cannot be. */
_must_check_ status_t port_adopt(struct port_view *view, uint32_t connection, uint32_t message_id,
                                 uint32_t callback_id, uint64_t message_context,
                                 const struct port_waiter *waiter);

/* A SYNC reply that the caller's buffer could not take: queued first in line (it is received like
 * any message and counted then). message gives message_id, callback_id, type, connection, sender
 * ids, lengths, message_context, attributes and data. STATUS_INSUFFICIENT_RESOURCES: no place, the
 * reply is lost. */
_must_check_ status_t port_adopt_large(struct port_view *view, const struct port_message *message,
                                       const struct port_waiter *waiter);

/* A reply was received in a slot: the port's SequenceNo (reference 4.3), counted up. No lock. */
uint32_t port_count_received(struct port_memory *memory);

/* ---- connections ---- */

/* The connection request message_id is being answered by this thread; its PortContext is stored
 * before the daemon is asked, since the client's first message may follow at once. *ret_connection
 * is its place. STATUS_REPLY_MESSAGE_MISMATCH: no such request waits. */
_must_check_ status_t port_accept_begin(struct port_view *view, uint32_t message_id,
                                        uint64_t port_context, uint32_t *ret_connection,
                                        uint32_t *ret_generation);

/* The daemon's answer: answered true ends the request; false puts it back. */
void port_accept_end(struct port_view *view, uint32_t message_id, bool answered);

/* PortContext of a connection again (the daemon gave the server port handle only with the
 * acceptance). */
void port_set_context(struct port_view *view, uint32_t connection, uint32_t generation,
                      uint64_t port_context);

struct port_connection_facts {
    uint32_t state; /* enum port_connection_state */
    uint32_t generation;
    uint32_t process_id;
    uint32_t thread_id;
    uint32_t sequence;
    uint64_t port_context;
    uint64_t token_ids[3];
};

/* False: no such place. No lock. */
bool port_connection_read(const struct port_view *view, uint32_t connection,
                          struct port_connection_facts *ret_facts);

/* SequenceNo of the port itself. No lock. */
uint32_t port_sequence(const struct port_view *view);

/* 0, or the status with which the port has ended. No lock. */
status_t port_ended(const struct port_memory *memory);
