/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Placeholders: reserved addresses that VirtualAlloc2 puts memory into later, whole, without a
 * moment in which somebody else could take them (learn.microsoft.com, VirtualAlloc2 and
 * VirtualFree). One is a view like any reservation, marked; it can be cut, and neighbours can be
 * joined, at pages. Memory that stands in one's place can become one again. TODO(memory): views of
 * sections in a placeholder's place (section_view.c refuses them by name).
 *
 * UNKNOWN: whether MEM_PRESERVE_PLACEHOLDER is refused for memory that never stood in a
 * placeholder's place; here it becomes one. */

#include "placeholder.h"

NTSTATUS placeholder_replace(struct range range, ULONG type, ULONG protection)
{
    struct view *view;
    NTSTATUS status = STATUS_SUCCESS;

    view_lock();
    view = view_at_locked(range.base);
    if (!view || !view->is_placeholder || view->base != range.base || view->size != range.size)
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
