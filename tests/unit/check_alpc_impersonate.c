/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/impersonate.h"
#include "alpc/security_context.h"

#include "server_security.h"
#include "token.h"

#define ALLOW     0x00010000u
#define ALL_EVENT 0x1f0003u
#define SECRET    "\\BaseNamedObjects\\secret"

static struct token_query_reply acting;

static void allow(uint32_t flags, uint32_t level, uint32_t tracking)
{
    pair_attributes.flags = flags;
    pair_attributes.impersonation_level = level;
    pair_attributes.context_tracking = (uint8_t)tracking;
}

/* A server of uid_a with a client of uid_b. */
static void start(uid_t uid_a, uid_t uid_b)
{
    struct sd sd;

    sd_open(&sd);
    pair_start_as(uid_a, uid_b, &sd);
    pair_connect();
}

static status_t impersonate_by(handle_t port, uint64_t context, uint32_t flags)
{
    struct alpc_impersonate_reply reply;

    return CALL(&pair.a, alpc_impersonate, &reply, .port = port, .context = context,
                .connection = pair.connect.connection,
                .generation = pair.connect.connection_generation, .flags = flags);
}

static status_t impersonate(uint32_t flags)
{
    return impersonate_by(pair.listener, 0, flags);
}

static uint64_t context_of(struct peer *peer, handle_t port, uint32_t level, uint32_t tracking)
{
    struct alpc_create_security_context_reply reply;

    ck_assert_uint_eq(CALL(peer, alpc_create_security_context, &reply, .port = port, .has_qos = 1,
                           .level = level, .tracking = tracking),
                      STATUS_SUCCESS);
    return reply.context;
}

static void become_nobody(struct peer *peer)
{
    struct token_impersonate_reply reply;

    ck_assert_uint_eq(CALL(peer, token_impersonate, &reply, .thread_id = peer->client->thread_id,
                           .kind = TOKEN_IMPERSONATION_ANONYMOUS),
                      STATUS_SUCCESS);
}

static bool a_acts_as(struct sid sid)
{
    return peer_acting(&pair.a, &acting) == STATUS_SUCCESS && peer_user_is(&pair.a, sid);
}

START_TEST(the_clients_attributes_decide)
{
    static const struct {
        uint32_t port_flags, level, flags;
        status_t status;
        uint32_t result;
    } cases[] = {
        {0, 2, 0, STATUS_ACCESS_DENIED, 0},
        {ALLOW, 0, 0, STATUS_BAD_IMPERSONATION_LEVEL, 0},
        {ALLOW, 1, 0, STATUS_SUCCESS, 1},
        {ALLOW, 2, 0, STATUS_SUCCESS, 2},
        {ALLOW, 3, 0, STATUS_SUCCESS, 3},
        {ALLOW, 1, 2 | 2 << 2, STATUS_BAD_IMPERSONATION_LEVEL, 0},
        {ALLOW, 2, 2 | 2 << 2, STATUS_SUCCESS, 2},
        {ALLOW, 2, 2 | 3 << 2, STATUS_BAD_IMPERSONATION_LEVEL, 0},
        {ALLOW, 1, 3 << 2, STATUS_SUCCESS, 1}, /* a level without REQUIRE */
        {ALLOW, 2, 0x10, STATUS_INVALID_PARAMETER, 0},
        {ALLOW, 2, 0xffffffff, STATUS_INVALID_PARAMETER, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        allow(cases[i].port_flags, cases[i].level, 0);
        start(0, 1000);
        ck_assert_msg(impersonate(cases[i].flags) == cases[i].status, "case %zu", i);
        if (cases[i].status) {
            ck_assert_uint_eq(peer_acting(&pair.a, &acting), STATUS_NO_TOKEN);
        } else {
            ck_assert_msg(a_acts_as(sid_from_uid(1000)), "case %zu", i);
            ck_assert_uint_eq(acting.type, TOKEN_IMPERSONATION);
            ck_assert_msg(acting.level == cases[i].result, "case %zu", i);
        }
        pair_end();
    }
}
END_TEST

START_TEST(anonymous_instead_of_failing)
{
    allow(0, 2, 0);
    start(0, 1000);
    ck_assert_uint_eq(impersonate(IMPERSONATE_ANONYMOUS), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_anonymous()));
    pair_end();
    allow(ALLOW, 2, 0); /* allowed: not needed */
    start(0, 1000);
    ck_assert_uint_eq(impersonate(IMPERSONATE_ANONYMOUS), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_from_uid(1000)));
    pair_end();
}
END_TEST

START_TEST(the_ids_are_those_of_the_token_attribute)
{
    struct port_connection_facts facts;

    allow(ALLOW, 2, 0);
    start(0, 1000);
    ck_assert(port_connection_read(&pair.holder.view, pair.connect.connection, &facts));
    ck_assert_uint_eq(facts.token_ids[0], pair.b.client->process->token->object.id);
    ck_assert_uint_eq(facts.token_ids[1], 0x10000 + 1000);
    ck_assert_uint_eq(impersonate(0), STATUS_SUCCESS);
    ck_assert_uint_eq(peer_acting(&pair.a, &acting), STATUS_SUCCESS);
    ck_assert_uint_eq(facts.token_ids[1], acting.authentication_id);
    ck_assert_uint_eq(facts.token_ids[2], acting.modified_id);
    ck_assert_uint_ne(facts.token_ids[0], acting.token_id); /* a copy */
    pair_end();
}
END_TEST

static status_t a_opens(void)
{
    struct object_open_reply reply;

    return CALL_NAMED(&pair.a, object_open, &reply, SECRET, 0, .access = 1,
                      .type = OBJECT_KIND_EVENT);
}

START_TEST(access_checks_follow_the_impersonated_until_the_thread_reverts)
{
    struct event_create_reply made;
    struct sd sd;

    for (uint32_t level = LEVEL_IDENTIFICATION; level <= LEVEL_IMPERSONATION; level++) {
        allow(ALLOW, level, 0);
        start(0, 1000);
        sd_begin(&sd);
        sd_dacl(&sd);
        sd_ace(&sd, 0, 0, ALL_EVENT, sid_from_uid(1000));
        ck_assert_uint_eq(CALL_NAMED_SD(&pair.b, event_create, &made, SECRET, &sd, .access = 1),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(a_opens(), STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(impersonate(0), STATUS_SUCCESS);
        ck_assert_uint_eq(a_opens(), level == LEVEL_IDENTIFICATION ? STATUS_BAD_IMPERSONATION_LEVEL
                                                                   : STATUS_SUCCESS);
        ck_assert_uint_eq(peer_revert(&pair.a), STATUS_SUCCESS);
        ck_assert_uint_eq(a_opens(), STATUS_ACCESS_DENIED);
        pair_end();
    }
}
END_TEST

START_TEST(a_server_without_privilege_gets_another_user_for_identification_only)
{
    allow(ALLOW, LEVEL_DELEGATION, 0);
    start(1001, 0);
    ck_assert_uint_eq(impersonate(0), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_system()));
    ck_assert_uint_eq(acting.level, LEVEL_IDENTIFICATION);
    pair_end();
}
END_TEST

START_TEST(a_pending_request_is_impersonated_through_any_port_of_the_listener)
{
    struct port_message message;

    allow(ALLOW, 2, 0);
    start(0, 1000); /* a_port: of another connection */
    ck_assert_uint_eq(pair_ask(ALPC_SYNC_CONNECTION, "hi", 2), STATUS_PENDING);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    pair.connect.connection = message.connection;
    pair.connect.connection_generation = message.connection_generation;
    ck_assert_uint_eq(impersonate_by(pair.listener, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(peer_revert(&pair.a), STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate_by(pair.a_port, 0, 0), STATUS_SUCCESS);
    pair.connect.connection_generation++;
    ck_assert_uint_eq(impersonate_by(pair.listener, 0, 0), STATUS_ACCESS_DENIED);
    pair_end();
}
END_TEST

START_TEST(a_server_port_stands_for_its_own_client_only)
{
    struct alpc_connect_reply first;

    allow(ALLOW, 2, 0);
    start(0, 1000);
    first = pair.connect;
    ck_assert_uint_eq(impersonate_by(pair.a_port, 0, 0), STATUS_SUCCESS);
    pair_connect();
    ck_assert_uint_eq(impersonate_by(pair.a_port, 0, 0), STATUS_SUCCESS);
    pair.connect = first;
    ck_assert_uint_eq(impersonate_by(pair.a_port, 0, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate_by(pair.listener, 0, 0), STATUS_SUCCESS);
    pair_end();
}
END_TEST

static void connected_as_nobody(uint32_t tracking)
{
    struct sd sd;

    allow(ALLOW, 2, tracking);
    sd_open(&sd);
    pair_start_as(0, 1000, &sd);
    become_nobody(&pair.b);
    pair_connect();
    ck_assert_uint_eq(peer_revert(&pair.b), STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate(0), STATUS_SUCCESS);
}

START_TEST(static_tracking_gives_who_connected_dynamic_the_process_now)
{
    connected_as_nobody(0);
    ck_assert(a_acts_as(sid_anonymous()));
    pair_end();
    connected_as_nobody(TRACKING_DYNAMIC);
    ck_assert(a_acts_as(sid_from_uid(1000)));
    pair_end();
}
END_TEST

START_TEST(a_context_allows_what_the_port_does_not)
{
    struct alpc_revoke_security_context_reply revoked;
    struct alpc_delete_security_context_reply deleted;
    uint64_t context;

    allow(0, 0, 0);
    start(0, 1000);
    context = context_of(&pair.b, pair.b_port, LEVEL_IMPERSONATION, 0);
    ck_assert_uint_eq(impersonate(0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_from_uid(1000)));
    ck_assert_uint_eq(acting.level, LEVEL_IMPERSONATION);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 2 | 3 << 2),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    /* In use, until the thread is itself again. */
    ck_assert_uint_eq(CALL(&pair.b, alpc_delete_security_context, &deleted, .port = pair.b_port,
                           .context = context),
                      STATUS_DELETE_PENDING);
    ck_assert_uint_eq(peer_revert(&pair.a), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_revoke_security_context, &revoked, .port = pair.b_port,
                           .context = context),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_REVISION_MISMATCH);
    ck_assert_uint_eq(CALL(&pair.b, alpc_delete_security_context, &deleted, .port = pair.b_port,
                           .context = context),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_ACCESS_DENIED);
    pair_end();
}
END_TEST

START_TEST(a_dynamic_context_follows_its_maker)
{
    uint64_t fixed, dynamic;

    allow(0, 0, 0);
    start(0, 1000);
    fixed = context_of(&pair.b, pair.b_port, 2, 0);
    dynamic = context_of(&pair.b, pair.b_port, 2, TRACKING_DYNAMIC);
    become_nobody(&pair.b);
    ck_assert_uint_eq(impersonate_by(pair.listener, fixed, 0), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_from_uid(1000)));
    ck_assert_uint_eq(impersonate_by(pair.listener, dynamic, 0), STATUS_SUCCESS);
    ck_assert(a_acts_as(sid_anonymous()));
    pair_end();
}
END_TEST

START_TEST(a_context_counts_only_between_the_two_ends_of_its_port)
{
    uint64_t own, listeners, servers, passed_on;

    allow(0, 0, 0);
    start(0, 1000);
    passed_on = context_of(&pair.b, pair.b_port, 2, 0);
    own = context_of(&pair.a, pair.a_port, 2, 0);
    listeners = context_of(&pair.a, pair.listener, 2, 0);
    servers = own;
    pair_connect(); /* another connection of the same two: as far from the first as any */
    ck_assert_uint_eq(impersonate_by(pair.listener, passed_on, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate_by(pair.listener, own, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate_by(pair.listener, listeners, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate_by(pair.a_port, servers, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(peer_acting(&pair.a, &acting), STATUS_NO_TOKEN);
    pair_end();
}
END_TEST

static status_t client_impersonates(uint64_t context)
{
    struct alpc_impersonate_reply reply;

    return CALL(&pair.b, alpc_impersonate, &reply, .port = pair.b_port, .context = context);
}

START_TEST(a_client_impersonates_its_server_by_a_context_only)
{
    allow(ALLOW, 2, 0);
    start(1000, 1000);
    ck_assert_uint_eq(client_impersonates(0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(client_impersonates(context_of(&pair.b, pair.b_port, 2, 0)),
                      STATUS_ACCESS_DENIED); /* its own */
    ck_assert_uint_eq(client_impersonates(context_of(&pair.a, pair.a_port, 2, 0)), STATUS_SUCCESS);
    ck_assert_uint_eq(peer_acting(&pair.b, &acting), STATUS_SUCCESS);
    ck_assert_uint_eq(acting.modified_id, pair.a.client->process->token->modified_id);
    ck_assert_uint_eq(client_impersonates(context_of(&pair.a, pair.listener, 1, 0)),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(peer_acting(&pair.b, &acting), STATUS_SUCCESS);
    ck_assert_uint_eq(acting.level, LEVEL_IDENTIFICATION);
    pair_end();
}
END_TEST

START_TEST(a_liar_finds_nobody)
{
    struct alpc_impersonate_reply reply;
    unsigned seed = 5;

    allow(ALLOW, 2, 0);
    start(0, 1000);
    (void)context_of(&pair.b, pair.b_port, 2, 0);
    for (int i = 0; i < 2000; i++) {
        uint64_t context = ((uint64_t)(unsigned)rand_r(&seed) << 32) | (unsigned)rand_r(&seed);
        uint32_t connection = (uint32_t)rand_r(&seed);

        ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(CALL(&pair.a, alpc_impersonate, &reply, .port = pair.listener,
                               .connection = connection | 2, .generation = connection),
                          STATUS_ACCESS_DENIED);
    }
    ck_assert_uint_eq(peer_acting(&pair.a, &acting), STATUS_NO_TOKEN);
    /* A third process that holds none of the ports. */
    ck_assert_uint_eq(CALL(&pair.b, alpc_impersonate, &reply, .port = pair.listener,
                           .connection = pair.connect.connection,
                           .generation = pair.connect.connection_generation),
                      pair.listener == pair.b_port ? STATUS_ACCESS_DENIED : STATUS_INVALID_HANDLE);
    pair_end();
}
END_TEST

START_TEST(nobody_is_impersonated_after_the_connection)
{
    struct alpc_disconnect_reply reply;
    uint64_t context;

    allow(ALLOW, 2, 0);
    start(0, 1000);
    context = context_of(&pair.b, pair.b_port, 2, 0);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate_by(pair.listener, context, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(impersonate(0), STATUS_ACCESS_DENIED);
    /* What it has it keeps, as on Windows. */
    ck_assert(a_acts_as(sid_from_uid(1000)));
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("impersonate");
    UNIT_TEST(the_clients_attributes_decide);
    UNIT_TEST(anonymous_instead_of_failing);
    UNIT_TEST(the_ids_are_those_of_the_token_attribute);
    UNIT_TEST(access_checks_follow_the_impersonated_until_the_thread_reverts);
    UNIT_TEST(a_server_without_privilege_gets_another_user_for_identification_only);
    UNIT_TEST(a_pending_request_is_impersonated_through_any_port_of_the_listener);
    UNIT_TEST(a_server_port_stands_for_its_own_client_only);
    UNIT_TEST(static_tracking_gives_who_connected_dynamic_the_process_now);
    UNIT_TEST(a_context_allows_what_the_port_does_not);
    UNIT_TEST(a_dynamic_context_follows_its_maker);
    UNIT_TEST(a_context_counts_only_between_the_two_ends_of_its_port);
    UNIT_TEST(a_client_impersonates_its_server_by_a_context_only);
    UNIT_TEST(a_liar_finds_nobody);
    UNIT_TEST(nobody_is_impersonated_after_the_connection);
    return UNIT_END();
}
