/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "client.h"

#include "server_fixture.h"

START_TEST(a_client_that_does_not_read_is_dropped_and_costs_a_bounded_amount)
{
    struct server *server = fixture_start();
    static struct peer lazy, good;
    struct list_objects_request request = {.header = {.code = REQ_list_objects}};
    struct server_status_reply reply;
    int n = 0;

    peer_start(&lazy, server, 0, 1);
    peer_start(&good, server, 0, 2);
    while (transfer_send(lazy.fd, &request, sizeof(request), NULL, 0, NULL, 0) == 0 &&
           n++ < 100000) {
        fixture_steps();
        if (list_is_empty(&server->clients) || server->n_clients == 1)
            break;
        ck_assert_uint_le(lazy.client->output_bytes, 512 * 1024);
    }
    ck_assert_uint_eq(server->n_clients, 1);
    ck_assert_uint_eq(CALL(&good, server_status, &reply), STATUS_SUCCESS);
    peer_end(&lazy);
    peer_end(&good);
    fixture_end();
}
END_TEST

START_TEST(queued_replies_arrive_in_order_once_they_are_read)
{
    struct server *server = fixture_start();
    static struct peer slow;
    struct list_objects_request request = {.header = {.code = REQ_list_objects}};
    struct list_objects_reply reply;
    uint32_t n_sent = 0, n_read = 0;

    peer_start(&slow, server, 0, 1);
    while (slow.client->n_output == 0) {
        request.header.sequence = ++n_sent;
        peer_send(&slow, &request, sizeof(request), NULL, 0, NULL, 0);
        ck_assert_uint_lt(n_sent, 10000);
    }
    while (peer_receive(&slow, &reply, sizeof(reply))) {
        ck_assert_uint_eq(reply.header.sequence, ++n_read);
        fixture_steps();
    }
    ck_assert_uint_eq(n_read, n_sent);
    peer_end(&slow);
    fixture_end();
}
END_TEST

START_TEST(descriptors_of_a_queued_reply_are_its_own)
{
    struct server *server = fixture_start();
    static struct peer slow;
    struct section_create_reply created;
    struct section_get_request get = {.header = {.code = REQ_section_get}, .access = 4};
    struct handle_close_request close_it = {.header = {.code = REQ_handle_close}};
    struct section_get_reply got;
    uint32_t n_with_fd = 0, n_sent = 0;

    peer_start(&slow, server, 0, 1);
    ck_assert_uint_eq(
        CALL_NAMED(&slow, section_create, &created, "", 0, .access = 0xf001f, .size = 4096),
        STATUS_SUCCESS);
    get.handle = close_it.handle = created.handle;
    while (slow.client->n_output == 0) {
        n_sent++;
        peer_send(&slow, &get, sizeof(get), NULL, 0, NULL, 0);
        ck_assert_uint_lt(n_sent, 10000);
    }
    peer_send(&slow, &close_it, sizeof(close_it), NULL, 0, NULL, 0);
    while (peer_receive(&slow, &got, sizeof(got.header))) {
        n_with_fd += slow.n_fds == 1;
        fixture_steps();
    }
    ck_assert_uint_eq(n_with_fd, n_sent);
    peer_end(&slow);
    fixture_end();
}
END_TEST

START_TEST(descriptors_of_queued_replies_are_charged)
{
    struct server *server = fixture_start();
    static struct peer lazy;
    struct section_create_reply created;
    struct section_get_request get = {.header = {.code = REQ_section_get}, .access = 4};
    uint64_t held;
    int n = 0;

    peer_start(&lazy, server, 0, 1);
    ck_assert_uint_eq(
        CALL_NAMED(&lazy, section_create, &created, "", 0, .access = 0xf001f, .size = 4096),
        STATUS_SUCCESS);
    get.handle = created.handle;
    held = lazy.client->user->held[USER_FDS];
    server->users.limit[USER_FDS] = held + 3;
    while (transfer_send(lazy.fd, &get, sizeof(get), NULL, 0, NULL, 0) == 0 && n++ < 100000) {
        fixture_steps();
        if (server->n_clients == 0)
            break;
        ck_assert_uint_eq(lazy.client->user->held[USER_FDS], held + lazy.client->n_output);
    }
    ck_assert_uint_eq(server->n_clients, 0);
    peer_end(&lazy);
    fixture_end();
}
END_TEST

START_TEST(quota_of_descriptors_refuses_sockets)
{
    struct server *server = fixture_start();
    static struct peer first, second;

    server->users.limit[USER_SOCKETS] = 2; /* a socket and a pidfd */
    peer_start(&first, server, 0, 1);
    peer_open(&second, server, 0);
    ck_assert(peer_is_dropped(&second));
    peer_end(&second);
    peer_end(&first);
    fixture_end();
}
END_TEST

START_TEST(one_process_has_half_of_the_sockets_and_another_still_gets_in)
{
    struct server *server = fixture_start();
    static struct peer hog[3], one_more, other;
    pid_t child = fixture_child();

    server->users.limit[USER_SOCKETS] = 5;
    for (int i = 0; i < 3; i++) {
        peer_open(&hog[i], server, 0);
        ck_assert(!peer_is_dropped(&hog[i]));
    }
    peer_open(&one_more, server, 0);
    ck_assert(peer_is_dropped(&one_more));
    hog[2].client->pid = child; /* not this process' own any more */
    peer_open(&other, server, 0);
    ck_assert(!peer_is_dropped(&other));
    ck_assert_uint_eq(server->n_clients, 4);
    peer_end(&one_more);
    peer_end(&other);
    for (int i = 0; i < 3; i++)
        peer_end(&hog[i]);
    child_die(child);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("client");
    UNIT_TEST(a_client_that_does_not_read_is_dropped_and_costs_a_bounded_amount);
    UNIT_TEST(queued_replies_arrive_in_order_once_they_are_read);
    UNIT_TEST(descriptors_of_a_queued_reply_are_its_own);
    UNIT_TEST(descriptors_of_queued_replies_are_charged);
    UNIT_TEST(quota_of_descriptors_refuses_sockets);
    UNIT_TEST(one_process_has_half_of_the_sockets_and_another_still_gets_in);
    return UNIT_END();
}
