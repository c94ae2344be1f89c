/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* SystemProcessInformation: every process of /proc, its id, parent, name, threads and times.
 *
 * DIFFERS: threads' start addresses are not told; Linux processes that are no NT programs are
 * listed too.
 */
#define __WINESRC__
#include "ntpath.h"
#include "ntprocess.h"
#include "process_facts.h"
#include "usermem.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    char *buffer; /* our own, copied out at the end */
    size_t size, allocated;
    size_t last; /* offset of the last entry */
};

static void *listing_room(struct listing *listing, size_t bytes)
{
    if (listing->size + bytes > listing->allocated) {
        size_t allocated = 2 * (listing->size + bytes);
        char *buffer = realloc(listing->buffer, allocated);

        if (!buffer)
            return NULL;
        listing->buffer = buffer;
        listing->allocated = allocated;
    }
    memset(listing->buffer + listing->size, 0, bytes);
    listing->size += bytes;
    return listing->buffer + listing->size - bytes;
}

static LARGE_INTEGER from_ticks(uint64_t ticks)
{
    return (LARGE_INTEGER){.QuadPart = nt_span_from_ticks(ticks)};
}

static DWORD listing_add_threads(struct listing *listing, const char *pid)
{
    char path[64];
    DIR *folder;
    struct dirent *entry;
    DWORD n = 0;

    snprintf(path, sizeof(path), "/proc/%.20s/task", pid);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        SYSTEM_THREAD_INFORMATION *thread;
        struct proc_stat stat;
        char file[128];

        snprintf(file, sizeof(file), "/proc/%.20s/task/%.20s/stat", pid, entry->d_name);
        if (entry->d_name[0] == '.' || !proc_stat_read(file, &stat))
            continue;
        thread = listing_room(listing, sizeof(*thread));
        if (!thread)
            break;
        thread->UserTime = from_ticks(stat.user);
        thread->KernelTime = from_ticks(stat.system);
        thread->CreateTime.QuadPart = nt_time_from_start(stat.start);
        thread->ClientId.UniqueProcess = (HANDLE)(uintptr_t)strtoul(pid, NULL, 10);
        thread->ClientId.UniqueThread = (HANDLE)(uintptr_t)strtoul(entry->d_name, NULL, 10);
        thread->dwBasePriority = thread->dwCurrentPriority = 8;
        n++;
    }
    if (folder)
        closedir(folder);
    return n;
}

/* A Windows program's file; another process by its Linux name. malloc'ed. */
static char *program_name(pid_t pid, const struct proc_stat *stat)
{
    _cleanup_nt_(path_freep) char *path =
        process_is_portico(pid) ? process_program_path(pid) : NULL;
    const char *last = path ? strrchr(path, '/') : NULL;

    return strdup(last ? last + 1 : stat->name);
}

static void listing_add(struct listing *listing, const char *pid, const struct proc_stat *stat)
{
    const size_t fixed = offsetof(SYSTEM_PROCESS_INFORMATION, ti);
    SYSTEM_PROCESS_INFORMATION *info = listing_room(listing, fixed);
    size_t at = listing->size - fixed, units;
    _cleanup_nt_(path_freep) char *program = program_name((pid_t)strtol(pid, NULL, 10), stat);
    _cleanup_nt_(name_freep) WCHAR *name =
        program ? utf16_from_utf8(program, strlen(program), &units) : NULL;
    DWORD n_threads;
    WCHAR *text;
    size_t bytes;

    if (!info || !name)
        return;
    n_threads = listing_add_threads(listing, pid);
    bytes = (units + 1) * sizeof(WCHAR);
    text = listing_room(listing, (bytes + 7) & ~(size_t)7);
    if (!text)
        return;
    memcpy(text, name, bytes);
    info = (SYSTEM_PROCESS_INFORMATION *)(listing->buffer + at);
    info->dwThreadCount = n_threads;
    info->CreationTime.QuadPart = nt_time_from_start(stat->start);
    info->UserTime = from_ticks(stat->user);
    info->KernelTime = from_ticks(stat->system);
    info->ProcessName.Length = (USHORT)(units * sizeof(WCHAR));
    info->ProcessName.MaximumLength = (USHORT)bytes;
    info->ProcessName.Buffer = (WCHAR *)((char *)text - listing->buffer); /* an offset for now */
    info->dwBasePriority = 8;
    info->UniqueProcessId = (HANDLE)(uintptr_t)strtoul(pid, NULL, 10);
    info->ParentProcessId = (HANDLE)(uintptr_t)(unsigned)stat->parent;
    info->SessionId = 1;
    info->vmCounters.VirtualSize = stat->virtual_bytes;
    info->vmCounters.WorkingSetSize = stat->resident_pages * 0x1000;
    if (at)
        ((SYSTEM_PROCESS_INFORMATION *)(listing->buffer + listing->last))->NextEntryOffset =
            (ULONG)(at - listing->last);
    listing->last = at;
}

static void listing_make(struct listing *listing)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        struct proc_stat stat;
        char file[64];

        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        snprintf(file, sizeof(file), "/proc/%.20s/stat", entry->d_name);
        if (proc_stat_read(file, &stat))
            listing_add(listing, entry->d_name, &stat);
    }
    if (folder)
        closedir(folder);
}

NTSTATUS system_query_processes(void *buffer, ULONG length, ULONG *ret_size)
{
    struct listing listing = {0};
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;

    listing_make(&listing);
    *ret_size = (ULONG)listing.size;
    if (length >= listing.size) {
        for (size_t at = 0; listing.size;) {
            SYSTEM_PROCESS_INFORMATION *info = (SYSTEM_PROCESS_INFORMATION *)(listing.buffer + at);

            info->ProcessName.Buffer =
                (WCHAR *)((char *)buffer + (uintptr_t)info->ProcessName.Buffer);
            if (!info->NextEntryOffset)
                break;
            at += info->NextEntryOffset;
        }
        status = user_write(buffer, listing.buffer, listing.size);
    }
    free(listing.buffer);
    return status;
}
