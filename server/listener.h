/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The socket that clients connect to, and who may run on a folder.
 *
 * Two locks (flock) in the runtime folder. "lock" is held by the running daemon for its whole life;
 * "start" only while one starts, until it accepts connections. So of twenty that start at once one
 * wins; each other waits on "start", then finds "lock" taken by a daemon that accepts:
 * LISTENER_RUNNING. Who dies lets go of both, whatever happened: a socket without a lock holder is
 * stale and is replaced.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

struct server;

struct listener {
    struct source source;
    struct timer retry;                       /* while paused */
    int dir_fd, lock_fd, start_fd, socket_fd; /* -1: none */
    const char *path;                         /* of the folder, borrowed */
    bool paused;                              /* out of descriptors */
    uint32_t n_accepted;
};

#define LISTENER_NULL                                                \
    (struct listener)                                                \
    {                                                                \
        .dir_fd = -1, .lock_fd = -1, .start_fd = -1, .socket_fd = -1 \
    }

#define LISTENER_RUNNING 1

/* 0, LISTENER_RUNNING, or -errno. Takes dir_fd. */
int listener_open(struct listener *listener, struct server *server, const char *path,
                  int dir_fd) _must_check_;
/* Lets others start: call once the loop runs. */
void listener_started(struct listener *listener);
/* Removes the socket's name, then serves who had connected before that. True: nobody, the daemon
 * may end. */
bool listener_retire(struct listener *listener);
/* Descriptors may be free again: accepts if it had to pause. */
void listener_resume(struct listener *listener);
void listener_close(struct listener *listener);

/* Connects to the daemon of the folder. A blocking socket, -ENOENT or -ECONNREFUSED: nobody there,
 * or -errno. */
int listener_connect(const char *path, int dir_fd) _must_check_;
/* Waits until no daemon holds the folder's lock. 0 or -errno. */
int listener_wait_end(int dir_fd) _must_check_;
