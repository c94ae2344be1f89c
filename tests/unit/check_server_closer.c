/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <fcntl.h>
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

int main(void)
{
    UNIT_BEGIN("closer");
    UNIT_TEST(what_is_handed_in_gets_closed);
    UNIT_TEST(many_descriptors_in_any_order);
    UNIT_TEST(freeing_finishes_the_work);
    return UNIT_END();
}
