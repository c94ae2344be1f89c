/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What is in a pipe, without taking it: FSCTL_PIPE_PEEK, and what FilePipeLocalInformation counts.
 *
 * Of a stream socket MSG_PEEK copies, of a Linux pipe tee() into another one. A pipe of message
 * type is looked at as a whole, since the lengths stand between the bytes (pipe_message.c).
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEEK_MAX (1024u * 1024u) /* of a socket's queue, which the kernel keeps smaller */

/* The socket's queue, at most PEEK_MAX of it, to be freed. */
static NTSTATUS queue_copy(struct file *file, char **ret_bytes, size_t *ret_size)
{
    int available = 0;
    ssize_t n;

    if (ioctl(file->fd, FIONREAD, &available) || available < 0)
        return STATUS_INVALID_PIPE_STATE;
    *ret_size = (size_t)available < PEEK_MAX ? (size_t)available : PEEK_MAX;
    *ret_bytes = malloc(*ret_size + 1);
    if (!*ret_bytes)
        return STATUS_NO_MEMORY;
    n = recv(file->fd, *ret_bytes, *ret_size ? *ret_size : 1, MSG_PEEK | MSG_DONTWAIT);
    *ret_size = n > 0 ? (size_t)n : 0;
    if (!n || (n < 0 && errno != EAGAIN)) {
        free(*ret_bytes);
        return STATUS_END_OF_FILE;
    }
    return STATUS_SUCCESS;
}

static void view_add(struct pipe_view *view, bool first_only, uint32_t length, const char *bytes,
                     size_t size, char *buffer, size_t buffer_size)
{
    size_t n = length < size ? length : size;
    size_t room = buffer_size - view->copied;
    size_t n_copied = n < room ? n : room;

    if (!view->n_messages++)
        view->message_length = length;
    else if (first_only)
        n_copied = 0;
    if (n_copied)
        memcpy(buffer + view->copied, bytes, n_copied);
    view->copied += (uint32_t)n_copied;
    view->available += (uint32_t)n;
}

static NTSTATUS messages_peek(struct file *file, char *buffer, size_t size, struct pipe_view *view)
{
    struct pipe_end *end = file->pipe;
    size_t n_bytes, at = 0;
    NTSTATUS status;
    uint32_t length;
    char *bytes;

    pthread_mutex_lock(&end->lock);
    status = queue_copy(file, &bytes, &n_bytes);
    if (!status && end->is_in_message) {
        view_add(view, end->reads_messages, end->message_left, bytes, n_bytes, buffer, size);
        at = end->message_left < n_bytes ? end->message_left : n_bytes;
    }
    pthread_mutex_unlock(&end->lock);
    if (status)
        return status;
    while (n_bytes - at >= sizeof(length)) {
        memcpy(&length, bytes + at, sizeof(length));
        at += sizeof(length);
        view_add(view, end->reads_messages, length, bytes + at, n_bytes - at, buffer, size);
        at += length < n_bytes - at ? length : n_bytes - at;
    }
    free(bytes);
    return STATUS_SUCCESS;
}

/* MSG_PEEK on sockets, tee on pipes. */
static ssize_t peek(int fd, char *buffer, size_t size)
{
    ssize_t n = recv(fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);
    int copy[2];

    if (n >= 0 || errno != ENOTSOCK)
        return n;
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK))
        return -1;
    n = tee(fd, copy[1], size, SPLICE_F_NONBLOCK);
    if (n > 0)
        n = read(copy[0], buffer, (size_t)n);
    close(copy[0]);
    close(copy[1]);
    return n;
}

static NTSTATUS bytes_peek(struct file *file, char *buffer, size_t size, struct pipe_view *view)
{
    int available = 0;
    char byte;
    ssize_t n = 0;

    if (ioctl(file->fd, FIONREAD, &available))
        return STATUS_INVALID_PIPE_STATE;
    if (!available) {
        n = peek(file->fd, &byte, 1);
        if (!n || (n < 0 && errno == ECONNRESET))
            return STATUS_END_OF_FILE;
    }
    view->available = (uint32_t)available;
    n = size && available ? peek(file->fd, buffer, size) : 0;
    view->copied = n > 0 ? (uint32_t)n : 0;
    return STATUS_SUCCESS;
}

NTSTATUS pipe_peek(struct file *file, char *buffer, size_t size, struct pipe_view *ret_view)
{
    NTSTATUS status;

    *ret_view = (struct pipe_view){.available = 0};
    if (file->kind != FILE_KIND_PIPE || file->fd < 0 || (file->pipe && pipe_check_connected(file)))
        return STATUS_INVALID_PIPE_STATE;
    if (file->pipe && file->pipe->is_message_type)
        status = messages_peek(file, buffer, size, ret_view);
    else
        status = bytes_peek(file, buffer, size, ret_view);
    return status == STATUS_END_OF_FILE ? pipe_end_of_stream(file, false) : status;
}
