/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a SYNC round trip through a lane and a slot costs, beside the limit of the machine.
 *
 *     pingpong REQUESTS SIZE [two|same|none [TRANSPORT]]
 *
 * Two processes, one processor each (two), both on one (same) or as the kernel likes (none). In one
 * run: limit    shared memory, spin up to 20 us unless the other end last ran here, then futex lane
 * libs/lane as libs/alpc drives it: robust mutex, stamps, doorbells, slot seqpkt   AF_UNIX
 * SOCK_SEQPACKET Each is run three times in turn; the best median of each is compared. */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/macro.h"
#include "lane/atomics.h"
#include "lane/consumer.h"
#include "lane/doorbell.h"
#include "lane/lock.h"
#include "lane/producer.h"
#include "lane/slot.h"
#include "portico/portico.h"

#define N_WARM 500

static unsigned n_requests;
static uint32_t size;
static const char *placement;
static uint64_t *samples;
static char out[LANE_DATA_MAX_BYTES], in[LANE_DATA_MAX_BYTES];

static void pin(int side)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(strcmp(placement, "two") == 0 ? side : 0, &set);
    if (strcmp(placement, "none") != 0)
        sched_setaffinity(0, sizeof(set), &set);
}

static void *shared(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        exit(EXIT_FAILURE);
    return p;
}

static void fail(const char *what)
{
    fprintf(stderr, "pingpong: %s\n", what);
    exit(EXIT_FAILURE);
}

/* --- limit --- */

struct cell {
    _Alignas(64) uint32_t seq;
    uint32_t waiting, cpu;
    _Alignas(64) char data[LANE_DATA_MAX_BYTES];
};

static const uint32_t never;

static void cell_put(struct cell *cell, uint32_t value)
{
    memcpy(cell->data, out, size);
    atom_poke(&cell->cpu, spin_cpu_hint());
    atom_swap(&cell->seq, value);
    if (atom_load(&cell->waiting))
        sys_futex_wake_shared(&cell->seq, 1);
}

static void cell_take(struct cell *cell, uint32_t value)
{
    uint32_t seen;

    if (atom_peek(&cell->cpu) != spin_cpu_hint()) {
        uint64_t start = sys_now_ns();
        for (unsigned i = 0; atom_load(&cell->seq) != value; i++) {
            __builtin_ia32_pause();
            if ((i & 15) == 15 && sys_now_ns() - start > 20000)
                break;
        }
    }
    while ((seen = atom_load(&cell->seq)) != value) {
        atom_swap(&cell->waiting, 1);
        (void)sys_futex_wait_two(&cell->seq, seen, &never, SYS_FOREVER);
        atom_poke(&cell->waiting, 0);
    }
    memcpy(in, cell->data, size);
}

static void limit_serve(void *arg)
{
    struct cell *cells = arg;

    for (uint32_t i = 1;; i++) {
        cell_take(&cells[0], i);
        cell_put(&cells[1], i);
    }
}

static void limit_ask(void *arg, uint32_t i)
{
    struct cell *cells = arg;

    cell_put(&cells[0], i + 1);
    cell_take(&cells[1], i + 1);
}

static void *limit_make(void)
{
    return shared(2 * sizeof(struct cell));
}

/* --- lane --- */

struct lane_bench {
    struct robust_lock lock;
    struct lane_cursor cursor;
    struct lane_view view;
    struct lane_producer producer;
    struct slot_pool pool;
    struct doorbell_set bells;
    struct lane_wake wake;
    struct spin_site site;
};

static void *lane_make(void)
{
    static const struct lane_geometry geometry = {LANE_RING_FIRST_BYTES, 4};
    struct lane_bench *b = shared(sizeof(*b));
    int fd = lane_create(&geometry, "pingpong"), bell = doorbell_new();

    if (fd < 0 || lane_map(fd, &geometry, &b->view) < 0 || doorbell_set_open(&b->bells) < 0 ||
        doorbell_add(&b->bells, bell, 0) < 0)
        fail("no lane");
    lock_init(&b->lock);
    cursor_init(&b->cursor, 0);
    producer_init(&b->producer, &b->view, bell);
    slot_pool_init(&b->pool, geometry.n_slots);
    wake_init(&b->wake, doorbell_new());
    spin_site_init(&b->site);
    return b;
}

/* Takes the next record and copies its payload; LANE_EMPTY: none. */
static enum lane_result take_record(struct lane_bench *b, struct lane_record *record,
                                    bool will_sleep)
{
    uint32_t lanes[4];

    if (lock_take(&b->lock) != LOCK_TAKEN)
        fail("lock");
    enum lane_result result = cursor_peek(&b->view, &b->cursor, record);
    if (result == LANE_OK) {
        memcpy(in, record_data(&b->view, record), record->message.data_size);
        cursor_pop(&b->view, &b->cursor, record);
    } else if (will_sleep) {
        if (doorbell_read(b->bells.inner, lanes, 4))
            cursor_note_ring(&b->cursor);
        cursor_publish(&b->view, &b->cursor);
        cursor_raise(&b->view, &b->cursor);
        if (cursor_recheck(&b->view, &b->cursor))
            result = LANE_WOKEN; /* look again */
    }
    lock_drop(&b->lock);
    return result;
}

/* Blocks until a record was taken. */
static void receive(struct lane_bench *b, struct lane_record *record)
{
    enum lane_result result = take_record(b, record, false);

    while (result != LANE_OK) {
        struct spin spin;
        bool slept = false;
        spin_begin(&spin, &b->site, b->cursor.peer_cpu);
        while (!cursor_glance(&b->view, &b->cursor) && spin_step(&spin))
            ;
        result = take_record(b, record, !cursor_glance(&b->view, &b->cursor));
        if (result == LANE_EMPTY) {
            slept = true;
            if (doorbell_sleep(b->bells.outer, &b->wake, SYS_FOREVER) != LANE_OK)
                fail("sleep");
            result = take_record(b, record, false);
        }
        spin_end(&spin, slept, result == LANE_OK ? record->stamp_ns : 0);
    }
}

static void lane_serve(void *arg)
{
    struct lane_bench *b = arg;
    struct lane_record record;

    for (;;) {
        struct slot_reply reply = {
            .kind = LANE_CONTINUATION, .flags = LANE_RELEASE, .data_size = size};
        uint32_t capacity, slot;
        receive(b, &record);
        slot = record.message.slot - 1;
        if (slot_claim(&b->view, slot, record.message.slot_word, &capacity) != LANE_OK)
            fail("claim");
        reply.message_id = record.message.message_id;
        reply.in_extent = !slot_fits_inline(0, size);
        memcpy(slot_areas(&b->view, slot, reply.in_extent), in, size);
        if (slot_finish(&b->view, slot, record.message.slot_word, &reply) != LANE_OK)
            fail("finish");
    }
}

static void lane_ask(void *arg, uint32_t i)
{
    struct lane_bench *b = arg;
    struct slot_reply reply;
    int slot = slot_acquire(&b->pool, &b->view);
    uint32_t index = (uint32_t)slot, word = slot_arm(&b->pool, &b->view, index, size);
    const struct lane_message message = {.kind = LANE_REQUEST,
                                         .flags = LANE_SYNC,
                                         .message_id = i + 1,
                                         .slot = index + 1,
                                         .slot_word = word,
                                         .data_size = size};

    if (producer_send(&b->producer, &message, NULL, out) != LANE_OK ||
        slot_wait(&b->pool, &b->view, index, word, &b->wake, SYS_FOREVER) != LANE_OK ||
        slot_read(&b->view, index, &reply) != LANE_OK || reply.message_id != i + 1)
        fail("exchange");
    memcpy(in, slot_areas(&b->view, index, reply.in_extent), reply.data_size);
    slot_release(&b->pool, index);
}

/* --- socket --- */

static void *socket_make(void)
{
    int *fds = shared(2 * sizeof(int));

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        fail("socketpair");
    return fds;
}

static void socket_serve(void *arg)
{
    const int *fds = arg;

    for (;;)
        if (read(fds[1], in, sizeof(in)) <= 0 || write(fds[1], in, size) != (ssize_t)size)
            _exit(1);
}

static void socket_ask(void *arg, uint32_t i)
{
    const int *fds = arg;

    (void)i;
    if (write(fds[0], out, size) != (ssize_t)size || read(fds[0], in, sizeof(in)) != (ssize_t)size)
        fail("socket");
}

/* --- portico --- */

struct packet {
    struct portico_message header;
    char data[LANE_DATA_MAX_BYTES];
};

static const struct portico_name port_name = PORTICO_NAME(u"\\RPC Control\\pingpong");

static const struct port_attributes port_limits = {.max_message_length = PORTICO_MESSAGE_MAX,
                                                   .memory_bandwidth = UINT64_MAX,
                                                   .max_pool_usage = UINT64_MAX,
                                                   .max_section_size = UINT64_MAX,
                                                   .max_view_size = UINT64_MAX,
                                                   .max_total_section_size = UINT64_MAX};

static void need(status_t status, const char *what)
{
    if (status == STATUS_SUCCESS)
        return;
    fprintf(stderr, "pingpong: %s: %08x %s\n", what, status, portico_start_error());
    exit(EXIT_FAILURE);
}

static void *portico_make(void)
{
    return shared(4096);
}

static void portico_serve(void *arg)
{
    static struct packet packet;
    struct portico_exchange exchange = {
        .receive = &packet.header, .capacity = sizeof(packet), .deadline_ns = PORTICO_FOREVER};
    handle_t port, accepted;

    need(portico_start(NULL), "start");
    need(portico_port_create(&port_name, &port_limits, &port), "create");
    atom_swap((uint32_t *)arg, 1);
    need(portico_port_exchange(port, &exchange), "connection request");
    need(portico_port_accept(port, &port_limits, 0, &packet.header, true, &accepted), "accept");
    for (;;) {
        need(portico_port_exchange(port, &exchange), "receive");
        exchange.send = &packet.header;
        exchange.flags = PORTICO_RELEASE;
    }
}

static void portico_ask(void *arg, uint32_t i)
{
    static struct packet request, reply;
    static handle_t port;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request.header,
                                        .receive = &reply.header,
                                        .capacity = sizeof(reply),
                                        .deadline_ns = PORTICO_FOREVER};

    if (i == 0) {
        struct portico_connect connect = {.name = port_name,
                                          .attributes = &port_limits,
                                          .flags = PORTICO_SYNC,
                                          .deadline_ns = PORTICO_FOREVER};
        while (!atom_load((uint32_t *)arg))
            if (waitpid(-1, NULL, WNOHANG) > 0)
                fail("the server of the benchmark has ended");
        need(portico_start(NULL), "start");
        need(portico_port_connect(&connect, &port), "connect");
        request.header.data_length = (uint16_t)size;
        request.header.total_length = (uint16_t)(size + sizeof(struct portico_message));
    }
    need(portico_port_exchange(port, &exchange), "exchange");
    if (reply.header.data_length != size)
        fail("a short reply");
}

static void portico_count(void)
{
    struct portico_counters c;

    portico_counters_get(&c);
    printf("#   client: %llu server requests, %llu futex waits, %llu wakes, %llu bells\n",
           (unsigned long long)c.requests, (unsigned long long)c.futex_waits,
           (unsigned long long)c.futex_wakes, (unsigned long long)c.bells);
}

/* --- measuring --- */

struct transport {
    const char *name;
    void *(*make)(void);
    void (*serve)(void *arg);
    void (*ask)(void *arg, uint32_t i);
    void (*count)(void);
    uint64_t best_ns;
};

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* In a process of its own: sets *ret_median. */
static void measure_alone(const struct transport *t, uint64_t *ret_median)
{
    void *arg = t->make();
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(1);
        t->serve(arg);
        _exit(0);
    }
    pin(0);
    for (uint32_t i = 0; i < n_requests + N_WARM; i++) {
        uint64_t start = sys_now_ns();
        t->ask(arg, i);
        if (i >= N_WARM)
            samples[i - N_WARM] = sys_now_ns() - start;
    }
    qsort(samples, n_requests, sizeof(*samples), compare);
    *ret_median = samples[n_requests / 2];
    printf("# %s %-7s %5u B  median %7llu ns  p99 %7llu ns\n", placement, t->name, size,
           (unsigned long long)*ret_median,
           (unsigned long long)samples[n_requests - n_requests / 100 - 1]);
    if (t->count)
        t->count();
    fflush(stdout);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void measure(struct transport *t)
{
    uint64_t *median = shared(sizeof(*median));
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        measure_alone(t, median);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (status != 0)
        fail(t->name);
    if (!t->best_ns || *median < t->best_ns)
        t->best_ns = *median;
    munmap(median, sizeof(*median));
}

int main(int argc, char **argv)
{
    struct transport all[] = {
        {"limit", limit_make, limit_serve, limit_ask, NULL, 0},
        {"lane", lane_make, lane_serve, lane_ask, NULL, 0},
        {"portico", portico_make, portico_serve, portico_ask, portico_count, 0},
        {"seqpkt", socket_make, socket_serve, socket_ask, NULL, 0},
    };
    char folder[] = "/tmp/portico-bench.XXXXXX";

    if (argc < 3 || atoi(argv[1]) < 100 || (size = (uint32_t)atoi(argv[2])) > LANE_DATA_MAX_BYTES) {
        fprintf(stderr, "usage: pingpong REQUESTS SIZE [two|same|none [TRANSPORT]]\n");
        return 2;
    }
    n_requests = (unsigned)atoi(argv[1]);
    placement = argc > 3 ? argv[3] : "two";
    samples = malloc(n_requests * sizeof(*samples));
    if (!mkdtemp(folder) || setenv("PORTICO_RUNTIME_DIR", folder, 1) < 0)
        fail("no folder");
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < ARRAY_SIZE(all); i++)
            if (argc < 5 || strcmp(argv[4], all[i].name) == 0)
                measure(&all[i]);
    if (argc > 4)
        return 0;
    printf("%-4s %5u B: limit %llu ns, lane %.2f x, portico %.2f x (%+lld ns); seqpkt %.2f x "
           "portico\n",
           placement, size, (unsigned long long)all[0].best_ns,
           (double)all[1].best_ns / (double)all[0].best_ns,
           (double)all[2].best_ns / (double)all[0].best_ns,
           (long long)(all[2].best_ns - all[0].best_ns),
           (double)all[3].best_ns / (double)all[2].best_ns);
    return 0;
}
