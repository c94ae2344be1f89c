/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The channel mask and the reading of PORTICO_DEBUG. No system calls, no C library: it runs before
 * main().
 *
 * The list is separated by commas or blanks; `+name` and `name` turn a channel on, `-name` off;
 * `all` stands for every channel; entries are applied from left to right, so `all,-client` works. */

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

struct entry {
    const char *name;
    size_t length;
    bool is_on;
};

/* The next entry, after which *list stands; false at the end. */
static bool entry_next(const char **list, struct entry *ret_entry)
{
    const char *text = *list;
    size_t length = 0;

    if (!text || !*text)
        return false;
    ret_entry->is_on = *text != '-';
    if (*text == '+' || *text == '-')
        text++;
    while (text[length] && text[length] != ',' && text[length] != ' ')
        length++;
    ret_entry->name = text;
    ret_entry->length = length;
    text += length;
    while (*text == ',' || *text == ' ')
        text++;
    *list = text;
    return true;
}

uint64_t trace_parse(uint64_t mask, const char *list)
{
    struct entry entry;

    while (entry_next(&list, &entry)) {
        uint64_t bits = name_mask(entry.name, entry.length);

        mask = entry.is_on ? mask | bits : mask & ~bits;
    }
    return mask;
}

const char *trace_unknown(const char *list, size_t *ret_length)
{
    struct entry entry;

    while (entry_next(&list, &entry)) {
        *ret_length = entry.length;
        if (entry.length && !name_mask(entry.name, entry.length))
            return entry.name;
    }
    return NULL;
}
