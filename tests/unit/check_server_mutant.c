/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "mutant.h"

#include "server_fixture.h"

static struct server *server;
static struct peer a, b;

static void start(void)
{
    server = fixture_start();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, 0, 2);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    fixture_end();
}

static handle_t mutant(struct peer *peer, uint32_t recursion)
{
    struct mutant_create_reply reply;

    ck_assert_uint_eq(
        CALL_NAMED(peer, mutant_create, &reply, "", 0, .access = 0x1f0001, .recursion = recursion),
        STATUS_SUCCESS);
    return reply.handle;
}

static struct wait_reply waited;

static status_t take(struct peer *peer, handle_t handle, int64_t timeout)
{
    return CALL_DATA(peer, wait, &waited, &handle, sizeof(handle), .timeout_ns = timeout);
}

static int32_t count(handle_t handle)
{
    struct mutant_query_reply reply;

    ck_assert_uint_eq(CALL(&b, mutant_query, &reply, .handle = handle), STATUS_SUCCESS);
    return reply.count;
}

START_TEST(only_the_owner_releases_and_takes_again)
{
    struct mutant_release_reply reply;
    handle_t m;

    start();
    m = mutant(&a, 1);
    ck_assert_int_eq(count(m), 0);
    ck_assert_uint_eq(take(&a, m, 0), STATUS_SUCCESS);
    ck_assert_int_eq(count(m), -1);
    ck_assert_uint_eq(take(&b, m, 0), STATUS_TIMEOUT);
    ck_assert_uint_eq(CALL(&b, mutant_release, &reply, .handle = m), STATUS_MUTANT_NOT_OWNED);
    ck_assert_uint_eq(CALL(&a, mutant_release, &reply, .handle = m), STATUS_SUCCESS);
    ck_assert_int_eq(reply.previous, -1);
    ck_assert_uint_eq(CALL(&a, mutant_release, &reply, .handle = m), STATUS_SUCCESS);
    ck_assert_int_eq(reply.previous, 0);
    ck_assert_uint_eq(CALL(&a, mutant_release, &reply, .handle = m), STATUS_MUTANT_NOT_OWNED);
    ck_assert_uint_eq(take(&b, m, 0), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(the_death_of_a_thread_abandons_to_the_next_waiter)
{
    handle_t m;

    start();
    m = mutant(&a, 2);
    ck_assert_uint_eq(take(&b, m, TIMEOUT_NEVER), STATUS_PENDING);
    peer_end(&a);
    ck_assert_uint_ne(peer_receive(&b, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(waited.header.status, STATUS_ABANDONED_WAIT_0);
    ck_assert_int_eq(count(m), 0);
    end();
}
END_TEST

START_TEST(an_abandonment_is_told_once)
{
    struct mutant_release_reply reply;
    handle_t m;

    start();
    m = mutant(&a, 1);
    peer_end(&a);
    ck_assert_int_eq(count(m), 1);
    ck_assert_uint_eq(take(&b, m, 0), STATUS_ABANDONED_WAIT_0);
    ck_assert_uint_eq(CALL(&b, mutant_release, &reply, .handle = m), STATUS_SUCCESS);
    ck_assert_uint_eq(take(&b, m, 0), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(an_owned_mutant_may_be_destroyed)
{
    struct handle_close_reply reply;
    handle_t m;

    start();
    m = mutant(&a, 1);
    ck_assert_uint_eq(CALL(&a, handle_close, &reply, .handle = m), STATUS_SUCCESS);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("mutant");
    UNIT_TEST(only_the_owner_releases_and_takes_again);
    UNIT_TEST(the_death_of_a_thread_abandons_to_the_next_waiter);
    UNIT_TEST(an_abandonment_is_told_once);
    UNIT_TEST(an_owned_mutant_may_be_destroyed);
    return UNIT_END();
}
