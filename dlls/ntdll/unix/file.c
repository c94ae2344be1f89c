/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The file object itself: making one from a descriptor, its end, deletion at its end.
 *
 * A file that is to be deleted (FILE_DELETE_ON_CLOSE or FileDispositionInformation) goes when the
 * last handle to the last file object of that name in this process closes. Until then it cannot be
 * opened: STATUS_DELETE_PENDING.
 */
#include "completion.h"
#include "file.h"
#include "file_lock.h"
#include "folder.h"
#include "folder_watch.h"
#include "io_operation.h"
#include "named.h"
#include "nttime.h"
#include "pipe.h"
#include "shared.h"
#include "usermem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void file_close(struct nt_object *object, bool last)
{
    struct file *file = (struct file *)object;

    if (!last)
        return;
    (void)io_cancel(file, NULL, NULL,
                    file->kind == FILE_KIND_FOLDER ? STATUS_NOTIFY_CLEANUP : STATUS_CANCELLED);
    file_share_leave(file); /* no lock is granted any more */
    file_locks_drop(file);
    if (file->pipe)
        pipe_end_closed(file);
}

static void file_destroy(struct nt_object *object)
{
    struct file *file = (struct file *)object;

    file_share_leave(file); /* an object that never had a handle */
    pipe_end_free(file);
    if (file->fd >= 0)
        close(file->fd);
    if (file->lock_fd >= 0)
        close(file->lock_fd);
    if (file->lock_timer >= 0)
        close(file->lock_timer);
    folder_scan_free(file->scan);
    folder_watch_free(file->watch);
    if (file->completion)
        completion_unref(file->completion);
    pthread_mutex_destroy(&file->position_lock);
    free(file->path);
    free(file);
}

/* \Device\NamedPipe\name */
static NTSTATUS pipe_full_name(struct file *file, WCHAR **ret_name)
{
    static const WCHAR device[] = u"\\Device\\NamedPipe";
    const size_t n = sizeof(device) - sizeof(WCHAR);
    WCHAR *name, *full;
    ULONG bytes;

    TRY(pipe_name(file, &name, &bytes));
    full = calloc(1, n + bytes + sizeof(WCHAR));
    if (full) {
        memcpy(full, device, n);
        memcpy((char *)full + n, name, bytes);
    }
    free(name);
    *ret_name = full;
    return full ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS file_name_of(struct nt_object *object, WCHAR **ret_name)
{
    _cleanup_nt_(path_freep) char *path = file_real_path((struct file *)object);
    SIZE_T bytes;

    if (pipe_is_named((struct file *)object))
        return pipe_full_name((struct file *)object, ret_name);

    *ret_name = NULL;
    return path ? path_to_nt(path, ret_name, &bytes) : STATUS_SUCCESS;
}

const struct nt_type file_type = {
    .name = u"File",
    .valid = FILE_ALL_ACCESS,
    .generic = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE},
    .is_signaled = notification_is_signaled,
    .close = file_close,
    .destroy = file_destroy,
    .name_of = file_name_of,
    .share = file_share,
};

enum file_kind file_kind_of(int fd, const struct stat *info)
{
    if (S_ISREG(info->st_mode) || S_ISBLK(info->st_mode))
        return FILE_KIND_DISK;
    if (S_ISDIR(info->st_mode))
        return FILE_KIND_FOLDER;
    if (S_ISFIFO(info->st_mode) || S_ISSOCK(info->st_mode))
        return FILE_KIND_PIPE;
    if (S_ISCHR(info->st_mode) && info->st_rdev == makedev(1, 3))
        return FILE_KIND_NULL;
    return isatty(fd) ? FILE_KIND_TTY : FILE_KIND_DEVICE;
}

NTSTATUS file_new(int fd, char *path, enum file_kind kind, ACCESS_MASK access, ULONG options,
                  struct file **ret_file)
{
    struct file *file = calloc(1, sizeof(*file));

    if (!file) {
        if (fd >= 0)
            close(fd);
        free(path);
        return STATUS_NO_MEMORY;
    }
    nt_object_init(&file->header.header, &file_type);
    file->header.signaled = true;
    file->kind = kind;
    file->fd = fd;
    file->path = path;
    file->access = access_map(&file_type, access);
    file->options = options;
    file->is_append_only =
        (file->access & (FILE_APPEND_DATA | FILE_WRITE_DATA)) == FILE_APPEND_DATA;
    pthread_mutex_init(&file->position_lock, NULL);
    ntlist_init(&file->node_link);
    ntlist_init(&file->locks);
    ntlist_init(&file->pendings);
    ntlist_init(&file->lock_waiting_link);
    file->lock_fd = file->lock_timer = -1;
    *ret_file = file;
    return STATUS_SUCCESS;
}

NTSTATUS file_lookup(HANDLE handle, ACCESS_MASK access, struct file **ret_file)
{
    struct nt_object *object;
    NTSTATUS status;

    if (handle_is_server(handle))
        return shared_file_get(handle, access, ret_file);
    status = handle_lookup(handle, access, &file_type, &object);
    if (!status)
        *ret_file = (struct file *)object;
    return status;
}

NTSTATUS file_lookup_granted(HANDLE handle, struct file **ret_file, ACCESS_MASK *ret_granted)
{
    struct nt_object *object;

    if (handle_is_server(handle)) { /* a file object for each handle */
        TRY(shared_file_get(handle, 0, ret_file));
        *ret_granted = (*ret_file)->access;
        return STATUS_SUCCESS;
    }
    TRY(handle_lookup_access(handle, 0, &file_type, &object, ret_granted));
    *ret_file = (struct file *)object;
    return STATUS_SUCCESS;
}

void file_unrefp(struct file **file)
{
    if (*file)
        nt_object_unref(&(*file)->header.header);
}

char *file_path(struct file *file)
{
    char *path;

    files_lock();
    path = file->path ? strdup(file->path) : NULL;
    files_unlock();
    return path;
}

bool file_is_link(const struct file *file)
{
    struct stat info;

    return file->fd >= 0 && !fstat(file->fd, &info) && S_ISLNK(info.st_mode);
}

/* The folder's real path and the link's own name. */
static char *link_real_path(const char *path)
{
    const char *name = strrchr(path, '/');
    _cleanup_nt_(path_freep) char *folder = strndup(path, (size_t)(name - path) + 1);
    _cleanup_nt_(path_freep) char *real = folder ? realpath(folder, NULL) : NULL;
    char *whole;

    if (!real || asprintf(&whole, "%s%s", real[1] ? real : "", name) < 0)
        return NULL;
    return whole;
}

char *file_real_path(struct file *file)
{
    char *path = file_path(file);
    char *real = !path ? NULL : file_is_link(file) ? link_real_path(path) : realpath(path, NULL);

    if (!real) /* the name is gone */
        return path;
    free(path);
    return real;
}

ULONG attributes_from_stat(const struct stat *info)
{
    ULONG attributes = S_ISDIR(info->st_mode) ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;

    if (!(info->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)))
        attributes |= FILE_ATTRIBUTE_READONLY;
    return attributes;
}

struct file_times times_from_stat(const struct stat *info)
{
    struct file_times times;

    times.access.QuadPart = nt_time_from_timespec(info->st_atim);
    times.write.QuadPart = nt_time_from_timespec(info->st_mtim);
    times.change.QuadPart = nt_time_from_timespec(info->st_ctim);
    return times;
}
