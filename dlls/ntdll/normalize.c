/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* RtlNormalizeString and RtlIsNormalizedString. What is asked with no room gets an estimate, as on
 * Windows; what is asked with too little gets the true size.
 */
#include "normal_table.h"

enum { ESTIMATE_SHORT = 64 };

/* The form of a text, as code points. *ret_bad: the index of the unit that has none. */
static NTSTATUS normal_form(ULONG form, const WCHAR *text, size_t n, struct points *to,
                            size_t *ret_bad)
{
    _cleanup_points_ struct points from = {0};
    const struct normal_table *table;
    NTSTATUS status = normal_table_find(form, &table);

    *ret_bad = 0;
    if (!status)
        status = points_from_wide(&from, text, n, ret_bad);
    if (status)
        return status;
    status = normal_apply(table, &from, to, ret_bad);
    if (status == STATUS_NO_UNICODE_TRANSLATION) { /* its index in units */
        from.n = *ret_bad;
        *ret_bad = points_to_wide(&from, NULL, 0);
    }
    return status;
}

static NTSTATUS estimate(ULONG form, size_t n, INT *ret_length)
{
    const struct normal_table *table;
    NTSTATUS status = normal_table_find(form, &table);
    size_t most;

    if (status)
        return status;
    most = n * normal_growth(table);
    if (most > ESTIMATE_SHORT)
        most = n + n / 8 > ESTIMATE_SHORT ? n + n / 8 : ESTIMATE_SHORT;
    *ret_length = (INT)most;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlNormalizeString(ULONG form, const WCHAR *text, INT length, WCHAR *buffer,
                                   INT *buffer_length)
{
    _cleanup_points_ struct points points = {0};
    size_t n, bad, room = (size_t)*buffer_length;
    NTSTATUS status;

    if (!text || length < -1 || *buffer_length < 0 || (room && !buffer))
        return STATUS_INVALID_PARAMETER;
    n = length < 0 ? wide_length(text) + 1 : (size_t)length;
    if (!room && n)
        return estimate(form, n, buffer_length);
    status = normal_form(form, text, n, &points, &bad);
    if (status) {
        *buffer_length = (INT)bad;
        return status;
    }
    *buffer_length = (INT)points_to_wide(&points, buffer, room);
    return (size_t)*buffer_length <= room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS WINAPI RtlIsNormalizedString(ULONG form, const WCHAR *text, INT length,
                                      BOOLEAN *ret_is_normal)
{
    _cleanup_points_ struct points points = {0}, own = {0};
    size_t n, bad;
    NTSTATUS status;

    if (!text || length < -1)
        return STATUS_INVALID_PARAMETER;
    n = length < 0 ? wide_length(text) : (size_t)length;
    status = normal_form(form, text, n, &points, &bad);
    if (!status)
        status = points_from_wide(&own, text, n, &bad);
    if (status)
        return status;
    *ret_is_normal =
        own.n == points.n && (!own.n || !memcmp(own.at, points.at, own.n * sizeof(*own.at)));
    return STATUS_SUCCESS;
}
