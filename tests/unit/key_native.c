/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What key_wait.c of ntdll's ELF half needs to run in a unit test of the locks that stand on it. */
#include "nttime.h"
#include "ntwait.h"
#include "usercopy.h"
#include "waitblock.h"
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local struct wait_thread thread;

struct wait_thread *wait_thread_current(void)
{
    if (!thread.key_waiter.link.next)
        ntlist_init(&thread.key_waiter.link);
    return &thread;
}

/* Time-outs of these tests are over at once. */
struct deadline deadline_from_timeout(const LARGE_INTEGER *timeout)
{
    return (struct deadline){.is_set = timeout, .is_zero = timeout};
}

int futex_sleep(_Atomic uint32_t *word, uint32_t value, const struct deadline *deadline)
{
    (void)deadline;
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0) < 0 ? errno : 0;
}

void futex_wake_one(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

NTSTATUS user_read(void *destination, const void *user, size_t size)
{
    memcpy(destination, user, size);
    return STATUS_SUCCESS;
}
