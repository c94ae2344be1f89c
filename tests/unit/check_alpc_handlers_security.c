/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "handlers.h"
#include "server_security.h"
#include "token.h"

static struct alpc_peer_reply found;

static status_t who(struct peer *peer, handle_t port, uint32_t own)
{
    return CALL(peer, alpc_peer, &found, .port = port, .connection = pair.connect.connection,
                .generation = pair.connect.connection_generation, .own = own);
}

START_TEST(each_end_is_told_who_the_other_is)
{
    struct sd sd;

    sd_open(&sd);
    pair_start_as(0, 1000, &sd);
    pair_connect();
    ck_assert_uint_eq(who(&pair.a, pair.listener, 0), STATUS_SUCCESS);
    ck_assert(peer_user_is(&pair.a, sid_from_uid(1000)));
    ck_assert_uint_eq(found.modified_id, pair.b.client->process->token->modified_id);
    ck_assert_uint_eq(who(&pair.a, pair.a_port, 1), STATUS_SUCCESS);
    ck_assert(peer_user_is(&pair.a, sid_from_uid(1000)));
    ck_assert_uint_eq(who(&pair.b, pair.b_port, 1), STATUS_SUCCESS);
    ck_assert(peer_user_is(&pair.b, sid_system()));
    ck_assert_uint_eq(who(&pair.a, pair.listener, 1), STATUS_INVALID_PORT_HANDLE);
    pair.connect.connection++;
    ck_assert_uint_eq(who(&pair.a, pair.listener, 0), STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(a_port_of_another_process_tells_nothing)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(who(&pair.b, 4000, 1), STATUS_INVALID_HANDLE);
    pair_end();
}
END_TEST

START_TEST(after_the_end_there_is_nobody)
{
    struct alpc_disconnect_reply reply;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(who(&pair.a, pair.a_port, 1), STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(who(&pair.b, pair.b_port, 1), STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_handlers_security");
    UNIT_TEST(each_end_is_told_who_the_other_is);
    UNIT_TEST(a_port_of_another_process_tells_nothing);
    UNIT_TEST(after_the_end_there_is_nobody);
    return UNIT_END();
}
