/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See closer.h. What waits is a chain through an array indexed by descriptor (next[fd] is the one
 * after it), so that handing in allocates nothing but a longer array for a new highest descriptor.
 * Without memory for that the descriptor is closed on the spot. */

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

struct closer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    int first; /* chain, -1: empty; guarded by lock, as all below */
    int *next; /* by descriptor */
    size_t n_next;
    uint32_t n_pending;
    bool ending, ended;
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

static void *closer_main(void *argument)
{
    struct closer *closer = argument;

    pthread_mutex_lock(&closer->lock);
    for (;;) {
        while (closer->first < 0 && !closer->ending)
            pthread_cond_wait(&closer->work, &closer->lock);
        if (closer->first < 0)
            break;
        int fd = closer->first;
        closer->first = closer->next[fd];
        pthread_mutex_unlock(&closer->lock);
        close(fd);
        pthread_mutex_lock(&closer->lock);
        if (--closer->n_pending == 0)
            idle_locked(closer);
    }
    closer->ended = true;
    pthread_cond_broadcast(&closer->idle);
    pthread_mutex_unlock(&closer->lock);
    return NULL;
}

static int thread_start(struct closer *closer)
{
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&closer->thread, NULL, closer_main, closer);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
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
    if (closer->bell_fd < 0 || thread_start(closer) != 0) {
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
    pthread_cond_signal(&closer->work);
    while (!closer->ended &&
           pthread_cond_timedwait(&closer->idle, &closer->lock, &until) != ETIMEDOUT)
        ;
    ended = closer->ended;
    pthread_mutex_unlock(&closer->lock);
    if (!ended) {
        pthread_detach(closer->thread);
        return NULL;
    }
    pthread_join(closer->thread, NULL);
    pthread_mutex_destroy(&closer->lock);
    pthread_cond_destroy(&closer->work);
    pthread_cond_destroy(&closer->idle);
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
