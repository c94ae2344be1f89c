/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "views.h"

static const char name[] = "\\RPC Control\\view";

START_TEST(a_port_knows_its_own_views)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.connection, 0, 0, 0x20000, &section, &size));
    struct portico_view own = view_make(pair.connection, section, 0x20000);
    ck_assert(portico_view_holds(pair.connection, own.base, 0x20000));
    ck_assert(portico_view_holds(pair.connection, own.base, 0x1000));
    ck_assert(!portico_view_holds(pair.connection, own.base, 0x20001));
    ck_assert(!portico_view_holds(pair.connection, (char *)own.base + 0x1000, 0x1000));
    ck_assert(!portico_view_holds(pair.client, own.base, 0x1000));
    ck_ok(portico_view_delete(pair.connection, own.base));
    ck_assert(!portico_view_holds(pair.connection, own.base, 0x1000));
    pair_close(&pair);
}
END_TEST

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

START_TEST(auto_release_unmaps_the_senders_view_and_the_receivers_lives)
{
    static const uint32_t how[] = {0, PORTICO_RELEASE};
    struct pair pair = pair_make(name);

    for (size_t i = 0; i < 2; i++) {
        struct portico_view own, got;
        uint32_t section;
        uint64_t size;

        ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &section, &size));
        own = view_make(pair.client, section, 0x2000);
        memset(own.base, 0x5a, 0x2000);
        own.flags = PORTICO_VIEW_AUTO_RELEASE;
        ck_assert(is_mapped(own.base));
        ck_ok(view_send_to(pair.client, how[i], &own));
        ck_assert(!is_mapped(own.base));
        ck_status(portico_view_delete(pair.client, own.base), STATUS_INVALID_ADDRESS);
        ck_status(view_send_to(pair.client, 0, &own), STATUS_INVALID_ADDRESS);
        if (i)
            ck_ok(portico_section_delete(pair.client, section));
        got = view_take_from(pair.connection);
        ck_assert_uint_eq(got.size, 0x2000);
        for (size_t at = 0; at < 0x2000; at++)
            ck_assert_uint_eq(((uint8_t *)got.base)[at], 0x5a);
        if (!i)
            ck_ok(portico_section_delete(pair.client, section));
        ck_assert_uint_eq(((uint8_t *)got.base)[0x1fff], 0x5a);
        ck_ok(portico_view_delete(pair.connection, got.base));
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
        if (!i)
            ck_ok(port_take(pair.client, &message));
    }
    pair_close(&pair);
}
END_TEST

START_TEST(auto_release_of_one_view_of_several_leaves_the_others)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x20000, &section, &size));
    struct portico_view one = view_make(pair.client, section, 0x1000);
    struct portico_view two = view_make(pair.client, section, 0x1000);
    memset(one.base, 1, 0x1000);
    one.flags = PORTICO_VIEW_AUTO_RELEASE;
    struct portico_view failing = one;
    failing.size = 0x3000;
    ck_status(view_send_to(pair.client, 0, &failing), STATUS_INVALID_VIEW_SIZE);
    ck_assert(is_mapped(one.base));
    ck_ok(view_send_to(pair.client, 0, &one));
    ck_assert(!is_mapped(one.base));
    ((uint8_t *)two.base)[0] = 2;
    /* Its range is the message's until that has ended. */
    struct portico_view next = {.section = section, .size = 0x1000};
    ck_status(portico_view_create(pair.client, &next), STATUS_NO_MEMORY);
    struct portico_view got = view_take_from(pair.connection);
    ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], 1);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.client, &message));
    next = view_make(pair.client, section, 0x1000);
    memset(next.base, 3, 0x1000);
    ck_ok(portico_view_delete(pair.client, next.base));
    ck_ok(portico_view_delete(pair.client, two.base));
    ck_ok(portico_section_delete(pair.client, section));
    pair_close(&pair);
}
END_TEST

START_TEST(a_view_that_could_not_be_sent_is_not_released)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &section, &size));
    struct portico_view own = view_make(pair.client, section, 0x1000);
    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = own};
    struct portico_exchange exchange = {.send = &message.header, .send_attributes = &attributes};
    message_fill(&message, 4, 1);
    message.header.message_id = 0x7ffffff; /* no such message */
    message.header.callback_id = 1;
    ck_assert_uint_ne(portico_port_exchange(pair.client, &exchange), STATUS_SUCCESS);
    ck_assert(is_mapped(own.base));
    ((uint8_t *)own.base)[0] = 1;
    ck_ok(view_send_to(pair.client, 0, &own));
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_deleted_while_unread_reaches_the_receiver)
{
    struct pair pair = pair_make(name);
    struct portico_view views[3], got;
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x20000, &section, &size));
    for (int i = 0; i < 2; i++) {
        views[i] = view_make(pair.client, section, 0x1000);
        memset(views[i].base, 10 + i, 0x1000);
        ck_ok(view_send_to(pair.client, 0, &views[i]));
        ck_status(portico_section_delete(pair.client, section), STATUS_DELETE_PENDING);
        ck_ok(portico_view_delete(pair.client, views[i].base));
        ck_status(portico_view_delete(pair.client, views[i].base), STATUS_INVALID_ADDRESS);
    }
    /* Their ranges are not used again while they are unread. */
    views[2] = (struct portico_view){.section = section, .size = 0x1000};
    ck_status(portico_view_create(pair.client, &views[2]), STATUS_NO_MEMORY);
    got = view_take_from(pair.connection);
    ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], 10);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.client, &message));
    views[2] = view_make(pair.client, section, 0x1000);
    memset(views[2].base, 12, 0x1000);
    ck_ok(view_send_to(pair.client, 0, &views[2]));
    ck_ok(portico_view_delete(pair.client, views[2].base));
    ck_ok(portico_section_delete(pair.client, section));
    ck_status(portico_section_delete(pair.client, section), STATUS_INVALID_HANDLE);
    for (int i = 1; i < 3; i++) {
        got = view_take_from(pair.connection);
        ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], 10 + i);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_section_deleted_while_unread_stays_until_it_is_read)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    for (int i = 0; i < 20; i++) {
        ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &section, &size));
        struct portico_view own = view_make(pair.client, section, 0x1000);
        memset(own.base, i, 0x1000);
        ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
        ck_ok(portico_view_delete(pair.client, own.base));
        ck_ok(portico_section_delete(pair.client, section));
        struct portico_view next = {.section = section, .size = 0x1000};
        ck_status(portico_view_create(pair.client, &next), STATUS_INVALID_HANDLE);
    }
    for (int i = 0; i < 20; i++) {
        struct portico_view got = view_take_from(pair.connection);
        ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], i);
    }
    pair_close(&pair);
}
END_TEST

static handle_t calling_port;
static struct portico_view calling_view;

/* A SYNC request with AUTO_RELEASE; the view of its answer, checked. */
static void *call_with_view(void *byte)
{
    struct test_message own;
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = calling_view};
    struct portico_attributes got = {.wanted = PORTICO_ATTRIBUTE_VIEW};
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &own.header,
                                        .receive = &own.header,
                                        .capacity = sizeof(own),
                                        .deadline_ns = PORTICO_FOREVER,
                                        .send_attributes = &attributes,
                                        .receive_attributes = &got};

    message_fill(&own, 4, 1);
    ck_ok(portico_port_exchange(calling_port, &exchange));
    ck_assert_uint_eq(got.valid, PORTICO_ATTRIBUTE_VIEW);
    ck_assert_uint_eq(((uint8_t *)got.view.base)[0xfff], *(uint8_t *)byte);
    ck_assert(!is_mapped(calling_view.base));
    return NULL;
}

START_TEST(sync_requests_and_their_replies_release_their_views)
{
    struct pair pair = pair_make(name);
    uint8_t byte = 0x77;
    uint32_t asking, answering;
    pthread_t thread;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &asking, &size));
    ck_ok(portico_section_create(pair.server, 0, 0, 0x10000, &answering, &size));
    calling_view = view_make(pair.client, asking, 0x1000);
    memset(calling_view.base, 0x66, 0x1000);
    calling_view.flags = PORTICO_VIEW_AUTO_RELEASE;
    calling_port = pair.client;
    struct portico_view answer = view_make(pair.server, answering, 0x1000);
    memset(answer.base, byte, 0x1000);
    answer.flags = PORTICO_VIEW_AUTO_RELEASE;
    pthread_create(&thread, NULL, call_with_view, &byte);
    struct portico_view got = view_take_from(pair.connection);
    ck_assert_uint_eq(((uint8_t *)got.base)[0xfff], 0x66);
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = answer};
    struct portico_exchange exchange = {
        .flags = PORTICO_RELEASE, .send = &message.header, .send_attributes = &attributes};
    ck_ok(portico_port_exchange(pair.server, &exchange));
    ck_assert_uint_eq(portico_section_delete(pair.server, answering), STATUS_SUCCESS);
    ck_status(portico_view_delete(pair.server, answer.base), STATUS_INVALID_ADDRESS);
    pthread_join(thread, NULL);
    ck_ok(portico_section_delete(pair.client, asking));
    pair_close(&pair);
}
END_TEST

START_TEST(a_sender_that_closes_leaves_cancelled_messages_not_views)
{
    struct pair pair = pair_make(name);
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(pair.client, 0, 0, 0x10000, &section, &size));
    struct portico_view own = view_make(pair.client, section, 0x1000);
    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_ok(view_send_to(pair.client, 0, &own));
    ck_ok(portico_section_delete(pair.client, section));
    ck_ok(portico_close(pair.client));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CANCELED);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico view");
    UNIT_TEST(a_port_knows_its_own_views);
    UNIT_TEST(a_view_is_mapped_once_and_found_again);
    UNIT_TEST(a_datagram_with_a_view_must_be_released);
    UNIT_TEST(what_is_no_view_cannot_be_sent_or_deleted);
    UNIT_TEST(a_receiver_keeps_a_view_until_it_lets_go_though_the_sender_is_gone);
    UNIT_TEST(auto_release_unmaps_the_senders_view_and_the_receivers_lives);
    UNIT_TEST(auto_release_of_one_view_of_several_leaves_the_others);
    UNIT_TEST(a_view_that_could_not_be_sent_is_not_released);
    UNIT_TEST(what_is_deleted_while_unread_reaches_the_receiver);
    UNIT_TEST(a_section_deleted_while_unread_stays_until_it_is_read);
    UNIT_TEST(sync_requests_and_their_replies_release_their_views);
    UNIT_TEST(a_sender_that_closes_leaves_cancelled_messages_not_views);
    return DAEMON_END(UNIT_END());
}
