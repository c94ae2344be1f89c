/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See closer.h. What waits is a chain through an array indexed by descriptor (next[fd] is the one
 * after it), so that handing in allocates nothing but a longer array for a new highest descriptor.
 * Without memory for that the descriptor is closed on the spot.
 *
 * One thread closes, the leader; another stands by. When something waits and the leader has been in
 * one close() for STUCK_MS the one that stands by leads on, and starts the next to stand by. So a
 * descriptor that blocks holds up no other, those of dead clients above all, and costs a thread. */

#include "closer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"

#define THREADS_MAX 32 /* when so many are stuck, what comes then waits */
#define STUCK_MS    20

struct closer {
    pthread_mutex_t lock;
    pthread_cond_t work, idle, stuck;
    int first; /* chain, -1: empty; guarded by lock, as all below */
    int *next; /* by descriptor */
    size_t n_next;
    uint32_t n_pending;
    pthread_t threads[THREADS_MAX];
    uint32_t n_threads, n_in_close, n_ended;
    uint64_t turn; /* of the latest close() that began */
    bool is_led;   /* that one has not ended */
    bool ending;
    bool bell_wanted;
    int bell_fd;
};

static void idle_locked(struct closer *closer)
{
    pthread_cond_broadcast(&closer->idle);
    if (closer->bell_wanted)
        (void)!eventfd_write(closer->bell_fd, 1);
    closer->bell_wanted = false;
}

/* The leader is in close(). Is it still in the same one when it should long have ended? */
static bool leader_is_stuck_locked(struct closer *closer)
{
    const uint64_t turn = closer->turn;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STUCK_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (closer->is_led && closer->turn == turn &&
           pthread_cond_clockwait(&closer->stuck, &closer->lock, CLOCK_MONOTONIC, &until) !=
               ETIMEDOUT)
        ;
    return closer->is_led && closer->turn == turn;
}

static void close_one_locked(struct closer *closer)
{
    const uint64_t turn = ++closer->turn;
    int fd = closer->first;

    closer->is_led = true;
    closer->n_in_close++;
    closer->first = closer->next[fd];
    pthread_mutex_unlock(&closer->lock);
    close(fd);
    pthread_mutex_lock(&closer->lock);
    closer->n_in_close--;
    if (closer->turn == turn) /* else another leads by now */
        closer->is_led = false;
    if (--closer->n_pending == 0)
        idle_locked(closer);
}

static int thread_start_locked(struct closer *closer);

static void *closer_main(void *argument)
{
    struct closer *closer = argument;

    pthread_mutex_lock(&closer->lock);
    for (;;) {
        while (closer->first < 0 && !closer->ending)
            pthread_cond_wait(&closer->work, &closer->lock);
        if (closer->first < 0)
            break;
        if (closer->is_led && !leader_is_stuck_locked(closer))
            continue;
        if (closer->first < 0)
            continue;
        if (closer->n_threads == closer->n_in_close + 1 && closer->n_threads < THREADS_MAX)
            (void)!thread_start_locked(closer); /* without memory for one: at the next */
        close_one_locked(closer);
    }
    closer->n_ended++;
    pthread_cond_broadcast(&closer->idle);
    pthread_mutex_unlock(&closer->lock);
    return NULL;
}

static int thread_start_locked(struct closer *closer)
{
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&closer->threads[closer->n_threads], NULL, closer_main, closer);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    closer->n_threads += r == 0;
    return r;
}

struct closer *closer_new(void)
{
    struct closer *closer = calloc(1, sizeof(*closer));

    if (!closer)
        return NULL;
    closer->first = -1;
    closer->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&closer->lock, NULL);
    pthread_cond_init(&closer->work, NULL);
    pthread_cond_init(&closer->idle, NULL);
    pthread_cond_init(&closer->stuck, NULL);
    pthread_mutex_lock(&closer->lock);
    bool has_thread = closer->bell_fd >= 0 && thread_start_locked(closer) == 0;
    pthread_mutex_unlock(&closer->lock);
    if (!has_thread) {
        fd_close(closer->bell_fd);
        free(closer);
        return NULL;
    }
    return closer;
}

/* A descriptor that blocks for ever must not keep the daemon from ending. */
#define END_WAIT_SECONDS 2

struct closer *closer_free(struct closer *closer)
{
    struct timespec until;
    bool ended;

    if (!closer)
        return NULL;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += END_WAIT_SECONDS;
    pthread_mutex_lock(&closer->lock);
    closer->ending = true;
    pthread_cond_broadcast(&closer->work);
    while (closer->n_ended < closer->n_threads &&
           pthread_cond_timedwait(&closer->idle, &closer->lock, &until) != ETIMEDOUT)
        ;
    ended = closer->n_ended == closer->n_threads;
    pthread_mutex_unlock(&closer->lock);
    if (!ended)
        return NULL;
    for (uint32_t i = 0; i < closer->n_threads; i++)
        pthread_join(closer->threads[i], NULL);
    pthread_mutex_destroy(&closer->lock);
    pthread_cond_destroy(&closer->work);
    pthread_cond_destroy(&closer->idle);
    pthread_cond_destroy(&closer->stuck);
    fd_close(closer->bell_fd);
    free(closer->next);
    free(closer);
    return NULL;
}

static bool chain_reserve_locked(struct closer *closer, size_t fd)
{
    size_t n = (fd / 1024 + 1) * 1024;
    int *next;

    if (fd < closer->n_next)
        return true;
    next = reallocarray(closer->next, n, sizeof(*next));
    if (!next)
        return false;
    closer->next = next;
    closer->n_next = n;
    return true;
}

void closer_close(struct closer *closer, int fd)
{
    bool queued;

    if (fd < 0)
        return;
    pthread_mutex_lock(&closer->lock);
    queued = chain_reserve_locked(closer, (size_t)fd);
    if (queued) {
        closer->next[fd] = closer->first;
        closer->first = fd;
        closer->n_pending++;
        pthread_cond_signal(&closer->work);
    }
    pthread_mutex_unlock(&closer->lock);
    if (!queued)
        close(fd);
}

uint32_t closer_pending(struct closer *closer)
{
    uint32_t n;

    pthread_mutex_lock(&closer->lock);
    n = closer->n_pending;
    pthread_mutex_unlock(&closer->lock);
    return n;
}

bool closer_is_idle(struct closer *closer)
{
    eventfd_t count;
    bool is_idle;

    pthread_mutex_lock(&closer->lock);
    (void)!eventfd_read(closer->bell_fd, &count);
    is_idle = closer->n_pending == 0;
    closer->bell_wanted = !is_idle;
    pthread_mutex_unlock(&closer->lock);
    return is_idle;
}

int closer_bell(const struct closer *closer)
{
    return closer->bell_fd;
}

void closer_drain(struct closer *closer)
{
    pthread_mutex_lock(&closer->lock);
    while (closer->n_pending)
        pthread_cond_wait(&closer->idle, &closer->lock);
    pthread_mutex_unlock(&closer->lock);
}
