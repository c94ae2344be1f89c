/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"

/* As if the library did not know it: before it was entered, or given to us by another process. */
static struct port *take_out(handle_t handle)
{
    struct port *port = handle_close_begin(handle);

    handle_close_end(handle);
    return port;
}

START_TEST(handles_that_cannot_be_are_told_apart)
{
    struct port *port;

    daemon_connect();
    ck_status(handle_get_port(0, &port), STATUS_INVALID_HANDLE);
    ck_status(handle_get_port(6, &port), STATUS_INVALID_HANDLE);
    ck_status(handle_get_port(0x00fffffc, &port), STATUS_INVALID_HANDLE);
    ck_status(handle_get_port(HANDLE_LOCAL_BASE + 4, &port), STATUS_OBJECT_TYPE_MISMATCH);
}
END_TEST

START_TEST(a_handle_that_is_not_cached_is_asked_for_once)
{
    struct portico_counters before, after;
    struct port *port;
    handle_t handle;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\handle", &handle));
    port_unref(take_out(handle));
    portico_counters_get(&before);
    ck_ok(handle_get_port(handle, &port));
    ck_assert_int_eq(port->kind, PORT_KIND_CONNECTION);
    port_unref(port);
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests + 1);
    ck_ok(handle_get_port(handle, &port));
    port_unref(port);
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests + 1);
    ck_ok(portico_close(handle));
    ck_status(handle_get_port(handle, &port), STATUS_INVALID_HANDLE);
}
END_TEST

/* The notice of it comes when it comes. */
START_TEST(a_handle_that_was_closed_elsewhere_is_forgotten_unless_it_is_of_another_port_by_now)
{
    struct portico_counters before, after;
    struct port *port;
    handle_t handle;
    uint64_t id;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\handle late", &handle));
    ck_ok(handle_get_port(handle, &port));
    id = port->port_id;
    port_unref(port);
    portico_counters_get(&before);
    handle_closed_elsewhere(handle, id + 1);
    handle_closed_elsewhere(0, id);
    handle_closed_elsewhere(0x00fffffc, id);
    ck_ok(handle_get_port(handle, &port));
    port_unref(port);
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests);
    handle_closed_elsewhere(handle, id);
    ck_ok(handle_get_port(handle, &port));
    port_unref(port);
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests + 1);
    ck_ok(portico_close(handle));
}
END_TEST

/* Another process closed the first handle, and the second port got its value before the notice of
 * that: who blocks on the first is sent away all the same. */
START_TEST(a_port_whose_handle_means_another_one_has_ended)
{
    handle_t first, second;
    struct port *old, *new;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\handle first", &first));
    ck_ok(port_make("\\RPC Control\\handle second", &second));
    ck_ok(handle_get_port(first, &old));
    new = take_out(second);
    new->handle = first;
    ck_ok(port_enter(new));
    ck_assert_int_eq(old->life, LIFE_ENDED);
    ck_assert_int_eq(new->life, LIFE_LISTENING);
    port_unref(old);
    ck_ok(portico_close(first));
    ck_ok(portico_close(second));
}
END_TEST

/* Another thread moves it, and it cannot be entered yet by its new handle: what belongs to it
 * waits.
 */
START_TEST(what_belongs_to_a_port_outlasts_an_answer_that_came_too_late)
{
    struct portico_view view = {.size = 1};
    struct port *port, *answer;
    uint32_t removals;
    uint64_t size;
    handle_t handle;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\handle answer", &handle));
    ck_ok(portico_section_create(handle, 0, 0, 1, &view.section, &size));
    port = take_out(handle);
    handle_ask_begin(handle, &removals);
    answer = port_new();
    answer->handle = handle;
    answer->port_id = port->port_id;
    ck_status(handle_enter_found(handle, answer, removals - 1), STATUS_RETRY);
    ck_ok(port_enter(port));
    ck_ok(portico_view_create(handle, &view));
    ck_ok(portico_close(handle));
}
END_TEST

/* Its memory comes as a descriptor. */
START_TEST(a_port_whose_descriptor_finds_no_room_is_asked_for_again)
{
    struct port *port;
    handle_t handle;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\handle few", &handle));
    port_unref(take_out(handle));
    struct rlimit limit = descriptors_leave(0);
    status_t status = handle_get_port(handle, &port);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(status, STATUS_INSUFFICIENT_RESOURCES);
    ck_ok(handle_get_port(handle, &port));
    ck_assert_ptr_nonnull(port->receiver);
    port_unref(port);
    ck_ok(portico_close(handle));
}
END_TEST

static atomic_bool is_over;
static _Atomic handle_t current;

static void *looker_main(void *argument)
{
    size_t n = 0;

    (void)argument;
    while (!is_over) {
        handle_t handle = current;
        struct port *port;

        if (!handle) {
            sched_yield();
        } else if (handle_get_port(handle, &port) == STATUS_SUCCESS) {
            n += port->refs >= 1;
            port_unref(port);
        }
    }
    return (void *)(n ? 1 : (uintptr_t)0);
}

START_TEST(looking_up_against_closing_finds_the_port_or_nothing)
{
    pthread_t threads[3];

    daemon_connect();
    is_over = false;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, looker_main, NULL);
    for (int i = 0; i < 300; i++) {
        handle_t handle;
        ck_ok(portico_port_create(NULL, NULL, &handle));
        current = handle;
        for (volatile int j = 0; j < 2000; j++)
            ;
        if (i % 2) /* the lookers ask the server while it closes the handle */
            port_unref(take_out(handle));
        ck_ok(portico_close(handle));
        current = 0;
        for (int j = 0; j < 3; j++) { /* also after an answer that was on its way */
            struct port *port;
            ck_status(handle_get_port(handle, &port), STATUS_INVALID_HANDLE);
            sched_yield();
        }
    }
    is_over = true;
    for (int i = 0; i < 3; i++) {
        void *found;
        pthread_join(threads[i], &found);
    }
}
END_TEST

/* The notices come in order: when the second end has been told, the first one has. */
static void wait_until_told(handle_t handle)
{
    struct port *port;

    ck_ok(handle_get_port(handle, &port));
    while (port->life != LIFE_ENDED)
        sched_yield();
    port_unref(port);
}

START_TEST(a_port_whose_other_end_closed_before_it_was_entered_has_ended)
{
    static const char name[] = "\\RPC Control\\handle ended";

    daemon_connect();
    for (int closes_client = 0; closes_client < 2; closes_client++) {
        handle_t connection, servers[2], clients[2];
        struct port *port;

        ck_ok(port_make(name, &connection));
        for (int i = 0; i < 2; i++)
            clients[i] = pair_connect(connection, name, 1, &servers[i]);
        const handle_t *ends = closes_client ? servers : clients;
        port = take_out(ends[0]);
        for (int i = 0; i < 2; i++)
            ck_ok(portico_close(closes_client ? clients[i] : servers[i]));
        wait_until_told(ends[1]);
        ck_assert_int_eq(port->life, LIFE_OPEN);
        ck_ok(port_enter(port));
        ck_assert_int_eq(port->life, LIFE_ENDED);
        ck_assert_uint_eq(port->ended_status, STATUS_PORT_DISCONNECTED);
        for (int i = 0; i < 2; i++)
            ck_ok(portico_close(ends[i]));
        ck_ok(portico_close(connection));
    }
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico handle");
    UNIT_TEST(handles_that_cannot_be_are_told_apart);
    UNIT_TEST(a_handle_that_is_not_cached_is_asked_for_once);
    UNIT_TEST(a_handle_that_was_closed_elsewhere_is_forgotten_unless_it_is_of_another_port_by_now);
    UNIT_TEST(a_port_whose_handle_means_another_one_has_ended);
    UNIT_TEST(what_belongs_to_a_port_outlasts_an_answer_that_came_too_late);
    UNIT_TEST(a_port_whose_descriptor_finds_no_room_is_asked_for_again);
    UNIT_TEST(looking_up_against_closing_finds_the_port_or_nothing);
    UNIT_TEST(a_port_whose_other_end_closed_before_it_was_entered_has_ended);
    return DAEMON_END(UNIT_END());
}
