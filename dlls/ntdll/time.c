/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Times: 100 ns units since 1 January 1601, fields of the proleptic Gregorian calendar, seconds
 * since 1970 and 1980, local time. The arithmetic is pure; the zone and the clocks are asked of the
 * ELF half.
 */
#include "rtl.h"

#define TICKS_PER_MS   10000ll
#define TICKS_PER_SEC  10000000ll
#define SECS_1601_1970 11644473600ll
#define SECS_1601_1980 11960006400ll

enum { SECS_PER_DAY = 86400, DAYS_PER_400_YEARS = 146097 };

/* Days since 1 January 1601 of a date; years begin in March here, so that a leap day comes last. */
static LONGLONG days_from_date(int year, int month, int day)
{
    LONGLONG y = year - 1600 - (month <= 2);
    int m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 306;
}

static void date_from_days(LONGLONG days, TIME_FIELDS *fields)
{
    LONGLONG d = days + 306; /* since 1 March 1600 */
    LONGLONG era = d / DAYS_PER_400_YEARS;
    int doe = (int)(d % DAYS_PER_400_YEARS);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    fields->Day = (CSHORT)(doy - (153 * mp + 2) / 5 + 1);
    fields->Month = (CSHORT)(mp < 10 ? mp + 3 : mp - 9);
    fields->Year = (CSHORT)(1600 + era * 400 + yoe + (fields->Month <= 2));
    fields->Weekday = (CSHORT)((days + 1) % 7);
}

static void clock_from_ticks(LONGLONG ticks, TIME_FIELDS *fields)
{
    int seconds = (int)(ticks / TICKS_PER_SEC % SECS_PER_DAY);

    fields->Milliseconds = (CSHORT)(ticks % TICKS_PER_SEC / TICKS_PER_MS);
    fields->Hour = (CSHORT)(seconds / 3600);
    fields->Minute = (CSHORT)(seconds / 60 % 60);
    fields->Second = (CSHORT)(seconds % 60);
}

void WINAPI RtlTimeToTimeFields(const LARGE_INTEGER *time, TIME_FIELDS *fields)
{
    clock_from_ticks(time->QuadPart, fields);
    date_from_days(time->QuadPart / TICKS_PER_SEC / SECS_PER_DAY, fields);
}

void WINAPI RtlTimeToElapsedTimeFields(const LARGE_INTEGER *time, TIME_FIELDS *fields)
{
    clock_from_ticks(time->QuadPart, fields);
    fields->Day = (CSHORT)(time->QuadPart / TICKS_PER_SEC / SECS_PER_DAY);
    fields->Year = fields->Month = 0;
}

static int days_in_month(int year, int month)
{
    static const UCHAR days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    BOOL leap = year % 4 == 0 && (year % 100 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

BOOLEAN WINAPI RtlTimeFieldsToTime(TIME_FIELDS *f, LARGE_INTEGER *ret_time)
{
    if (f->Year < 1601 || f->Year > 30827 || f->Month < 1 || f->Month > 12 || f->Day < 1 ||
        f->Day > days_in_month(f->Year, f->Month) || f->Hour < 0 || f->Hour > 23 || f->Minute < 0 ||
        f->Minute > 59 || f->Second < 0 || f->Second > 59 || f->Milliseconds < 0 ||
        f->Milliseconds > 999)
        return FALSE;
    LONGLONG days = days_from_date(f->Year, f->Month, f->Day);
    LONGLONG seconds = ((days * 24 + f->Hour) * 60 + f->Minute) * 60 + f->Second;
    ret_time->QuadPart = seconds * TICKS_PER_SEC + f->Milliseconds * TICKS_PER_MS;
    return TRUE;
}

static BOOLEAN to_seconds(const LARGE_INTEGER *time, LONGLONG base, DWORD *ret_seconds)
{
    LONGLONG seconds = time->QuadPart / TICKS_PER_SEC - base;

    if (seconds < 0 || seconds > 0xffffffffll)
        return FALSE;
    *ret_seconds = (DWORD)seconds;
    return TRUE;
}

BOOLEAN WINAPI RtlTimeToSecondsSince1970(const LARGE_INTEGER *time, DWORD *ret_seconds)
{
    return to_seconds(time, SECS_1601_1970, ret_seconds);
}

BOOLEAN WINAPI RtlTimeToSecondsSince1980(const LARGE_INTEGER *time, DWORD *ret_seconds)
{
    return to_seconds(time, SECS_1601_1980, ret_seconds);
}

void WINAPI RtlSecondsSince1970ToTime(DWORD seconds, LARGE_INTEGER *ret_time)
{
    ret_time->QuadPart = (seconds + SECS_1601_1970) * TICKS_PER_SEC;
}

void WINAPI RtlSecondsSince1980ToTime(DWORD seconds, LARGE_INTEGER *ret_time)
{
    ret_time->QuadPart = (seconds + SECS_1601_1980) * TICKS_PER_SEC;
}

/* --- the zone and the clocks --- */

struct time_of_day {
    LARGE_INTEGER boot_time, system_time, zone_bias;
    ULONG zone_id, reserved;
    ULONGLONG boot_bias, sleep_bias;
};

/* DIFFERS: the bias is that of now, not of the time asked about; so is Windows' own. */
static NTSTATUS zone_bias(LONGLONG *ret_bias)
{
    struct time_of_day now;

    memset(&now, 0, sizeof(now));
    NTSTATUS status = NtQuerySystemInformation(SystemTimeOfDayInformation, &now, sizeof(now), NULL);
    *ret_bias = now.zone_bias.QuadPart;
    return status;
}

NTSTATUS WINAPI RtlSystemTimeToLocalTime(const LARGE_INTEGER *system, LARGE_INTEGER *ret_local)
{
    LONGLONG bias;
    NTSTATUS status = zone_bias(&bias);

    if (!status)
        ret_local->QuadPart = system->QuadPart - bias;
    return status;
}

NTSTATUS WINAPI RtlLocalTimeToSystemTime(const LARGE_INTEGER *local, LARGE_INTEGER *ret_system)
{
    LONGLONG bias;
    NTSTATUS status = zone_bias(&bias);

    if (!status)
        ret_system->QuadPart = local->QuadPart + bias;
    return status;
}

NTSTATUS WINAPI RtlQueryTimeZoneInformation(RTL_TIME_ZONE_INFORMATION *info)
{
    return NtQuerySystemInformation(SystemCurrentTimeZoneInformation, info, sizeof(*info), NULL);
}

NTSTATUS WINAPI RtlQueryDynamicTimeZoneInformation(RTL_DYNAMIC_TIME_ZONE_INFORMATION *info)
{
    return NtQuerySystemInformation(SystemDynamicTimeZoneInformation, info, sizeof(*info), NULL);
}

/* The zone is the Linux system's; a program cannot change it. */
NTSTATUS WINAPI RtlSetTimeZoneInformation(const RTL_TIME_ZONE_INFORMATION *info)
{
    (void)info;
    return STATUS_PRIVILEGE_NOT_HELD;
}

LONGLONG WINAPI RtlGetSystemTimePrecise(void)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    NtQuerySystemTime(&now);
    return now.QuadPart;
}

BOOL WINAPI RtlQueryPerformanceCounter(LARGE_INTEGER *ret_counter)
{
    NtQueryPerformanceCounter(ret_counter, NULL);
    return TRUE;
}

BOOL WINAPI RtlQueryPerformanceFrequency(LARGE_INTEGER *ret_frequency)
{
    LARGE_INTEGER counter;

    NtQueryPerformanceCounter(&counter, ret_frequency);
    return TRUE;
}

static ULONGLONG counter_ticks(void)
{
    LARGE_INTEGER counter = {.QuadPart = 0}, frequency = {.QuadPart = 1};

    NtQueryPerformanceCounter(&counter, &frequency);
    if (frequency.QuadPart == TICKS_PER_SEC)
        return (ULONGLONG)counter.QuadPart;
    return (ULONGLONG)counter.QuadPart / (ULONGLONG)frequency.QuadPart * TICKS_PER_SEC +
           (ULONGLONG)counter.QuadPart % (ULONGLONG)frequency.QuadPart * TICKS_PER_SEC /
               (ULONGLONG)frequency.QuadPart;
}

BOOL WINAPI RtlQueryUnbiasedInterruptTime(ULONGLONG *ret_time)
{
    *ret_time = counter_ticks();
    return TRUE;
}

ULONGLONG WINAPI RtlGetInterruptTimePrecise(ULONGLONG *ret_counter)
{
    ULONGLONG now = counter_ticks();

    if (ret_counter)
        *ret_counter = now;
    return now;
}
