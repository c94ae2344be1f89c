/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAllocateVirtualMemory, NtFreeVirtualMemory, NtProtectVirtualMemory and their kin.
 *
 * Rounding is NT's: a reservation's address goes down to 64 KiB, everything else to pages, sizes up
 * so that the last byte asked for is inside; the rounded values are written back. MEM_COMMIT
 * without an address reserves too. Committing commits again what is committed and gives it the new
 * protection. MEM_RELEASE of a part splits the reservation, as Windows 10 does.
 *
 * DIFFERS: memory is overcommitted as Linux does it; STATUS_COMMITMENT_LIMIT comes only when the
 * kernel refuses, and for a single commitment that is larger than memory and swap together (Linux'
 * own rule, which does not hold for what was reserved first).
 */
#include "ntprocess.h"
#include "placeholder.h"
#include "section.h"
#include "usermem.h"
#include "view_table.h"
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define USER_LOWEST  ((uintptr_t)0x10000)
#define USER_HIGHEST ((uintptr_t)0x7ffffffeffff)

static struct range range_round(const char *base, size_t size, uintptr_t granule)
{
    uintptr_t start = (uintptr_t)base & ~(granule - 1);
    uintptr_t end = ((uintptr_t)base + size + VIRTUAL_PAGE - 1) & ~(uintptr_t)(VIRTUAL_PAGE - 1);

    return (struct range){(char *)start, end - start};
}

/* zero_bits: up to 21 the number of high bits (of 32) that must be zero, above that a mask. */
static NTSTATUS limit_from_zero_bits(ULONG_PTR zero_bits, uintptr_t *ret_limit)
{
    *ret_limit = 0;
    if (!zero_bits)
        return STATUS_SUCCESS;
    if (zero_bits < 32) {
        if (zero_bits > 21)
            return STATUS_INVALID_PARAMETER_3;
        *ret_limit = ((uintptr_t)1 << (32 - zero_bits)) - 1;
        return STATUS_SUCCESS;
    }
    *ret_limit = ((uintptr_t)2 << (63 - __builtin_clzll(zero_bits))) - 1;
    return STATUS_SUCCESS;
}

/* PAGE_TARGETS_INVALID and PAGE_TARGETS_NO_UPDATE, for executable pages: which of their addresses
 * indirect calls may go to. Nobody checks calls here. */
static ULONG without_targets(ULONG protection)
{
    const ULONG targets = 0x40000000, executable = PAGE_EXECUTE | PAGE_EXECUTE_READ |
                                                   PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

    return protection & executable ? protection & ~targets : protection;
}

static const char *type_name(ULONG type)
{
    return type & MEM_WRITE_WATCH   ? "write-watch (MEM_WRITE_WATCH)"
           : type & MEM_LARGE_PAGES ? "large pages (MEM_LARGE_PAGES)"
           : type & MEM_PHYSICAL    ? "physical memory (MEM_PHYSICAL)"
                                    : "getting reset memory back (MEM_RESET_UNDO)";
}

static NTSTATUS allocation_check(const char *base, size_t size, ULONG type, ULONG protection)
{
    const ULONG known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH |
                        MEM_LARGE_PAGES | MEM_PHYSICAL | MEM_RESET_UNDO;

    if ((uintptr_t)base > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (!size || size > USER_HIGHEST - (uintptr_t)base)
        return STATUS_INVALID_PARAMETER_4;
    if (!(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)) || (type & ~known))
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_RESET) && type != MEM_RESET)
        return STATUS_INVALID_PARAMETER_5;
    if (!view_protection_is_valid(protection) || (protection & 0xff) == PAGE_WRITECOPY ||
        (protection & 0xff) == PAGE_EXECUTE_WRITECOPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (type & (MEM_WRITE_WATCH | MEM_LARGE_PAGES | MEM_PHYSICAL | MEM_RESET_UNDO)) {
        unimplemented_once("NtAllocateVirtualMemory", type_name(type), NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS allocation_reserve(struct range *range, ULONG type, ULONG protection,
                                   const struct view_place *place)
{
    const struct view_backing backing = {type & MEM_COMMIT ? protection : 0, -1};
    struct view *view;
    NTSTATUS status;

    view_lock();
    status = view_reserve_locked(&range->base, range->size, place, &backing, &view);
    if (!status) {
        view->allocation_protection = protection;
        view->is_placeholder = place->is_placeholder;
    }
    view_unlock();
    return status;
}

/* MEM_COMMIT or MEM_RESET inside a reservation that exists. */
static NTSTATUS allocation_commit(struct range range, ULONG type, ULONG protection)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct view *view;

    view_lock();
    view = view_range_locked(range.base, range.size);
    if (!view)
        status = STATUS_CONFLICTING_ADDRESSES;
    else if (view->is_secured)
        status = STATUS_INVALID_PAGE_PROTECTION;
    else if (view->is_placeholder)
        status = STATUS_CONFLICTING_ADDRESSES;
    else if (type & MEM_RESET)
        status = madvise(range.base, range.size, MADV_FREE) ? STATUS_CONFLICTING_ADDRESSES
                                                            : STATUS_SUCCESS;
    else if (view->type == MEM_IMAGE)
        status = STATUS_CONFLICTING_ADDRESSES;
    else
        status = view_protect_locked(view, range.base, range.size, protection);
    view_unlock();
    return status;
}

enum { SURELY_THERE_BYTES = 0x2000000 }; /* of memory, in any machine */

/* Each page's protection is written down: a size that can never be there is not tried. */
static bool is_beyond_memory(size_t size)
{
    struct sysinfo info;

    if (size < SURELY_THERE_BYTES)
        return false;
    return !sysinfo(&info) && size / info.mem_unit > info.totalram + info.totalswap;
}

static NTSTATUS allocate(struct range *range, struct view_place *place, ULONG type,
                         ULONG protection)
{
    bool reserves = (type & MEM_RESERVE) || (!range->base && (type & MEM_COMMIT));

    TRY(allocation_check(range->base, range->size, type, protection));
    place->is_top_down = type & MEM_TOP_DOWN;
    if (range->base && reserves && (uintptr_t)range->base < USER_LOWEST)
        return STATUS_INVALID_PARAMETER_2;
    *range = range_round(range->base, range->size, reserves ? VIRTUAL_GRANULE : VIRTUAL_PAGE);
    if ((type & MEM_COMMIT) && is_beyond_memory(range->size))
        return STATUS_COMMITMENT_LIMIT;
    if (reserves)
        return allocation_reserve(range, type, protection, place);
    return allocation_commit(*range, type, protection);
}

NTSTATUS WINAPI NtAllocateVirtualMemory(HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                        SIZE_T *size, ULONG type, ULONG protection)
{
    struct view_place place = {0};
    struct range range;

    TRY(USER_GET(range.base, base));
    TRY(USER_GET(range.size, size));
    TRY(limit_from_zero_bits(zero_bits, &place.limit));
    TRY(process_require_current(__func__, process));
    TRY(allocate(&range, &place, type, without_targets(protection)));
    TRY(USER_PUT(base, range.base));
    return USER_PUT(size, range.size);
}

/* The bounds are of whole granules, the alignment a power of two of them (learn.microsoft.com,
 * MEM_ADDRESS_REQUIREMENTS). */
static NTSTATUS place_from_requirements(const MEM_ADDRESS_REQUIREMENTS *user_need,
                                        struct view_place *ret_place)
{
    MEM_ADDRESS_REQUIREMENTS need;
    uintptr_t lowest, highest;

    TRY(user_read(&need, user_need, sizeof(need)));
    lowest = (uintptr_t)need.LowestStartingAddress;
    highest = (uintptr_t)need.HighestEndingAddress;
    if ((lowest & (VIRTUAL_GRANULE - 1)) || lowest > USER_HIGHEST || highest > USER_HIGHEST ||
        (highest && (((highest + 1) & (VIRTUAL_PAGE - 1)) || highest <= lowest)))
        return STATUS_INVALID_PARAMETER;
    if (need.Alignment && ((need.Alignment & (need.Alignment - 1)) ||
                           need.Alignment < VIRTUAL_GRANULE || need.Alignment > USER_HIGHEST))
        return STATUS_INVALID_PARAMETER;
    *ret_place =
        (struct view_place){.lowest = lowest, .limit = highest, .alignment = need.Alignment};
    return STATUS_SUCCESS;
}

/* Which node's memory it is to be is a wish, and Linux' own choice the better one. */
static NTSTATUS place_from_parameters(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
                                      struct view_place *ret_place)
{
    for (ULONG i = 0; i < count; i++) {
        MEM_EXTENDED_PARAMETER parameter;

        TRY(user_read(&parameter, parameters + i, sizeof(parameter)));
        switch ((unsigned)parameter.Type) {
        case MemExtendedParameterAddressRequirements:
            TRY(place_from_requirements(parameter.Pointer, ret_place));
            break;
        case MemExtendedParameterNumaNode:
            break;
        default:
            unimplemented_once("NtAllocateVirtualMemoryEx", "extended parameter",
                               (unsigned)parameter.Type);
            return STATUS_NOT_SUPPORTED;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS replace(struct range range, ULONG type, ULONG protection)
{
    TRY(allocation_check(range.base, range.size, type, protection));
    if (!(type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER;
    if ((type & MEM_COMMIT) && is_beyond_memory(range.size))
        return STATUS_COMMITMENT_LIMIT;
    return placeholder_replace(range, type, protection);
}

NTSTATUS WINAPI NtAllocateVirtualMemoryEx(HANDLE process, PVOID *base, SIZE_T *size, ULONG type,
                                          ULONG protection, MEM_EXTENDED_PARAMETER *parameters,
                                          ULONG count)
{
    struct view_place place = {0};
    struct range range;

    TRY(USER_GET(range.base, base));
    TRY(USER_GET(range.size, size));
    if (count && !parameters)
        return STATUS_INVALID_PARAMETER;
    TRY(place_from_parameters(parameters, count, &place));
    if (range.base && (place.lowest || place.limit || place.alignment))
        return STATUS_INVALID_PARAMETER;
    protection = without_targets(protection);
    TRY(process_require_current(__func__, process));
    if (type & MEM_REPLACE_PLACEHOLDER) {
        range = range_round(range.base, range.size, VIRTUAL_PAGE);
        TRY(replace(range, type & ~(ULONG)MEM_REPLACE_PLACEHOLDER, protection));
    } else {
        place.is_placeholder = type & MEM_RESERVE_PLACEHOLDER;
        type &= ~(ULONG)MEM_RESERVE_PLACEHOLDER;
        if (place.is_placeholder && (type != MEM_RESERVE || protection != PAGE_NOACCESS))
            return STATUS_INVALID_PARAMETER;
        TRY(allocate(&range, &place, type, protection));
    }
    TRY(USER_PUT(base, range.base));
    return USER_PUT(size, range.size);
}

static NTSTATUS free_locked(struct range *range, ULONG type)
{
    struct view *view = view_at_locked(range->base);
    struct nt_object *section = NULL;

    if (!view)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (view->is_secured)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (view->type != MEM_PRIVATE)
        return type == MEM_RELEASE ? STATUS_UNABLE_TO_DELETE_SECTION : STATUS_UNABLE_TO_FREE_VM;
    if (!range->size) {
        if (range->base != view->base)
            return STATUS_FREE_VM_NOT_AT_BASE;
        range->size = view->size;
    }
    if (!view_range_locked(range->base, range->size))
        return STATUS_UNABLE_TO_FREE_VM;
    if (type == MEM_DECOMMIT)
        return view_decommit_locked(view, range->base, range->size);
    return view_release_locked(view, range->base, range->size, &section);
}

enum {
    PRESERVE = MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER,
    JOIN = MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS,
};

NTSTATUS WINAPI NtFreeVirtualMemory(HANDLE process, PVOID *base, SIZE_T *size, ULONG type)
{
    struct range range;
    NTSTATUS status;
    size_t asked;

    TRY(USER_GET(range.base, base));
    TRY(USER_GET(asked, size));
    TRY(process_require_current(__func__, process));
    if (type != MEM_RELEASE && type != MEM_DECOMMIT && type != PRESERVE && type != JOIN)
        return STATUS_INVALID_PARAMETER_4;
    if ((uintptr_t)range.base > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (asked > USER_HIGHEST - (uintptr_t)range.base)
        return STATUS_INVALID_PARAMETER_3;
    range = range_round(range.base, asked, VIRTUAL_PAGE);
    if (!asked)
        range.size = 0;
    view_lock();
    status = type == PRESERVE ? placeholder_preserve_locked(range)
             : type == JOIN   ? placeholder_join_locked(range)
                              : free_locked(&range, type);
    view_unlock();
    if (status)
        return status;
    TRY(USER_PUT(base, range.base));
    return USER_PUT(size, range.size);
}

/* A view of a section never gets more than it was mapped with: what was sent to be read stays so. A
 * shared view cannot turn into copies of its pages: the writes would go to everybody. */
static NTSTATUS mapped_permits(const struct view *view, ULONG protection)
{
    const ULONG copying = PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY;

    if (!section_permits(view->allocation_protection, protection))
        return STATUS_SECTION_PROTECTION;
    if (protection & copying && !(view->allocation_protection & copying)) {
        unimplemented_once("NtProtectVirtualMemory", "copies of a shared view's pages", NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS protect_locked(struct range range, ULONG protection, ULONG *ret_old)
{
    struct view *view = view_range_locked(range.base, range.size);
    size_t first;

    if (!view)
        return STATUS_CONFLICTING_ADDRESSES;
    if (view->is_secured)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (view->type == MEM_PRIVATE && (protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (view->type == MEM_MAPPED)
        TRY(mapped_permits(view, protection));
    first = view_page_index(view, range.base);
    for (size_t i = 0; i < range.size / VIRTUAL_PAGE; i++)
        if (!view->pages[first + i])
            return STATUS_NOT_COMMITTED;
    /* An image page that may be written is a private copy: Windows says WRITECOPY until it is. */
    if (view->type == MEM_IMAGE && (protection & 0xff) == PAGE_READWRITE)
        protection = (protection & ~0xffu) | PAGE_WRITECOPY;
    if (view->type == MEM_IMAGE && (protection & 0xff) == PAGE_EXECUTE_READWRITE)
        protection = (protection & ~0xffu) | PAGE_EXECUTE_WRITECOPY;
    *ret_old = view_page_protection(view, first);
    return view_protect_locked(view, range.base, range.size, protection);
}

NTSTATUS WINAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, SIZE_T *size, ULONG protection,
                                       ULONG *old_protection)
{
    struct range range;
    NTSTATUS status;
    ULONG old = 0;

    TRY(USER_GET(range.base, base));
    TRY(USER_GET(range.size, size));
    TRY(USER_PUT(old_protection, old)); /* a bad pointer must be found before anything changes */
    TRY(process_require_current(__func__, process));
    protection = without_targets(protection);
    if (!view_protection_is_valid(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((uintptr_t)range.base > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (!range.size || range.size > USER_HIGHEST - (uintptr_t)range.base)
        return STATUS_INVALID_PARAMETER_3;
    range = range_round(range.base, range.size, VIRTUAL_PAGE);
    view_lock();
    status = protect_locked(range, protection, &old);
    view_unlock();
    if (status)
        return status;
    TRY(USER_PUT(base, range.base));
    TRY(USER_PUT(size, range.size));
    return USER_PUT(old_protection, old);
}

NTSTATUS WINAPI NtFlushInstructionCache(HANDLE process, LPCVOID base, SIZE_T size)
{
    (void)base; /* x86 keeps its instruction cache coherent: there is nothing to flush */
    (void)size;
    return process_require_current(__func__, process);
}

/* A full barrier in each running thread of the process. */
void WINAPI NtFlushProcessWriteBuffers(void)
{
    if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
        return;
    /* EPERM: the process has not said yet that it wants to. */
    if (!syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) &&
        !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
        return;
    absent_once("NtFlushProcessWriteBuffers", "this Linux has no membarrier(2)");
}

NTSTATUS WINAPI NtFlushVirtualMemory(HANDLE process, LPCVOID *base, SIZE_T *size, ULONG unknown)
{
    struct range range;
    struct view *view;
    bool is_section = false;

    (void)unknown; /* an IO_STATUS_BLOCK on Windows; nothing is reported in it */
    TRY(USER_GET(range.base, base));
    TRY(USER_GET(range.size, size));
    TRY(process_require_current(__func__, process));
    view_lock();
    view = view_at_locked(range.base);
    if (view) {
        is_section = view->type != MEM_PRIVATE;
        if (!range.size)
            range.size = (size_t)(view->base + view->size - range.base);
        range = range_round(range.base, range.size, VIRTUAL_PAGE);
        is_section = is_section && view_range_locked(range.base, range.size);
    }
    view_unlock();
    if (!is_section)
        return STATUS_INVALID_PARAMETER;
    if (msync(range.base, range.size, MS_SYNC))
        return errno == EIO ? STATUS_IO_DEVICE_ERROR : STATUS_INVALID_PARAMETER;
    TRY(USER_PUT(base, range.base));
    return USER_PUT(size, range.size);
}
