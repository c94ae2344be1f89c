/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Datagrams into one receiver.
 *
 *     datagrams TRANSPORT COUNT SENDERS PLACEMENT    TRANSPORT: portico, seqpacket; 64 bytes each
 *
 * Each sender is a process. The lanes may grow to 1 MiB (with what they grow through); a sender
 * that finds its lane full gives the processor away and tries again, a socket's sender blocks. The
 * time runs from the first send to the last receive. */

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, POOL_PER_SENDER = 2 * 1024 * 1024 };

static unsigned count, n_senders;
static const char *placement;
static struct port_server server = {.name = "bench-datagrams"};
static int fds[2];

struct start {
    uint64_t n_ready;
    uint64_t may_go;
    uint64_t n_full;
};
static struct start *start;

static void ready_steady(void)
{
    __atomic_add_fetch(&start->n_ready, 1, __ATOMIC_SEQ_CST);
    port_await(&start->may_go, 1);
}

static void tell_portico(void *argument)
{
    static struct packet packet;
    unsigned n_full = 0;

    (void)argument;
    bench_pin(placement, 0);
    handle_t port = port_connect(&server);
    packet_init(&packet, SIZE);
    ready_steady();
    for (unsigned i = 0; i < count / n_senders; i++)
        n_full += port_tell(port, &packet);
    __atomic_add_fetch(&start->n_full, n_full, __ATOMIC_SEQ_CST);
    /* Till all is received: a connection that closes takes what is queued with it. */
    port_await(&server.shared->n_datagrams, count / n_senders * n_senders);
}

static void tell_socket(void *argument)
{
    char data[SIZE] = {0};

    (void)argument;
    bench_pin(placement, 0);
    ready_steady();
    for (unsigned i = 0; i < count / n_senders; i++)
        if (send(fds[0], data, sizeof(data), 0) != SIZE)
            bench_fail("send");
}

static void take_socket(void *argument)
{
    char data[SIZE];

    (void)argument;
    bench_pin(placement, 1);
    server.shared->is_ready = 1;
    while (recv(fds[1], data, sizeof(data), 0) == SIZE)
        __atomic_store_n(&server.shared->n_datagrams, server.shared->n_datagrams + 1,
                         __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
    pid_t senders[64];

    count = bench_number(argc, argv, 2);
    n_senders = bench_number(argc, argv, 3);
    if (argc < 5 || n_senders < 1 || n_senders > 64)
        bench_fail("usage: datagrams TRANSPORT COUNT SENDERS PLACEMENT");
    bool is_socket = strcmp(argv[1], "seqpacket") == 0;
    placement = server.placement = argv[4];
    server.pool = (uint64_t)n_senders * POOL_PER_SENDER;
    start = bench_shared(sizeof(*start));
    if (is_socket) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
            bench_fail("socketpair");
        server.shared = bench_shared(sizeof(*server.shared));
        server.pid = bench_child(take_socket, NULL);
    } else {
        port_server_start(&server);
    }
    for (unsigned i = 0; i < n_senders; i++)
        senders[i] = bench_child(is_socket ? tell_socket : tell_portico, NULL);
    port_await(&start->n_ready, n_senders);
    uint64_t begin = bench_ns();
    __atomic_store_n(&start->may_go, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < n_senders; i++)
        bench_join(senders[i]);
    port_await(&server.shared->n_datagrams, count / n_senders * n_senders);
    bench_put("datagrams", argv[1], argv[3], placement, "per_s",
              count / n_senders * n_senders / ((double)(bench_ns() - begin) / 1e9));
    if (!is_socket)
        bench_put("datagrams", argv[1], argv[3], placement, "found_full", (double)start->n_full);
    port_server_stop(&server);
    return 0;
}
