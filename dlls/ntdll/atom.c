/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Atom tables: names of up to 255 characters, without case, as 16-bit numbers from 0xc000 on,
 * counted; a pinned one stays. Numbers below 0xc000, also written `#123`, are atoms by themselves
 * and are not kept.
 */
#include "rtl.h"

enum { ATOM_BASE = 0xc000, ATOM_MAX = 0x3fff, NAME_MAX_CHARS = 255, N_BUCKETS_DEFAULT = 37 };

struct atom {
    struct atom *next;
    ULONG refs;
    BOOL pinned;
    RTL_ATOM value;
    USHORT n;
    WCHAR name[];
};

struct atom_table {
    RTL_CRITICAL_SECTION lock;
    struct atom **by_value; /* grows by doubling */
    ULONG n_values;
    ULONG n_buckets;
    struct atom *buckets[];
};

NTSTATUS WINAPI RtlCreateAtomTable(ULONG n_buckets, RTL_ATOM_TABLE *ret_table)
{
    if (*ret_table)
        return n_buckets ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    n_buckets = n_buckets ? n_buckets : N_BUCKETS_DEFAULT;
    struct atom_table *table = RtlAllocateHeap(
        process_heap(), HEAP_ZERO_MEMORY, sizeof(*table) + n_buckets * sizeof(table->buckets[0]));
    if (!table)
        return STATUS_NO_MEMORY;
    RtlInitializeCriticalSectionEx(&table->lock, 0, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    table->n_buckets = n_buckets;
    *ret_table = (RTL_ATOM_TABLE)table;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlEmptyAtomTable(RTL_ATOM_TABLE handle, BOOLEAN pinned_too)
{
    struct atom_table *table = (struct atom_table *)handle;
    if (!table)
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&table->lock);
    for (ULONG i = 0; i < table->n_buckets; i++)
        for (struct atom **link = &table->buckets[i]; *link;) {
            struct atom *atom = *link;
            if (atom->pinned && !pinned_too) {
                link = &atom->next;
                continue;
            }
            *link = atom->next;
            table->by_value[atom->value - ATOM_BASE] = NULL;
            rtl_free(atom);
        }
    RtlLeaveCriticalSection(&table->lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDestroyAtomTable(RTL_ATOM_TABLE handle)
{
    struct atom_table *table = (struct atom_table *)handle;
    NTSTATUS status = RtlEmptyAtomTable(handle, TRUE);

    if (status)
        return status;
    RtlDeleteCriticalSection(&table->lock);
    rtl_free(table->by_value);
    rtl_free(table);
    return STATUS_SUCCESS;
}

/* An integer atom, by value or as text. STATUS_MORE_ENTRIES: it is none. */
static NTSTATUS integer_atom(const WCHAR *name, RTL_ATOM *ret_atom)
{
    ULONG value = 0;

    if (!((ULONG_PTR)name >> 16)) {
        value = LOWORD((ULONG_PTR)name);
    } else {
        if (*name != '#' || !name[1])
            return STATUS_MORE_ENTRIES;
        for (name++; *name; name++) {
            if (*name < '0' || *name > '9' || value > 0xffff)
                return STATUS_MORE_ENTRIES;
            value = value * 10 + (ULONG)(*name - '0');
        }
    }
    if (!value || value >= ATOM_BASE)
        return STATUS_INVALID_PARAMETER;
    *ret_atom = (RTL_ATOM)value;
    return STATUS_SUCCESS;
}

static struct atom **find_by_name(struct atom_table *table, const WCHAR *name, size_t n)
{
    ULONG hash = 0;

    for (size_t i = 0; i < n; i++)
        hash = hash * 65599 + wide_upcase(name[i]);
    struct atom **link = &table->buckets[hash % table->n_buckets];
    while (*link && wide_compare((*link)->name, (*link)->n, name, n, TRUE))
        link = &(*link)->next;
    return link;
}

static struct atom *find_by_value(struct atom_table *table, RTL_ATOM value)
{
    ULONG i = (ULONG)value - ATOM_BASE;

    return value >= ATOM_BASE && i < table->n_values ? table->by_value[i] : NULL;
}

static NTSTATUS free_value(struct atom_table *table, RTL_ATOM *ret_value)
{
    ULONG i = 0;

    while (i < table->n_values && table->by_value[i])
        i++;
    if (i == ATOM_MAX)
        return STATUS_NO_MEMORY;
    if (i == table->n_values) {
        ULONG n = i ? i * 2 : 64;
        n = n > ATOM_MAX ? ATOM_MAX : n;
        struct atom **grown = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, n * sizeof(*grown));
        if (!grown)
            return STATUS_NO_MEMORY;
        if (i)
            memcpy(grown, table->by_value, i * sizeof(*grown));
        rtl_free(table->by_value);
        table->by_value = grown;
        table->n_values = n;
    }
    *ret_value = (RTL_ATOM)(ATOM_BASE + i);
    return STATUS_SUCCESS;
}

static NTSTATUS add_locked(struct atom_table *table, const WCHAR *name, size_t n,
                           RTL_ATOM *ret_atom)
{
    struct atom **link = find_by_name(table, name, n), *atom = *link;
    RTL_ATOM value;

    if (!atom) {
        NTSTATUS status = free_value(table, &value);
        if (status)
            return status;
        atom = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*atom) + n * sizeof(WCHAR));
        if (!atom)
            return STATUS_NO_MEMORY;
        atom->value = value;
        atom->n = (USHORT)n;
        memcpy(atom->name, name, n * sizeof(WCHAR));
        table->by_value[value - ATOM_BASE] = atom;
        *link = atom;
    }
    atom->refs++;
    *ret_atom = atom->value;
    return STATUS_SUCCESS;
}

static NTSTATUS by_name(struct atom_table *table, const WCHAR *name, RTL_ATOM *ret_atom, BOOL add)
{
    RTL_ATOM value = 0;

    if (!table)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = integer_atom(name, &value);
    if (status == STATUS_MORE_ENTRIES) {
        size_t n = wide_length(name);
        if (!n)
            return STATUS_OBJECT_NAME_INVALID;
        if (n > NAME_MAX_CHARS)
            return STATUS_INVALID_PARAMETER;
        RtlEnterCriticalSection(&table->lock);
        struct atom *atom = *find_by_name(table, name, n);
        if (add)
            status = add_locked(table, name, n, &value);
        else if ((status = atom ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND) == 0)
            value = atom->value;
        RtlLeaveCriticalSection(&table->lock);
    }
    if (!status && ret_atom)
        *ret_atom = value;
    return status;
}

NTSTATUS WINAPI RtlAddAtomToAtomTable(RTL_ATOM_TABLE table, const WCHAR *name, RTL_ATOM *ret_atom)
{
    return by_name((struct atom_table *)table, name, ret_atom, TRUE);
}

NTSTATUS WINAPI RtlLookupAtomInAtomTable(RTL_ATOM_TABLE table, const WCHAR *name,
                                         RTL_ATOM *ret_atom)
{
    return by_name((struct atom_table *)table, name, ret_atom, FALSE);
}

NTSTATUS WINAPI RtlDeleteAtomFromAtomTable(RTL_ATOM_TABLE handle, RTL_ATOM value)
{
    struct atom_table *table = (struct atom_table *)handle;
    NTSTATUS status = STATUS_SUCCESS;

    if (!table)
        return STATUS_INVALID_PARAMETER;
    if (value && value < ATOM_BASE)
        return STATUS_SUCCESS;
    RtlEnterCriticalSection(&table->lock);
    struct atom *atom = find_by_value(table, value);
    if (!atom) {
        status = STATUS_INVALID_HANDLE;
    } else if (atom->pinned) {
        status = STATUS_WAS_LOCKED;
    } else if (!--atom->refs) {
        *find_by_name(table, atom->name, atom->n) = atom->next;
        table->by_value[value - ATOM_BASE] = NULL;
        rtl_free(atom);
    }
    RtlLeaveCriticalSection(&table->lock);
    return status;
}

NTSTATUS WINAPI RtlPinAtomInAtomTable(RTL_ATOM_TABLE handle, RTL_ATOM value)
{
    struct atom_table *table = (struct atom_table *)handle;
    if (!table)
        return STATUS_INVALID_PARAMETER;
    if (value && value < ATOM_BASE)
        return STATUS_SUCCESS;
    RtlEnterCriticalSection(&table->lock);
    struct atom *atom = find_by_value(table, value);
    if (atom)
        atom->pinned = TRUE;
    RtlLeaveCriticalSection(&table->lock);
    return atom ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* The name, cut and terminated; n_bytes: the room, then the length without terminator. */
static NTSTATUS give_name(const WCHAR *text, size_t n, WCHAR *buffer, ULONG *n_bytes)
{
    ULONG n_max = *n_bytes / sizeof(WCHAR), n_kept;

    *n_bytes = (ULONG)(n * sizeof(WCHAR));
    if (!n_max)
        return STATUS_BUFFER_TOO_SMALL;
    n_kept = n < n_max ? (ULONG)n : n_max - 1;
    memcpy(buffer, text, n_kept * sizeof(WCHAR));
    buffer[n_kept] = 0;
    *n_bytes = n_kept * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlQueryAtomInAtomTable(RTL_ATOM_TABLE handle, RTL_ATOM value, ULONG *ret_refs,
                                        ULONG *ret_pinned, WCHAR *name, ULONG *n_bytes)
{
    struct atom_table *table = (struct atom_table *)handle;
    NTSTATUS status = STATUS_SUCCESS;
    WCHAR number[8];

    if (!table || !value)
        return STATUS_INVALID_PARAMETER;
    if (value < ATOM_BASE) {
        int n = _snwprintf(number, ARRAY_COUNT(number), L"#%u", value);
        if (ret_refs)
            *ret_refs = 1;
        if (ret_pinned)
            *ret_pinned = 1;
        return name ? give_name(number, (size_t)n, name, n_bytes) : STATUS_SUCCESS;
    }
    RtlEnterCriticalSection(&table->lock);
    struct atom *atom = find_by_value(table, value);
    if (!atom)
        status = STATUS_INVALID_HANDLE;
    if (atom && ret_refs)
        *ret_refs = atom->refs;
    if (atom && ret_pinned)
        *ret_pinned = atom->pinned;
    if (atom && name)
        status = give_name(atom->name, atom->n, name, n_bytes);
    RtlLeaveCriticalSection(&table->lock);
    return status;
}
