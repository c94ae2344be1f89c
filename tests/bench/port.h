/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Portico for the native benchmark programs: a server that answers everything, and the client's
 * calls without the ceremony. Failures end the program. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "portico/portico.h"

struct packet {
    struct portico_message header;
    char data[PORTICO_MESSAGE_DATA_MAX];
};

/* What both ends of a benchmark see. */
struct port_shared {
    uint32_t is_ready;
    uint32_t is_held;    /* asked: do not receive */
    uint32_t is_holding; /* answered */
    uint32_t reserved;
    uint64_t n_datagrams; /* received so far */
    uint64_t n_closed;    /* connections */
};

struct port_server {
    const char *name;      /* ASCII; below \RPC Control */
    const char *placement; /* it runs as side 1 */
    uint64_t pool;         /* bytes of lanes into its port (MaxPoolUsage); 0: no limit */
    uint32_t wanted;       /* PORTICO_ATTRIBUTE_VIEW, _HANDLE: taken, given back with the answer */
    struct port_shared *shared; /* NULL: made by port_server_start */
    pid_t pid;
};

void port_need(status_t status, const char *what);
/* Of a port: without limits, but pool as above; the name, good until the next call. */
struct port_attributes port_unlimited(uint64_t pool);
struct portico_name port_name(const char *name);

/* Makes the port in this process and answers for ever: requests with what came, connection requests
 * with an acceptance. */
void port_serve(const struct port_server *server);
/* That in a child; port_connect waits until the port is there. */
void port_server_start(struct port_server *server);
void port_server_stop(struct port_server *server);

handle_t port_connect(const struct port_server *server);
/* A packet of so many bytes. */
void packet_init(struct packet *packet, uint32_t size);
/* A SYNC round trip. */
void port_ask(handle_t port, struct packet *request, struct packet *reply);
/* Sends a datagram; how often the lane was full. Gives the processor away then. */
unsigned port_tell(handle_t port, struct packet *packet);
/* Sleeps until *word is at least `value`: some 50 us late. */
void port_await(const uint64_t *word, uint64_t value);
