/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Requests: one packet out, one packet in, on the calling thread's own socket, so a request that
 * the server parks blocks only its thread. The rules of the wire are at the head of requests.def.
 *
 * A thread that gives up a parked request (deadline, interruption) sends cancel_request and goes on
 * reading: exactly one reply comes, and when it is the request's own result the thread has that
 * result (race 1: the reply and the cancel cross).
 *
 * The end of the server is the end of this process (process_server_died): no caller sees a
 * half-made reply. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/trace.h"
#include "process.h"
#include "thread.h"

union fds_message {
    char space[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
    struct cmsghdr align;
};

/* The server must be this user's: in /tmp anybody may make a folder and listen in it. */
static bool is_trusted(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/* The socket's address; one that is longer than an address may be goes through a descriptor of the
 * folder, which *ret_dir_fd then is. */
static int socket_address(const char *runtime_dir, struct sockaddr_un *ret_address, int *ret_dir_fd)
{
    char *path = ret_address->sun_path;
    const size_t size = sizeof(ret_address->sun_path);

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((size_t)snprintf(path, size, "%s/" SERVER_SOCKET_NAME, runtime_dir) < size)
        return 0;
    *ret_dir_fd = open(runtime_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, size, "/proc/self/fd/%d/" SERVER_SOCKET_NAME, *ret_dir_fd);
    return *ret_dir_fd < 0 ? -1 : 0;
}

int control_open(const char *runtime_dir)
{
    struct sockaddr_un address;
    _cleanup_(fd_closep) int fd = -1, dir_fd = -1;

    if (socket_address(runtime_dir, &address, &dir_fd) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    if (!is_trusted(fd)) {
        errno = EPERM;
        return -1;
    }
    return TAKE_FD(fd);
}

/* The pieces of a request packet in the order of the wire. */
static size_t request_pieces(const struct call_extra *extra, struct request_header *request,
                             size_t request_size, struct iovec *pieces)
{
    size_t n = 0;

    pieces[n++] = (struct iovec){request, request_size};
    request->data_size = 0;
    if (extra && extra->objattr) {
        pieces[n++] = (struct iovec){(void *)extra->objattr, sizeof(*extra->objattr)};
        pieces[n++] = (struct iovec){(void *)extra->name, extra->objattr->name_size};
        pieces[n++] = (struct iovec){(void *)extra->sd, extra->objattr->sd_size};
        request->data_size +=
            (uint32_t)sizeof(*extra->objattr) + extra->objattr->name_size + extra->objattr->sd_size;
    }
    if (extra && extra->data_size) {
        pieces[n++] = (struct iovec){(void *)extra->data, extra->data_size};
        request->data_size += extra->data_size;
    }
    return n;
}

static ssize_t packet_send(struct control *control, struct request_header *request,
                           size_t request_size, struct call_extra *extra)
{
    struct iovec pieces[5];
    union fds_message fds = {.space = {0}};
    struct msghdr message = {.msg_iov = pieces};
    ssize_t sent;

    message.msg_iovlen = request_pieces(extra, request, request_size, pieces);
    if (extra && extra->n_fds) {
        message.msg_control = fds.space;
        message.msg_controllen = CMSG_SPACE(extra->n_fds * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(extra->n_fds * sizeof(int));
        memcpy(CMSG_DATA(head), extra->fds, extra->n_fds * sizeof(int));
    }
    counter_add(&the_counters.requests);
    do
        sent = sendmsg(control->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

/* Descriptors that came with a packet: into extra, or closed when nobody asked. */
static uint32_t take_fds(struct msghdr *message, struct call_extra *extra)
{
    uint32_t n_taken = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
            if (extra && n_taken < PACKET_FDS_MAX)
                extra->ret_fds[n_taken++] = fd;
            else
                close(fd);
        }
    }
    return n_taken;
}

static status_t packet_receive(struct control *control, const struct request_header *request,
                               struct reply_header *ret_reply, size_t reply_size,
                               struct call_extra *extra)
{
    struct iovec pieces[2] = {{ret_reply, reply_size}, {NULL, 0}};
    union fds_message fds;
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2, .msg_control = fds.space};
    ssize_t size;

    message.msg_controllen = sizeof(fds.space);
    if (extra && extra->ret_capacity)
        pieces[1] = (struct iovec){extra->ret_data, extra->ret_capacity};
    do
        size = recvmsg(control->fd, &message, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size <= 0 && control->may_end)
        return STATUS_PORT_DISCONNECTED;
    if (size < (ssize_t)reply_size || ret_reply->code != request->code ||
        ret_reply->sequence != request->sequence)
        process_server_died();
    uint32_t n_fds = take_fds(&message, extra);
    if (extra) {
        extra->n_ret_fds = n_fds;
        extra->ret_size = ret_reply->data_size;
    }
    return ret_reply->status;
}

void control_tell(struct control *control, enum request_code code, struct request_header *request,
                  size_t size)
{
    *request = (struct request_header){.code = (uint16_t)code, .sequence = control->sequence};
    if (packet_send(control, request, size, NULL) < 0)
        process_server_died();
}

static void send_cancel(struct control *control)
{
    struct cancel_request_request cancel = {0};

    control_tell(control, REQ_cancel_request, &cancel.header, sizeof(cancel));
}

/* Sleeps until the reply is there; STATUS_SUCCESS, or why the request was cancelled. */
static status_t reply_wait(struct control *control)
{
    struct pollfd fds[2] = {{.fd = control->fd, .events = POLLIN}};
    status_t status;

    for (;;) {
        status = thread_poll(control->thread, fds, 1, control->deadline_ns);
        if (status == STATUS_ALERTED) {
            status = thread_consume_wake(control->thread, control->alertable);
            if (status == STATUS_SUCCESS)
                continue;
        }
        if (status != STATUS_SUCCESS)
            send_cancel(control);
        return status;
    }
}

static void extra_reset(struct call_extra *extra)
{
    extra->n_ret_fds = 0;
    extra->ret_size = 0;
    for (unsigned i = 0; i < PACKET_FDS_MAX; i++)
        extra->ret_fds[i] = -1;
}

status_t control_call(struct control *control, enum request_code code,
                      struct request_header *request, size_t request_size,
                      struct reply_header *ret_reply, size_t reply_size, struct call_extra *extra)
{
    status_t given_up = STATUS_SUCCESS, status;

    if (!control) /* no socket for this thread */
        return STATUS_INSUFFICIENT_RESOURCES;
    request->code = (uint16_t)code;
    request->n_fds = (uint16_t)(extra ? extra->n_fds : 0);
    request->sequence = ++control->sequence;
    request->reserved = 0;
    if (extra)
        extra_reset(extra);
    if (packet_send(control, request, request_size, extra) < 0) {
        if (errno == EMSGSIZE)
            return STATUS_INVALID_PARAMETER;
        if (control->may_end)
            return STATUS_PORT_DISCONNECTED;
        process_server_died();
    }
    if (control->parks)
        given_up = reply_wait(control);
    control->parks = false;
    status = packet_receive(control, request, ret_reply, reply_size, extra);
    TRACE(client, "%s: %08x", request_name(code), status);
    return status == STATUS_CANCELLED && given_up != STATUS_SUCCESS ? given_up : status;
}

status_t control_hello(struct control *control, enum hello_kind kind, struct hello_reply *ret_reply)
{
    struct hello_request hello = {.layout_hash = protocol_hash(),
                                  .version = PROTOCOL_VERSION,
                                  .kind = kind,
                                  .thread_id =
                                      kind == HELLO_REQUEST ? control->thread->thread_id : 0};
    const char *name = program_invocation_short_name;
    struct call_extra extra = {.data = name, .data_size = (uint32_t)strnlen(name, 255)};

    return call_hello(control, &hello, ret_reply, &extra);
}

/* It has closed a new socket: it takes no more for now, or it has gone. */
static bool server_is_there(void)
{
    _cleanup_(fd_closep) int fd = control_open(the_process.runtime_dir);

    return fd >= 0 || errno == EMFILE || errno == ENFILE || errno == ENOMEM;
}

struct control *portico_control(void)
{
    struct control *control = &client_thread()->control;
    struct hello_reply reply;
    status_t status;

    if (control->fd >= 0)
        return control;
    if (!the_process.started)
        return NULL;
    control->fd = control_open(the_process.runtime_dir);
    if (control->fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            return NULL;
        process_server_died();
    }
    control->may_end = true;
    status = control_hello(control, HELLO_REQUEST, &reply);
    control->may_end = false;
    if (status == STATUS_SUCCESS)
        return control;
    control->fd = fd_close(control->fd);
    if (status == STATUS_PORT_DISCONNECTED && !server_is_there())
        process_server_died();
    return NULL;
}

void portico_control_park(struct control *control, int64_t deadline_ns, bool alertable)
{
    control->parks = true;
    control->deadline_ns = deadline_ns;
    control->alertable = alertable;
}
