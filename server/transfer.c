/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See transfer.h. */

#include "transfer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(TRANSFER_FDS_MAX * sizeof(int))];
};

static size_t fds_take(struct msghdr *message, int fds[TRANSFER_FDS_MAX])
{
    size_t n_fds = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        assert(n_fds + n <= TRANSFER_FDS_MAX);
        memcpy(fds + n_fds, CMSG_DATA(c), n * sizeof(int));
        n_fds += n;
    }
    return n_fds;
}

ssize_t transfer_receive(int socket, void *buffer, size_t size, int fds[TRANSFER_FDS_MAX],
                         size_t *ret_n_fds)
{
    union control control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n;

    *ret_n_fds = 0;
    do
        n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    *ret_n_fds = fds_take(&message, fds);
    /* An empty packet cannot be told from the end of file; nobody sends one. */
    return message.msg_flags & MSG_CTRUNC ? -EMFILE : n;
}

int transfer_send(int socket, const void *head, size_t head_size, const void *data,
                  size_t data_size, const int *fds, size_t n_fds)
{
    union control control;
    struct iovec parts[2] = {{.iov_base = (void *)head, .iov_len = head_size},
                             {.iov_base = (void *)data, .iov_len = data_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = data_size ? 2 : 1};
    ssize_t n;

    assert(n_fds <= TRANSFER_FDS_MAX);
    if (n_fds) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        memset(control.bytes, 0, message.msg_controllen);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
    }
    do
        n = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return 0;
}
