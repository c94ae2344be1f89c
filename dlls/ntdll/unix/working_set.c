/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* QueryWorkingSetEx: of each address that is asked for, whether its page is in memory and may be
 * used, from Linux' /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst: bit 63, in
 * memory; bit 61, of a file or shared), and what the table of views knows of it.
 *
 * UNKNOWN: how many processes share a page: ShareCount is 1, this one, and 0 for what is private.
 * DIFFERS: of a page that is not in memory nothing is told, nor that it could be shared; the node
 * is 0.
 */
#include "working_set.h"

#include "ntprocess.h"
#include "usermem.h"
#include "view_table.h"
#include <fcntl.h>
#include <unistd.h>

enum { IN_MEMORY = 63, OF_FILE_OR_SHARED = 61 };

/* The view's part: all but whether the page is in memory. */
static void describe(const void *address, MEMORY_WORKING_SET_EX_BLOCK *ret_block)
{
    struct view *view;

    *ret_block = (MEMORY_WORKING_SET_EX_BLOCK){0};
    view_lock();
    view = view_at_locked(address);
    if (view) {
        const size_t index = view_page_index(view, address);
        const ULONG protection = view_page_protection(view, index);

        ret_block->Valid = view_unix_protection(protection) != 0;
        ret_block->Win32Protection = protection;
        ret_block->Shared = view->type != MEM_PRIVATE;
        ret_block->Locked = (view->pages[index] & VIEW_PAGE_LOCKED) != 0;
    }
    view_unlock();
}

static NTSTATUS page_query(int pagemap, MEMORY_WORKING_SET_EX_INFORMATION *info)
{
    const off_t at = (off_t)((uintptr_t)info->VirtualAddress / VIRTUAL_PAGE * sizeof(uint64_t));
    uint64_t entry;

    describe(info->VirtualAddress, &info->VirtualAttributes);
    if (!info->VirtualAttributes.Valid)
        entry = 0;
    else if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry))
        return STATUS_UNSUCCESSFUL;
    if (!(entry >> IN_MEMORY & 1)) {
        info->VirtualAttributes = (MEMORY_WORKING_SET_EX_BLOCK){0};
        return STATUS_SUCCESS;
    }
    if (!(entry >> OF_FILE_OR_SHARED & 1)) /* also a copy of a file's page that was written */
        info->VirtualAttributes.Shared = 0;
    info->VirtualAttributes.ShareCount = info->VirtualAttributes.Shared;
    return STATUS_SUCCESS;
}

NTSTATUS working_set_query(void *buffer, SIZE_T length, SIZE_T *ret_length)
{
    MEMORY_WORKING_SET_EX_INFORMATION *at = buffer;
    const SIZE_T n = length / sizeof(*at);
    NTSTATUS status = STATUS_SUCCESS;
    int pagemap;

    if (!n)
        return STATUS_INFO_LENGTH_MISMATCH;
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) {
        unimplemented_once("NtQueryVirtualMemory", "the working set without /proc/self/pagemap",
                           NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    for (SIZE_T i = 0; i < n && !status; i++) {
        MEMORY_WORKING_SET_EX_INFORMATION info;

        status = USER_GET(info, at + i);
        if (!status)
            status = page_query(pagemap, &info);
        if (!status)
            status = USER_PUT(at + i, info);
    }
    close(pagemap);
    *ret_length = n * sizeof(*at);
    return status;
}
