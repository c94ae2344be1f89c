/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Wishes for a sender's memory: whom they reach, who answers, what ends them. */
#include "config.h"

#include "server_ports.h"

static status_t wish(uint32_t thread_id, uint32_t process_id, uint32_t size, const void *data)
{
    struct lpc_data_reply reply;

    return CALL_DATA(&pair.a, lpc_data, &reply, data, data ? size : 0, .port = pair.a_port,
                     .process_id = process_id, .thread_id = thread_id, .message_id = 7, .index = 1,
                     .offset = 3, .size = size, .is_write = data != NULL);
}

static status_t answer_heard(void)
{
    struct lpc_data_reply reply;

    return peer_receive(&pair.a, &reply, sizeof(reply)) ? reply.header.status : STATUS_PENDING;
}

static status_t wish_take(struct lpc_data_take_reply *ret_reply)
{
    return CALL(&pair.b, lpc_data_take, ret_reply);
}

static status_t wish_done(status_t status, const void *data, uint32_t size)
{
    struct lpc_data_done_reply reply;

    return CALL_DATA(&pair.b, lpc_data_done, &reply, data, size, .status = status);
}

START_TEST(a_wish_is_taken_and_answered_by_the_thread_that_sent)
{
    struct lpc_data_take_reply taken;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(wish_take(&taken), STATUS_NO_MORE_ENTRIES);
    ck_assert_uint_eq(wish(22, (uint32_t)pair.pid_b, 5, NULL), STATUS_PENDING);
    ck_assert_uint_eq(wish_take(&taken), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.message_id, 7);
    ck_assert_uint_eq(taken.index, 1);
    ck_assert_uint_eq(taken.offset, 3);
    ck_assert_uint_eq(taken.size, 5);
    ck_assert_uint_eq(taken.is_write, 0);
    ck_assert_uint_eq(pair.b.data_size, 0);
    ck_assert_uint_eq(wish_take(&taken), STATUS_NO_MORE_ENTRIES);
    ck_assert_uint_eq(wish_done(STATUS_SUCCESS, "hell", 4), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(wish_done(STATUS_SUCCESS, "hello", 5), STATUS_SUCCESS);
    ck_assert_uint_eq(answer_heard(), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.data_size, 5);
    ck_assert_mem_eq(pair.a.data, "hello", 5);
    ck_assert_uint_eq(wish_done(STATUS_SUCCESS, NULL, 0), STATUS_INVALID_PARAMETER);

    ck_assert_uint_eq(wish(22, (uint32_t)pair.pid_b, 5, "write"), STATUS_PENDING);
    ck_assert_uint_eq(wish_take(&taken), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.is_write, 1);
    ck_assert_mem_eq(pair.b.data, "write", 5);
    ck_assert_uint_eq(wish_done(STATUS_ACCESS_VIOLATION, NULL, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(answer_heard(), STATUS_ACCESS_VIOLATION);
    pair_end();
}
END_TEST

START_TEST(a_wish_reaches_only_the_other_end)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(wish(23, (uint32_t)pair.pid_b, 5, NULL), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(wish(11, (uint32_t)pair.pid_a, 5, NULL), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(wish(22, 1, 5, NULL), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(wish(22, (uint32_t)pair.pid_b, PACKET_DATA_MAX_BYTES + 1, NULL),
                      STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

START_TEST(a_wish_ends_with_its_message_its_asker_or_its_thread)
{
    struct lpc_data_refuse_reply refused;
    struct lpc_data_take_reply taken;

    for (int how = 0; how < 3; how++) {
        pair_start();
        pair_connect();
        ck_assert_uint_eq(wish(22, (uint32_t)pair.pid_b, 5, NULL), STATUS_PENDING);
        if (how == 0) {
            ck_assert_uint_eq(
                CALL(&pair.b, lpc_data_refuse, &refused, .thread_id = 22, .message_id = 8),
                STATUS_SUCCESS);
            ck_assert_uint_eq(answer_heard(), STATUS_PENDING);
            ck_assert_uint_eq(
                CALL(&pair.b, lpc_data_refuse, &refused, .thread_id = 22, .message_id = 7),
                STATUS_SUCCESS);
            ck_assert_uint_eq(answer_heard(), STATUS_REPLY_MESSAGE_MISMATCH);
        } else if (how == 1) {
            peer_end(&pair.b);
            ck_assert_uint_eq(answer_heard(), STATUS_REPLY_MESSAGE_MISMATCH);
        } else {
            ck_assert_uint_eq(wish_take(&taken), STATUS_SUCCESS);
            peer_end(&pair.a);
            ck_assert_uint_eq(wish_done(STATUS_SUCCESS, "hello", 5), STATUS_INVALID_PARAMETER);
        }
        pair_end();
    }
}
END_TEST

START_TEST(a_wish_that_comes_with_the_end_of_its_thread_is_refused)
{
    pair_start();
    pair_connect();
    ck_assert_int_eq(shutdown(pair.b.fd, SHUT_RDWR), 0);
    SEND_ONLY(&pair.a, lpc_data, .port = pair.a_port, .process_id = (uint32_t)pair.pid_b,
              .thread_id = 22, .message_id = 7, .index = 1, .size = 5);
    fixture_steps();
    ck_assert_uint_eq(answer_heard(), STATUS_REPLY_MESSAGE_MISMATCH);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("lpc_data");
    UNIT_TEST(a_wish_is_taken_and_answered_by_the_thread_that_sent);
    UNIT_TEST(a_wish_reaches_only_the_other_end);
    UNIT_TEST(a_wish_ends_with_its_message_its_asker_or_its_thread);
    UNIT_TEST(a_wish_that_comes_with_the_end_of_its_thread_is_refused);
    return UNIT_END();
}
