/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "file.h"

#include <fcntl.h>

#include "server_fixture.h"

static struct server *server;
static struct peer a, b;
static pid_t other;

static void start(void)
{
    server = fixture_start();
    other = fixture_child();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, other, 2);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    child_die(other);
    closer_drain(server->closer);
    fixture_end();
}

static status_t make(struct file_create_reply *reply, int fd, const char *path, size_t size)
{
    struct file_create_request request = {
        .access = 0x00120089, .options = 0x20, .file_kind = 3, .sharing = 1};

    return peer_call(&a, REQ_file_create, &request, sizeof(request), reply, sizeof(*reply), path,
                     (uint32_t)size, &fd, fd < 0 ? 0 : 1);
}

START_TEST(another_process_gets_the_descriptor_and_what_its_maker_said)
{
    struct handle_duplicate_reply copied;
    struct process_open_reply opened;
    struct file_create_reply created;
    struct file_get_reply got;
    int pipe_fds[2];
    char byte = 0;

    start();
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    ck_assert_uint_eq(make(&created, pipe_fds[1], "/a/file", 7), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, process_open, &opened, .process_id = (uint32_t)other, .access = 0x40),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &copied, .source_process = HANDLE_SELF,
                           .source = created.handle, .target_process = opened.handle,
                           .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(copied.type, OBJECT_KIND_FILE);
    ck_assert_uint_eq(CALL(&b, file_get, &got, .handle = copied.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(got.access, 0x00120089);
    ck_assert_uint_eq(got.options, 0x20);
    ck_assert_uint_eq(got.file_kind, 3);
    ck_assert_uint_eq(got.sharing, 1);
    ck_assert_uint_eq(b.data_size, 7);
    ck_assert_int_eq(memcmp(b.data, "/a/file", 7), 0);
    ck_assert_uint_eq(b.n_fds, 1);
    ck_assert_int_eq(write(b.fds[0], "x", 1), 1);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    end();
}
END_TEST

START_TEST(the_last_handle_closes_the_descriptor_on_the_closers_thread)
{
    struct file_create_reply created;
    struct handle_close_reply closed;
    int pipe_fds[2];
    char byte;

    start();
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
    ck_assert_uint_eq(make(&created, pipe_fds[1], "", 0), STATUS_SUCCESS);
    close(pipe_fds[1]);
    closer_drain(server->closer);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), -1); /* the server still has the other end */
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = created.handle), STATUS_SUCCESS);
    closer_drain(server->closer);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 0);
    close(pipe_fds[0]);
    end();
}
END_TEST

START_TEST(a_path_has_a_bound)
{
    static char path[FILE_PATH_MAX_BYTES + 1];
    struct file_create_reply created;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    start();
    ck_assert_uint_eq(make(&created, fd, path, sizeof(path)), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(make(&created, fd, path, FILE_PATH_MAX_BYTES), STATUS_SUCCESS);
    close(fd);
    end();
}
END_TEST

START_TEST(descriptors_are_charged)
{
    struct file_create_reply created;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    start();
    server->users.limit[USER_FDS] = a.client->user->held[USER_FDS] + 1;
    ck_assert_uint_eq(make(&created, fd, "", 0), STATUS_SUCCESS);
    ck_assert_uint_eq(make(&created, fd, "", 0), STATUS_QUOTA_EXCEEDED);
    close(fd);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("file");
    UNIT_TEST(another_process_gets_the_descriptor_and_what_its_maker_said);
    UNIT_TEST(the_last_handle_closes_the_descriptor_on_the_closers_thread);
    UNIT_TEST(a_path_has_a_bound);
    UNIT_TEST(descriptors_are_charged);
    return UNIT_END();
}
