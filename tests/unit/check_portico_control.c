/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon.h"
#include "portico/control.h"
#include "portico/process.h"
#include "portico/thread.h"

static void *own_control(void *argument)
{
    struct control *control = portico_control();

    *(int *)argument = control ? control->fd : -1;
    return NULL;
}

START_TEST(each_thread_has_a_request_socket_of_its_own)
{
    pthread_t thread;
    int fd = -1;

    daemon_connect();
    struct control *control = portico_control();
    ck_assert_ptr_eq(control, portico_control());
    pthread_create(&thread, NULL, own_control, &fd);
    pthread_join(thread, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_ne(fd, control->fd);
    struct stat info;
    ck_assert_int_lt(fstat(fd, &info), 0); /* it ended with its thread */
}
END_TEST

START_TEST(descriptors_come_only_to_who_asks_and_are_closed_else)
{
    struct section_create_request request = {.size = 4096, .access = 0xf001f, .protection = 4};
    struct section_create_reply reply;
    struct objattr objattr = {0};
    struct call_extra extra = {.objattr = &objattr};
    struct section_get_request get = {.access = 4};
    struct section_get_reply got;

    daemon_connect();
    ck_ok(call_section_create(portico_control(), &request, &reply, &extra));
    ck_assert_uint_eq(extra.n_ret_fds, 1);
    int fd = extra.ret_fds[0];
    struct stat info;
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert_int_eq(info.st_size, 4096);
    close(fd);
    get.handle = reply.handle;
    ck_ok(call_section_get(portico_control(), &get, &got, NULL));
    ck_assert_int_lt(fstat(fd, &info), 0); /* the number was free again, and is */
    ck_ok(portico_close(reply.handle));
}
END_TEST

START_TEST(a_reply_longer_than_the_buffer_tells_its_length)
{
    struct server_status_request request = {0};
    struct server_status_reply reply;
    char text[4] = "abc";
    struct call_extra extra = {.ret_data = text, .ret_capacity = 1};

    daemon_connect();
    ck_ok(call_server_status(portico_control(), &request, &reply, &extra));
    ck_assert_uint_gt(extra.ret_size, 1);
    ck_assert_int_eq(text[1], 'b');
    ck_assert_uint_eq(reply.server_id, portico_server_id());
    ck_ok(call_server_status(portico_control(), &request, &reply, NULL));
}
END_TEST

START_TEST(a_given_up_request_leaves_the_socket_in_step)
{
    struct event_create_request request = {.access = 0x1f0003};
    struct event_create_reply event;
    struct objattr objattr = {0};
    struct call_extra extra = {.objattr = &objattr};
    uint32_t index;

    daemon_connect();
    ck_ok(call_event_create(portico_control(), &request, &event, &extra));
    for (int i = 0; i < 50; i++) {
        struct server_status_request asked = {0};
        struct server_status_reply reply;
        ck_status(
            portico_wait(1, &event.handle, false, 0, false, (int64_t)sys_now_ns() + 100000, &index),
            STATUS_TIMEOUT);
        ck_ok(call_server_status(portico_control(), &asked, &reply, NULL));
        ck_assert_uint_eq(reply.n_parked, 0);
    }
    ck_ok(portico_close(event.handle));
}
END_TEST

static void *status_of_new_thread(void *argument)
{
    struct server_status_request request = {0};
    struct server_status_reply reply;

    *(status_t *)argument = call_server_status(portico_control(), &request, &reply, NULL);
    return NULL;
}

static status_t new_thread(void)
{
    status_t status = STATUS_PENDING;
    pthread_t thread;

    pthread_create(&thread, NULL, status_of_new_thread, &status);
    pthread_join(thread, NULL);
    return status;
}

static void hogs_end(int *hogs, unsigned n)
{
    char byte;

    for (unsigned i = 0; i < n; i++)
        (void)shutdown(hogs[i], SHUT_WR);
    for (unsigned i = 0; i < n; i++) {
        while (recv(hogs[i], &byte, 1, 0) > 0)
            ;
        close(hogs[i]);
    }
}

/* A client among hogs; which of its steps failed, 0: none. */
static int child_main(const char *dir)
{
    int hogs[100];

    if (portico_start(NULL) != STATUS_SUCCESS || new_thread() != STATUS_SUCCESS)
        return 1;
    for (unsigned i = 0; i < 100; i++)
        if ((hogs[i] = control_open(dir)) < 0)
            return 2;
    if (new_thread() != STATUS_INSUFFICIENT_RESOURCES)
        return 3;
    hogs_end(hogs, 100);
    return new_thread() == STATUS_SUCCESS ? 0 : 4;
}

/* A daemon with 256 descriptors takes 48 of one user's sockets. */
START_TEST(a_server_that_takes_no_more_sockets_is_not_a_dead_one)
{
    char dir[] = "/tmp/portico-unit.XXXXXX";
    struct child child;

    die_with_owner();
    ck_assert_ptr_nonnull(mkdtemp(dir));
    setenv("PORTICO_RUNTIME_DIR", dir, 1);
    watch_begin(dir);
    ck_assert_int_eq(daemon_run_with_few("--persistent"), 0);
    child = child_start(dir);
    ck_assert_int_eq(child_end(&child), 0);
    ck_assert_int_eq(watch_end(), 0);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico control");
    UNIT_TEST(each_thread_has_a_request_socket_of_its_own);
    UNIT_TEST(descriptors_come_only_to_who_asks_and_are_closed_else);
    UNIT_TEST(a_reply_longer_than_the_buffer_tells_its_length);
    UNIT_TEST(a_given_up_request_leaves_the_socket_in_step);
    UNIT_TEST(a_server_that_takes_no_more_sockets_is_not_a_dead_one);
    return DAEMON_END(UNIT_END());
}
