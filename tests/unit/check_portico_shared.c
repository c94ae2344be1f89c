/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sched.h>

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/thread.h"

static int child_main(const char *name)
{
    struct mutant_create_request request = {.recursion = 1, .access = 0x1f0001};
    struct mutant_create_reply reply;
    struct objattr objattr = {.attributes = 0x40, .name_size = 2 * 25};
    struct call_extra extra = {.objattr = &objattr, .name = u"\\BaseNamedObjects\\mutant1"};

    if (strcmp(name, "owner") || portico_start(NULL) != STATUS_SUCCESS ||
        call_mutant_create(portico_control(), &request, &reply, &extra) != STATUS_SUCCESS)
        return 1;
    say('o');
    listen_for();
    return 0;
}

static handle_t event_make(bool manual)
{
    struct event_create_request request = {.access = 0x1f0003, .manual_reset = manual};
    struct event_create_reply reply;
    struct objattr objattr = {0};
    struct call_extra extra = {.objattr = &objattr};

    ck_ok(call_event_create(portico_control(), &request, &reply, &extra));
    return reply.handle;
}

static void event_set(handle_t event)
{
    struct event_change_request request = {.handle = event, .change = EVENT_CHANGE_SET};
    struct event_change_reply reply;

    ck_ok(call_event_change(portico_control(), &request, &reply, NULL));
}

START_TEST(closing_what_is_no_handle_fails)
{
    daemon_connect();
    ck_status(portico_close(0), STATUS_INVALID_HANDLE);
    ck_status(portico_close(0x7ffc), STATUS_INVALID_HANDLE);
    ck_status(portico_close(5), STATUS_INVALID_HANDLE);
    ck_status(portico_close(HANDLE_LOCAL_BASE), STATUS_INVALID_HANDLE);
}
END_TEST

static status_t duplicate(handle_t source, uint32_t options, handle_t target, handle_t *ret_handle)
{
    struct handle_duplicate_request request = {.source_process = HANDLE_SELF,
                                               .source = source,
                                               .target_process = target,
                                               .options = HANDLE_SAME_ACCESS | options};
    struct handle_duplicate_reply reply = {0};
    status_t status = portico_duplicate(&request, &reply);

    *ret_handle = reply.handle;
    return status;
}

START_TEST(a_port_that_is_moved_to_another_handle_is_not_known_by_the_old_one)
{
    struct portico_counters before, after;
    struct portico_port_info info;
    uint32_t section;
    uint64_t size;
    handle_t first, second;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\moved", &first));
    ck_ok(portico_section_create(first, 0, 0, 1, &section, &size));
    ck_ok(duplicate(first, HANDLE_CLOSE_SOURCE, HANDLE_SELF, &second));
    ck_status(portico_port_query(first, &info), STATUS_INVALID_HANDLE);
    portico_counters_get(&before);
    ck_ok(portico_port_query(second, &info));
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests); /* it is known */
    ck_ok(portico_section_delete(second, section));
    ck_ok(portico_close(second));
    ck_status(duplicate(second, HANDLE_CLOSE_SOURCE, HANDLE_SELF, &first), STATUS_INVALID_HANDLE);
}
END_TEST

static void *receive_main(void *argument)
{
    static struct test_message message;

    return (void *)(uintptr_t)port_take(*(handle_t *)argument, &message);
}

/* By the new handle nobody would find it, to tell it of the connection's end. */
START_TEST(who_blocks_on_a_port_that_is_moved_is_sent_away)
{
    struct pair pair = pair_make("\\RPC Control\\moved away");
    struct portico_counters before, after;
    handle_t second;
    pthread_t thread;
    void *status;

    portico_counters_get(&before);
    ck_assert_int_eq(pthread_create(&thread, NULL, receive_main, &pair.server), 0);
    do
        portico_counters_get(&after);
    while (after.polls == before.polls && !sched_yield());
    ck_ok(duplicate(pair.server, HANDLE_CLOSE_SOURCE, HANDLE_SELF, &second));
    pthread_join(thread, &status);
    ck_assert_uint_eq((status_t)(uintptr_t)status, STATUS_PORT_DISCONNECTED);
    pair.server = second;
    pair_close(&pair);
}
END_TEST

static status_t protect(handle_t handle, bool is_protected)
{
    struct handle_attributes_request request = {
        .handle = handle,
        .mask = HANDLE_ATTRIBUTE_PROTECT_CLOSE,
        .attributes = is_protected ? HANDLE_ATTRIBUTE_PROTECT_CLOSE : 0};
    struct handle_attributes_reply reply;

    return call_handle_attributes(portico_control(), &request, &reply, NULL);
}

START_TEST(a_port_that_cannot_be_closed_stays_as_it_is)
{
    struct portico_view view = {.size = 1};
    uint64_t size;
    handle_t port;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\protected", &port));
    ck_ok(portico_section_create(port, 0, 0, 1, &view.section, &size));
    ck_ok(protect(port, true));
    ck_status(portico_close(port), STATUS_HANDLE_NOT_CLOSABLE);
    ck_ok(portico_view_create(port, &view));
    ck_ok(protect(port, false));
    ck_ok(portico_close(port));
}
END_TEST

START_TEST(a_port_that_cannot_be_moved_is_copied_and_stays_as_it_is)
{
    struct portico_view view = {.size = 1};
    struct portico_counters before, after;
    struct portico_port_info info;
    handle_t port, copy;
    uint64_t size;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\protected", &port));
    ck_ok(portico_section_create(port, 0, 0, 1, &view.section, &size));
    ck_ok(protect(port, true));
    ck_status(duplicate(port, HANDLE_CLOSE_SOURCE, 4000, &copy), STATUS_INVALID_HANDLE);
    ck_ok(portico_view_create(port, &view));
    ck_ok(duplicate(port, HANDLE_CLOSE_SOURCE, HANDLE_SELF, &copy));
    portico_counters_get(&before);
    ck_ok(portico_port_query(port, &info));
    ck_ok(portico_port_query(copy, &info));
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests);
    ck_ok(protect(port, false));
    ck_ok(portico_close(port));
    ck_ok(portico_view_delete(copy, view.base));
    ck_ok(portico_section_delete(copy, view.section));
    ck_ok(portico_close(copy));
}
END_TEST

/* What the other end's close says to who receives. */
static void take_closed(handle_t port)
{
    struct test_message message;

    ck_ok(port_take(port, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
}

static atomic_bool is_over;

static void *close_main(void *argument)
{
    while (!is_over)
        ck_status(portico_close(*(handle_t *)argument), STATUS_HANDLE_NOT_CLOSABLE);
    return NULL;
}

/* The notices come in order: when the second end has been told, the first one has. */
START_TEST(a_port_that_cannot_be_closed_hears_of_its_end_meanwhile)
{
    static const char name[] = "\\RPC Control\\protected end";
    handle_t connection, servers[2], clients[2];
    struct port *port;
    pthread_t thread;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 2; i++)
            clients[i] = pair_connect(connection, name, 1, &servers[i]);
        ck_ok(protect(servers[0], true));
        is_over = false;
        ck_assert_int_eq(pthread_create(&thread, NULL, close_main, &servers[0]), 0);
        for (int i = 0; i < 2; i++) {
            ck_ok(portico_close(clients[i]));
            take_closed(connection);
        }
        ck_ok(handle_get_port(servers[1], &port));
        while (port->life != LIFE_ENDED)
            sched_yield();
        port_unref(port);
        is_over = true;
        pthread_join(thread, NULL);
        ck_ok(handle_get_port(servers[0], &port));
        ck_assert_int_eq(port->life, LIFE_ENDED);
        port_unref(port);
        ck_ok(protect(servers[0], false));
        for (int i = 0; i < 2; i++)
            ck_ok(portico_close(servers[i]));
    }
    ck_ok(portico_close(connection));
}
END_TEST

START_TEST(a_handle_tells_its_kind)
{
    enum object_kind kind;
    uint32_t access;

    daemon_connect();
    handle_t event = event_make(true);
    ck_ok(portico_handle_kind(event, &kind, &access));
    ck_assert_int_eq(kind, OBJECT_KIND_EVENT);
    ck_assert_uint_eq(access, 0x1f0003);
    ck_ok(portico_close(event));
    ck_status(portico_handle_kind(event, &kind, &access), STATUS_INVALID_HANDLE);
}
END_TEST

START_TEST(a_wait_takes_the_signalled_object_and_a_poll_does_not_wait)
{
    uint32_t index = 99;

    daemon_connect();
    handle_t events[2] = {event_make(false), event_make(false)};
    ck_status(portico_wait(2, events, false, 0, false, PORTICO_POLL, &index), STATUS_TIMEOUT);
    event_set(events[1]);
    ck_ok(portico_wait(2, events, false, 0, false, PORTICO_FOREVER, &index));
    ck_assert_uint_eq(index, 1);
    ck_status(portico_wait(2, events, false, 0, false, PORTICO_POLL, &index), STATUS_TIMEOUT);
    ck_ok(portico_close(events[0]));
    ck_ok(portico_close(events[1]));
}
END_TEST

START_TEST(all_are_taken_or_none_without_waiting)
{
    daemon_connect();
    handle_t events[2] = {event_make(false), event_make(false)};
    event_set(events[0]);
    ck_status(portico_try_all(2, events), STATUS_TIMEOUT);
    event_set(events[1]);
    ck_ok(portico_try_all(2, events));
    ck_status(portico_try_all(1, events), STATUS_TIMEOUT);
    ck_ok(portico_close(events[0]));
    ck_ok(portico_close(events[1]));
}
END_TEST

START_TEST(a_deadline_ends_a_parked_wait)
{
    uint32_t index;

    daemon_connect();
    handle_t event = event_make(false);
    ck_status(portico_wait(1, &event, false, 0, false, (int64_t)sys_now_ns() + 20000000, &index),
              STATUS_TIMEOUT);
    event_set(event);
    ck_ok(portico_wait(1, &event, false, 0, false, PORTICO_FOREVER, &index));
    ck_ok(portico_close(event));
}
END_TEST

struct waiter {
    handle_t event;
    struct portico_thread *_Atomic thread;
    status_t status;
};

static void *waiter_main(void *argument)
{
    struct waiter *waiter = argument;
    uint32_t index;

    waiter->thread = portico_thread_current();
    waiter->status = portico_wait(1, &waiter->event, false, 0, true, PORTICO_FOREVER, &index);
    return NULL;
}

START_TEST(an_interruption_ends_an_alertable_wait_whenever_it_comes)
{
    daemon_connect();
    for (int i = 0; i < 200; i++) {
        struct waiter waiter = {.event = event_make(false)};
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, waiter_main, &waiter), 0);
        while (!waiter.thread)
            sched_yield();
        portico_thread_interrupt(waiter.thread);
        pthread_join(thread, NULL);
        ck_status(waiter.status, STATUS_ALERTED);
        ck_ok(portico_close(waiter.event));
    }
}
END_TEST

START_TEST(a_mutant_whose_owner_dies_is_abandoned)
{
    struct object_open_request request = {.access = 0x1f0001, .type = OBJECT_KIND_MUTANT};
    struct object_open_reply reply;
    struct objattr objattr = {.attributes = 0x40, .name_size = 2 * 25};
    struct call_extra extra = {.objattr = &objattr, .name = u"\\BaseNamedObjects\\mutant1"};
    struct child child = child_start("owner");
    uint32_t index;

    ck_assert_int_eq(child_hear(&child), 'o');
    daemon_connect();
    ck_ok(call_object_open(portico_control(), &request, &reply, &extra));
    ck_status(portico_wait(1, &reply.handle, false, 0, false, PORTICO_POLL, &index),
              STATUS_TIMEOUT);
    kill(child.pid, SIGKILL);
    ck_status(portico_wait(1, &reply.handle, false, 0, false, PORTICO_FOREVER, &index),
              STATUS_ABANDONED_WAIT_0);
    child_end(&child);
    ck_ok(portico_close(reply.handle));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico shared");
    UNIT_TEST(closing_what_is_no_handle_fails);
    UNIT_TEST(a_port_that_is_moved_to_another_handle_is_not_known_by_the_old_one);
    UNIT_TEST(who_blocks_on_a_port_that_is_moved_is_sent_away);
    UNIT_TEST(a_port_that_cannot_be_closed_stays_as_it_is);
    UNIT_TEST(a_port_that_cannot_be_moved_is_copied_and_stays_as_it_is);
    UNIT_TEST(a_port_that_cannot_be_closed_hears_of_its_end_meanwhile);
    UNIT_TEST(a_handle_tells_its_kind);
    UNIT_TEST(a_wait_takes_the_signalled_object_and_a_poll_does_not_wait);
    UNIT_TEST(all_are_taken_or_none_without_waiting);
    UNIT_TEST(a_deadline_ends_a_parked_wait);
    UNIT_TEST(an_interruption_ends_an_alertable_wait_whenever_it_comes);
    UNIT_TEST(a_mutant_whose_owner_dies_is_abandoned);
    return DAEMON_END(UNIT_END());
}
