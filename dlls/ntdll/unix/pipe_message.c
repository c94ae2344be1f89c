/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pipes of message type on a stream socket: each message is its length (uint32_t) and its bytes.
 *
 * A writer sends the length together with the first bytes, so that a length is never torn (the
 * kernel takes at least the beginning of a send or nothing); a reader that meets a torn one, or the
 * end within a message, has a peer that does not keep to this: the pipe is broken. A length is
 * believed as far as it limits how much of the stream is this message's: nothing is allocated for
 * it.
 *
 * DIFFERS: how much of a message was read already is this process's knowledge: two processes that
 * read the same end must not share a message between them.
 */
#include "pipe.h"
#include "usermem.h"
#include "virtual.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Of a call on the socket; STATUS_END_OF_FILE is the end of the stream, however it came. */
static NTSTATUS failure(void)
{
    if (errno == EAGAIN || errno == EINTR)
        return STATUS_PENDING;
    return errno == EFAULT ? STATUS_ACCESS_VIOLATION : STATUS_END_OF_FILE;
}

/* The length of the next message, if one begins. Lock held. */
static NTSTATUS message_begin_locked(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;
    uint32_t length;
    ssize_t n = recv(operation->fd, &length, sizeof(length), MSG_DONTWAIT | MSG_PEEK);

    if (n < 0)
        return failure();
    if (n != sizeof(length))
        return STATUS_END_OF_FILE;
    (void)recv(operation->fd, &length, sizeof(length), MSG_DONTWAIT);
    end->is_in_message = true;
    end->message_left = length;
    return STATUS_SUCCESS;
}

/* Bytes of the message that is being read; lock held. STATUS_SUCCESS: all that fits is there. */
static NTSTATUS message_move_locked(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;

    while (end->message_left && operation->done < operation->length) {
        size_t room = operation->length - operation->done;
        size_t n_wanted = end->message_left < room ? end->message_left : room;
        ssize_t n =
            recv(operation->fd, operation->buffer + operation->done, n_wanted, MSG_DONTWAIT);

        if (n < 0 && errno == EFAULT && !user_probe_write(operation->buffer, operation->length))
            n = recv(operation->fd, operation->buffer + operation->done, n_wanted, MSG_DONTWAIT);
        if (n < 0)
            return failure();
        if (!n)
            return STATUS_END_OF_FILE; /* the writer died in the middle */
        operation->done += (ULONG_PTR)n;
        end->message_left -= (uint32_t)n;
    }
    end->is_in_message = end->message_left;
    return STATUS_SUCCESS;
}

static NTSTATUS read_locked(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;
    NTSTATUS status;

    if (!end->reads_messages && !operation->length)
        return STATUS_SUCCESS;
    for (;;) {
        status = end->is_in_message ? STATUS_SUCCESS : message_begin_locked(operation);
        if (!status)
            status = message_move_locked(operation);
        if (end->reads_messages) {
            if (!status && end->is_in_message)
                status = STATUS_BUFFER_OVERFLOW;
            return status;
        }
        /* Byte mode: what there is of all messages; the end is told to the next read. */
        if (status)
            return operation->done && (status == STATUS_PENDING || status == STATUS_END_OF_FILE)
                       ? STATUS_SUCCESS
                       : status;
        if (operation->done == operation->length)
            return STATUS_SUCCESS;
    }
}

NTSTATUS pipe_message_read(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;
    NTSTATUS status;

    TRY(pipe_check_connected(operation->file));
    pthread_mutex_lock(&end->lock);
    status = read_locked(operation);
    if (status == STATUS_PENDING && end->does_not_wait && !end->is_in_message)
        status = STATUS_PIPE_EMPTY;
    pthread_mutex_unlock(&end->lock);
    return status == STATUS_END_OF_FILE ? pipe_end_of_stream(operation->file, false) : status;
}

static NTSTATUS message_probe(const char *bytes, size_t size)
{
    NTSTATUS status = STATUS_SUCCESS;
    char byte;

    for (size_t at = 0; at < size && !status; at += VIRTUAL_PAGE)
        status = user_read(&byte, bytes + at, 1);
    return size && !status ? user_read(&byte, bytes + size - 1, 1) : status;
}

/* phase: the length has been sent. A message that cannot be read to its end is not begun. */
NTSTATUS pipe_message_write(struct io_operation *operation)
{
    uint32_t length = (uint32_t)operation->length;
    NTSTATUS status;

    TRY(pipe_check_connected(operation->file));
    if (!operation->phase)
        TRY(message_probe(operation->buffer, operation->length));
    while (!operation->phase || operation->done < operation->length) {
        struct iovec parts[2] = {
            {&length, sizeof(length)},
            {operation->buffer + operation->done, operation->length - operation->done}};
        unsigned first = operation->phase ? 1 : 0;
        struct msghdr message = {.msg_iov = parts + first, .msg_iovlen = 2 - first};
        ssize_t n = sendmsg(operation->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN && operation->file->pipe->does_not_wait && !operation->phase)
            return STATUS_SUCCESS; /* nothing was written */
        if (n < 0) {
            status = failure();
            if (status == STATUS_ACCESS_VIOLATION) /* its memory went meanwhile */
                pipe_message_abandon(operation);
            return status == STATUS_END_OF_FILE ? pipe_end_of_stream(operation->file, true)
                                                : status;
        }
        operation->done += (ULONG_PTR)n - (first ? 0 : sizeof(length));
        operation->phase = 1;
    }
    return STATUS_SUCCESS;
}

/* The reader waits for a rest that does not come: it gets the end instead. */
void pipe_message_abandon(struct io_operation *operation)
{
    if (operation->phase && operation->done < operation->length)
        shutdown(operation->fd, SHUT_WR);
}

/* ---- TransactNamedPipe: a message there, one back ---- */

static NTSTATUS transceive_read(struct io_operation *operation)
{
    return pipe_message_read(operation);
}

static NTSTATUS transceive_write(struct io_operation *operation)
{
    TRY(pipe_message_write(operation));
    operation->step = transceive_read;
    operation->abandon = NULL;
    operation->events = POLLIN;
    operation->buffer = operation->output;
    operation->length = operation->output_length;
    operation->done = 0;
    return transceive_read(operation);
}

static NTSTATUS transceive_begin(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;
    struct pipe_view view;

    TRY(pipe_check_connected(operation->file));
    if (!end->reads_messages)
        return STATUS_INVALID_READ_MODE;
    TRY(pipe_peek(operation->file, NULL, 0, &view));
    if (view.available || view.n_messages)
        return STATUS_PIPE_BUSY;
    operation->step = transceive_write;
    return transceive_write(operation);
}

void pipe_transceive_operation(struct file *file, struct io_operation *operation)
{
    operation->step = transceive_begin;
    operation->abandon = pipe_message_abandon;
    operation->file = file;
    operation->fd = file->fd;
    operation->events = POLLOUT;
}
