/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Views of a legacy connection, in two processes. */

#include "legacy_pair.h"

enum { CLIENT_BYTES = 0x20000, SERVER_BYTES = 0x10000 };

static struct test_message message;

/* The child: offers a view; at 'w' it checks what the server wrote and answers in the views. */
static int child_main(const char *name)
{
    struct portico_port_view view = {
        .fd = legacy_memory(CLIENT_BYTES), .offset = 0x10000, .size = 0x8001};
    struct portico_legacy_connect connect = {.name = test_name(LEGACY_NAME), .view = &view};
    handle_t port;
    status_t status;

    if (portico_start(NULL) != STATUS_SUCCESS)
        return 9;
    status = portico_legacy_connect(&connect, &port);
    say(status == STATUS_SUCCESS && view.remote_base && view.size == 0x9000 ? 's' : 'x');
    if (listen_for() != 'w')
        return 0;
    if (!strcmp(name, "both") &&
        (connect.remote.size != SERVER_BYTES || strcmp(connect.remote.base, "from the server")))
        return 2;
    if (strcmp((char *)view.base + 0x100, "in the client's"))
        return 3;
    strcpy(view.base, "from the client");
    if (connect.remote.size)
        strcpy((char *)connect.remote.base + 0x100, "in the server's");
    say('w');
    return listen_for() == 'c' ? 0 : 1;
}

static void request_take(handle_t listener)
{
    ck_ok(legacy_take(listener, &message, NULL));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_assert_uint_eq(message.header.callback_id, 0x9000); /* ClientViewSize */
}

static void views_are_shared(const char *name, struct portico_port_view *own)
{
    handle_t listener, server;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    struct child child = child_start(name);
    request_take(listener);
    struct portico_legacy_accept accept = {.request = &message.header, .accept = true, .view = own};
    ck_ok(portico_legacy_accept(&accept, &server));
    ck_assert_uint_eq(accept.remote.size, 0x9000);
    if (own) {
        ck_assert_uint_ne(own->remote_base, 0);
        strcpy(own->base, "from the server");
    }
    strcpy((char *)accept.remote.base + 0x100, "in the client's");
    ck_ok(portico_legacy_complete(server));
    ck_assert_int_eq(child_hear(&child), 's');
    child_tell(&child, 'w');
    ck_assert_int_eq(child_hear(&child), 'w');
    ck_assert_str_eq(accept.remote.base, "from the client");
    if (own)
        ck_assert_str_eq((char *)own->base + 0x100, "in the server's");
    child_tell(&child, 'c');
    ck_assert_int_eq(child_end(&child), 0);
    handle_t copy = handle_copy(server);
    ck_ok(portico_close(server));
    strcpy(accept.remote.base, "still there"); /* till the port's last handle is closed */
    ck_ok(portico_close(copy));
    ck_assert_int_lt(msync(accept.remote.base, 4096, MS_ASYNC), 0);
    ck_ok(portico_close(listener));
}

START_TEST(the_clients_view_is_mapped_in_both)
{
    views_are_shared("one", NULL);
}
END_TEST

START_TEST(the_servers_view_is_mapped_in_both_before_it_has_accepted)
{
    struct portico_port_view own = {.fd = legacy_memory(SERVER_BYTES), .size = SERVER_BYTES};

    views_are_shared("both", &own);
}
END_TEST

START_TEST(a_view_begins_at_64_KiB_and_has_a_size)
{
    struct portico_port_view view = {
        .fd = legacy_memory(CLIENT_BYTES), .offset = 0x1000, .size = 1};
    struct portico_legacy_connect connect = {.name = test_name(LEGACY_NAME), .view = &view};
    handle_t port = 0;

    daemon_connect();
    ck_status(portico_legacy_connect(&connect, &port), STATUS_MAPPED_ALIGNMENT);
    view.offset = 0;
    view.size = 0;
    ck_status(portico_legacy_connect(&connect, &port), STATUS_INVALID_VIEW_SIZE);
    view.size = 1;
    ck_status(portico_legacy_connect(&connect, &port), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(port, 0);
    close(view.fd);
}
END_TEST

START_TEST(a_client_that_is_killed_meanwhile_fails_the_acceptance)
{
    struct portico_port_view own = {.fd = legacy_memory(SERVER_BYTES), .size = SERVER_BYTES};
    struct portico_legacy_accept accept = {
        .request = &message.header, .accept = true, .view = &own};
    handle_t listener, server;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    struct child child = child_start("both");
    request_take(listener);
    kill(child.pid, SIGSTOP); /* it cannot map */
    kill(child.pid, SIGKILL);
    ck_assert_int_eq(child_end(&child), 128 + SIGKILL);
    status_t status = portico_legacy_accept(&accept, &server);
    ck_assert_msg(status == STATUS_REPLY_MESSAGE_MISMATCH || status == STATUS_CANCELLED, "%08x",
                  status);
    ck_ok(portico_close(listener));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("legacy_view");
    UNIT_TEST(the_clients_view_is_mapped_in_both);
    UNIT_TEST(the_servers_view_is_mapped_in_both_before_it_has_accepted);
    UNIT_TEST(a_view_begins_at_64_KiB_and_has_a_size);
    UNIT_TEST(a_client_that_is_killed_meanwhile_fails_the_acceptance);
    return DAEMON_END(UNIT_END());
}
