/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is the request's own fault; the rest is in check_alpc_handle_transfer.c. */
#include "config.h"

#include "server_ports.h"

START_TEST(an_offer_is_a_whole_number_of_handles_for_a_connected_port)
{
    struct alpc_offer_handles_reply offered;
    struct alpc_take_handle_reply taken;
    struct alpc_drop_handles_reply dropped;
    uint8_t bytes[17] = {0};

    pair_start();
    ck_assert_uint_eq(
        CALL_DATA(&pair.a, alpc_offer_handles, &offered, bytes, 16, .port = pair.listener),
        STATUS_PORT_DISCONNECTED);
    pair_connect();
    ck_assert_uint_eq(
        CALL_DATA(&pair.b, alpc_offer_handles, &offered, bytes, 17, .port = pair.b_port),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_offer_handles, &offered, bytes, 16, .port = 4000),
                      STATUS_INVALID_HANDLE);
    /* The ports of this pair take no handles. */
    ck_assert_uint_eq(
        CALL_DATA(&pair.b, alpc_offer_handles, &offered, bytes, 16, .port = pair.b_port),
        STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&pair.a, alpc_take_handle, &taken, .port = 4000), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&pair.b, alpc_drop_handles, &dropped, .port = pair.b_port),
                      STATUS_HANDLE_NO_LONGER_VALID);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_transfer");
    UNIT_TEST(an_offer_is_a_whole_number_of_handles_for_a_connected_port);
    return UNIT_END();
}
