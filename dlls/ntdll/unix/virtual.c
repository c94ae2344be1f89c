/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What the rest of the ELF half does with views (virtual.h): reserve, describe, protect, find,
 * release, and what a page fault means.
 *
 * Guard pages: a committed page with PAGE_GUARD is PROT_NONE for Linux; the first touch clears the
 * guard and raises STATUS_GUARD_PAGE_VIOLATION. Inside the running thread's own stack the touch
 * instead moves the guard down one page and is retried; when only the reserve for the handler is
 * left that reserve is committed and STATUS_STACK_OVERFLOW is raised, as on Windows; the lowest
 * page of a stack is never committed.
 */
#include "ntobject.h"
#include "prefault.h"
#include "view_table.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_LAST_PAGES  5        /* what a stack overflow handler gets to run on */
#define STACK_SURE_BYTES  0x100000 /* in any machine */
#define STACK_FIRST_PAGES 4        /* the loader goes that deep: no guard fault for it */

bool view_protection_is_valid(ULONG protection)
{
    ULONG base = protection & 0xff;

    if (protection & ~(ULONG)(0xff | PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return false;
    if ((protection & (PAGE_GUARD | PAGE_NOCACHE)) && base == PAGE_NOACCESS)
        return false;
    return base && !(base & (base - 1));
}

int view_unix_protection(ULONG protection)
{
    if (protection & PAGE_GUARD)
        return PROT_NONE;
    switch (protection & 0xff) {
    case PAGE_READONLY:
        return PROT_READ;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
        return PROT_READ | PROT_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        return PROT_READ | PROT_EXEC;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        return PROT_READ | PROT_WRITE | PROT_EXEC;
    default:
        return PROT_NONE;
    }
}

static NTSTATUS view_new(char **base, size_t size, const struct view_place *place,
                         const struct view_backing *backing, bool is_secured)
{
    struct view *view;
    NTSTATUS status;

    view_lock();
    status = view_reserve_locked(base, size, place, backing, &view);
    if (!status) {
        view->allocation_protection = backing->protection ? backing->protection : PAGE_NOACCESS;
        view->is_secured = is_secured;
    }
    view_unlock();
    return status;
}

NTSTATUS view_reserve(char **base, size_t size, uintptr_t limit, bool top_down)
{
    const struct view_place place = {.limit = limit, .is_top_down = top_down};

    return view_new(base, size, &place, &(struct view_backing){0, -1}, false);
}

NTSTATUS view_allocate(char **ret_base, size_t size, bool is_secured)
{
    *ret_base = NULL;
    return view_new(ret_base, size, &(struct view_place){0},
                    &(struct view_backing){PAGE_READWRITE, -1}, is_secured);
}

NTSTATUS view_map_file(char **ret_base, size_t size, int fd)
{
    *ret_base = NULL;
    return view_new(ret_base, size, &(struct view_place){0},
                    &(struct view_backing){PAGE_READONLY, fd}, false);
}

NTSTATUS view_describe(const struct view_info *info)
{
    char *path = info->unix_path ? strdup(info->unix_path) : NULL;
    struct view *view;

    if (info->unix_path && !path)
        return STATUS_NO_MEMORY;
    view_lock();
    view = view_at_locked(info->base);
    if (!view || view->base != info->base) {
        view_unlock();
        free(path);
        return STATUS_NOT_MAPPED_VIEW;
    }
    free(view->unix_path);
    view->unix_path = path;
    view->type = info->type;
    view->allocation_protection = info->allocation_protection;
    if (info->section && !view->section)
        view->section = nt_object_ref(info->section);
    view_unlock();
    return STATUS_SUCCESS;
}

NTSTATUS view_record(char *base, size_t size, ULONG protection)
{
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;
    struct view *view;

    view_lock();
    view = view_range_locked(base, size);
    if (view) {
        size_t first = view_page_index(view, base);

        for (size_t i = 0; i < size / VIRTUAL_PAGE; i++)
            view->pages[first + i] = (uint16_t)protection;
        status = STATUS_SUCCESS;
    }
    view_unlock();
    return status;
}

NTSTATUS view_protect(char *base, size_t size, ULONG protection)
{
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;
    struct view *view;

    view_lock();
    view = view_range_locked(base, size);
    if (view)
        status = view_protect_locked(view, base, size, protection);
    view_unlock();
    return status;
}

NTSTATUS view_release(char *base)
{
    NTSTATUS status = STATUS_NOT_MAPPED_VIEW;
    struct nt_object *section = NULL;
    struct view *view;

    view_lock();
    view = view_at_locked(base);
    if (view && view->base == base)
        status = view_release_locked(view, base, view->size, &section);
    view_unlock();
    nt_object_unref(section);
    return status;
}

bool view_find(const void *address, struct view_info *ret_info)
{
    struct view *view;

    view_lock();
    view = view_at_locked(address);
    if (view)
        *ret_info = (struct view_info){.base = view->base,
                                       .size = view->size,
                                       .type = view->type,
                                       .allocation_protection = view->allocation_protection,
                                       .unix_path = view->unix_path,
                                       .section = view->section};
    view_unlock();
    return view;
}

/* The guard page of the thread's own stack was touched: see the head comment. */
static NTSTATUS stack_grow_locked(struct view *view, char *page, TEB *teb)
{
    char *lowest = (char *)teb->DeallocationStack + VIRTUAL_PAGE;
    char *limit = page;
    NTSTATUS status = STATUS_SUCCESS;

    if (page < lowest + STACK_LAST_PAGES * VIRTUAL_PAGE) {
        limit = lowest < page ? lowest : page;
        status = STATUS_STACK_OVERFLOW;
    } else if (view_protect_locked(view, page - VIRTUAL_PAGE, VIRTUAL_PAGE,
                                   PAGE_READWRITE | PAGE_GUARD)) {
        return STATUS_STACK_OVERFLOW;
    }
    if (view_protect_locked(view, limit, (size_t)(page + VIRTUAL_PAGE - limit), PAGE_READWRITE))
        return STATUS_STACK_OVERFLOW;
    teb->Tib.StackLimit = limit;
    return status;
}

static bool is_in_stack(const TEB *teb, const char *address)
{
    return teb && address >= (char *)teb->DeallocationStack && address < (char *)teb->Tib.StackBase;
}

static bool protection_allows(ULONG protection, unsigned access)
{
    int bits = view_unix_protection(protection);

    return bits & (access == 8 ? PROT_EXEC : access == 1 ? PROT_WRITE : PROT_READ);
}

static NTSTATUS fault_locked(struct view *view, char *page, unsigned access, TEB *teb)
{
    ULONG protection = view_page_protection(view, view_page_index(view, page));

    if (!(protection & PAGE_GUARD)) /* another thread may have made it usable since the fault */
        return protection_allows(protection, access) && view->type == MEM_PRIVATE
                   ? STATUS_SUCCESS
                   : STATUS_ACCESS_VIOLATION;
    if (is_in_stack(teb, page))
        return stack_grow_locked(view, page, teb);
    if (view_protect_locked(view, page, VIRTUAL_PAGE, protection & ~(ULONG)PAGE_GUARD))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_GUARD_PAGE_VIOLATION;
}

NTSTATUS view_fault(void *address, unsigned access, TEB *teb)
{
    char *page = (char *)((uintptr_t)address & ~(uintptr_t)(VIRTUAL_PAGE - 1));
    NTSTATUS status = STATUS_ACCESS_VIOLATION;
    struct view *view;

    view_lock();
    view = view_at_locked(address);
    if (view)
        status = fault_locked(view, page, access, teb);
    view_unlock();
    return status;
}

NTSTATUS view_stack_new(size_t reserve, size_t commit, size_t zero_limit, INITIAL_TEB *ret_stack)
{
    const size_t least = (STACK_LAST_PAGES + 3) * VIRTUAL_PAGE;
    struct view_info info = {.type = MEM_PRIVATE, .allocation_protection = PAGE_READWRITE};
    char *base = NULL, *limit;
    NTSTATUS status;

    if (commit > STACK_SURE_BYTES && commit / VIRTUAL_PAGE > (size_t)sysconf(_SC_PHYS_PAGES))
        return STATUS_NO_MEMORY; /* more than the machine has */
    commit = (commit + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
    if (commit < STACK_FIRST_PAGES * VIRTUAL_PAGE)
        commit = STACK_FIRST_PAGES * VIRTUAL_PAGE;
    if (reserve < commit + least)
        reserve = commit + least;
    reserve = (reserve + VIRTUAL_GRANULE - 1) & ~(size_t)(VIRTUAL_GRANULE - 1);
    status = view_reserve(&base, reserve, zero_limit, false);
    if (status)
        return status;
    info.base = base;
    limit = base + reserve - commit;
    /* The guard page needs to be written down only: it is reserved, so nobody gets at it. */
    if (view_describe(&info) || view_protect(limit, commit, PAGE_READWRITE) ||
        view_record(limit - VIRTUAL_PAGE, VIRTUAL_PAGE, PAGE_READWRITE | PAGE_GUARD)) {
        view_release(base);
        return STATUS_NO_MEMORY;
    }
    prefault(base + reserve - STACK_FIRST_PAGES * VIRTUAL_PAGE, STACK_FIRST_PAGES * VIRTUAL_PAGE);
    *ret_stack =
        (INITIAL_TEB){.StackBase = base + reserve, .StackLimit = limit, .DeallocationStack = base};
    return STATUS_SUCCESS;
}
