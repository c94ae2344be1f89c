/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The table of views: which parts of the address space belong to NT reservations, sections and
 * images, and the NT protection of each of their pages.
 *
 * A sorted array of pointers: a process has tens to a few thousand views, a look-up is a binary
 * search and an insertion one memmove. Each view has 16 bits a page, so NtProtectVirtualMemory can
 * give the true old protection and a reservation of a terabyte costs address space only (the arrays
 * are lazily zero pages).
 *
 * Where views go when the program does not say: first fit in an arena of our own, far from where
 * Linux puts its mappings and from the preferred bases of PE images, at a start that differs in
 * each process. What we do not know of (libraries, thread stacks of helpers) is found by
 * MAP_FIXED_NOREPLACE and stepped over.
 *
 * One lock, a leaf. Nobody who holds it touches a program's memory, so a fault never meets its own
 * lock.
 */
#include "ntobject.h"
#include "view_table.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define ARENA_LOW  0x200000000000u
#define ARENA_HIGH 0x500000000000u
#define USER_LOW   0x10000u
#define USER_HIGH  0x7ffffffe0000u /* as in SYSTEM_BASIC_INFORMATION, whole granules */
#define STEP       0x100000u       /* over a mapping that is not ours */

static struct {
    pthread_mutex_t lock;
    struct view **views; /* by base */
    size_t n_views, n_allocated;
    uintptr_t arena; /* first address to try; moves down when something is freed */
    uintptr_t hint;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

void view_lock(void)
{
    pthread_mutex_lock(&table.lock);
}

void view_unlock(void)
{
    pthread_mutex_unlock(&table.lock);
}

/* The index of the first view that ends above the address. */
static size_t index_above(const void *address)
{
    size_t low = 0, high = table.n_views;

    while (low < high) {
        size_t middle = (low + high) / 2;
        struct view *view = table.views[middle];

        if (view->base + view->size <= (const char *)address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct view *view_above_locked(const void *address)
{
    size_t index = index_above(address);

    return index < table.n_views ? table.views[index] : NULL;
}

uintptr_t view_end_below_locked(const void *address)
{
    size_t index = index_above(address);

    return index ? (uintptr_t)(table.views[index - 1]->base + table.views[index - 1]->size) : 0;
}

struct view *view_at_locked(const void *address)
{
    struct view *view = view_above_locked(address);

    return view && view->base <= (const char *)address ? view : NULL;
}

struct view *view_range_locked(const char *base, size_t size)
{
    struct view *view = view_at_locked(base);

    return view && size <= view->size && base + size <= view->base + view->size ? view : NULL;
}

static size_t pages_bytes(size_t size)
{
    size_t bytes = size / VIRTUAL_PAGE * sizeof(uint16_t);

    return (bytes + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
}

static struct view *view_free(struct view *view)
{
    if (view) {
        if (view->has_mapped_pages)
            munmap(view->pages, pages_bytes(view->size));
        else
            free(view->pages);
        free(view->unix_path);
        free(view);
    }
    return NULL;
}

static struct view *view_new(char *base, size_t size)
{
    struct view *view = calloc(1, sizeof(*view));

    if (!view)
        return NULL;
    view->base = base;
    view->size = size;
    view->type = MEM_PRIVATE;
    view->has_mapped_pages = pages_bytes(size) > VIRTUAL_PAGE;
    if (view->has_mapped_pages)
        view->pages = mmap(NULL, pages_bytes(size), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    else
        view->pages = calloc(size / VIRTUAL_PAGE, sizeof(*view->pages));
    if (!view->pages || view->pages == MAP_FAILED) {
        view->has_mapped_pages = false;
        view->pages = NULL;
        return view_free(view);
    }
    return view;
}

static bool table_insert(struct view *view)
{
    size_t index = index_above(view->base);

    if (table.n_views == table.n_allocated) {
        size_t n = table.n_allocated ? 2 * table.n_allocated : 64;
        struct view **views = realloc(table.views, n * sizeof(*views));

        if (!views)
            return false;
        table.views = views;
        table.n_allocated = n;
    }
    memmove(table.views + index + 1, table.views + index,
            (table.n_views - index) * sizeof(*table.views));
    table.views[index] = view;
    table.n_views++;
    return true;
}

static void table_remove(struct view *view)
{
    size_t index = index_above(view->base);

    table.n_views--;
    memmove(table.views + index, table.views + index + 1,
            (table.n_views - index) * sizeof(*table.views));
}

static uintptr_t arena_start(void)
{
    if (!table.arena) {
        const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
        uintptr_t bits = random ? (uintptr_t)random[4] << 8 | random[5] : 0;

        table.arena = table.hint = ARENA_LOW + (bits << 28);
    }
    return table.arena;
}

/* New memory, or a private copy of a file, that nothing else is at. */
static bool map_at(char *base, size_t size, const struct view_backing *backing)
{
    const int kind = backing->fd < 0 ? MAP_ANONYMOUS | MAP_NORESERVE : 0;
    void *result = mmap(base, size, view_unix_protection(backing->protection),
                        MAP_PRIVATE | MAP_FIXED_NOREPLACE | kind, backing->fd, 0);

    if (result == base)
        return true;
    if (result != MAP_FAILED) { /* a kernel without NOREPLACE takes the address as a wish */
        munmap(result, size);
        errno = EEXIST;
    }
    return false;
}

static uintptr_t align_up(uintptr_t value, uintptr_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* Addresses that may be taken. */
struct window {
    uintptr_t low, high; /* [low, high) */
    uintptr_t alignment;
};

/* The lowest free place, 0 when there is none. */
static uintptr_t map_upward(size_t size, const struct view_backing *backing, struct window in)
{
    const uintptr_t high = in.high;
    uintptr_t at = align_up(in.low, in.alignment);

    while (at < high && high - at >= size) {
        struct view *view = view_above_locked((void *)at);

        if (view && (uintptr_t)view->base < at + size) {
            at = align_up((uintptr_t)view->base + view->size, in.alignment);
            continue;
        }
        if (map_at((char *)at, size, backing))
            return at;
        if (errno != EEXIST)
            return 0;
        at = align_up(at + STEP, in.alignment);
    }
    return 0;
}

static uintptr_t map_downward(size_t size, const struct view_backing *backing, struct window in)
{
    const uintptr_t low = in.low;
    uintptr_t top = in.high;

    while (top > low && top - low >= size) {
        uintptr_t at = (top - size) & ~(in.alignment - 1);
        struct view *view = view_above_locked((void *)at);

        if (at < low)
            break;
        if (view && (uintptr_t)view->base < at + size) {
            top = (uintptr_t)view->base;
            continue;
        }
        if (map_at((char *)at, size, backing))
            return at;
        if (errno != EEXIST)
            return 0;
        top = top > STEP ? top - STEP : 0;
    }
    return 0;
}

/* Between the addresses that the caller wants, else in the arena: from where the last small one was
 * put, then from its start. */
static uintptr_t map_anywhere(size_t size, const struct view_backing *backing,
                              const struct view_place *place)
{
    struct window in = {arena_start(), ARENA_HIGH, VIRTUAL_GRANULE};
    uintptr_t at;

    if (place->alignment > in.alignment)
        in.alignment = place->alignment;
    if (place->lowest || (place->limit && place->limit < ARENA_HIGH)) {
        in.low = place->lowest > USER_LOW ? place->lowest : USER_LOW;
        if (place->limit)
            in.high = place->limit + 1;
        else if (in.low >= ARENA_HIGH)
            in.high = USER_HIGH;
        return place->is_top_down ? map_downward(size, backing, in) : map_upward(size, backing, in);
    }
    if (place->is_top_down)
        return map_downward(size, backing, in);
    at = map_upward(size, backing, (struct window){table.hint, in.high, in.alignment});
    if (!at)
        at = map_upward(size, backing, in);
    else if (size <= VIRTUAL_GRANULE && in.alignment == VIRTUAL_GRANULE)
        table.hint = at + VIRTUAL_GRANULE;
    return at;
}

/* They stay locked if they were. */
static void pages_record(struct view *view, size_t first, size_t n, ULONG protection)
{
    for (size_t i = first; i < first + n; i++)
        view->pages[i] = (uint16_t)(protection | (view->pages[i] & VIEW_PAGE_LOCKED));
}

NTSTATUS view_reserve_locked(char **base, size_t size, const struct view_place *place,
                             const struct view_backing *backing, struct view **ret_view)
{
    struct view *view, *above;
    uintptr_t at = (uintptr_t)*base;

    if (at) {
        above = view_above_locked(*base);
        if (above && above->base < *base + size)
            return STATUS_CONFLICTING_ADDRESSES;
        if (!map_at(*base, size, backing))
            return errno == EEXIST ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    } else {
        at = map_anywhere(size, backing, place);
        if (!at)
            return STATUS_NO_MEMORY;
    }
    view = view_new((char *)at, size);
    if (!view || !table_insert(view)) {
        view_free(view);
        munmap((void *)at, size);
        return STATUS_NO_MEMORY;
    }
    if (backing->protection)
        pages_record(view, 0, size / VIRTUAL_PAGE, backing->protection);
    *base = (char *)at;
    *ret_view = view;
    return STATUS_SUCCESS;
}

NTSTATUS view_protect_locked(struct view *view, char *base, size_t size, ULONG protection)
{
    size_t first = view_page_index(view, base);

    if (mprotect(base, size, view_unix_protection(protection)))
        return errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_COMMITMENT_LIMIT;
    pages_record(view, first, size / VIRTUAL_PAGE, protection);
    return STATUS_SUCCESS;
}

NTSTATUS view_decommit_locked(struct view *view, char *base, size_t size)
{
    void *result =
        mmap(base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    if (result == MAP_FAILED)
        return STATUS_NO_MEMORY;
    memset(view->pages + view_page_index(view, base), 0, size / VIRTUAL_PAGE * sizeof(uint16_t));
    return STATUS_SUCCESS;
}

/* A new view for the part of `view` from `base` on, with its page protections. */
static struct view *view_tail(const struct view *view, char *base)
{
    struct view *tail = view_new(base, (size_t)(view->base + view->size - base));

    if (!tail)
        return NULL;
    memcpy(tail->pages, view->pages + view_page_index(view, base),
           tail->size / VIRTUAL_PAGE * sizeof(uint16_t));
    tail->type = view->type;
    tail->allocation_protection = view->allocation_protection;
    tail->is_placeholder = view->is_placeholder;
    return tail;
}

/* A head's array is longer than it needs, trimmed at its end. */
static void view_shrink(struct view *view, size_t size)
{
    if (view->has_mapped_pages && pages_bytes(size) < pages_bytes(view->size))
        munmap((char *)view->pages + pages_bytes(size),
               pages_bytes(view->size) - pages_bytes(size));
    view->size = size;
}

NTSTATUS view_cut_locked(struct view *view, char *base)
{
    struct view *tail = view_tail(view, base);
    const size_t whole = view->size, head = (size_t)(base - view->base);

    if (!tail)
        return STATUS_NO_MEMORY;
    view->size = head; /* so that the table finds the tail's place */
    if (!table_insert(tail)) {
        view->size = whole;
        view_free(tail);
        return STATUS_NO_MEMORY;
    }
    view->size = whole;
    view_shrink(view, head);
    return STATUS_SUCCESS;
}

NTSTATUS view_join_locked(char *base, size_t size)
{
    struct view *joined = view_new(base, size), *part;

    if (!joined)
        return STATUS_NO_MEMORY;
    joined->allocation_protection = PAGE_NOACCESS;
    joined->is_placeholder = true;
    while ((part = view_above_locked(base)) && part->base < base + size) {
        table_remove(part);
        view_free(part);
    }
    (void)table_insert(joined); /* the parts' slots are free */
    return STATUS_SUCCESS;
}

NTSTATUS view_release_locked(struct view *view, char *base, size_t size,
                             struct nt_object **ret_section)
{
    char *end = base + size;
    struct view *tail = NULL;

    *ret_section = NULL;
    if (end < view->base + view->size) {
        tail = view_tail(view, end);
        if (!tail)
            return STATUS_NO_MEMORY;
    }
    munmap(base, size);
    table.hint = table.hint > (uintptr_t)base && table.arena && (uintptr_t)base >= table.arena
                     ? (uintptr_t)base
                     : table.hint;
    if (base > view->base) { /* the head stays */
        view_shrink(view, (size_t)(base - view->base));
    } else {
        table_remove(view);
        *ret_section = tail ? NULL : view->section;
        view_free(view);
    }
    if (tail &&
        !table_insert(tail)) { /* one slot was there: only a hole in the middle can get here */
        munmap(tail->base, tail->size);
        view_free(tail);
    }
    return STATUS_SUCCESS;
}
