/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "closer.h"
#include "unit.h"

START_TEST(what_is_handed_in_gets_closed)
{
    struct closer *closer = closer_new();
    int fds[2];
    char byte;

    ck_assert_int_eq(pipe(fds), 0);
    closer_close(closer, fds[1]);
    closer_close(closer, -1);
    closer_drain(closer);
    ck_assert_uint_eq(closer_pending(closer), 0);
    /* The last writer has gone. */
    ck_assert_int_eq(read(fds[0], &byte, 1), 0);
    closer_free(closer);
}
END_TEST

START_TEST(many_descriptors_in_any_order)
{
    struct closer *closer = closer_new();
    int fds[200];

    for (int i = 0; i < 200; i++)
        fds[i] = open("/dev/null", O_RDONLY);
    for (int i = 0; i < 200; i++)
        closer_close(closer, fds[(i * 77) % 200]);
    closer_drain(closer);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(fcntl(fds[i], F_GETFD), -1);
    closer_free(closer);
}
END_TEST

START_TEST(freeing_finishes_the_work)
{
    struct closer *closer = closer_new();
    int fds[2];
    char byte;

    ck_assert_int_eq(pipe(fds), 0);
    closer_close(closer, fds[1]);
    ck_assert_ptr_null(closer_free(closer));
    ck_assert_int_eq(read(fds[0], &byte, 1), 0);
    ck_assert_ptr_null(closer_free(NULL));
}
END_TEST

/* A socket whose close waits for an hour, or for the other end (*ret_other) to go. */
static int stuck_new(int *ret_other)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct linger linger = {.l_onoff = 1, .l_linger = 3600};
    socklen_t size = sizeof(address);
    static const char bytes[65536];
    int listening = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    *ret_other = accept(listening, NULL, NULL);
    ck_assert_int_ge(*ret_other, 0);
    close(listening);
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    return fd;
}

START_TEST(what_blocks_holds_up_nothing_else)
{
    struct closer *closer = closer_new();
    int others[5], fds[2];
    char byte;

    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        closer_close(closer, stuck_new(&others[i]));
        ck_assert_int_eq(pipe(fds), 0);
        closer_close(closer, fds[1]);
        ck_assert_int_eq(read(fds[0], &byte, 1), 0);
        close(fds[0]);
    }
    ck_assert_uint_ge(closer_pending(closer), ARRAY_SIZE(others));
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
        close(others[i]);
    closer_drain(closer);
    closer_free(closer);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("closer");
    UNIT_TEST(what_is_handed_in_gets_closed);
    UNIT_TEST(many_descriptors_in_any_order);
    UNIT_TEST(freeing_finishes_the_work);
    UNIT_TEST(what_blocks_holds_up_nothing_else);
    return UNIT_END();
}
