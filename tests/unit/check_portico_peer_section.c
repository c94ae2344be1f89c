/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "portico/attributes.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/view.h"
#include "views.h"

static const char name[] = "\\RPC Control\\peer_section";

static uint64_t requests_so_far(void)
{
    struct portico_counters counters;

    portico_counters_get(&counters);
    return counters.requests;
}

/* A request with the view of a section of its own, answered; the received view stays or goes. */
static struct portico_view exchange_view(const struct pair *pair, const struct portico_view *own,
                                         bool goes)
{
    ck_ok(view_send_to(pair->client, 0, own));
    struct portico_view got = view_take_from(pair->connection);
    if (goes)
        ck_ok(portico_view_delete(pair->connection, got.base));
    ck_ok(port_send(pair->connection, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair->client, &message));
    return got;
}

START_TEST(a_section_without_views_stays_mapped_and_is_found_again)
{
    struct pair pair = pair_make(name);
    struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view first = exchange_view(&pair, &own, true);

    ck_assert(is_mapped(first.base));
    uint64_t before = requests_so_far();
    ck_assert_ptr_eq(exchange_view(&pair, &own, true).base, first.base);
    ck_assert_uint_eq(requests_so_far(), before);
    pair_close(&pair);
    ck_assert(!is_mapped(first.base));
}
END_TEST

/* Sections of a peer's, mapped here. */
static int n_mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    int n = 0;

    while (maps && fgets(line, sizeof(line), maps))
        n += strstr(line, " r--s ") && strstr(line, "portico-alpc-section");
    fclose(maps);
    return n;
}

START_TEST(of_sections_without_views_only_the_latest_stay)
{
    enum { N = 40 }; /* more than stay; a server with 256 descriptors has room for them */
    struct pair pair = pair_make(name);
    struct portico_view own[N], got[N];

    for (int i = 0; i < N; i++) {
        own[i] = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
        memset(own[i].base, i, 0x1000);
        got[i] = exchange_view(&pair, &own[i], true);
    }
    ck_assert_int_ge(n_mapped(), 1);
    ck_assert_int_le(n_mapped(), 32);
    for (int i = 0; i < N; i++) { /* and all can come again */
        got[i] = exchange_view(&pair, &own[i], false);
        ck_assert(bytes_are(&got[i], (uint8_t)i));
    }
    ck_assert_int_eq(n_mapped(), N);
    pair_close(&pair);
    ck_assert_int_eq(n_mapped(), 0);
}
END_TEST

START_TEST(a_peer_cannot_make_us_map_without_end)
{
    struct pair pair = pair_make(name);
    uint32_t n = 0;

    for (;; n++) {
        struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_VIEW};
        struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
        own.flags = PORTICO_VIEW_AUTO_RELEASE;
        ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
        ck_ok(portico_section_delete(pair.client, own.section));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_FOREVER, &attributes));
        if (!attributes.valid)
            break;
        ck_assert_uint_lt(n, 1000);
    }
    ck_assert_uint_ge(n, 100);
    /* The message has come without it, another client's come as ever. */
    ck_assert_uint_eq(message.header.data_length, 4);
    struct pair other = pair;
    other.client = pair_connect(pair.connection, name, 7, &other.server);
    struct portico_view own = view_make(other.client, section_make(other.client, 0, 1), 0x1000);
    exchange_view(&other, &own, false);
    ck_ok(portico_close(other.client));
    ck_ok(portico_close(other.server));
    pair_close(&pair);
}
END_TEST

START_TEST(views_in_use_outlive_their_connection)
{
    struct pair pair = pair_make(name);
    struct portico_view one = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view two = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);

    memset(one.base, 1, 0x1000);
    struct portico_view kept = exchange_view(&pair, &one, false);
    struct portico_view gone = exchange_view(&pair, &two, true);
    ck_ok(portico_close(pair.client));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_assert(!is_mapped(gone.base));
    ck_assert(bytes_are(&kept, 1));
    ck_ok(portico_view_delete(pair.connection, kept.base));
    ck_assert(!is_mapped(kept.base));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

/* ---- a lying peer ---- */

static struct port *port_behind(handle_t handle)
{
    struct port *port;

    ck_ok(handle_get_port(handle, &port));
    return port;
}

static status_t claim(struct pair *pair, const struct wire_view *wire)
{
    struct port *port = port_behind(pair->connection), *server = port_behind(pair->server);
    struct attributes_source source = {
        .connection = server->connection, .generation = 1, .message_id = 1};
    struct portico_view got;
    status_t status = view_receive(port, &source, wire, &got);

    port_unref(port);
    port_unref(server);
    return status;
}

START_TEST(what_is_no_section_of_the_peers_is_refused)
{
    struct pair pair = pair_make(name), other = pair;
    struct wire_view wire = {.size = 0x1000};

    other.client = pair_connect(pair.connection, name, 7, &other.server);
    wire.section = 0x7ffffff0; /* nobody's */
    ck_status(claim(&pair, &wire), STATUS_INVALID_HANDLE);
    wire.section = section_make(other.client, 0, 1); /* another connection's */
    ck_status(claim(&pair, &wire), STATUS_INVALID_HANDLE);
    wire.section = section_make(pair.server, 0, 1); /* the receiver's own */
    ck_status(claim(&pair, &wire), STATUS_INVALID_HANDLE);
    wire.section = section_make(pair.client, ALPC_SECTION_SECURE, 1); /* has no memory */
    ck_status(claim(&pair, &wire), STATUS_INSUFFICIENT_RESOURCES);
    wire.section = section_make(pair.client, 0, 0x10000);
    wire.offset = 0x10000;
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    wire.offset = UINT64_MAX - 0xfff;
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    wire.offset = 0;
    wire.size = 0x10001;
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    wire.size = 0;
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    wire.size = 0x10000;
    ck_ok(claim(&pair, &wire));
    wire.size = UINT64_MAX; /* mapped already: checked here, without the server */
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    wire.size = 1;
    wire.offset = 0x10001;
    ck_status(claim(&pair, &wire), STATUS_INVALID_VIEW_SIZE);
    ck_ok(portico_close(other.client));
    ck_ok(portico_close(other.server));
    pair_close(&pair);
}
END_TEST

START_TEST(memory_that_is_not_sealed_is_refused)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, ALPC_SECTION_SECURE, 1);
    struct portico_view own = view_make(pair.client, section, 0x1000);
    struct alpc_secure_memory_request request = {.port = pair.client, .section_id = section};
    struct alpc_secure_memory_reply reply;
    struct call_extra extra = {0};

    ck_assert_ptr_nonnull(own.base);
    ck_ok(call_alpc_secure_memory(portico_control(), &request, &reply, &extra));
    struct wire_view wire = {.section = section, .memory = reply.memory_id, .size = 0x1000};
    ck_status(claim(&pair, &wire), STATUS_ACCESS_DENIED);
    wire.memory = 0; /* as a plain one */
    wire.section = reply.memory_id;
    ck_status(claim(&pair, &wire), STATUS_ACCESS_DENIED);
    close(extra.ret_fds[0]);
    pair_close(&pair);
}
END_TEST

/* ---- death ---- */

/* In the child Check is not there: a status is the exit code. */
static status_t send_one(handle_t port, uint32_t section_flags, uint32_t view_flags)
{
    struct portico_view own = {.size = 0x1000};
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW};
    struct portico_exchange exchange = {.send = &message.header, .send_attributes = &attributes};
    uint64_t size;
    status_t status = portico_section_create(port, section_flags, 0, 1, &own.section, &size);

    if (status == STATUS_SUCCESS)
        status = portico_view_create(port, &own);
    if (status != STATUS_SUCCESS)
        return status;
    memset(own.base, 0x44, 0x1000);
    attributes.view = own;
    attributes.view.flags = view_flags;
    message_fill(&message, 4, 1);
    return portico_port_exchange(port, &exchange);
}

static int sender_main(const char *what)
{
    handle_t port;

    (void)what;
    if (portico_start(NULL) != STATUS_SUCCESS || port_connect_to(name, &port) != STATUS_SUCCESS ||
        send_one(port, 0, 0) != STATUS_SUCCESS ||
        send_one(port, ALPC_SECTION_SECURE, PORTICO_VIEW_SECURED) != STATUS_SUCCESS)
        return 1;
    say('s');
    listen_for();
    return 0;
}

START_TEST(a_sender_that_is_killed_takes_nothing_from_the_receiver)
{
    struct child child;
    handle_t connection, server;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    child = child_start("sender");
    ck_ok(port_take(connection, &message));
    ck_ok(portico_port_accept(connection, &test_attributes, 1, &message.header, true, &server));
    ck_assert_int_eq(child_hear(&child), 's');
    struct portico_view got = view_take_from(connection);
    kill(child.pid, SIGKILL);
    child_end(&child);
    ck_assert(bytes_are(&got, 0x44));
    do
        ck_ok(port_take(connection, &message));
    while (message.header.type != PORTICO_TYPE_PORT_CLOSED);
    ck_assert(bytes_are(&got, 0x44));
    ck_ok(portico_view_delete(connection, got.base));
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, sender_main);
    UNIT_BEGIN("portico peer_section");
    UNIT_TEST(a_section_without_views_stays_mapped_and_is_found_again);
    UNIT_TEST(of_sections_without_views_only_the_latest_stay);
    UNIT_TEST(a_peer_cannot_make_us_map_without_end);
    UNIT_TEST(views_in_use_outlive_their_connection);
    UNIT_TEST(what_is_no_section_of_the_peers_is_refused);
    UNIT_TEST(memory_that_is_not_sealed_is_refused);
    UNIT_TEST(a_sender_that_is_killed_takes_nothing_from_the_receiver);
    return DAEMON_END(UNIT_END());
}
