/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A thread as the library sees it: its request socket and its wake word (lane/wait.h).
 *
 * A blocked thread sleeps on its own private wake word, alone or beside a word that the other end
 * of a lane can write, or in poll with the word's eventfd. Who wants it awake sets a bit in the
 * word first, so that nothing is lost between the last check and the sleep. The struct is recycled,
 * never freed: a late wake finds memory, wakes a stranger once, who looks and sleeps on. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "control.h"
#include "lane/wait.h"

#define WAKE_INTERRUPT 1u /* portico_thread_interrupt: ask hooks.interrupted */
#define WAKE_NOTICE    2u /* a connection ended: look at the port again */
#define WAKE_ALL       3u

/* Whom the server sees in a thread: security.c. */
enum thread_acts {
    THREAD_ACTS_UNKNOWN, /* it may have been given a token before it was known here */
    THREAD_ACTS_ITSELF,
    THREAD_ACTS_ANOTHER
};

struct portico_thread {
    struct control control;
    struct lane_wake wake; /* WAKE_* */
    uint32_t thread_id;
    _Atomic uint32_t acts; /* enum thread_acts */
    struct list free_link; /* thread.c's free list */
    struct outbound
        *using_outbound; /* may hold one of its lanes: written before waiting_on; atomic */
    struct request_data *_Atomic describes; /* memory of the request that it waits with, or NULL */
    _Atomic bool data_wanted;               /* somebody wants some of it: request_data.c, race 1 */
    struct port *_Atomic waiting_on; /* blocked until this port answers or ends; sync.c, race 1 */
    struct portico_thread *next_thread; /* all that were ever made */
};

struct portico_thread *client_thread(void);

/* WAKE_NOTICE for every thread whose waiting_on is this port. */
struct port;
void threads_wake_waiting_on(const struct port *port);
/* The receiver of a request wants some of the memory that it describes: to the thread that waits
 * with it. False: none does. */
bool thread_want_data(uint32_t thread_id);
/* Does any other thread use a lane of this outbound outside its lock? */
struct outbound;
bool threads_use_outbound(const struct outbound *outbound);

/* The thread of that id in this process, if it is known here, acts so. */
void thread_note_acts(uint32_t thread_id, enum thread_acts acts);

/* Ends a sleep: consumes the thread's wake bits and says whether the wait goes on (STATUS_SUCCESS)
 * or ends. */
status_t thread_consume_wake(struct portico_thread *thread, bool alertable);

/* poll() on fds[0 .. n) and the thread's eventfd until one of the fds is ready (STATUS_SUCCESS,
 * revents set), the deadline (STATUS_TIMEOUT), or the thread is woken (STATUS_ALERTED: then
 * thread_consume_wake). fds has room for n + 1. */
struct pollfd;
status_t thread_poll(struct portico_thread *thread, struct pollfd *fds, unsigned n,
                     int64_t deadline_ns);

/* portico.h's deadline in libs/lane's terms. */
static inline uint64_t lane_deadline(int64_t deadline_ns)
{
    return deadline_ns == INT64_MAX ? SYS_FOREVER : (uint64_t)deadline_ns;
}
