/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The nested epoll instances of a receiving port. All members are edge-triggered but the inner
 * instance in the outer one: it is readable as long as an edge in it was not taken. Making and
 * changing them is the daemon's and not on the message path; reading and sleeping go through sys.h.
 *
 * The daemon never writes to an eventfd that somebody else holds: the open file is one, so the
 * other can take O_NONBLOCK away and fill the counter, and the daemon would sleep in write(2). */

#include <sys/epoll.h>

#include "common/fd.h"
#include "lane/doorbell.h"

#define OUTER_INNER  UINT32_MAX
#define OUTER_PORT   (UINT32_MAX - 1)
#define OUTER_DAEMON (UINT32_MAX - 2)

int doorbell_new(void)
{
    return sys_eventfd_new();
}

static int fill_outer(const struct doorbell_set *set)
{
    int error = sys_epoll_change(set->outer, EPOLL_CTL_ADD, set->inner, EPOLLIN, OUTER_INNER);

    if (!error)
        error = sys_epoll_change(set->outer, EPOLL_CTL_ADD, set->port_bell, EPOLLIN | EPOLLET,
                                 OUTER_PORT);
    if (!error)
        error = sys_epoll_change(set->outer, EPOLL_CTL_ADD, set->daemon_bell, EPOLLIN | EPOLLET,
                                 OUTER_DAEMON);
    return error;
}

int doorbell_set_open(struct doorbell_set *ret_set)
{
    struct doorbell_set set = {sys_epoll_new(), sys_epoll_new(), doorbell_new(), doorbell_new()};
    int error = MIN(MIN(set.inner, set.outer), MIN(set.port_bell, set.daemon_bell));

    error = MIN(error, 0);
    if (!error) {
        sys_ring(set.port_bell); /* readable for good: see doorbell_set_end */
        error = fill_outer(&set);
    }
    if (error) {
        doorbell_set_close(&set);
        return error;
    }
    doorbell_clear(set.outer);
    *ret_set = set;
    return 0;
}

void doorbell_set_close(struct doorbell_set *set)
{
    set->outer = fd_close(set->outer);
    set->inner = fd_close(set->inner);
    set->port_bell = fd_close(set->port_bell);
    set->daemon_bell = fd_close(set->daemon_bell);
}

void doorbell_set_end(const struct doorbell_set *set)
{
    (void)sys_epoll_change(set->outer, EPOLL_CTL_MOD, set->port_bell, EPOLLIN | EPOLLET,
                           OUTER_PORT);
}

int doorbell_add(const struct doorbell_set *set, int bell_fd, uint32_t lane_index)
{
    return sys_epoll_change(set->inner, EPOLL_CTL_ADD, bell_fd, EPOLLIN | EPOLLET, lane_index);
}

int doorbell_remove(const struct doorbell_set *set, int bell_fd)
{
    return sys_epoll_change(set->inner, EPOLL_CTL_DEL, bell_fd, 0, 0);
}

int doorbell_rearm(const struct doorbell_set *set, int bell_fd, uint32_t lane_index)
{
    return sys_epoll_change(set->inner, EPOLL_CTL_MOD, bell_fd, EPOLLIN | EPOLLET, lane_index);
}

void doorbell_ring(int bell_fd)
{
    sys_ring(bell_fd);
}

unsigned doorbell_read(int inner_fd, uint32_t *ret_lanes, unsigned max)
{
    int n = sys_epoll_read(inner_fd, ret_lanes, max);

    return n < 0 ? 0 : (unsigned)n;
}

void doorbell_clear(int outer_fd)
{
    uint32_t data[4];

    (void)sys_epoll_read(outer_fd, data, ARRAY_SIZE(data));
}

enum lane_result doorbell_sleep(int outer_fd, const struct lane_wake *wake, uint64_t deadline_ns)
{
    if (wake_peek(wake) != 0)
        return LANE_WOKEN;
    int ready = sys_poll_two(outer_fd, wake->event_fd, deadline_ns);
    if (wake_peek(wake) != 0)
        return LANE_WOKEN;
    return ready == 0 ? LANE_TIMEOUT : LANE_OK;
}
