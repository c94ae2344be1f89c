/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The system calls of the message path, in the product. tests/model replaces this file by a
 * modelled kernel, so it holds no logic: each function is one call and the turning of errno into
 * -errno. The calls go by syscall(): glibc's write, ppoll and epoll_wait are cancellation points,
 * of which each costs two locked instructions and some. FUTEX_WAITV (Linux 5.16) has no wrapper
 * and, in older headers, no definitions. */

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lane/sys.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* struct futex_waitv of <linux/futex.h>, which older headers lack. */
struct waitv_entry {
    uint64_t val;
    uint64_t uaddr;
    uint32_t flags;
    uint32_t reserved;
};
#define WAITV_U32     0x02u
#define WAITV_PRIVATE 128u

_Static_assert(sizeof(struct waitv_entry) == 24, "kernel layout");

uint64_t sys_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t sys_cpu(void)
{
    const struct rseq *rseq =
        (const void *)((const char *)__builtin_thread_pointer() + __rseq_offset);
    uint32_t cpu = __rseq_size ? *(volatile const uint32_t *)&rseq->cpu_id : UINT32_MAX;

    if (UNLIKELY((int32_t)cpu < 0)) {
        int slow = sched_getcpu();
        cpu = slow < 0 ? 0 : (uint32_t)slow;
    }
    return cpu;
}

int sys_futex_wait_two(const uint32_t *peer_word, uint32_t expected, const uint32_t *own_word,
                       uint64_t deadline_ns)
{
    struct waitv_entry entries[2] = {
        {expected, (uintptr_t)peer_word, WAITV_U32, 0},
        {0, (uintptr_t)own_word, WAITV_U32 | WAITV_PRIVATE, 0},
    };
    struct timespec deadline = {(time_t)(deadline_ns / 1000000000u),
                                (long)(deadline_ns % 1000000000u)};

    if (syscall(SYS_futex_waitv, entries, 2, 0, deadline_ns == SYS_FOREVER ? NULL : &deadline,
                CLOCK_MONOTONIC) < 0)
        return -errno;
    return 0;
}

void sys_futex_wake_shared(const uint32_t *word, int n)
{
    syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void sys_futex_wake_private(const uint32_t *word, int n)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);
}

void sys_ring(int event_fd)
{
    static const uint64_t one = 1;
    long n = syscall(SYS_write, event_fd, &one, sizeof(one));

    (void)n; /* EAGAIN: the counter is at its end, so the bell rings already. */
}

int sys_epoll_read(int epoll_fd, uint32_t *ret_data, unsigned max)
{
    struct epoll_event events[64];
    long n = syscall(SYS_epoll_wait, epoll_fd, events, (int)MIN(max, ARRAY_SIZE(events)), 0);

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++)
        ret_data[i] = events[i].data.u32;
    return (int)n;
}

int sys_poll_two(int fd, int own_fd, uint64_t deadline_ns)
{
    struct pollfd fds[2] = {{fd, POLLIN, 0}, {own_fd, POLLIN, 0}};
    struct timespec left = {0, 0};

    if (deadline_ns != SYS_FOREVER) {
        uint64_t now = sys_now_ns();
        uint64_t ns = deadline_ns > now ? deadline_ns - now : 0;
        left.tv_sec = (time_t)(ns / 1000000000u);
        left.tv_nsec = (long)(ns % 1000000000u);
    }
    long n = syscall(SYS_ppoll, fds, 2, deadline_ns == SYS_FOREVER ? NULL : &left, NULL, 0);
    if (n < 0)
        return -errno;
    return (fds[0].revents ? 1 : 0) | (fds[1].revents ? 2 : 0);
}

int sys_eventfd_new(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

int sys_epoll_new(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int sys_epoll_change(int epoll_fd, int operation, int fd, uint32_t events, uint32_t data)
{
    struct epoll_event event = {.events = events, .data.u32 = data};

    return epoll_ctl(epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}
