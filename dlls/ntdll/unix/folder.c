/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryDirectoryFile: listing a folder, with a mask (folder_mask.c).
 *
 * The first call with a handle (or one with `restart`) reads the whole folder, filters it by the
 * mask and sorts it without case as NTFS does; later calls go on in that list, so that files made
 * or removed meanwhile neither repeat nor vanish halfway. The mask of the first call holds for the
 * handle. `.` and `..` come first, unless the folder is a drive's root.
 *
 * An empty answer is STATUS_NO_SUCH_FILE at the first call, STATUS_NO_MORE_FILES later. A first
 * entry that does not fit is STATUS_BUFFER_OVERFLOW, with its name cut.
 */
#include "create.h"
#include "file_info.h"
#include "folder_mask.h"
#include "folder_scan.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder_scan {
    struct folder_entry *entries;
    size_t n_entries, n_allocated, next;
    struct folder_mask *mask; /* NULL: everything */
};

static void scan_clear(struct folder_scan *scan)
{
    for (size_t i = 0; i < scan->n_entries; i++) {
        free(scan->entries[i].name);
        free(scan->entries[i].units);
    }
    free(scan->entries);
    scan->entries = NULL;
    scan->n_entries = scan->n_allocated = scan->next = 0;
}

void folder_scan_free(struct folder_scan *scan)
{
    if (!scan)
        return;
    scan_clear(scan);
    folder_mask_free(scan->mask);
    free(scan);
}

bool file_folder_is_empty(const char *path)
{
    DIR *stream = opendir(path);
    struct dirent *entry;
    bool empty = stream;

    while (empty && (entry = readdir(stream)))
        empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    if (stream)
        closedir(stream);
    return empty;
}

static int entry_rank(const struct folder_entry *entry)
{
    return !strcmp(entry->name, ".") ? 0 : !strcmp(entry->name, "..") ? 1 : 2;
}

static void entry_deinit(struct folder_entry *entry)
{
    free(entry->name);
    free(entry->units);
}

bool folder_scan_add(struct folder_scan *scan, const char *name, uint32_t n_instances,
                     uint32_t max_instances)
{
    struct folder_entry entry = {
        .name = strdup(name), .n_instances = n_instances, .max_instances = max_instances};

    entry.units = utf16_from_utf8(name, strlen(name), &entry.n_units);
    if (!entry.name || !entry.units) {
        entry_deinit(&entry);
        return false;
    }
    if (!folder_mask_wants(scan->mask, entry.units, entry.n_units, entry_rank(&entry) < 2)) {
        entry_deinit(&entry);
        return true;
    }
    if (scan->n_entries == scan->n_allocated) {
        size_t n = scan->n_allocated ? 2 * scan->n_allocated : 32;
        struct folder_entry *entries = realloc(scan->entries, n * sizeof(*entries));

        if (!entries) {
            entry_deinit(&entry);
            return false;
        }
        scan->entries = entries;
        scan->n_allocated = n;
    }
    scan->entries[scan->n_entries++] = entry;
    return true;
}

static bool names_are_equal(const struct folder_entry *a, const struct folder_entry *b)
{
    if (a->n_units != b->n_units)
        return false;
    for (size_t i = 0; i < a->n_units; i++)
        if (upcase(a->units[i]) != upcase(b->units[i]))
            return false;
    return true;
}

bool folder_scan_add_far(struct folder_scan *scan, const char *folder, const char *name)
{
    const size_t n = scan->n_entries;
    struct folder_entry *entry;
    char *path;

    if (!folder_scan_add(scan, name, 0, 0))
        return false;
    if (scan->n_entries == n)
        return true;
    entry = &scan->entries[n];
    for (size_t i = 0; i < n; i++)
        if (names_are_equal(&scan->entries[i], entry)) {
            entry_deinit(entry);
            scan->n_entries = n;
            return true;
        }
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    free(entry->name);
    entry->name = path;
    return true;
}

static int entry_compare(const void *left, const void *right)
{
    const struct folder_entry *a = left, *b = right;

    if (entry_rank(a) != entry_rank(b))
        return entry_rank(a) - entry_rank(b);
    for (size_t i = 0; i < a->n_units && i < b->n_units; i++) {
        WCHAR x = upcase(a->units[i]), y = upcase(b->units[i]);

        if (x != y)
            return x < y ? -1 : 1;
    }
    if (a->n_units != b->n_units)
        return a->n_units < b->n_units ? -1 : 1;
    return strcmp(a->name, b->name);
}

static bool is_drive_root(const char *path)
{
    return !strcmp(path, "/") || (path_drive_c() && !strcmp(path, path_drive_c()));
}

static void scan_sort(struct folder_scan *scan)
{
    qsort(scan->entries, scan->n_entries, sizeof(*scan->entries), entry_compare);
}

static NTSTATUS scan_pipes(struct folder_scan *scan)
{
    scan_clear(scan);
    TRY(folder_scan_pipes(scan));
    scan_sort(scan);
    return STATUS_SUCCESS;
}

static NTSTATUS scan_read(struct folder_scan *scan, struct file *file)
{
    _cleanup_nt_(path_freep) char *path = file_path(file);
    bool is_root = path && is_drive_root(path);
    struct dirent *entry;
    DIR *stream;
    bool ok = true;
    int fd;

    if (file->kind == FILE_KIND_PIPE)
        return scan_pipes(scan);
    fd = openat(file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream) {
        int error = errno;

        if (fd >= 0)
            close(fd);
        return status_from_errno(error);
    }
    scan_clear(scan);
    while (ok && (entry = readdir(stream))) {
        bool is_dots = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");

        if (!is_dots || !is_root)
            ok = folder_scan_add(scan, entry->d_name, 0, 0);
    }
    closedir(stream);
    if (ok && folder_mask_is_narrow(scan->mask))
        ok = folder_scan_system32(scan, path);
    if (!ok)
        return STATUS_NO_MEMORY;
    scan_sort(scan);
    return STATUS_SUCCESS;
}

/* Where a class has what; every class begins with NextEntryOffset and FileIndex. */
struct layout {
    unsigned class;
    ULONG name, id, ea;
    bool has_times, has_tag;
};

/* FILE_ID_EXTD_DIR_INFORMATION and its kin, which Wine's headers lack. */
struct extd_information {
    char common[offsetof(FILE_DIRECTORY_INFORMATION, FileName)];
    ULONG ea_size, reparse_tag;
    UCHAR id[16];
    WCHAR name[1];
};
struct extd_both_information {
    char common[offsetof(FILE_DIRECTORY_INFORMATION, FileName)];
    ULONG ea_size, reparse_tag;
    UCHAR id[16];
    CCHAR short_name_length;
    WCHAR short_name[12];
    WCHAR name[1];
};

static const struct layout layouts[] = {
    {FileDirectoryInformation, offsetof(FILE_DIRECTORY_INFORMATION, FileName), 0, 0, true, false},
    {FileFullDirectoryInformation, offsetof(FILE_FULL_DIRECTORY_INFORMATION, FileName), 0, 1, true,
     false},
    {FileBothDirectoryInformation, offsetof(FILE_BOTH_DIRECTORY_INFORMATION, FileName), 0, 1, true,
     false},
    {FileIdFullDirectoryInformation, offsetof(FILE_ID_FULL_DIRECTORY_INFORMATION, FileName),
     offsetof(FILE_ID_FULL_DIRECTORY_INFORMATION, FileId), 1, true, false},
    {FileIdBothDirectoryInformation, offsetof(FILE_ID_BOTH_DIRECTORY_INFORMATION, FileName),
     offsetof(FILE_ID_BOTH_DIRECTORY_INFORMATION, FileId), 1, true, false},
    {60 /* FileIdExtdDirectoryInformation */, offsetof(struct extd_information, name),
     offsetof(struct extd_information, id), 1, true, true},
    {63 /* FileIdExtdBothDirectoryInformation */, offsetof(struct extd_both_information, name),
     offsetof(struct extd_both_information, id), 1, true, true},
    {FileNamesInformation, offsetof(FILE_NAMES_INFORMATION, FileName), 0, 0, false, false},
};

union entry_info {
    FILE_BOTH_DIRECTORY_INFORMATION common; /* same beginning as all classes but names */
    FILE_NAMES_INFORMATION names;
    struct extd_both_information largest;
    char bytes[sizeof(struct extd_both_information)];
};

static bool leads_to_folder(int folder, const char *name)
{
    struct stat stat;

    return !fstatat(folder, name, &stat, 0) && S_ISDIR(stat.st_mode);
}

/* The length of extended attributes stands where Windows has a link's tag. */
static void tag_fill(const struct layout *layout, ULONG tag, union entry_info *info)
{
    if (layout->ea)
        info->largest.ea_size = tag;
    if (layout->has_tag)
        info->largest.reparse_tag = tag;
}

static void entry_fill(const struct layout *layout, struct file *file,
                       const struct folder_entry *entry, union entry_info *info)
{
    ULONG name_bytes = (ULONG)(entry->n_units * sizeof(WCHAR));
    struct stat stat = {0};
    struct file_facts facts = {0};
    FILE_NETWORK_OPEN_INFORMATION open;
    char path[32 + NAME_MAX + 1];

    memset(info, 0, sizeof(*info));
    if (!layout->has_times) {
        info->names.FileNameLength = name_bytes;
        return;
    }
    if (file->kind == FILE_KIND_PIPE) { /* as Windows tells its instances */
        info->common.FileAttributes = FILE_ATTRIBUTE_NORMAL;
        info->common.EndOfFile.QuadPart = entry->n_instances;
        info->common.AllocationSize.QuadPart = (LONG)entry->max_instances;
        info->common.FileNameLength = name_bytes;
        return;
    }
    if (fstatat(file->fd, entry->name, &stat, *entry->name == '/' ? 0 : AT_SYMLINK_NOFOLLOW))
        memset(&stat, 0, sizeof(stat)); /* gone since the folder was read */
    if (S_ISLNK(stat.st_mode)) {
        facts = file_facts_of_link(file->fd, entry->name, leads_to_folder(file->fd, entry->name),
                                   &stat);
    } else if (stat.st_mode && *entry->name == '/') {
        facts = file_facts_get(entry->name, &stat);
    } else if (stat.st_mode) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", file->fd, entry->name);
        facts = file_facts_get(path, &stat);
    }
    file_network_open(&stat, facts, &open);
    info->common.CreationTime = open.CreationTime;
    info->common.LastAccessTime = open.LastAccessTime;
    info->common.LastWriteTime = open.LastWriteTime;
    info->common.ChangeTime = open.ChangeTime;
    info->common.EndOfFile = open.EndOfFile;
    info->common.AllocationSize = open.AllocationSize;
    info->common.FileAttributes = open.FileAttributes;
    info->common.FileNameLength = name_bytes;
    tag_fill(layout, reparse_tag(facts), info);
    if (layout->id)
        memcpy(info->bytes + layout->id, &stat.st_ino, sizeof(stat.st_ino));
}

struct output {
    char *buffer;
    ULONG length, used, last; /* used: where the next entry would begin */
    ULONG information;
    bool any;
};

/* One entry at output->used. STATUS_BUFFER_OVERFLOW: it does not fit. */
static NTSTATUS output_add(struct output *output, const struct layout *layout, struct file *file,
                           const struct folder_entry *entry)
{
    ULONG bytes = (ULONG)(entry->n_units * sizeof(WCHAR));
    ULONG room = output->length > output->used ? output->length - output->used : 0;
    union entry_info info;
    ULONG n = bytes, offset;

    if (room < layout->name + bytes) {
        if (output->any || room < layout->name)
            return STATUS_BUFFER_OVERFLOW;
        n = room - layout->name;
    }
    entry_fill(layout, file, entry, &info);
    TRY(user_write(output->buffer + output->used, info.bytes, layout->name));
    TRY(user_write(output->buffer + output->used + layout->name, entry->units, n));
    if (output->any) {
        offset = output->used - output->last;
        TRY(user_write(output->buffer + output->last, &offset, sizeof(offset)));
    }
    output->any = true;
    output->last = output->used;
    output->information = output->used + layout->name + n;
    output->used = (output->information + 7) & ~7u;
    return n < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS scan_output(struct folder_scan *scan, const struct layout *layout,
                            struct file *file, bool single, struct output *output)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (output->length < layout->name)
        return STATUS_INFO_LENGTH_MISMATCH;
    while (scan->next < scan->n_entries) {
        bool was_any = output->any;

        status = output_add(output, layout, file, &scan->entries[scan->next]);
        if (status == STATUS_BUFFER_OVERFLOW) {
            if (was_any)
                return STATUS_SUCCESS; /* the next call begins with it */
            scan->next += output->any; /* a cut name was given */
            return status;
        }
        TRY(status);
        scan->next++;
        if (single)
            break;
    }
    return output->any ? STATUS_SUCCESS : STATUS_NO_MORE_FILES;
}

/* The scan of this handle, read anew when it must be; position_lock held. */
static NTSTATUS scan_begin(struct file *file, struct folder_mask **mask, bool restart,
                           bool *ret_first)
{
    struct folder_scan *scan = file->scan;

    *ret_first = !scan || restart;
    if (!scan)
        file->scan = scan = calloc(1, sizeof(*scan));
    else if (!restart)
        return STATUS_SUCCESS;
    if (!scan)
        return STATUS_NO_MEMORY;
    if (*mask) {
        folder_mask_free(scan->mask);
        scan->mask = *mask;
        *mask = NULL;
    }
    return scan_read(scan, file);
}

static NTSTATUS mask_get(const UNICODE_STRING *user_mask, struct folder_mask **ret_mask)
{
    UNICODE_STRING header;
    WCHAR *text;
    size_t units;

    if (!user_mask)
        return STATUS_SUCCESS;
    TRY(USER_GET(header, user_mask));
    if (!header.Length)
        return STATUS_SUCCESS;
    TRY(name_copy(&header, &text, &units));
    return folder_mask_new(text, units, ret_mask);
}

static void mask_freep(struct folder_mask **mask)
{
    folder_mask_free(*mask);
}

NTSTATUS WINAPI NtQueryDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                     PVOID apc_context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                     ULONG length, FILE_INFORMATION_CLASS class, BOOLEAN single,
                                     PUNICODE_STRING user_mask, BOOLEAN restart)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    _cleanup_nt_(mask_freep) struct folder_mask *mask = NULL;
    struct output output = {.buffer = buffer, .length = length};
    const struct layout *layout = NULL;
    struct io_request request;
    NTSTATUS status;
    bool first;

    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
        if (layouts[i].class == (unsigned)class)
            layout = &layouts[i];
    TRY(file_lookup(handle, FILE_LIST_DIRECTORY, &file));
    if (file->kind != FILE_KIND_FOLDER && (file->kind != FILE_KIND_PIPE || file->fd >= 0))
        return STATUS_INVALID_PARAMETER;
    if (!layout) {
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
    TRY(mask_get(user_mask, &mask));
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb));
    pthread_mutex_lock(&file->position_lock);
    status = scan_begin(file, &mask, restart, &first);
    if (!status)
        status = scan_output(file->scan, layout, file, single, &output);
    pthread_mutex_unlock(&file->position_lock);
    if (status == STATUS_NO_MORE_FILES && first)
        status = STATUS_NO_SUCH_FILE;
    return io_end(&request, status, output.information);
}
