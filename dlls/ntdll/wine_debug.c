/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The debug output that Wine's DLLs import from ntdll (__wine_dbg_*).
 *
 * A DLL tests only the first byte of its channel before it calls __wine_dbg_header, and that byte
 * is 0xff until somebody writes the real flags into it: done here at the first use (reference, trap
 * T1). The environment's WINEDEBUG, a list of [class]+channel or [class]-channel, "all" for every
 * channel, separated by commas, says what is printed. What Wine's programs print without a channel
 * (how sc.exe is used) is meant for the user and always printed.
 *
 * Without WINEDEBUG only the fixmes speak, for they are where Wine's DLLs return success or an
 * error without having done the work: one line names the function, once, in place of Wine's text.
 * DIFFERS from Wine, where errors and fixmes are printed as they are. */

#include "ntdll.h"

#include <stdbool.h>

struct __wine_debug_channel {
    unsigned char flags; /* a bit for each class; 0x80: not looked up yet */
    char name[15];
};

enum debug_class { CLASS_FIXME, CLASS_ERR, CLASS_WARN, CLASS_TRACE, N_CLASSES };

enum { FLAG_UNKNOWN = 0x80, OPTIONS_MAX = 512, RING_SIZE = 0x8000, TEXT_MAX = 512, SAID_MAX = 256 };

static const char *const class_names[N_CLASSES] = {"fixme", "err", "warn", "trace"};

/* WINEDEBUG in ASCII; empty: not set. Written once, by whoever is first: all write the same. */
static char options[OPTIONS_MAX];
static LONG is_read;

static const char *debug_options(void)
{
    WCHAR wide[OPTIONS_MAX];
    UNICODE_STRING name = {18, 20, (WCHAR *)L"WINEDEBUG"}, value = {0, sizeof(wide), wide};
    unsigned i;

    if (__atomic_load_n(&is_read, __ATOMIC_ACQUIRE))
        return options;
    if (!RtlQueryEnvironmentVariable_U(NULL, &name, &value))
        for (i = 0; i < value.Length / sizeof(WCHAR) && i < OPTIONS_MAX - 1; i++)
            options[i] = (char)wide[i];
    __atomic_store_n(&is_read, 1, __ATOMIC_RELEASE);
    return options;
}

static bool is_text(const char *text, size_t n, const char *want)
{
    return strlen(want) == n && !strncmp(text, want, n);
}

/* One item of the list changes flags if it is about this channel. */
static unsigned char item_apply(const char *item, size_t n, const char *channel,
                                unsigned char flags)
{
    unsigned char mask = (1 << N_CLASSES) - 1;
    size_t sign = 0;
    unsigned i;

    while (sign < n && item[sign] != '+' && item[sign] != '-')
        sign++;
    if (sign == n)
        return flags;
    for (i = 0; i < N_CLASSES && sign; i++)
        if (is_text(item, sign, class_names[i]))
            mask = (unsigned char)(1 << i);
    if (!is_text(item + sign + 1, n - sign - 1, "all") &&
        !is_text(item + sign + 1, n - sign - 1, channel))
        return flags;
    return item[sign] == '+' ? flags | mask : flags & ~mask;
}

unsigned char __cdecl __wine_dbg_get_channel_flags(struct __wine_debug_channel *channel)
{
    const char *item = debug_options();
    unsigned char flags = *item ? 0 : 1 << CLASS_FIXME;

    if (!(channel->flags & FLAG_UNKNOWN))
        return channel->flags;
    while (*item) {
        size_t n = 0;

        while (item[n] && item[n] != ',')
            n++;
        flags = item_apply(item, n, channel->name, flags);
        item += item[n] ? n + 1 : n;
    }
    channel->flags = flags;
    return flags;
}

static int write_text(const char *text)
{
    const size_t n = strlen(text);

    unix_log(text, n);
    return (int)n;
}

int __cdecl __wine_dbg_header(int class, struct __wine_debug_channel *channel,
                              const char *function);

static int write_format(const char *format, ...)
{
    char line[TEXT_MAX];
    va_list arguments;
    SIZE_T n;

    va_start(arguments, format);
    n = log_format(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    line[n] = 0;
    return write_text(line);
}

/* Functions are told apart by where their names lie, as each source has its own. */
static bool is_said_first(const char *function)
{
    static const char *said[SAID_MAX];
    unsigned i;

    for (i = 0; i < SAID_MAX; i++) {
        const char *there = NULL;

        if (__atomic_compare_exchange_n(&said[i], &there, function, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
        if (there == function)
            return false;
    }
    return false;
}

/* Whose result is right although Wine's code calls itself incomplete, and what has no effect that a
 * program could see: a console program is no package of the store (AppPolicy*,
 * GetCurrentPackageId), no machine here is in FIPS mode, none that sleeps and wakes up tells
 * programs of it, and a control event that nobody handles does end the program. Run times of Go and
 * of Microsoft's compiler call some of them in every program. */
static bool is_right(const char *function)
{
    static const char *const right[] = {
        "AppPolicyGetProcessTerminationMethod",
        "AppPolicyGetShowDeveloperDiagnostic",
        "AppPolicyGetThreadInitializationType",
        "AppPolicyGetWindowingModel",
        "BCryptGetFipsAlgorithmMode",
        "GetCurrentPackageId",
        "PowerRegisterSuspendResumeNotification",
        "default_ctrl_handler",
    };
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(right); i++)
        if (!strcmp(right[i], function))
            return true;
    return false;
}

static void incomplete_say(const struct __wine_debug_channel *channel, const char *function)
{
    if (function && is_said_first(function) && !is_right(function))
        log_line("%s.%s is not complete in Wine's code (WINEDEBUG=fixme+%s tells more)",
                 channel->name, function, channel->name);
}

/* The length of what was printed, -1 when the class is off or its line has been printed whole. */
int __cdecl __wine_dbg_header(int class, struct __wine_debug_channel *channel, const char *function)
{
    const unsigned char flags = __wine_dbg_get_channel_flags(channel);

    if (class < 0 || class >= N_CLASSES || !(flags & (1 << class)))
        return -1;
    if (!*debug_options()) {
        incomplete_say(channel, function);
        return -1;
    }
    return write_format("%x:%s:%s:%s ", HandleToULong(teb()->ClientId.UniqueThread),
                        class_names[class], channel->name, function ? function : "");
}

int __cdecl __wine_dbg_output(const char *text);
int __cdecl __wine_dbg_output(const char *text)
{
    /* kernelbase's word before it starts Wine's debugger, which is not here (RtlGetExePath): our
     * own report follows. */
    if (!strncmp(text, "wine: Unhandled", 15) && !*debug_options())
        return (int)strlen(text);
    return write_text(text);
}

/* A copy that lives as long as a debug line: in a ring that the process shares. */
const char *__cdecl __wine_dbg_strdup(const char *text);
const char *__cdecl __wine_dbg_strdup(const char *text)
{
    static char ring[RING_SIZE];
    static ULONG position;
    size_t n = strlen(text);
    ULONG at;

    if (n > TEXT_MAX - 1)
        n = TEXT_MAX - 1;
    do
        at = __atomic_fetch_add(&position, (ULONG)n + 1, __ATOMIC_RELAXED) % RING_SIZE;
    while (at + n + 1 > RING_SIZE);
    memcpy(ring + at, text, n);
    ring[at + n] = 0;
    return ring + at;
}
