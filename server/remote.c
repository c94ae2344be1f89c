/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See remote.h. */

#include "remote.h"

#include <errno.h>
#include <poll.h>
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

int remote_open(const char *path, int dir_fd)
{
    _cleanup_(fd_closep) int fd = listener_connect(path, dir_fd);
    struct hello_request request = {.layout_hash = protocol_hash(),
                                    .version = PROTOCOL_VERSION,
                                    .kind = HELLO_REQUEST,
                                    .thread_id = (uint32_t)syscall(SYS_gettid)};
    struct hello_reply reply;
    int r;

    if (fd < 0)
        return fd;
    r = remote_call(fd, REQ_hello, &request.header, sizeof(request), &reply.header, sizeof(reply),
                    NULL, 0);
    if (r)
        return r;
    return reply.header.status ? -EPROTO : TAKE_FD(fd);
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
