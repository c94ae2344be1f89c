/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The heap under eight threads, and what its calls promise. tests/unit/check_heap.c has the rest.
 */
#include "rtl.h"

BOOLEAN NTAPI RtlGetUserInfoHeap(void *, ULONG, void *, void **, ULONG *);
BOOLEAN NTAPI RtlSetUserValueHeap(void *, ULONG, void *, void *);
BOOLEAN NTAPI RtlLockHeap(void *);
BOOLEAN NTAPI RtlUnlockHeap(void *);
ULONG NTAPI RtlGetProcessHeaps(ULONG, HANDLE *);
void *NTAPI RtlAddVectoredExceptionHandler(ULONG, void *);

enum { N_THREADS = 8, N_STEPS = 20000, N_SLOTS = 64 };

static HANDLE heap;
static long n_bad;

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245 + 12345;
    return *state >> 8;
}

static void check_fill(const unsigned char *data, SIZE_T n, unsigned char pattern)
{
    for (SIZE_T i = 0; i < n; i += 13)
        if (data[i] != pattern)
            __sync_fetch_and_add(&n_bad, 1);
}

static void NTAPI live(void *arg)
{
    unsigned seed = 1 + (unsigned)(ULONG_PTR)arg;
    unsigned char *slots[N_SLOTS] = {NULL};
    SIZE_T sizes[N_SLOTS] = {0};

    for (int step = 0; step < N_STEPS; step++) {
        unsigned i = next_random(&seed) % N_SLOTS;
        SIZE_T size = next_random(&seed) % (step % 500 ? 2000 : 600000);

        if (slots[i]) {
            check_fill(slots[i], sizes[i], (unsigned char)i);
            if (RtlSizeHeap(heap, 0, slots[i]) != sizes[i] || !RtlFreeHeap(heap, 0, slots[i]))
                __sync_fetch_and_add(&n_bad, 1);
            slots[i] = NULL;
            continue;
        }
        slots[i] = RtlAllocateHeap(heap, 0, size);
        if (!slots[i] || (ULONG_PTR)slots[i] % 16) {
            __sync_fetch_and_add(&n_bad, 1);
            break;
        }
        sizes[i] = size;
        for (SIZE_T k = 0; k < size; k += 13)
            slots[i][k] = (unsigned char)i;
    }
    for (int i = 0; i < N_SLOTS; i++)
        RtlFreeHeap(heap, 0, slots[i]);
    RtlExitUserThread(0);
}

static LONG caught;

/* The raise cannot be continued: remember it and end the thread. */
static LONG NTAPI catch_corruption(EXCEPTION_POINTERS *info)
{
    if (info->ExceptionRecord->ExceptionCode != (DWORD)0xc0000374)
        return EXCEPTION_CONTINUE_SEARCH;
    caught = (LONG)info->ExceptionRecord->ExceptionCode;
    RtlExitUserThread(0);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void *victim;

static void NTAPI free_victim(void *arg)
{
    (void)arg;
    RtlFreeHeap(heap, 0, victim);
    RtlExitUserThread(0);
}

static void free_in_thread(void *data)
{
    victim = data;
    caught = 0;
    run_threads(1, free_victim);
}

static void test_calls(void)
{
    HANDLE heaps[64];
    void *value = NULL;
    ULONG flags, n;

    char *data = RtlAllocateHeap(heap, 8, 1000);
    int zero = 1;
    for (int i = 0; i < 1000; i++)
        zero &= !data[i];
    ok(zero, "flag 8 zeroes");
    is_number((long long)RtlSizeHeap(heap, 0, data), 1000, "the size is what was asked for");
    ok(!RtlReAllocateHeap(heap, 0x10, data, 2000000), "not in place");
    is_number((long long)RtlSizeHeap(heap, 0, data), 1000, "so it stays");
    ok(RtlReAllocateHeap(heap, 0x10, data, 500) == data, "smaller in place");
    ok(!RtlReAllocateHeap(heap, 0, NULL, 10), "growing nothing gives nothing");
    ok(RtlFreeHeap(heap, 0, NULL), "freeing nothing is fine");
    ok(RtlFreeHeap(heap, 0, data), "freed");
    data = RtlAllocateHeap(heap, 0x300, 10);
    ok(RtlSetUserValueHeap(heap, 0, data, &value), "a user value");
    ok(RtlGetUserInfoHeap(heap, 0, data, &value, &flags) && value == &value && flags == 0x300,
       "is given back");
    ok(RtlLockHeap(heap) && RtlFreeHeap(heap, 0, data) && RtlUnlockHeap(heap),
       "a locked heap serves its owner");
    n = RtlGetProcessHeaps(64, heaps);
    int found = 0;
    for (ULONG i = 0; i < n; i++)
        found += heaps[i] == heap;
    ok(n >= 2 && found == 1, "the process lists its heaps");
}

static void test_damage(void)
{
    RtlAddVectoredExceptionHandler(1, (void *)catch_corruption);
    char *data = RtlAllocateHeap(heap, 0, 100), *above = RtlAllocateHeap(heap, 0, 100);
    char kept = data[112];

    data[112] = (char)(kept + 1); /* the next header */
    ok(!RtlValidateHeap(heap, 0, NULL), "an overrun is found");
    free_in_thread(data);
    ok(caught == (LONG)0xc0000374, "and raised when the block is freed");
    data[112] = kept;
    ok(RtlValidateHeap(heap, 0, NULL), "(mended)");
    free_in_thread(data);
    is_number(caught, 0, "freed once");
    free_in_thread(data);
    ok(caught == (LONG)0xc0000374, "a second free is raised");
    RtlFreeHeap(heap, 0, above);
    ok(RtlValidateHeap(heap, 0, NULL), "the heap is sound after all that");
}

static void test_main(void)
{
    heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    ok(heap != NULL, "a heap is made");
    run_threads(N_THREADS, live);
    is_number(n_bad, 0, "eight threads find their blocks as they left them");
    ok(RtlValidateHeap(heap, 0, NULL), "and the heap is sound");
    test_calls();
    test_damage();
    ok(!RtlDestroyHeap(heap), "destroyed");
}
