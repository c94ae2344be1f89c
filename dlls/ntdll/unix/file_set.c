/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtSetInformationFile: position, size, deletion, the completion port, modes. Times and attributes:
 * file_basic.c; names: file_rename.c. */
#include "completion.h"
#include "file_claim.h"
#include "file_info.h"
#include "file_set.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FILE_DISPOSITION_INFORMATION_EX */
#define DISPOSITION_DELETE           1
#define DISPOSITION_POSIX            2
#define DISPOSITION_ON_CLOSE         8
#define DISPOSITION_IGNORE_READ_ONLY 0x10
#define DISPOSITION_ALL              0x1f

static NTSTATUS set_position(struct change *change)
{
    FILE_POSITION_INFORMATION info;

    TRY(change_get(change, &info, sizeof(info)));
    if (info.CurrentByteOffset.QuadPart < 0 || !file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    if ((change->file->options & FILE_NO_INTERMEDIATE_BUFFERING) &&
        info.CurrentByteOffset.QuadPart % SECTOR)
        return STATUS_INVALID_PARAMETER;
    if (change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    return lseek(change->file->fd, info.CurrentByteOffset.QuadPart, SEEK_SET) < 0
               ? status_from_errno(errno)
               : STATUS_SUCCESS;
}

static NTSTATUS size_set(struct file *file, LONGLONG size)
{
    struct file_held held;
    struct stat now;
    NTSTATUS status;

    if (fstat(file->fd, &now))
        return status_from_errno(errno);
    if (size < now.st_size && file_is_mapped_behind(file->fd, (uint64_t)size))
        return STATUS_USER_MAPPED_FILE;
    file_times_hold(file, &held);
    status = ftruncate(file->fd, size) ? status_from_errno(errno) : STATUS_SUCCESS;
    file_times_restore(file, &held);
    return status;
}

static NTSTATUS set_end_of_file(struct change *change)
{
    FILE_END_OF_FILE_INFORMATION info;

    TRY(change_get(change, &info, sizeof(info)));
    if (info.EndOfFile.QuadPart < 0 || change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_PARAMETER;
    return size_set(change->file, info.EndOfFile.QuadPart);
}

/* Space reserved: a smaller size cuts the file, a larger one asks for blocks without changing the
 * end. */
static NTSTATUS set_allocation(struct change *change)
{
    FILE_ALLOCATION_INFORMATION info;
    struct stat now;

    TRY(change_get(change, &info, sizeof(info)));
    if (info.AllocationSize.QuadPart < 0 || change->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_PARAMETER;
    if (fstat(change->file->fd, &now))
        return status_from_errno(errno);
    if (info.AllocationSize.QuadPart < now.st_size)
        return size_set(change->file, info.AllocationSize.QuadPart);
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

/* Who deletes as POSIX does, or on close, only minds programs. */
static bool is_in_use(const struct file *file, ULONG flags)
{
    return flags & (DISPOSITION_POSIX | DISPOSITION_ON_CLOSE) ? file_is_image(file->fd)
                                                              : file_is_mapped_behind(file->fd, 0);
}

/* May the file be deleted by this handle? Of a link only the link goes. */
static NTSTATUS deletion_check(struct file *file, ULONG flags)
{
    struct stat info;

    if (!file->node) {
        if (file->path)
            unimplemented_once("NtSetInformationFile",
                               "deleting a file by a handle of another process's", NO_NUMBER);
        return STATUS_INVALID_PARAMETER;
    }
    if (!(flags & DISPOSITION_DELETE))
        return STATUS_SUCCESS;
    if (fstat(file->fd, &info))
        return status_from_errno(errno);
    if (S_ISDIR(info.st_mode) && !folder_is_empty(file))
        return STATUS_DIRECTORY_NOT_EMPTY;
    if (!file_means_itself(file, &info))
        return STATUS_SUCCESS;
    if (!(flags & DISPOSITION_IGNORE_READ_ONLY) &&
        (file_facts_of_fd(file->fd, &info).attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    return is_in_use(file, flags) ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

static NTSTATUS set_disposition(struct change *change)
{
    FILE_DISPOSITION_INFORMATION info;

    TRY(change_get(change, &info, sizeof(info)));
    TRY(deletion_check(change->file, info.DoDeleteFile ? DISPOSITION_DELETE : 0));
    file_set_delete_pending(change->file, info.DoDeleteFile, false);
    return STATUS_SUCCESS;
}

static NTSTATUS set_disposition_ex(struct change *change)
{
    ULONG flags;

    TRY(change_get(change, &flags, sizeof(flags)));
    if (flags & ~DISPOSITION_ALL)
        return STATUS_INVALID_PARAMETER;
    TRY(deletion_check(change->file, flags));
    if (flags & DISPOSITION_ON_CLOSE)
        file_set_delete_on_close(change->file, flags & DISPOSITION_DELETE);
    else
        file_set_delete_pending(change->file, flags & DISPOSITION_DELETE,
                                flags & DISPOSITION_POSIX);
    return STATUS_SUCCESS;
}

static NTSTATUS set_completion(struct change *change)
{
    FILE_COMPLETION_INFORMATION info;
    struct completion *completion, *before;

    TRY(change_get(change, &info, sizeof(info)));
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

    TRY(change_get(change, &flags, sizeof(flags)));
    if (file_is_synchronous(change->file))
        return STATUS_INVALID_PARAMETER;
    change->file->notification_flags |= flags;
    return STATUS_SUCCESS;
}

static NTSTATUS set_pipe(struct change *change)
{
    FILE_PIPE_INFORMATION info;

    TRY(change_get(change, &info, sizeof(info)));
    if (change->file->kind != FILE_KIND_PIPE)
        return STATUS_INVALID_PARAMETER;
    return pipe_mode_set(change->file, info.ReadMode, info.CompletionMode);
}

static NTSTATUS set_mode(struct change *change)
{
    const ULONG changeable = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT |
                             FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG mode;

    TRY(change_get(change, &mode, sizeof(mode)));
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
        return file_set_basic(change);
    case FileRenameInformation:
        return file_set_name(change, false);
    case 65: /* FileRenameInformationEx */
        return file_set_name(change, true);
    case FileLinkInformation:
        return file_set_link(change);
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

/* What the handle must be allowed. DIFFERS: NtQueryInformationFile asks for nothing: Wine's
 * MoveFile queries by a handle without FILE_READ_ATTRIBUTES. */
static ACCESS_MASK access_for(FILE_INFORMATION_CLASS class)
{
    switch ((unsigned)class) {
    case FileBasicInformation:
    case FilePipeInformation:
        return FILE_WRITE_ATTRIBUTES;
    case FileRenameInformation:
    case 65: /* FileRenameInformationEx */
    case FileDispositionInformation:
    case 64: /* FileDispositionInformationEx */
        return DELETE;
    case FileAllocationInformation:
    case FileEndOfFileInformation:
    case FileValidDataLengthInformation:
        return FILE_WRITE_DATA;
    default:
        return 0;
    }
}

static bool is_device(enum file_kind kind)
{
    return kind == FILE_KIND_NULL || kind == FILE_KIND_DEVICE || kind == FILE_KIND_TTY;
}

/* What only files have; a pipe says so by other statuses. */
static bool is_of_files(FILE_INFORMATION_CLASS class)
{
    return access_for(class) & (FILE_WRITE_ATTRIBUTES | DELETE | FILE_WRITE_DATA) &&
           class != FilePipeInformation;
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
    if (access_for(class) & ~change.granted)
        return STATUS_ACCESS_DENIED;
    if (is_device(file->kind) && is_of_files(class))
        return STATUS_INVALID_DEVICE_REQUEST;
    change.file = file;
    status = set_class(&change, class);
    iosb.Status = status;
    if (!status)
        TRY(USER_PUT(user_iosb, iosb));
    return status;
}
