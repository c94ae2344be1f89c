/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Connect, accept, close, one after the other. Beside it AF_UNIX SOCK_SEQPACKET: connect, accept,
 * one byte each way (so that both ends know), close.
 *
 *     connects TRANSPORT COUNT PLACEMENT    TRANSPORT: portico, seqpacket */

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { N_WARM = 20 };

static struct port_server server = {.name = "bench-connects"};
static int listener;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;

/* Abstract: nothing is left behind. */
static void socket_listen(void)
{
    int n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "portico-bench-%d",
                     (int)getpid());

    address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, address_size) < 0 ||
        listen(listener, 64) < 0)
        bench_fail("listen");
}

static void socket_serve(void *argument)
{
    char byte;

    (void)argument;
    bench_pin(server.placement, 1);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 || read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
            bench_fail("accept");
        close(fd);
    }
}

static void socket_once(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char byte = 1;

    if (connect(fd, (struct sockaddr *)&address, address_size) < 0 || write(fd, &byte, 1) != 1 ||
        read(fd, &byte, 1) != 1)
        bench_fail("connect");
    close(fd);
}

static void port_once(void)
{
    port_need(portico_close(port_connect(&server)), "close");
}

int main(int argc, char **argv)
{
    struct samples samples;
    unsigned n = bench_number(argc, argv, 2);

    if (argc < 4)
        bench_fail("usage: connects TRANSPORT COUNT PLACEMENT");
    bool is_socket = strcmp(argv[1], "seqpacket") == 0;
    server.placement = argv[3];
    if (is_socket) {
        socket_listen();
        server.pid = bench_child(socket_serve, NULL);
    } else {
        port_server_start(&server);
    }
    bench_pin(argv[3], 0);
    if (!samples_begin(&samples, n, bench_ns()))
        bench_fail("no memory");
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        if (is_socket)
            socket_once();
        else
            port_once();
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, bench_ns(), "connect", argv[1], "-", argv[3]);
    port_server_stop(&server);
    return 0;
}
