/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What goes with a connection request, as the daemon keeps it. */
#include "config.h"

#include "alpc/handle_transfer.h"
#include "alpc/security_context.h"

#include "server_ports.h"

#define FLAGS (PORT_FLAG_ALLOW_DUP_OBJECT | PORT_FLAG_ALLOW_MULTIHANDLE)

static struct alpc_take_handle_reply taken;
static handle_t event; /* of b */

static struct port *port_of(struct peer *peer, handle_t handle)
{
    return port_from_object(handle_get(&peer->client->process->handles, handle)->object);
}

static uint32_t refs_of(handle_t handle)
{
    return handle_get(&pair.b.client->process->handles, handle)->object->refs;
}

static void start(uint32_t flags, uint32_t types)
{
    struct event_create_reply created;

    pair_start();
    port_of(&pair.a, pair.listener)->attributes.flags = flags;
    port_of(&pair.a, pair.listener)->attributes.dup_object_types = types;
    ck_assert_uint_eq(CALL_NAMED(&pair.b, event_create, &created, "", 0, .access = 0x1f0003),
                      STATUS_SUCCESS);
    event = created.handle;
}

/* b asks, with n handles of its event. */
static status_t ask(uint32_t flags, uint32_t n, uint32_t n_told)
{
    static struct handle_offer offers[HANDLES_IN_MESSAGE_MAX + 1];
    static uint8_t data[0x4000];
    uint32_t size;

    for (uint32_t i = 0; i < n; i++)
        offers[i] = (struct handle_offer){.flags = HANDLE_OFFER_SAME_ACCESS, .handle = event};
    size = objattr_data(data, PORT_NAME, 0, 0, offers, n * (uint32_t)sizeof(offers[0]));
    return CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                     .attributes = pair_attributes, .has_attributes = 1, .flags = flags,
                     .n_handles = n_told, .timeout_ns = TIMEOUT_NEVER);
}

static status_t ask_secured(const struct connect_security *security)
{
    uint8_t data[256];
    uint32_t size = objattr_data(data, PORT_NAME, 0, 0, NULL, 0);

    return CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                     .attributes = pair_attributes, .has_attributes = 1, .security = *security,
                     .timeout_ns = TIMEOUT_NEVER);
}

static status_t take(uint32_t index)
{
    return CALL(&pair.a, alpc_take_handle, &taken, .port = pair.listener,
                .connection = pair.connect.connection, .transfer = TRANSFER_WITH_REQUEST,
                .index = index);
}

static status_t answer(bool accept)
{
    struct alpc_accept_reply accepted;
    status_t status = CALL_DATA(&pair.a, alpc_accept, &accepted, "", 0, .port = pair.listener,
                                .message_id = pair.connect.message_id, .accept = accept);

    pair.a_port = accepted.port;
    return status;
}

START_TEST(handles_are_fetched_while_the_request_waits_and_go_with_the_answer)
{
    uint32_t before;

    start(FLAGS, 0xffd);
    before = refs_of(event);
    ck_assert_uint_eq(ask(0, 2, 2), STATUS_SUCCESS);
    ck_assert_uint_eq(refs_of(event), before + 2);
    ck_assert_uint_eq(take(1), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.n_handles, 2);
    ck_assert_uint_eq(taken.type, 0x10);
    ck_assert_uint_eq(taken.access, 0x1f0003);
    ck_assert_uint_eq(take(2), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(answer(true), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_HANDLE_NO_LONGER_VALID);
    ck_assert_uint_eq(refs_of(event), before + 1); /* what was fetched */
    pair_end();
}
END_TEST

START_TEST(a_refusal_and_a_client_that_dies_release_them)
{
    uint32_t before, charged;

    start(FLAGS, 0xffd);
    before = refs_of(event);
    charged = (uint32_t)pair.b.client->user->held[USER_HANDLES];
    ck_assert_uint_eq(ask(0, 3, 3), STATUS_SUCCESS);
    ck_assert_uint_eq(answer(false), STATUS_SUCCESS);
    ck_assert_uint_eq(refs_of(event), before);
    ck_assert_uint_eq(take(0), STATUS_PORT_DISCONNECTED);
    /* The client port's own handle is left. */
    ck_assert_uint_eq(pair.b.client->user->held[USER_HANDLES], charged + 1);
    ck_assert_uint_eq(ask(ALPC_SYNC_CONNECTION, 3, 3), STATUS_PENDING);
    ck_assert_uint_eq(refs_of(event), before + 3);
    struct object *object = handle_get(&pair.b.client->process->handles, event)->object;
    object_ref(object);
    peer_end(&pair.b);
    ck_assert_uint_eq(object->refs, 1);
    object_unref(object);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    peer_start(&pair.b, pair.server, pair.pid_b, 22);
    pair_end();
}
END_TEST

START_TEST(what_the_connection_port_does_not_take_makes_no_connection)
{
    start(0, 0xffd);
    ck_assert_uint_eq(ask(0, 1, 1), STATUS_ACCESS_DENIED);
    port_of(&pair.a, pair.listener)->attributes.flags = PORT_FLAG_ALLOW_DUP_OBJECT;
    ck_assert_uint_eq(ask(0, 2, 2), STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    port_of(&pair.a, pair.listener)->attributes.dup_object_types = 0x8;
    ck_assert_uint_eq(ask(ALPC_SYNC_CONNECTION, 1, 1), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(ask(0, 1, 2), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(0, 1, HANDLES_IN_MESSAGE_MAX + 1), STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    pair_end();
}
END_TEST

START_TEST(a_server_may_offer_to_a_client_that_waits_a_client_not_to_the_server)
{
    struct alpc_offer_handles_reply offered;
    struct handle_offer one = {.flags = HANDLE_OFFER_SAME_ACCESS, .handle = event};

    start(FLAGS, 0xffd);
    pair_attributes.flags = FLAGS;
    pair_attributes.dup_object_types = 0xffd;
    ck_assert_uint_eq(ask(0, 0, 0), STATUS_SUCCESS);
    one.handle = event;
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_offer_handles, &offered, &one, sizeof(one),
                                .port = pair.connect.port),
                      STATUS_LPC_REQUESTS_NOT_ALLOWED);
    one.handle = pair.listener; /* no kind that can be sent: but it gets so far */
    ck_assert_uint_eq(CALL_DATA(&pair.a, alpc_offer_handles, &offered, &one, sizeof(one),
                                .port = pair.listener, .connection = pair.connect.connection),
                      STATUS_OBJECT_TYPE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(a_context_is_made_with_the_handle_that_the_client_chose)
{
    const struct connect_security wish = {.context = 77, .has_qos = 1, .level = 1};
    struct connect_security bad = {.context = UINT64_MAX};
    struct alpc_impersonate_reply reply;

    start(0, 0);
    ck_assert_uint_eq(ask_secured(&bad), STATUS_INVALID_PARAMETER);
    bad = (struct connect_security){.context = 77, .has_qos = 1, .level = 9};
    ck_assert_uint_eq(ask_secured(&bad), STATUS_INVALID_PARAMETER);
    bad = (struct connect_security){.context = 77, .port = 4000};
    ck_assert_uint_eq(ask_secured(&bad), STATUS_INVALID_HANDLE);
    bad.port = event;
    ck_assert_uint_eq(ask_secured(&bad), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(ask_secured(&wish), STATUS_SUCCESS);
    ck_assert_ptr_nonnull(security_context_find(port_of(&pair.b, pair.connect.port), 77));
    ck_assert_uint_eq(CALL(&pair.a, alpc_impersonate, &reply, .context = 77, .port = pair.listener,
                           .connection = pair.connect.connection,
                           .generation = pair.connect.connection_generation),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, alpc_impersonate, &reply, .context = 78, .port = pair.listener,
                           .connection = pair.connect.connection,
                           .generation = pair.connect.connection_generation),
                      STATUS_ACCESS_DENIED);
    pair_end();
}
END_TEST

START_TEST(another_ports_context_is_good_until_the_answer)
{
    struct alpc_create_port_reply port;
    struct alpc_create_security_context_reply made;
    struct alpc_impersonate_reply reply;
    struct connect_security wish = {0};

    start(0, 0);
    ck_assert_uint_eq(CALL_NAMED(&pair.b, alpc_create_port, &port, "", 0,
                                 .attributes = wide_attributes, .has_attributes = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_security_context, &made, .port = port.port,
                           .has_qos = 1, .level = 2),
                      STATUS_SUCCESS);
    wish.port = port.port;
    wish.context = made.context + 1;
    ck_assert_uint_eq(ask_secured(&wish), STATUS_INVALID_HANDLE);
    wish.context = made.context;
    ck_assert_uint_eq(ask_secured(&wish), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, alpc_impersonate, &reply, .context = made.context,
                           .port = pair.listener, .connection = pair.connect.connection,
                           .generation = pair.connect.connection_generation),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(answer(true), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, alpc_impersonate, &reply, .context = made.context,
                           .port = pair.listener, .connection = pair.connect.connection,
                           .generation = pair.connect.connection_generation),
                      STATUS_ACCESS_DENIED);
    pair_end();
}
END_TEST

START_TEST(a_client_says_of_its_handle_whether_it_is_inherited_and_so_does_the_server)
{
    struct alpc_accept_reply accepted;
    struct handle_attributes_reply attributes;
    uint8_t data[256];
    uint32_t size = objattr_data(data, PORT_NAME, OBJ_INHERIT, 0, NULL, 0);

    pair_start();
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                                .flags = ALPC_SYNC_CONNECTION, .timeout_ns = TIMEOUT_NEVER),
                      STATUS_PENDING);
    struct connection *connection =
        list_first(&port_of(&pair.a, pair.listener)->connections, struct connection, link);
    ck_assert_uint_eq(CALL(&pair.a, alpc_accept, &accepted, .port = pair.listener,
                           .message_id = connection->message_id, .accept = 1,
                           .handle_attributes = OBJ_INHERIT | OBJ_PERMANENT),
                      STATUS_SUCCESS);
    ck_assert_uint_ne(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(CALL(&pair.b, handle_attributes, &attributes, .handle = pair.connect.port),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(attributes.attributes, OBJ_INHERIT);
    ck_assert_uint_eq(CALL(&pair.a, handle_attributes, &attributes, .handle = accepted.port),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(attributes.attributes, OBJ_INHERIT);
    pair_end();
}
END_TEST

START_TEST(a_permanent_port_whose_server_has_gone_refuses_until_the_daemon_ends)
{
    pair_start();
    object_make_permanent(&port_of(&pair.a, pair.listener)->object);
    ck_assert_uint_eq(ask(0, 0, 0), STATUS_SUCCESS);
    holder_close(&pair.holder);
    peer_end(&pair.a);
    child_die(pair.pid_a);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(ask(0, 0, 0), STATUS_PORT_CONNECTION_REFUSED);
    peer_end(&pair.b);
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_ports, 1);
    fixture_end(); /* nothing is left */
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_connect");
    UNIT_TEST(handles_are_fetched_while_the_request_waits_and_go_with_the_answer);
    UNIT_TEST(a_refusal_and_a_client_that_dies_release_them);
    UNIT_TEST(what_the_connection_port_does_not_take_makes_no_connection);
    UNIT_TEST(a_server_may_offer_to_a_client_that_waits_a_client_not_to_the_server);
    UNIT_TEST(a_context_is_made_with_the_handle_that_the_client_chose);
    UNIT_TEST(another_ports_context_is_good_until_the_answer);
    UNIT_TEST(a_client_says_of_its_handle_whether_it_is_inherited_and_so_does_the_server);
    UNIT_TEST(a_permanent_port_whose_server_has_gone_refuses_until_the_daemon_ends);
    return UNIT_END();
}
