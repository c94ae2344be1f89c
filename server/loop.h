/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The daemon's one loop: descriptors (epoll, level-triggered) and timers. Single-threaded, like
 * everything in server/.
 *
 * A source or timer is embedded in what owns it and removed before that is freed; both may be
 * removed at any time, also from inside a callback (an event of the same batch that is still to
 * come is forgotten). The loop sleeps without a time-out when no timer is armed: an idle daemon
 * makes no wake-ups.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "common/macro.h"

struct loop;
struct source;
struct timer;

struct source {
    struct loop *loop; /* NULL: not added */
    int fd;            /* borrowed */
    uint32_t events;
    void (*ready)(struct source *source, uint32_t events);
};

struct timer {
    struct loop *loop; /* NULL: not armed */
    uint64_t deadline_ns;
    size_t place; /* in the heap */
    void (*expired)(struct timer *timer);
};

#define LOOP_BATCH 64 /* events, and timers, at a time */

struct loop {
    int epoll_fd;
    bool stopped;
    struct epoll_event batch[LOOP_BATCH];
    int n_batch;
    struct timer **heap;
    size_t n_timers, heap_size;
    void (*after_batch)(struct loop *loop); /* frees what the callbacks doomed; may be NULL */
};

int loop_init(struct loop *loop) _must_check_; /* 0 or -errno */
void loop_deinit(struct loop *loop);

/* Until loop_stop(). */
int loop_run(struct loop *loop) _must_check_;
/* One batch; wait: sleep for events when there are none. For tests, and the body of loop_run(). */
int loop_step(struct loop *loop, bool wait) _must_check_;
void loop_stop(struct loop *loop);

int source_add(struct source *source, struct loop *loop, int fd, uint32_t events,
               void (*ready)(struct source *source, uint32_t events)) _must_check_;
void source_events(struct source *source, uint32_t events);
void source_remove(struct source *source);

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */
uint64_t clock_nt(void); /* CLOCK_REALTIME as NT counts it: 100 ns since 1601 */

int timer_arm(struct timer *timer, struct loop *loop, uint64_t deadline_ns,
              void (*expired)(struct timer *timer)) _must_check_;
void timer_disarm(struct timer *timer);
