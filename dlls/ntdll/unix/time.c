/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Clocks and time-outs. The performance counter is CLOCK_MONOTONIC in 100 ns units, so its
 * frequency is the 10 MHz that Windows 10 reports; the tick count is CLOCK_BOOTTIME in
 * milliseconds, as GetTickCount counts sleep. */
#include "nttime.h"
#include "usermem.h"
#include <errno.h>
#include <sched.h>
#include <sys/time.h>

int64_t nt_time_from_timespec(struct timespec t)
{
    return NT_UNIX_EPOCH + (int64_t)t.tv_sec * NT_UNITS_PER_SECOND + t.tv_nsec / 100;
}

struct timespec timespec_from_nt_time(int64_t time)
{
    int64_t units = time - NT_UNIX_EPOCH;
    struct timespec t = {.tv_sec = units / NT_UNITS_PER_SECOND,
                         .tv_nsec = units % NT_UNITS_PER_SECOND * 100};

    if (t.tv_nsec < 0) {
        t.tv_nsec += 1000000000;
        t.tv_sec--;
    }
    return t;
}

int64_t nt_system_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return nt_time_from_timespec(now);
}

static struct timespec after(struct timespec now, uint64_t units)
{
    uint64_t ns = (uint64_t)now.tv_nsec + units % NT_UNITS_PER_SECOND * 100;

    return (struct timespec){.tv_sec = now.tv_sec +
                                       (time_t)(units / NT_UNITS_PER_SECOND + ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}

struct deadline deadline_from_timeout(const LARGE_INTEGER *timeout)
{
    struct deadline deadline = {0};
    struct timespec now;

    if (!timeout || timeout->QuadPart == INT64_MIN) /* INT64_MIN: kernelbase's INFINITE */
        return deadline;
    deadline.is_set = true;
    if (timeout->QuadPart > 0) {
        deadline.is_wall_clock = true;
        deadline.at = timespec_from_nt_time(timeout->QuadPart);
        if (deadline.at.tv_sec < 0)
            deadline.at = (struct timespec){0};
        deadline.is_zero = timeout->QuadPart <= nt_system_time();
        return deadline;
    }
    deadline.is_zero = timeout->QuadPart == 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    deadline.at = after(now, 0 - (uint64_t)timeout->QuadPart);
    return deadline;
}

bool deadline_left(const struct deadline *deadline, struct timespec *ret_left)
{
    struct timespec now;

    if (!deadline->is_set)
        return false;
    clock_gettime(deadline->is_wall_clock ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    ret_left->tv_sec = deadline->at.tv_sec - now.tv_sec;
    ret_left->tv_nsec = deadline->at.tv_nsec - now.tv_nsec;
    if (ret_left->tv_nsec < 0) {
        ret_left->tv_nsec += 1000000000;
        ret_left->tv_sec--;
    }
    if (ret_left->tv_sec < 0)
        *ret_left = (struct timespec){0};
    return true;
}

NTSTATUS WINAPI NtQuerySystemTime(PLARGE_INTEGER time)
{
    LARGE_INTEGER now = {.QuadPart = nt_system_time()};

    return USER_PUT(time, now);
}

NTSTATUS WINAPI NtSetSystemTime(const LARGE_INTEGER *new, LARGE_INTEGER *old)
{
    (void)new; /* Windows asks for SeSystemtimePrivilege; the token here never has it */
    (void)old;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency)
{
    LARGE_INTEGER value, rate = {.QuadPart = NT_UNITS_PER_SECOND};
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    value.QuadPart = (int64_t)now.tv_sec * NT_UNITS_PER_SECOND + now.tv_nsec / 100;
    TRY(USER_PUT(counter, value));
    return frequency ? USER_PUT(frequency, rate) : STATUS_SUCCESS;
}

ULONG WINAPI NtGetTickCount(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (ULONG)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* Linux timers have no coarse period to change: the best is what is always given. */
NTSTATUS WINAPI NtQueryTimerResolution(ULONG *minimum, ULONG *maximum, ULONG *current)
{
    ULONG coarsest = 156250, finest = 5000;

    TRY(USER_PUT(minimum, coarsest));
    TRY(USER_PUT(maximum, finest));
    return USER_PUT(current, finest);
}

NTSTATUS WINAPI NtSetTimerResolution(ULONG resolution, BOOLEAN set, PULONG current)
{
    ULONG finest = 5000;

    (void)resolution;
    if (!set)
        return STATUS_TIMER_RESOLUTION_NOT_SET;
    return USER_PUT(current, finest);
}

NTSTATUS WINAPI NtYieldExecution(void)
{
    /* Linux does not tell whether another thread ran; Windows answers STATUS_NO_YIELD_PERFORMED
     * then. */
    sched_yield();
    return STATUS_SUCCESS;
}
