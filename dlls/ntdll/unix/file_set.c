/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtSetInformationFile: times and attributes, position, size, deletion, renaming, links, the
 * completion port.
 *
 * Renaming follows NT: without "replace" an existing target is STATUS_OBJECT_NAME_COLLISION
 * (checked and done in one step by renameat2), an existing folder is never replaced, a read-only
 * target neither. DIFFERS: Windows refuses to rename a folder with open files in it; Linux does
 * not. The other flags of the Ex forms are hints, or what Linux does anyway: that a file that is
 * open may be replaced (POSIX semantics).
 */
#include "completion.h"
#include "file_claim.h"
#include "file_info.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "nttime.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FILE_DISPOSITION_INFORMATION_EX, FILE_RENAME_INFORMATION_EX */
#define DISPOSITION_DELETE           1
#define DISPOSITION_POSIX            2
#define DISPOSITION_ON_CLOSE         8
#define DISPOSITION_IGNORE_READ_ONLY 0x10
#define DISPOSITION_ALL              0x1f
#define RENAME_REPLACE               1
#define RENAME_IGNORE_READ_ONLY      0x40

struct change {
    struct file *file;
    ACCESS_MASK granted; /* to the handle */
    const void *buffer;
    ULONG length;
};

static NTSTATUS get(const struct change *change, void *info, ULONG size)
{
    if (change->length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_read(info, change->buffer, size);
}

/* 0: leave it; -1, -2: stop or restart automatic updates, which Linux cannot: left too. */
static struct timespec time_to_set(LARGE_INTEGER time)
{
    if (time.QuadPart <= 0)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return timespec_from_nt_time(time.QuadPart);
}

static NTSTATUS set_attributes(struct file *file, const struct stat *info, ULONG attributes)
{
    struct file_facts facts = {.attributes = attributes};
    mode_t mode;

    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) && !S_ISDIR(info->st_mode))
        return STATUS_INVALID_PARAMETER;
    mode = info->st_mode & 07777;
    if (S_ISDIR(info->st_mode)) { /* a read-only folder can be written to on Windows: Linux is not
                                     told */
        file_facts_set(file->fd, info, FACTS_ATTRIBUTES, facts);
        return STATUS_SUCCESS;
    }
    if (attributes & FILE_ATTRIBUTE_READONLY)
        mode &= ~(mode_t)0222;
    else if (!(mode & 0222))
        mode |= 0200 | (mode & 0444) >> 1;
    /* While it can be written: Linux asks for that. */
    if (mode & 0222 && mode != (info->st_mode & 07777) && fchmod(file->fd, mode))
        return status_from_errno(errno);
    file_facts_set(file->fd, info, FACTS_ATTRIBUTES, facts);
    return mode & 0222 || !fchmod(file->fd, mode) ? STATUS_SUCCESS : status_from_errno(errno);
}

/* Of a link itself: Linux keeps its times alone. */
static NTSTATUS set_link_basic(struct file *file, const FILE_BASIC_INFORMATION *info)
{
    const struct timespec times[] = {time_to_set(info->LastAccessTime),
                                     time_to_set(info->LastWriteTime)};

    if (info->FileAttributes & FILE_ATTRIBUTE_READONLY)
        return STATUS_NOT_SUPPORTED;
    return utimensat(file->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)
               ? status_from_errno(errno)
               : STATUS_SUCCESS;
}

static NTSTATUS set_basic(struct change *change)
{
    FILE_BASIC_INFORMATION info;
    struct timespec times[2];
    struct stat stat;

    TRY(get(change, &info, sizeof(info)));
    /* DIFFERS: no FILE_WRITE_ATTRIBUTES is asked for: SetFileAttributes of Wine's kernelbase opens
     * with SYNCHRONIZE alone. Linux checks who may. */
    if (info.CreationTime.QuadPart < -2 || info.LastAccessTime.QuadPart < -2 ||
        info.LastWriteTime.QuadPart < -2 || info.ChangeTime.QuadPart < -2)
        return STATUS_INVALID_PARAMETER;
    if (fstat(change->file->fd, &stat))
        return status_from_errno(errno);
    if (S_ISLNK(stat.st_mode))
        return set_link_basic(change->file, &info);
    if (info.FileAttributes)
        TRY(set_attributes(change->file, &stat, info.FileAttributes));
    if (info.CreationTime.QuadPart > 0)
        file_facts_set(change->file->fd, &stat, FACTS_CREATED,
                       (struct file_facts){.created = info.CreationTime.QuadPart});
    times[0] = time_to_set(info.LastAccessTime);
    times[1] = time_to_set(info.LastWriteTime);
    if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return STATUS_SUCCESS;
    return futimens(change->file->fd, times) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static NTSTATUS set_position(struct change *change)
{
    FILE_POSITION_INFORMATION info;

    TRY(get(change, &info, sizeof(info)));
    if (info.CurrentByteOffset.QuadPart < 0 || !file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    if (change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    return lseek(change->file->fd, info.CurrentByteOffset.QuadPart, SEEK_SET) < 0
               ? status_from_errno(errno)
               : STATUS_SUCCESS;
}

static NTSTATUS set_end_of_file(struct change *change)
{
    FILE_END_OF_FILE_INFORMATION info;

    TRY(get(change, &info, sizeof(info)));
    if (!(change->granted & FILE_WRITE_DATA))
        return STATUS_ACCESS_DENIED;
    if (info.EndOfFile.QuadPart < 0 || change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_PARAMETER;
    return ftruncate(change->file->fd, info.EndOfFile.QuadPart) ? status_from_errno(errno)
                                                                : STATUS_SUCCESS;
}

/* Space reserved: a smaller size cuts the file, a larger one asks for blocks without changing the
 * end. */
static NTSTATUS set_allocation(struct change *change)
{
    FILE_ALLOCATION_INFORMATION info;
    struct stat now;

    TRY(get(change, &info, sizeof(info)));
    if (!(change->granted & FILE_WRITE_DATA))
        return STATUS_ACCESS_DENIED;
    if (info.AllocationSize.QuadPart < 0 || change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_PARAMETER;
    if (fstat(change->file->fd, &now))
        return status_from_errno(errno);
    if (info.AllocationSize.QuadPart < now.st_size)
        return ftruncate(change->file->fd, info.AllocationSize.QuadPart) ? status_from_errno(errno)
                                                                         : STATUS_SUCCESS;
    if (info.AllocationSize.QuadPart > now.st_size &&
        fallocate(change->file->fd, FALLOC_FL_KEEP_SIZE, 0, info.AllocationSize.QuadPart) &&
        errno != EOPNOTSUPP)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

/* Of a symbolic link only itself goes. */
static bool folder_is_empty(struct file *file)
{
    char *path = file_path(file);
    struct stat info;
    bool empty =
        path && ((!lstat(path, &info) && S_ISLNK(info.st_mode)) || file_folder_is_empty(path));

    free(path);
    return empty;
}

/* May the file be deleted by this handle? */
static NTSTATUS deletion_check(const struct change *change, bool wanted, bool ignore_read_only)
{
    struct stat info;

    if (!(change->granted & DELETE))
        return STATUS_ACCESS_DENIED;
    if (!change->file->node)
        return STATUS_INVALID_PARAMETER;
    if (!wanted)
        return STATUS_SUCCESS;
    if (fstat(change->file->fd, &info))
        return status_from_errno(errno);
    if (!ignore_read_only && (attributes_from_stat(&info) & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    return S_ISDIR(info.st_mode) && !folder_is_empty(change->file) ? STATUS_DIRECTORY_NOT_EMPTY
                                                                   : STATUS_SUCCESS;
}

static NTSTATUS set_disposition(struct change *change)
{
    FILE_DISPOSITION_INFORMATION info;

    TRY(get(change, &info, sizeof(info)));
    TRY(deletion_check(change, info.DoDeleteFile, false));
    file_set_delete_pending(change->file, info.DoDeleteFile, false);
    return STATUS_SUCCESS;
}

static NTSTATUS set_disposition_ex(struct change *change)
{
    ULONG flags;

    TRY(get(change, &flags, sizeof(flags)));
    if (flags & ~DISPOSITION_ALL)
        return STATUS_INVALID_PARAMETER;
    TRY(deletion_check(change, flags & DISPOSITION_DELETE, flags & DISPOSITION_IGNORE_READ_ONLY));
    if (flags & DISPOSITION_ON_CLOSE)
        file_set_delete_on_close(change->file, flags & DISPOSITION_DELETE);
    else
        file_set_delete_pending(change->file, flags & DISPOSITION_DELETE,
                                flags & DISPOSITION_POSIX);
    return STATUS_SUCCESS;
}

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

static NTSTATUS set_name(struct change *change, bool extended)
{
    struct nt_path target = {0};
    ULONG flags = 0;
    NTSTATUS status;

    if (!(change->granted & DELETE))
        return STATUS_ACCESS_DENIED;
    TRY(get(change, &flags, extended ? sizeof(ULONG) : 1));
    status = target_get(change, &target);
    if (!status)
        status = rename_to(change->file, &target, flags);
    nt_path_deinit(&target);
    return status;
}

static NTSTATUS set_link(struct change *change)
{
    _cleanup_nt_(path_freep) char *own = file_path(change->file);
    struct nt_path target = {0};
    BOOLEAN replace;
    NTSTATUS status;

    if (!own)
        return STATUS_INVALID_PARAMETER;
    if (change->file->kind == FILE_KIND_FOLDER)
        return STATUS_FILE_IS_A_DIRECTORY;
    TRY(get(change, &replace, sizeof(replace)));
    TRY(target_get(change, &target));
    status = target.parent_exists ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND;
    if (!status && replace && target.exists) {
        status = replace_check(target.unix_path, false);
        if (!status && unlink(target.unix_path))
            status = status_from_errno(errno);
    }
    if (!status && link(own, target.unix_path))
        status = status_from_errno(errno);
    nt_path_deinit(&target);
    return status;
}

static NTSTATUS set_completion(struct change *change)
{
    FILE_COMPLETION_INFORMATION info;
    struct completion *completion, *before;

    TRY(get(change, &info, sizeof(info)));
    if (file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    TRY(completion_lookup(info.CompletionPort, 2, &completion));
    dispatcher_lock();
    before = change->file->completion;
    if (!before) {
        change->file->completion = completion;
        change->file->completion_key = info.CompletionKey;
    }
    dispatcher_unlock();
    if (before)
        completion_unref(completion);
    return before ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS set_notification(struct change *change)
{
    ULONG flags;

    TRY(get(change, &flags, sizeof(flags)));
    if (file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    change->file->notification_flags |= flags;
    return STATUS_SUCCESS;
}

static NTSTATUS set_pipe(struct change *change)
{
    FILE_PIPE_INFORMATION info;

    TRY(get(change, &info, sizeof(info)));
    if (change->file->kind != FILE_KIND_PIPE)
        return STATUS_INVALID_PARAMETER;
    return pipe_mode_set(change->file, info.ReadMode, info.CompletionMode);
}

static NTSTATUS set_mode(struct change *change)
{
    const ULONG changeable = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT |
                             FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG mode;

    TRY(get(change, &mode, sizeof(mode)));
    if ((mode & ~changeable) ||
        !(mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) !=
            !file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    change->file->options = (change->file->options & ~changeable) | mode;
    return STATUS_SUCCESS;
}

static NTSTATUS set_class(struct change *change, FILE_INFORMATION_CLASS class)
{
    switch ((unsigned)class) {
    case FileBasicInformation:
        return set_basic(change);
    case FileRenameInformation:
        return set_name(change, false);
    case 65: /* FileRenameInformationEx */
        return set_name(change, true);
    case FileLinkInformation:
        return set_link(change);
    case FileDispositionInformation:
        return set_disposition(change);
    case 64: /* FileDispositionInformationEx */
        return set_disposition_ex(change);
    case FilePositionInformation:
        return set_position(change);
    case FileModeInformation:
        return set_mode(change);
    case FileAllocationInformation:
        return set_allocation(change);
    case FileEndOfFileInformation:
        return set_end_of_file(change);
    case FilePipeInformation:
        return set_pipe(change);
    case FileCompletionInformation:
        return set_completion(change);
    case FileValidDataLengthInformation: /* a privilege on Windows; nothing to validate here */
        return STATUS_PRIVILEGE_NOT_HELD;
    case FileIoCompletionNotificationInformation:
        return set_notification(change);
    default:
        unimplemented_once("NtSetInformationFile", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS WINAPI NtSetInformationFile(HANDLE handle, PIO_STATUS_BLOCK user_iosb, PVOID buffer,
                                     ULONG length, FILE_INFORMATION_CLASS class)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    struct change change = {.buffer = buffer, .length = length};
    NTSTATUS status;

    TRY(file_lookup_granted(handle, &file, &change.granted));
    TRY(user_probe_write(user_iosb, sizeof(iosb)));
    change.file = file;
    status = set_class(&change, class);
    iosb.Status = status;
    if (!status)
        TRY(USER_PUT(user_iosb, iosb));
    return status;
}
