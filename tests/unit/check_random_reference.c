/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Random sequences of calls, each done twice: by libportico and by the sequential reference of
 * tests/model. Each receive must bring the message that the reference says, from the client, of the
 * type, with the data; each call must return what it says. One seed makes one sequence;
 * PORTICO_SEED replays one. */

#include "daemon.h"
#include "reference.h"

enum { N_STEPS = 2500, N_SEEDS = 4, NONE = REFERENCE_MESSAGES };

static const char name[] = "\\RPC Control\\reference";
static const uint64_t context_base = 0x4000;
static struct reference reference;
static struct test_message message;
static uint64_t state;
static uint32_t step;
static uint64_t seed;

static handle_t connection, clients[REFERENCE_CLIENTS], servers[REFERENCE_CLIENTS];
static uint32_t reserves[REFERENCE_CLIENTS];
static uint32_t callback_ids[REFERENCE_MESSAGES];

#define ck_step(condition, ...)                                                               \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            char text_[200];                                                                  \
            snprintf(text_, sizeof(text_), __VA_ARGS__);                                      \
            ck_abort_msg("PORTICO_SEED=%llu step %u: %s: %s", (unsigned long long)seed, step, \
                         #condition, text_);                                                  \
        }                                                                                     \
    } while (0)

/* What the reference holds of a message, for the text of a failure. */
static const char *about(uint32_t index)
{
    static char text[120];
    const struct reference_message *its = &reference.messages[index];

    snprintf(text, sizeof(text), "message %u (id %x, client %u%s%s, server %u, client %u)", index,
             its->id, its->client, its->is_sync ? ", sync" : "",
             its->is_datagram ? ", datagram" : "", its->state[AT_SERVER], its->state[AT_CLIENT]);
    return text;
}

static uint32_t pick(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 11) % n;
}

static uint32_t length_of(uint32_t index)
{
    return 4 + (index % 7 == 0 ? 3000 + index : index % 600);
}

/* The data of a message tells which it is. */
static void message_make(uint32_t index)
{
    message_fill(&message, length_of(index), index);
    memcpy(message.data, &index, sizeof(index));
}

static void expect_data(uint32_t index)
{
    uint32_t found;

    memcpy(&found, message.data, sizeof(found));
    ck_step(message.header.data_length == length_of(index) && found == index,
            "message %u of %u bytes, not %u of %u", found, message.header.data_length, index,
            length_of(index));
}

/* A live message, any of them, whose state at the side is one that is wanted. NONE: there is none.
 */
static uint32_t pick_message(enum reference_side side, bool want_held)
{
    uint32_t first = reference.n_messages ? pick(reference.n_messages) : 0;

    for (uint32_t i = 0; i < reference.n_messages; i++) {
        uint32_t index = (first + i) % reference.n_messages;
        const struct reference_message *its = &reference.messages[index];
        if (its->id && its->state[side] != REFERENCE_GONE &&
            (!want_held || its->state[side] == REFERENCE_HELD))
            return index;
    }
    return NONE;
}

static handle_t port_at(enum reference_side side, uint32_t client)
{
    if (side == AT_CLIENT)
        return clients[client];
    /* Both do; a notice of the close, which comes when it comes, ends the second. */
    return pick(2) || !reference.clients[client].is_used ? connection : servers[client];
}

/* ---- steps ---- */

static void step_connect(uint32_t client)
{
    struct portico_connect connect = {.name = test_name(name), .attributes = &test_attributes};

    /* A place is used again when nothing of its last client is under way. */
    if (reference.clients[client].is_used || reference.server.head != reference.server.tail)
        return;
    ck_ok(portico_port_connect(&connect, &clients[client]));
    reserves[client] = 0;
    reference_connect(&reference, client);
}

static void answer(uint32_t client)
{
    bool accept = pick(5) != 0;

    ck_ok(portico_port_accept(connection, &test_attributes, context_base + client, &message.header,
                              accept, &servers[client]));
    reference_answer(&reference, client, accept);
    if (accept)
        return;
    ck_status(port_receive_for(clients[client], &message, PORTICO_POLL, NULL),
              STATUS_PORT_CONNECTION_REFUSED);
    ck_ok(portico_close(clients[client]));
    reference_close(&reference, client);
}

static void step_close(uint32_t client)
{
    if (!reference.clients[client].is_used)
        return;
    ck_ok(portico_close(clients[client]));
    reference_close(&reference, client);
}

static void step_send(enum reference_side side, uint32_t client, bool is_datagram)
{
    const struct reference_client *its = &reference.clients[client];
    handle_t port = side == AT_SERVER ? servers[client] : clients[client];
    struct portico_exchange exchange = {.flags = is_datagram ? PORTICO_RELEASE : 0,
                                        .send = &message.header};

    if (!its->is_used)
        return;
    message_make(reference.n_messages);
    if (side == AT_CLIENT && !its->is_open) {
        ck_status(portico_port_exchange(port, &exchange), STATUS_LPC_REQUESTS_NOT_ALLOWED);
        return;
    }
    if (!its->is_accepted)
        return;
    ck_ok(portico_port_exchange(port, &exchange));
    uint32_t index = reference_send(&reference, side, client, is_datagram);
    reference.messages[index].id = exchange.ret_message_id;
    callback_ids[index] = exchange.ret_callback_id;
}

static void step_reserve(uint32_t client, bool is_datagram)
{
    struct reference_client *its = &reference.clients[client];
    struct portico_exchange exchange = {.flags = is_datagram ? PORTICO_RELEASE : 0,
                                        .send = &message.header};

    if (!its->is_open)
        return;
    if (!reserves[client])
        ck_ok(portico_reserve_create(clients[client], 8000, &reserves[client]));
    message_make(reference.n_messages);
    message.header.message_id = reserves[client];
    if (reference_reserve_is_busy(&reference, client)) {
        ck_status(portico_port_exchange(clients[client], &exchange), STATUS_RESOURCE_IN_USE);
        return;
    }
    ck_ok(portico_port_exchange(clients[client], &exchange));
    its->reserve_message = reference_send(&reference, AT_CLIENT, client, is_datagram);
    reference.messages[its->reserve_message].id = exchange.ret_message_id;
    callback_ids[its->reserve_message] = exchange.ret_callback_id;
}

static void step_sync_timeout(uint32_t client)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &message.header,
                                        .receive = &message.header,
                                        .capacity = sizeof(message),
                                        .deadline_ns = PORTICO_POLL};

    if (!reference.clients[client].is_open)
        return;
    message_make(reference.n_messages);
    ck_status(portico_port_exchange(clients[client], &exchange), STATUS_TIMEOUT);
    reference_send_sync(&reference, client);
}

struct caller {
    handle_t client;
    status_t status;
    struct test_message message;
};

static void *caller_main(void *argument)
{
    struct caller *caller = argument;

    caller->status = port_call(caller->client, &caller->message, &caller->message);
    return NULL;
}

/* A SYNC request from its sending to its end, in one step: nothing else may be in the server's
 * queue. */
static void step_call(uint32_t client)
{
    static struct caller caller;
    uint32_t how = pick(3), index = reference.n_messages;
    pthread_t thread;

    if (!reference.clients[client].is_open || reference.server.head != reference.server.tail)
        return;
    message_make(index);
    caller.client = clients[client];
    caller.message = message;
    ck_assert_int_eq(pthread_create(&thread, NULL, caller_main, &caller), 0);
    ck_ok(port_take(connection, &message));
    ck_step(message.header.type == 0x2001, "type %x", message.header.type);
    expect_data(index);
    if (how == 2)
        ck_status(portico_port_cancel(connection, 0, message.header.message_id, 0, 0),
                  STATUS_PENDING);
    else
        ck_ok(port_send(connection, how ? 0 : PORTICO_RELEASE, &message));
    pthread_join(thread, NULL);
    ck_step(caller.status == (how == 2 ? STATUS_MESSAGE_LOST : STATUS_SUCCESS), "%08x",
            caller.status);
    ck_step(how == 2 || caller.message.header.type == (how ? 0x2001 : 2), "type %x",
            caller.message.header.type);
    reference_call(&reference, client, how == 0, how == 2);
    reference.messages[index].id = how == 1 ? message.header.message_id : 0;
    callback_ids[index] = (uint32_t)message.header.callback_id;
}

static void expect_message(const struct reference_expected *expected, enum reference_side side,
                           const struct portico_attributes *attributes)
{
    uint32_t id = message.header.message_id;

    ck_step(message.header.type == expected->type, "type %x, not %x", message.header.type,
            expected->type);
    if (side == AT_SERVER && expected->type != 0x200a)
        ck_step(attributes->context.port_context == context_base + expected->client,
                "from client %llx, not %x",
                (unsigned long long)(attributes->context.port_context - context_base),
                expected->client);
    if (expected->any_canceled) {
        ck_step(reference_flushed(&reference, expected->client, id), "flushed %x", id);
    } else if (expected->message != NONE) {
        struct reference_message *its = &reference.messages[expected->message];
        ck_step(!its->id || its->id == id, "id %x, not %x", id, its->id);
        its->id = id;
        callback_ids[expected->message] = (uint32_t)message.header.callback_id;
        if (expected->has_data)
            expect_data(expected->message);
    }
    if (expected->type == 12)
        ck_step(message.header.data_length == 0, "%u bytes", message.header.data_length);
}

static bool step_receive(enum reference_side side, uint32_t client)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    handle_t port = side == AT_SERVER ? connection : clients[client];
    struct reference_expected expected;
    status_t status;

    if (side == AT_CLIENT && !reference.clients[client].is_used)
        return false;
    expected = reference_receive(&reference, side, client);
    status = port_receive_for(port, &message, PORTICO_POLL, &attributes);
    ck_step(status == (expected.type ? STATUS_SUCCESS : STATUS_TIMEOUT), "%08x, expected type %x",
            status, expected.type);
    if (!expected.type)
        return false;
    expect_message(&expected, side, &attributes);
    if (expected.type == 0x200a)
        answer(expected.client);
    else if (expected.type == 5)
        ck_ok(portico_close(servers[expected.client]));
    return true;
}

static void step_continue(enum reference_side side, bool release)
{
    uint32_t index = pick_message(side, pick(4) != 0);
    char before[120];
    status_t status;

    if (index == NONE)
        return;
    snprintf(before, sizeof(before), "%s", about(index));
    message_make(index);
    message.header.message_id = reference.messages[index].id;
    message.header.callback_id = callback_ids[index];
    status = port_send(port_at(side, reference.messages[index].client),
                       release ? PORTICO_RELEASE : 0, &message);
    ck_step(status == (reference_continue(&reference, side, index, release)
                           ? STATUS_SUCCESS
                           : STATUS_REPLY_MESSAGE_MISMATCH),
            "%08x for %s, side %d", status, before, side);
}

static void step_cancel(enum reference_side side)
{
    static const status_t statuses[] = {STATUS_PENDING, STATUS_REQUEST_CANCELED,
                                        STATUS_MESSAGE_NOT_FOUND};
    uint32_t index = pick_message(side, false);
    enum reference_cancel expected;
    char before[120];
    status_t status;

    if (index == NONE)
        return;
    snprintf(before, sizeof(before), "%s", about(index));
    status = portico_port_cancel(port_at(side, reference.messages[index].client), 0,
                                 reference.messages[index].id, callback_ids[index], 0);
    expected = reference_cancel(&reference, side, index);
    ck_step(status == statuses[expected], "%08x for %s, side %d", status, before, side);
}

static void one_step(void)
{
    uint32_t client = pick(REFERENCE_CLIENTS);
    enum reference_side side = pick(2) ? AT_SERVER : AT_CLIENT;

    switch (pick(16)) {
    case 0:
        step_connect(client);
        break;
    case 1:
        if (pick(8) == 0)
            step_close(client);
        break;
    case 2:
    case 3:
        step_send(side, client, true);
        break;
    case 4:
    case 5:
        step_send(side, client, false);
        break;
    case 6:
        step_reserve(client, pick(2));
        break;
    case 7:
        step_sync_timeout(client);
        break;
    case 8:
        step_call(client);
        break;
    case 9:
    case 10:
        step_continue(side, true);
        break;
    case 11:
        step_continue(side, false);
        break;
    case 12:
        step_cancel(side);
        break;
    default:
        step_receive(side, client);
        break;
    }
}

/* At the end everything that is under way arrives, and the clients go. */
static void finish(void)
{
    for (uint32_t i = 0; i < REFERENCE_CLIENTS; i++) {
        while (step_receive(AT_CLIENT, i))
            ;
        step_close(i);
    }
    while (step_receive(AT_SERVER, 0))
        ;
    ck_ok(portico_close(connection));
}

static void run(uint64_t with_seed)
{
    daemon_connect();
    seed = with_seed;
    state = with_seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    reference_init(&reference);
    ck_ok(port_make(name, &connection));
    for (step = 0; step < N_STEPS && reference.n_messages < REFERENCE_MESSAGES - 4; step++)
        one_step();
    finish();
}

START_TEST(random_sequences_do_what_the_reference_says)
{
    const char *given = getenv("PORTICO_SEED");

    if (given)
        run(strtoull(given, NULL, 0));
    for (uint64_t i = 1; !given && i <= N_SEEDS; i++)
        run(i * 1000 + (uint64_t)_i);
}
END_TEST

START_TEST(a_seed_that_no_run_has_had_before)
{
    uint64_t fresh = (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();

    printf("# PORTICO_SEED=%llu\n", (unsigned long long)fresh);
    run(fresh);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("random reference");
    UNIT_TEST(random_sequences_do_what_the_reference_says);
    UNIT_TEST(a_seed_that_no_run_has_had_before);
    return DAEMON_END(UNIT_END());
}
