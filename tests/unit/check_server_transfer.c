/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transfer.h"
#include "unit.h"

static int ends[2];

static void pair_open(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
}

START_TEST(bytes_and_descriptors_arrive_together)
{
    int pipe_fds[2], fds[TRANSFER_FDS_MAX];
    char buffer[16];
    size_t n_fds;

    pair_open();
    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert_int_eq(transfer_send(ends[0], "head", 4, "data", 4, pipe_fds, 2), 0);
    ck_assert_int_eq(transfer_receive(ends[1], buffer, sizeof(buffer), fds, &n_fds), 8);
    ck_assert_mem_eq(buffer, "headdata", 8);
    ck_assert_uint_eq(n_fds, 2);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    ck_assert_int_eq(read(pipe_fds[0], buffer, 1), 1);
}
END_TEST

enum { N_OWN = 16 }; /* descriptors that this process has open itself, at most */

START_TEST(the_most_descriptors_that_the_kernel_passes_are_taken)
{
    int many[TRANSFER_FDS_MAX], fds[TRANSFER_FDS_MAX];
    char buffer[4];
    struct rlimit limit;
    size_t n_fds, n;

    pair_open();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    n = MIN((size_t)TRANSFER_FDS_MAX, limit.rlim_cur - 2 * N_OWN); /* or as many as we may have */
    for (size_t i = 0; i < n; i++)
        many[i] = ends[0];
    ck_assert_int_eq(transfer_send(ends[0], "x", 1, NULL, 0, many, n), 0);
    ck_assert_int_eq(transfer_receive(ends[1], buffer, sizeof(buffer), fds, &n_fds), 1);
    ck_assert_uint_eq(n_fds, n);
}
END_TEST

START_TEST(a_packet_too_long_says_its_length)
{
    int fds[TRANSFER_FDS_MAX];
    char buffer[4];
    size_t n_fds;

    pair_open();
    ck_assert_int_eq(transfer_send(ends[0], "123456789", 9, NULL, 0, NULL, 0), 0);
    ck_assert_int_eq(transfer_receive(ends[1], buffer, sizeof(buffer), fds, &n_fds), 9);
}
END_TEST

START_TEST(nothing_there_is_eagain_and_the_end_is_zero)
{
    int fds[TRANSFER_FDS_MAX];
    char buffer[4];
    size_t n_fds;

    pair_open();
    ck_assert_int_eq(transfer_receive(ends[1], buffer, sizeof(buffer), fds, &n_fds), -EAGAIN);
    close(ends[0]);
    ck_assert_int_eq(transfer_receive(ends[1], buffer, sizeof(buffer), fds, &n_fds), 0);
    ck_assert_int_eq(transfer_send(ends[1], "x", 1, NULL, 0, NULL, 0), -EPIPE);
}
END_TEST

START_TEST(a_full_receiver_is_eagain)
{
    static char block[32768];
    int r = 0, n = 0;

    pair_open();
    while ((r = transfer_send(ends[0], block, sizeof(block), NULL, 0, NULL, 0)) == 0)
        ck_assert_int_lt(++n, 10000);
    ck_assert_int_eq(r, -EAGAIN);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("transfer");
    UNIT_TEST(bytes_and_descriptors_arrive_together);
    UNIT_TEST(the_most_descriptors_that_the_kernel_passes_are_taken);
    UNIT_TEST(a_packet_too_long_says_its_length);
    UNIT_TEST(nothing_there_is_eagain_and_the_end_is_zero);
    UNIT_TEST(a_full_receiver_is_eagain);
    return UNIT_END();
}
