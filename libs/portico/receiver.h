/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A receiving port as this process has it: port memory mapped (libs/alpc's port_view), its
 * doorbells, and the ways back to the senders. One per receiving port and process, shared by the
 * port's own handles and by the server communication ports that receive through it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "alpc/alpc.h"
#include "common/list.h"
#include "lane/doorbell.h"
#include "lane/spin.h"
#include "portico/portico.h"

struct port;
struct outbound;

/* The way back over one connection of a connection port. */
struct return_way {
    struct outbound *outbound;                 /* counts as a port of it */
    uint32_t generation;                       /* of the connection, in this port's table */
    uint32_t peer_connection, peer_generation; /* as the client port knows it: into every record */
};

struct receiver {
    struct list link; /* all receivers; their lock */
    uint32_t n_refs;  /* that lock */
    uint64_t port_id;
    struct port_view view;
    void *memory;
    uint64_t memory_size;
    uint64_t memory_id; /* 0: cannot be offered */
    bool is_client;
    atomic_bool has_doorbells; /* the three below are valid */
    int inner_fd, outer_fd, bell_fd;
    struct spin_site site;                     /* how long waits for a message take */
    uint32_t peer_cpu;                         /* where the last sender ran; hint */
    atomic_bool is_associating, is_associated; /* packets is being set, is set */
    struct portico_packets packets;
    uint32_t n_watches;      /* watch.c's lock */
    atomic_bool has_broken;  /* lanes whose sender broke the protocol: the server is to be told */
    uint32_t lane0_told;     /* atomic: progress of lane 0 that the server knows of */
    pthread_mutex_t lock;    /* doorbells' making, ways */
    struct return_way *ways; /* by connection; NULL until the first; lock */
};

/* A port's memory as it came. */
struct port_memory_here {
    uint64_t id; /* by which it can be offered again; 0: it cannot */
    uint64_t size;
    int fd;     /* -1: */
    void *base; /* mapped already */
};

/* The receiver of a port whose memory has arrived: the one that exists, or a new one. Takes the
 * memory over, also on failure. */
status_t receiver_adopt(uint64_t port_id, const struct port_memory_here *here, bool is_client,
                        struct receiver **ret_receiver);
struct receiver *receiver_find(uint64_t port_id); /* with a reference, or NULL */
struct receiver *receiver_ref(struct receiver *receiver);
void receiver_unref(struct receiver *receiver);

/* Completion packets that are due, from a thread that has harvested or received: to the associated
 * completion port, if there is one. No lock of the port is held. */
void receiver_packets_due(struct receiver *receiver, uint32_t n);
/* Harvests: everything that lanes hold is in the queue, the lanes ring for what comes later,
 * packets are given out. PORT_RECEIVED (something is queued), PORT_EMPTY, PORT_ENDED,
 * PORT_UNUSABLE. */
enum port_result receiver_harvest(struct receiver *receiver);

/* Does any port of this process know a live message of this id? */
bool receivers_know_id(uint32_t message_id);

uint64_t receiver_id(const struct receiver *receiver);
uint32_t receiver_sequence(const struct receiver *receiver, const struct port *port);

/* Asks for the doorbells at the first need. */
status_t receiver_doorbells(struct receiver *receiver, const struct port *port);
/* Tells the server of a lane whose sender broke the protocol, if there is one to tell of. */
void receiver_report_broken(struct receiver *receiver, const struct port *port);
/* Tells the server that lane 0 has room for what it parks, if it parks something. */
void receiver_report_room(struct receiver *receiver, const struct port *port);
/* Maps a lane into the view (PORT_MAP_LANE). */
status_t receiver_map_lane(struct receiver *receiver, const struct port *port, uint32_t lane);
/* The way back to the client of a connection, its outbound held for the caller; at the first need
 * asked for at the server. */
status_t receiver_return_way(struct receiver *receiver, const struct port *port,
                             uint32_t connection, uint32_t generation, struct return_way *ret_way);

/* The TOKEN attribute of a reply: what the server said of the process at the other end. */
void token_attributes(const struct port *port, struct portico_attributes *attributes);

/* Receives into exchange->receive; route: to end under the same lock, or NULL. */
struct portico_exchange;
/* Can the part of the caller's receive buffer be written that small messages need? Larger ones are
 * found out when they are copied, and stay in the queue. */
bool receive_buffer_is_usable(const struct portico_exchange *exchange);

status_t receive_message(struct port *port, struct portico_exchange *exchange,
                         struct port_route *route);
