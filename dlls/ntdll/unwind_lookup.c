/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Which function holds an address: RtlLookupFunctionEntry, over the images (function_table.c, no
 * lock) and over the tables that programs add for generated code (JIT compilers): whole tables,
 * growable tables, and call-backs. The added tables are few; their list has a lock, which is not
 * taken while the list is empty. */

#include "ntdll.h"

#include "exception.h"
#include "function_table.h"

struct dynamic_table {
    struct dynamic_table *next;
    ULONG_PTR key; /* what RtlDeleteFunctionTable names it by */
    ULONG_PTR base;
    ULONG_PTR start; /* addresses covered */
    ULONG_PTR end;
    RUNTIME_FUNCTION *functions; /* NULL: ask callback */
    ULONG n_functions;
    PGET_RUNTIME_FUNCTION_CALLBACK callback;
    void *context;
};

/* Guard: dynamic_lock. */
static struct dynamic_table *dynamic_tables;
static RTL_CRITICAL_SECTION dynamic_lock = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};

static const RUNTIME_FUNCTION *find_function(ULONG_PTR base, const RUNTIME_FUNCTION *functions,
                                             ULONG n_functions, ULONG_PTR pc)
{
    ULONG low = 0, high = n_functions;

    while (low < high) {
        const ULONG middle = (low + high) / 2;
        const RUNTIME_FUNCTION *function = &functions[middle];

        if (pc < base + function->BeginAddress)
            high = middle;
        else if (pc >= base + function->EndAddress)
            low = middle + 1;
        else
            return function;
    }
    return NULL;
}

/* An entry may stand for another one: the low bit of UnwindData marks a link. */
static RUNTIME_FUNCTION *follow_indirection(ULONG_PTR base, const RUNTIME_FUNCTION *function)
{
    while (function && (function->UnwindData & 1))
        function = (const RUNTIME_FUNCTION *)(base + (function->UnwindData & ~1u));
    return (RUNTIME_FUNCTION *)function;
}

static RUNTIME_FUNCTION *find_dynamic(ULONG_PTR pc, ULONG_PTR *ret_base)
{
    const RUNTIME_FUNCTION *found = NULL;
    struct dynamic_table *table;

    if (!__atomic_load_n(&dynamic_tables, __ATOMIC_ACQUIRE))
        return NULL;
    RtlEnterCriticalSection(&dynamic_lock);
    for (table = dynamic_tables; table && !found; table = table->next) {
        if (pc < table->start || pc >= table->end)
            continue;
        if (table->callback)
            found = table->callback(pc, table->context);
        else
            found = find_function(table->base, table->functions, table->n_functions, pc);
        *ret_base = table->base;
    }
    RtlLeaveCriticalSection(&dynamic_lock);
    return (RUNTIME_FUNCTION *)found;
}

PRUNTIME_FUNCTION WINAPI RtlLookupFunctionEntry(DWORD_PTR pc, DWORD_PTR *ret_base,
                                                UNWIND_HISTORY_TABLE *history)
{
    struct image_range range;
    ULONG_PTR base = 0;
    RUNTIME_FUNCTION *function;

    (void)history; /* a cache for slow look-ups */
    if (image_table_find(pc, &range)) {
        *ret_base = range.base;
        return follow_indirection(
            range.base, find_function(range.base, range.functions, range.n_functions, pc));
    }
    function = find_dynamic(pc, &base);
    *ret_base = base;
    return function;
}

PRUNTIME_FUNCTION WINAPI RtlLookupFunctionTable(ULONG_PTR pc, ULONG_PTR *ret_base, ULONG *ret_size)
{
    struct image_range range;

    if (!image_table_find(pc, &range))
        return NULL;
    *ret_base = range.base;
    *ret_size = range.n_functions * sizeof(RUNTIME_FUNCTION);
    return (RUNTIME_FUNCTION *)range.functions;
}

static struct dynamic_table *table_add(const struct dynamic_table *values)
{
    struct dynamic_table *table = RtlAllocateHeap(process_heap(), 0, sizeof(*table));

    if (!table)
        return NULL;
    *table = *values;
    RtlEnterCriticalSection(&dynamic_lock);
    table->next = dynamic_tables;
    __atomic_store_n(&dynamic_tables, table, __ATOMIC_RELEASE);
    RtlLeaveCriticalSection(&dynamic_lock);
    return table;
}

static bool table_remove(ULONG_PTR key)
{
    struct dynamic_table **at, *found;

    RtlEnterCriticalSection(&dynamic_lock);
    for (at = &dynamic_tables; *at && (*at)->key != key; at = &(*at)->next)
        ;
    found = *at;
    if (found)
        *at = found->next;
    RtlLeaveCriticalSection(&dynamic_lock);
    RtlFreeHeap(process_heap(), 0, found);
    return found != NULL;
}

BOOLEAN CDECL RtlAddFunctionTable(RUNTIME_FUNCTION *functions, DWORD n_functions, DWORD_PTR base)
{
    struct dynamic_table table = {.key = (ULONG_PTR)functions, .base = base};
    DWORD i;

    table.functions = functions;
    table.n_functions = n_functions;
    table.start = ~(ULONG_PTR)0;
    for (i = 0; i < n_functions; i++) {
        if (base + functions[i].BeginAddress < table.start)
            table.start = base + functions[i].BeginAddress;
        if (base + functions[i].EndAddress > table.end)
            table.end = base + functions[i].EndAddress;
    }
    return table_add(&table) != NULL;
}

/* The key must have its two low bits set: it is no address of a table. */
BOOLEAN CDECL RtlInstallFunctionTableCallback(DWORD_PTR key, DWORD_PTR base, DWORD size,
                                              PGET_RUNTIME_FUNCTION_CALLBACK callback,
                                              PVOID context, PCWSTR out_of_process_dll)
{
    struct dynamic_table table = {.key = key, .base = base, .start = base, .end = base + size};

    (void)out_of_process_dll; /* for debuggers */
    if ((key & 3) != 3 || !callback)
        return FALSE;
    table.callback = callback;
    table.context = context;
    return table_add(&table) != NULL;
}

BOOLEAN CDECL RtlDeleteFunctionTable(RUNTIME_FUNCTION *key)
{
    return table_remove((ULONG_PTR)key);
}

DWORD WINAPI RtlAddGrowableFunctionTable(void **ret_cookie, PRUNTIME_FUNCTION functions,
                                         DWORD n_functions, DWORD n_max, ULONG_PTR start,
                                         ULONG_PTR end)
{
    struct dynamic_table values = {.base = start, .start = start, .end = end};
    struct dynamic_table *table;

    if (n_functions > n_max)
        return (DWORD)STATUS_INVALID_PARAMETER;
    values.functions = functions;
    values.n_functions = n_functions;
    table = table_add(&values);
    if (!table)
        return (DWORD)STATUS_NO_MEMORY;
    table->key = (ULONG_PTR)table;
    *ret_cookie = table;
    return STATUS_SUCCESS;
}

void WINAPI RtlGrowFunctionTable(void *cookie, DWORD n_functions)
{
    struct dynamic_table *table = cookie;

    RtlEnterCriticalSection(&dynamic_lock);
    table->n_functions = n_functions;
    RtlLeaveCriticalSection(&dynamic_lock);
}

void WINAPI RtlDeleteGrowableFunctionTable(void *cookie)
{
    table_remove((ULONG_PTR)cookie);
}
