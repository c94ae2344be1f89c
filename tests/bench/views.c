/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What handing over a view costs: a SYNC request of 64 bytes that carries a plain view, given back
 * with the answer; mapped at both ends already, and its pages touched by the sender. Nobody reads
 * it: what a receiver's own reading costs is its own.
 *
 *     views REQUESTS BYTES PLACEMENT    BYTES 0: without a view, the same server */

#include <string.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, N_WARM = 500 };

static void view_make(handle_t port, uint64_t bytes, struct portico_attributes *ret_attributes)
{
    struct portico_view view = {.size = bytes};
    uint64_t size;

    port_need(portico_section_create(port, 0, 0, bytes, &view.section, &size), "section");
    port_need(portico_view_create(port, &view), "view");
    memset(view.base, 1, view.size);
    *ret_attributes = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_VIEW, .view = view};
}

static void ask(handle_t port, struct packet *request, struct packet *reply,
                const struct portico_attributes *attributes)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request->header,
                                        .send_attributes = attributes,
                                        .receive = &reply->header,
                                        .capacity = sizeof(*reply),
                                        .deadline_ns = PORTICO_FOREVER};

    port_need(portico_port_exchange(port, &exchange), "exchange");
}

int main(int argc, char **argv)
{
    static struct packet request, reply;
    struct port_server server = {.name = "bench-views", .wanted = PORTICO_ATTRIBUTE_VIEW};
    struct portico_attributes attributes = {0};
    struct samples samples;
    unsigned n = bench_number(argc, argv, 1), bytes = bench_number(argc, argv, 2);

    if (argc < 4)
        bench_fail("usage: views REQUESTS BYTES PLACEMENT");
    server.placement = argv[3];
    port_server_start(&server);
    bench_pin(argv[3], 0);
    handle_t port = port_connect(&server);
    packet_init(&request, SIZE);
    if (bytes)
        view_make(port, bytes, &attributes);
    if (!samples_begin(&samples, n, bench_ns()))
        bench_fail("no memory");
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        ask(port, &request, &reply, bytes ? &attributes : NULL);
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, bench_ns(), "view", "portico", argv[2], argv[3]);
    port_server_stop(&server);
    return 0;
}
