/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Fibre local storage. An index below 4080; index 0 is never handed out. A thread (or fibre) has
 * chunks of values, 16 in the first and twice as many in each next one, made when first written;
 * TEB.FlsSlots points to them and kernelbase swaps it with the fibre. All of them hang in one list,
 * so that freeing an index can call its callback for every value.
 *
 * Callbacks run without the lock, and may throw. The values they see are cleared first.
 */
#include "rtl.h"

enum { N_CHUNKS = 8, FIRST_CHUNK = 16, N_INDEXES = FIRST_CHUNK * ((1 << N_CHUNKS) - 1) };

struct fls_data {
    LIST_ENTRY entry; /* guarded by lock */
    void **chunks[N_CHUNKS];
};

static RTL_SRWLOCK lock;
static LIST_ENTRY fls_list = {&fls_list, &fls_list};
/* NULL: free; a callback, or NO_CALLBACK. Guarded by lock for writing. */
static PFLS_CALLBACK_FUNCTION callbacks[N_INDEXES];
static ULONG high_index;
#define NO_CALLBACK ((PFLS_CALLBACK_FUNCTION)(ULONG_PTR)~0ull)

static ULONG chunk_of(ULONG index, ULONG *ret_place)
{
    ULONG chunk = 0;

    for (; index >= (ULONG)FIRST_CHUNK << chunk; chunk++)
        index -= (ULONG)FIRST_CHUNK << chunk;
    *ret_place = index;
    return chunk;
}

static void **value_slot(struct fls_data *data, ULONG index)
{
    ULONG place, chunk = chunk_of(index, &place);

    return data && data->chunks[chunk] ? &data->chunks[chunk][place] : NULL;
}

NTSTATUS WINAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION callback, ULONG *ret_index)
{
    NTSTATUS status = STATUS_NO_MEMORY;

    RtlAcquireSRWLockExclusive(&lock);
    for (ULONG i = 1; i < N_INDEXES; i++) {
        if (callbacks[i])
            continue;
        callbacks[i] = callback ? callback : NO_CALLBACK;
        if (i > high_index)
            peb()->FlsHighIndex = high_index = i;
        *ret_index = i;
        status = STATUS_SUCCESS;
        break;
    }
    RtlReleaseSRWLockExclusive(&lock);
    return status;
}

static BOOL is_used(ULONG index)
{
    return index && index < N_INDEXES && callbacks[index];
}

/* Take one value of this index from some thread; NULL when there is none left. */
static void *value_take(ULONG index)
{
    void *value = NULL;

    RtlAcquireSRWLockExclusive(&lock);
    for (LIST_ENTRY *e = fls_list.Flink; e != &fls_list && !value; e = e->Flink) {
        void **slot = value_slot(CONTAINING_RECORD(e, struct fls_data, entry), index);
        if (slot && *slot) {
            value = *slot;
            *slot = NULL;
        }
    }
    RtlReleaseSRWLockExclusive(&lock);
    return value;
}

NTSTATUS WINAPI RtlFlsFree(ULONG index)
{
    void *value;

    if (!is_used(index))
        return STATUS_INVALID_PARAMETER;
    PFLS_CALLBACK_FUNCTION callback = callbacks[index];
    while ((value = value_take(index)))
        if (callback != NO_CALLBACK)
            callback(value);
    RtlAcquireSRWLockExclusive(&lock);
    callbacks[index] = NULL;
    RtlReleaseSRWLockExclusive(&lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlFlsGetValue(ULONG index, void **ret_value)
{
    if (!index || index >= N_INDEXES || !teb()->FlsSlots)
        return STATUS_INVALID_PARAMETER;
    void **slot = value_slot((struct fls_data *)teb()->FlsSlots, index);
    *ret_value = slot ? *slot : NULL;
    return STATUS_SUCCESS;
}

static struct fls_data *own_data(void)
{
    struct fls_data *data = (struct fls_data *)teb()->FlsSlots;

    if (data || !(data = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*data))))
        return data;
    RtlAcquireSRWLockExclusive(&lock);
    data->entry.Flink = &fls_list;
    data->entry.Blink = fls_list.Blink;
    fls_list.Blink->Flink = &data->entry;
    fls_list.Blink = &data->entry;
    RtlReleaseSRWLockExclusive(&lock);
    teb()->FlsSlots = (void *)data;
    return data;
}

NTSTATUS WINAPI RtlFlsSetValue(ULONG index, void *value)
{
    ULONG place, chunk;

    if (!index || index >= N_INDEXES)
        return STATUS_INVALID_PARAMETER;
    struct fls_data *data = own_data();
    if (!data)
        return STATUS_NO_MEMORY;
    chunk = chunk_of(index, &place);
    if (!data->chunks[chunk]) {
        void **values = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY,
                                        ((SIZE_T)FIRST_CHUNK << chunk) * sizeof(*values));
        if (!values)
            return STATUS_NO_MEMORY;
        RtlAcquireSRWLockExclusive(&lock);
        data->chunks[chunk] = values;
        RtlReleaseSRWLockExclusive(&lock);
    }
    data->chunks[chunk][place] = value;
    return STATUS_SUCCESS;
}

static void run_callbacks(struct fls_data *data)
{
    for (ULONG i = 1; i <= high_index; i++) {
        void **slot = value_slot(data, i);
        void *value = slot ? *slot : NULL;
        PFLS_CALLBACK_FUNCTION callback = callbacks[i];

        if (!value)
            continue;
        *slot = NULL;
        if (callback && callback != NO_CALLBACK)
            callback(value);
    }
}

/* Flag 1: call the callbacks for this thread's or fibre's values; flag 2: free them. */
void WINAPI RtlProcessFlsData(void *fls, ULONG flags)
{
    struct fls_data *data = fls;

    if (!data)
        return;
    if (flags & 1)
        run_callbacks(data);
    if (!(flags & 2))
        return;
    RtlAcquireSRWLockExclusive(&lock);
    data->entry.Blink->Flink = data->entry.Flink;
    data->entry.Flink->Blink = data->entry.Blink;
    RtlReleaseSRWLockExclusive(&lock);
    for (int i = 0; i < N_CHUNKS; i++)
        rtl_free(data->chunks[i]);
    rtl_free(data);
}
