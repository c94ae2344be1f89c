/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the end of a process means for others: co-holders of its ports, its peers. */
#include "config.h"

#include "alpc/death.h"

#include "server_ports.h"

static struct peer second;

/* b gets the listener too. */
static handle_t share_listener(void)
{
    struct process_open_reply process;
    struct handle_duplicate_reply copy;

    ck_assert_uint_eq(CALL(&pair.a, process_open, &process, .process_id = (uint32_t)pair.pid_b,
                           .access = 0x1fffff),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = pair.listener, .target_process = process.handle,
                           .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    return copy.handle;
}

START_TEST(a_port_outlives_one_of_two_holders)
{
    struct alpc_query_reply asked;
    struct port_message message;
    struct holder other;
    handle_t copy;

    pair_start();
    copy = share_listener();
    ck_assert_uint_eq(CALL(&pair.b, alpc_query, &asked, .port = copy), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.kind, PORT_KIND_CONNECTION);
    holder_open(&other, pair.b.fds[0], asked.memory_size, pair.pid_b);
    child_die(pair.pid_a);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    ck_assert_uint_eq(pair_ask(0, "again", 5), STATUS_SUCCESS);
    ck_assert_int_eq(holder_receive(&other, &pair.b, copy, &message), PORT_RECEIVED);
    ck_assert_mem_eq(message.data, "again", 5);
    holder_close(&other);
    pair.pid_a = fixture_child();
    pair_end();
}
END_TEST

START_TEST(a_client_port_held_twice_outlives_one_holder)
{
    struct process_open_reply process;
    struct handle_duplicate_reply copy;
    struct alpc_lane_reply mine, theirs;
    pid_t pid = fixture_child();

    pair_start();
    pair_connect();
    peer_start(&second, pair.server, pid, 33);
    ck_assert_uint_eq(
        CALL(&pair.b, process_open, &process, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = pair.b_port, .target_process = process.handle,
                           .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&second, alpc_lane, &theirs, .port = copy.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &mine, .port = pair.b_port), STATUS_SUCCESS);
    /* Exactly one producer process for each lane. */
    ck_assert_uint_ne(mine.lane.lane, theirs.lane.lane);
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_connections, 1);
    ck_assert_uint_eq(CALL(&second, alpc_lane, &theirs, .port = copy.handle), STATUS_SUCCESS);
    child_die(pid);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    peer_end(&second);
    pair.pid_b = fixture_child();
    pair_end();
}
END_TEST

START_TEST(deaths_in_any_order_leave_nothing)
{
    for (int order = 0; order < 4; order++) {
        pair_start();
        pair_connect();
        if (order & 1) {
            struct alpc_lane_reply lane;
            ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &lane, .port = pair.a_port), STATUS_SUCCESS);
        }
        child_die(order & 2 ? pair.pid_a : pair.pid_b);
        child_die(order & 2 ? pair.pid_b : pair.pid_a);
        ck_assert_uint_eq(pair.server->n_ports, 0);
        ck_assert_uint_eq(pair.server->n_lanes, 0);
        ck_assert_uint_eq(pair.server->n_handles, 0);
        pair.pid_a = fixture_child();
        pair.pid_b = fixture_child();
        pair_end();
    }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("death");
    UNIT_TEST(a_port_outlives_one_of_two_holders);
    UNIT_TEST(a_client_port_held_twice_outlives_one_holder);
    UNIT_TEST(deaths_in_any_order_leave_nothing);
    return UNIT_END();
}
