/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "pipe.h"

#include "server_fixture.h"

static struct server *server;
static struct peer a, b;
static pid_t other;
static struct pipe_create_reply created;
static struct pipe_open_reply opened;
static int ends[2] = {-1, -1}; /* the server's (a's), the client's (b's) */

static void start(void)
{
    server = fixture_start();
    other = fixture_child();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, other, 2);
    ends[0] = ends[1] = -1;
}

static void end(void)
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    peer_end(&a);
    peer_end(&b);
    child_die(other);
    closer_drain(server->closer);
    ck_assert(list_is_empty(&server->pipes));
    fixture_end();
}

/* Two instances at most, both ways. */
static status_t create(const char *name)
{
    status_t status = CALL_NAMED(&a, pipe_create, &created, name, 0, .access = 0x0012019f,
                                 .file_kind = 0x102, .disposition = 3, .configuration = 2,
                                 .max_instances = 2, .quota_in = 10, .timeout_ns = TIMEOUT_NEVER);

    if (status == STATUS_SUCCESS) {
        ck_assert_uint_eq(a.n_fds, 1);
        ends[0] = dup(a.fds[0]);
    }
    return status;
}

static status_t open_as(struct peer *peer, const char *name)
{
    status_t status =
        CALL_NAMED(peer, pipe_open, &opened, name, 0, .access = 0x0012019f, .file_kind = 0x102);

    if (status == STATUS_SUCCESS) {
        ck_assert_uint_eq(peer->n_fds, 1);
        ends[1] = dup(peer->fds[0]);
    }
    return status;
}

static enum pipe_state state_of(struct peer *peer, handle_t handle)
{
    struct pipe_query_reply reply;

    ck_assert_uint_eq(CALL(peer, pipe_query, &reply, .handle = handle), STATUS_SUCCESS);
    return reply.state;
}

static status_t close_as(struct peer *peer, handle_t handle)
{
    struct handle_close_reply reply;

    return CALL(peer, handle_close, &reply, .handle = handle);
}

START_TEST(the_ends_are_each_others)
{
    struct pipe_query_reply reply;
    char byte = 0;

    start();
    ck_assert_uint_eq(open_as(&b, "a\\pipe"), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(create("a\\pipe"), STATUS_SUCCESS);
    ck_assert_uint_eq(created.existed, 0);
    ck_assert_uint_eq(state_of(&a, created.handle), PIPE_LISTENING);
    ck_assert_uint_eq(open_as(&b, "A\\Pipe"), STATUS_SUCCESS);
    ck_assert_int_eq(write(ends[0], "x", 1), 1);
    ck_assert_int_eq(read(ends[1], &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    ck_assert_uint_eq(CALL(&b, pipe_query, &reply, .handle = opened.handle, .with_name = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.is_server, 0);
    ck_assert_uint_eq(reply.state, PIPE_CONNECTED);
    ck_assert_uint_eq(reply.client_process_id, (uint32_t)other);
    ck_assert_uint_eq(reply.server_process_id, (uint32_t)getpid());
    ck_assert_uint_eq(reply.quota_in, 10);
    ck_assert_uint_eq(b.data_size, 12);
    end();
}
END_TEST

START_TEST(a_name_has_as_many_instances_as_its_first_said)
{
    handle_t first;

    start();
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    first = created.handle;
    close(ends[0]);
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_eq(created.existed, 1);
    ck_assert_uint_eq(create("p"), STATUS_INSTANCE_NOT_AVAILABLE);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "p", 0, .disposition = 2,
                                 .configuration = 2, .max_instances = 9),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(close_as(&a, first), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "p", 0, .disposition = 3,
                                 .configuration = 1, .max_instances = 9),
                      STATUS_ACCESS_DENIED);
    close(ends[0]);
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "q", 0, .disposition = 1,
                                 .configuration = 2, .max_instances = 9),
                      STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}
END_TEST

START_TEST(a_direction_limits_the_client)
{
    start();
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "in", 0, .disposition = 3,
                                 .configuration = 0, .max_instances = 1, .access = 1),
                      STATUS_SUCCESS);
    static const uint32_t reading[] = {1, GENERIC_READ_BIT, GENERIC_ALL_BIT, ACCESS_MAXIMUM};
    for (size_t i = 0; i < ARRAY_SIZE(reading); i++)
        ck_assert_uint_eq(CALL_NAMED(&b, pipe_open, &opened, "in", 0, .access = reading[i]),
                          STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_open, &opened, "in", 0, .access = 0x01000002),
                      STATUS_PRIVILEGE_NOT_HELD);
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_open, &opened, "in", 0, .access = 2), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(a_client_that_closes_ends_the_stream_at_once)
{
    struct pipe_listen_reply listened;
    struct pipe_disconnect_reply cut;
    char byte;

    start();
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_SUCCESS);
    ck_assert_int_eq(write(ends[1], "y", 1), 1);
    ck_assert_uint_eq(close_as(&b, opened.handle), STATUS_SUCCESS);
    ck_assert_int_eq(recv(ends[0], &byte, 1, MSG_DONTWAIT), 1); /* what it wrote is there */
    ck_assert_int_eq(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0);
    ck_assert_uint_eq(state_of(&a, created.handle), PIPE_CLOSING);
    ck_assert_uint_eq(CALL(&a, pipe_listen, &listened, .handle = created.handle),
                      STATUS_PIPE_CLOSING);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_PIPE_NOT_AVAILABLE);
    ck_assert_uint_eq(CALL(&a, pipe_disconnect, &cut, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_PIPE_NOT_AVAILABLE);
    ck_assert_uint_eq(CALL(&a, pipe_listen, &listened, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(a.n_fds, 1);
    close(ends[1]);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(a_client_that_was_thrown_out_is_told_so)
{
    struct pipe_disconnect_reply cut;
    struct pipe_listen_reply listened;
    struct pipe_query_reply queried;
    struct pipe_mode_reply set;

    start();
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_disconnect, &cut, .handle = created.handle),
                      STATUS_PIPE_LISTENING);
    ck_assert_uint_eq(CALL(&a, pipe_mode, &set, .handle = created.handle,
                           .mode = PIPE_MODE_MESSAGES | PIPE_MODE_GREETED),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, pipe_disconnect, &cut, .handle = opened.handle),
                      STATUS_ILLEGAL_FUNCTION);
    ck_assert_uint_eq(CALL(&a, pipe_disconnect, &cut, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_disconnect, &cut, .handle = created.handle),
                      STATUS_PIPE_DISCONNECTED);
    ck_assert_uint_eq(state_of(&b, opened.handle), PIPE_DISCONNECTED);
    ck_assert_uint_eq(CALL(&a, pipe_listen, &listened, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(state_of(&b, opened.handle), PIPE_DISCONNECTED);
    ck_assert_uint_eq(state_of(&a, created.handle), PIPE_LISTENING);
    ck_assert_uint_eq(CALL(&a, pipe_query, &queried, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(queried.mode, PIPE_MODE_MESSAGES); /* the next client has not greeted */
    ck_assert_uint_eq(close_as(&a, created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(state_of(&b, opened.handle), PIPE_DISCONNECTED);
    end();
}
END_TEST

START_TEST(a_dead_server_takes_its_name_along)
{
    char byte;

    start();
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&b, "p"), STATUS_SUCCESS);
    close(ends[0]);
    ends[0] = -1;
    peer_end(&a);
    ck_assert_int_eq(recv(ends[1], &byte, 1, MSG_DONTWAIT), 0);
    ck_assert_uint_eq(state_of(&b, opened.handle), PIPE_CLOSING);
    ck_assert(list_is_empty(&server->pipes));
    end();
}
END_TEST

START_TEST(waiting_ends_when_an_instance_listens_or_none_will)
{
    struct pipe_wait_reply waited;
    handle_t first;

    start();
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_wait, &waited, "p", 0, .timeout_ns = TIMEOUT_NEVER),
                      STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    first = created.handle;
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_wait, &waited, "p", 0, .timeout_ns = TIMEOUT_NEVER),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&a, "p"), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_wait, &waited, "p", 0, .timeout_ns = 0),
                      STATUS_IO_TIMEOUT);
    ck_assert_uint_eq(
        CALL_NAMED(&b, pipe_wait, &waited, "p", 0, .timeout_ns = PIPE_TIMEOUT_DEFAULT),
        STATUS_PENDING);
    close(ends[0]);
    ck_assert_uint_eq(create("p"), STATUS_SUCCESS);
    ck_assert_uint_gt(peer_receive(&b, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(waited.header.status, STATUS_SUCCESS);
    ck_assert_uint_eq(close_as(&a, created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&b, pipe_wait, &waited, "p", 0, .timeout_ns = TIMEOUT_NEVER),
                      STATUS_PENDING);
    ck_assert_uint_eq(close_as(&a, first), STATUS_SUCCESS);
    ck_assert_uint_gt(peer_receive(&b, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(waited.header.status, STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("pipe");
    UNIT_TEST(the_ends_are_each_others);
    UNIT_TEST(a_name_has_as_many_instances_as_its_first_said);
    UNIT_TEST(a_direction_limits_the_client);
    UNIT_TEST(a_client_that_closes_ends_the_stream_at_once);
    UNIT_TEST(a_client_that_was_thrown_out_is_told_so);
    UNIT_TEST(a_dead_server_takes_its_name_along);
    UNIT_TEST(waiting_ends_when_an_instance_listens_or_none_will);
    return UNIT_END();
}
