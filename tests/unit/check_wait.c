/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Wake words, with the futex-requeue attack of design section 5. */

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lane/wait.h"
#include "unit.h"

static uint32_t peer_word, attacker_word;
static struct lane_wake wake;

START_TEST(a_changed_peer_word_is_not_slept_on)
{
    wake_init(&wake, -1);
    peer_word = 5;
    ck_assert_int_eq(wait_word(&peer_word, 4, &wake, SYS_FOREVER), LANE_OK);
}
END_TEST

START_TEST(a_changed_peer_word_does_not_put_off_the_deadline)
{
    wake_init(&wake, -1);
    peer_word = 5;
    ck_assert_int_eq(wait_word(&peer_word, 4, &wake, 1), LANE_TIMEOUT);
    ck_assert_int_eq(wait_word(&peer_word, 4, &wake, SYS_FOREVER - 1), LANE_OK);
}
END_TEST

START_TEST(bits_are_kept_until_taken_and_wake_first)
{
    wake_init(&wake, -1);
    wake_raise(&wake, 1);
    wake_raise(&wake, 4);
    ck_assert_int_eq(wait_word(&peer_word, peer_word, &wake, SYS_FOREVER), LANE_WOKEN);
    ck_assert_uint_eq(wake_take(&wake, 4), 4);
    ck_assert_uint_eq(wake_take(&wake, 4), 0);
    ck_assert_uint_eq(wake_peek(&wake), 1);
    ck_assert_int_eq(wait_word(&peer_word, peer_word, &wake, SYS_FOREVER), LANE_WOKEN);
    wake_take(&wake, 1);
    ck_assert_int_eq(wait_word(&peer_word, peer_word, &wake, 1), LANE_TIMEOUT);
}
END_TEST

START_TEST(raising_rings_the_event_descriptor_once)
{
    uint64_t count = 0;
    int fd = eventfd(0, EFD_NONBLOCK);

    wake_init(&wake, fd);
    wake_raise(&wake, 1);
    wake_raise(&wake, 2);
    ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));
    ck_assert_uint_eq(count, 1);
    close(fd);
}
END_TEST

static void *sleeper(void *ret)
{
    *(enum lane_result *)ret = LANE_OK;
    while (*(enum lane_result *)ret == LANE_OK)
        *(enum lane_result *)ret = wait_word(&peer_word, 7, &wake, SYS_FOREVER);
    return NULL;
}

/* A peer moves the sleeper's wait from the shared word to a word that only the peer knows. */
START_TEST(a_requeued_sleeper_still_wakes_by_its_own_word)
{
    enum lane_result result;
    pthread_t thread;

    wake_init(&wake, -1);
    peer_word = 7;
    pthread_create(&thread, NULL, sleeper, &result);
    /* The return value tells how many were woken or requeued: go on until the sleeper was there. */
    while (syscall(SYS_futex, &peer_word, FUTEX_CMP_REQUEUE, 0, 1, &attacker_word, 7) < 1)
        sched_yield();
    wake_raise(&wake, 8);
    pthread_join(thread, NULL);
    ck_assert_int_eq(result, LANE_WOKEN);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("wait");
    UNIT_TEST(a_changed_peer_word_is_not_slept_on);
    UNIT_TEST(a_changed_peer_word_does_not_put_off_the_deadline);
    UNIT_TEST(bits_are_kept_until_taken_and_wake_first);
    UNIT_TEST(raising_rings_the_event_descriptor_once);
    UNIT_TEST(a_requeued_sleeper_still_wakes_by_its_own_word);
    return UNIT_END();
}
