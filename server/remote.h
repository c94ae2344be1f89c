/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* portserver as a client of a running portserver: --status, --stop. Blocking, one socket. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"
#include "portico/protocol.h"
#include "portico/status.h"

/* Connects and says hello. A descriptor; -ENOENT or -ECONNREFUSED: no server; -EPROTO: it does not
 * speak this protocol; -errno. */
int remote_open(const char *path, int dir_fd) _must_check_;

/* One request without data or descriptors; data of the reply up to `size`. 0 or -errno; the status
 * is in the reply. */
int remote_call(int fd, uint16_t code, struct request_header *request, size_t request_size,
                struct reply_header *ret_reply, size_t reply_size, void *ret_data,
                size_t size) _must_check_;

/* Who answers there in another protocol: what ends it, whatever it speaks. */
struct remote_other {
    pid_t pid;        /* 0: it is in another pid namespace */
    int pidfd;        /* -1: no process of this user's, or not one named portserver */
    char version[64]; /* as it says, or "" */
};

/* After remote_open's -EPROTO. 0 and ret_other, whose pidfd belongs to the caller; -errno. */
int remote_other(const char *path, int dir_fd, struct remote_other *ret_other) _must_check_;

/* A pidfd of the server, or -errno. */
int remote_pidfd(int fd) _must_check_;
/* Until the server has closed the socket and (pidfd >= 0) has ended. */
void remote_wait_end(int fd, int pidfd);
