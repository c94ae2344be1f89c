/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Bit maps: an array of 32-bit words, bit 0 is the lowest of the first word. Searches start at a
 * hint and wrap round once; runs never wrap. "Not found" is 0xffffffff.
 */
#include "rtl.h"

enum { NOT_FOUND = -1 };

static BOOL bit_at(const RTL_BITMAP *map, ULONG i)
{
    return map->Buffer[i / 32] >> i % 32 & 1;
}

/* Length of the run of bits equal to `value` from start on, at most n_max. */
static ULONG run_length(const RTL_BITMAP *map, ULONG start, ULONG n_max, BOOL value)
{
    ULONG i = start, end = map->SizeOfBitMap - start < n_max ? map->SizeOfBitMap : start + n_max;

    while (i < end) {
        ULONG bits = map->Buffer[i / 32] ^ (value ? 0xffffffff : 0);
        bits >>= i % 32;
        if (bits) {
            i += (ULONG)__builtin_ctz(bits);
            break;
        }
        i += 32 - i % 32;
    }
    return (i < end ? i : end) - start;
}

static void set_range(RTL_BITMAP *map, ULONG start, ULONG n, BOOL value)
{
    if (start >= map->SizeOfBitMap || n > map->SizeOfBitMap - start)
        return;
    for (ULONG end = start + n; start < end;) {
        ULONG bit = start % 32, n_here = 32 - bit < end - start ? 32 - bit : end - start;
        ULONG mask = (n_here == 32 ? 0xffffffff : (1u << n_here) - 1) << bit;

        if (value)
            map->Buffer[start / 32] |= mask;
        else
            map->Buffer[start / 32] &= ~mask;
        start += n_here;
    }
}

static ULONG find_in(const RTL_BITMAP *map, ULONG n, ULONG from, ULONG to, BOOL value)
{
    for (ULONG i = from; i < to && n <= map->SizeOfBitMap - i;) {
        i += run_length(map, i, ~0u, !value);
        if (i >= to || n > map->SizeOfBitMap - i)
            break;
        ULONG length = run_length(map, i, n, value);
        if (length >= n)
            return i;
        i += length;
    }
    return (ULONG)NOT_FOUND;
}

static ULONG find_bits(const RTL_BITMAP *map, ULONG n, ULONG hint, BOOL value)
{
    if (n > map->SizeOfBitMap)
        return (ULONG)NOT_FOUND;
    if (hint >= map->SizeOfBitMap)
        hint = 0;
    if (!n)
        return hint & ~7u;
    ULONG found = find_in(map, n, hint, map->SizeOfBitMap, value);
    return found == (ULONG)NOT_FOUND && hint ? find_in(map, n, 0, hint, value) : found;
}

void WINAPI RtlInitializeBitMap(RTL_BITMAP *map, ULONG *buffer, ULONG n_bits)
{
    map->SizeOfBitMap = n_bits;
    map->Buffer = buffer;
}

void WINAPI RtlSetAllBits(RTL_BITMAP *map)
{
    memset(map->Buffer, 0xff, (map->SizeOfBitMap + 31) / 32 * 4);
}

void WINAPI RtlClearAllBits(RTL_BITMAP *map)
{
    memset(map->Buffer, 0, (map->SizeOfBitMap + 31) / 32 * 4);
}

void WINAPI RtlSetBits(RTL_BITMAP *map, ULONG start, ULONG n)
{
    set_range(map, start, n, TRUE);
}

void WINAPI RtlClearBits(RTL_BITMAP *map, ULONG start, ULONG n)
{
    set_range(map, start, n, FALSE);
}

void WINAPI RtlSetBit(RTL_BITMAP *map, ULONG i)
{
    set_range(map, i, 1, TRUE);
}

void WINAPI RtlClearBit(RTL_BITMAP *map, ULONG i)
{
    set_range(map, i, 1, FALSE);
}

BOOLEAN WINAPI RtlTestBit(const RTL_BITMAP *map, ULONG i)
{
    return i < map->SizeOfBitMap && bit_at(map, i);
}

static BOOLEAN are_bits(const RTL_BITMAP *map, ULONG start, ULONG n, BOOL value)
{
    return n && start < map->SizeOfBitMap && n <= map->SizeOfBitMap - start &&
           run_length(map, start, n, value) == n;
}

BOOLEAN WINAPI RtlAreBitsSet(const RTL_BITMAP *map, ULONG start, ULONG n)
{
    return are_bits(map, start, n, TRUE);
}

BOOLEAN WINAPI RtlAreBitsClear(const RTL_BITMAP *map, ULONG start, ULONG n)
{
    return are_bits(map, start, n, FALSE);
}

ULONG WINAPI RtlFindSetBits(const RTL_BITMAP *map, ULONG n, ULONG hint)
{
    return find_bits(map, n, hint, TRUE);
}

ULONG WINAPI RtlFindClearBits(const RTL_BITMAP *map, ULONG n, ULONG hint)
{
    return find_bits(map, n, hint, FALSE);
}

ULONG WINAPI RtlFindSetBitsAndClear(RTL_BITMAP *map, ULONG n, ULONG hint)
{
    ULONG found = find_bits(map, n, hint, TRUE);

    if (found != (ULONG)NOT_FOUND)
        set_range(map, found, n, FALSE);
    return found;
}

ULONG WINAPI RtlFindClearBitsAndSet(RTL_BITMAP *map, ULONG n, ULONG hint)
{
    ULONG found = find_bits(map, n, hint, FALSE);

    if (found != (ULONG)NOT_FOUND)
        set_range(map, found, n, TRUE);
    return found;
}

ULONG WINAPI RtlNumberOfSetBits(const RTL_BITMAP *map)
{
    ULONG n = 0;

    for (ULONG i = 0; i < map->SizeOfBitMap; i += 32) {
        ULONG bits = map->Buffer[i / 32], n_left = map->SizeOfBitMap - i;
        if (n_left < 32)
            bits &= (1u << n_left) - 1;
        for (; bits; bits &= bits - 1)
            n++;
    }
    return n;
}

ULONG WINAPI RtlNumberOfClearBits(const RTL_BITMAP *map)
{
    return map->SizeOfBitMap - RtlNumberOfSetBits(map);
}

static ULONG next_run(const RTL_BITMAP *map, ULONG start, ULONG *ret_start, BOOL value)
{
    if (start >= map->SizeOfBitMap)
        return 0;
    start += run_length(map, start, ~0u, !value);
    *ret_start = start;
    return start < map->SizeOfBitMap ? run_length(map, start, ~0u, value) : 0;
}

ULONG WINAPI RtlFindNextForwardRunSet(const RTL_BITMAP *map, ULONG start, ULONG *ret_start)
{
    return next_run(map, start, ret_start, TRUE);
}

ULONG WINAPI RtlFindNextForwardRunClear(const RTL_BITMAP *map, ULONG start, ULONG *ret_start)
{
    return next_run(map, start, ret_start, FALSE);
}

static ULONG last_run(const RTL_BITMAP *map, ULONG from, ULONG *ret_start, BOOL value)
{
    ULONG i = from, n = 0;

    if (from >= map->SizeOfBitMap)
        return 0;
    while (i && bit_at(map, i) != value)
        i--;
    if (bit_at(map, i) != value)
        return 0;
    for (n = 1; i && bit_at(map, i - 1) == value; n++)
        i--;
    *ret_start = i;
    return n;
}

ULONG WINAPI RtlFindLastBackwardRunSet(const RTL_BITMAP *map, ULONG from, ULONG *ret_start)
{
    return last_run(map, from, ret_start, TRUE);
}

ULONG WINAPI RtlFindLastBackwardRunClear(const RTL_BITMAP *map, ULONG from, ULONG *ret_start)
{
    return last_run(map, from, ret_start, FALSE);
}

/* The longest runs (or, unsorted, the first ones), longest first. */
static ULONG find_runs(const RTL_BITMAP *map, RTL_BITMAP_RUN *runs, ULONG n_max, BOOLEAN longest,
                       BOOL value)
{
    ULONG n = 0, start = 0, length;

    for (ULONG at = 0; (length = next_run(map, at, &start, value)); at = start + length) {
        RTL_BITMAP_RUN run = {start, length};
        ULONG place = n;

        if (!longest && n == n_max)
            break;
        while (longest && place && runs[place - 1].NumberOfBits < length)
            place--;
        for (ULONG i = n < n_max ? n : n_max - 1; n_max && i > place; i--)
            runs[i] = runs[i - 1];
        if (place < n_max)
            runs[place] = run;
        n += n < n_max;
    }
    return n;
}

ULONG WINAPI RtlFindSetRuns(const RTL_BITMAP *map, RTL_BITMAP_RUN *runs, ULONG n, BOOLEAN longest)
{
    return find_runs(map, runs, n, longest, TRUE);
}

ULONG WINAPI RtlFindClearRuns(const RTL_BITMAP *map, RTL_BITMAP_RUN *runs, ULONG n, BOOLEAN longest)
{
    return find_runs(map, runs, n, longest, FALSE);
}

static ULONG longest_run(const RTL_BITMAP *map, ULONG *ret_start, BOOL value)
{
    RTL_BITMAP_RUN run;

    if (!find_runs(map, &run, 1, TRUE, value))
        return 0;
    if (ret_start)
        *ret_start = run.StartingIndex;
    return run.NumberOfBits;
}

ULONG WINAPI RtlFindLongestRunSet(const RTL_BITMAP *map, ULONG *ret_start)
{
    return longest_run(map, ret_start, TRUE);
}

ULONG WINAPI RtlFindLongestRunClear(const RTL_BITMAP *map, ULONG *ret_start)
{
    return longest_run(map, ret_start, FALSE);
}

CCHAR WINAPI RtlFindLeastSignificantBit(ULONGLONG bits)
{
    return (CCHAR)(bits ? __builtin_ctzll(bits) : -1);
}

CCHAR WINAPI RtlFindMostSignificantBit(ULONGLONG bits)
{
    return (CCHAR)(bits ? 63 - __builtin_clzll(bits) : -1);
}
