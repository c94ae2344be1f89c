/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtDeviceIoControlFile, NtFsControlFile, NtCancelIoFile and its kin.
 *
 * No device here understands a control code yet but the console (console.c). What a file system is
 * asked: file_space.c.
 */
#include "console.h"
#include "file.h"
#include "file_space.h"
#include "io_operation.h"
#include "ntprocess.h"
#include "pipe.h"
#include "spelled.h"
#include "usermem.h"
#include "volume_names.h"
#include <winioctl.h>

#define GET_OBJECT_ID 0x9009cu /* FSCTL_GET_OBJECT_ID */

NTSTATUS WINAPI NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                      PVOID apc_context, PIO_STATUS_BLOCK iosb, ULONG code,
                                      PVOID input, ULONG input_length, PVOID output,
                                      ULONG output_length)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    IO_STATUS_BLOCK result = {0};
    ULONG done = 0;

    (void)event, (void)apc, (void)apc_context;
    if (IS_CONSOLE_CODE(code)) {
        TRY(console_control(handle, code, input, input_length, output, output_length, &done));
        result = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = done};
        return USER_PUT(iosb, result);
    }
    TRY(file_lookup(handle, 0, &file));
    if (file->is_mount_manager && IS_MOUNT_CODE(code)) {
        result.Status =
            mount_manager_control(code, input, input_length, output, output_length, &done);
        result.Information = done;
        TRY(USER_PUT(iosb, result));
        return result.Status;
    }
    unimplemented_code_once(__func__, code);
    return STATUS_NOT_SUPPORTED;
}

/* What a code asks of the handle stands in it. */
static ACCESS_MASK access_for(ULONG code)
{
    const ULONG asked = code >> 14;

    return (asked & FILE_READ_ACCESS ? FILE_READ_DATA : 0) |
           (asked & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
}

NTSTATUS WINAPI NtFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                PIO_STATUS_BLOCK iosb, ULONG code, PVOID input, ULONG input_length,
                                PVOID output, ULONG output_length)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct space_call space = {.input = input,
                               .input_length = input_length,
                               .output = output,
                               .output_length = output_length};
    struct io_request request;
    NTSTATUS status;

    TRY(file_lookup_granted(handle, &file, &space.granted));
    if (access_for(code) & ~space.granted)
        return STATUS_ACCESS_DENIED;
    space.file = file;
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb));
    if (pipe_control(&request, code, input, input_length, output, output_length, &status))
        return status;
    if (file_space_control(&space, code, &status))
        return io_end(&request, status, space.used);
    if (code == GET_OBJECT_ID) /* ReplaceFile asks: files here have none */
        return io_end(&request, STATUS_OBJECTID_NOT_FOUND, 0);
    unimplemented_code_once(__func__, code);
    return io_end(&request, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS cancel(HANDLE handle, const void *which, const struct wait_thread *asker,
                       PIO_STATUS_BLOCK user_iosb, NTSTATUS when_none)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    NTSTATUS status;

    TRY(file_lookup(handle, 0, &file));
    status = io_cancel(file, which, asker, STATUS_CANCELLED) ? STATUS_SUCCESS : when_none;
    iosb.Status = status;
    TRY(USER_PUT(user_iosb, iosb));
    return status;
}

/* What the calling thread has begun. */
NTSTATUS WINAPI NtCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb)
{
    return cancel(handle, NULL, wait_thread_current(), iosb, STATUS_SUCCESS);
}

NTSTATUS WINAPI NtCancelIoFileEx(HANDLE handle, PIO_STATUS_BLOCK which, PIO_STATUS_BLOCK iosb)
{
    return cancel(handle, which, NULL, iosb, STATUS_NOT_FOUND);
}
