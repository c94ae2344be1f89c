/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What an honest connection keeps of its rate beside a liar. The server is side 1; the honest
 * client and the liar share side 0. The liar connects, calls once, then writes at random over the
 * lane that it has mapped, closes, and begins again, as a new process: what it has done to itself
 * must not keep it from lying. The control does all of it but writes to as much memory of its own.
 * Neither ever sleeps, so the kernel gives both the same: half of a processor. Phases of liar and
 * control alternate.
 *
 *     scribble PAIRS PHASE_MS PLACEMENT */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum {
    PAYLOAD_BYTES = 64,
    BURST_NS = 20000,
    N_BURSTS = 100, /* of a connection */
    N_CONNECTIONS = 1024,
    N_PAIRS_MAX = 100,
};

static struct port_server server = {.name = "bench-scribble"};
static struct liar_shared {
    uint32_t is_lying; /* else it is the control */
    uint64_t n_rounds;
} * liar;

/* ---- the server: accepts, answers, closes; what a liar has sent is answered like the rest ---- */

static void serve(void *argument)
{
    static struct packet packet;
    static handle_t servers[N_CONNECTIONS];
    const struct portico_name name = port_name(server.name);
    const struct port_attributes attributes = port_unlimited(0);
    struct portico_attributes came = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    struct portico_exchange take = {.receive = &packet.header,
                                    .capacity = sizeof(packet),
                                    .receive_attributes = &came,
                                    .deadline_ns = PORTICO_FOREVER};
    struct portico_exchange answer = {.flags = PORTICO_RELEASE, .send = &packet.header};
    uint64_t next = 0;
    handle_t port;

    (void)argument;
    bench_pin(server.placement, 1);
    port_need(portico_start(NULL), "start");
    port_need(portico_port_create(&name, &attributes, &port), "create");
    __atomic_store_n(&server.shared->is_ready, 1, __ATOMIC_RELEASE);
    for (;;) {
        port_need(portico_port_exchange(port, &take), "receive");
        uint64_t context = came.context.port_context;
        switch (packet.header.type & 0xff) {
        case PORTICO_TYPE_CONNECTION_REQUEST:
            while (servers[next % N_CONNECTIONS])
                next++;
            (void)!portico_port_accept(port, &attributes, next % N_CONNECTIONS, &packet.header,
                                       true, &servers[next % N_CONNECTIONS]);
            break;
        case PORTICO_TYPE_REQUEST:
            (void)!portico_port_exchange(port, &answer);
            break;
        case PORTICO_TYPE_PORT_CLOSED:
            (void)!portico_close(servers[context % N_CONNECTIONS]);
            servers[context % N_CONNECTIONS] = 0;
            break;
        default:
            break;
        }
    }
}

/* ---- the liar ---- */

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t any(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

/* Half of the writes go where the words are that both ends act on: header, begin of the ring. */
static void burst(uint8_t *base, uint64_t size)
{
    uint64_t end = bench_ns() + BURST_NS;

    while (bench_ns() < end)
        for (unsigned i = 0; i < 64; i++) {
            uint64_t at = any() % (any() & 1 && size > 8192 ? 8192 : size) & ~7ull;
            *(volatile uint64_t *)(void *)(base + at) = any() >> any() % 64;
        }
}

/* The lane that this process has mapped. */
static uint8_t *lane_find(uint64_t *ret_size)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from = 0, to = 0;
    char line[512];
    bool is_found = false;

    while (maps && !is_found && fgets(line, sizeof(line), maps))
        is_found = strstr(line, "rw-s") && strstr(line, "portico-lane") &&
                   sscanf(line, "%lx-%lx", &from, &to) == 2;
    if (!is_found)
        bench_fail("no lane");
    fclose(maps);
    *ret_size = to - from;
    return (uint8_t *)from;
}

static void lie_once(void)
{
    static struct packet request, reply;
    uint64_t size;
    handle_t port = port_connect(&server);

    packet_init(&request, PAYLOAD_BYTES);
    port_ask(port, &request, &reply);
    uint8_t *lane = lane_find(&size);
    /* Fresh as a lane is: its pages are made by the first writes. */
    uint8_t *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED)
        bench_fail("no memory");
    for (unsigned i = 0; i < N_BURSTS; i++)
        burst(__atomic_load_n(&liar->is_lying, __ATOMIC_RELAXED) ? lane : own, size);
    (void)portico_close(port);
    liar->n_rounds++;
}

static void lie_for_ever(void *argument)
{
    (void)argument;
    bench_pin(server.placement, 0);
    for (;;) {
        pid_t pid = fork();
        if (pid < 0)
            bench_fail("fork");
        if (pid > 0) {
            waitpid(pid, NULL, 0);
            continue;
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        state ^= (uint64_t)getpid() << 20;
        lie_once();
        _exit(EXIT_SUCCESS);
    }
}

/* make bench BENCH_RT=1 runs everything first in, first out: then the two would not share. Here it
 * is the most that the ordinary class has instead. */
static void share_the_processor(void)
{
    const struct sched_param none = {0};

    if (sched_getscheduler(0) == SCHED_OTHER)
        return;
    if (sched_setscheduler(0, SCHED_OTHER, &none) < 0 || setpriority(PRIO_PROCESS, 0, -20) < 0)
        bench_fail("SCHED_OTHER");
}

/* ---- the honest one ---- */

static double calls_per_second(handle_t port, struct packet *request, uint64_t phase_ns)
{
    static struct packet reply;
    uint64_t start = bench_ns(), now = start, n = 0;

    while (now < start + phase_ns) {
        for (unsigned i = 0; i < 16; i++)
            port_ask(port, request, &reply);
        n += 16;
        now = bench_ns();
    }
    return (double)n * 1e9 / (double)(now - start);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

int main(int argc, char **argv)
{
    static struct packet request;
    static double rates[2][N_PAIRS_MAX], kept[N_PAIRS_MAX];
    uint64_t rounds[2] = {0, 0};
    unsigned n_pairs = bench_number(argc, argv, 1);
    uint64_t phase_ns = bench_number(argc, argv, 2) * UINT64_C(1000000);

    if (argc < 4 || n_pairs > N_PAIRS_MAX)
        bench_fail("usage: scribble PAIRS PHASE_MS PLACEMENT");
    share_the_processor();
    server.placement = argv[3];
    server.shared = bench_shared(sizeof(*server.shared));
    liar = bench_shared(sizeof(*liar));
    server.pid = bench_child(serve, NULL);
    pid_t liar_pid = bench_child(lie_for_ever, NULL);
    bench_pin(server.placement, 0);
    handle_t port = port_connect(&server);
    packet_init(&request, PAYLOAD_BYTES);
    (void)calls_per_second(port, &request, phase_ns); /* warm */
    for (unsigned i = 0; i < n_pairs; i++) {
        for (unsigned lies = 0; lies < 2; lies++) {
            __atomic_store_n(&liar->is_lying, lies, __ATOMIC_RELAXED);
            uint64_t before = liar->n_rounds;
            rates[lies][i] = calls_per_second(port, &request, phase_ns);
            rounds[lies] += liar->n_rounds - before;
        }
        kept[i] = rates[1][i] / rates[0][i];
    }
    bench_end(liar_pid);
    port_server_stop(&server);
    if (!rounds[0] || !rounds[1])
        bench_fail("the liar did nothing");
    bench_put("scribble", "beside the control", "64", argv[3], "per_s", median(rates[0], n_pairs));
    bench_put("scribble", "beside the liar", "64", argv[3], "per_s", median(rates[1], n_pairs));
    bench_put("scribble", "kept", "64", argv[3], "share", median(kept, n_pairs));
    bench_put("scribble", "control", "64", argv[3], "connections", (double)rounds[0]);
    bench_put("scribble", "liar", "64", argv[3], "connections", (double)rounds[1]);
    return 0;
}
