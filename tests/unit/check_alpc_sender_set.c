/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A client port that several processes send on. */
#include "config.h"

#include "alpc/sender_set.h"

#include "server_ports.h"

/* A process of its own that sends on pair.b's client port. */
static status_t borrow_client_port(struct peer *peer, pid_t pid)
{
    struct process_open_reply process;
    struct handle_duplicate_reply copy;
    struct alpc_lane_reply lane;

    peer_start(peer, pair.server, pid, 33);
    ck_assert_uint_eq(
        CALL(&pair.b, process_open, &process, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = pair.b_port, .target_process = process.handle,
                           .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    return CALL(peer, alpc_lane, &lane, .port = copy.handle);
}

START_TEST(a_client_port_has_a_limit_of_senders_and_the_dead_leave_their_places)
{
    static struct peer others[PORT_SENDERS_MAX];
    pid_t pids[PORT_SENDERS_MAX];
    struct port_message message;

    pair_start();
    pair_connect();
    holder_bells(&pair.holder, &pair.a, pair.listener);
    for (int i = 0; i < (int)PORT_SENDERS_MAX; i++) {
        pids[i] = fixture_child();
        ck_assert_uint_eq(borrow_client_port(&others[i], pids[i]),
                          i < (int)PORT_SENDERS_MAX - 1 ? STATUS_SUCCESS : STATUS_QUOTA_EXCEEDED);
    }
    for (int round = 0; round < 5; round++) {
        child_die(pids[0]);
        peer_end(&others[0]);
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_EMPTY); /* what it sent has been seen */
        pids[0] = fixture_child();
        ck_assert_uint_eq(borrow_client_port(&others[0], pids[0]), STATUS_SUCCESS);
    }
    for (int i = 0; i < (int)PORT_SENDERS_MAX; i++) {
        child_die(pids[i]);
        peer_end(&others[i]);
    }
    ck_assert_uint_eq(pair.server->n_connections, 1);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("sender_set");
    UNIT_TEST(a_client_port_has_a_limit_of_senders_and_the_dead_leave_their_places);
    return UNIT_END();
}
