/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtLockVirtualMemory and NtUnlockVirtualMemory: mlock and munlock. Linux does not say which pages
 * are locked, and unlocks what is not, so the table of views has a bit for each page. As on Windows
 * a page is locked once however often it was asked for, pages can be unlocked in other pieces than
 * they were locked in, and one page of the range that is not locked makes an unlock fail and leaves
 * the others as they are. Decommitting, unmapping and releasing unlock, for Linux and for the
 * table.
 *
 * The limit is Linux' (ulimit -l). DIFFERS: MAP_PROCESS and MAP_SYSTEM are the same, a page that
 * cannot be paged out.
 */
#include "ntprocess.h"
#include "usermem.h"
#include "view_table.h"
#include <errno.h>
#include <sys/mman.h>

enum { LOCK_KINDS = 3 }; /* MAP_PROCESS | MAP_SYSTEM */

struct pages {
    char *base;
    size_t size; /* whole pages */
};

static bool is_locked(const struct view *view, const char *page)
{
    return view->pages[view_page_index(view, page)] & VIEW_PAGE_LOCKED;
}

static size_t count_locked(const struct view *view, struct pages pages)
{
    size_t n = 0;

    for (size_t at = 0; at < pages.size; at += VIRTUAL_PAGE)
        n += is_locked(view, pages.base + at);
    return n;
}

static void mark(struct view *view, struct pages pages, bool locked)
{
    const size_t first = view_page_index(view, pages.base);

    for (size_t i = first; i < first + pages.size / VIRTUAL_PAGE; i++)
        view->pages[i] =
            (uint16_t)(view_page_protection(view, i) | (locked ? VIEW_PAGE_LOCKED : 0));
}

/* An mlock that failed may have locked some. */
static void lock_undo(const struct view *view, struct pages pages)
{
    for (size_t at = 0; at < pages.size; at += VIRTUAL_PAGE)
        if (!is_locked(view, pages.base + at))
            munlock(pages.base + at, VIRTUAL_PAGE);
}

static NTSTATUS lock_locked(struct view *view, struct pages pages)
{
    const bool some_were = count_locked(view, pages);
    int error;

    if (!mlock(pages.base, pages.size)) {
        mark(view, pages, true);
        return some_were ? STATUS_WAS_LOCKED : STATUS_SUCCESS;
    }
    error = errno;
    lock_undo(view, pages);
    return error == EPERM || error == EAGAIN || error == ENOMEM ? STATUS_WORKING_SET_QUOTA
                                                                : STATUS_ACCESS_VIOLATION;
}

static NTSTATUS unlock_locked(struct view *view, struct pages pages)
{
    if (count_locked(view, pages) != pages.size / VIRTUAL_PAGE)
        return STATUS_NOT_LOCKED;
    if (munlock(pages.base, pages.size))
        return STATUS_ACCESS_VIOLATION;
    mark(view, pages, false);
    return STATUS_SUCCESS;
}

/* Each page is there and may be read: what is not cannot be locked. */
static bool can_be_read(const struct view *view, struct pages pages)
{
    const size_t first = view_page_index(view, pages.base);

    for (size_t i = first; i < first + pages.size / VIRTUAL_PAGE; i++)
        if (!view_unix_protection(view_page_protection(view, i)))
            return false;
    return true;
}

static NTSTATUS pages_change(const char *caller, HANDLE process, PVOID *base, SIZE_T *size,
                             NTSTATUS (*change)(struct view *, struct pages))
{
    struct pages pages;
    struct view *view;
    NTSTATUS status;
    uintptr_t end;

    TRY(USER_GET(pages.base, base));
    TRY(USER_GET(pages.size, size));
    TRY(process_require_current(caller, process));
    if (!pages.size || __builtin_add_overflow((uintptr_t)pages.base, pages.size, &end))
        return STATUS_INVALID_PARAMETER_3;
    pages.base = (char *)((uintptr_t)pages.base & ~(uintptr_t)(VIRTUAL_PAGE - 1));
    pages.size = (end - (uintptr_t)pages.base + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
    view_lock();
    view = view_range_locked(pages.base, pages.size);
    status = view && can_be_read(view, pages) ? change(view, pages) : STATUS_ACCESS_VIOLATION;
    view_unlock();
    if (status && status != STATUS_WAS_LOCKED)
        return status;
    TRY(USER_PUT(base, pages.base));
    TRY(USER_PUT(size, pages.size));
    return status;
}

NTSTATUS WINAPI NtLockVirtualMemory(HANDLE process, PVOID *base, SIZE_T *size, ULONG type)
{
    if (!type || (type & ~(ULONG)LOCK_KINDS))
        return STATUS_INVALID_PARAMETER_4;
    return pages_change(__func__, process, base, size, lock_locked);
}

NTSTATUS WINAPI NtUnlockVirtualMemory(HANDLE process, PVOID *base, SIZE_T *size, ULONG type)
{
    if (!type || (type & ~(ULONG)LOCK_KINDS))
        return STATUS_INVALID_PARAMETER_4;
    return pages_change(__func__, process, base, size, unlock_locked);
}
