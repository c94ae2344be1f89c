/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The heap on plain memory: a random life of blocks, threads, and every kind of damage is seen. */
#include "heap.h"

#include <pthread.h>

#include "rtl_native.h"
#include "unit.h"

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245 + 12345;
    return *state >> 8;
}

static SIZE_T random_size(unsigned *state)
{
    static const SIZE_T limits[] = {16, 64, 256, 1024, 8192, 65536, 700000};

    return next_random(state) % limits[next_random(state) % ARRAY_COUNT(limits)];
}

enum { N_SLOTS = 300, N_STEPS = 20000 };

struct slot {
    unsigned char *data;
    SIZE_T size;
    unsigned char pattern;
};

static int is_filled(const struct slot *slot, SIZE_T n)
{
    for (SIZE_T i = 0; i < n; i++)
        if (slot->data[i] != slot->pattern)
            return 0;
    return 1;
}

static void live(HANDLE heap, unsigned seed, int n_steps)
{
    struct slot slots[N_SLOTS] = {{NULL, 0, 0}};

    for (int step = 0; step < n_steps; step++) {
        struct slot *slot = &slots[next_random(&seed) % N_SLOTS];
        SIZE_T size = random_size(&seed), kept;

        if (!slot->data) {
            slot->data = RtlAllocateHeap(heap, 0, size);
            kept = 0;
        } else if (next_random(&seed) % 2) {
            ck_assert(is_filled(slot, slot->size));
            ck_assert_uint_eq(RtlSizeHeap(heap, 0, slot->data), slot->size);
            ck_assert(RtlFreeHeap(heap, 0, slot->data));
            slot->data = NULL;
            continue;
        } else {
            kept = slot->size < size ? slot->size : size;
            slot->data = RtlReAllocateHeap(heap, 0, slot->data, size);
        }
        ck_assert_ptr_nonnull(slot->data);
        ck_assert_uint_eq((ULONG_PTR)slot->data % 16, 0);
        ck_assert(is_filled(slot, kept));
        slot->size = size;
        slot->pattern = (unsigned char)next_random(&seed);
        memset(slot->data, slot->pattern, size);
    }
    for (int i = 0; i < N_SLOTS; i++)
        RtlFreeHeap(heap, 0, slots[i].data);
}

START_TEST(blocks_keep_their_contents_through_a_random_life)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);

    for (unsigned seed = 1; seed < 6; seed++) {
        live(heap, seed, N_STEPS);
        ck_assert(RtlValidateHeap(heap, 0, NULL));
    }
    ck_assert_uint_eq(((struct heap *)heap)->n_busy_blocks, 0);
    ck_assert_ptr_null(RtlDestroyHeap(heap));
}
END_TEST

static void *live_thread(void *heap)
{
    static unsigned seed;

    rtl_native_thread();
    live(heap, __atomic_add_fetch(&seed, 77, __ATOMIC_SEQ_CST), N_STEPS);
    return NULL;
}

START_TEST(eight_threads_share_one_heap)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, live_thread, heap);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    ck_assert(RtlValidateHeap(heap, 0, NULL));
    ck_assert_uint_eq(((struct heap *)heap)->n_busy_blocks, 0);
}
END_TEST

START_TEST(zeroed_blocks_are_zero_and_grow_with_zeroes)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    char *dirty = RtlAllocateHeap(heap, 0, 5000);

    memset(dirty, 0xaa, 5000);
    RtlFreeHeap(heap, 0, dirty);
    char *data = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(data[i], 0);
    data = RtlReAllocateHeap(heap, HEAP_ZERO_MEMORY, data, 4000);
    for (int i = 0; i < 4000; i++)
        ck_assert_int_eq(data[i], 0);
}
END_TEST

START_TEST(a_user_value_survives_growth)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    void *value;
    ULONG flags;
    void *ptr = RtlAllocateHeap(heap, 0x300, 10);

    ck_assert(RtlSetUserValueHeap(heap, 0, ptr, &value));
    for (SIZE_T size = 10; size < 2000000; size *= 3) {
        ptr = RtlReAllocateHeap(heap, 0, ptr, size);
        memset(ptr, 0xee, size);
        ck_assert(RtlGetUserInfoHeap(heap, 0, ptr, &value, &flags));
        ck_assert_ptr_eq(value, &value);
        ck_assert_uint_eq(flags, 0x300);
    }
    ck_assert(RtlFreeHeap(heap, 0, ptr));
    ptr = RtlAllocateHeap(heap, 0, 10);
    ck_assert(!RtlSetUserValueHeap(heap, 0, ptr, &value));
}
END_TEST

#define ASSERT_RAISES(action)                                                   \
    do {                                                                        \
        raised_status = 0;                                                      \
        if (!setjmp(raised_jump))                                               \
            action;                                                             \
        ck_assert_uint_eq((ULONG)raised_status, (ULONG)STATUS_HEAP_CORRUPTION); \
    } while (0)

START_TEST(damage_is_seen)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    HANDLE other = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    char *a = RtlAllocateHeap(heap, 0, 100), *b = RtlAllocateHeap(heap, 0, 100);
    char *c = RtlAllocateHeap(heap, 0, 100);

    ck_assert(RtlValidateHeap(heap, 0, a));
    ck_assert(!RtlValidateHeap(heap, 0, a + 16));
    ck_assert(!RtlValidateHeap(other, 0, a));
    ck_assert(!RtlValidateHeap(heap, 0, &heap));
    ASSERT_RAISES(RtlFreeHeap(other, 0, a));
    ck_assert(RtlFreeHeap(heap, 0, b));
    ASSERT_RAISES(RtlFreeHeap(heap, 0, b));
    ck_assert(RtlValidateHeap(heap, 0, NULL));
    a[113]++; /* beyond its end: the header above */
    ck_assert(!RtlValidateHeap(heap, 0, NULL));
    ASSERT_RAISES(RtlFreeHeap(heap, 0, a));
    a[113]--;
    ck_assert(RtlFreeHeap(heap, 0, a));
    ck_assert(RtlFreeHeap(heap, 0, c));
}
END_TEST

START_TEST(a_walk_meets_every_busy_block_once)
{
    struct {
        void *data;
        SIZE_T n_bytes;
        BYTE overhead, region;
        WORD flags;
        ULONG_PTR u[3];
    } entry = {0};
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    SIZE_T sizes[] = {1, 100, 5000, 300000, 900000, 500000, 400000, 450000}, total = 0, walked = 0;
    int n_busy = 0;

    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++, total += sizes[i - 1])
        ck_assert_ptr_nonnull(RtlAllocateHeap(heap, 0, sizes[i]));
    while (!RtlWalkHeap(heap, &entry))
        if (entry.flags & 1) {
            n_busy++;
            walked += entry.n_bytes;
        }
    ck_assert_int_eq(n_busy, ARRAY_COUNT(sizes));
    ck_assert_uint_eq(walked, total);
}
END_TEST

START_TEST(a_fixed_heap_stays_in_its_size)
{
    HANDLE heap = RtlCreateHeap(0, NULL, 0x20000, 0, NULL, NULL);
    SIZE_T total = 0;

    while (RtlAllocateHeap(heap, 0, 1000))
        total += 1000;
    ck_assert_uint_gt(total, 0x1c000);
    ck_assert_uint_lt(total, 0x20000);
    ck_assert_ptr_null(RtlAllocateHeap(heap, 0, 0x100000));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("heap");
    UNIT_TEST(blocks_keep_their_contents_through_a_random_life);
    UNIT_TEST(eight_threads_share_one_heap);
    UNIT_TEST(zeroed_blocks_are_zero_and_grow_with_zeroes);
    UNIT_TEST(a_user_value_survives_growth);
    UNIT_TEST(damage_is_seen);
    UNIT_TEST(a_walk_meets_every_busy_block_once);
    UNIT_TEST(a_fixed_heap_stays_in_its_size);
    return UNIT_END();
}
