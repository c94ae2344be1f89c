/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* lane/sys.h for the harnesses in which one thread is all there is: no system call, a clock that
 * each look advances, so that an input always does the same; a sleep ends at once, by its deadline.
 */

#include <errno.h>
#include <stddef.h>

#include "kernel.h"
#include "lane/sys.h"

static uint64_t clock_ns;
static uint32_t n_rings;

static int (*while_asleep)(void);
static void (*meanwhile)(bool is_wake);
static bool is_inside;

static void peer_acts(bool is_wake)
{
    if (!meanwhile || is_inside)
        return;
    is_inside = true;
    meanwhile(is_wake);
    is_inside = false;
}

void kernel_meanwhile(void (*act)(bool is_wake))
{
    meanwhile = act;
}

void kernel_reset(int (*asleep)(void))
{
    while_asleep = asleep;
    meanwhile = NULL;
    is_inside = false;
    clock_ns = 1000000;
    n_rings = 0;
}

uint32_t kernel_take_rings(void)
{
    uint32_t n = n_rings;

    n_rings = 0;
    return n;
}

uint64_t sys_now_ns(void)
{
    peer_acts(false);
    return clock_ns += 100;
}

uint32_t sys_cpu(void)
{
    return 1;
}

int sys_futex_wait_two(const uint32_t *peer_word, uint32_t expected, const uint32_t *own_word,
                       uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (__atomic_load_n(peer_word, __ATOMIC_RELAXED) != expected ||
        __atomic_load_n(own_word, __ATOMIC_RELAXED))
        return -EAGAIN;
    return while_asleep ? while_asleep() : -ETIMEDOUT;
}

void sys_futex_wake_shared(const uint32_t *word, int n)
{
    (void)word, (void)n;
    peer_acts(true);
}

void sys_futex_wake_private(const uint32_t *word, int n)
{
    (void)word, (void)n;
}

void sys_ring(int event_fd)
{
    (void)event_fd;
    n_rings++;
}

int sys_epoll_read(int epoll_fd, uint32_t *ret_data, unsigned max)
{
    (void)epoll_fd, (void)ret_data, (void)max;
    return 0;
}

int sys_poll_two(int fd, int own_fd, uint64_t deadline_ns)
{
    (void)fd, (void)own_fd, (void)deadline_ns;
    return 0;
}

int sys_eventfd_new(void)
{
    return -ENOSYS;
}

int sys_epoll_new(void)
{
    return -ENOSYS;
}

int sys_epoll_change(int epoll_fd, int operation, int fd, uint32_t events, uint32_t data)
{
    (void)epoll_fd, (void)operation, (void)fd, (void)events, (void)data;
    return -ENOSYS;
}
