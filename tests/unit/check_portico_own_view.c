/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "views.h"

static const char name[] = "\\RPC Control\\own_view";

START_TEST(views_of_one_section_are_memory_of_their_own)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, 0, 0x40000);
    struct portico_view views[4], got;

    for (int i = 0; i < 4; i++) {
        views[i] = view_make(pair.client, section, 0x1000 * (size_t)(i + 1));
        memset(views[i].base, i + 1, views[i].size);
    }
    struct portico_view one_more = {.section = section, .size = 1};
    ck_status(portico_view_create(pair.client, &one_more), STATUS_NO_MEMORY);
    for (int i = 3; i >= 0; i--) {
        ck_assert(bytes_are(&views[i], (uint8_t)(i + 1)));
        ck_ok(view_send_to(pair.client, 0, &views[i]));
        got = view_take_from(pair.connection);
        ck_assert_uint_eq(got.size, views[i].size);
        ck_assert(bytes_are(&got, (uint8_t)(i + 1)));
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_part_of_a_view_is_received_with_exactly_that_size)
{
    static const size_t sizes[] = {1, 0xfff, 0x1000, 0x1001, 0x3000};
    struct pair pair = pair_make(name);
    struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x3000);

    memset(own.base, 9, own.size);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct portico_view part = own, got;
        part.size = sizes[i];
        ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &part));
        got = view_take_from(pair.connection);
        ck_assert_uint_eq(got.size, sizes[i]);
        ck_assert(bytes_are(&got, 9));
    }
    own.size = 0;
    ck_status(view_send_to(pair.client, 0, &own), STATUS_INVALID_VIEW_SIZE);
    pair_close(&pair);
}
END_TEST

START_TEST(a_size_is_rounded_to_pages)
{
    struct pair pair = pair_make(name);
    struct portico_view view = {.section = section_make(pair.client, 0, 1), .size = 1};

    ck_ok(portico_view_create(pair.client, &view));
    ck_assert_uint_eq(view.size, 0x1000);
    pair_close(&pair);
}
END_TEST

/* One view in messages that end in another order than they were sent in. */
START_TEST(a_range_is_free_again_when_all_messages_that_carried_it_have_ended)
{
    enum { N = 40 };
    struct pair pair = pair_make(name);
    static struct test_message requests[N];
    uint32_t section = section_make(pair.client, 0, 0x10000);
    struct portico_view own = view_make(pair.client, section, 0x1000);
    struct portico_view next = {.section = section, .size = 0x1000};

    for (int i = 0; i < N; i++) {
        ck_ok(view_send_to(pair.client, 0, &own));
        view_take_from(pair.connection);
        requests[i] = message;
    }
    ck_ok(portico_view_delete(pair.client, own.base));
    for (int i = N - 1; i >= 0; i--) {
        ck_status(portico_view_create(pair.client, &next), STATUS_NO_MEMORY);
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &requests[i]));
        ck_ok(port_take(pair.client, &message));
    }
    ck_ok(portico_view_create(pair.client, &next));
    pair_close(&pair);
}
END_TEST

START_TEST(a_deleted_view_is_unmapped_at_once_though_it_is_unread)
{
    struct pair pair = pair_make(name);
    struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);

    memset(own.base, 4, 0x1000);
    ck_ok(view_send_to(pair.client, 0, &own));
    ck_ok(portico_view_delete(pair.client, own.base));
    ck_assert(!is_mapped(own.base));
    struct portico_view got = view_take_from(pair.connection);
    ck_assert(bytes_are(&got, 4));
    pair_close(&pair);
}
END_TEST

START_TEST(a_cancelled_request_gives_its_range_back)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, 0, 1);
    struct portico_view own = view_make(pair.client, section, 0x1000);

    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_ok(view_send_to(pair.client, 0, &own));
    view_take_from(pair.connection);
    ck_status(portico_port_cancel(pair.connection, 0, message.header.message_id,
                                  (uint32_t)message.header.callback_id, 0),
              STATUS_PENDING);
    ck_ok(port_take(pair.client, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CANCELED);
    view_make(pair.client, section, 0x1000);
    pair_close(&pair);
}
END_TEST

/* Sends the view in `message`, SYNC, which nobody answers in time. */
static void view_time_out(handle_t port, const struct portico_view *view)
{
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = *view};
    static struct test_message answer;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &message.header,
                                        .send_attributes = &attributes,
                                        .receive = &answer.header,
                                        .capacity = sizeof(answer),
                                        .deadline_ns = PORTICO_POLL};

    ck_status(portico_port_exchange(port, &exchange), STATUS_TIMEOUT);
}

START_TEST(a_request_that_timed_out_gives_its_range_back_when_the_other_end_has_let_go)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, 0, 1);
    struct portico_view own = view_make(pair.client, section, 0x1000);
    struct portico_view next = {.section = section, .size = 0x1000};

    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    for (int i = 0; i < 100; i++) {
        message_fill(&message, 4, 1);
        view_time_out(pair.client, &own);
        ck_status(portico_view_create(pair.client, &next), STATUS_NO_MEMORY);
        ck_ok(port_take(pair.connection, &message)); /* the request, then what takes it back */
        ck_status(port_send(pair.connection, PORTICO_RELEASE, &message), STATUS_SUCCESS);
        while (port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
            ;
        own = view_make(pair.client, section, 0x1000);
        own.flags = PORTICO_VIEW_AUTO_RELEASE;
    }
    ck_ok(portico_view_delete(pair.client, own.base));
    ck_ok(portico_section_delete(pair.client, section));
    pair_close(&pair);
}
END_TEST

/* The section is a connection port's, so it outlives the connection. */
START_TEST(a_request_that_timed_out_gives_its_range_back_when_the_connection_ends)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.connection, 0, 1);
    struct portico_view own = view_make(pair.connection, section, 0x1000);
    struct portico_view next = {.section = section, .size = 0x1000};

    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    message_fill(&message, 4, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    view_time_out(pair.connection, &own);
    ck_status(portico_view_create(pair.connection, &next), STATUS_NO_MEMORY);
    ck_ok(portico_close(pair.client));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_view_create(pair.connection, &next));
    ck_ok(portico_close(pair.connection));
}
END_TEST

static struct portico_view racing;
static handle_t racing_port;

static void *make_and_delete(void *argument)
{
    for (int i = 0; i < 300; i++) {
        struct portico_view view = {.section = racing.section, .size = 0x1000};
        status_t status = portico_view_create(racing_port, &view);
        if (status != STATUS_SUCCESS)
            return argument;
        memset(view.base, i, view.size);
        if (!bytes_are(&view, (uint8_t)i) ||
            portico_view_delete(racing_port, view.base) != STATUS_SUCCESS)
            return argument;
    }
    return NULL;
}

START_TEST(threads_make_and_delete_views_of_one_section)
{
    struct pair pair = pair_make(name);
    pthread_t threads[4];
    void *failed;

    racing_port = pair.client;
    racing.section = section_make(pair.client, 0, 0x80000);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_and_delete, &racing), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    ck_ok(portico_section_delete(pair.client, racing.section));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico own_view");
    UNIT_TEST(views_of_one_section_are_memory_of_their_own);
    UNIT_TEST(a_part_of_a_view_is_received_with_exactly_that_size);
    UNIT_TEST(a_size_is_rounded_to_pages);
    UNIT_TEST(a_range_is_free_again_when_all_messages_that_carried_it_have_ended);
    UNIT_TEST(a_deleted_view_is_unmapped_at_once_though_it_is_unread);
    UNIT_TEST(a_cancelled_request_gives_its_range_back);
    UNIT_TEST(a_request_that_timed_out_gives_its_range_back_when_the_other_end_has_let_go);
    UNIT_TEST(a_request_that_timed_out_gives_its_range_back_when_the_connection_ends);
    UNIT_TEST(threads_make_and_delete_views_of_one_section);
    return DAEMON_END(UNIT_END());
}
