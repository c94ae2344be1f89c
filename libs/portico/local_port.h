/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A port handle's meaning in this process.
 *
 * Three things are told apart. A `struct port` is one handle's port. A `struct receiver`
 * (receiver.h) is the queue that a connection port or client port receives from, mapped once;
 * server communication ports share their connection port's. A `struct outbound` (outbound.h) is the
 * way of this process to one receiving port of another, shared by all connections between the two.
 *
 * Everything but refs, flags, state and the two pointers is constant once the port is in the handle
 * table.
 */
#pragma once

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/list.h"
#include "lane/atomics.h"
#include "portico/port.h"
#include "portico/portico.h"

struct alpc_connect_reply;
struct legacy_views;
struct spare_map;
struct receiver;
struct outbound;

enum port_life {
    LIFE_LISTENING, /* connection port */
    LIFE_PENDING,   /* client: asynchronous connect, its reply has not been received */
    LIFE_OPEN,
    LIFE_ENDED /* ended_status says how */
};

struct port {
    /* Line 0: all that a SYNC request on the port reads here, for who has 10,000 of them. */
    alignas(LANE_LINE_BYTES) _Atomic uint32_t refs; /* of recycled memory: handle.h, race 1 */
    handle_t handle;
    struct port_memory *memory;        /* the receiver's; or NULL. Set when it is entered */
    struct outbound *_Atomic outbound; /* where it sends; made at first need */
    _Atomic uint32_t life;             /* enum port_life */
    uint32_t max_message_length;
    uint32_t connection; /* communication port: index in the server's connection table */
    uint32_t peer_connection,
        peer_generation; /* the connection as its other end knows it: with outbound */
    uint32_t server_process_id;
    uint32_t generation; /* of connection's entry: a server communication port's */
    enum port_kind kind;
    bool lends_thread; /* client port: may be impersonated, with dynamic tracking (security.c) */

    /* Line 1 */
    struct receiver
        *receiver; /* where this handle receives; server port: the connection port's, may be NULL */
    _Atomic uint32_t flags;
    uint32_t peer_flags; /* server communication port: the client port's */
    uint64_t port_id;
    uint64_t port_context;
    uint64_t connect_context;          /* client port: MessageContext of its asynchronous connect */
    _Atomic uint32_t ended_status;     /* LIFE_ENDED */
    struct legacy_views *legacy_views; /* this port's to free; or NULL */

    pthread_mutex_t lock; /* outbound's making */
    struct list free_link;
};
static_assert(offsetof(struct port, receiver) == LANE_LINE_BYTES, "struct port");

struct port *port_new(void); /* one reference; never NULL: aborts without memory */
/* Another reference, unless the last one has gone. The struct may be any port's by now: look again.
 */
bool port_try_ref(struct port *port);

/* Of 10,000 ports each has a page of memory of its own: the line that a request looks at comes
 * while its arguments are checked. No reference is needed: the struct stays a port's, and what is
 * fetched may be anything. */
static inline void port_prefetch(const struct port *port)
{
    __builtin_prefetch(&atom_peek(&port->memory)->ended_status, 1);
}
void port_unref(struct port *port);
DEFINE_CLEANUP(struct port *, port_unref)

/* Enters a port that the server has just made under port->handle; takes the caller's reference
 * over. */
status_t port_enter(struct port *port);
/* A handle that this process got from another: asks the server what it is and enters it.
 * STATUS_RETRY: it may have been closed meanwhile, ask again. */
status_t port_open_unknown(handle_t handle);
/* The server told that a connection has ended. */
void port_connection_closed(const struct connection_closed_notice *notice);
/* The handle was closed: what blocks on it ends. */
void port_closed_here(struct port *port);

/* What port->lends_thread says for a port of these attributes. */
bool port_lends_thread(enum port_kind kind, const struct port_attributes *attributes);

/* A reference to this process' server communication port of a connection; NULL: none is open. */
struct port *port_find_server(const struct receiver *receiver, uint32_t connection);
/* A reference to a connection port that receives there; NULL: its handles have been closed. */
struct port *port_find_listener(const struct receiver *receiver);

/* Another handle of this process for the same port; 0: none. What belongs to the port here goes
 * with the last one. */
handle_t port_other_handle(const struct port *port);

/* The port of a synchronous or asynchronous connect that was answered; takes the descriptors and
 * `views` (or NULL) over, also on failure. spare: the memory that was offered, or NULL; taken over
 * if the answer says so. */
status_t port_enter_connected(const struct alpc_connect_request *request,
                              const struct alpc_connect_reply *reply,
                              const struct call_extra *extra, bool is_sync,
                              struct legacy_views *views, struct spare_map *spare);
/* Answers a connection request that waits at `port`: request names it; user_message's data goes to
 * the client. *views is taken over on success (or NULL). */
status_t port_accept(struct port *port, struct alpc_accept_request *request,
                     const struct portico_message *user_message, uint32_t data_size,
                     struct legacy_views **views, handle_t *ret_port);

/* Object attributes for a request; NULL: no name. */
void name_put(const struct portico_name *name, struct objattr *objattr, struct call_extra *extra);

/* STATUS_SUCCESS, or why nothing can be sent on the port now. */
status_t port_check_open(const struct port *port);
void port_end(struct port *port, status_t status);
/* The connection that was pending is open, by each of the port's handles. */
void port_opened(const struct port *port);
/* watch.c: waits on its handle look again. Any lock but that of a watch may be held. */
void watches_port_ended(const struct port *port);
