/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Connections as the daemon keeps them, driven through the handlers. */
#include "config.h"

#include "alpc/connect.h"

#include "server_ports.h"

#define NAME PORT_NAME
#define wide wide_attributes

static status_t port_connect(struct peer *peer, const char *name, uint32_t flags,
                             struct alpc_connect_reply *ret_reply)
{
    uint8_t data[256];
    uint32_t size = objattr_data(data, name, 0, 0, "hello", 5);

    return CALL_DATA(peer, alpc_connect, ret_reply, data, size, .attributes = wide,
                     .has_attributes = 1, .flags = flags, .message_size = 5,
                     .timeout_ns = TIMEOUT_NEVER);
}

/* The message id of the newest pending request, as the server program would read it from lane 0. */
static uint32_t pending_id(struct peer *peer, handle_t handle)
{
    struct port *port;
    uint32_t id;

    ck_assert_uint_eq(port_lookup(peer->client->process, handle, &port), STATUS_SUCCESS);
    id = list_first(&port->connections, struct connection, link)->message_id;
    port_unref(port);
    return id;
}

static status_t port_accept(struct peer *peer, handle_t port, uint32_t id, bool accept,
                            struct alpc_accept_reply *ret_reply)
{
    return CALL_DATA(peer, alpc_accept, ret_reply, "welcome", 7, .port = port, .message_id = id,
                     .accept = accept, .port_context = 0x77);
}

START_TEST(a_synchronous_connect_waits_for_the_acceptance)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(pair.b.data_size, 7);
    ck_assert_mem_eq(pair.b.data, "welcome", 7);
    ck_assert_uint_eq(pair.b.n_fds, 3);
    ck_assert_uint_eq(pair.connect.server_process_id, (uint32_t)pair.pid_a);
    ck_assert_uint_eq(pair.connect.server_thread_id, 11);
    ck_assert_uint_eq(pair.server->n_connections, 1);
    ck_assert_uint_eq(pair.server->n_lanes, 1);
    ck_assert_uint_gt(pair.connect.lane.n_ids, 0);
    pair_end();
}
END_TEST

START_TEST(port_context_is_read_back_from_the_server_port)
{
    struct alpc_query_reply reply;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, alpc_query, &reply, .port = pair.a_port), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.port_context, 0x77);
    ck_assert_uint_eq(reply.kind, PORT_KIND_SERVER);
    ck_assert_uint_eq(reply.flags, 0);
    ck_assert_uint_eq(reply.peer_process_id, (uint32_t)pair.pid_b);
    ck_assert_uint_eq(reply.state, CONNECTION_WIRE_OPEN);
    pair_end();
}
END_TEST

START_TEST(a_refused_connect_gets_its_status_and_leaves_nothing)
{
    struct alpc_accept_reply refused;

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, ALPC_SYNC_CONNECTION, &pair.connect),
                      STATUS_PENDING);
    ck_assert_uint_eq(
        port_accept(&pair.a, pair.listener, pending_id(&pair.a, pair.listener), false, &refused),
        STATUS_SUCCESS);
    ck_assert_uint_eq(refused.port, 0);
    ck_assert_uint_ne(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(pair.connect.header.status, STATUS_PORT_CONNECTION_REFUSED);
    ck_assert_uint_eq(pair.connect.port, 0);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    pair_end();
}
END_TEST

START_TEST(an_asynchronous_connect_gets_its_lane_after_the_acceptance)
{
    struct alpc_accept_reply accepted;
    struct alpc_lane_reply lane;

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, 0, &pair.connect), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.b.n_fds, 1);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.connect.port),
                      STATUS_LPC_REQUESTS_NOT_ALLOWED);
    ck_assert_uint_eq(port_accept(&pair.a, pair.listener, pair.connect.message_id, true, &accepted),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.connect.port), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.b.n_fds, 2);
    ck_assert_uint_eq(lane.receiver_id, pair.connect.receiver_id);
    ck_assert_uint_eq(lane.connection, pair.connect.connection);
    ck_assert_uint_eq(lane.connection_generation, pair.connect.connection_generation);
    pair_end();
}
END_TEST

START_TEST(a_refused_asynchronous_port_says_so)
{
    struct alpc_accept_reply refused;
    struct alpc_lane_reply lane;

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, 0, &pair.connect), STATUS_SUCCESS);
    ck_assert_uint_eq(port_accept(&pair.a, pair.listener, pair.connect.message_id, false, &refused),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.connect.port),
                      STATUS_PORT_CONNECTION_REFUSED);
    pair_end();
}
END_TEST

START_TEST(an_unknown_request_cannot_be_accepted)
{
    struct alpc_accept_reply reply;

    pair_start();
    ck_assert_uint_eq(port_accept(&pair.a, pair.listener, 77, true, &reply),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(connections_of_one_process_share_a_lane)
{
    struct alpc_lane_reply first, second;
    struct alpc_connect_reply other;
    struct alpc_accept_reply accepted;
    struct handle_close_reply closed;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, 0, &other), STATUS_SUCCESS);
    ck_assert_uint_eq(port_accept(&pair.a, pair.listener, other.message_id, true, &accepted),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &first, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &second, .port = other.port), STATUS_SUCCESS);
    ck_assert_uint_eq(first.lane.lane, second.lane.lane);
    ck_assert_uint_eq(first.lane.generation, pair.connect.lane.generation);
    ck_assert_uint_eq(pair.server->n_lanes, 1);
    /* The lane lives as long as one of them. */
    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &second, .port = other.port), STATUS_SUCCESS);
    ck_assert_uint_eq(second.lane.generation, first.lane.generation);
    pair_end();
}
END_TEST

START_TEST(the_server_gets_a_lane_to_its_client_by_either_handle)
{
    struct alpc_lane_reply by_port, by_listener;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &by_port, .port = pair.a_port), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &by_listener, .port = pair.listener,
                           .connection = pair.connect.connection),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(by_port.lane.lane, by_listener.lane.lane);
    ck_assert_uint_eq(by_port.receiver_id, pair.connect.port_id);
    ck_assert_uint_eq(by_port.connection, 0);
    /* Both directions draw their ids from the connection port: the leases are disjoint. */
    ck_assert(by_port.lane.first_id >= pair.connect.lane.first_id + pair.connect.lane.n_ids ||
              pair.connect.lane.first_id >= by_port.lane.first_id + by_port.lane.n_ids);
    ck_assert_uint_eq(
        CALL(&pair.a, alpc_lane, &by_listener, .port = pair.listener, .connection = 500),
        STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(a_lane_grows_by_a_second_one_which_comes_again_when_asked_for_again)
{
    struct alpc_grow_lane_reply grown, again;
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_grow_lane, &grown, .port = pair.b_port, .lane = pair.connect.lane.lane),
        STATUS_SUCCESS);
    ck_assert_uint_eq(pair.b.n_fds, 2);
    ck_assert_uint_ge(grown.lane.ring_size, 2 * pair.connect.lane.ring_size);
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_grow_lane, &again, .port = pair.b_port, .lane = pair.connect.lane.lane),
        STATUS_SUCCESS);
    ck_assert_uint_eq(again.lane.lane, grown.lane.lane);
    ck_assert_uint_eq(again.lane.sender_id, pair.connect.lane.sender_id);
    ck_assert_uint_eq(CALL(&pair.b, alpc_grow_lane, &again, .port = pair.b_port, .lane = 77),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(lane.lane.lane, grown.lane.lane);
    pair_end();
}
END_TEST

START_TEST(growth_ends_with_the_quota_status)
{
    struct alpc_grow_lane_reply grown;
    uint32_t lane;
    status_t status;
    int n = 0;

    pair_start();
    pair_connect();
    lane = pair.connect.lane.lane;
    while ((status = CALL(&pair.b, alpc_grow_lane, &grown, .port = pair.b_port, .lane = lane)) ==
           STATUS_SUCCESS) {
        lane = grown.lane.lane;
        ck_assert_int_lt(++n, 64);
    }
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    pair_end();
}
END_TEST

START_TEST(leases_do_not_overlap)
{
    struct alpc_lease_reply lease;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_lease, &lease, .port = pair.b_port, .lane = pair.connect.lane.lane),
        STATUS_SUCCESS);
    ck_assert_uint_ge(lease.first_id, pair.connect.lane.first_id + pair.connect.lane.n_ids);
    ck_assert_uint_gt(lease.n_ids, pair.connect.lane.n_ids);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lease, &lease, .port = pair.b_port, .lane = 99),
                      STATUS_NOT_FOUND);
    pair_end();
}
END_TEST

START_TEST(holders_map_lanes_and_get_doorbells)
{
    struct alpc_map_lane_reply mapped;
    struct alpc_doorbells_reply bells;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, alpc_doorbells, &bells, .port = pair.listener), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.n_fds, 3);
    ck_assert_uint_eq(
        CALL(&pair.a, alpc_map_lane, &mapped, .port = pair.a_port, .lane = pair.connect.lane.lane),
        STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.n_fds, 1);
    ck_assert_uint_eq(mapped.lane.generation, pair.connect.lane.generation);
    ck_assert_uint_eq(mapped.lane.ring_size, pair.connect.lane.ring_size);
    ck_assert_uint_eq(CALL(&pair.a, alpc_map_lane, &mapped, .port = pair.listener, .lane = 4000),
                      STATUS_NOT_FOUND);
    pair_end();
}
END_TEST

START_TEST(a_second_disconnect_says_disconnected)
{
    struct alpc_disconnect_reply reply;
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port),
                      STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.b_port),
                      STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &lane, .port = pair.a_port),
                      STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(the_other_side_is_told_by_a_notice)
{
    static struct peer notices;
    struct connection_closed_notice notice;
    struct alpc_disconnect_reply reply;

    pair_start();
    peer_open(&notices, pair.server, pair.pid_a);
    ck_assert_uint_eq(peer_hello(&notices, HELLO_NOTICE, 0), STATUS_SUCCESS);
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_ne(peer_receive(&notices, &notice, sizeof(notice)), 0);
    ck_assert_uint_eq(notice.header.code, NOTICE_connection_closed);
    ck_assert_uint_eq(notice.port_id, pair.connect.receiver_id);
    ck_assert_uint_eq(notice.connection, pair.connect.connection);
    ck_assert_uint_eq(notice.generation, pair.connect.connection_generation);
    ck_assert_uint_eq(notice.status, STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(notice.peer_process_id, (uint32_t)pair.pid_b);
    peer_end(&notices);
    pair_end();
}
END_TEST

START_TEST(closing_the_last_handle_disconnects_the_port)
{
    struct handle_close_reply closed;
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &lane, .port = pair.a_port),
                      STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(closing_the_connection_port_refuses_who_waits_and_frees_the_name)
{
    struct handle_close_reply closed;
    struct alpc_connect_reply again;

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, ALPC_SYNC_CONNECTION, &pair.connect),
                      STATUS_PENDING);
    ck_assert_uint_eq(CALL(&pair.a, handle_close, &closed, .handle = pair.listener),
                      STATUS_SUCCESS);
    ck_assert_uint_ne(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(pair.connect.header.status, STATUS_PORT_CONNECTION_REFUSED);
    ck_assert_uint_eq(port_connect(&pair.b, NAME, ALPC_SYNC_CONNECTION, &again),
                      STATUS_OBJECT_NAME_NOT_FOUND);
    pair_end();
}
END_TEST

START_TEST(a_cancelled_connect_cannot_be_accepted_any_more)
{
    struct cancel_request_request cancel = {.header = {.code = REQ_cancel_request}};
    struct alpc_accept_reply accepted;
    uint32_t id;

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, ALPC_SYNC_CONNECTION, &pair.connect),
                      STATUS_PENDING);
    id = pending_id(&pair.a, pair.listener);
    peer_send(&pair.b, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_uint_ne(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(pair.connect.header.status, STATUS_CANCELLED);
    ck_assert_uint_eq(port_accept(&pair.a, pair.listener, id, true, &accepted),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(pair.server->n_parked, 0);
    pair_end();
}
END_TEST

START_TEST(the_death_of_a_client_ends_its_connections_and_lanes)
{
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert(peer_is_dropped(&pair.b));
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane, &lane, .port = pair.a_port),
                      STATUS_PORT_DISCONNECTED);
    pair.pid_b = fixture_child();
    pair_end();
}
END_TEST

START_TEST(the_death_of_a_waiting_client_is_harmless)
{
    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, NAME, ALPC_SYNC_CONNECTION, &pair.connect),
                      STATUS_PENDING);
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_parked, 0);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    pair.pid_b = fixture_child();
    pair_end();
}
END_TEST

START_TEST(the_death_of_a_server_ends_everything_of_its)
{
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    child_die(pair.pid_a);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    ck_assert_uint_eq(pair.server->n_lanes, 0);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.b_port),
                      STATUS_PORT_DISCONNECTED);
    pair.pid_a = fixture_child();
    pair_end();
}
END_TEST

START_TEST(misuses_of_connect_have_their_statuses)
{
    struct alpc_connect_reply reply;
    struct event_create_reply event;
    uint8_t data[256];
    uint32_t size = objattr_data(data, NAME, 0, 0, "\1\1\0\0\0\0\0\5\0\0\0\0", 12);
    struct port_attributes small = {.max_message_length = 10};

    pair_start();
    ck_assert_uint_eq(port_connect(&pair.b, "\\RPC Control\\none", 0, &reply),
                      STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(CALL_NAMED(&pair.a, event_create, &event, "\\RPC Control\\event", 0),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(port_connect(&pair.b, "\\RPC Control\\event", 0, &reply),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_connect, &reply, data, size, .sid_size = 12),
                      STATUS_SERVER_SID_MISMATCH);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_connect, &reply, data, size, .sid_size = 11),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&pair.b, alpc_connect, &reply, NAME, 0, .attributes = small,
                                 .has_attributes = 1),
                      STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("connect");
    UNIT_TEST(a_synchronous_connect_waits_for_the_acceptance);
    UNIT_TEST(port_context_is_read_back_from_the_server_port);
    UNIT_TEST(a_refused_connect_gets_its_status_and_leaves_nothing);
    UNIT_TEST(an_asynchronous_connect_gets_its_lane_after_the_acceptance);
    UNIT_TEST(a_refused_asynchronous_port_says_so);
    UNIT_TEST(an_unknown_request_cannot_be_accepted);
    UNIT_TEST(connections_of_one_process_share_a_lane);
    UNIT_TEST(the_server_gets_a_lane_to_its_client_by_either_handle);
    UNIT_TEST(a_lane_grows_by_a_second_one_which_comes_again_when_asked_for_again);
    UNIT_TEST(growth_ends_with_the_quota_status);
    UNIT_TEST(leases_do_not_overlap);
    UNIT_TEST(holders_map_lanes_and_get_doorbells);
    UNIT_TEST(a_second_disconnect_says_disconnected);
    UNIT_TEST(the_other_side_is_told_by_a_notice);
    UNIT_TEST(closing_the_last_handle_disconnects_the_port);
    UNIT_TEST(closing_the_connection_port_refuses_who_waits_and_frees_the_name);
    UNIT_TEST(a_cancelled_connect_cannot_be_accepted_any_more);
    UNIT_TEST(the_death_of_a_client_ends_its_connections_and_lanes);
    UNIT_TEST(the_death_of_a_waiting_client_is_harmless);
    UNIT_TEST(the_death_of_a_server_ends_everything_of_its);
    UNIT_TEST(misuses_of_connect_have_their_statuses);
    return UNIT_END();
}
