/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The process's address space as NT sees it: a sorted table of views (reservations, sections,
 * images), each with the NT protection of every page. Linux's own idea (/proc/self/maps) is never
 * asked.
 *
 * Addresses and sizes given to these functions are page aligned unless said otherwise. All take the
 * page lock, which is a leaf, and none is called with it held. Only the fault entry may be called
 * from a signal handler (for a fault in PE code or in a user copy: code that never holds the lock).
 */
#pragma once

#include "nttypes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VIRTUAL_PAGE = 0x1000,
    VIRTUAL_GRANULE = 0x10000,
};

struct nt_object;

struct view_info {
    char *base;
    size_t size;
    ULONG type; /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
    ULONG allocation_protection;
    const char *unix_path;     /* image or mapped file, or NULL; copied */
    struct nt_object *section; /* a reference is taken; or NULL */
};

/* Reserves (PROT_NONE, no page committed) `size` bytes at *base, or anywhere in the arena when
 * *base is NULL; `limit`: highest address allowed, 0 for none; `top_down` as MEM_TOP_DOWN. The base
 * is 64 KiB aligned. STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY. The view is registered with
 * type MEM_PRIVATE. */
NTSTATUS view_reserve(char **base, size_t size, uintptr_t limit, bool top_down);
/* Whole pages of private memory anywhere, committed with PAGE_READWRITE; zero. is_secured: the
 * program can neither free nor protect it (TEBs, the PEB: the ELF half reads them at any time). */
NTSTATUS view_allocate(char **ret_base, size_t size, bool is_secured);
/* A file from its beginning, anywhere, privately and for reading; whole pages. */
NTSTATUS view_map_file(char **ret_base, size_t size, int fd);
/* What kind of view the reservation at info->base has become (image.c: MEM_IMAGE, path). */
NTSTATUS view_describe(const struct view_info *info);
/* The pages were mapped and given this NT protection by the caller (mmap MAP_FIXED inside its
 * view): record only. */
NTSTATUS view_record(char *base, size_t size, ULONG protection);
/* mprotect and record: pages become committed with this NT protection (PAGE_GUARD allowed). */
NTSTATUS view_protect(char *base, size_t size, ULONG protection);
/* Unmaps and forgets the view that begins at base. STATUS_NOT_MAPPED_VIEW when there is none. */
NTSTATUS view_release(char *base);
/* The view that holds the address (strings are the view's own: valid until it is released). */
bool view_find(const void *address, struct view_info *ret_info);
/* Linux's protection bits for an NT protection; private_copy: PAGE_WRITECOPY is writable. */
int view_unix_protection(ULONG protection);
bool view_protection_is_valid(ULONG protection);

/* A fault at `address` in PE code or in a user copy. access: 0 read, 1 write, 8 execute.
 * STATUS_SUCCESS: the page can be used now, retry (the stack grew, or a race with NtProtect);
 * otherwise the exception's code: STATUS_GUARD_PAGE_VIOLATION, STATUS_STACK_OVERFLOW,
 * STATUS_ACCESS_VIOLATION. `teb`: the faulting thread's, whose StackLimit moves with its guard
 * page, or NULL. */
NTSTATUS view_fault(void *address, unsigned access, TEB *teb);
/* The stack of a new thread: reserve bytes, commit bytes at the top, one guard page below them. */
NTSTATUS view_stack_new(size_t reserve, size_t commit, size_t zero_limit, INITIAL_TEB *ret_stack);
