/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "portico/attributes.h"
#include "portico/handle.h"
#include "portico/local_port.h"

static const char name[] = "\\RPC Control\\attributes";

static const struct attributes_source source = {.generation = 1, .message_id = 1};

static struct port *port_behind(handle_t handle)
{
    struct port *port;

    ck_ok(handle_get_port(handle, &port));
    return port;
}

static struct portico_view view_make(handle_t port)
{
    struct portico_view view = {.size = 4096};
    uint64_t size;

    ck_ok(portico_section_create(port, 0, 0, 4096, &view.section, &size));
    ck_ok(portico_view_create(port, &view));
    return view;
}

START_TEST(nothing_valid_takes_no_room_in_the_record)
{
    struct pair pair = pair_make(name);
    struct port *port = port_behind(pair.client);
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_CONTEXT};
    struct wire_attributes wire;
    uint32_t size = 1;

    ck_ok(attributes_send(port, NULL, 0, &wire, &size));
    ck_assert_uint_eq(size, 0);
    ck_ok(attributes_send(port, &attributes, 0, &wire, &size));
    ck_assert_uint_eq(size, 0);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(what_was_prepared_and_not_sent_is_undone)
{
    struct pair pair = pair_make(name);
    struct port *port = port_behind(pair.client);
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW,
                                            .view = view_make(pair.client)};
    struct wire_attributes wire;
    uint32_t size;

    attributes.view.flags = PORTICO_VIEW_AUTO_RELEASE;
    for (int i = 0; i < 2; i++) {
        ck_ok(attributes_send(port, &attributes, 0, &wire, &size));
        ck_assert_uint_eq(size, sizeof(wire));
        ck_assert_uint_eq(wire.valid, PORTICO_ATTRIBUTE_VIEW);
        attributes_sent(port, &wire, &(struct attributes_fate){.is_told = true});
    }
    *(volatile char *)attributes.view.base = 1; /* still mapped */
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(an_area_that_is_no_attributes_says_nothing)
{
    struct pair pair = pair_make(name);
    struct port *port = port_behind(pair.connection);
    struct portico_attributes attributes = {.wanted = UINT32_MAX};
    struct wire_attributes wire = {.valid = UINT32_MAX, .view = {.section = 77, .size = 4096}};

    for (uint32_t size = 0; size < sizeof(wire); size++)
        attributes_receive(port, &source, &wire, size, &attributes);
    ck_assert_uint_eq(attributes.valid, 0);
    /* A section that nobody has made. */
    attributes_receive(port, &source, &wire, sizeof(wire), &attributes);
    ck_assert_uint_eq(attributes.valid & PORTICO_ATTRIBUTE_VIEW, 0);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_not_wanted_is_not_fetched)
{
    struct pair pair = pair_make(name);
    struct port *port = port_behind(pair.client), *server = port_behind(pair.connection);
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW,
                                            .view = view_make(pair.client)},
                              received = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    struct portico_counters before, after;
    struct wire_attributes wire;
    uint32_t size;

    ck_ok(attributes_send(port, &attributes, 0, &wire, &size));
    portico_counters_get(&before);
    attributes_receive(server, &source, &wire, size, &received);
    portico_counters_get(&after);
    ck_assert_uint_eq(received.valid, 0);
    ck_assert_uint_eq(after.requests, before.requests);
    attributes_sent(port, &wire, &(struct attributes_fate){.is_told = true});
    port_unref(port);
    port_unref(server);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico attributes");
    UNIT_TEST(nothing_valid_takes_no_room_in_the_record);
    UNIT_TEST(what_was_prepared_and_not_sent_is_undone);
    UNIT_TEST(an_area_that_is_no_attributes_says_nothing);
    UNIT_TEST(what_is_not_wanted_is_not_fetched);
    return DAEMON_END(UNIT_END());
}
