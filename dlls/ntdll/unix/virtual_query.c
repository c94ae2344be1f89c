/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryVirtualMemory, and reading and writing the memory of a process by its handle.
 *
 * DIFFERS: what Linux itself put into the address space (the loader, its libraries and stacks) is
 * told as reserved, whatever it holds.
 */
#include "foreign.h"
#include "kuser.h"
#include "named.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "usermem.h"
#include "view_table.h"
#include "volume_names.h"
#include "working_set.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define USER_HIGHEST ((uintptr_t)0x7ffffffeffff)

static void basic_from_view(const struct view *view, char *page, MEMORY_BASIC_INFORMATION *info)
{
    size_t index = view_page_index(view, page);
    size_t n = view->size / VIRTUAL_PAGE;
    size_t end = index + 1;
    const ULONG protection = view_page_protection(view, index);

    while (end < n && view_page_protection(view, end) == protection)
        end++;
    info->AllocationBase = view->base;
    info->AllocationProtect = view->allocation_protection;
    info->RegionSize = (end - index) * VIRTUAL_PAGE;
    info->State = protection ? MEM_COMMIT : MEM_RESERVE;
    info->Protect = protection;
    info->Type = view->type;
}

/* The page is in no view; the gap between views is `gap`. */
static void basic_outside(char *page, struct foreign_range gap, MEMORY_BASIC_INFORMATION *info)
{
    const uintptr_t address = (uintptr_t)page;
    struct foreign_range range;
    const bool is_mapped = foreign_find(address, gap, &range);

    info->State = MEM_FREE;
    info->Protect = PAGE_NOACCESS;
    info->RegionSize = (is_mapped ? range.begin : gap.end) - address;
    if (!is_mapped || range.begin > address)
        return;
    info->RegionSize = range.end - address;
    info->AllocationBase = (void *)range.begin;
    info->AllocationProtect = PAGE_NOACCESS;
    info->State = MEM_RESERVE;
    info->Protect = 0;
    info->Type = MEM_PRIVATE;
    if (address - KUSER_ADDRESS < KUSER_BYTES) {
        info->AllocationProtect = info->Protect = PAGE_READONLY;
        info->State = MEM_COMMIT;
    }
}

static NTSTATUS query_basic(const void *address, void *buffer, SIZE_T length, SIZE_T *ret_length)
{
    char *page = (char *)((uintptr_t)address & ~(uintptr_t)(VIRTUAL_PAGE - 1));
    MEMORY_BASIC_INFORMATION info = {.BaseAddress = page};
    struct view *view;

    if (length < sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((uintptr_t)address > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    view_lock();
    view = view_above_locked(page);
    if (view && view->base <= page) {
        basic_from_view(view, page, &info);
    } else {
        struct foreign_range gap = {view_end_below_locked(page),
                                    view ? (uintptr_t)view->base : USER_HIGHEST + 1};

        basic_outside(page, gap, &info);
    }
    view_unlock();
    TRY(USER_PUT((MEMORY_BASIC_INFORMATION *)buffer, info));
    *ret_length = sizeof(info);
    return STATUS_SUCCESS;
}

static char *mapped_path(const void *address)
{
    struct view *view;
    char *path = NULL;

    view_lock();
    view = view_at_locked(address);
    if (view && view->unix_path)
        path = strdup(view->unix_path);
    view_unlock();
    return path;
}

static NTSTATUS query_name(const void *address, void *buffer, SIZE_T length, SIZE_T *ret_length)
{
    _cleanup_nt_(path_freep) char *path = mapped_path(address);
    _cleanup_nt_(name_freep) WCHAR *nt_name = NULL, *name = NULL;
    UNICODE_STRING string;
    SIZE_T bytes;

    if (!path)
        return (uintptr_t)address > USER_HIGHEST ? STATUS_INVALID_PARAMETER
                                                 : STATUS_INVALID_ADDRESS;
    TRY(path_to_nt(path, &nt_name, &bytes));
    TRY(volume_device_name(nt_name, &name, &bytes));
    *ret_length = sizeof(string) + bytes + sizeof(WCHAR);
    if (length < sizeof(string))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (length < *ret_length)
        return STATUS_BUFFER_OVERFLOW;
    string.Length = (USHORT)bytes;
    string.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    string.Buffer = (WCHAR *)((char *)buffer + sizeof(string));
    TRY(USER_PUT((UNICODE_STRING *)buffer, string));
    return user_write(string.Buffer, name, bytes + sizeof(WCHAR));
}

static NTSTATUS query_region(const void *address, void *buffer, SIZE_T length, SIZE_T *ret_length)
{
    MEMORY_REGION_INFORMATION info = {0};
    struct view *view;

    if (length < offsetof(MEMORY_REGION_INFORMATION, CommitSize))
        return STATUS_INFO_LENGTH_MISMATCH;
    view_lock();
    view = view_at_locked(address);
    if (view) {
        info.AllocationBase = view->base;
        info.AllocationProtect = view->allocation_protection;
        info.RegionSize = view->size;
        info.Private = view->type == MEM_PRIVATE;
        info.MappedImage = view->type == MEM_IMAGE;
        info.MappedDataFile = view->type == MEM_MAPPED && view->unix_path;
        info.MappedPageFile = view->type == MEM_MAPPED && !view->unix_path;
        for (size_t i = 0; i < view->size / VIRTUAL_PAGE; i++)
            info.CommitSize += view->pages[i] ? VIRTUAL_PAGE : 0;
    }
    view_unlock();
    if (!view)
        return STATUS_INVALID_ADDRESS;
    *ret_length = length < sizeof(info) ? offsetof(MEMORY_REGION_INFORMATION, CommitSize)
                                        : offsetof(MEMORY_REGION_INFORMATION, PartitionId);
    return user_write(buffer, &info, *ret_length);
}

/* The handle of a DLL of Wine's for its Unix side (dlls/ntdll/wine_unix.c). Those that get one
 * need it to start, or to tell about what they cannot do; others take the refusal well, and some
 * would take a handle ill. */
static NTSTATUS query_unix_side(const void *address, void *buffer, SIZE_T length,
                                SIZE_T *ret_length)
{
    static const char *const dlls[] = {WINE_DLL_DIR "/bcrypt.dll", WINE_DLL_DIR "/crypt32.dll",
                                       WINE_DLL_DIR "/dnsapi.dll", WINE_DLL_DIR "/netapi32.dll",
                                       WINE_DLL_DIR "/secur32.dll"};
    bool is_one = false;
    struct view *view;

    if (length < sizeof(address))
        return STATUS_INFO_LENGTH_MISMATCH;
    view_lock();
    view = view_at_locked(address);
    for (size_t i = 0; view && view->unix_path && i < sizeof(dlls) / sizeof(*dlls); i++)
        is_one |= !strcmp(view->unix_path, dlls[i]);
    view_unlock();
    if (!is_one)
        return STATUS_INVALID_INFO_CLASS;
    *ret_length = sizeof(address);
    return user_write(buffer, &address, sizeof(address));
}

NTSTATUS WINAPI NtQueryVirtualMemory(HANDLE process, LPCVOID address,
                                     MEMORY_INFORMATION_CLASS class, PVOID buffer, SIZE_T length,
                                     SIZE_T *ret_user_length)
{
    SIZE_T used = 0;
    NTSTATUS status;

    TRY(process_require_current(__func__, process));
    switch ((unsigned)class) {
    case MemoryBasicInformation:
        status = query_basic(address, buffer, length, &used);
        break;
    case MemoryMappedFilenameInformation:
        status = query_name(address, buffer, length, &used);
        break;
    case MemoryRegionInformation:
        status = query_region(address, buffer, length, &used);
        break;
    case MemoryWorkingSetExInformation:
        status = working_set_query(buffer, length, &used);
        break;
    case 1000:
        status = query_unix_side(address, buffer, length, &used);
        break;
    case 1001:
        return STATUS_INVALID_INFO_CLASS;
    default:
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (ret_user_length && used) {
        NTSTATUS copied = USER_PUT(ret_user_length, used);

        if (copied)
            return copied;
    }
    return status;
}

/* The pid behind a process handle, for the two calls that work across processes. */
static NTSTATUS process_pid(HANDLE process, ACCESS_MASK access, pid_t *ret_pid)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    *ret_pid = getpid();
    if (process == (HANDLE)(intptr_t)-1)
        return STATUS_SUCCESS;
    if (handle_is_server(process)) { /* Linux decides too whether it may be read */
        struct named_process facts;

        TRY(named_process_facts(process, access, &facts));
        *ret_pid = facts.pid;
        return facts.exit_time ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
    }
    TRY(handle_lookup(process, access, NULL, &object));
    *ret_pid = process_object_pid ? process_object_pid(object) : 0;
    return *ret_pid ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

static NTSTATUS copy_finish(ssize_t n, SIZE_T size, SIZE_T *ret_user_size)
{
    SIZE_T done = n > 0 ? (SIZE_T)n : 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (n < 0)
        status = errno == ESRCH   ? STATUS_PROCESS_IS_TERMINATING
                 : errno == EPERM ? STATUS_ACCESS_DENIED
                                  : STATUS_PARTIAL_COPY;
    else if (done < size)
        status = STATUS_PARTIAL_COPY;
    if (ret_user_size)
        TRY(USER_PUT(ret_user_size, done));
    return status;
}

NTSTATUS WINAPI NtReadVirtualMemory(HANDLE process, const void *address, void *buffer, SIZE_T size,
                                    SIZE_T *ret_user_size)
{
    struct iovec local = {buffer, size}, remote = {(void *)address, size};
    pid_t pid;

    TRY(process_pid(process, PROCESS_VM_READ, &pid));
    return copy_finish(process_vm_readv(pid, &local, 1, &remote, 1, 0), size, ret_user_size);
}

/* DIFFERS: a page that the target cannot write stays unwritten; Windows' own call is the same, and
 * WriteProcessMemory of kernelbase makes it writable first. */
NTSTATUS WINAPI NtWriteVirtualMemory(HANDLE process, void *address, const void *buffer, SIZE_T size,
                                     SIZE_T *ret_user_size)
{
    struct iovec local = {(void *)buffer, size}, remote = {address, size};
    pid_t pid;

    TRY(process_pid(process, PROCESS_VM_WRITE, &pid));
    return copy_finish(process_vm_writev(pid, &local, 1, &remote, 1, 0), size, ret_user_size);
}
