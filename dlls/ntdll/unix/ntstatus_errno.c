/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The one place where errno becomes an NTSTATUS on this side. */
#include "ntstatus_errno.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int error;
    NTSTATUS status;
} table[] = {
    {EACCES, STATUS_ACCESS_DENIED},
    {EAGAIN, STATUS_SHARING_VIOLATION},
    {EBADF, STATUS_INVALID_HANDLE},
    {EBUSY, STATUS_DEVICE_BUSY},
    {ECONNRESET, STATUS_PIPE_DISCONNECTED},
    {EDQUOT, STATUS_DISK_FULL},
    {EEXIST, STATUS_OBJECT_NAME_COLLISION},
    {EFAULT, STATUS_ACCESS_VIOLATION},
    {EFBIG, STATUS_DISK_FULL},
    {EINVAL, STATUS_INVALID_PARAMETER},
    {EIO, STATUS_IO_DEVICE_ERROR},
    {EISDIR, STATUS_FILE_IS_A_DIRECTORY},
    {ELOOP, STATUS_REPARSE_POINT_NOT_RESOLVED},
    {EMFILE, STATUS_TOO_MANY_OPENED_FILES},
    {EMLINK, STATUS_TOO_MANY_LINKS},
    {ENAMETOOLONG, STATUS_OBJECT_NAME_INVALID},
    {ENFILE, STATUS_TOO_MANY_OPENED_FILES},
    {ENODEV, STATUS_NO_SUCH_DEVICE},
    {ENOENT, STATUS_OBJECT_NAME_NOT_FOUND},
    {ENOMEM, STATUS_NO_MEMORY},
    {ENOSPC, STATUS_DISK_FULL},
    {ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND},
    {ENOTEMPTY, STATUS_DIRECTORY_NOT_EMPTY},
    {ENXIO, STATUS_NO_SUCH_DEVICE},
    {EOPNOTSUPP, STATUS_NOT_SUPPORTED},
    {EPERM, STATUS_ACCESS_DENIED},
    {EPIPE, STATUS_PIPE_BROKEN},
    {EROFS, STATUS_MEDIA_WRITE_PROTECTED},
    {ESPIPE, STATUS_INVALID_DEVICE_REQUEST},
    {ETXTBSY, STATUS_SHARING_VIOLATION},
    {EXDEV, STATUS_NOT_SAME_DEVICE},
};

NTSTATUS status_from_errno(int error)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].error == error)
            return table[i].status;
    dprintf(STDERR_FILENO, "portico: no NT status for error %d (%s)\n", error, strerror(error));
    return STATUS_UNSUCCESSFUL;
}
