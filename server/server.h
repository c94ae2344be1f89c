/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The daemon as a whole: one thread owns everything below (the closer's thread touches only its own
 * list).
 *
 * Order of ends: clients (sockets) hold their process, processes hold handles, handles hold
 * objects. server_deinit() drops the clients, and what is alive after that is a leak, reported.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "listener.h"
#include "loop.h"
#include "portico/protocol.h"
#include "portico/status.h"
#include "registry.h"
#include "settle.h"
#include "user.h"

struct closer;
struct directory;

struct server {
    struct loop loop;
    struct users users;
    struct closer *closer;
    struct settle settle;
    struct listener listener;
    struct directory *root;
    struct registry registry;
    struct list pipes;     /* struct pipe_name */
    struct list objects;   /* struct object, oldest first */
    struct list processes; /* struct process, every one that is referenced */
    struct list clients;   /* struct client */
    struct list doomed;    /* struct client, freed after the batch */
    uint64_t last_object_id;
    uint64_t last_sender_id;
    uint64_t last_wait_id;    /* of standing waits */
    uint32_t last_section_id; /* of port sections */
    uint64_t started_ns;

    uint32_t n_objects, n_handles, n_clients, n_processes, n_parked;
    uint32_t n_ports, n_connections, n_lanes;
    uint64_t lane_bytes;
    struct list rests; /* struct rest (server/alpc), longest first; not in the two above */
    uint32_t n_rests;
    uint64_t rest_ns; /* for so long */
    struct timer rest_timer;
    uint64_t last_memory_id; /* of ports */

    int64_t linger_ns;       /* after the last client; < 0: for ever */
    int64_t first_linger_ns; /* before the first one */
    struct timer linger;
    uint64_t log_ns;     /* when the log was last credited */
    uint32_t log_credit; /* lines that may be printed now */
    bool trace;          /* print requests */
    bool stopping;       /* server_stop() */

    _Alignas(8) uint8_t packet[PACKET_MAX_BYTES]; /* the request being handled */
};

status_t server_init(struct server *server, bool trace) _must_check_;
/* Returns how many objects were left over: 0, or a leak of ours. */
uint32_t server_deinit(struct server *server);

/* Ends the loop after this batch. */
void server_stop(struct server *server);

/* A line about a client's misdeed: some at once, then one a second, so that nobody can fill the
 * disk. */
void server_log(struct server *server, const char *format, ...) _printf_(2, 3);

/* The number of clients changed: starts or stops the time to its own end. */
void server_clients_changed(struct server *server);
