/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What the hooks of atomics.h do: operations on memory at scheduling points, with store buffers.
 *
 * One first-in-first-out list a thread. A delayed store is seen by its own thread alone, by plain
 * loads too: it is in memory while that thread runs and taken out while others do. Plain (not
 * atomic) writes are visible at once, i.e. may overtake a delayed store, which release stores
 * allow; payloads are written before their commit words anyway. */

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

void model_hide(struct thread *thread)
{
    if (!thread->is_hidden)
        for (unsigned i = thread->n_buffered; i-- > 0;)
            store(thread->buffer[i].ptr, thread->buffer[i].size, thread->buffer[i].others);
    thread->is_hidden = true;
}

void model_reveal(struct thread *thread)
{
    for (unsigned i = 0; thread->is_hidden && i < thread->n_buffered; i++) {
        struct buffered *b = &thread->buffer[i];
        b->others = load(b->ptr, b->size);
        store(b->ptr, b->size, b->value);
    }
    thread->is_hidden = false;
}

void model_flush_thread(struct thread *thread)
{
    bool was_hidden = thread->is_hidden;

    model_reveal(thread);
    thread->n_buffered = 0;
    thread->is_hidden = was_hidden;
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
    self->buffer[self->n_buffered++] = (struct buffered){ptr, size, value, load(ptr, size)};
    store(ptr, size, value);
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
        return load(ptr, size);
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
