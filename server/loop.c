/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See loop.h. The timers are a binary heap ordered by deadline; `place` lets disarm remove from the
 * middle. */

#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll_fd < 0 ? -errno : 0;
}

void loop_deinit(struct loop *loop)
{
    assert(loop->n_timers == 0);
    free(loop->heap);
    loop->heap = NULL;
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->epoll_fd = -1;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#define NT_EPOCH_100NS INT64_C(116444736000000000) /* 1601 to 1970 */

uint64_t clock_nt(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)(now.tv_sec * INT64_C(10000000) + now.tv_nsec / 100 + NT_EPOCH_100NS);
}

/* Some of those that are due: however many a program has set, who asks something is answered in
 * between. */
static void timers_expire(struct loop *loop)
{
    uint64_t now = loop->n_timers ? clock_ns() : 0;

    for (int i = 0; i < LOOP_BATCH && loop->n_timers && loop->heap[0]->deadline_ns <= now; i++) {
        struct timer *timer = loop->heap[0];

        timer_disarm(timer);
        timer->expired(timer);
    }
}

static int events_wait(struct loop *loop, bool wait)
{
    struct timespec left = {0}, *timeout = &left;

    if (wait && loop->n_timers) {
        uint64_t now = clock_ns(), deadline = loop->heap[0]->deadline_ns;
        uint64_t ns = deadline > now ? deadline - now : 0;

        left.tv_sec = (time_t)(ns / 1000000000u);
        left.tv_nsec = (long)(ns % 1000000000u);
    } else if (wait) {
        timeout = NULL;
    }
    return epoll_pwait2(loop->epoll_fd, loop->batch, LOOP_BATCH, timeout, NULL);
}

int loop_step(struct loop *loop, bool wait)
{
    int n = events_wait(loop, wait);

    if (n < 0 && errno != EINTR)
        return -errno;
    loop->n_batch = n < 0 ? 0 : n;
    for (int i = 0; i < loop->n_batch; i++) {
        struct source *source = loop->batch[i].data.ptr;

        if (source)
            source->ready(source, loop->batch[i].events);
    }
    loop->n_batch = 0;
    timers_expire(loop);
    if (loop->after_batch)
        loop->after_batch(loop);
    return 0;
}

int loop_run(struct loop *loop)
{
    int r = 0;

    while (!loop->stopped && r == 0)
        r = loop_step(loop, true);
    return r;
}

int source_add(struct source *source, struct loop *loop, int fd, uint32_t events,
               void (*ready)(struct source *source, uint32_t events))
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return -errno;
    *source = (struct source){.loop = loop, .fd = fd, .events = events, .ready = ready};
    return 0;
}

void source_events(struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (!source->loop || source->events == events)
        return;
    /* Cannot fail: the descriptor is a member, and a change allocates nothing. */
    if (epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) == 0)
        source->events = events;
}

void source_remove(struct source *source)
{
    struct loop *loop = source->loop;

    if (!loop)
        return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    for (int i = 0; i < loop->n_batch; i++) {
        if (loop->batch[i].data.ptr == source)
            loop->batch[i].data.ptr = NULL;
    }
    source->loop = NULL;
}

static void heap_put(struct loop *loop, size_t place, struct timer *timer)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void heap_up(struct loop *loop, struct timer *timer)
{
    size_t place = timer->place;

    while (place && loop->heap[(place - 1) / 2]->deadline_ns > timer->deadline_ns) {
        heap_put(loop, place, loop->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    heap_put(loop, place, timer);
}

static void heap_down(struct loop *loop, struct timer *timer)
{
    size_t place = timer->place, child;

    while ((child = 2 * place + 1) < loop->n_timers) {
        if (child + 1 < loop->n_timers &&
            loop->heap[child + 1]->deadline_ns < loop->heap[child]->deadline_ns)
            child++;
        if (loop->heap[child]->deadline_ns >= timer->deadline_ns)
            break;
        heap_put(loop, place, loop->heap[child]);
        place = child;
    }
    heap_put(loop, place, timer);
}

int timer_arm(struct timer *timer, struct loop *loop, uint64_t deadline_ns,
              void (*expired)(struct timer *timer))
{
    timer_disarm(timer);
    if (loop->n_timers == loop->heap_size) {
        size_t size = loop->heap_size ? 2 * loop->heap_size : 16;
        struct timer **heap = reallocarray(loop->heap, size, sizeof(*heap));

        if (!heap)
            return -ENOMEM;
        loop->heap = heap;
        loop->heap_size = size;
    }
    *timer = (struct timer){
        .loop = loop, .deadline_ns = deadline_ns, .place = loop->n_timers, .expired = expired};
    loop->n_timers++;
    heap_up(loop, timer);
    return 0;
}

void timer_disarm(struct timer *timer)
{
    struct loop *loop = timer->loop;
    struct timer *last;

    if (!loop)
        return;
    timer->loop = NULL;
    last = loop->heap[--loop->n_timers];
    if (last == timer)
        return;
    heap_put(loop, timer->place, last);
    heap_up(loop, last);
    heap_down(loop, last);
}
