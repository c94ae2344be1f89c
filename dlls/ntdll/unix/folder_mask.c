/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Masks of listings: * and ?, and the DOS wildcards into which kernel32 turns them: < (DOS_STAR: up
 * to the last dot), > (DOS_QM: one character, or nothing at a dot or the end), " (DOS_DOT: a dot,
 * or nothing at the end). Comparison is without case. Wine's kernel32 leaves it to ntdll to turn
 * them: a mask without DOS wildcards is matched as Windows' kernel32 would turn it too (`a.?` finds
 * `a`, `???` finds `ab`, `*.` finds names without a dot). DIFFERS: so also for who calls
 * NtQueryDirectoryFile with such a mask himself.
 *
 * A name is read once; what is kept is the set of places in the mask to which it may have led so
 * far. So no mask, whatever its stars, takes longer than its length times the name's.
 */
#include "folder_mask.h"
#include "ntpath.h"
#include <stdlib.h>
#include <string.h>

struct folder_mask {
    WCHAR *text; /* as it was given */
    WCHAR *dos;  /* the same with DOS wildcards; NULL: it has them already */
    size_t units;
    bool *places; /* units + 1; scratch of matches() */
};

/* As kernel32 turns a mask. */
static void text_to_dos(const WCHAR *text, size_t units, WCHAR *ret_dos)
{
    for (size_t i = 0; i < units; i++) {
        WCHAR next = i + 1 < units ? text[i + 1] : 0;

        ret_dos[i] = text[i] == '?'                                   ? '>'
                     : text[i] == '.' && (next == '?' || next == '*') ? '"'
                     : text[i] == '*' && next == '.'                  ? '<'
                                                                      : text[i];
    }
}

static bool has_dos_wildcards(const WCHAR *text, size_t units)
{
    for (size_t i = 0; i < units; i++)
        if (text[i] == '<' || text[i] == '>' || text[i] == '"')
            return true;
    return false;
}

NTSTATUS folder_mask_new(WCHAR *text, size_t units, struct folder_mask **ret_mask)
{
    struct folder_mask *mask = text ? calloc(1, sizeof(*mask)) : NULL;
    bool turns = text && !has_dos_wildcards(text, units);

    *ret_mask = mask;
    if (!mask) {
        free(text);
        return text ? STATUS_NO_MEMORY : STATUS_SUCCESS;
    }
    mask->text = text;
    mask->units = units;
    mask->places = malloc((units + 1) * sizeof(*mask->places));
    mask->dos = turns ? malloc((units + 1) * sizeof(WCHAR)) : NULL;
    if (!mask->places || (turns && !mask->dos)) {
        folder_mask_free(mask);
        *ret_mask = NULL;
        return STATUS_NO_MEMORY;
    }
    if (turns)
        text_to_dos(text, units, mask->dos);
    return STATUS_SUCCESS;
}

void folder_mask_free(struct folder_mask *mask)
{
    if (!mask)
        return;
    free(mask->text);
    free(mask->dos);
    free(mask->places);
    free(mask);
}

/* Past a wildcard without a character of the name; c: the next one, 0 at the end. */
static bool may_be_nothing(WCHAR wildcard, WCHAR c)
{
    return wildcard == '*' || wildcard == '<' || (wildcard == '>' && (!c || c == '.')) ||
           (wildcard == '"' && !c);
}

static bool takes(WCHAR m, WCHAR c)
{
    switch (m) {
    case '*':
    case '<':
        return false; /* they stay: below */
    case '?':
        return true;
    case '>':
        return c != '.';
    case '"':
        return c == '.';
    default:
        return upcase(m) == upcase(c);
    }
}

/* One more character, c, from each place; the highest first, since each is led to from below. */
static void places_step(bool *places, const WCHAR *text, size_t units, WCHAR c, bool is_last_dot)
{
    for (size_t m = units + 1; m-- > 0;) {
        bool stays = m < units && places[m] &&
                     (text[m] == '*' || (text[m] == '<' && !is_last_dot)); /* up to it, not over */

        places[m] = stays || (m && places[m - 1] && takes(text[m - 1], c));
    }
}

static bool matches(const struct folder_mask *mask, const WCHAR *text, const WCHAR *name,
                    size_t n_name)
{
    size_t units = mask->units, last_dot = n_name;
    bool *places = mask->places;

    while (last_dot && name[last_dot - 1] != '.')
        last_dot--; /* 0: none, else the index behind it */
    memset(places, 0, (units + 1) * sizeof(*places));
    places[0] = true;
    for (size_t i = 0;; i++) {
        WCHAR c = i < n_name ? name[i] : 0;

        for (size_t m = 0; m < units; m++)
            if (places[m] && may_be_nothing(text[m], c))
                places[m + 1] = true;
        /* DOS_STAR may also swallow everything when nothing follows it. */
        if (units && text[units - 1] == '<' && places[units - 1])
            return true;
        if (i == n_name)
            return places[units];
        places_step(places, text, units, c, i + 1 == last_dot);
    }
}

static bool has_dot(const WCHAR *name, size_t units)
{
    for (size_t i = 0; i < units; i++)
        if (name[i] == '.')
            return true;
    return false;
}

static bool text_is(const struct folder_mask *mask, const char *text)
{
    size_t i = 0;

    while (i < mask->units && text[i] && mask->text[i] == (WCHAR)text[i])
        i++;
    return i == mask->units && !text[i];
}

bool folder_mask_wants(struct folder_mask *mask, const WCHAR *name, size_t units, bool is_dots)
{
    if (!mask || text_is(mask, "*.*")) /* which means everything, also names without a dot */
        return true;
    if (text_is(mask, "*."))
        return is_dots || !has_dot(name, units);
    if (matches(mask, mask->text, name, units))
        return true;
    return mask->dos && !is_dots && matches(mask, mask->dos, name, units);
}

bool folder_mask_is_narrow(const struct folder_mask *mask)
{
    static const char wildcards[] = "*?<>\"";

    return mask && mask->units && (mask->text[0] > 0x7f || !strchr(wildcards, mask->text[0]));
}
