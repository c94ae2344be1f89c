/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The channel mask and the reading of PORTICO_DEBUG. No system calls, no C library beyond string
 * comparison by hand: the PE half of ntdll builds this file as it is.
 *
 * The list is separated by commas or blanks; `+name` and `name` turn a channel on, `-name` off;
 * `all` stands for every channel; entries are applied from left to right, so `all,-heap` works. */

#include "common/trace.h"

uint64_t trace_mask;

static const char *const names[] = {
#define TRACE_CHANNEL(name) #name,
#include "common/trace.def"
};

_Static_assert(TRACE_N_CHANNELS <= 64, "trace_mask has one bit a channel");

const char *trace_name(enum trace_channel channel)
{
    return (unsigned)channel < ARRAY_SIZE(names) ? names[channel] : "?";
}

static bool name_matches(const char *name, const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (name[i] == 0 || name[i] != text[i])
            return false;
    return name[i] == 0;
}

static uint64_t name_mask(const char *text, size_t length)
{
    if (name_matches("all", text, length))
        return ~(uint64_t)0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (name_matches(names[i], text, length))
            return (uint64_t)1 << i;
    return 0;
}

uint64_t trace_parse(uint64_t mask, const char *list)
{
    while (list && *list) {
        bool on = *list != '-';
        size_t length = 0;

        if (*list == '+' || *list == '-')
            list++;
        while (list[length] && list[length] != ',' && list[length] != ' ')
            length++;
        if (on)
            mask |= name_mask(list, length);
        else
            mask &= ~name_mask(list, length);
        list += length;
        while (*list == ',' || *list == ' ')
            list++;
    }
    return mask;
}
