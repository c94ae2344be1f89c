/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Many connections on one port.
 *
 *     connections PROCESSES EACH REQUESTS PLACEMENT
 *
 * So many client processes make so many connections each, then the first asks: over one of its
 * connections (one), over all of its own in turn (all). Memory for each connection is what
 * MemAvailable lost between the start of the processes and the last connection: of all processes
 * and the kernel; so it is right only where nothing else runs. */

#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, N_WARM = 500 };

static struct port_server server = {.name = "bench-connections"};
static unsigned n_each;
static struct port_stages {
    uint64_t n_started, may_connect, n_connected;
} * stages;

static void stage_reach(uint64_t *n)
{
    __atomic_add_fetch(n, 1, __ATOMIC_SEQ_CST);
}

static void connect_all(handle_t *ret_ports)
{
    for (unsigned i = 0; i < n_each; i++)
        ret_ports[i] = port_connect(&server);
}

static void others(void *argument)
{
    (void)argument;
    bench_pin(server.placement, 0);
    handle_t *ports = calloc(n_each, sizeof(*ports));
    port_need(portico_start(NULL), "start");
    stage_reach(&stages->n_started);
    while (!__atomic_load_n(&stages->may_connect, __ATOMIC_ACQUIRE))
        usleep(1000);
    connect_all(ports);
    stage_reach(&stages->n_connected);
    for (;;)
        pause();
}

static void measure(const handle_t *ports, unsigned n_ports, unsigned n, const char *variant,
                    const char *parameter)
{
    static struct packet request, reply;
    struct samples samples;

    packet_init(&request, SIZE);
    if (!samples_begin(&samples, n, bench_ns()))
        bench_fail("no memory");
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        port_ask(ports[i % n_ports], &request, &reply);
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, bench_ns(), "connections", variant, parameter, server.placement);
    free(samples.ticks);
}

int main(int argc, char **argv)
{
    unsigned n_processes = bench_number(argc, argv, 1), n = bench_number(argc, argv, 3);
    char parameter[32];

    n_each = bench_number(argc, argv, 2);
    if (argc < 5 || n_processes < 1 || n_each < 1)
        bench_fail("usage: connections PROCESSES EACH REQUESTS PLACEMENT");
    server.placement = argv[4];
    snprintf(parameter, sizeof(parameter), "%ux%u", n_processes, n_each);
    stages = bench_shared(sizeof(*stages));
    pid_t *pids = calloc(n_processes, sizeof(*pids));
    handle_t *ports = calloc(n_each, sizeof(*ports));
    port_server_start(&server);
    for (unsigned i = 1; i < n_processes; i++)
        pids[i] = bench_child(others, NULL);
    bench_pin(argv[4], 0);
    port_need(portico_start(NULL), "start");
    port_await(&stages->n_started, n_processes - 1);
    int64_t before = bench_memory_available();
    uint64_t begin = bench_ns();
    __atomic_store_n(&stages->may_connect, 1, __ATOMIC_RELEASE);
    connect_all(ports);
    port_await(&stages->n_connected, n_processes - 1);
    double n_all = (double)n_processes * n_each;
    bench_put("connections", "connecting", parameter, argv[4], "ns_each",
              (double)(bench_ns() - begin) / n_all);
    bench_put("connections", "memory", parameter, argv[4], "bytes_each",
              (double)(before - bench_memory_available()) / n_all);
    measure(ports, 1, n, "one active", parameter);
    if (n_each > 1)
        measure(ports, n_each, n, "all active", parameter);
    for (unsigned i = 1; i < n_processes; i++)
        bench_end(pids[i]);
    port_server_stop(&server);
    free(pids);
    free(ports);
    return 0;
}
