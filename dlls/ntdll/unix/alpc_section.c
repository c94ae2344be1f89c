/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Port sections and views (reference 3.9). */
#include "alpc.h"

#include "ntprocess.h"
#include "usermem.h"

static NTSTATUS section_id(ALPC_HANDLE section, uint32_t *ret_id)
{
    if (!section || (uintptr_t)section > UINT32_MAX)
        return STATUS_INVALID_HANDLE;
    *ret_id = (uint32_t)(uintptr_t)section;
    return STATUS_SUCCESS;
}

static NTSTATUS section_put(handle_t port, uint32_t id, uint64_t actual,
                            PALPC_HANDLE ret_user_section, PSIZE_T ret_user_size)
{
    ALPC_HANDLE section = (ALPC_HANDLE)(uintptr_t)id;
    SIZE_T size = actual;
    NTSTATUS status = USER_PUT(ret_user_section, section);

    if (!status)
        status = USER_PUT(ret_user_size, size);
    if (status)
        (void)!portico_section_delete(port, id);
    return status;
}

NTSTATUS WINAPI NtAlpcCreatePortSection(HANDLE port, ULONG flags, HANDLE section, SIZE_T size,
                                        PALPC_HANDLE ret_user_section, PSIZE_T ret_user_size)
{
    handle_t handle, object = 0;
    uint64_t actual;
    uint32_t id;

    if (flags & ~(ULONG)ALPC_SECTIONFLG_SECURE)
        return STATUS_INVALID_PARAMETER;
    if (flags && (section || !size))
        return STATUS_INVALID_PARAMETER;
    if (!section && !size)
        return STATUS_INVALID_PARAMETER;
    TRY(user_probe_write(ret_user_section, sizeof(*ret_user_section)));
    TRY(user_probe_write(ret_user_size, sizeof(*ret_user_size)));
    TRY(client_handle(port, &handle));
    if (section)
        TRY(client_handle(section, &object));
    TRY((NTSTATUS)portico_section_create(handle, flags, object, size, &id, &actual));
    return section_put(handle, id, actual, ret_user_section, ret_user_size);
}

NTSTATUS WINAPI NtAlpcDeletePortSection(HANDLE port, ULONG flags, ALPC_HANDLE section)
{
    handle_t handle;
    uint32_t id;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    TRY(section_id(section, &id));
    return (NTSTATUS)portico_section_delete(handle, id);
}

NTSTATUS WINAPI NtAlpcCreateSectionView(HANDLE port, ULONG flags, PALPC_DATA_VIEW_ATTR user_view)
{
    struct portico_view view = {0};
    ALPC_DATA_VIEW_ATTR attr;
    handle_t handle;
    NTSTATUS status;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(attr, user_view));
    if (attr.Flags || attr.ViewBase || !attr.ViewSize)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    TRY(section_id(attr.SectionHandle, &view.section));
    view.size = attr.ViewSize;
    TRY((NTSTATUS)portico_view_create(handle, &view));
    attr.ViewBase = view.base;
    attr.ViewSize = view.size;
    status = USER_PUT(user_view, attr);
    if (status)
        (void)!portico_view_delete(handle, view.base);
    return status;
}

NTSTATUS WINAPI NtAlpcDeleteSectionView(HANDLE port, ULONG flags, PVOID base)
{
    handle_t handle;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_view_delete(handle, base);
}
