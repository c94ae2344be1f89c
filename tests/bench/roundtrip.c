/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a round trip costs.
 *
 *     roundtrip TRANSPORT REQUESTS SIZE PLACEMENT [NAME]    NAME: what it is called in the output
 *     roundtrip --list                                      the transports this program knows
 *
 *   memcpy     a copy out and back in each direction, by one process: what the bytes alone cost
 *   spin       shared memory, both ends spin for ever (not with both on one processor)
 *   hinted     the limit: shared memory, spin up to 20 us unless the other end last ran here,
 *              then futex
 *   futex      shared memory, futex, no spinning
 *   pipe       two pipes
 *   seqpacket  AF_UNIX SOCK_SEQPACKET
 *   broker     the same through a third process
 *   lane       libs/lane as libs/alpc drives it: robust mutex, stamps, doorbells, slot
 *   portico    libportico at both ends
 *   dbus       sd-bus through the dbus-daemon of this session
 *   zeromq     REQ/REP over ipc */

#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "transport.h"

enum { N_WARM = 500 };

uint32_t payload_size;
char payload_out[PAYLOAD_MAX + 1], payload_in[PAYLOAD_MAX + 1];

static const char *placement;

static const struct transport *const transports[] = {
    &transport_memcpy,    &transport_spin,   &transport_hinted, &transport_futex,   &transport_pipe,
    &transport_seqpacket, &transport_broker, &transport_lane,   &transport_portico,
#ifdef HAVE_SDBUS
    &transport_dbus,
#endif
#ifdef HAVE_ZEROMQ
    &transport_zeromq,
#endif
};
#define N_TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

static const struct transport *transport_find(const char *name)
{
    for (size_t i = 0; i < N_TRANSPORTS; i++)
        if (strcmp(transports[i]->name, name) == 0)
            return transports[i];
    bench_fail("no transport %s", name);
}

struct side {
    const struct transport *transport;
    void *state;
};

static void serve(void *argument)
{
    const struct side *side = argument;

    bench_pin(placement, 1);
    side->transport->serve(side->state);
}

static void broke(void *argument)
{
    const struct side *side = argument;

    bench_pin(placement, 0);
    side->transport->broker(side->state);
}

static void measure(const struct side *side, unsigned n, struct samples *samples)
{
    bench_pin(placement, 0);
    if (!samples_begin(samples, n, bench_ns()))
        bench_fail("no memory");
    for (uint32_t i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        side->transport->ask(side->state, i);
        if (i >= N_WARM)
            samples_add(samples, ticks_now() - start);
    }
}

int main(int argc, char **argv)
{
    struct samples samples;
    struct side side;
    pid_t server = 0, broker = 0;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < N_TRANSPORTS; i++)
            puts(transports[i]->name);
        return 0;
    }
    if (argc < 5)
        bench_fail("usage: roundtrip TRANSPORT REQUESTS SIZE PLACEMENT [NAME]");
    unsigned n = bench_number(argc, argv, 2);
    payload_size = bench_number(argc, argv, 3);
    placement = argv[4];
    if (payload_size > PAYLOAD_MAX || n < 100)
        bench_fail("0 to %d bytes, at least 100 requests", PAYLOAD_MAX);
    memset(payload_out, 'x', sizeof(payload_out));
    side.transport = transport_find(argv[1]);
    side.state = side.transport->make();
    if (!side.transport->is_alone)
        server = bench_child(serve, &side);
    if (side.transport->has_broker)
        broker = bench_child(broke, &side);
    measure(&side, n, &samples);
    samples_put(&samples, bench_ns(), "round trip", argc > 5 ? argv[5] : side.transport->name,
                argv[3], placement);
    if (server)
        bench_end(server);
    if (broker)
        bench_end(broker);
    return 0;
}
