/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pipes, sockets and terminals.
 *
 * The descriptor's file description may be shared with processes that know nothing of us, so it is
 * never made non-blocking; preadv2 and pwritev2 with RWF_NOWAIT do not sleep whatever it is (pipes
 * know the flag; for what does not, poll comes first and at most PIPE_BUF bytes are written after
 * it). Sleeping is io_operation.c's.
 *
 * The end of a stream is STATUS_PIPE_BROKEN on a pipe and STATUS_END_OF_FILE on a terminal, as
 * msvcrt wants them; writing to a pipe that nobody reads is STATUS_PIPE_CLOSING. SIGPIPE is ignored
 * by std_handles_init.
 *
 * A FIFO that was opened by its name has a description of its own, which does not wait: until
 * somebody has opened it for writing poll says nothing, for ever, where read says that it has
 * ended.
 *
 * DIFFERS: a write of nothing is nothing, as on Linux; on Windows it ends the other end's read with
 * no bytes (so it does here on a pipe of messages).
 */
#include "io_stream.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t move_now(struct file *file, char *buffer, size_t size, bool write_it)
{
    struct iovec part = {buffer, size};
    struct pollfd poller = {.fd = file->fd, .events = write_it ? POLLOUT : POLLIN};
    ssize_t n = write_it ? pwritev2(file->fd, &part, 1, -1, RWF_NOWAIT)
                         : preadv2(file->fd, &part, 1, -1, RWF_NOWAIT);

    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != ESPIPE))
        return n;
    if (poll(&poller, 1, 0) <= 0 && (write_it || !file->is_fifo)) {
        errno = EAGAIN;
        return -1;
    }
    if (!write_it)
        return read(file->fd, buffer, size);
    return write(file->fd, buffer, size < PIPE_BUF ? size : PIPE_BUF);
}

static NTSTATUS end_of_stream(struct file *file, bool write_it)
{
    return file->kind == FILE_KIND_PIPE ? pipe_end_of_stream(file, write_it) : STATUS_END_OF_FILE;
}

/* A read of nothing from a pipe waits for something to read, and leaves it there: libuv waits so.
 */
static NTSTATUS read_nothing(struct file *file)
{
    struct pollfd poller = {.fd = file->fd, .events = POLLIN};
    int n = 0;

    if (poll(&poller, 1, 0) <= 0)
        return STATUS_PENDING;
    return !ioctl(file->fd, FIONREAD, &n) && n > 0 ? STATUS_SUCCESS : end_of_stream(file, false);
}

/* One step: STATUS_SUCCESS with *ret_done grown, STATUS_PENDING when it must sleep first. */
static NTSTATUS step(struct file *file, char *buffer, size_t length, bool write_it,
                     ULONG_PTR *ret_done)
{
    ssize_t n;

    if (!length && !write_it && file->kind == FILE_KIND_PIPE)
        return read_nothing(file);
    n = move_now(file, buffer + *ret_done, length - *ret_done, write_it);
    if (n < 0 && errno == EFAULT &&
        !(write_it ? user_read(&(char){0}, buffer, 1) : user_probe_write(buffer, length)))
        n = move_now(file, buffer + *ret_done, length - *ret_done, write_it);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
        return end_of_stream(file, write_it);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? STATUS_PENDING : status_from_errno(errno);
    if (!n && length && !write_it)
        return end_of_stream(file, false);
    *ret_done += (ULONG_PTR)n;
    return STATUS_SUCCESS;
}

/* Reading ends with what there is, writing when all has gone. */
static NTSTATUS stream_step(struct io_operation *operation)
{
    struct file *file = operation->file;
    bool write_it = operation->events == POLLOUT;
    NTSTATUS status;

    if (file->pipe)
        TRY(pipe_check_connected(file));
    do {
        status = step(file, operation->buffer, operation->length, write_it, &operation->done);
    } while (!status && write_it && operation->done < operation->length);
    if (status == STATUS_PENDING && file->pipe && file->pipe->does_not_wait)
        return write_it ? STATUS_SUCCESS : STATUS_PIPE_EMPTY;
    return status;
}

NTSTATUS io_messages(struct io_request *request, struct io_operation *operation, bool reads,
                     bool writes)
{
    pthread_mutex_t *turns = request->file->pipe->turns;
    NTSTATUS status;

    if (!file_is_synchronous(request->file))
        return io_start(request, operation);
    operation->user_iosb = request->user_iosb;
    if (writes)
        pthread_mutex_lock(&turns[1]);
    if (reads)
        pthread_mutex_lock(&turns[0]);
    status = io_run(operation);
    if (reads)
        pthread_mutex_unlock(&turns[0]);
    if (writes)
        pthread_mutex_unlock(&turns[1]);
    return io_end(request, status, operation->done);
}

NTSTATUS io_stream(struct io_request *request, void *buffer, ULONG length, bool write_it)
{
    struct file *file = request->file;
    struct io_operation operation = {.step = stream_step,
                                     .file = file,
                                     .fd = file->fd,
                                     .events = write_it ? POLLOUT : POLLIN,
                                     .buffer = buffer,
                                     .length = length};

    if (file->fd < 0)
        return io_end(request, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (file->pipe && write_it)
        file->pipe->has_written = true;
    if (!file->pipe || !file->pipe->is_message_type)
        return io_do(request, &operation);
    operation.step = write_it ? pipe_message_write : pipe_message_read;
    operation.abandon = write_it ? pipe_message_abandon : NULL;
    return io_messages(request, &operation, !write_it, write_it);
}
