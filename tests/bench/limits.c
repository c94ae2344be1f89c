/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The limits: two plain processes on shared memory that trust each other, one word and the payload
 * in each direction. `hinted` is the limit of the targets: the best waiting known for either
 * placement. It differs from `spin` and `futex` only in how it waits. */

#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "transport.h"

#define SPIN_NS 20000u

struct cell {
    _Alignas(64) uint32_t seq;
    uint32_t waiting, cpu;
    _Alignas(64) char data[PAYLOAD_MAX + 1];
};

enum waiting { SPIN, HINTED, FUTEX };

static uint32_t own_cpu(void)
{
    return (uint32_t)sched_getcpu() + 1;
}

static void cell_put(struct cell *cell, uint32_t value, enum waiting how)
{
    memcpy(cell->data, payload_out, payload_size);
    if (how == SPIN) {
        __atomic_store_n(&cell->seq, value, __ATOMIC_RELEASE);
        return;
    }
    if (how == HINTED)
        __atomic_store_n(&cell->cpu, own_cpu(), __ATOMIC_RELAXED);
    __atomic_store_n(&cell->seq, value, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&cell->waiting, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, &cell->seq, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool cell_spin(const struct cell *cell, uint32_t value, enum waiting how)
{
    uint64_t start = how == SPIN ? 0 : bench_ns();

    for (unsigned i = 0; __atomic_load_n(&cell->seq, __ATOMIC_ACQUIRE) != value; i++) {
        __builtin_ia32_pause();
        if (how != SPIN && (i & 15) == 15 && bench_ns() - start > SPIN_NS)
            return false;
    }
    return true;
}

static void cell_take(struct cell *cell, uint32_t value, enum waiting how)
{
    if (how == SPIN ||
        (how == HINTED && __atomic_load_n(&cell->cpu, __ATOMIC_RELAXED) != own_cpu()))
        (void)cell_spin(cell, value, how);
    for (uint32_t seen; (seen = __atomic_load_n(&cell->seq, __ATOMIC_SEQ_CST)) != value;) {
        __atomic_store_n(&cell->waiting, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&cell->seq, __ATOMIC_SEQ_CST) == seen)
            syscall(SYS_futex, &cell->seq, FUTEX_WAIT, seen, NULL, NULL, 0);
        __atomic_store_n(&cell->waiting, 0, __ATOMIC_SEQ_CST);
    }
    memcpy(payload_in, cell->data, payload_size);
}

static void *cells_make(void)
{
    return bench_shared(2 * sizeof(struct cell));
}

static inline void cells_serve(struct cell *cells, enum waiting how)
{
    for (uint32_t i = 1;; i++) {
        cell_take(&cells[0], i, how);
        cell_put(&cells[1], i, how);
    }
}

static inline void cells_ask(struct cell *cells, uint32_t i, enum waiting how)
{
    cell_put(&cells[0], i + 1, how);
    cell_take(&cells[1], i + 1, how);
}

static void spin_serve(void *state)
{
    cells_serve(state, SPIN);
}

static void spin_ask(void *state, uint32_t i)
{
    cells_ask(state, i, SPIN);
}

static void hinted_serve(void *state)
{
    cells_serve(state, HINTED);
}

static void hinted_ask(void *state, uint32_t i)
{
    cells_ask(state, i, HINTED);
}

static void futex_serve(void *state)
{
    cells_serve(state, FUTEX);
}

static void futex_ask(void *state, uint32_t i)
{
    cells_ask(state, i, FUTEX);
}

/* Request and answer, each copied in and out. */
static void memcpy_ask(void *state, uint32_t i)
{
    struct cell *cells = state;

    for (unsigned side = 0; side < 2; side++) {
        memcpy(cells[side].data, payload_out, payload_size);
        __atomic_store_n(&cells[side].seq, i, __ATOMIC_RELEASE);
        memcpy(payload_in, cells[side].data, payload_size);
    }
}

const struct transport transport_spin = {
    .name = "spin", .make = cells_make, .serve = spin_serve, .ask = spin_ask};
const struct transport transport_hinted = {
    .name = "hinted", .make = cells_make, .serve = hinted_serve, .ask = hinted_ask};
const struct transport transport_futex = {
    .name = "futex", .make = cells_make, .serve = futex_serve, .ask = futex_ask};
const struct transport transport_memcpy = {
    .name = "memcpy", .make = cells_make, .ask = memcpy_ask, .is_alone = true};
