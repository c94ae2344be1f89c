/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQuerySystemInformation: the machine, told from sysconf, sysinfo and /proc. Classes that are not
 * here are refused by name. */
#define __WINESRC__ /* Wine's header names the fields of these structs only for its own sources */
#include "ntprocess.h"
#include "nttime.h"
#include "processors.h"
#include "usermem.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Copies the answer; the size needed is told in every case. */
static NTSTATUS answer(void *buffer, ULONG length, const void *info, ULONG size, bool exact,
                       ULONG *ret_size)
{
    *ret_size = size;
    if (length < size || (exact && length != size))
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_write(buffer, info, size);
}

static NTSTATUS query_basic(void *buffer, ULONG length, ULONG *ret_size)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    SYSTEM_BASIC_INFORMATION info = {
        .KeMaximumIncrement = 156250,
        .PageSize = 0x1000,
        .MmNumberOfPhysicalPages = (ULONG)pages,
        .MmLowestPhysicalPage = 1,
        .MmHighestPhysicalPage = (ULONG)pages,
        .AllocationGranularity = 0x10000,
        .LowestUserAddress = (void *)0x10000,
        .HighestUserAddress = (void *)0x7ffffffeffff,
        .ActiveProcessorsAffinityMask = processors_all(),
        .NumberOfProcessors = (BYTE)processors_count(),
    };

    return answer(buffer, length, &info, sizeof(info), true, ret_size);
}

static NTSTATUS query_cpu(void *buffer, ULONG length, ULONG *ret_size)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0, family, model;
    SYSTEM_CPU_INFORMATION info = {.ProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64};

    __asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(1), "c"(0));
    family = (eax >> 8 & 15) + ((eax >> 8 & 15) == 15 ? eax >> 20 & 255 : 0);
    model = (eax >> 4 & 15) | (eax >> 12 & 0xf0);
    info.ProcessorLevel = (USHORT)family;
    info.ProcessorRevision = (USHORT)(model << 8 | (eax & 15));
    info.MaximumProcessors = (USHORT)processors_count();
    return answer(buffer, length, &info, sizeof(info), false, ret_size);
}

/* A number of /proc/meminfo in KiB; 0 when it is not there. */
static uint64_t meminfo(const char *key)
{
    FILE *file = fopen("/proc/meminfo", "re");
    uint64_t value = 0;
    char line[128];
    size_t n = strlen(key);

    while (file && fgets(line, sizeof(line), file))
        if (!strncmp(line, key, n) && line[n] == ':') {
            unsigned long long kib = 0;

            if (sscanf(line + n + 1, "%llu", &kib) == 1)
                value = kib;
            break;
        }
    if (file)
        fclose(file);
    return value;
}

static NTSTATUS query_performance(void *buffer, ULONG length, ULONG *ret_size)
{
    SYSTEM_PERFORMANCE_INFORMATION info = {
        .AvailablePages = (ULONG)(meminfo("MemAvailable") / 4),
        .TotalCommittedPages = (ULONG)(meminfo("Committed_AS") / 4),
        .TotalCommitLimit = (ULONG)((meminfo("MemTotal") + meminfo("SwapTotal")) / 4),
    };

    /* kernelbase asks with the size of its own, shorter idea of the struct. */
    *ret_size = length < sizeof(info) ? length : sizeof(info);
    if (length < offsetof(SYSTEM_PERFORMANCE_INFORMATION, PeakCommitment))
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_write(buffer, &info, *ret_size);
}

static NTSTATUS query_time_of_day(void *buffer, ULONG length, ULONG *ret_size)
{
    SYSTEM_TIMEOFDAY_INFORMATION info = {0};
    struct timespec up, now;
    struct tm local;
    time_t seconds;

    clock_gettime(CLOCK_BOOTTIME, &up);
    clock_gettime(CLOCK_REALTIME, &now);
    info.SystemTime.QuadPart = nt_time_from_timespec(now);
    info.BootTime.QuadPart = info.SystemTime.QuadPart - (nt_time_from_timespec(up) - NT_UNIX_EPOCH);
    seconds = now.tv_sec;
    if (localtime_r(&seconds, &local))
        info.TimeZoneBias.QuadPart = -(LONGLONG)local.tm_gmtoff * NT_UNITS_PER_SECOND;
    *ret_size = length < sizeof(info) ? length : sizeof(info);
    if (length > sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_write(buffer, &info, *ret_size);
}

/* A processor's line of /proc/stat; the first line is the sum of all. */
static void processor_times_take(const char *line, SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION *info)
{
    const int64_t unit = NT_UNITS_PER_SECOND / sysconf(_SC_CLK_TCK);
    long long user, nice, system, idle;
    unsigned i = 0;
    int number;

    if (strncmp(line, "cpu", 3) || line[3] < '0' || line[3] > '9' ||
        sscanf(line + 3, "%d %lld %lld %lld %lld", &number, &user, &nice, &system, &idle) != 5)
        return;
    while (i < processors_count() && processors_number(i) != number)
        i++;
    if (i == processors_count())
        return; /* not one that programs are told of */
    info[i].UserTime.QuadPart = (user + nice) * unit;
    info[i].IdleTime.QuadPart = idle * unit;
    info[i].KernelTime.QuadPart = (system + idle) * unit; /* idle time counts as kernel time */
}

static NTSTATUS query_processor_times(void *buffer, ULONG length, ULONG *ret_size)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION info[64] = {0};
    FILE *file = fopen("/proc/stat", "re");
    ULONG size = processors_count() * (ULONG)sizeof(*info);
    char line[512];

    while (file && fgets(line, sizeof(line), file))
        processor_times_take(line, info);
    if (file)
        fclose(file);
    *ret_size = size;
    if (length < sizeof(*info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (length < size)
        size = length - length % (ULONG)sizeof(*info);
    return user_write(buffer, info, size);
}

static NTSTATUS query_debugger(void *buffer, ULONG length, ULONG *ret_size)
{
    SYSTEM_KERNEL_DEBUGGER_INFORMATION info = {.DebuggerEnabled = FALSE,
                                               .DebuggerNotPresent = TRUE};

    return answer(buffer, length, &info, sizeof(info), false, ret_size);
}

static NTSTATUS query_quota(void *buffer, ULONG length, ULONG *ret_size)
{
    SYSTEM_REGISTRY_QUOTA_INFORMATION info = {.RegistryQuotaAllowed = 0x2000000,
                                              .RegistryQuotaUsed = 0x200000};

    return answer(buffer, length, &info, sizeof(info), false, ret_size);
}

/* The local time zone as Linux has it now. DIFFERS: the dates on which it changes are not told. */
static NTSTATUS query_time_zone(void *buffer, ULONG length, bool dynamic, ULONG *ret_size)
{
    RTL_DYNAMIC_TIME_ZONE_INFORMATION info = {.Bias = 0};
    time_t now = time(NULL);
    struct tm local;

    if (localtime_r(&now, &local)) {
        const char *name = local.tm_zone ? local.tm_zone : "UTC";

        info.Bias = (LONG)(-local.tm_gmtoff / 60);
        for (unsigned i = 0; i < 31 && name[i]; i++)
            info.StandardName[i] = info.DaylightName[i] = info.TimeZoneKeyName[i] =
                (WCHAR)(unsigned char)name[i];
    }
    info.DynamicDaylightTimeDisabled = TRUE;
    return answer(buffer, length, &info, dynamic ? sizeof(info) : sizeof(RTL_TIME_ZONE_INFORMATION),
                  false, ret_size);
}

/* One record of interrupt counters for each processor of the program's (who asks has room for
 * NumberOfProcessors of them). DIFFERS: random bytes: Wine's advapi32 takes them for its random
 * numbers (SystemFunction036, rand_s), nothing else asks. */
static NTSTATUS query_interrupts(void *buffer, ULONG length, ULONG *ret_size)
{
    char bytes[64 * sizeof(SYSTEM_INTERRUPT_INFORMATION)];
    ULONG size = (ULONG)sizeof(SYSTEM_INTERRUPT_INFORMATION) * processors_count();
    ULONG done = 0;

    while (done < size) {
        ssize_t n = getrandom(bytes + done, size - done, 0);

        if (n > 0)
            done += (ULONG)n;
        else if (errno != EINTR)
            return STATUS_UNSUCCESSFUL;
    }
    return answer(buffer, length, bytes, size, false, ret_size);
}

static NTSTATUS query(SYSTEM_INFORMATION_CLASS class, void *buffer, ULONG length, ULONG *ret_size)
{
    switch ((unsigned)class) {
    case SystemBasicInformation:
    case SystemNativeBasicInformation:
        return query_basic(buffer, length, ret_size);
    case SystemCpuInformation:
    case SystemEmulationProcessorInformation:
        return query_cpu(buffer, length, ret_size);
    case SystemPerformanceInformation:
        return query_performance(buffer, length, ret_size);
    case SystemTimeOfDayInformation:
        return query_time_of_day(buffer, length, ret_size);
    case SystemProcessInformation:
        return system_query_processes(buffer, length, ret_size);
    case SystemProcessorPerformanceInformation:
        return query_processor_times(buffer, length, ret_size);
    case SystemInterruptInformation:
        return query_interrupts(buffer, length, ret_size);
    case SystemKernelDebuggerInformation:
        return query_debugger(buffer, length, ret_size);
    case SystemCurrentTimeZoneInformation:
        return query_time_zone(buffer, length, false, ret_size);
    case SystemDynamicTimeZoneInformation:
        return query_time_zone(buffer, length, true, ret_size);
    case SystemLogicalProcessorInformation:
        return processors_query(buffer, length, ret_size);
    case SystemRegistryQuotaInformation:
        return query_quota(buffer, length, ret_size);
    default:
        unimplemented_once("NtQuerySystemInformation", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS WINAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                                         PULONG ret_user_length)
{
    ULONG size = 0;
    NTSTATUS status = query(class, buffer, length, &size);

    if (ret_user_length && status != STATUS_INVALID_INFO_CLASS)
        TRY(USER_PUT(ret_user_length, size));
    return status;
}

NTSTATUS WINAPI NtQuerySystemInformationEx(SYSTEM_INFORMATION_CLASS class, void *input,
                                           ULONG input_length, void *buffer, ULONG length,
                                           ULONG *ret_user_length)
{
    ULONG relationship, size = 0;
    NTSTATUS status;

    if (class != SystemLogicalProcessorInformationEx) {
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (input_length < sizeof(relationship))
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(relationship, (const ULONG *)input));
    status = processors_query_ex(relationship, buffer, length, &size);
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    return status;
}

NTSTATUS WINAPI NtSetSystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID buffer, ULONG length)
{
    (void)buffer, (void)length;
    unimplemented_once(__func__, "class", class);
    return STATUS_INVALID_INFO_CLASS;
}

ULONG WINAPI NtGetCurrentProcessorNumber(void)
{
    return processors_current();
}
