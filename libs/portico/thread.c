/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Threads: see thread.h. The wake word outlives its thread's use of it; the eventfd beside it is
 * level-triggered and drained by the thread alone, after it has taken the bits (race 1: a raise
 * between the two leaves a stale edge, which costs one turn of a poll loop, never a sleep). */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"
#include "lane/atomics.h"
#include "process.h"
#include "thread.h"

static __thread struct portico_thread *self;
static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list free_threads = LIST_INIT(free_threads);
static struct portico_thread *_Atomic all_threads; /* grows only */

static void thread_release(void *pointer)
{
    struct portico_thread *thread = pointer;

    thread->control.fd = fd_close(thread->control.fd);
    wake_take(&thread->wake, WAKE_ALL);
    pthread_mutex_lock(&free_lock);
    list_append(&free_threads, &thread->free_link);
    pthread_mutex_unlock(&free_lock);
}

static void make_exit_key(void)
{
    if (pthread_key_create(&exit_key, thread_release) != 0)
        abort();
}

static struct portico_thread *thread_new(void)
{
    struct portico_thread *thread;

    pthread_mutex_lock(&free_lock);
    thread = list_first(&free_threads, struct portico_thread, free_link);
    if (thread)
        list_remove(&thread->free_link);
    pthread_mutex_unlock(&free_lock);
    if (thread)
        return thread;
    thread = calloc(1, sizeof(*thread));
    if (!thread)
        abort();
    wake_init(&thread->wake, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (thread->wake.event_fd < 0)
        abort();
    thread->control.fd = -1;
    thread->control.thread = thread;
    list_init(&thread->free_link);
    thread->next_thread = all_threads;
    while (!atomic_compare_exchange_weak(&all_threads, &thread->next_thread, thread))
        ;
    return thread;
}

void threads_wake_waiting_on(const struct port *port)
{
    for (struct portico_thread *thread = all_threads; thread; thread = thread->next_thread)
        if (thread->waiting_on == port)
            wake_raise(&thread->wake, WAKE_NOTICE);
}

void thread_note_acts(uint32_t thread_id, enum thread_acts acts)
{
    for (struct portico_thread *thread = all_threads; thread; thread = thread->next_thread)
        if (thread->thread_id == thread_id)
            thread->acts = acts;
}

static struct portico_thread *thread_first_use(void)
{
    self = thread_new();
    self->acts = THREAD_ACTS_UNKNOWN;
    self->thread_id = (uint32_t)gettid();
    pthread_once(&exit_key_once, make_exit_key);
    pthread_setspecific(exit_key, self);
    return self;
}

bool thread_want_data(uint32_t thread_id)
{
    for (struct portico_thread *thread = all_threads; thread; thread = thread->next_thread) {
        if (thread->thread_id != thread_id || !thread->describes)
            continue;
        thread->data_wanted = true;
        if (!thread->describes)
            return false; /* request_data.c, race 1 */
        wake_raise(&thread->wake, WAKE_NOTICE);
        return true;
    }
    return false;
}

bool threads_use_outbound(const struct outbound *outbound)
{
    atom_fence(); /* partners: waiting_on's store in sync_begin, the swap in send_reserved_datagram
                   */
    for (struct portico_thread *thread = all_threads; thread; thread = thread->next_thread)
        if (thread != self && atom_load(&thread->using_outbound) == outbound)
            return true;
    return false;
}

struct portico_thread *client_thread(void)
{
    return self ? self : thread_first_use();
}

struct portico_thread *portico_thread_current(void)
{
    return client_thread();
}

void portico_thread_interrupt(struct portico_thread *thread)
{
    int saved = errno;

    wake_raise(&thread->wake, WAKE_INTERRUPT);
    errno = saved;
}

static void drain(struct portico_thread *thread)
{
    eventfd_t count;

    if (eventfd_read(thread->wake.event_fd, &count) < 0 && errno != EAGAIN)
        abort();
}

status_t thread_consume_wake(struct portico_thread *thread, bool alertable)
{
    uint32_t bits = wake_take(&thread->wake, WAKE_ALL);

    drain(thread);
    if (bits & WAKE_INTERRUPT)
        return the_process.hooks.interrupted(alertable);
    return STATUS_SUCCESS;
}

static struct timespec *time_left(int64_t deadline_ns, struct timespec *left)
{
    int64_t now = 0;

    if (deadline_ns == PORTICO_FOREVER)
        return NULL;
    if (deadline_ns != PORTICO_POLL)
        now = (int64_t)sys_now_ns();
    left->tv_sec = deadline_ns > now ? (deadline_ns - now) / 1000000000 : 0;
    left->tv_nsec = deadline_ns > now ? (deadline_ns - now) % 1000000000 : 0;
    return left;
}

status_t thread_poll(struct portico_thread *thread, struct pollfd *fds, unsigned n,
                     int64_t deadline_ns)
{
    struct timespec left;

    fds[n] = (struct pollfd){.fd = thread->wake.event_fd, .events = POLLIN};
    while (!wake_peek(&thread->wake)) {
        counter_add(&the_counters.polls);
        int ready = ppoll(fds, n + 1, time_left(deadline_ns, &left), NULL);

        if (ready < 0 && errno != EINTR)
            abort();
        if (ready == 0)
            return STATUS_TIMEOUT;
        if (ready > (fds[n].revents != 0))
            return STATUS_SUCCESS;
        if (ready > 0 && !wake_peek(&thread->wake))
            drain(thread);
    }
    return STATUS_ALERTED;
}
