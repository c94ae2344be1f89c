/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Every system call of libs/lane and libs/alpc on the message path (mapping is extent.c's and is
 * not modelled). The product has sys.c; tests/model gives the same functions on a modelled kernel.
 * Results are 0 or a count, or -errno. Deadlines are CLOCK_MONOTONIC nanoseconds; SYS_FOREVER:
 * none. */
#pragma once

#include <stdint.h>

#include "common/macro.h"

#define SYS_FOREVER UINT64_MAX

/* CLOCK_MONOTONIC in ns (vdso: no system call). */
uint64_t sys_now_ns(void);

/* The processor this thread runs on, from rseq (no system call). */
uint32_t sys_cpu(void);

/* Sleeps while *peer_word == expected (a shared futex that the peer may write) and *own_word == 0
 * (this process's private futex), until the deadline. 0: woken, or -EAGAIN, -EINTR, -ETIMEDOUT. */
int sys_futex_wait_two(const uint32_t *peer_word, uint32_t expected, const uint32_t *own_word,
                       uint64_t deadline_ns);

/* Wakes up to n waiters of a shared (peer) or private (own) futex. */
void sys_futex_wake_shared(const uint32_t *word, int n);
void sys_futex_wake_private(const uint32_t *word, int n);

/* Adds 1 to an eventfd. Never blocks for an eventfd made with EFD_NONBLOCK. */
void sys_ring(int event_fd);

/* epoll_wait with time-out 0: the data.u32 of up to max events; returns how many. */
int sys_epoll_read(int epoll_fd, uint32_t *ret_data, unsigned max);

/* Sleeps until one of the two descriptors is readable (fd -1: not watched). Returns a mask (1:
 * first, 2: second), 0 on time-out, or -EINTR. */
int sys_poll_two(int fd, int own_fd, uint64_t deadline_ns);

/* The daemon's side of the doorbells: descriptors or 0, or -errno. All close-on-exec. */
int sys_eventfd_new(void);
int sys_epoll_new(void);
int sys_epoll_change(int epoll_fd, int operation, int fd, uint32_t events, uint32_t data);
