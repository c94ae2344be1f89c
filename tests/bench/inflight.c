/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Asynchronous requests, always so many of them unanswered.
 *
 *     inflight COUNT IN_FLIGHT PLACEMENT    64 bytes each
 *
 * The answers come to the client port's queue; for each that it receives the client sends another
 * request. */

#include "bench.h"
#include "port.h"

enum { SIZE = 64 };

static void send_one(handle_t port, struct packet *request)
{
    struct portico_exchange exchange = {.send = &request->header};

    port_need(portico_port_exchange(port, &exchange), "request");
}

static void receive_one(handle_t port, struct packet *reply)
{
    struct portico_exchange exchange = {
        .receive = &reply->header, .capacity = sizeof(*reply), .deadline_ns = PORTICO_FOREVER};

    port_need(portico_port_exchange(port, &exchange), "answer");
    if ((reply->header.type & 0xff) != PORTICO_TYPE_REPLY || reply->header.data_length != SIZE)
        bench_fail("no answer, but type %x", reply->header.type);
}

int main(int argc, char **argv)
{
    static struct packet request, reply;
    struct port_server server = {.name = "bench-inflight"};
    unsigned count = bench_number(argc, argv, 1), in_flight = bench_number(argc, argv, 2);

    if (argc < 4 || in_flight < 1 || count < 2 * in_flight)
        bench_fail("usage: inflight COUNT IN_FLIGHT PLACEMENT");
    server.placement = argv[3];
    port_server_start(&server);
    bench_pin(argv[3], 0);
    handle_t port = port_connect(&server);
    packet_init(&request, SIZE);
    uint64_t begin = bench_ns();
    for (unsigned i = 0; i < in_flight; i++)
        send_one(port, &request);
    for (unsigned i = in_flight; i < count; i++) {
        receive_one(port, &reply);
        send_one(port, &request);
    }
    for (unsigned i = 0; i < in_flight; i++)
        receive_one(port, &reply);
    bench_put("in flight", "portico", argv[2], argv[3], "per_s",
              count / ((double)(bench_ns() - begin) / 1e9));
    port_server_stop(&server);
    return 0;
}
