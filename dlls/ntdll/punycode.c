/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See punycode.h; the names are RFC 3492's. */
#include "punycode.h"

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

static ULONG adapt(ULONG delta, ULONG n_points, BOOL is_first)
{
    ULONG k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / n_points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static ULONG threshold(ULONG k, ULONG bias)
{
    return k <= bias + T_MIN ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static NTSTATUS delta_encode(ULONG delta, ULONG bias, struct points *to)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG k, t;

    for (k = BASE; !status; k += BASE) {
        t = threshold(k, bias);
        if (delta < t)
            return points_add(to, delta < 26 ? 'a' + delta : '0' + delta - 26);
        status = points_add(to, t + (delta - t) % (BASE - t) < 26
                                    ? 'a' + t + (delta - t) % (BASE - t)
                                    : '0' + t + (delta - t) % (BASE - t) - 26);
        delta = (delta - t) / (BASE - t);
    }
    return status;
}

/* The smallest of the points that is not below `low`; all ones: none. */
static ULONG least_from(const ULONG *points, size_t n, ULONG low)
{
    ULONG least = ~0u;

    for (size_t i = 0; i < n; i++)
        if (points[i] >= low && points[i] < least)
            least = points[i];
    return least;
}

NTSTATUS punycode_encode(const ULONG *points, size_t n, struct points *to)
{
    ULONG delta = 0, bias = BIAS, point = FIRST, n_done = 0, n_basic;
    NTSTATUS status = STATUS_SUCCESS;

    for (size_t i = 0; i < n && !status; i++)
        if (points[i] < FIRST) {
            status = points_add(to, points[i]);
            n_done++;
        }
    n_basic = n_done;
    if (n_basic && !status)
        status = points_add(to, '-');
    while (n_done < n && !status) {
        const ULONG next = least_from(points, n, point);

        if (next - point > (~0u - delta) / (n_done + 1))
            return STATUS_INVALID_IDN_NORMALIZATION;
        delta += (next - point) * (n_done + 1);
        point = next;
        for (size_t i = 0; i < n && !status; i++) {
            delta += points[i] < point;
            if (points[i] != point)
                continue;
            status = delta_encode(delta, bias, to);
            bias = adapt(delta, n_done + 1, n_done == n_basic);
            delta = 0;
            n_done++;
        }
        delta++;
        point++;
    }
    return status;
}

static ULONG digit_of(ULONG ch)
{
    return ch - '0' < 10   ? ch - '0' + 26
           : ch - 'a' < 26 ? ch - 'a'
           : ch - 'A' < 26 ? ch - 'A'
                           : BASE;
}

/* Adds a number to *i; *at goes on behind it. */
static BOOL delta_decode(const ULONG **at, const ULONG *end, ULONG bias, ULONG *i)
{
    ULONG weight = 1;

    for (ULONG k = BASE;; k += BASE) {
        const ULONG t = threshold(k, bias);
        ULONG digit;

        if (*at == end)
            return FALSE;
        digit = digit_of(*(*at)++);
        if (digit == BASE || digit > (~0u - *i) / weight)
            return FALSE;
        *i += digit * weight;
        if (digit < t)
            return TRUE;
        if (weight > ~0u / (BASE - t))
            return FALSE;
        weight *= BASE - t;
    }
}

static NTSTATUS points_insert(struct points *points, size_t place, ULONG point)
{
    NTSTATUS status = points_add(points, point);

    for (size_t i = points->n - 1; !status && i > place; i--) {
        points->at[i] = points->at[i - 1];
        points->at[i - 1] = point;
    }
    return status;
}

NTSTATUS punycode_decode(const ULONG *text, size_t n, struct points *to)
{
    const ULONG *end = text + n, *at = end;
    const size_t start = to->n;
    ULONG i = 0, bias = BIAS, point = FIRST;
    NTSTATUS status = STATUS_SUCCESS;

    while (at > text && at[-1] != '-')
        at--;
    for (; text + 1 < at && !status; text++) /* what stands before the last hyphen */
        status = points_add(to, *text);
    while (at < end && !status) {
        const ULONG old = i, n_points = (ULONG)(to->n - start) + 1;

        if (!delta_decode(&at, end, bias, &i))
            return STATUS_INVALID_IDN_NORMALIZATION;
        bias = adapt(i - old, n_points, !old);
        if (i / n_points > 0x10ffff - point)
            return STATUS_INVALID_IDN_NORMALIZATION;
        point += i / n_points;
        i %= n_points;
        status = points_insert(to, start + i++, point);
    }
    return status;
}
