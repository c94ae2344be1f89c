/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Packets with descriptors over a SOCK_SEQPACKET socket, never blocking. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"

/* The kernel passes at most 253 in one packet; room for all of them, so that none is dropped
 * (closed) by the kernel in our name: closing a stranger's descriptor can block. */
#define TRANSFER_FDS_MAX 253

/* One packet. Returns its length (longer than size: it was cut), 0 at the end of file, -EAGAIN, or
 * -errno. Descriptors received are in fds, also when the rest is garbage: the caller owns them. */
ssize_t transfer_receive(int socket, void *buffer, size_t size, int fds[TRANSFER_FDS_MAX],
                         size_t *ret_n_fds) _must_check_;

/* 0, -EAGAIN when the receiver's buffer is full, or -errno. The descriptors stay the caller's. */
int transfer_send(int socket, const void *head, size_t head_size, const void *data,
                  size_t data_size, const int *fds, size_t n_fds) _must_check_;
