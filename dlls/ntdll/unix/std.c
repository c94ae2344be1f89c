/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The handles of standard input, output and error at process start.
 *
 * The descriptors are duplicated above the first hundred (fd_copy_high), close-on-exec, so that
 * what Linux gives us later never becomes 0, 1 or 2 of a child by accident. Descriptors 0 and 1
 * then lead to /dev/null: the program's handle is the only owner of the pipe, so that closing it is
 * seen at the other end; 2 stays for our own messages. A descriptor that was closed gives no
 * handle.
 */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static NTSTATUS std_handle_new(int fd, HANDLE *ret_handle)
{
    int flags = fcntl(fd, F_GETFL), copy;
    ACCESS_MASK access = SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    struct file *file;
    struct stat info;
    NTSTATUS status;

    *ret_handle = NULL;
    if (flags < 0 || fstat(fd, &info))
        return STATUS_SUCCESS;
    copy = fd_copy_high(fd);
    if (copy < 0)
        return STATUS_TOO_MANY_OPENED_FILES;
    if ((flags & O_ACCMODE) != O_WRONLY)
        access |= FILE_GENERIC_READ;
    if ((flags & O_ACCMODE) != O_RDONLY)
        access |= FILE_GENERIC_WRITE;
    status = file_new(copy, NULL, file_kind_of(copy, &info), access, FILE_SYNCHRONOUS_IO_NONALERT,
                      &file);
    if (status)
        return status;
    /* Append mode is the descriptor's own affair: O_APPEND works by itself. */
    file->is_append_only = false;
    file->console = fd ? CONSOLE_OUTPUT : CONSOLE_INPUT;
    status = handle_new(&file->header.header, access, OBJ_INHERIT, ret_handle);
    nt_object_unref(&file->header.header);
    return status;
}

NTSTATUS std_handles_init(HANDLE ret_handles[3])
{
    NTSTATUS status = STATUS_SUCCESS;
    int null = -1;

    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd < 3 && !status; fd++)
        status = std_handle_new(fd, &ret_handles[fd]);
    if (status)
        return status; /* standard error is still there for the line that says so */
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        if (fd < 2 || !ret_handles[fd])
            dup2(null, fd);
    if (null > 2)
        close(null);
    return STATUS_SUCCESS;
}
