/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See normal_table.h. The steps are Unicode's (UAX 15): decompose each character, bring what
 * combines into its order, compose again where the form says so. Hangul is arithmetic.
 *
 * The file's layout (facts from Wine's normalization tables): a head, whose last words say where in
 * the file (in words) each part is. Each character has a byte of properties, found in two steps by
 * blocks of 128. With the top bit the low six are the index of its combining class (0x3f: class 0),
 * without it of its last part's; 0 and 0x7f (not assigned) mean that nothing becomes of it; 0xff
 * that it is Hangul or not allowed. Else the
 * character modulo the hash's size gives a word: a sequence (three bits of length, 7: up to its
 * zero; thirteen bits of place) if the length is not 0, or where in the list of (low word,
 * sequence) its bucket begins, which ends where the next one begins. Compositions are triples of
 * UTF-16 characters, their buckets by (first + 95 * second).
 */
#include "normal_table.h"

struct normal_table {
    WCHAR name[13];
    USHORT checksum[3];
    USHORT version[4];
    USHORT form;
    USHORT growth;
    USHORT unknown1;
    USHORT decomposition_size, composition_size;
    USHORT unknown2;
    USHORT classes, blocks, properties;
    USHORT decomposition_hash, decomposition_map, decomposition_text;
    USHORT composition_hash, composition_text;
};

enum { COMBINES = 0x80, CLASS = 0x3f };
enum { NOTHING = 0, UNASSIGNED = 0x7f, ALONE_IN_ITS_BUCKET = 0xbf, SPECIAL = 0xff };
enum { S_BASE = 0xac00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7 };
enum { L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = L_COUNT * V_COUNT * T_COUNT };
enum { HANGUL_END = 0xac00 + 0x2c00, JAMO_END = 0x1200 };

void points_free(struct points *points)
{
    rtl_free(points->at);
}

NTSTATUS points_add(struct points *points, ULONG point)
{
    if (points->n == points->room) {
        size_t room = points->room ? 2 * points->room : 64;
        ULONG *at = points->at
                        ? RtlReAllocateHeap(process_heap(), 0, points->at, room * sizeof(*at))
                        : rtl_alloc(room * sizeof(*at));

        if (!at)
            return STATUS_NO_MEMORY;
        points->at = at;
        points->room = room;
    }
    points->at[points->n++] = point;
    return STATUS_SUCCESS;
}

/* The character at *at, which goes on behind it; 0xd800..0xdfff: half of one. */
static ULONG wide_next(const WCHAR **at, const WCHAR *end)
{
    ULONG first = *(*at)++;

    if ((first & 0xfc00) != 0xd800 || *at == end || (**at & 0xfc00) != 0xdc00)
        return first;
    return 0x10000 + ((first & 0x3ff) << 10) + (*(*at)++ & 0x3ff);
}

NTSTATUS points_from_wide(struct points *points, const WCHAR *text, size_t n, size_t *ret_bad)
{
    const WCHAR *at = text;
    NTSTATUS status = STATUS_SUCCESS;

    while (at < text + n && !status) {
        ULONG point;

        *ret_bad = (size_t)(at - text);
        point = wide_next(&at, text + n);
        if (point >= 0xd800 && point <= 0xdfff)
            return STATUS_NO_UNICODE_TRANSLATION;
        status = points_add(points, point);
    }
    return status;
}

size_t points_to_wide(const struct points *points, WCHAR *buffer, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < points->n; i++) {
        const ULONG point = points->at[i];

        if (point > 0xffff && n + 1 < room) {
            buffer[n] = (WCHAR)(0xd7c0 + (point >> 10));
            buffer[n + 1] = (WCHAR)(0xdc00 + (point & 0x3ff));
        } else if (point <= 0xffff && n < room) {
            buffer[n] = (WCHAR)point;
        }
        n += point > 0xffff ? 2 : 1;
    }
    return n;
}

NTSTATUS normal_table_find(ULONG form, const struct normal_table **ret_table)
{
    void *table;
    SIZE_T size;

    if (NtGetNlsSectionPtr(12, form, NULL, &table, &size) || size < sizeof(**ret_table))
        return STATUS_INVALID_PARAMETER;
    *ret_table = table;
    return STATUS_SUCCESS;
}

unsigned normal_growth(const struct normal_table *table)
{
    return table->growth;
}

static const USHORT *words(const struct normal_table *table, USHORT at)
{
    return (const USHORT *)table + at;
}

static BYTE properties(const struct normal_table *table, ULONG point)
{
    const BYTE block = ((const BYTE *)words(table, table->blocks))[point / 128];

    if (!block || block >= 0xfb) /* all of them alike: written in the block's byte, turned */
        return (BYTE)(block << 5 | block >> 3);
    return ((const BYTE *)words(table, table->properties))[(block - 1) * 128 + point % 128];
}

BOOL normal_is_assigned(const struct normal_table *table, ULONG point)
{
    return properties(table, point) != UNASSIGNED;
}

static BYTE class_of(const struct normal_table *table, ULONG point)
{
    const BYTE props = properties(table, point), index = props & CLASS;

    return props & COMBINES && index != CLASS ? ((const BYTE *)words(table, table->classes))[index]
                                              : 0;
}

static NTSTATUS hangul_decompose(ULONG point, struct points *to)
{
    const ULONG index = point - S_BASE;
    NTSTATUS status;

    if (point < S_BASE || index >= S_COUNT) /* a jamo, or none at all */
        return (point >= L_BASE && point < JAMO_END) || (point >= S_BASE && point < HANGUL_END)
                   ? points_add(to, point)
                   : STATUS_NO_UNICODE_TRANSLATION;
    status = points_add(to, L_BASE + index / (V_COUNT * T_COUNT));
    if (!status)
        status = points_add(to, V_BASE + index % (V_COUNT * T_COUNT) / T_COUNT);
    if (!status && index % T_COUNT)
        status = points_add(to, T_BASE + index % T_COUNT);
    return status;
}

/* The word that says where the character's sequence is; 0: it has none. */
static USHORT sequence_find(const struct normal_table *table, ULONG point, BYTE props)
{
    const USHORT *hash = words(table, table->decomposition_hash);
    const USHORT *map = words(table, table->decomposition_map);
    const USHORT size = table->decomposition_size;
    ULONG bucket = point % size, pair = hash[bucket];

    if (pair >> 13)
        return props == ALONE_IN_ITS_BUCKET ? (USHORT)pair : 0;
    for (bucket++; bucket < size && hash[bucket] >> 13;)
        bucket++;
    for (; bucket < size ? pair < hash[bucket] : map[2 * pair] != 0; pair++)
        if (map[2 * pair] == (USHORT)point)
            return map[2 * pair + 1];
    return 0;
}

static NTSTATUS decompose(const struct normal_table *table, ULONG point, struct points *to)
{
    const BYTE props = properties(table, point);
    const WCHAR *at, *end;
    NTSTATUS status = STATUS_SUCCESS;
    USHORT sequence;

    if (props == SPECIAL)
        return hangul_decompose(point, to);
    sequence = props == NOTHING || props == UNASSIGNED ? 0 : sequence_find(table, point, props);
    if (!sequence)
        return points_add(to, point);
    at = words(table, table->decomposition_text) + (sequence & 0x1fff);
    end = at + (sequence >> 13);
    while (sequence >> 13 == 7 && *end)
        end++;
    if (!*at) /* it becomes nothing */
        return STATUS_SUCCESS;
    while (at < end && !status)
        status = points_add(to, wide_next(&at, end));
    return status;
}

/* What combines, between what does not, by its class: an insertion sort of short runs. */
static void bring_in_order(const struct normal_table *table, struct points *points)
{
    for (size_t i = 1; i < points->n; i++) {
        const ULONG point = points->at[i];
        const BYTE class = class_of(table, point);
        size_t to = i;

        while (class && to && class_of(table, points->at[to - 1]) > class) {
            points->at[to] = points->at[to - 1];
            to--;
        }
        points->at[to] = point;
    }
}

/* 0: they do not. */
static ULONG composed(const struct normal_table *table, ULONG first, ULONG second)
{
    const USHORT *hash = words(table, table->composition_hash);
    const WCHAR *text = words(table, table->composition_text), *at, *end;
    const ULONG bucket = (first + 95 * second) % table->composition_size;

    if (first - L_BASE < L_COUNT && second - V_BASE < V_COUNT)
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT;
    if (first - S_BASE < S_COUNT && !((first - S_BASE) % T_COUNT) && second > T_BASE &&
        second < T_BASE + T_COUNT)
        return first + second - T_BASE;
    for (at = text + hash[bucket], end = text + hash[bucket + 1]; at < end;) {
        const ULONG one = wide_next(&at, end), other = wide_next(&at, end),
                    both = wide_next(&at, end);

        if (one == first && other == second)
            return both;
    }
    return 0;
}

static void compose(const struct normal_table *table, struct points *points)
{
    size_t starter = 0, n = 0;
    BYTE last = 0;

    for (size_t i = 0; i < points->n; i++) {
        const ULONG point = points->at[i];
        const BYTE class = class_of(table, point);
        const BOOL is_blocked = n > starter + 1 && last >= class;
        const BOOL has_starter = n && !class_of(table, points->at[starter]);
        const ULONG both =
            has_starter && !is_blocked ? composed(table, points->at[starter], point) : 0;

        if (both) {
            points->at[starter] = both;
            continue;
        }
        if (!class)
            starter = n;
        last = class;
        points->at[n++] = point;
    }
    points->n = n;
}

NTSTATUS normal_apply(const struct normal_table *table, const struct points *from,
                      struct points *to, size_t *ret_bad)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (*ret_bad = 0; *ret_bad < from->n; ++*ret_bad) {
        status = decompose(table, from->at[*ret_bad], to);
        if (status)
            return status;
    }
    bring_in_order(table, to);
    if (table->composition_size)
        compose(table, to);
    return STATUS_SUCCESS;
}
