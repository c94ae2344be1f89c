/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Port sections and views (reference 3.9). */
#include "alpc.h"

#include <unistd.h>

#include "named.h"
#include "ntprocess.h"
#include "section.h"
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

/* A section for views that can be written; one of this process becomes one of the server's, to be
 * closed. UNKNOWN: Windows' status for an image; its pages are no plain memory. */
static NTSTATUS section_object(HANDLE user_section, handle_t *ret_object, bool *ret_is_lent)
{
    struct section *section;
    NTSTATUS status;

    *ret_is_lent = !handle_is_server(user_section);
    if (!*ret_is_lent)
        return client_handle(user_section, ret_object);
    TRY(section_lookup(user_section, SECTION_MAP_READ | SECTION_MAP_WRITE, &section));
    if (section->attributes & SEC_IMAGE)
        status = STATUS_INVALID_PARAMETER;
    else if (!section_permits(section->protection, PAGE_READWRITE))
        status = STATUS_ACCESS_DENIED;
    else
        status = named_section_share(section, ret_object);
    nt_object_unref(&section->header);
    return status;
}

NTSTATUS WINAPI NtAlpcCreatePortSection(HANDLE port, ULONG flags, HANDLE section, SIZE_T size,
                                        PALPC_HANDLE ret_user_section, PSIZE_T ret_user_size)
{
    handle_t handle, object = 0;
    bool is_lent = false;
    uint64_t actual;
    uint32_t id;
    NTSTATUS status;

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
        TRY(section_object(section, &object, &is_lent));
    status = (NTSTATUS)portico_section_create(handle, flags, object, size, &id, &actual);
    if (is_lent)
        (void)!portico_close(object); /* the port's section keeps it */
    if (status)
        return status;
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
