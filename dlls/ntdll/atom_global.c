/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The global atoms (GlobalAddAtom): one table, made at the first call.
 *
 * DIFFERS: on Windows the programs of a session share them; here each process has its own. They
 * exist to be sent along in window messages, and no window message can be sent.
 *
 * The program's memory is read and written under user_guard and no lock: these are system calls on
 * Windows, where a bad pointer is a status. */

#include "ntdll.h"

#include "entry.h"
#include "rtl.h"

enum { NAME_CHARS = 256 };

/* The table is never freed. */
static NTSTATUS table_get(RTL_ATOM_TABLE *ret_table)
{
    static RTL_ATOM_TABLE table;
    RTL_ATOM_TABLE made = NULL, none = NULL;
    NTSTATUS status;

    *ret_table = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    if (*ret_table)
        return STATUS_SUCCESS;
    status = RtlCreateAtomTable(0, &made);
    if (status)
        return status;
    if (!__atomic_compare_exchange_n(&table, &none, made, FALSE, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        RtlDestroyAtomTable(made);
        made = none;
    }
    *ret_table = made;
    return STATUS_SUCCESS;
}

struct atom_call {
    NTSTATUS(WINAPI *function)(RTL_ATOM_TABLE, const WCHAR *, RTL_ATOM *);
    const WCHAR *name;
    ULONG size;
    RTL_ATOM *ret_atom;
};

/* The Rtl functions take a text with a NUL, or an integer in place of the pointer. */
static NTSTATUS name_get(const WCHAR *name, ULONG size, WCHAR buffer[NAME_CHARS],
                         const WCHAR **ret_name)
{
    *ret_name = name;
    if (!((ULONG_PTR)name >> 16))
        return STATUS_SUCCESS;
    if (size / sizeof(WCHAR) >= NAME_CHARS)
        return STATUS_INVALID_PARAMETER;
    memcpy(buffer, name, size);
    buffer[size / sizeof(WCHAR)] = 0;
    *ret_name = buffer;
    return STATUS_SUCCESS;
}

static NTSTATUS with_name(void *argument)
{
    const struct atom_call *call = argument;
    WCHAR buffer[NAME_CHARS];
    RTL_ATOM_TABLE table;
    const WCHAR *name;
    NTSTATUS status = name_get(call->name, call->size, buffer, &name);

    if (!status && call->ret_atom)
        *call->ret_atom = 0; /* a bad pointer is found before there is an atom */
    if (!status)
        status = table_get(&table);
    return status ? status : call->function(table, name, call->ret_atom);
}

NTSTATUS WINAPI NtAddAtom(const WCHAR *name, ULONG size, RTL_ATOM *ret_atom)
{
    struct atom_call call = {RtlAddAtomToAtomTable, name, size, ret_atom};

    return user_guard(with_name, &call);
}

NTSTATUS WINAPI NtFindAtom(const WCHAR *name, ULONG size, RTL_ATOM *ret_atom)
{
    struct atom_call call = {RtlLookupAtomInAtomTable, name, size, ret_atom};

    return user_guard(with_name, &call);
}

NTSTATUS WINAPI NtDeleteAtom(RTL_ATOM atom)
{
    RTL_ATOM_TABLE table;
    NTSTATUS status = table_get(&table);

    return status ? status : RtlDeleteAtomFromAtomTable(table, atom);
}

struct query_call {
    RTL_ATOM atom;
    ATOM_BASIC_INFORMATION *info;
    ULONG size;
    ULONG *ret_size;
};

/* The name is cut to the buffer and has its NUL, as kernel32 wants it. */
static NTSTATUS basic_query(void *argument)
{
    const struct query_call *call = argument;
    ULONG refs, pinned, name_size = call->size - offsetof(ATOM_BASIC_INFORMATION, Name);
    WCHAR name[NAME_CHARS];
    RTL_ATOM_TABLE table;
    NTSTATUS status;

    if (call->size < sizeof(*call->info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (name_size > sizeof(name))
        name_size = sizeof(name);
    status = table_get(&table);
    if (!status)
        status = RtlQueryAtomInAtomTable(table, call->atom, &refs, &pinned, name, &name_size);
    if (status)
        return status;
    call->info->ReferenceCount = (USHORT)refs;
    call->info->Pinned = (USHORT)pinned;
    call->info->NameLength = (USHORT)name_size;
    memcpy(call->info->Name, name, name_size + sizeof(WCHAR));
    if (call->ret_size)
        *call->ret_size = (ULONG)(offsetof(ATOM_BASIC_INFORMATION, Name) + name_size);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQueryInformationAtom(RTL_ATOM atom, ATOM_INFORMATION_CLASS class, void *info,
                                       ULONG size, ULONG *ret_size)
{
    struct query_call call = {atom, info, size, ret_size};

    if (class == AtomBasicInformation)
        return user_guard(basic_query, &call);
    log_unimplemented_class("NtQueryInformationAtom", class);
    return class == AtomTableInformation ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
}
