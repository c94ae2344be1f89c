/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The table of views, for the virtual memory calls only (others: virtual.h). Everything here is
 * called with the page lock held. */
#pragma once

#include "virtual.h"

struct view {
    char *base;
    size_t size;
    ULONG type;
    ULONG allocation_protection;
    char *unix_path;
    struct nt_object *section;
    uint16_t *pages; /* NT protection of each page, PAGE_GUARD included; 0: reserved, not committed.
                        And VIEW_PAGE_LOCKED: read by view_page_protection */
    bool is_secured; /* see view_allocate */
    bool is_placeholder;   /* see placeholder.c */
    bool has_mapped_pages; /* that array is large: mapped, else allocated */
};

enum { VIEW_PAGE_LOCKED = 0x8000 }; /* by NtLockVirtualMemory; in memory, committed */

void view_lock(void);
void view_unlock(void);
struct view *view_at_locked(const void *address); /* or NULL */
/* The view that holds all of [base, base+size), or NULL. */
struct view *view_range_locked(const char *base, size_t size);
/* The first view that ends above the address: where a free region ends. */
struct view *view_above_locked(const void *address);
/* The end of the last view that ends at or below the address; 0: there is none. */
uintptr_t view_end_below_locked(const void *address);
/* What a new view shows. */
struct view_backing {
    ULONG protection; /* of all its pages, which are committed then; 0: reserved */
    int fd;           /* a file, from its beginning; -1: nothing yet */
};
/* Where a new view may lie that has no address yet. */
struct view_place {
    uintptr_t lowest;    /* 0: anywhere */
    uintptr_t limit;     /* the highest address that it may have; 0: none */
    uintptr_t alignment; /* a power of 2; less than VIRTUAL_GRANULE is that */
    bool is_top_down;    /* MEM_TOP_DOWN */
    bool is_placeholder; /* for who marks the view */
};
/* As view_reserve. */
NTSTATUS view_reserve_locked(char **base, size_t size, const struct view_place *place,
                             const struct view_backing *backing, struct view **ret_view);
NTSTATUS view_protect_locked(struct view *view, char *base, size_t size, ULONG protection);
NTSTATUS view_decommit_locked(struct view *view, char *base, size_t size);
/* Two views of one, the second from base on, which lies within it; and one of all those that fill
 * [base, base+size), which have no page committed. STATUS_NO_MEMORY. */
NTSTATUS view_cut_locked(struct view *view, char *base);
NTSTATUS view_join_locked(char *base, size_t size);
/* Gives back [base, base+size) of the view: all, one end, or a hole in the middle. The section
 * reference that went with the last piece is handed out, to be dropped without the lock. */
NTSTATUS view_release_locked(struct view *view, char *base, size_t size,
                             struct nt_object **ret_section);

static inline size_t view_page_index(const struct view *view, const char *address)
{
    return (size_t)(address - view->base) / VIRTUAL_PAGE;
}

static inline ULONG view_page_protection(const struct view *view, size_t index)
{
    return view->pages[index] & ~(unsigned)VIEW_PAGE_LOCKED;
}
