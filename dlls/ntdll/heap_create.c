/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Making and destroying heaps, and the process's list of them, which the PEB shows too. */
#include "heap.h"

static LIST_ENTRY heap_list = {&heap_list, &heap_list};
static RTL_SRWLOCK heap_list_lock;

struct heap *heap_from(HANDLE handle, const char *function)
{
    struct heap *heap = handle;

    if (heap && heap->signature == (ULONG)HEAP_SIGNATURE)
        return heap;
    log_line("%s: %p is not a heap", function, handle);
    return NULL;
}

void *heap_region_new(SIZE_T *n_bytes, ULONG protection)
{
    void *region = NULL;

    if (NtAllocateVirtualMemory(NtCurrentProcess(), &region, 0, n_bytes, MEM_RESERVE | MEM_COMMIT,
                                protection))
        return NULL;
    return region;
}

void heap_region_free(void *region)
{
    SIZE_T n_bytes = 0;

    NtFreeVirtualMemory(NtCurrentProcess(), &region, &n_bytes, MEM_RELEASE);
}

/* The array in the PEB is rebuilt at each change; debuggers and kernelbase read it. */
static void publish_heaps_locked(void)
{
    static void *handles[256];
    ULONG n = 0;

    for (LIST_ENTRY *e = heap_list.Flink; e != &heap_list && n < ARRAY_COUNT(handles); e = e->Flink)
        handles[n++] = CONTAINING_RECORD(e, struct heap, entry);
    peb()->ProcessHeaps = handles;
    peb()->MaximumNumberOfHeaps = ARRAY_COUNT(handles);
    peb()->NumberOfHeaps = n;
}

static ULONG secret_new(const void *heap)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    NtQuerySystemTime(&now);
    return (ULONG)(((ULONGLONG)now.QuadPart ^ (ULONG_PTR)heap >> 12) * 0x9e3779b97f4a7c15ull >> 32);
}

/* A fixed heap of n_max bytes at `base` or wherever, or a growable one when n_max is 0. */
HANDLE WINAPI RtlCreateHeap(ULONG flags, void *base, SIZE_T n_max, SIZE_T n_commit, void *unknown,
                            RTL_HEAP_DEFINITION *definition)
{
    SIZE_T n_bytes = HEAP_SEGMENT_BYTES, n_head;
    ULONG protection = flags & HEAP_CREATE_ENABLE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;

    (void)unknown;
    (void)definition;
    if (flags & HEAP_GROWABLE)
        n_max = 0;
    if (n_max || n_commit > n_bytes)
        n_bytes = ((n_max > n_commit ? n_max : n_commit) + 0xffff) & ~(SIZE_T)0xffff;
    if (n_bytes > 0xfffff0000ull)
        return NULL;
    struct heap *heap = base ? base : heap_region_new(&n_bytes, protection);
    if (!heap)
        return NULL;
    unix_prefault(heap, process_heap() ? HEAP_FIRST_BYTES : HEAP_START_BYTES);
    if (base) { /* the caller's memory is all there is */
        n_bytes = n_max = n_max ? n_max : n_commit;
        if (n_bytes < 0x10000)
            return NULL;
        memset(heap, 0, sizeof(*heap));
    }
    n_head = (sizeof(*heap) + sizeof(struct segment) + 15) & ~(SIZE_T)15;
    heap->signature = (ULONG)HEAP_SIGNATURE;
    heap->flags = flags & (HEAP_NO_SERIALIZE | HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS |
                           HEAP_CREATE_ENABLE_EXECUTE);
    heap->n_max = n_max;
    heap->n_taken = n_bytes;
    heap->protection = protection;
    heap->secret = secret_new(heap);
    heap->large.Flink = heap->large.Blink = &heap->large;
    RtlInitializeCriticalSectionEx(&heap->lock, 1000, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    struct segment *segment = (struct segment *)(heap + 1);
    segment->owned = FALSE;
    segment_format(heap, segment, n_head - sizeof(*heap), n_bytes - sizeof(*heap));
    heap->flags |= base ? HEAP_SHARED : 0; /* a mark of ours: not to be released */
    RtlAcquireSRWLockExclusive(&heap_list_lock);
    heap_list_append(&heap_list, &heap->entry);
    publish_heaps_locked();
    RtlReleaseSRWLockExclusive(&heap_list_lock);
    return heap;
}

/* NULL on success, the heap when it cannot be destroyed. */
HANDLE WINAPI RtlDestroyHeap(HANDLE handle)
{
    struct heap *heap = heap_from(handle, "RtlDestroyHeap");

    if (!heap || handle == process_heap())
        return handle;
    RtlAcquireSRWLockExclusive(&heap_list_lock);
    heap_list_remove(&heap->entry);
    publish_heaps_locked();
    RtlReleaseSRWLockExclusive(&heap_list_lock);
    heap->signature = 0;
    while (heap->large.Flink != &heap->large) {
        LIST_ENTRY *entry = heap->large.Flink;
        heap_list_remove(entry);
        heap_region_free(CONTAINING_RECORD(entry, struct large_block, entry));
    }
    for (struct segment *segment = heap->segments, *next; segment; segment = next) {
        next = segment->next;
        if (segment->owned)
            heap_region_free(segment);
    }
    if (!(heap->flags & HEAP_SHARED))
        heap_region_free(heap);
    return NULL;
}

ULONG WINAPI RtlGetProcessHeaps(ULONG n_max, HANDLE *heaps)
{
    ULONG n = 0;

    RtlAcquireSRWLockShared(&heap_list_lock);
    for (LIST_ENTRY *e = heap_list.Flink; e != &heap_list; e = e->Flink, n++)
        if (n < n_max)
            heaps[n] = CONTAINING_RECORD(e, struct heap, entry);
    RtlReleaseSRWLockShared(&heap_list_lock);
    return n;
}
