/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/admit.h"

#include "server_security.h"

#define GUARDED "\\RPC Control\\guarded"

static void end(void)
{
    pair_end();
}

/* b's connect to a port of a; STATUS_PENDING: it was let in and waits to be accepted. */
static status_t connect_to(const char *name, const struct sd *requirement, const void *sid,
                           uint32_t sid_size)
{
    static uint8_t data[4000];
    const struct sd none = {.size = 0};
    uint32_t size = objattr_sd(data, name, 0, requirement ? requirement : &none, sid, sid_size);
    struct alpc_connect_reply reply;
    struct cancel_request_request cancel = {.header = {.code = REQ_cancel_request}};
    status_t status =
        CALL_DATA(&pair.b, alpc_connect, &reply, data, size, .attributes = wide_attributes,
                  .has_attributes = 1, .flags = ALPC_SYNC_CONNECTION, .sid_size = sid_size,
                  .timeout_ns = TIMEOUT_NEVER);

    if (status == STATUS_PENDING) {
        peer_send(&pair.b, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
        ck_assert_uint_ne(peer_receive(&pair.b, &reply, sizeof(reply)), 0);
        ck_assert_uint_eq(reply.header.status, STATUS_CANCELLED);
    }
    return status;
}

static void guard(const struct sd *sd)
{
    static uint8_t data[4000];
    struct alpc_create_port_reply reply;
    uint32_t size = objattr_sd(data, GUARDED, 0, sd, NULL, 0);

    ck_assert_uint_eq(CALL_DATA(&pair.a, alpc_create_port, &reply, data, size,
                                .attributes = wide_attributes, .has_attributes = 1),
                      STATUS_SUCCESS);
}

START_TEST(a_port_without_descriptor_is_its_users_and_systems)
{
    pair_start_as(1000, 1001, NULL);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, NULL, 0), STATUS_ACCESS_DENIED);
    end();
    pair_start_as(1000, 1000, NULL);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, NULL, 0), STATUS_PENDING);
    end();
    pair_start_as(1000, 0, NULL);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, NULL, 0), STATUS_PENDING);
    end();
}
END_TEST

START_TEST(connecting_needs_port_connect)
{
    struct sd sd;

    pair_start_as(1000, 1001, NULL);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 0, 0, 0x120000, sid_everyone()); /* all but PORT_CONNECT */
    guard(&sd);
    ck_assert_uint_eq(connect_to(GUARDED, NULL, NULL, 0), STATUS_ACCESS_DENIED);
    end();
    pair_start_as(1000, 1001, NULL);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 1, 0, 1, sid_from_uid(1002));
    sd_ace(&sd, 0, 0, 1, sid_authenticated());
    guard(&sd);
    ck_assert_uint_eq(connect_to(GUARDED, NULL, NULL, 0), STATUS_PENDING);
    end();
}
END_TEST

START_TEST(a_thread_connects_as_whom_it_impersonates)
{
    struct token_impersonate_reply reply;
    struct sd sd;

    pair_start_as(1000, 1001, NULL);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 0, 0, 1, sid_anonymous());
    guard(&sd);
    ck_assert_uint_eq(connect_to(GUARDED, NULL, NULL, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&pair.b, token_impersonate, &reply, .thread_id = 22,
                           .kind = TOKEN_IMPERSONATION_ANONYMOUS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(connect_to(GUARDED, NULL, NULL, 0), STATUS_PENDING);
    ck_assert_uint_eq(peer_revert(&pair.b), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(the_server_must_be_whom_the_sid_names)
{
    struct sid own = sid_from_uid(1000), other = sid_from_uid(1001), system = sid_system();

    pair_start_as(1000, 1000, NULL);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, &own, (uint32_t)sid_size(&own)), STATUS_PENDING);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, &other, (uint32_t)sid_size(&other)),
                      STATUS_SERVER_SID_MISMATCH);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, &system, (uint32_t)sid_size(&system)),
                      STATUS_SERVER_SID_MISMATCH);
    ck_assert_uint_eq(connect_to(PORT_NAME, NULL, &own, 5), STATUS_SERVER_SID_MISMATCH);
    end();
}
END_TEST

START_TEST(the_server_must_satisfy_the_descriptor)
{
    struct sd sd;

    pair_start_as(1000, 1000, NULL);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 0, 0, 1, sid_from_uid(1000));
    ck_assert_uint_eq(connect_to(PORT_NAME, &sd, NULL, 0), STATUS_PENDING);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 0, 0, 1, sid_system());
    ck_assert_uint_eq(connect_to(PORT_NAME, &sd, NULL, 0), STATUS_SERVER_SID_MISMATCH);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, 1, 0, 1, sid_from_uid(1000));
    sd_ace(&sd, 0, 0, 1, sid_everyone());
    ck_assert_uint_eq(connect_to(PORT_NAME, &sd, NULL, 0), STATUS_SERVER_SID_MISMATCH);
    sd.bytes[0] = 9;
    ck_assert_uint_eq(connect_to(PORT_NAME, &sd, NULL, 0), STATUS_UNKNOWN_REVISION);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("admit");
    UNIT_TEST(a_port_without_descriptor_is_its_users_and_systems);
    UNIT_TEST(connecting_needs_port_connect);
    UNIT_TEST(a_thread_connects_as_whom_it_impersonates);
    UNIT_TEST(the_server_must_be_whom_the_sid_names);
    UNIT_TEST(the_server_must_satisfy_the_descriptor);
    return UNIT_END();
}
