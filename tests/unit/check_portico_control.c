/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

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

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico control");
    UNIT_TEST(each_thread_has_a_request_socket_of_its_own);
    UNIT_TEST(descriptors_come_only_to_who_asks_and_are_closed_else);
    UNIT_TEST(a_reply_longer_than_the_buffer_tells_its_length);
    UNIT_TEST(a_given_up_request_leaves_the_socket_in_step);
    return DAEMON_END(UNIT_END());
}
