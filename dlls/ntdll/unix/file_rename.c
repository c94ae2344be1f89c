/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* FileRenameInformation, FileLinkInformation and their Ex form.
 *
 * Renaming follows NT: without "replace" an existing target is STATUS_OBJECT_NAME_COLLISION
 * (checked and done in one step by renameat2), an existing folder is never replaced, a read-only
 * target neither, nor is a folder renamed that has open files in it. DIFFERS: files that other
 * processes have open there are not seen. The other flags of the Ex forms are hints, or what Linux
 * does anyway: that a file that is open may be replaced (POSIX semantics).
 */
#include "file_claim.h"
#include "file_info.h"
#include "file_set.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RENAME_REPLACE          1 /* of FILE_RENAME_INFORMATION_EX */
#define RENAME_IGNORE_READ_ONLY 0x40

/* The target of a rename or link: a name relative to the file's own folder, to a directory handle,
 * or absolute. */
static NTSTATUS target_get(struct change *change, struct nt_path *ret_path)
{
    const ULONG header = offsetof(FILE_RENAME_INFORMATION, FileName);
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    _cleanup_nt_(path_freep) char *own = NULL;
    FILE_RENAME_INFORMATION info;
    struct creation creation = {0};
    size_t units;
    char *slash;

    if (change->length < header)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_read(&info, change->buffer, header));
    if (info.FileNameLength > change->length - header)
        return STATUS_INVALID_PARAMETER;
    if (!info.FileNameLength || info.FileNameLength > 0xfffe)
        return STATUS_OBJECT_NAME_INVALID;
    creation.user_name.Length = (USHORT)info.FileNameLength;
    creation.user_name.Buffer = (WCHAR *)((char *)change->buffer + header);
    creation.has_name = true;
    creation.root = info.RootDirectory;
    if (creation.root)
        return file_path_from_creation(&creation, ret_path);
    TRY(name_copy(&creation.user_name, &name, &units));
    if (name[0] == '\\')
        return nt_path_from_name(name, units, ret_path);
    own = file_path(change->file);
    if (!own)
        return STATUS_INVALID_PARAMETER;
    slash = strrchr(own, '/');
    *(slash == own ? slash + 1 : slash) = 0;
    return nt_path_under(own, name, units, ret_path);
}

/* DIFFERS: an open file whose openers all share deletion can be replaced: as on Windows with
 * FILE_RENAME_POSIX_SEMANTICS. */
static NTSTATUS replace_check(const char *path, bool ignore_read_only)
{
    struct stat info;

    if (lstat(path, &info))
        return STATUS_SUCCESS;
    if (S_ISDIR(info.st_mode) ||
        (!ignore_read_only && (attributes_from_stat(&info) & FILE_ATTRIBUTE_READONLY)) ||
        file_share_check(&info, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE) ||
        file_claim_check_delete(path))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* The path with its last component as it was asked for. */
static NTSTATUS respell(struct nt_path *target)
{
    char *slash = strrchr(target->unix_path, '/');
    char *path;

    if (!target->asked)
        return STATUS_SUCCESS;
    if (asprintf(&path, "%.*s/%s", (int)(slash - target->unix_path), target->unix_path,
                 target->asked) < 0)
        return STATUS_NO_MEMORY;
    free(target->unix_path);
    target->unix_path = path;
    return STATUS_SUCCESS;
}

static bool is_used_folder(struct file *file)
{
    struct stat info;

    return !fstat(file->fd, &info) && S_ISDIR(info.st_mode) && file_means_itself(file, &info) &&
           file_folder_is_used(file);
}

static NTSTATUS rename_to(struct file *file, struct nt_path *target, ULONG flags)
{
    const bool replace = flags & RENAME_REPLACE;

    _cleanup_nt_(path_freep) char *own = file_path_now(file);

    if (!own)
        return file->path ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_INVALID_PARAMETER;
    if (target->kind != PATH_FILE)
        return STATUS_NOT_SAME_DEVICE;
    if (!target->parent_exists)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (is_used_folder(file))
        return STATUS_ACCESS_DENIED;
    if (!strcmp(own,
                target->unix_path)) /* only the case changes: the name found is the file itself */
        TRY(respell(target));
    if (replace && strcmp(own, target->unix_path))
        TRY(replace_check(target->unix_path, flags & RENAME_IGNORE_READ_ONLY));
    if (renameat2(AT_FDCWD, own, AT_FDCWD, target->unix_path, replace ? 0 : RENAME_NOREPLACE)) {
        if (errno == EXDEV)
            return STATUS_NOT_SAME_DEVICE;
        if (errno == ENOTDIR || errno == EISDIR) /* a folder in a file's place */
            return STATUS_ACCESS_DENIED;
        return status_from_errno(errno);
    }
    file_path_renamed(file, target->unix_path);
    target->unix_path = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS file_set_name(struct change *change, bool extended)
{
    struct nt_path target = {0};
    ULONG flags = 0;
    NTSTATUS status;

    TRY(change_get(change, &flags, extended ? sizeof(ULONG) : 1));
    status = target_get(change, &target);
    if (!status)
        status = rename_to(change->file, &target, flags);
    nt_path_deinit(&target);
    return status;
}

/* A second name of the file that is open, whatever has its first one now. */
static NTSTATUS link_to(struct file *file, const struct nt_path *target, bool replace)
{
    struct stat own, other;
    char path[32];

    if (fstat(file->fd, &own))
        return status_from_errno(errno);
    if (!own.st_nlink)
        return STATUS_FILE_DELETED;
    if (!target->parent_exists)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (replace && !lstat(target->unix_path, &other)) {
        if (other.st_dev != own.st_dev)
            return STATUS_NOT_SAME_DEVICE;
        TRY(replace_check(target->unix_path, false));
        if (unlink(target->unix_path))
            return status_from_errno(errno);
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, path, AT_FDCWD, target->unix_path, AT_SYMLINK_FOLLOW)
               ? status_from_errno(errno)
               : STATUS_SUCCESS;
}

NTSTATUS file_set_link(struct change *change)
{
    struct nt_path target = {0};
    BOOLEAN replace;
    NTSTATUS status;

    if (change->file->kind == FILE_KIND_FOLDER)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_PARAMETER;
    TRY(change_get(change, &replace, sizeof(replace)));
    TRY(target_get(change, &target));
    status =
        target.kind == PATH_FILE ? link_to(change->file, &target, replace) : STATUS_NOT_SAME_DEVICE;
    nt_path_deinit(&target);
    return status;
}
