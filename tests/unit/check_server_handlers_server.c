/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_one_peer.h"

static status_t hello(struct peer *peer, uint32_t version, uint64_t hash, uint32_t kind,
                      uint32_t thread_id)
{
    struct hello_reply reply;

    return CALL(peer, hello, &reply, .version = version, .layout_hash = hash, .kind = kind,
                .thread_id = thread_id);
}

START_TEST(another_version_is_told_so_and_dropped)
{
    static struct peer b;

    start();
    peer_open(&b, server, 0);
    ck_assert_uint_eq(hello(&b, PROTOCOL_VERSION + 1, protocol_hash(), HELLO_REQUEST, 2),
                      STATUS_REVISION_MISMATCH);
    ck_assert(peer_is_dropped(&b));
    peer_end(&b);
    peer_open(&b, server, 0);
    ck_assert_uint_eq(hello(&b, PROTOCOL_VERSION, protocol_hash() + 1, HELLO_REQUEST, 2),
                      STATUS_REVISION_MISMATCH);
    ck_assert(peer_is_dropped(&b));
    peer_end(&b);
    peer_open(&b, server, 0);
    ck_assert_uint_eq(hello(&b, PROTOCOL_VERSION, protocol_hash(), 3, 2), STATUS_INVALID_PARAMETER);
    ck_assert(peer_is_dropped(&b));
    peer_end(&b);
    end();
}
END_TEST

START_TEST(hello_says_who_is_who)
{
    static struct peer b;
    struct hello_reply reply;

    start();
    peer_open(&b, server, 0);
    ck_assert_uint_eq(CALL_DATA(&b, hello, &reply, "na\nme", 5, .layout_hash = protocol_hash(),
                                .version = PROTOCOL_VERSION, .kind = HELLO_REQUEST, .thread_id = 7),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.process_id, (uint32_t)getpid());
    ck_assert_uint_eq(reply.server_id, (uint32_t)getpid());
    ck_assert_uint_eq(reply.session, 1);
    ck_assert_str_eq(b.client->process->program, "na?me");
    peer_end(&b);
    end();
}
END_TEST

START_TEST(status_counts_what_is_there)
{
    struct server_status_reply before, after;
    struct event_create_reply made;
    struct handle_close_reply closed;

    start();
    ck_assert_uint_eq(CALL(&a, server_status, &before), STATUS_SUCCESS);
    ck_assert_mem_eq(a.data, PACKAGE_VERSION, a.data_size);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, "", 0, .access = 3), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, server_status, &after), STATUS_SUCCESS);
    ck_assert_uint_eq(after.n_objects, before.n_objects + 1);
    ck_assert_uint_eq(after.n_handles, before.n_handles + 1);
    ck_assert_uint_eq(after.n_fds, before.n_fds);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, server_status, &after), STATUS_SUCCESS);
    ck_assert_uint_eq(after.n_objects, before.n_objects);
    end();
}
END_TEST

START_TEST(every_object_is_listed_once_over_several_pages)
{
    struct list_objects_reply reply = {0};
    struct event_create_reply made;
    uint32_t n_lines = 0, n_pages = 0;

    start();
    for (int i = 0; i < 1500; i++)
        ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, "", 0, .access = 3), STATUS_SUCCESS);
    do {
        ck_assert_uint_eq(CALL(&a, list_objects, &reply, .cursor = reply.cursor), STATUS_SUCCESS);
        for (uint32_t i = 0; i < a.data_size; i++)
            n_lines += a.data[i] == '\n';
        n_pages++;
    } while (reply.cursor);
    ck_assert_uint_eq(n_lines, server->n_objects);
    ck_assert_uint_gt(n_pages, 1);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_server");
    UNIT_TEST(another_version_is_told_so_and_dropped);
    UNIT_TEST(hello_says_who_is_who);
    UNIT_TEST(status_counts_what_is_there);
    UNIT_TEST(every_object_is_listed_once_over_several_pages);
    return UNIT_END();
}
