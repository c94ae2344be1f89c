/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/own_folder.h"
#include "descriptors.h"
#include "runtime_dir.h"
#include "server_fixture.h"

static char base[] = "/tmp/portico-check.XXXXXX";
static struct server other; /* a second daemon */

static int dir_open(void)
{
    int fd = own_folder_open(base, 1);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void remove_base(void)
{
    static const char *const names[] = {"socket", "lock", "start"};
    int fd = dir_open();

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        (void)unlinkat(fd, names[i], 0);
    close(fd);
    rmdir(base);
}

START_TEST(a_second_daemon_finds_the_first)
{
    struct server *server = fixture_start();

    ck_assert_ptr_nonnull(mkdtemp(base));
    ck_assert_int_eq(listener_open(&server->listener, server, base, dir_open()), 0);
    listener_started(&server->listener);
    ck_assert_uint_eq(server_init(&other, false), STATUS_SUCCESS);
    ck_assert_int_eq(listener_open(&other.listener, &other, base, dir_open()), LISTENER_RUNNING);
    ck_assert_uint_eq(server_deinit(&other), 0);
    fixture_end();
    remove_base();
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
    struct server *server = fixture_start();
    struct sockaddr_un address;
    int dir_fd, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    ck_assert_ptr_nonnull(mkdtemp(base));
    dir_fd = dir_open();
    runtime_dir_address(base, dir_fd, SERVER_SOCKET_NAME, &address);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd); /* the name stays, nobody listens */
    ck_assert_int_eq(listener_connect(base, dir_fd), -ECONNREFUSED);
    ck_assert_int_eq(listener_open(&server->listener, server, base, dir_fd), 0);
    fd = listener_connect(base, dir_fd);
    ck_assert_int_ge(fd, 0);
    close(fd);
    fixture_end();
    remove_base();
}
END_TEST

START_TEST(the_socket_is_the_users_alone)
{
    struct server *server = fixture_start();
    struct stat info;
    char path[64];

    ck_assert_ptr_nonnull(mkdtemp(base));
    ck_assert_int_eq(listener_open(&server->listener, server, base, dir_open()), 0);
    snprintf(path, sizeof(path), "%s/socket", base);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0077, 0);
    fixture_end();
    ck_assert_int_eq(stat(path, &info), -1);
    remove_base();
}
END_TEST

START_TEST(who_connects_while_it_retires_is_served)
{
    struct server *server = fixture_start();
    int dir_fd, first, second;

    ck_assert_ptr_nonnull(mkdtemp(base));
    ck_assert_int_eq(listener_open(&server->listener, server, base, dir_open()), 0);
    dir_fd = dir_open();
    first = listener_connect(base, dir_fd);
    ck_assert_int_ge(first, 0);
    ck_assert(!listener_retire(&server->listener));
    ck_assert_uint_eq(server->n_clients, 1);
    second = listener_connect(base, dir_fd);
    ck_assert_int_ge(second, 0);
    fixture_steps();
    ck_assert_uint_eq(server->n_clients, 2);
    close(first);
    close(second);
    fixture_steps();
    ck_assert(listener_retire(&server->listener));
    ck_assert_int_eq(listener_connect(base, dir_fd), -ENOENT);
    close(dir_fd);
    fixture_end();
    remove_base();
}
END_TEST

START_TEST(who_comes_while_there_is_one_descriptor_left_waits)
{
    struct server *server = fixture_start();
    struct rlimit before;
    int dir_fd, fd;

    ck_assert_ptr_nonnull(mkdtemp(base));
    dir_fd = dir_open();
    ck_assert_int_eq(listener_open(&server->listener, server, base, dir_fd), 0);
    fd = listener_connect(base, dir_fd);
    ck_assert_int_ge(fd, 0);
    before = descriptors_leave(1);
    fixture_steps();
    ck_assert(server->listener.paused);
    ck_assert_uint_eq(server->n_clients, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    while (server->n_clients == 0) /* it looks again by its timer */
        ck_assert_int_eq(loop_step(&server->loop, true), 0);
    ck_assert_int_eq(recv(fd, &(char){0}, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    fixture_steps();
    fixture_end();
    remove_base();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("listener");
    UNIT_TEST(a_second_daemon_finds_the_first);
    UNIT_TEST(a_stale_socket_is_replaced);
    UNIT_TEST(the_socket_is_the_users_alone);
    UNIT_TEST(who_connects_while_it_retires_is_served);
    UNIT_TEST(who_comes_while_there_is_one_descriptor_left_waits);
    return UNIT_END();
}
