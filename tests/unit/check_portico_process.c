/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "daemon.h"
#include "portico/process.h"

static int child_main(const char *name)
{
    if (strcmp(name, "start") == 0) {
        if (portico_start(NULL) != STATUS_SUCCESS)
            return 1;
        say('s');
        dprintf(1, "%08x", portico_server_id());
        listen_for();
        return 0;
    }
    if (strcmp(name, "attach") == 0)
        return portico_attach(NULL) == STATUS_PORT_CONNECTION_REFUSED && *portico_start_error() ? 0
                                                                                                : 1;
    if (strcmp(name, "missing") == 0) {
        setenv("PORTICO_SERVER", "/nonexistent/portserver", 1);
        return portico_start(NULL) == STATUS_OBJECT_NAME_NOT_FOUND &&
                       strstr(portico_start_error(), "/nonexistent/portserver")
                   ? 0
                   : 1;
    }
    if (strcmp(name, "long") == 0) {
        static char path[RUNTIME_DIR_MAX + 1];
        memset(path, 'a', sizeof(path) - 1);
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        setenv("PORTICO_RUNTIME_DIR", path, 1);
        return portico_start(NULL) == STATUS_NAME_TOO_LONG ? 0 : 1;
    }
    return 99;
}

static int run_child(const char *name)
{
    struct child child = child_start(name);

    return child_end(&child);
}

START_TEST(attaching_without_a_server_is_refused)
{
    daemon_run("--stop");
    ck_assert_int_eq(run_child("attach"), 0);
}
END_TEST

START_TEST(a_missing_server_program_is_named)
{
    daemon_run("--stop");
    ck_assert_int_eq(run_child("missing"), 0);
}
END_TEST

START_TEST(a_runtime_folder_whose_path_is_too_long_is_refused)
{
    ck_assert_int_eq(run_child("long"), 0);
}
END_TEST

static uint32_t hear_server_id(const struct child *child)
{
    char text[9] = "";

    for (int i = 0; i < 8; i++)
        text[i] = child_hear(child);
    return (uint32_t)strtoul(text, NULL, 16);
}

START_TEST(clients_that_start_together_share_one_server)
{
    enum { N = 8 };
    struct child children[N];
    uint32_t first = 0;

    daemon_run("--stop");
    for (int i = 0; i < N; i++)
        children[i] = child_start("start");
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(child_hear(&children[i]), 's');
        uint32_t id = hear_server_id(&children[i]);
        ck_assert_uint_ne(id, 0);
        if (i == 0)
            first = id;
        ck_assert_uint_eq(id, first);
    }
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(child_end(&children[i]), 0);
}
END_TEST

START_TEST(the_end_of_the_server_is_the_end_of_its_clients)
{
    struct child child = child_start("start");

    ck_assert_int_eq(child_hear(&child), 's');
    kill((pid_t)hear_server_id(&child), SIGKILL);
    /* the pipe stays open: nothing but the server's end ends the child */
    int how;
    ck_assert_int_eq(waitpid(child.pid, &how, 0), child.pid);
    ck_assert(WIFEXITED(how));
    ck_assert_int_eq(WEXITSTATUS(how), PORTICO_EXIT_SERVER_DIED);
    close(child.to);
    close(child.from);
}
END_TEST

START_TEST(a_second_start_changes_nothing)
{
    daemon_connect();
    uint32_t id = portico_server_id();
    ck_ok(portico_start(NULL));
    ck_assert_uint_eq(portico_server_id(), id);
    ck_assert_uint_eq(portico_process_id(), (uint32_t)getpid());
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico process");
    UNIT_TEST(attaching_without_a_server_is_refused);
    UNIT_TEST(a_missing_server_program_is_named);
    UNIT_TEST(a_runtime_folder_whose_path_is_too_long_is_refused);
    UNIT_TEST(clients_that_start_together_share_one_server);
    UNIT_TEST(the_end_of_the_server_is_the_end_of_its_clients);
    UNIT_TEST(a_second_start_changes_nothing);
    return DAEMON_END(UNIT_END());
}
