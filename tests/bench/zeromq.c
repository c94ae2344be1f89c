/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* ZeroMQ REQ/REP over ipc: one I/O thread at each end, as it comes. */

#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "bench.h"
#include "transport.h"

static void *zeromq_make(void)
{
    char *address = bench_shared(108);

    /* Abstract: nothing is left behind. */
    snprintf(address, 108, "ipc://@portico-bench-%d", (int)getpid());
    return address;
}

static void need(int result)
{
    if (result < 0)
        bench_fail("zeromq: %s", zmq_strerror(zmq_errno()));
}

static void zeromq_serve(void *state)
{
    void *socket = zmq_socket(zmq_ctx_new(), ZMQ_REP);

    need(zmq_bind(socket, state));
    for (;;) {
        need(zmq_recv(socket, payload_in, payload_size, 0));
        need(zmq_send(socket, payload_in, payload_size, 0));
    }
}

static void zeromq_ask(void *state, uint32_t i)
{
    static void *socket;

    if (i == 0) {
        socket = zmq_socket(zmq_ctx_new(), ZMQ_REQ);
        need(zmq_connect(socket, state)); /* tries until the server is there */
    }
    need(zmq_send(socket, payload_out, payload_size, 0));
    need(zmq_recv(socket, payload_in, payload_size, 0));
}

const struct transport transport_zeromq = {
    .name = "zeromq", .make = zeromq_make, .serve = zeromq_serve, .ask = zeromq_ask};
