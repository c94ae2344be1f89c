/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Placeholders: reserved addresses that VirtualAlloc2 puts memory into later, whole, without a
 * moment in which somebody else could take them (learn.microsoft.com, VirtualAlloc2 and
 * VirtualFree). One is a view like any reservation, marked; it can be cut, and neighbours can be
 * joined, at pages. Memory, or a view of a section, that stands in one's place can become one
 * again.
 *
 * UNKNOWN: whether MEM_PRESERVE_PLACEHOLDER is refused for memory and views that never stood in a
 * placeholder's place; here they become one. */

#include "placeholder.h"

#include "ntobject.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The placeholder that is this range, or NULL. */
static struct view *placeholder_find_locked(struct range range)
{
    struct view *view = view_at_locked(range.base);

    return view && view->is_placeholder && view->base == range.base && view->size == range.size
               ? view
               : NULL;
}

NTSTATUS placeholder_replace(struct range range, ULONG type, ULONG protection)
{
    struct view *view;
    NTSTATUS status = STATUS_SUCCESS;

    view_lock();
    view = placeholder_find_locked(range);
    if (!view)
        status = STATUS_CONFLICTING_ADDRESSES;
    else if (type & MEM_COMMIT)
        status = view_protect_locked(view, range.base, range.size, protection);
    if (!status) {
        view->is_placeholder = false;
        view->allocation_protection = protection;
    }
    view_unlock();
    return status;
}

static NTSTATUS placeholder_cut(struct view *view, struct range range)
{
    NTSTATUS status;

    if (range.size == view->size)
        return STATUS_CONFLICTING_ADDRESSES; /* nothing to cut */
    if (range.base > view->base) {
        status = view_cut_locked(view, range.base);
        if (status)
            return status;
        view = view_at_locked(range.base);
    }
    return range.size < view->size ? view_cut_locked(view, range.base + range.size)
                                   : STATUS_SUCCESS;
}

NTSTATUS placeholder_preserve_locked(struct range range)
{
    struct view *view = view_range_locked(range.base, range.size);
    NTSTATUS status;

    if (!range.size)
        return STATUS_INVALID_PARAMETER_3;
    if (!view || view->type != MEM_PRIVATE || view->is_secured)
        return STATUS_CONFLICTING_ADDRESSES;
    if (view->is_placeholder)
        return placeholder_cut(view, range);
    if (view->base != range.base || view->size != range.size)
        return STATUS_CONFLICTING_ADDRESSES;
    status = view_decommit_locked(view, range.base, range.size);
    if (!status) {
        view->is_placeholder = true;
        view->allocation_protection = PAGE_NOACCESS;
    }
    return status;
}

NTSTATUS placeholder_join_locked(struct range range)
{
    char *at = range.base;

    if (!range.size)
        return STATUS_INVALID_PARAMETER_3;
    while (at < range.base + range.size) {
        const struct view *view = view_at_locked(at);

        if (!view || view->base != at || !view->is_placeholder)
            return STATUS_CONFLICTING_ADDRESSES;
        at += view->size;
    }
    if (at > range.base + range.size || view_range_locked(range.base, range.size))
        return STATUS_CONFLICTING_ADDRESSES;
    return view_join_locked(range.base, range.size);
}

static NTSTATUS map_locked(struct view *view, const struct view_info *info,
                           const struct placeholder_source *source)
{
    if (mmap(view->base, view->size, view_unix_protection(info->allocation_protection),
             source->flags | MAP_FIXED, source->fd, (off_t)source->offset) == MAP_FAILED) {
        /* Linux may have taken away already what was there. */
        NTSTATUS status = view_decommit_locked(view, view->base, view->size);

        return status ? status : STATUS_SECTION_PROTECTION;
    }
    for (size_t i = 0; i < view->size / VIRTUAL_PAGE; i++)
        view->pages[i] = (uint16_t)info->allocation_protection;
    view->is_placeholder = false;
    view->type = info->type;
    view->allocation_protection = info->allocation_protection;
    view->section = nt_object_ref(info->section);
    return STATUS_SUCCESS;
}

NTSTATUS placeholder_map(const struct view_info *info, const struct placeholder_source *source)
{
    char *path = info->unix_path ? strdup(info->unix_path) : NULL;
    struct view *view;
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;

    if (info->unix_path && !path)
        return STATUS_NO_MEMORY;
    view_lock();
    view = placeholder_find_locked((struct range){info->base, info->size});
    if (view)
        status = map_locked(view, info, source);
    if (!status) {
        view->unix_path = path;
        path = NULL;
    }
    view_unlock();
    free(path);
    return status;
}

NTSTATUS placeholder_unmap(const void *address)
{
    struct nt_object *section = NULL;
    char *path = NULL;
    struct view *view;
    NTSTATUS status = STATUS_NOT_MAPPED_VIEW;

    view_lock();
    view = view_at_locked(address);
    if (view && view->type == MEM_MAPPED && view->section)
        status = view_decommit_locked(view, view->base, view->size);
    if (!status) {
        section = view->section;
        path = view->unix_path;
        view->section = NULL;
        view->unix_path = NULL;
        view->type = MEM_PRIVATE;
        view->is_placeholder = true;
        view->allocation_protection = PAGE_NOACCESS;
    }
    view_unlock();
    nt_object_unref(section);
    free(path);
    return status;
}
