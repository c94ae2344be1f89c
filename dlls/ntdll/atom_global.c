/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The global atoms (GlobalAddAtom): one table, made at the first call.
 *
 * DIFFERS: on Windows the programs of a session share them; here each process has its own. They
 * exist to be sent along in window messages, and no window message can be sent. */

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

static NTSTATUS with_name(NTSTATUS(WINAPI *function)(RTL_ATOM_TABLE, const WCHAR *, RTL_ATOM *),
                          const WCHAR *name, ULONG size, RTL_ATOM *ret_atom)
{
    WCHAR buffer[NAME_CHARS];
    RTL_ATOM_TABLE table;
    NTSTATUS status = name_get(name, size, buffer, &name);

    if (!status)
        status = table_get(&table);
    return status ? status : function(table, name, ret_atom);
}

NTSTATUS WINAPI NtAddAtom(const WCHAR *name, ULONG size, RTL_ATOM *ret_atom)
{
    return with_name(RtlAddAtomToAtomTable, name, size, ret_atom);
}

NTSTATUS WINAPI NtFindAtom(const WCHAR *name, ULONG size, RTL_ATOM *ret_atom)
{
    return with_name(RtlLookupAtomInAtomTable, name, size, ret_atom);
}

NTSTATUS WINAPI NtDeleteAtom(RTL_ATOM atom)
{
    RTL_ATOM_TABLE table;
    NTSTATUS status = table_get(&table);

    return status ? status : RtlDeleteAtomFromAtomTable(table, atom);
}

/* The name is cut to the buffer and has its NUL, as kernel32 wants it. */
static NTSTATUS basic_query(RTL_ATOM atom, ATOM_BASIC_INFORMATION *info, ULONG size,
                            ULONG *ret_size)
{
    ULONG refs, pinned, name_size = size - offsetof(ATOM_BASIC_INFORMATION, Name);
    RTL_ATOM_TABLE table;
    NTSTATUS status;

    if (size < sizeof(*info))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = table_get(&table);
    if (!status)
        status = RtlQueryAtomInAtomTable(table, atom, &refs, &pinned, info->Name, &name_size);
    if (status)
        return status;
    info->ReferenceCount = (USHORT)refs;
    info->Pinned = (USHORT)pinned;
    info->NameLength = (USHORT)name_size;
    if (ret_size)
        *ret_size = (ULONG)(offsetof(ATOM_BASIC_INFORMATION, Name) + name_size);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQueryInformationAtom(RTL_ATOM atom, ATOM_INFORMATION_CLASS class, void *info,
                                       ULONG size, ULONG *ret_size)
{
    if (class == AtomBasicInformation)
        return basic_query(atom, info, size, ret_size);
    log_unimplemented_class("NtQueryInformationAtom", class);
    return class == AtomTableInformation ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
}
