/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What the hooks of atomics.h do: operations on memory at scheduling points, with store buffers.
 *
 * One first-in-first-out list a thread. A delayed store is invisible to the others
 * and seen by its own thread's loads. Plain (not atomic) writes are visible at once, i.e. may
 * overtake a delayed store, which release stores allow; payloads are written before their commit
 * words anyway. */

#include "internal.h"

enum hook_mutant hook_mutant;

static void store(volatile void *ptr, unsigned size, uint64_t value)
{
    if (size == 4)
        *(volatile uint32_t *)ptr = (uint32_t)value;
    else
        *(volatile uint64_t *)ptr = value;
}

static uint64_t load(const volatile void *ptr, unsigned size)
{
    return size == 4 ? *(const volatile uint32_t *)ptr : *(const volatile uint64_t *)ptr;
}

void model_flush_thread(struct thread *thread)
{
    for (unsigned i = 0; i < thread->n_buffered; i++)
        store(thread->buffer[i].ptr, thread->buffer[i].size, thread->buffer[i].value);
    thread->n_buffered = 0;
}

void model_flush(void)
{
    if (m.is_running)
        model_flush_thread(&m.threads[m.current]);
}

static void store_or_delay(volatile void *ptr, unsigned size, uint64_t value)
{
    struct thread *self = &m.threads[m.current];

    if (self->n_buffered == N_BUFFERED)
        model_flush_thread(self);
    if (self->n_buffered == 0) {
        self->buffer_age = 0;
        if (m.delays == 0 || model_pick(2) == 0) {
            store(ptr, size, value);
            return;
        }
        m.delays--;
    }
    self->buffer[self->n_buffered++] = (struct buffered){ptr, size, value};
}

static uint64_t load_own(const volatile void *ptr, unsigned size)
{
    const struct thread *self = &m.threads[m.current];

    for (unsigned i = self->n_buffered; i-- > 0;)
        if (self->buffer[i].ptr == ptr)
            return self->buffer[i].value;
    return load(ptr, size);
}

static uint64_t operate(enum hook_op op, volatile void *ptr, unsigned size, uint64_t arg,
                        uint64_t expected)
{
    uint64_t old = load(ptr, size), mask = size == 4 ? UINT32_MAX : UINT64_MAX;

    if (op == HOOK_SWAP)
        store(ptr, size, arg);
    else if (op == HOOK_CAS && old == (expected & mask))
        store(ptr, size, arg);
    else if (op == HOOK_ADD)
        store(ptr, size, old + arg);
    else if (op == HOOK_OR)
        store(ptr, size, old | arg);
    else if (op == HOOK_AND)
        store(ptr, size, old & arg);
    return old;
}

uint64_t hook_atomic(enum hook_op op, volatile void *ptr, unsigned size, uint64_t arg,
                     uint64_t expected, const char *site)
{
    model_point(site);
    if (op == HOOK_POINT)
        return 0;
    if (m.is_running && op == HOOK_LOAD)
        return load_own(ptr, size);
    if (m.is_running && op == HOOK_STORE) {
        store_or_delay(ptr, size, arg);
        return 0;
    }
    model_flush();
    if (op == HOOK_FENCE)
        return 0;
    if (op == HOOK_STORE) {
        store(ptr, size, arg);
        return 0;
    }
    return operate(op, ptr, size, arg, expected);
}
