/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "common/helper.h"
#include "unit.h"

static struct seen {
    int done;
    void *argument;
    sigset_t blocked;
    int how;
    size_t stack_size;
} seen;

static void *helper_main(void *argument)
{
    pthread_attr_t attributes;

    seen.argument = argument;
    pthread_sigmask(SIG_BLOCK, NULL, &seen.blocked);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getdetachstate(&attributes, &seen.how);
    pthread_attr_getstacksize(&attributes, &seen.stack_size);
    pthread_attr_destroy(&attributes);
    eventfd_write(seen.done, 1);
    return NULL;
}

START_TEST(a_helper_is_detached_and_takes_no_signal)
{
    sigset_t before, after;
    eventfd_t count;

    seen.done = eventfd(0, EFD_CLOEXEC);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    ck_assert_int_eq(helper_start(helper_main, &seen), 0);
    ck_assert_int_eq(eventfd_read(seen.done, &count), 0);
    ck_assert_ptr_eq(seen.argument, &seen);
    ck_assert_int_eq(seen.how, PTHREAD_CREATE_DETACHED);
    ck_assert_uint_ge(seen.stack_size,
                      HELPER_STACK_BYTES / 2); /* glibc takes thread-local data off */
    ck_assert_uint_le(seen.stack_size, HELPER_STACK_BYTES);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int number = 1; number < 32; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            ck_assert_int_eq(sigismember(&seen.blocked, number), 1);
        ck_assert_int_eq(sigismember(&after, number), sigismember(&before, number));
    }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("helper");
    UNIT_TEST(a_helper_is_detached_and_takes_no_signal);
    return UNIT_END();
}
