/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* libportico at both ends, as a transport of roundtrip.c. */

#include <string.h>

#include "bench.h"
#include "port.h"
#include "transport.h"

static struct port_server server = {.name = "bench-roundtrip", .placement = "none"};

static void *native_make(void)
{
    server.shared = bench_shared(sizeof(*server.shared));
    return &server;
}

static void native_serve(void *state)
{
    port_serve(state);
}

static void native_ask(void *state, uint32_t i)
{
    static struct packet request, reply;
    static handle_t port;

    if (i == 0) {
        port = port_connect(state);
        packet_init(&request, payload_size);
        memcpy(request.data, payload_out, payload_size);
    }
    port_ask(port, &request, &reply);
}

const struct transport transport_portico = {
    .name = "portico", .make = native_make, .serve = native_serve, .ask = native_ask};
