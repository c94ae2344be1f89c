/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* PORT_VIEW and REMOTE_PORT_VIEW of the program (reference 1.2, 5.4). ViewSize 0 means the rest of
 * the section. The section must allow a view that both ends write. */
#include "lpc.h"

#include "named.h"
#include "section.h"
#include "usermem.h"

static NTSTATUS section_get(HANDLE handle, struct section **ret_section)
{
    const ACCESS_MASK access = SECTION_MAP_READ | SECTION_MAP_WRITE;

    return handle_is_server(handle) ? named_section_get(handle, access, ret_section)
                                    : section_lookup(handle, access, ret_section);
}

static NTSTATUS view_check(struct lpc_port_view *view)
{
    const struct section *section = view->section;
    uint64_t offset = view->copy.SectionOffset, size = view->copy.ViewSize;

    if (section->attributes & SEC_IMAGE || !section_permits(section->protection, PAGE_READWRITE))
        return STATUS_SECTION_PROTECTION;
    if (offset >= section->size || size > section->size - offset)
        return STATUS_INVALID_VIEW_SIZE;
    view->view = (struct portico_port_view){
        .fd = section->fd, .offset = offset, .size = size ? size : section->size - offset};
    return STATUS_SUCCESS;
}

NTSTATUS lpc_view_read(void *user, struct lpc_port_view *ret_view)
{
    *ret_view = (struct lpc_port_view){.user = user};
    if (!user)
        return STATUS_SUCCESS;
    TRY(USER_GET(ret_view->copy, (PORT_VIEW *)user));
    TRY(user_probe_write(user, sizeof(PORT_VIEW)));
    if (ret_view->copy.Length != sizeof(PORT_VIEW))
        return STATUS_INVALID_PARAMETER;
    TRY(section_get(ret_view->copy.SectionHandle, &ret_view->section));
    return view_check(ret_view);
}

NTSTATUS lpc_view_write(const struct lpc_port_view *view)
{
    PORT_VIEW copy = view->copy;

    if (!view->user)
        return STATUS_SUCCESS;
    copy.ViewSize = view->view.size;
    copy.ViewBase = view->view.base;
    copy.ViewRemoteBase = (PVOID)(uintptr_t)view->view.remote_base;
    return USER_PUT(view->user, copy);
}

void lpc_view_freep(struct lpc_port_view *view)
{
    if (view->section)
        nt_object_unref(&view->section->header);
}

NTSTATUS lpc_remote_view_check(void *user)
{
    REMOTE_PORT_VIEW copy;

    if (!user)
        return STATUS_SUCCESS;
    TRY(USER_GET(copy, (REMOTE_PORT_VIEW *)user));
    TRY(user_probe_write(user, sizeof(copy)));
    return copy.Length == sizeof(copy) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS lpc_remote_view_write(void *user, const struct portico_remote_view *view)
{
    const REMOTE_PORT_VIEW copy = {
        .Length = sizeof(copy), .ViewSize = view->size, .ViewBase = view->base};

    return user ? USER_PUT((REMOTE_PORT_VIEW *)user, copy) : STATUS_SUCCESS;
}
