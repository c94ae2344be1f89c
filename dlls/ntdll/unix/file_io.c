/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtReadFile, NtWriteFile and how every file operation ends.
 *
 * Disk files are read and written at once, for overlapped handles too (Linux has no other way for
 * its page cache): the operation has then completed when the call returns STATUS_SUCCESS, its event
 * is set, its APC queued, its packet posted, which a program for Windows must expect. Pipes and
 * terminals are streams: io_stream.c.
 *
 * FILE_NO_INTERMEDIATE_BUFFERING is the page cache all the same, with Windows' rule for it: whole
 * sectors at a sector's start.
 *
 * A synchronous handle uses the descriptor's own position, so that it is shared as Linux shares it
 * (an inherited standard output among processes).
 */
#include "completion.h"
#include "file.h"
#include "file_lock.h"
#include "io_stream.h"
#include "named.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "shared.h"
#include "terminal.h"
#include "usermem.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define AT_POSITION  ((LONGLONG)-2) /* FILE_USE_FILE_POINTER_POSITION */
#define AT_END       ((LONGLONG)-1) /* FILE_WRITE_TO_END_OF_FILE */
#define TRANSFER_MAX 0x7ffff000u    /* one Linux call moves no more */

NTSTATUS io_begin(struct io_request *request, struct file *file, HANDLE event, void *apc,
                  void *apc_context, IO_STATUS_BLOCK *user_iosb)
{
    struct nt_object *object = NULL;

    *request = (struct io_request){
        .file = file, .apc = apc, .apc_context = apc_context, .user_iosb = user_iosb};
    TRY(user_probe_write(user_iosb, sizeof(*user_iosb)));
    if (event && handle_is_local(event)) {
        TRY(handle_lookup(event, EVENT_MODIFY_STATE, &event_type, &object));
        request->event = (struct event *)object;
        event_reset(request->event);
    } else if (event) {
        TRY(named_event_change(event, EVENT_RESET, NULL));
        request->server_event = event;
    }
    return STATUS_SUCCESS;
}

/* DIFFERS: of an event of the server's only the handle is kept: closed before the operation's end
 * it is not set. */
void io_event_set_locked(struct io_request *request)
{
    if (request->event)
        event_set_locked(request->event);
    if (request->server_event)
        (void)shared_event_set((handle_t)(uintptr_t)request->server_event & ~(handle_t)3);
}

void io_release(struct io_request *request)
{
    if (request->event)
        nt_object_unref(&request->event->header);
    request->event = NULL;
}

/* Statuses with which nothing began: the program sees only the return value. */
static bool is_refusal(NTSTATUS status)
{
    return (ULONG)status >> 30 == 3;
}

NTSTATUS io_end(struct io_request *request, NTSTATUS status, ULONG_PTR information)
{
    IO_STATUS_BLOCK iosb = {.Information = information};
    struct completion *completion;

    iosb.Status = status;
    if (!is_refusal(status) || status == STATUS_END_OF_FILE || status == STATUS_PIPE_BROKEN)
        TRY(USER_PUT(request->user_iosb, iosb));
    if (is_refusal(status) && file_is_synchronous(request->file)) {
        dispatcher_lock();
        io_event_set_locked(request);
        dispatcher_unlock();
        io_release(request);
        return status;
    }
    dispatcher_lock();
    completion = request->file->completion;
    if (completion)
        nt_object_ref(completion_object(completion));
    io_event_set_locked(request);
    dispatcher_unlock();
    if (request->apc && !is_refusal(status))
        (void)wait_apc_queue(
            wait_thread_current(), request->apc,
            (ULONG_PTR[]){(ULONG_PTR)request->apc_context, (ULONG_PTR)request->user_iosb, 0});
    if (completion) {
        bool skip = request->file->notification_flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;

        if (request->apc_context && !request->apc && !skip && !is_refusal(status))
            (void)completion_post(completion, request->file->completion_key,
                                  (ULONG_PTR)request->apc_context, status, information);
        completion_unref(completion);
    }
    io_release(request);
    return status;
}

/* Where to read or write: *ret_offset < 0 means the descriptor's own position. */
static NTSTATUS offset_get(struct file *file, const LARGE_INTEGER *user_offset, bool for_write,
                           LONGLONG *ret_offset)
{
    LARGE_INTEGER offset;

    *ret_offset = AT_POSITION;
    if (file->kind != FILE_KIND_DISK)
        return STATUS_SUCCESS;
    if (!user_offset)
        return file_is_synchronous(file) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    TRY(USER_GET(offset, user_offset));
    *ret_offset = offset.QuadPart;
    if (offset.QuadPart == AT_POSITION)
        return file_is_synchronous(file) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (offset.QuadPart < 0 && !(for_write && offset.QuadPart == AT_END))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static ssize_t disk_move(struct file *file, char *buffer, size_t size, LONGLONG offset,
                         bool write_it)
{
    size_t done = 0;

    while (done < size) {
        size_t part = size - done < TRANSFER_MAX ? size - done : TRANSFER_MAX;
        ssize_t n;

        if (offset < 0)
            n = write_it ? write(file->fd, buffer + done, part)
                         : read(file->fd, buffer + done, part);
        else
            n = write_it ? pwrite(file->fd, buffer + done, part, (off_t)(offset + (LONGLONG)done))
                         : pread(file->fd, buffer + done, part, (off_t)(offset + (LONGLONG)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && done)
            break;
        if (n < 0)
            return -1;
        if (!n)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* The program's buffer may lie on a guard page of its stack, which Linux' copy does not know: touch
 * it, try again. */
static ssize_t disk_move_touching(struct file *file, void *buffer, size_t size, LONGLONG offset,
                                  bool write_it)
{
    ssize_t n = disk_move(file, buffer, size, offset, write_it);
    char byte;

    if (n >= 0 || errno != EFAULT)
        return n;
    if (write_it ? user_read(&byte, buffer, 1) : user_probe_write(buffer, size)) {
        errno = EFAULT;
        return -1;
    }
    return disk_move(file, buffer, size, offset, write_it);
}

/* A link that was opened as itself has no bytes. */
static NTSTATUS link_transfer(bool write_it)
{
    return write_it ? STATUS_ACCESS_DENIED : STATUS_END_OF_FILE;
}

/* A file may end within a sector: who has read its end reads on from there, and is told that it is
 * the end. */
static NTSTATUS transfer_check(struct file *file, LONGLONG offset, ULONG length, bool write_it)
{
    const LONGLONG from = offset == AT_POSITION ? lseek(file->fd, 0, SEEK_CUR) : offset;

    if ((file->options & FILE_NO_INTERMEDIATE_BUFFERING) &&
        (length % SECTOR || (from % SECTOR && (write_it || offset >= 0))))
        return STATUS_INVALID_PARAMETER;
    return file_locks_check(file, from, length, write_it);
}

static NTSTATUS disk_transfer(struct file *file, void *buffer, ULONG length, LONGLONG offset,
                              bool write_it, ULONG_PTR *ret_done)
{
    NTSTATUS status;
    bool synchronous = file_is_synchronous(file);
    struct file_held held = {.is_held = false};
    ssize_t n;

    if (synchronous)
        pthread_mutex_lock(&file->position_lock);
    if (write_it && (offset == AT_END || file->is_append_only))
        offset = lseek(file->fd, 0, SEEK_END);
    status = transfer_check(file, offset, length, write_it);
    if (!status) {
        if (write_it)
            file_times_hold(file, &held);
        n = disk_move_touching(file, buffer, length, offset, write_it);
        file_times_restore(file, &held);
        if (n < 0)
            status = errno == EBADF && file_is_link(file) ? link_transfer(write_it)
                                                          : status_from_errno(errno);
        else if (!n && length && !write_it)
            status = STATUS_END_OF_FILE;
        else
            *ret_done = (ULONG_PTR)n;
        if (synchronous && n > 0 && offset >= 0)
            lseek(file->fd, (off_t)(offset + n), SEEK_SET);
    }
    if (synchronous)
        pthread_mutex_unlock(&file->position_lock);
    return status;
}

static NTSTATUS null_transfer(ULONG length, bool write_it, ULONG_PTR *ret_done)
{
    *ret_done = write_it ? length : 0;
    return write_it || !length ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

static NTSTATUS transfer(struct io_request *request, void *buffer, ULONG length,
                         const LARGE_INTEGER *user_offset, bool write_it)
{
    struct file *file = request->file;
    ULONG_PTR done = 0;
    LONGLONG offset;
    NTSTATUS status = offset_get(file, user_offset, write_it, &offset);

    if (status)
        return io_end(request, status, 0);
    switch (file->kind) {
    case FILE_KIND_DISK:
        status = disk_transfer(file, buffer, length, offset, write_it, &done);
        break;
    case FILE_KIND_NULL:
        status = null_transfer(length, write_it, &done);
        break;
    case FILE_KIND_FOLDER:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    case FILE_KIND_PIPE:
    case FILE_KIND_TTY:
    case FILE_KIND_DEVICE:
    default:
        return io_stream(request, buffer, length, write_it);
    }
    return io_end(request, status, done);
}

NTSTATUS WINAPI NtReadFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                           PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                           PULONG key)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct io_request request;
    NTSTATUS status;

    (void)key; /* of byte-range locks: all of a process's keys are one here */
    TRY(file_lookup(handle, FILE_READ_DATA, &file));
    if (file->kind == FILE_KIND_TTY && terminal_reads_keys)
        terminal_text_begin();
    status = io_begin(&request, file, event, (void *)apc, apc_context, iosb);
    return status ? status : transfer(&request, buffer, length, offset, false);
}

NTSTATUS WINAPI NtWriteFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                            PIO_STATUS_BLOCK iosb, const void *buffer, ULONG length,
                            PLARGE_INTEGER offset, PULONG key)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    ACCESS_MASK granted;
    struct io_request request;
    NTSTATUS status;

    (void)key;
    TRY(file_lookup_granted(handle, &file, &granted));
    if (!(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return STATUS_ACCESS_DENIED;
    status = io_begin(&request, file, event, (void *)apc, apc_context, iosb);
    return status ? status : transfer(&request, (void *)buffer, length, offset, true);
}

/* Scatter and gather: an array of page pointers, each one page of the transfer. */
static NTSTATUS transfer_pages(struct io_request *request, const FILE_SEGMENT_ELEMENT *segments,
                               ULONG length, PLARGE_INTEGER user_offset, bool write_it)
{
    struct file *file = request->file;
    ULONG_PTR total = 0;
    NTSTATUS status = STATUS_SUCCESS;
    LONGLONG offset;

    if (file->kind != FILE_KIND_DISK || (length & 0xfff) || !user_offset ||
        file_is_synchronous(file) || !(file->options & FILE_NO_INTERMEDIATE_BUFFERING))
        return io_end(request, STATUS_INVALID_PARAMETER, 0);
    status = offset_get(file, user_offset, write_it, &offset);
    while (!status && total < length) {
        FILE_SEGMENT_ELEMENT segment;
        ULONG_PTR done = 0;

        status = user_read(&segment, segments + total / 0x1000, sizeof(segment));
        if (!status)
            status = disk_transfer(file, (void *)(uintptr_t)segment.Alignment, 0x1000,
                                   offset + (LONGLONG)total, write_it, &done);
        total += done;
        if (done < 0x1000)
            break;
    }
    return io_end(request, status == STATUS_END_OF_FILE && total ? STATUS_SUCCESS : status, total);
}

NTSTATUS WINAPI NtReadFileScatter(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                  PVOID apc_context, PIO_STATUS_BLOCK iosb,
                                  FILE_SEGMENT_ELEMENT *segments, ULONG length,
                                  PLARGE_INTEGER offset, PULONG key)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct io_request request;

    (void)key;
    TRY(file_lookup(handle, FILE_READ_DATA, &file));
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb));
    return transfer_pages(&request, segments, length, offset, false);
}

NTSTATUS WINAPI NtWriteFileGather(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                  PVOID apc_context, PIO_STATUS_BLOCK iosb,
                                  FILE_SEGMENT_ELEMENT *segments, ULONG length,
                                  PLARGE_INTEGER offset, PULONG key)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct io_request request;

    (void)key;
    TRY(file_lookup(handle, FILE_WRITE_DATA, &file));
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb));
    return transfer_pages(&request, segments, length, offset, true);
}

NTSTATUS WINAPI NtFlushBuffersFile(HANDLE handle, IO_STATUS_BLOCK *user_iosb)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    ACCESS_MASK granted;
    IO_STATUS_BLOCK iosb = {.Information = 0};

    TRY(file_lookup_granted(handle, &file, &granted));
    if (!(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return STATUS_ACCESS_DENIED;
    if (file->kind == FILE_KIND_DISK && fsync(file->fd) && errno != EINVAL && errno != EROFS)
        return status_from_errno(errno);
    if (file->kind == FILE_KIND_PIPE)
        TRY(pipe_flush(file));
    iosb.Status = STATUS_SUCCESS;
    return USER_PUT(user_iosb, iosb);
}
