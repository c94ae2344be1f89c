/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Does cost grow with work only?
 *
 *     burst linear COUNT PLACEMENT    CPU time of both ends for each of COUNT SYNC requests
 *     burst queue COUNT PLACEMENT     COUNT datagrams of 64 bytes while nobody receives, then
 *         all of them: memory of both ends (PSS; the lanes are in it) before, at the peak,
 *         afterwards
 *
 * Afterwards means: after three more seconds of round trips, since a sender gives its large lane
 * back when it has sent for a second and not needed it. */

#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, N_WARM = 20000 };
#define AFTERWARDS_NS 3000000000u

static struct port_server server = {.name = "bench-burst"};
static struct packet request, reply;

static double pss_of(pid_t pid)
{
    char line[256];
    long kib = -1;

    snprintf(line, sizeof(line), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "Pss: %ld kB", &kib) == 1)
            break;
    if (!file || kib < 0)
        bench_fail("no Pss of %d", (int)pid);
    fclose(file);
    return 1024.0 * (double)kib;
}

static double pss(void)
{
    return pss_of(getpid()) + pss_of(server.pid);
}

static void linear(handle_t port, unsigned n, const char *parameter)
{
    uint64_t before = bench_cpu_of(getpid()) + bench_cpu_of(server.pid);

    for (unsigned i = 0; i < n; i++)
        port_ask(port, &request, &reply);
    uint64_t cpu = bench_cpu_of(getpid()) + bench_cpu_of(server.pid) - before;
    bench_put("linear", "portico", parameter, server.placement, "cpu_ns", (double)cpu / n);
}

static void queue(handle_t port, unsigned n, const char *parameter)
{
    double before = pss();

    __atomic_store_n(&server.shared->is_held, 1, __ATOMIC_RELEASE);
    port_tell(port, &request); /* it looks up from its receive */
    while (!__atomic_load_n(&server.shared->is_holding, __ATOMIC_ACQUIRE))
        usleep(100);
    unsigned n_full = 0;
    for (unsigned i = 1; i < n && !n_full; i++) {
        struct portico_exchange exchange = {.flags = PORTICO_RELEASE, .send = &request.header};
        status_t status = portico_port_exchange(port, &exchange);
        if (status == STATUS_QUOTA_EXCEEDED)
            n_full = i;
        else
            port_need(status, "datagram");
    }
    unsigned n_sent = n_full ? n_full : n;
    double peak = pss();
    __atomic_store_n(&server.shared->is_held, 0, __ATOMIC_RELEASE);
    port_await(&server.shared->n_datagrams, n_sent);
    for (uint64_t begin = bench_ns(); bench_ns() - begin < AFTERWARDS_NS;)
        port_ask(port, &request, &reply);
    bench_put("burst", "portico", parameter, server.placement, "messages", n_sent);
    bench_put("burst", "portico", parameter, server.placement, "bytes_before", before);
    bench_put("burst", "portico", parameter, server.placement, "bytes_peak", peak);
    bench_put("burst", "portico", parameter, server.placement, "bytes_after", pss());
}

int main(int argc, char **argv)
{
    unsigned n = bench_number(argc, argv, 2);

    if (argc < 4)
        bench_fail("usage: burst linear|queue COUNT PLACEMENT");
    server.placement = argv[3];
    port_server_start(&server);
    bench_pin(argv[3], 0);
    handle_t port = port_connect(&server);
    packet_init(&request, SIZE);
    for (unsigned i = 0; i < N_WARM; i++)
        port_ask(port, &request, &reply);
    if (strcmp(argv[1], "linear") == 0)
        linear(port, n, argv[2]);
    else
        queue(port, n, argv[2]);
    port_server_stop(&server);
    return 0;
}
