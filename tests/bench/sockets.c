/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What Linux gives everybody: pipes, sockets that keep message borders, and those through a process
 * in the middle, which is what a design with a daemon on the message path costs. A message of 0
 * bytes is one of 1 here: an empty read means the end. */

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "transport.h"

struct ends {
    int client_in, client_out, server_in, server_out;
    int broker_client, broker_server;
};

static size_t wire_size(void)
{
    return payload_size ? payload_size : 1;
}

static void send_all(int fd)
{
    for (size_t done = 0; done < wire_size();) {
        ssize_t n = write(fd, payload_out + done, wire_size() - done);
        if (n <= 0)
            bench_fail("write");
        done += (size_t)n;
    }
}

static void receive_all(int fd)
{
    for (size_t done = 0; done < wire_size();) {
        ssize_t n = read(fd, payload_in + done, wire_size() - done);
        if (n <= 0)
            bench_fail("read");
        done += (size_t)n;
    }
}

static void ends_serve(void *state)
{
    const struct ends *ends = state;

    for (;;) {
        receive_all(ends->server_in);
        send_all(ends->server_out);
    }
}

static void ends_ask(void *state, uint32_t i)
{
    const struct ends *ends = state;

    (void)i;
    send_all(ends->client_out);
    receive_all(ends->client_in);
}

static void *pipe_make(void)
{
    struct ends *ends = bench_shared(sizeof(*ends));
    int there[2], back[2];

    if (pipe(there) < 0 || pipe(back) < 0)
        bench_fail("pipe");
    *ends = (struct ends){
        .client_in = back[0], .client_out = there[1], .server_in = there[0], .server_out = back[1]};
    return ends;
}

static void socket_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
        bench_fail("socketpair");
}

static void *seqpacket_make(void)
{
    struct ends *ends = bench_shared(sizeof(*ends));
    int fds[2];

    socket_pair(fds);
    *ends = (struct ends){fds[0], fds[0], fds[1], fds[1], -1, -1};
    return ends;
}

static void *broker_make(void)
{
    struct ends *ends = bench_shared(sizeof(*ends));
    int client[2], server[2];

    socket_pair(client);
    socket_pair(server);
    *ends = (struct ends){client[0], client[0], server[0], server[0], client[1], server[1]};
    return ends;
}

static void broker(void *state)
{
    const struct ends *ends = state;
    int from = ends->broker_client, to = ends->broker_server;

    for (;;) {
        ssize_t n = read(from, payload_in, sizeof(payload_in));
        if (n <= 0 || write(to, payload_in, (size_t)n) != n)
            bench_fail("broker");
        n = read(to, payload_in, sizeof(payload_in));
        if (n <= 0 || write(from, payload_in, (size_t)n) != n)
            bench_fail("broker");
    }
}

const struct transport transport_pipe = {
    .name = "pipe", .make = pipe_make, .serve = ends_serve, .ask = ends_ask};
const struct transport transport_seqpacket = {
    .name = "seqpacket", .make = seqpacket_make, .serve = ends_serve, .ask = ends_ask};
const struct transport transport_broker = {.name = "broker",
                                           .make = broker_make,
                                           .serve = ends_serve,
                                           .ask = ends_ask,
                                           .has_broker = true,
                                           .broker = broker};
