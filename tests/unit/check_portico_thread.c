/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "daemon.h"
#include "portico/process.h"
#include "portico/thread.h"

static status_t answer;
static bool was_alertable;

static status_t interrupted(bool alertable)
{
    was_alertable = alertable;
    return answer;
}

START_TEST(a_wake_that_comes_first_ends_the_sleep)
{
    struct portico_thread *thread = client_thread();
    struct pollfd fds[1];

    portico_thread_interrupt(thread);
    ck_status(thread_poll(thread, fds, 0, PORTICO_FOREVER), STATUS_ALERTED);
    the_process.hooks.interrupted = interrupted;
    answer = STATUS_USER_APC;
    ck_status(thread_consume_wake(thread, true), STATUS_USER_APC);
    ck_assert(was_alertable);
    ck_ok(thread_consume_wake(thread, true));
}
END_TEST

START_TEST(a_sleep_ends_at_its_deadline_and_a_poll_at_once)
{
    struct portico_thread *thread = client_thread();
    struct pollfd fds[1];

    ck_status(thread_poll(thread, fds, 0, PORTICO_POLL), STATUS_TIMEOUT);
    int64_t deadline = (int64_t)sys_now_ns() + 3000000;
    ck_status(thread_poll(thread, fds, 0, deadline), STATUS_TIMEOUT);
    ck_assert_int_ge((int64_t)sys_now_ns(), deadline);
}
END_TEST

START_TEST(a_stale_edge_of_the_eventfd_wakes_nobody)
{
    struct portico_thread *thread = client_thread();
    struct pollfd fds[1];

    ck_assert_int_eq(eventfd_write(thread->wake.event_fd, 1), 0);
    ck_status(thread_poll(thread, fds, 0, (int64_t)sys_now_ns() + 1000000), STATUS_TIMEOUT);
}
END_TEST

START_TEST(a_ready_descriptor_ends_the_sleep)
{
    struct portico_thread *thread = client_thread();
    int fd = eventfd(1, EFD_CLOEXEC);
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}};

    ck_ok(thread_poll(thread, fds, 1, PORTICO_FOREVER));
    ck_assert_int_eq(fds[0].revents, POLLIN);
    close(fd);
}
END_TEST

static void *thread_main(void *argument)
{
    *(struct portico_thread **)argument = portico_thread_current();
    return NULL;
}

START_TEST(the_struct_of_a_thread_that_ended_is_used_again)
{
    struct portico_thread *own = portico_thread_current(), *first = NULL, *second = NULL;
    pthread_t thread;

    pthread_create(&thread, NULL, thread_main, &first);
    pthread_join(thread, NULL);
    portico_thread_interrupt(first); /* late: harmless */
    pthread_create(&thread, NULL, thread_main, &second);
    pthread_join(thread, NULL);
    ck_assert_ptr_eq(first, second);
    ck_assert_ptr_ne(first, own);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("portico thread");
    UNIT_TEST(a_wake_that_comes_first_ends_the_sleep);
    UNIT_TEST(a_sleep_ends_at_its_deadline_and_a_poll_at_once);
    UNIT_TEST(a_stale_edge_of_the_eventfd_wakes_nobody);
    UNIT_TEST(a_ready_descriptor_ends_the_sleep);
    UNIT_TEST(the_struct_of_a_thread_that_ended_is_used_again);
    return UNIT_END();
}
