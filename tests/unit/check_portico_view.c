/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"

static const char name[] = "\\RPC Control\\view";
static struct test_message message;

static struct portico_view view_make(handle_t port, uint32_t section, size_t size)
{
    struct portico_view view = {.section = section, .size = size};

    ck_ok(portico_view_create(port, &view));
    ck_assert_uint_eq(view.size, size);
    ck_assert_ptr_nonnull(view.base);
    return view;
}

static status_t view_send_to(handle_t port, uint32_t flags, const struct portico_view *view)
{
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = *view};
    struct portico_exchange exchange = {
        .flags = flags, .send = &message.header, .send_attributes = &attributes};

    message_fill(&message, 4, 1);
    return portico_port_exchange(port, &exchange);
}

static struct portico_view view_take_from(handle_t port)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_VIEW};

    ck_ok(port_receive_for(port, &message, PORTICO_FOREVER, &attributes));
    ck_assert_uint_eq(attributes.valid, PORTICO_ATTRIBUTE_VIEW);
    ck_assert_uint_eq(attributes.view.section, 0);
    ck_assert_uint_eq(attributes.view.flags, 0);
    return attributes.view;
}

START_TEST(a_view_is_mapped_once_and_found_again)
{
    struct pair pair = pair_make(name);
    struct portico_counters before, after;
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x100000, &section, &size));
    ck_assert_uint_eq(size, 0x100000);
    struct portico_view own = view_make(pair.client, section, 0x100000), got;
    for (size_t i = 0; i < own.size; i++)
        ((uint8_t *)own.base)[i] = pattern_byte(i, 3);
    ck_ok(view_send_to(pair.client, 0, &own));
    got = view_take_from(pair.connection);
    ck_assert_uint_eq(got.size, own.size);
    ck_assert_ptr_ne(got.base, own.base);
    ck_assert_int_eq(memcmp(got.base, own.base, got.size), 0);
    ck_ok(portico_view_delete(pair.connection, got.base));
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.client, &message));
    portico_counters_get(&before);
    for (int i = 0; i < 50; i++) {
        struct portico_view again;
        ck_ok(view_send_to(pair.client, 0, &own));
        again = view_take_from(pair.connection);
        ck_assert_ptr_eq(again.base, got.base);
        ck_ok(portico_view_delete(pair.connection, again.base));
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
        ck_ok(port_take(pair.client, &message));
    }
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests);
    ck_ok(portico_view_delete(pair.client, own.base));
    ck_ok(portico_section_delete(pair.client, section));
    pair_close(&pair);
}
END_TEST

START_TEST(a_datagram_with_a_view_must_be_released)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 1, &section, &size));
    ck_assert_uint_eq(size, 0x10000);
    struct portico_view own = view_make(pair.client, section, 0x1000);
    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
    struct portico_view got = view_take_from(pair.connection);
    ck_assert_uint_eq(message.header.type,
                      PORTICO_TYPE_DATAGRAM | PORTICO_TYPE_CONTINUATION_REQUIRED);
    struct portico_view back = {.flags = PORTICO_VIEW_RELEASE, .base = got.base};
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = back};
    struct portico_exchange exchange = {
        .flags = PORTICO_RELEASE, .send = &message.header, .send_attributes = &attributes};
    ck_ok(portico_port_exchange(pair.connection, &exchange));
    ck_status(port_receive_for(pair.client, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_no_view_cannot_be_sent_or_deleted)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_status(portico_section_create(pair.client, 0, 0, 0, &section, &size),
              STATUS_INVALID_PARAMETER);
    ck_ok(portico_section_create(pair.client, 0, 0, 0x20000, &section, &size));
    struct portico_view own = view_make(pair.client, section, 0x2000), wrong = own;
    wrong.section = section + 77;
    ck_status(view_send_to(pair.client, 0, &wrong), STATUS_INVALID_HANDLE);
    wrong = own;
    wrong.base = (char *)own.base + 0x1000;
    ck_status(view_send_to(pair.client, 0, &wrong), STATUS_INVALID_ADDRESS);
    wrong = own;
    wrong.size = 0x3000;
    ck_status(view_send_to(pair.client, 0, &wrong), STATUS_INVALID_VIEW_SIZE);
    ck_status(portico_view_delete(pair.client, (char *)wrong.base + 1), STATUS_INVALID_ADDRESS);
    ck_ok(portico_view_delete(pair.client, own.base));
    ck_status(portico_view_delete(pair.client, own.base), STATUS_INVALID_ADDRESS);
    ck_status(view_send_to(pair.client, 0, &own), STATUS_INVALID_ADDRESS);
    pair_close(&pair);
}
END_TEST

START_TEST(a_receiver_keeps_a_view_until_it_lets_go_though_the_sender_is_gone)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &section, &size));
    struct portico_view own = view_make(pair.client, section, 0x1000);
    memset(own.base, 0x5a, 0x1000);
    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
    struct portico_view got = view_take_from(pair.connection);
    ck_ok(portico_close(pair.client));
    do
        ck_ok(port_take(pair.connection, &message));
    while (message.header.type != PORTICO_TYPE_PORT_CLOSED);
    ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], 0x5a);
    ck_ok(portico_view_delete(pair.connection, got.base));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico view");
    UNIT_TEST(a_view_is_mapped_once_and_found_again);
    UNIT_TEST(a_datagram_with_a_view_must_be_released);
    UNIT_TEST(what_is_no_view_cannot_be_sent_or_deleted);
    UNIT_TEST(a_receiver_keeps_a_view_until_it_lets_go_though_the_sender_is_gone);
    return DAEMON_END(UNIT_END());
}
