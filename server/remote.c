/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See remote.h. */

#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fd.h"
#include "listener.h"

int remote_call(int fd, uint16_t code, struct request_header *request, size_t request_size,
                struct reply_header *ret_reply, size_t reply_size, void *ret_data, size_t size)
{
    struct iovec parts[2] = {{.iov_base = ret_reply, .iov_len = reply_size},
                             {.iov_base = ret_data, .iov_len = size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;

    request->code = code;
    if (send(fd, request, request_size, MSG_NOSIGNAL) < 0)
        return -errno;
    do
        n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n < reply_size || ret_reply->code != code)
        return -EPROTO;
    return 0;
}

/* 0 or -errno; -EPROTO: it refuses, and may say its version. */
static int say_hello(int fd, char *ret_version, size_t size)
{
    struct hello_request request = {.layout_hash = protocol_hash(),
                                    .version = PROTOCOL_VERSION,
                                    .kind = HELLO_REQUEST,
                                    .thread_id = (uint32_t)syscall(SYS_gettid)};
    struct hello_reply reply;
    int r = remote_call(fd, REQ_hello, &request.header, sizeof(request), &reply.header,
                        sizeof(reply), ret_version, size);

    if (r == -ECONNRESET || r == -EPIPE) /* its hello is not ours: it drops who says it */
        return -EPROTO;
    return r ? r : reply.header.status ? -EPROTO : 0;
}

int remote_open(const char *path, int dir_fd)
{
    _cleanup_(fd_closep) int fd = listener_connect(path, dir_fd);
    int r;

    if (fd < 0)
        return fd;
    r = say_hello(fd, NULL, 0);
    return r ? r : TAKE_FD(fd);
}

/* The folder is this user's alone, so who listens there is what this user started; the name keeps a
 * signal from what was not meant to be a server. */
static bool is_portserver(const struct ucred *peer)
{
    static const char wanted[] = "portserver\n";
    char path[32], name[32];
    _cleanup_(fd_closep) int fd = -1;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)peer->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && (peer->uid == geteuid() || geteuid() == 0) &&
           read(fd, name, sizeof(name)) == sizeof(wanted) - 1 &&
           memcmp(name, wanted, sizeof(wanted) - 1) == 0;
}

static void printable(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text == 0x7f)
            *text = '?';
}

int remote_other(const char *path, int dir_fd, struct remote_other *ret_other)
{
    _cleanup_(fd_closep) int fd = listener_connect(path, dir_fd);
    struct ucred peer;
    socklen_t size = sizeof(peer);

    *ret_other = (struct remote_other){.pidfd = -1};
    if (fd < 0)
        return fd;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    ret_other->pid = peer.pid;
    if (peer.pid > 0) /* first the hold on the process, then the look at it */
        ret_other->pidfd = remote_pidfd(fd);
    if (ret_other->pidfd >= 0 && !is_portserver(&peer))
        ret_other->pidfd = fd_close(ret_other->pidfd);
    (void)!say_hello(fd, ret_other->version, sizeof(ret_other->version) - 1);
    printable(ret_other->version);
    return 0;
}

int remote_pidfd(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    int pidfd;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
    return pidfd < 0 ? -errno : pidfd;
}

void remote_wait_end(int fd, int pidfd)
{
    struct pollfd process = {.fd = pidfd, .events = POLLIN};
    char byte;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, 0);
    while (n > 0 || (n < 0 && errno == EINTR));
    while (pidfd >= 0 && poll(&process, 1, -1) < 0 && errno == EINTR)
        ;
}
