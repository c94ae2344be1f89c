/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/handle_transfer.h"

#include "server_ports.h"

#define ALL_TYPES 0xffdu
#define FLAGS     (PORT_FLAG_ALLOW_DUP_OBJECT | PORT_FLAG_ALLOW_MULTIHANDLE)

static struct alpc_offer_handles_reply offered;
static struct alpc_take_handle_reply taken;
static struct alpc_drop_handles_reply dropped;
static handle_t event; /* of b */

static struct port *port_of(struct peer *peer, handle_t handle)
{
    return port_from_object(handle_get(&peer->client->process->handles, handle)->object);
}

static void allow(struct peer *peer, handle_t handle, uint32_t flags, uint32_t types)
{
    port_of(peer, handle)->attributes.flags = flags;
    port_of(peer, handle)->attributes.dup_object_types = types;
}

static handle_t event_make(struct peer *peer, const char *name, uint32_t access)
{
    struct event_create_reply created;

    ck_assert_uint_eq(CALL_NAMED(peer, event_create, &created, name, 0, .access = access),
                      STATUS_SUCCESS);
    return created.handle;
}

/* A connected pair whose ports take everything. */
static void start(void)
{
    pair_start();
    pair_connect();
    allow(&pair.a, pair.listener, FLAGS, ALL_TYPES);
    allow(&pair.b, pair.b_port, FLAGS, ALL_TYPES);
    event = event_make(&pair.b, "", 0x1f0003);
}

static status_t offer(uint32_t n, const struct handle_offer *offers)
{
    return CALL_DATA(&pair.b, alpc_offer_handles, &offered, offers, n * sizeof(*offers),
                     .port = pair.b_port);
}

static status_t offer_one(handle_t handle, uint32_t flags, uint32_t type, uint32_t access)
{
    struct handle_offer one = {flags, handle, type, access};

    return offer(1, &one);
}

static status_t take(uint32_t index)
{
    return CALL(&pair.a, alpc_take_handle, &taken, .port = pair.listener,
                .connection = pair.connect.connection, .transfer = offered.transfer,
                .index = index);
}

static status_t take_at_receive(void)
{
    return CALL(&pair.a, alpc_take_handle, &taken, .port = pair.listener,
                .connection = pair.connect.connection, .transfer = offered.transfer,
                .at_receive = 1);
}

static uint32_t refs_of(handle_t handle)
{
    return handle_get(&pair.b.client->process->handles, handle)->object->refs;
}

START_TEST(the_receiver_gets_a_handle_of_its_own_with_the_rights_asked_for)
{
    struct event_change_reply changed;
    struct event_query_reply asked;

    start();
    ck_assert_uint_eq(offer_one(event, 0, 0, 2), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.type, 0x10);
    ck_assert_uint_eq(taken.access, 2);
    ck_assert_uint_eq(taken.n_handles, 1);
    ck_assert_uint_eq(
        CALL(&pair.a, event_change, &changed, .handle = taken.handle, .change = EVENT_CHANGE_SET),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, event_query, &asked, .handle = taken.handle),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&pair.b, event_query, &asked, .handle = event), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.signaled, 1);
    pair_end();
}
END_TEST

START_TEST(fetching_twice_duplicates_twice_until_it_is_dropped)
{
    handle_t first;

    start();
    ck_assert_uint_eq(offer_one(event, HANDLE_OFFER_SAME_ACCESS, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    first = taken.handle;
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_ne(taken.handle, first);
    ck_assert_uint_eq(take(1), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(take_at_receive(), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.handle, 0);
    ck_assert_uint_eq(taken.n_handles, 1);
    ck_assert_uint_eq(CALL(&pair.a, alpc_drop_handles, &dropped, .port = pair.listener,
                           .connection = pair.connect.connection, .transfer = offered.transfer),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_HANDLE_NO_LONGER_VALID);
    pair_end();
}
END_TEST

START_TEST(for_a_port_that_takes_one_it_comes_with_the_message_and_the_transfer_ends)
{
    uint32_t before;

    start();
    before = refs_of(event);
    allow(&pair.a, pair.listener, PORT_FLAG_ALLOW_DUP_OBJECT, ALL_TYPES);
    ck_assert_uint_eq(offer_one(event, HANDLE_OFFER_SAME_ACCESS, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(take_at_receive(), STATUS_SUCCESS);
    ck_assert_uint_ne(taken.handle, 0);
    ck_assert_uint_eq(refs_of(event), before + 1); /* the new handle's */
    ck_assert_uint_eq(take(0), STATUS_HANDLE_NO_LONGER_VALID);
    pair_end();
}
END_TEST

START_TEST(nobody_gets_more_than_the_sender_has)
{
    handle_t weak;

    start();
    weak = event_make(&pair.b, "", 1);
    ck_assert_uint_eq(offer_one(weak, 0, 0, 3), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(offer_one(weak, 0, 0, GENERIC_ALL_BIT), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(offer_one(weak, 0, 0, ACCESS_MAXIMUM), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.access, 1);
    ck_assert_uint_eq(offer_one(weak, HANDLE_OFFER_SAME_ACCESS, 0, 3), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.access, 1);
    pair_end();
}
END_TEST

START_TEST(attributes_are_kept_added_or_left_out)
{
    static const struct {
        uint32_t flags, expected;
    } cases[] = {{HANDLE_OFFER_SAME_ACCESS, 0},
                 {HANDLE_OFFER_SAME_ACCESS | HANDLE_OFFER_INHERIT, OBJ_INHERIT},
                 {HANDLE_OFFER_SAME_ACCESS | HANDLE_OFFER_SAME_ATTRIBUTES, OBJ_INHERIT}};
    struct handle_attributes_reply set;

    start();
    ck_assert_uint_eq(CALL(&pair.b, handle_attributes, &set, .handle = event, .mask = OBJ_INHERIT,
                           .attributes = OBJ_INHERIT),
                      STATUS_SUCCESS);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        ck_assert_uint_eq(offer_one(event, cases[i].flags, 0, 0), STATUS_SUCCESS);
        ck_assert_uint_eq(take(0), STATUS_SUCCESS);
        ck_assert_uint_eq(handle_get(&pair.a.client->process->handles, taken.handle)->attributes,
                          cases[i].expected);
    }
    pair_end();
}
END_TEST

START_TEST(the_receiving_port_filters)
{
    struct handle_offer two[2] = {{HANDLE_OFFER_SAME_ACCESS, event, 0, 0},
                                  {HANDLE_OFFER_SAME_ACCESS, event, 0, 0}};
    uint32_t before;

    start();
    two[0].handle = two[1].handle = event;
    before = refs_of(event);
    ck_assert_uint_eq(offer_one(event, 0, 0x8, 1), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(offer_one(event, 1, 0, 1), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(offer_one(pair.b_port, 0, 0, 1), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(offer_one(4000, 0, 0, 1), STATUS_INVALID_HANDLE);
    allow(&pair.a, pair.listener, FLAGS, ALL_TYPES & ~0x10u);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_OBJECT_TYPE_MISMATCH);
    allow(&pair.a, pair.listener, PORT_FLAG_ALLOW_DUP_OBJECT, ALL_TYPES);
    ck_assert_uint_eq(offer(2, two), STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    allow(&pair.a, pair.listener, 0, ALL_TYPES);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(refs_of(event), before + 1);
    pair_end();
}
END_TEST

START_TEST(each_kind_has_its_type_code)
{
    struct semaphore_create_reply semaphore;
    struct mutant_create_reply mutant;
    struct section_create_reply section;
    struct process_open_reply process;
    struct thread_open_reply thread;
    struct token_open_reply token;
    struct directory_create_reply directory;

    start();
    ck_assert_uint_eq(
        CALL_NAMED(&pair.b, semaphore_create, &semaphore, "", 0, .access = 0x1f0003, .maximum = 1),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&pair.b, mutant_create, &mutant, "", 0, .access = 0x1f0001),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL_NAMED(&pair.b, section_create, &section, "", 0, .access = 0xf001f, .size = 4096),
        STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&pair.b, process_open, &process, .process_id = (uint32_t)pair.pid_b, .access = 0x400),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, thread_open, &thread, .process_id = (uint32_t)pair.pid_b,
                           .thread_id = 22, .access = 0x40),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, token_open, &token, .access = 8), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&pair.b, directory_create, &directory, "", 0, .access = 3),
                      STATUS_SUCCESS);
    const struct {
        handle_t handle;
        uint32_t type;
    } sent[] = {{semaphore.handle, 0x8}, {event, 0x10},          {mutant.handle, 0x40},
                {section.handle, 0x80},  {process.handle, 0x20}, {thread.handle, 0x4},
                {token.handle, 0x200}};
    for (size_t i = 0; i < ARRAY_SIZE(sent); i++) {
        ck_assert_uint_eq(offer_one(sent[i].handle, HANDLE_OFFER_SAME_ACCESS, sent[i].type, 0),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(take(0), STATUS_SUCCESS);
        ck_assert_uint_eq(taken.type, sent[i].type);
    }
    ck_assert_uint_eq(offer_one(directory.handle, HANDLE_OFFER_SAME_ACCESS, 0, 0),
                      STATUS_OBJECT_TYPE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(all_are_taken_or_none)
{
    struct handle_offer many[HANDLES_IN_MESSAGE_MAX + 1];
    uint32_t before;

    start();
    before = refs_of(event);
    for (uint32_t i = 0; i <= HANDLES_IN_MESSAGE_MAX; i++)
        many[i] = (struct handle_offer){HANDLE_OFFER_SAME_ACCESS, event, 0, 0};
    ck_assert_uint_eq(offer(HANDLES_IN_MESSAGE_MAX + 1, many), STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    ck_assert_uint_eq(offer(0, many), STATUS_INVALID_PARAMETER);
    many[HANDLES_IN_MESSAGE_MAX - 1].handle = 4000;
    ck_assert_uint_eq(offer(HANDLES_IN_MESSAGE_MAX, many), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(refs_of(event), before);
    many[HANDLES_IN_MESSAGE_MAX - 1].handle = event;
    ck_assert_uint_eq(offer(HANDLES_IN_MESSAGE_MAX, many), STATUS_SUCCESS);
    ck_assert_uint_eq(refs_of(event), before + HANDLES_IN_MESSAGE_MAX);
    ck_assert_uint_eq(take(HANDLES_IN_MESSAGE_MAX - 1), STATUS_SUCCESS);
    pair_end();
}
END_TEST

START_TEST(what_nobody_receives_has_a_bound_and_is_the_senders)
{
    struct handle_offer many[HANDLES_IN_MESSAGE_MAX];
    struct user *user;
    uint64_t before, last;

    start();
    user = pair.b.client->user;
    before = user->held[USER_HANDLES];
    for (uint32_t i = 0; i < HANDLES_IN_MESSAGE_MAX; i++)
        many[i] = (struct handle_offer){HANDLE_OFFER_SAME_ACCESS, event, 0, 0};
    for (uint32_t n = 0; n < TRANSFER_HANDLES_MAX; n += HANDLES_IN_MESSAGE_MAX)
        ck_assert_uint_eq(offer(HANDLES_IN_MESSAGE_MAX, many), STATUS_SUCCESS);
    last = offered.transfer;
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_QUOTA_EXCEEDED);
    offered.transfer = last;
    ck_assert_uint_eq(user->held[USER_HANDLES], before + TRANSFER_HANDLES_MAX);
    user->users->limit[USER_HANDLES] = user->held[USER_HANDLES];
    ck_assert_uint_eq(take(0), STATUS_QUOTA_EXCEEDED); /* the receiver's own charge */
    ck_assert_uint_eq(CALL(&pair.b, alpc_drop_handles, &dropped, .port = pair.b_port,
                           .transfer = offered.transfer),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(user->held[USER_HANDLES],
                      before + TRANSFER_HANDLES_MAX - HANDLES_IN_MESSAGE_MAX);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    pair_end();
}
END_TEST

START_TEST(a_name_stays_while_its_only_handle_is_under_way)
{
    struct handle_close_reply closed;
    struct object_open_reply opened;
    handle_t named;

    start();
    named = event_make(&pair.b, "\\BaseNamedObjects\\e", 0x1f0003);
    ck_assert_uint_eq(offer_one(named, HANDLE_OFFER_SAME_ACCESS, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = named), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_drop_handles, &dropped, .port = pair.b_port,
                           .transfer = offered.transfer),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL_NAMED(&pair.b, object_open, &opened, "\\BaseNamedObjects\\e", 0, .access = 1),
        STATUS_SUCCESS);
    pair_end();
}
END_TEST

START_TEST(the_end_of_the_connection_gives_everything_up)
{
    struct alpc_disconnect_reply ended;
    uint32_t before;

    start();
    before = refs_of(event);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, alpc_disconnect, &ended, .port = pair.a_port), STATUS_SUCCESS);
    ck_assert_uint_eq(refs_of(event), before);
    ck_assert_uint_eq(take(0), STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(the_death_of_the_sender_leaves_nothing)
{
    start();
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    peer_end(&pair.b);
    ck_assert_uint_ne(take(0), STATUS_SUCCESS);
    pair_end();
}
END_TEST

/* A number is worth nothing on another connection, in the other direction, or to its sender. */
START_TEST(a_transfer_is_found_in_its_own_direction_only)
{
    start();
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_take_handle, &taken, .port = pair.b_port, .transfer = offered.transfer),
        STATUS_HANDLE_NO_LONGER_VALID);
    ck_assert_uint_eq(CALL(&pair.a, alpc_take_handle, &taken, .port = pair.listener,
                           .connection = pair.connect.connection + 1, .transfer = offered.transfer),
                      STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(CALL(&pair.a, alpc_take_handle, &taken, .port = pair.listener,
                           .connection = pair.connect.connection, .transfer = offered.transfer + 1),
                      STATUS_HANDLE_NO_LONGER_VALID);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    pair_end();
}
END_TEST

START_TEST(a_server_that_accepted_with_attributes_of_its_own_goes_by_them)
{
    start();
    allow(&pair.a, pair.a_port, 0, 0);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS); /* the connection port's count */
    port_of(&pair.a, pair.a_port)->has_own_attributes = true;
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_ACCESS_DENIED);
    allow(&pair.a, pair.a_port, PORT_FLAG_ALLOW_DUP_OBJECT, 0x10);
    allow(&pair.a, pair.listener, 0, 0);
    ck_assert_uint_eq(offer_one(event, 0, 0, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(take(0), STATUS_SUCCESS);
    ck_assert_uint_eq(taken.is_multi, 0);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handle_transfer");
    UNIT_TEST(the_receiver_gets_a_handle_of_its_own_with_the_rights_asked_for);
    UNIT_TEST(fetching_twice_duplicates_twice_until_it_is_dropped);
    UNIT_TEST(for_a_port_that_takes_one_it_comes_with_the_message_and_the_transfer_ends);
    UNIT_TEST(nobody_gets_more_than_the_sender_has);
    UNIT_TEST(attributes_are_kept_added_or_left_out);
    UNIT_TEST(the_receiving_port_filters);
    UNIT_TEST(each_kind_has_its_type_code);
    UNIT_TEST(all_are_taken_or_none);
    UNIT_TEST(what_nobody_receives_has_a_bound_and_is_the_senders);
    UNIT_TEST(a_name_stays_while_its_only_handle_is_under_way);
    UNIT_TEST(the_end_of_the_connection_gives_everything_up);
    UNIT_TEST(the_death_of_the_sender_leaves_nothing);
    UNIT_TEST(a_transfer_is_found_in_its_own_direction_only);
    UNIT_TEST(a_server_that_accepted_with_attributes_of_its_own_goes_by_them);
    return UNIT_END();
}
