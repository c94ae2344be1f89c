/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "remote.h"

#include <stdio.h>

#include "common/own_folder.h"
#include "runtime_dir.h"
#include "server_fixture.h"

START_TEST(nobody_there_says_so)
{
    char base[] = "/tmp/portico-check.XXXXXX";
    int dir_fd;

    ck_assert_ptr_nonnull(mkdtemp(base));
    dir_fd = own_folder_open(base, 0);
    ck_assert_int_eq(remote_open(base, dir_fd), -ENOENT);
    close(dir_fd);
    rmdir(base);
}
END_TEST

/* The daemon runs in a child. */
START_TEST(a_running_one_answers_and_stops)
{
    char base[] = "/tmp/portico-check.XXXXXX", path[64], version[32] = "", byte;
    struct server_status_request ask = {0};
    struct server_status_reply status;
    struct server_stop_request stop = {0};
    struct server_stop_reply stopped;
    struct remote_other other;
    int ready[2], fd, exit_status, dir_fd;
    pid_t pid;

    ck_assert_ptr_nonnull(mkdtemp(base));
    dir_fd = own_folder_open(base, 0);
    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct server *server = fixture_start();
        if (listener_open(&server->listener, server, base, own_folder_open(base, 0)))
            _exit(9);
        if (write(ready[1], "x", 1) != 1 || loop_run(&server->loop))
            _exit(8);
        _exit(server_deinit(server) ? 7 : 0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    fd = remote_open(base, dir_fd);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(remote_call(fd, REQ_server_status, &ask.header, sizeof(ask), &status.header,
                                 sizeof(status), version, sizeof(version) - 1),
                     0);
    ck_assert_str_eq(version, PACKAGE_VERSION);
    ck_assert_uint_eq(status.server_id, (uint32_t)pid);
    ck_assert_int_eq(remote_other(base, dir_fd, &other), 0);
    ck_assert_int_eq(other.pid, pid);
    ck_assert_int_eq(other.pidfd, -1); /* this program is not named portserver */
    ck_assert_int_eq(remote_call(fd, REQ_server_stop, &stop.header, sizeof(stop), &stopped.header,
                                 sizeof(stopped), NULL, 0),
                     0);
    remote_wait_end(fd, -1);
    ck_assert_int_eq(listener_wait_end(dir_fd), 0);
    ck_assert_int_eq(waitpid(pid, &exit_status, 0), pid);
    ck_assert_int_eq(exit_status, 0);
    snprintf(path, sizeof(path), "%s/lock", base);
    unlink(path);
    snprintf(path, sizeof(path), "%s/start", base);
    unlink(path);
    ck_assert_int_eq(rmdir(base), 0);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("remote");
    UNIT_TEST(nobody_there_says_so);
    UNIT_TEST(a_running_one_answers_and_stops);
    return UNIT_END();
}
