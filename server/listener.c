/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See listener.h. */

#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "common/fd.h"
#include "runtime_dir.h"
#include "server.h"

#define START_LOCK_NAME "start"
#define ACCEPT_BATCH    16
#define RETRY_NS        10000000u

static int lock_take(int dir_fd, const char *name, int operation)
{
    _cleanup_(fd_closep) int fd =
        openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (fd < 0)
        return -errno;
    do
        r = flock(fd, operation);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : TAKE_FD(fd);
}

int listener_connect(const char *path, int dir_fd)
{
    _cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;

    if (fd < 0)
        return -errno;
    runtime_dir_address(path, dir_fd, SERVER_SOCKET_NAME, &address);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return TAKE_FD(fd);
}

int listener_wait_end(int dir_fd)
{
    int fd = lock_take(dir_fd, SERVER_LOCK_NAME, LOCK_SH);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* The life lock. A holder that accepts connections is running; one that does not is ending (its
 * name has gone), wait for it. */
static int life_lock(struct listener *listener)
{
    int fd = lock_take(listener->dir_fd, SERVER_LOCK_NAME, LOCK_EX | LOCK_NB);

    if (fd == -EWOULDBLOCK) {
        _cleanup_(fd_closep) int probe = listener_connect(listener->path, listener->dir_fd);
        if (probe >= 0)
            return LISTENER_RUNNING;
        fd = lock_take(listener->dir_fd, SERVER_LOCK_NAME, LOCK_EX);
    }
    if (fd < 0)
        return fd;
    listener->lock_fd = fd;
    return 0;
}

static int socket_listen(struct listener *listener)
{
    _cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    mode_t mask;
    int r;

    if (fd < 0)
        return -errno;
    /* We hold the life lock: a socket of this name is nobody's. */
    (void)unlinkat(listener->dir_fd, REGISTRY_MARK_NAME, 0); /* of a daemon that was killed */
    if (unlinkat(listener->dir_fd, SERVER_SOCKET_NAME, 0) < 0 && errno != ENOENT)
        return -errno;
    runtime_dir_address(listener->path, listener->dir_fd, SERVER_SOCKET_NAME, &address);
    mask = umask(077);
    r = bind(fd, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (r < 0 || listen(fd, SOMAXCONN) < 0)
        return -errno;
    listener->socket_fd = TAKE_FD(fd);
    return 0;
}

static void retry_expired(struct timer *timer)
{
    listener_resume(CONTAINER_OF(timer, struct listener, retry));
}

/* Takes one only when a descriptor is left for its process (client.c's pidfd) too: who is accepted
 * without one is dropped, who waits is not. -1 with errno. */
static int socket_accept(const struct listener *listener)
{
    int spare = fcntl(listener->socket_fd, F_DUPFD_CLOEXEC, 0);

    if (spare < 0)
        return -1;
    int fd = accept4(listener->socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int error = errno;
    close(spare);
    errno = error;
    return fd;
}

/* 1: took one, 0: none there (or none can be taken now). */
static int accept_one(struct listener *listener, struct server *server)
{
    int fd = socket_accept(listener);

    if (fd >= 0) {
        listener->n_accepted++;
        client_accept(server, fd);
        return 1;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        /* Level-triggered: would spin. The closer's thread frees descriptors without a word: look
         * again soon. */
        listener->paused = true;
        source_events(&listener->source, 0);
        (void)!timer_arm(&listener->retry, &server->loop, clock_ns() + RETRY_NS, retry_expired);
    }
    return errno == EINTR || errno == ECONNABORTED;
}

static void listener_ready(struct source *source, uint32_t events _unused_)
{
    struct listener *listener = CONTAINER_OF(source, struct listener, source);
    struct server *server = CONTAINER_OF(listener, struct server, listener);

    for (int i = 0; i < ACCEPT_BATCH && accept_one(listener, server); i++)
        ;
}

int listener_open(struct listener *listener, struct server *server, const char *path, int dir_fd)
{
    int r;

    *listener = LISTENER_NULL;
    listener->path = path;
    listener->dir_fd = dir_fd;
    r = lock_take(dir_fd, START_LOCK_NAME, LOCK_EX);
    if (r < 0)
        return r;
    listener->start_fd = r;
    r = life_lock(listener);
    if (r == 0)
        r = socket_listen(listener);
    if (r == 0)
        r = source_add(&listener->source, &server->loop, listener->socket_fd, EPOLLIN,
                       listener_ready);
    if (r)
        listener_close(listener);
    return r;
}

void listener_started(struct listener *listener)
{
    listener->start_fd = fd_close(listener->start_fd);
}

bool listener_retire(struct listener *listener)
{
    struct server *server = CONTAINER_OF(listener, struct server, listener);
    uint32_t n_before = listener->n_accepted;

    if (listener->socket_fd < 0)
        return true;
    (void)unlinkat(listener->dir_fd, SERVER_SOCKET_NAME, 0);
    while (accept_one(listener, server))
        ;
    if (listener->n_accepted == n_before)
        return true;
    /* Somebody was faster: back into business under a new socket. */
    source_remove(&listener->source);
    listener->socket_fd = fd_close(listener->socket_fd);
    return socket_listen(listener) < 0 ||
           source_add(&listener->source, &server->loop, listener->socket_fd, EPOLLIN,
                      listener_ready) < 0;
}

void listener_resume(struct listener *listener)
{
    if (!listener->paused)
        return;
    listener->paused = false;
    source_events(&listener->source, EPOLLIN);
}

void listener_close(struct listener *listener)
{
    source_remove(&listener->source);
    timer_disarm(&listener->retry);
    /* The name goes while the lock is still ours, the lock last: by the kernel at our end, or here.
     */
    if (listener->socket_fd >= 0)
        (void)unlinkat(listener->dir_fd, SERVER_SOCKET_NAME, 0);
    if (listener->socket_fd >= 0)
        (void)unlinkat(listener->dir_fd, REGISTRY_MARK_NAME, 0);
    listener->socket_fd = fd_close(listener->socket_fd);
    listener->start_fd = fd_close(listener->start_fd);
    listener->lock_fd = fd_close(listener->lock_fd);
    listener->dir_fd = fd_close(listener->dir_fd);
}
