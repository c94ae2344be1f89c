/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "daemon.h"
#include "portico/process.h"
#include "portico/server.h"

START_TEST(the_runtime_folder_is_the_own_one_then_the_sessions_then_one_in_tmp)
{
    char path[RUNTIME_DIR_MAX], tmp[64];

    setenv("PORTICO_RUNTIME_DIR", "/own", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    ck_ok(runtime_dir_get(path, sizeof(path)));
    ck_assert_str_eq(path, "/own");
    unsetenv("PORTICO_RUNTIME_DIR");
    ck_ok(runtime_dir_get(path, sizeof(path)));
    ck_assert_str_eq(path, "/run/user/7/portico");
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    snprintf(tmp, sizeof(tmp), "/tmp/portico-%u", (unsigned)geteuid());
    ck_ok(runtime_dir_get(path, sizeof(path)));
    ck_assert_str_eq(path, tmp);
    ck_status(runtime_dir_get(path, 5), STATUS_NAME_TOO_LONG);
}
END_TEST

START_TEST(the_server_program_is_the_chosen_one_or_the_installed_one)
{
    char path[4096];

    setenv("PORTICO_SERVER", "/chosen/server", 1);
    server_path_get(path, sizeof(path));
    ck_assert_str_eq(path, "/chosen/server");
    unsetenv("PORTICO_SERVER"); /* none lies beside this test */
    server_path_get(path, sizeof(path));
    ck_assert_ptr_nonnull(strstr(path, "/portserver"));
}
END_TEST

START_TEST(a_server_that_cannot_be_run_is_an_error_that_names_it)
{
    ck_status(server_spawn("/nonexistent/x"), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(portico_start_error(), "/nonexistent/x"));
    ck_ok(server_spawn("/bin/true"));
    ck_status(server_spawn("/bin/false"), STATUS_UNSUCCESSFUL);
    ck_assert_str_eq(portico_start_error(), "the port server /bin/false ended with status 1");
}
END_TEST

START_TEST(a_server_that_fails_is_an_error_with_its_own_words)
{
    setenv("PORTICO_RUNTIME_DIR", "/dev/null/x", 1);
    ck_status(server_spawn(DAEMON_SERVER), STATUS_UNSUCCESSFUL);
    ck_assert_str_eq(portico_start_error(), "cannot start the port server: portserver: "
                                            "/dev/null/x: Not a directory");
}
END_TEST

START_TEST(an_automatic_start_that_lost_the_race_says_nothing)
{
    char said[256];
    int saved, file = memfd_create("said", MFD_CLOEXEC);

    ck_assert_int_ge(file, 0);
    daemon_begin(1, NULL, NULL);
    ck_ok(server_spawn(DAEMON_SERVER));
    saved = dup(2);
    dup2(file, 2);
    ck_ok(server_spawn(DAEMON_SERVER)); /* loses */
    dup2(saved, 2);
    close(saved);
    ck_assert_int_eq(daemon_end(0), 0);
    ssize_t n = pread(file, said, sizeof(said) - 1, 0);
    ck_assert_int_ge(n, 0);
    said[n] = '\0';
    ck_assert_str_eq(said, "");
    close(file);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("portico server");
    UNIT_TEST(the_runtime_folder_is_the_own_one_then_the_sessions_then_one_in_tmp);
    UNIT_TEST(the_server_program_is_the_chosen_one_or_the_installed_one);
    UNIT_TEST(a_server_that_cannot_be_run_is_an_error_that_names_it);
    UNIT_TEST(a_server_that_fails_is_an_error_with_its_own_words);
    UNIT_TEST(an_automatic_start_that_lost_the_race_says_nothing);
    return UNIT_END();
}
