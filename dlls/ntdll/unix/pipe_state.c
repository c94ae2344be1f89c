/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Whether a pipe's ends are connected: FSCTL_PIPE_LISTEN, FSCTL_PIPE_DISCONNECT, modes.
 *
 * A server's end learns that its client has opened by the client's first byte, which is no part of
 * the data (include/portico/requests_pipe.def): whoever looks at the end takes it. How the other
 * end went (closed, or this client was thrown out) the server knows and is asked once, at the end
 * of the stream. DIFFERS: what a client that is thrown out had not read yet it still gets before
 * that end; Windows drops it.
 */
#include "client.h"
#include "ntprocess.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <portico/portico.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Takes the client's first byte if it is there; lock held. */
static void client_await_locked(struct file *file)
{
    struct pipe_end *end = file->pipe;
    char byte;
    ssize_t n;

    if (!end->is_server || end->state != PIPE_LISTENING || end->is_anonymous)
        return;
    n = recv(file->fd, &byte, 1, MSG_DONTWAIT);
    if (n == 1)
        end->state = PIPE_CONNECTED;
    else if (!n || (errno != EAGAIN && errno != EINTR))
        end->state = PIPE_CLOSING; /* it came and went */
}

static enum pipe_state state_now(struct file *file)
{
    enum pipe_state state;

    pthread_mutex_lock(&file->pipe->lock);
    client_await_locked(file);
    state = file->pipe->state;
    pthread_mutex_unlock(&file->pipe->lock);
    return state;
}

NTSTATUS pipe_check_connected(struct file *file)
{
    switch (state_now(file)) {
    case PIPE_LISTENING:
        return STATUS_PIPE_LISTENING;
    case PIPE_DISCONNECTED:
        return STATUS_PIPE_DISCONNECTED;
    default:
        return STATUS_SUCCESS; /* the stream tells its own end */
    }
}

NTSTATUS pipe_ask(struct file *file, struct pipe_query_reply *ret_reply)
{
    struct pipe_query_request request = {.handle = file->header.header.shared};
    struct control *control = request.handle ? portico_control() : NULL;

    return control ? (NTSTATUS)call_pipe_query(control, &request, ret_reply, NULL)
                   : STATUS_INVALID_PIPE_STATE;
}

NTSTATUS pipe_name(struct file *file, WCHAR **ret_name, ULONG *ret_bytes)
{
    struct pipe_query_request request = {.handle = file->header.header.shared, .with_name = 1};
    struct control *control = request.handle ? portico_control() : NULL;
    WCHAR *name = control ? malloc(0x10000 + sizeof(WCHAR)) : NULL;
    struct call_extra extra = {.ret_data = name + 1, .ret_capacity = 0x10000};
    struct pipe_query_reply reply;
    NTSTATUS status;

    if (!name)
        return control ? STATUS_NO_MEMORY : STATUS_OBJECT_NAME_NOT_FOUND;
    status = (NTSTATUS)call_pipe_query(control, &request, &reply, &extra);
    if (status) {
        free(name);
        return status;
    }
    name[0] = '\\';
    *ret_bytes = extra.ret_size + (ULONG)sizeof(WCHAR);
    *ret_name = name;
    return STATUS_SUCCESS;
}

NTSTATUS pipe_end_of_stream(struct file *file, bool write_it)
{
    struct pipe_end *end = file->pipe;
    struct pipe_query_reply reply;
    NTSTATUS status = STATUS_PIPE_BROKEN;
    bool is_known;

    if (end) {
        pthread_mutex_lock(&end->lock);
        is_known = end->end_is_known || end->is_anonymous || end->is_server;
        status = end->end_is_known ? end->end_status : STATUS_PIPE_BROKEN;
        pthread_mutex_unlock(&end->lock);
        if (!is_known && !pipe_ask(file, &reply)) {
            if (reply.state == PIPE_DISCONNECTED)
                status = STATUS_PIPE_DISCONNECTED;
            pthread_mutex_lock(&end->lock);
            end->end_is_known = true;
            end->end_status = status;
            pthread_mutex_unlock(&end->lock);
        }
    }
    return write_it && status == STATUS_PIPE_BROKEN ? STATUS_PIPE_CLOSING : status;
}

/* ---- listening ---- */

static NTSTATUS listen_step(struct io_operation *operation)
{
    struct pipe_end *end = operation->file->pipe;

    switch (state_now(operation->file)) {
    case PIPE_LISTENING:
        return end->does_not_wait ? STATUS_PIPE_LISTENING : STATUS_PENDING;
    case PIPE_DISCONNECTED: /* while it waited */
        return STATUS_PIPE_DISCONNECTED;
    case PIPE_CLOSING:
        return STATUS_PIPE_CLOSING;
    default:
        return STATUS_SUCCESS;
    }
}

/* A disconnected end gets a new pair from the server, behind the same number here. */
static NTSTATUS end_renew(struct file *file)
{
    struct pipe_listen_request request = {.handle = file->header.header.shared};
    struct pipe_listen_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_pipe_listen(control, &request, &reply, &extra));
    if (!extra.n_ret_fds)
        return STATUS_SUCCESS;
    pthread_mutex_lock(&file->pipe->lock);
    dup3(extra.ret_fds[0], file->fd, O_CLOEXEC);
    file->pipe->state = PIPE_LISTENING;
    file->pipe->is_in_message = false;
    pthread_mutex_unlock(&file->pipe->lock);
    close(extra.ret_fds[0]);
    return STATUS_SUCCESS;
}

static bool client_is_gone(struct file *file)
{
    char byte;
    ssize_t n = recv(file->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return !n || (n < 0 && errno == ECONNRESET);
}

/* Before it may wait: the client that is there already is STATUS_PIPE_CONNECTED. */
static NTSTATUS listen_first_step(struct io_operation *operation)
{
    struct file *file = operation->file;

    operation->step = listen_step;
    switch (state_now(file)) {
    case PIPE_CONNECTED:
        return client_is_gone(file) ? STATUS_PIPE_CLOSING : STATUS_PIPE_CONNECTED;
    case PIPE_CLOSING:
        return STATUS_PIPE_CLOSING;
    case PIPE_DISCONNECTED:
        TRY(end_renew(file));
        break;
    default:
        break;
    }
    return listen_step(operation);
}

void pipe_listen_operation(struct file *file, struct io_operation *ret_operation)
{
    *ret_operation = (struct io_operation){
        .step = listen_first_step, .file = file, .fd = file->fd, .events = POLLIN};
}

/* The server throws its client out; what waits ends. */
NTSTATUS pipe_disconnect(struct file *file)
{
    struct pipe_end *end = file->pipe;
    struct pipe_disconnect_request request = {.handle = file->header.header.shared};
    struct pipe_disconnect_reply reply;
    struct control *control = request.handle ? portico_control() : NULL;

    if (!end || !end->is_server || !control)
        return STATUS_ILLEGAL_FUNCTION;
    (void)state_now(file);
    TRY((NTSTATUS)call_pipe_disconnect(control, &request, &reply, NULL));
    pthread_mutex_lock(&end->lock);
    end->state = PIPE_DISCONNECTED;
    /* The client, and threads of ours that sleep on it, see the end. Before another thread listens:
     * then the descriptor is the next client's. */
    shutdown(file->fd, SHUT_RDWR);
    pthread_mutex_unlock(&end->lock);
    (void)io_cancel(file, NULL, NULL, STATUS_PIPE_DISCONNECTED);
    return STATUS_SUCCESS;
}

/* Linux says how much is unread, and does not say when that changes: looks again ever more seldom.
 */
NTSTATUS pipe_flush(struct file *file)
{
    LARGE_INTEGER interval = {.QuadPart = -1000};
    NTSTATUS status;
    int unread;

    if (!file->pipe || !file->pipe->has_written)
        return STATUS_SUCCESS; /* nothing of this file object's */
    for (;;) {
        unread = 0;
        /* Of a socket what was sent; of a Linux pipe what is in it, from either end. */
        if ((ioctl(file->fd, SIOCOUTQ, &unread) && ioctl(file->fd, FIONREAD, &unread)) || !unread)
            return STATUS_SUCCESS;
        status = wait_fd(file->fd, 0, file->options & FILE_SYNCHRONOUS_IO_ALERT, &interval);
        if (status == STATUS_SUCCESS) /* only the other end's end wakes it */
            return pipe_end_of_stream(file, false);
        if (status != STATUS_TIMEOUT)
            return status;
        if (interval.QuadPart > -100000)
            interval.QuadPart *= 2;
    }
}

/* The end's modes as they are here, at the server. */
static void mode_tell(struct file *file)
{
    struct pipe_end *end = file->pipe;
    struct pipe_mode_request request = {.handle = file->header.header.shared};
    struct pipe_mode_reply reply;
    struct control *control = request.handle ? portico_control() : NULL;

    pthread_mutex_lock(&end->lock);
    request.mode = (end->reads_messages ? PIPE_MODE_MESSAGES : 0) |
                   (end->does_not_wait ? PIPE_MODE_NO_WAIT : 0) |
                   (end->state == PIPE_CONNECTED ? PIPE_MODE_GREETED : 0);
    pthread_mutex_unlock(&end->lock);
    if (control)
        (void)call_pipe_mode(control, &request, &reply, NULL);
}

void pipe_share(struct file *file)
{
    if (!pipe_is_named(file) || !file->pipe->is_server)
        return;
    (void)state_now(file);
    mode_tell(file);
}

NTSTATUS pipe_mode_set(struct file *file, ULONG read_mode, ULONG completion_mode)
{
    struct pipe_end *end = file->pipe;

    if (read_mode > 1 || completion_mode > 1)
        return STATUS_INVALID_PARAMETER;
    if (!end) /* a pipe from outside, or inherited: a plain stream */
        return read_mode || completion_mode ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
    if (read_mode && !end->is_message_type)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&end->lock);
    end->reads_messages = read_mode;
    end->does_not_wait = completion_mode;
    pthread_mutex_unlock(&end->lock);
    mode_tell(file);
    return STATUS_SUCCESS;
}
