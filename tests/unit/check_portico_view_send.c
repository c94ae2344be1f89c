/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/section.h"
#include "views.h"

static const char name[] = "\\RPC Control\\view_send";

/* ---- flags ---- */

START_TEST(flags_that_do_not_go_together_are_refused)
{
    struct pair pair = pair_make(name);
    struct portico_view plain = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view back = {.flags = PORTICO_VIEW_RELEASE};

    plain.flags = PORTICO_VIEW_SECURED;
    ck_status(view_send_to(pair.client, 0, &plain), STATUS_INVALID_PARAMETER);
    plain.flags = PORTICO_VIEW_RELEASE;
    ck_status(view_send_to(pair.client, 0, &plain), STATUS_INVALID_PARAMETER); /* a new message */
    ck_status(view_send_to(pair.client, 0, &back), STATUS_INVALID_PARAMETER);
    plain.flags = 0;
    ck_ok(view_send_to(pair.client, 0, &plain));
    struct portico_view got = view_take_from(pair.connection);
    back.flags = PORTICO_VIEW_RELEASE | PORTICO_VIEW_AUTO_RELEASE;
    ck_status(view_continue(pair.connection, PORTICO_RELEASE, &back), STATUS_INVALID_PARAMETER);
    back.flags = PORTICO_VIEW_RELEASE | PORTICO_VIEW_SECURED;
    ck_status(view_continue(pair.connection, PORTICO_RELEASE, &back), STATUS_INVALID_PARAMETER);
    back = (struct portico_view){.flags = PORTICO_VIEW_RELEASE, .base = (char *)got.base + 0x1000};
    ck_status(view_continue(pair.connection, PORTICO_RELEASE, &back), STATUS_INVALID_ADDRESS);
    back.base = got.base;
    ck_ok(view_continue(pair.connection, PORTICO_RELEASE, &back));
    ck_status(portico_view_delete(pair.connection, got.base), STATUS_INVALID_ADDRESS);
    pair_close(&pair);
}
END_TEST

START_TEST(a_continuation_that_fails_gives_nothing_back)
{
    struct pair pair = pair_make(name);
    struct portico_view plain = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view back = {.flags = PORTICO_VIEW_RELEASE};

    ck_ok(view_send_to(pair.client, 0, &plain));
    struct portico_view got = view_take_from(pair.connection);
    message.header.callback_id ^= 0x5555;
    ck_status(view_continue(pair.connection, PORTICO_RELEASE, &back),
              STATUS_REPLY_MESSAGE_MISMATCH);
    ck_ok(portico_view_delete(pair.connection, got.base));
    pair_close(&pair);
}
END_TEST

START_TEST(a_view_goes_back_and_another_comes_in_one_continuation)
{
    struct pair pair = pair_make(name);
    struct portico_view asked = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view answer = view_make(pair.server, section_make(pair.server, 0, 1), 0x1000);

    memset(answer.base, 5, 0x1000);
    answer.flags = PORTICO_VIEW_RELEASE;
    ck_ok(view_send_to(pair.client, 0, &asked));
    struct portico_view got = view_take_from(pair.connection);
    ck_ok(view_continue(pair.server, 0, &answer));
    ck_status(portico_view_delete(pair.connection, got.base), STATUS_INVALID_ADDRESS);
    got = view_take_from(pair.client);
    ck_assert(bytes_are(&got, 5));
    ck_ok(portico_view_delete(pair.client, got.base));
    pair_close(&pair);
}
END_TEST

START_TEST(the_finish_of_a_datagram_carries_nothing)
{
    struct pair pair = pair_make(name);
    struct portico_view asked = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view answer = view_make(pair.server, section_make(pair.server, 0, 1), 0x1000);
    struct portico_view back = {.flags = PORTICO_VIEW_RELEASE};

    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &asked));
    view_take_from(pair.connection);
    ck_status(view_continue(pair.server, PORTICO_RELEASE, &answer), STATUS_INVALID_PARAMETER);
    ck_ok(view_continue(pair.server, PORTICO_RELEASE, &back));
    pair_close(&pair);
}
END_TEST

/* ---- final replies ---- */

/* The server's only range comes back when the client lets go of the view that a reply brought. */
static void reply_with_view(struct pair *pair, const struct portico_view *answer, bool wants_it,
                            struct portico_view *ret_got)
{
    message_fill(&message, 4, 1);
    ck_ok(port_send(pair->client, 0, &message));
    ck_ok(port_take(pair->connection, &message));
    ck_ok(view_continue(pair->server, PORTICO_RELEASE, answer));
    ck_assert(!is_mapped(answer->base)); /* till the receiver maps it, perhaps there */
    if (wants_it)
        *ret_got = view_take_from(pair->client);
    else
        ck_ok(port_take(pair->client, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
}

/* The connection port looks at what has come. */
static void look(handle_t port)
{
    ck_status(port_receive_for(port, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
}

START_TEST(the_range_of_a_final_replys_view_comes_back_with_the_view)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.server, 0, 1);
    struct portico_view next = {.section = section, .size = 0x1000}, got;

    for (int i = 0; i < 3; i++) {
        struct portico_view answer = view_make(pair.server, section, 0x1000);
        memset(answer.base, i, 0x1000);
        answer.flags = PORTICO_VIEW_AUTO_RELEASE;
        reply_with_view(&pair, &answer, true, &got);
        look(pair.connection);
        ck_status(portico_view_create(pair.server, &next), STATUS_NO_MEMORY);
        ck_assert(bytes_are(&got, (uint8_t)i));
        ck_ok(portico_view_delete(pair.client, got.base));
        look(pair.connection);
    }
    struct portico_view answer = view_make(pair.server, section, 0x1000);
    answer.flags = PORTICO_VIEW_AUTO_RELEASE;
    reply_with_view(&pair, &answer, false, &got); /* nobody wanted it */
    look(pair.connection);
    view_make(pair.server, section, 0x1000);
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_lent_ends_with_its_connection_and_silently)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.connection, 0, 1);
    struct portico_view answer = view_make(pair.connection, section, 0x1000), got;

    message_fill(&message, 4, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    answer.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_ok(view_continue(pair.connection, PORTICO_RELEASE, &answer));
    got = view_take_from(pair.client);
    ck_assert_ptr_nonnull(got.base);
    ck_ok(portico_close(pair.client));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    view_make(pair.connection, section, 0x1000);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

/* ---- SYNC ---- */

struct call {
    handle_t port;
    struct portico_view view;
    struct portico_attributes got;
    struct test_message message;
    int64_t deadline_ns;
    status_t status;
};

static void *call_main(void *argument)
{
    struct call *call = argument;
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = call->view};
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &call->message.header,
                                        .receive = &call->message.header,
                                        .capacity = sizeof(call->message),
                                        .deadline_ns = call->deadline_ns,
                                        .send_attributes = &attributes,
                                        .receive_attributes = &call->got};

    message_fill(&call->message, 4, 1);
    call->got.wanted = PORTICO_ATTRIBUTE_VIEW;
    call->status = portico_port_exchange(call->port, &exchange);
    return NULL;
}

START_TEST(auto_release_of_a_sync_request_does_not_wait_for_its_answer)
{
    struct pair pair = pair_make(name);
    struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    static struct call call;
    pthread_t thread;

    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    call = (struct call){.port = pair.client, .view = own, .deadline_ns = PORTICO_FOREVER};
    pthread_create(&thread, NULL, call_main, &call);
    view_take_from(pair.connection);
    while (is_mapped(own.base)) /* it has been published; soon */
        sched_yield();
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    pthread_join(thread, NULL);
    ck_ok(call.status);
    view_make(pair.client, own.section, 0x1000);
    pair_close(&pair);
}
END_TEST

START_TEST(a_sync_reply_brings_a_view_that_is_lent)
{
    struct pair pair = pair_make(name);
    struct portico_view own = view_make(pair.client, section_make(pair.client, 0, 1), 0x1000);
    struct portico_view answer = view_make(pair.server, section_make(pair.server, 0, 1), 0x1000);
    struct portico_view next = {.section = answer.section, .size = 0x1000};
    static struct call call;
    pthread_t thread;

    memset(answer.base, 8, 0x1000);
    answer.flags = PORTICO_VIEW_AUTO_RELEASE;
    call = (struct call){.port = pair.client, .view = own, .deadline_ns = PORTICO_FOREVER};
    pthread_create(&thread, NULL, call_main, &call);
    view_take_from(pair.connection);
    ck_ok(view_continue(pair.server, PORTICO_RELEASE, &answer));
    pthread_join(thread, NULL);
    ck_ok(call.status);
    ck_assert_uint_eq(call.got.valid, PORTICO_ATTRIBUTE_VIEW);
    ck_assert(bytes_are(&call.got.view, 8));
    look(pair.connection);
    ck_status(portico_view_create(pair.server, &next), STATUS_NO_MEMORY);
    ck_ok(portico_view_delete(pair.client, call.got.view.base));
    look(pair.connection);
    ck_ok(portico_view_create(pair.server, &next));
    pair_close(&pair);
}
END_TEST

/* ---- secured ---- */

static const uint32_t secured = PORTICO_VIEW_SECURED;

START_TEST(a_secured_views_bytes_stay_what_they_were_when_it_was_sent)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, ALPC_SECTION_SECURE, 0x20000);
    struct portico_view own = view_make(pair.client, section, 0x3000), got[3];

    own.flags = secured;
    for (int i = 0; i < 3; i++) {
        memset(own.base, 10 + i, own.size);
        ck_ok(view_send_to(pair.client, 0, &own));
        memset(own.base, 99, own.size); /* a copy: nobody else sees it */
        ck_assert(bytes_are(&own, 99));
        got[i] = view_take_any(pair.connection);
        ck_assert_uint_eq(got[i].flags, secured);
        ck_assert_uint_eq(got[i].size, own.size);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert(bytes_are(&got[i], (uint8_t)(10 + i)));
        ck_assert_int_eq(mprotect(got[i].base, 0x1000, PROT_READ | PROT_WRITE), -1);
        ck_ok(portico_view_delete(pair.connection, got[i].base));
        ck_assert(!is_mapped(got[i].base));
    }
    pair_close(&pair);
}
END_TEST

START_TEST(the_next_use_of_a_secured_view_begins_with_what_was_in_it)
{
    struct pair pair = pair_make(name);
    struct portico_view own =
        view_make(pair.client, section_make(pair.client, ALPC_SECTION_SECURE, 1), 0x2000);

    own.flags = secured;
    memset(own.base, 1, own.size);
    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
    ((uint8_t *)own.base)[0x1000] = 2;
    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
    for (int i = 1; i < 3; i++) {
        struct portico_view got = view_take_any(pair.connection);
        ck_assert_uint_eq(((uint8_t *)got.base)[0], 1);
        ck_assert_uint_eq(((uint8_t *)got.base)[0x1000], i);
    }
    pair_close(&pair);
}
END_TEST

/* The sender keeps a second, writable mapping of the memory: the kernel refuses to seal it. */
START_TEST(a_sender_that_can_still_write_is_refused)
{
    struct pair pair = pair_make(name);
    struct portico_view own =
        view_make(pair.client, section_make(pair.client, ALPC_SECTION_SECURE, 1), 0x1000);
    struct own_view *view;

    own.flags = secured;
    memset(own.base, 1, 0x1000);
    sections_lock();
    view = own_view_at_locked(own.base);
    uint8_t *kept = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, view->memory_fd, 0);
    sections_unlock();
    ck_assert_ptr_ne(kept, MAP_FAILED);
    ck_status(view_send_to(pair.client, 0, &own), STATUS_ACCESS_DENIED);
    look(pair.connection);
    ck_assert(bytes_are(&own, 1));
    munmap(kept, 0x1000);
    ck_ok(view_send_to(pair.client, 0, &own));
    struct portico_view got = view_take_any(pair.connection);
    ck_assert(bytes_are(&got, 1));
    pair_close(&pair);
}
END_TEST

START_TEST(secured_and_auto_release_go_together)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, ALPC_SECTION_SECURE, 0x10000);

    for (int i = 0; i < 20; i++) {
        struct portico_view own = view_make(pair.client, section, 0x1000), got;
        memset(own.base, i, 0x1000);
        own.flags = secured | PORTICO_VIEW_AUTO_RELEASE;
        ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
        ck_assert(!is_mapped(own.base));
        got = view_take_any(pair.connection);
        ck_assert(bytes_are(&got, (uint8_t)i));
        struct portico_view back = {.flags = PORTICO_VIEW_RELEASE};
        ck_ok(view_continue(pair.connection, PORTICO_RELEASE, &back));
        look(pair.client);
    }
    ck_ok(portico_section_delete(pair.client, section));
    pair_close(&pair);
}
END_TEST

START_TEST(a_secured_view_of_a_deleted_section_arrives)
{
    struct pair pair = pair_make(name);
    uint32_t section = section_make(pair.client, ALPC_SECTION_SECURE, 0x10000);
    struct portico_view own = view_make(pair.client, section, 0x1000), got;

    memset(own.base, 3, 0x1000);
    own.flags = secured | PORTICO_VIEW_AUTO_RELEASE;
    ck_ok(view_send_to(pair.client, PORTICO_RELEASE, &own));
    ck_ok(portico_section_delete(pair.client, section));
    got = view_take_any(pair.connection);
    ck_assert(bytes_are(&got, 3));
    pair_close(&pair);
}
END_TEST

/* Messages that nobody reads, then cancels: the server's memory for them is used again. */
START_TEST(secured_memory_of_ended_messages_is_given_back)
{
    struct pair pair = pair_make(name);
    struct portico_view own =
        view_make(pair.client, section_make(pair.client, ALPC_SECTION_SECURE, 1), 0x1000);

    own.flags = secured;
    for (int i = 0; i < 5000; i++) {
        ck_ok(view_send_to(pair.client, 0, &own));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_FOREVER, NULL));
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
        ck_ok(port_take(pair.client, &message));
    }
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico view_send");
    UNIT_TEST(flags_that_do_not_go_together_are_refused);
    UNIT_TEST(a_continuation_that_fails_gives_nothing_back);
    UNIT_TEST(a_view_goes_back_and_another_comes_in_one_continuation);
    UNIT_TEST(the_finish_of_a_datagram_carries_nothing);
    UNIT_TEST(the_range_of_a_final_replys_view_comes_back_with_the_view);
    UNIT_TEST(what_is_lent_ends_with_its_connection_and_silently);
    UNIT_TEST(auto_release_of_a_sync_request_does_not_wait_for_its_answer);
    UNIT_TEST(a_sync_reply_brings_a_view_that_is_lent);
    UNIT_TEST(a_secured_views_bytes_stay_what_they_were_when_it_was_sent);
    UNIT_TEST(the_next_use_of_a_secured_view_begins_with_what_was_in_it);
    UNIT_TEST(a_sender_that_can_still_write_is_refused);
    UNIT_TEST(secured_and_auto_release_go_together);
    UNIT_TEST(a_secured_view_of_a_deleted_section_arrives);
    UNIT_TEST(secured_memory_of_ended_messages_is_given_back);
    return DAEMON_END(UNIT_END());
}
