/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "wait.h"

#include "mutant.h"
#include "server_fixture.h"

static struct server *server;
static struct peer a, b; /* two threads of this process */

static void start(void)
{
    server = fixture_start();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, 0, 2);
}

static void end(void)
{
    ck_assert_uint_eq(server->n_parked, 0);
    peer_end(&a);
    peer_end(&b);
    fixture_end();
}

static handle_t event(bool manual, bool signaled)
{
    struct event_create_reply reply;

    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &reply, "", 0, .access = 0x1f0003,
                                 .manual_reset = manual, .signaled = signaled),
                      STATUS_SUCCESS);
    return reply.handle;
}

static handle_t semaphore(uint32_t count)
{
    struct semaphore_create_reply reply;

    ck_assert_uint_eq(CALL_NAMED(&a, semaphore_create, &reply, "", 0, .access = 0x1f0003,
                                 .count = count, .maximum = 10),
                      STATUS_SUCCESS);
    return reply.handle;
}

static void set(struct peer *peer, handle_t handle, uint32_t change)
{
    struct event_change_reply reply;

    ck_assert_uint_eq(CALL(peer, event_change, &reply, .handle = handle, .change = change),
                      STATUS_SUCCESS);
}

static uint32_t is_set(handle_t handle)
{
    struct event_query_reply reply;

    ck_assert_uint_eq(CALL(&a, event_query, &reply, .handle = handle), STATUS_SUCCESS);
    return reply.signaled;
}

static struct wait_reply reply;

static status_t wait_for(struct peer *peer, const handle_t *handles, uint32_t n, bool all,
                         int64_t timeout)
{
    return CALL_DATA(peer, wait, &reply, handles, n * sizeof(*handles), .timeout_ns = timeout,
                     .mode = all ? WAIT_MODE_ALL : WAIT_MODE_ANY);
}

static status_t woken(struct peer *peer)
{
    return peer_receive(peer, &reply, sizeof(reply)) ? reply.header.status : STATUS_PENDING;
}

START_TEST(a_wait_is_answered_when_the_event_is_set)
{
    handle_t e[1];

    start();
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    ck_assert_uint_eq(server->n_parked, 1);
    set(&a, e[0], EVENT_CHANGE_SET);
    ck_assert_uint_eq(woken(&b), STATUS_SUCCESS);
    ck_assert_uint_eq(is_set(e[0]), 0);
    end();
}
END_TEST

START_TEST(wait_any_takes_the_first_and_only_that)
{
    handle_t e[3];

    start();
    e[0] = event(false, false);
    e[1] = event(false, true);
    e[2] = event(false, true);
    ck_assert_uint_eq(wait_for(&b, e, 3, false, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.index, 1);
    ck_assert_uint_eq(is_set(e[1]), 0);
    ck_assert_uint_eq(is_set(e[2]), 1);
    end();
}
END_TEST

START_TEST(wait_all_takes_nothing_until_it_can_take_all)
{
    handle_t e[2];

    start();
    e[0] = event(false, true);
    e[1] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 2, true, TIMEOUT_NEVER), STATUS_PENDING);
    ck_assert_uint_eq(is_set(e[0]), 1);
    set(&a, e[1], EVENT_CHANGE_SET);
    ck_assert_uint_eq(woken(&b), STATUS_SUCCESS);
    ck_assert_uint_eq(is_set(e[0]) + is_set(e[1]), 0);
    end();
}
END_TEST

START_TEST(a_look_ends_when_all_are_there_and_takes_none)
{
    handle_t e[2];

    start();
    e[0] = event(false, true);
    e[1] = event(false, false);
    for (int i = 0; i < 2; i++) { /* parked, then at once */
        status_t status = CALL_DATA(&b, wait, &reply, e, sizeof(e), .mode = WAIT_MODE_LOOK,
                                    .timeout_ns = TIMEOUT_NEVER);

        ck_assert_uint_eq(status, i ? STATUS_SUCCESS : STATUS_PENDING);
        set(&a, e[1], EVENT_CHANGE_SET);
        if (!i)
            ck_assert_uint_eq(woken(&b), STATUS_SUCCESS);
        ck_assert_uint_eq(is_set(e[0]) + is_set(e[1]), 2);
    }
    ck_assert_uint_eq(CALL_DATA(&b, wait, &reply, e, sizeof(e), .mode = WAIT_MODE_LOOK + 1),
                      STATUS_INVALID_PARAMETER);
    end();
}
END_TEST

START_TEST(the_end_of_the_time_and_a_poll_are_time_outs)
{
    handle_t e[1];

    start();
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, 0), STATUS_TIMEOUT);
    /* One nanosecond is over when the loop next looks. */
    ck_assert_uint_eq(wait_for(&b, e, 1, false, 1), STATUS_TIMEOUT);
    end();
}
END_TEST

START_TEST(cancel_ends_a_wait_and_takes_nothing)
{
    struct cancel_request_request cancel = {.header = {.code = REQ_cancel_request}};
    handle_t e[1];

    start();
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    peer_send(&b, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_uint_eq(woken(&b), STATUS_CANCELLED);
    set(&a, e[0], EVENT_CHANGE_SET);
    ck_assert_uint_eq(is_set(e[0]), 1);
    /* With nothing parked it does nothing: no reply comes. */
    peer_send(&b, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_uint_eq(woken(&b), STATUS_PENDING);
    end();
}
END_TEST

START_TEST(another_thread_is_cancelled_by_id_and_sequence)
{
    struct cancel_request_request cancel = {.header = {.code = REQ_cancel_request}, .thread_id = 2};
    handle_t e[1];

    start();
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    cancel.target = b.sequence + 1;
    peer_send(&a, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_uint_eq(woken(&b), STATUS_PENDING);
    cancel.target = b.sequence;
    peer_send(&a, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_uint_eq(woken(&b), STATUS_CANCELLED);
    end();
}
END_TEST

START_TEST(a_manual_event_lets_everybody_go_an_automatic_one_only_the_first)
{
    handle_t e[1];

    start();
    e[0] = event(true, false);
    ck_assert_uint_eq(wait_for(&a, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    static struct peer c;
    peer_start(&c, server, 0, 3);
    set(&c, e[0], EVENT_CHANGE_PULSE);
    ck_assert_uint_eq(woken(&a), STATUS_SUCCESS);
    ck_assert_uint_eq(woken(&b), STATUS_SUCCESS);
    ck_assert_uint_eq(is_set(e[0]), 0);
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    ck_assert_uint_eq(wait_for(&a, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    set(&c, e[0], EVENT_CHANGE_SET);
    ck_assert_uint_eq(woken(&b), STATUS_SUCCESS);
    ck_assert_uint_eq(woken(&a), STATUS_PENDING);
    set(&c, e[0], EVENT_CHANGE_SET);
    ck_assert_uint_eq(woken(&a), STATUS_SUCCESS);
    peer_end(&c);
    end();
}
END_TEST

START_TEST(a_waiter_that_goes_away_takes_nothing)
{
    handle_t e[1];

    start();
    e[0] = event(false, false);
    ck_assert_uint_eq(wait_for(&b, e, 1, false, TIMEOUT_NEVER), STATUS_PENDING);
    peer_end(&b);
    ck_assert_uint_eq(server->n_parked, 0);
    set(&a, e[0], EVENT_CHANGE_SET);
    ck_assert_uint_eq(is_set(e[0]), 1);
    end();
}
END_TEST

START_TEST(signal_and_wait_signals_first)
{
    handle_t s, e[1];

    start();
    s = semaphore(0);
    e[0] = event(false, false);
    ck_assert_uint_eq(CALL_DATA(&b, wait, &reply, e, sizeof(e), .timeout_ns = 0, .signal = s),
                      STATUS_TIMEOUT);
    ck_assert_uint_eq(wait_for(&a, &s, 1, false, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_DATA(&b, wait, &reply, e, sizeof(e), .timeout_ns = 0, .signal = 4000),
                      STATUS_INVALID_HANDLE);
    end();
}
END_TEST

START_TEST(misuses_have_their_statuses)
{
    handle_t e[WAIT_HANDLES_MAX + 1] = {0};
    struct directory_create_reply directory;

    start();
    e[0] = e[1] = event(true, true);
    ck_assert_uint_eq(wait_for(&a, e, 0, false, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(wait_for(&a, e, WAIT_HANDLES_MAX + 1, false, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(wait_for(&a, e, 1, false, -2), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(wait_for(&a, e, 2, true, 0), STATUS_INVALID_PARAMETER_MIX);
    ck_assert_uint_eq(wait_for(&a, e, 2, false, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(wait_for(&a, e, 3, false, 0), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL_NAMED(&a, directory_create, &directory, "", 0, .access = 0x1f000f),
                      STATUS_SUCCESS);
    e[0] = directory.handle;
    ck_assert_uint_eq(wait_for(&a, e, 1, false, 0), STATUS_OBJECT_TYPE_MISMATCH);
    end();
}
END_TEST

static struct wait_begin_reply begun;

static status_t begin(struct peer *peer, handle_t handle)
{
    return CALL(peer, wait_begin, &begun, .handle = handle);
}

/* The next notice's wait; 0: none. */
static uint64_t met(struct peer *notice)
{
    struct wait_met_notice told = {0};

    fixture_steps();
    if (!peer_receive(notice, &told, sizeof(told)))
        return 0;
    ck_assert_uint_eq(told.header.code, NOTICE_wait_met);
    return told.wait_id;
}

static status_t finish(struct peer *peer, uint64_t id)
{
    struct wait_end_reply ended;

    return CALL(peer, wait_end, &ended, .wait_id = id);
}

START_TEST(a_standing_wait_is_met_once_by_a_notice)
{
    static struct peer notice;
    uint64_t first;
    handle_t e;

    server = fixture_start();
    peer_open(&notice, server, 0);
    ck_assert_uint_eq(peer_hello(&notice, HELLO_NOTICE, 0), STATUS_SUCCESS);
    peer_start(&a, server, 0, 1);
    e = event(false, false);
    ck_assert_uint_eq(begin(&a, e), STATUS_SUCCESS);
    ck_assert_uint_eq(begun.signaled, 0);
    first = begun.wait_id;
    ck_assert_uint_eq(begin(&a, e), STATUS_SUCCESS);
    ck_assert_uint_ne(begun.wait_id, first);
    ck_assert_uint_eq(met(&notice), 0);
    set(&a, e, EVENT_CHANGE_SET);
    ck_assert_uint_eq(met(&notice), first);
    ck_assert_uint_eq(met(&notice), 0);
    ck_assert_uint_eq(is_set(e), 0);
    ck_assert_uint_eq(finish(&a, first), STATUS_NOT_FOUND);
    ck_assert_uint_eq(finish(&a, begun.wait_id), STATUS_SUCCESS);
    ck_assert_uint_eq(finish(&a, begun.wait_id), STATUS_NOT_FOUND);
    set(&a, e, EVENT_CHANGE_SET);
    ck_assert_uint_eq(met(&notice), 0);
    ck_assert_uint_eq(begin(&a, e), STATUS_SUCCESS);
    ck_assert_uint_eq(begun.signaled, 1);
    ck_assert_uint_eq(begun.wait_id, 0);
    ck_assert_uint_eq(is_set(e), 0);
    peer_end(&a);
    peer_end(&notice);
    fixture_end();
}
END_TEST

START_TEST(standing_waits_go_with_their_process)
{
    static struct peer notice;
    handle_t e, own;

    server = fixture_start();
    peer_open(&notice, server, 0);
    ck_assert_uint_eq(peer_hello(&notice, HELLO_NOTICE, 0), STATUS_SUCCESS);
    peer_start(&a, server, 0, 1);
    e = event(false, false);
    ck_assert_uint_eq(begin(&a, e), STATUS_SUCCESS);
    struct process_open_reply opened;
    ck_assert_uint_eq(CALL(&a, process_open, &opened, .process_id = (uint32_t)getpid(),
                           .access = ACCESS_SYNCHRONIZE),
                      STATUS_SUCCESS);
    own = opened.handle;
    ck_assert_uint_eq(begin(&a, own), STATUS_SUCCESS);
    peer_end(&a);
    peer_end(&notice);
    fixture_end(); /* nothing is left over */
}
END_TEST

START_TEST(a_standing_wait_needs_an_object_that_needs_no_owner)
{
    struct mutant_create_reply mutant;
    struct directory_create_reply directory;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, mutant_create, &mutant, "", 0, .access = 0x1f0001),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(begin(&a, mutant.handle), STATUS_NOT_SUPPORTED);
    ck_assert_uint_eq(CALL_NAMED(&a, directory_create, &directory, "", 0, .access = 0x1f000f),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(begin(&a, directory.handle), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(begin(&a, 4000), STATUS_INVALID_HANDLE);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("wait");
    UNIT_TEST(a_wait_is_answered_when_the_event_is_set);
    UNIT_TEST(wait_any_takes_the_first_and_only_that);
    UNIT_TEST(wait_all_takes_nothing_until_it_can_take_all);
    UNIT_TEST(a_look_ends_when_all_are_there_and_takes_none);
    UNIT_TEST(the_end_of_the_time_and_a_poll_are_time_outs);
    UNIT_TEST(cancel_ends_a_wait_and_takes_nothing);
    UNIT_TEST(another_thread_is_cancelled_by_id_and_sequence);
    UNIT_TEST(a_manual_event_lets_everybody_go_an_automatic_one_only_the_first);
    UNIT_TEST(a_waiter_that_goes_away_takes_nothing);
    UNIT_TEST(signal_and_wait_signals_first);
    UNIT_TEST(misuses_have_their_statuses);
    UNIT_TEST(a_standing_wait_is_met_once_by_a_notice);
    UNIT_TEST(standing_waits_go_with_their_process);
    UNIT_TEST(a_standing_wait_needs_an_object_that_needs_no_owner);
    return UNIT_END();
}
