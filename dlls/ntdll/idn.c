/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* RtlIdnToNameprepUnicode, RtlIdnToAscii, RtlIdnToUnicode: names of hosts that are not ASCII, as
 * RFC 3490 (IDNA 2003) has it. A name is labels with dots between, each of 1 to 63 characters; one
 * empty label may stand at the end. Nameprep (RFC 3491) is the normalization form FORM_IDN, then
 * what may stand in a label: nothing that the form refuses or (without IDN_ALLOW_UNASSIGNED) does
 * not know, letters of one direction, and with IDN_USE_STD3_ASCII_RULES of ASCII only letters,
 * digits and, inside, hyphens. A name of ASCII alone keeps its case.
 *
 * DIFFERS: characters are known of Unicode 15, as Wine's tables have them, and directions of
 * Unicode 3.2, as the RFC does.
 */
#include "punycode.h"

enum { LABEL_MAX = 63, FLAGS = IDN_ALLOW_UNASSIGNED | IDN_USE_STD3_ASCII_RULES };

struct range {
    ULONG first, last;
};

static const struct range rights[] = {
#define RIGHT(first, last) {first, last},
#define LEFT(first, last)
#include "idn_directions.def"
#undef LEFT
#undef RIGHT
};

static const struct range lefts[] = {
#define RIGHT(first, last)
#define LEFT(first, last) {first, last},
#include "idn_directions.def"
#undef LEFT
#undef RIGHT
};

/* A part of a name's points. */
struct label {
    const ULONG *at;
    size_t n;
};

static BOOL is_in(const struct range *ranges, size_t n, ULONG point)
{
    for (size_t i = 0; i < n && ranges[i].first <= point; i++)
        if (point <= ranges[i].last)
            return TRUE;
    return FALSE;
}

static BOOL is_right(ULONG point)
{
    return is_in(rights, ARRAY_COUNT(rights), point);
}

static BOOL has_one_direction(struct label label)
{
    BOOL has_right = FALSE, has_left = FALSE;

    for (size_t i = 0; i < label.n; i++) {
        has_right |= is_right(label.at[i]);
        has_left |= is_in(lefts, ARRAY_COUNT(lefts), label.at[i]);
    }
    return !has_right || (!has_left && is_right(label.at[0]) && is_right(label.at[label.n - 1]));
}

static BOOL is_std3(struct label label)
{
    for (size_t i = 0; i < label.n; i++) {
        const ULONG c = label.at[i];

        if (c < 0x80 && c - '0' >= 10 && c - 'a' >= 26 && c - 'A' >= 26 && c != '-')
            return FALSE;
    }
    return label.at[0] != '-' && label.at[label.n - 1] != '-';
}

static BOOL is_ascii(const ULONG *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] < 0x20 || at[i] >= 0x7f)
            return FALSE;
    return TRUE;
}

static BOOL has_prefix(struct label label)
{
    return label.n >= 4 && (label.at[0] | 0x20) == 'x' && (label.at[1] | 0x20) == 'n' &&
           label.at[2] == '-' && label.at[3] == '-';
}

static BOOL label_is_valid(const struct normal_table *table, DWORD flags, struct label label)
{
    if (!label.n || ((flags & IDN_USE_STD3_ASCII_RULES) && !is_std3(label)))
        return FALSE;
    for (size_t i = 0; i < label.n && !(flags & IDN_ALLOW_UNASSIGNED); i++)
        if (!normal_is_assigned(table, label.at[i]))
            return FALSE;
    return has_one_direction(label);
}

/* The next label of the name, *at behind it and its dot. FALSE: there is none more. */
static BOOL label_next(const struct points *name, size_t *at, struct label *ret_label)
{
    const size_t start = *at;

    if (start && start == name->n) /* the empty one behind the last dot, or none */
        return FALSE;
    while (*at < name->n && name->at[*at] != '.')
        ++*at;
    *ret_label = (struct label){name->at + start, *at - start};
    *at += *at < name->n;
    return !name->n ? FALSE : TRUE;
}

static NTSTATUS nameprep(DWORD flags, const struct points *name, struct points *to)
{
    const struct normal_table *table;
    NTSTATUS status = normal_table_find(FORM_IDN, &table);
    struct label label;
    size_t bad, at = 0;

    if (!status && !is_ascii(name->at, name->n))
        status = normal_apply(table, name, to, &bad);
    else
        for (size_t i = 0; i < name->n && !status; i++)
            status = points_add(to, name->at[i]);
    if (status)
        return status == STATUS_NO_UNICODE_TRANSLATION ? STATUS_INVALID_IDN_NORMALIZATION : status;
    if (!to->n)
        return STATUS_INVALID_IDN_NORMALIZATION;
    while (label_next(to, &at, &label))
        if (!label_is_valid(table, flags, label))
            return STATUS_INVALID_IDN_NORMALIZATION;
    return STATUS_SUCCESS;
}

static NTSTATUS label_to_ascii(struct label label, struct points *to)
{
    const size_t start = to->n;
    NTSTATUS status = STATUS_SUCCESS;

    if (is_ascii(label.at, label.n)) {
        for (size_t i = 0; i < label.n && !status; i++)
            status = points_add(to, label.at[i]);
    } else if (has_prefix(label)) {
        return STATUS_INVALID_IDN_NORMALIZATION;
    } else {
        for (size_t i = 0; i < 4 && !status; i++)
            status = points_add(to, (BYTE) "xn--"[i]);
        if (!status)
            status = punycode_encode(label.at, label.n, to);
    }
    return !status && to->n - start > LABEL_MAX ? STATUS_INVALID_IDN_NORMALIZATION : status;
}

/* Each label by a function, the dots between. */
static NTSTATUS labels_map(DWORD flags, const struct points *name, struct points *to,
                           NTSTATUS (*map)(DWORD flags, struct label label, struct points *to))
{
    NTSTATUS status = STATUS_SUCCESS;
    struct label label;
    size_t at = 0;

    while (!status && label_next(name, &at, &label)) {
        status = map(flags, label, to);
        if (!status && label.at + label.n < name->at + name->n)
            status = points_add(to, '.');
    }
    return status;
}

static NTSTATUS ascii_map(DWORD flags, struct label label, struct points *to)
{
    (void)flags;
    return label_to_ascii(label, to);
}

static NTSTATUS to_ascii(DWORD flags, const struct points *name, struct points *to)
{
    _cleanup_points_ struct points prepared = {0};
    NTSTATUS status = nameprep(flags, name, &prepared);

    return status ? status : labels_map(flags, &prepared, to, ascii_map);
}

/* Is the encoded label what the decoded one becomes? Else it was made to look like another. */
static NTSTATUS round_trip(DWORD flags, struct label label, const struct points *decoded)
{
    _cleanup_points_ struct points again = {0};
    NTSTATUS status = to_ascii(flags, decoded, &again);

    if (!status && again.n != label.n)
        status = STATUS_INVALID_IDN_NORMALIZATION;
    for (size_t i = 0; !status && i < label.n; i++)
        if (wide_downcase((WCHAR)label.at[i]) != wide_downcase((WCHAR)again.at[i]))
            status = STATUS_INVALID_IDN_NORMALIZATION;
    return status;
}

static NTSTATUS unicode_map(DWORD flags, struct label label, struct points *to)
{
    _cleanup_points_ struct points decoded = {0};
    NTSTATUS status = STATUS_SUCCESS;

    if (!label.n || label.n > LABEL_MAX || !is_ascii(label.at, label.n) ||
        ((flags & IDN_USE_STD3_ASCII_RULES) && !is_std3(label)))
        return STATUS_INVALID_IDN_NORMALIZATION;
    if (has_prefix(label)) {
        status = punycode_decode(label.at + 4, label.n - 4, &decoded);
        if (!status)
            status = round_trip(flags, label, &decoded);
        label = (struct label){decoded.at, decoded.n};
    }
    for (size_t i = 0; i < label.n && !status; i++)
        status = points_add(to, label.at[i]);
    return status;
}

static NTSTATUS to_unicode(DWORD flags, const struct points *name, struct points *to)
{
    return name->n ? labels_map(flags, name, to, unicode_map) : STATUS_INVALID_IDN_NORMALIZATION;
}

/* IDN_EMAIL_ADDRESS, IDN_RAW_PUNYCODE. */
static void flags_refuse(const char *caller, DWORD flags)
{
    static LONG is_said;

    if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        log_line("%s: flags %x: not all of them are implemented", caller, flags);
}

/* A call's frame: the name without its terminator, the result with one if it had one. */
static NTSTATUS convert(const char *caller, DWORD flags, const WCHAR *text, INT length,
                        WCHAR *buffer, INT *buffer_length,
                        NTSTATUS (*by)(DWORD, const struct points *, struct points *))
{
    _cleanup_points_ struct points name = {0}, result = {0};
    NTSTATUS status;
    BOOL is_terminated;
    size_t n, bad;

    if (!text || length < -1 || !length || *buffer_length < 0)
        return STATUS_INVALID_PARAMETER;
    if (flags & ~(DWORD)FLAGS) {
        flags_refuse(caller, flags);
        return STATUS_NOT_SUPPORTED;
    }
    n = length < 0 ? wide_length(text) + 1 : (size_t)length;
    is_terminated = !text[n - 1];
    status = points_from_wide(&name, text, n - is_terminated, &bad);
    if (status == STATUS_NO_UNICODE_TRANSLATION)
        status = STATUS_INVALID_IDN_NORMALIZATION;
    if (!status)
        status = by(flags, &name, &result);
    if (!status && is_terminated)
        status = points_add(&result, 0);
    if (status)
        return status;
    n = (size_t)*buffer_length;
    *buffer_length = (INT)points_to_wide(&result, buffer, buffer ? n : 0);
    return !n || (size_t)*buffer_length <= n ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS WINAPI RtlIdnToNameprepUnicode(DWORD flags, const WCHAR *text, INT length, WCHAR *buffer,
                                        INT *buffer_length)
{
    return convert(__func__, flags, text, length, buffer, buffer_length, nameprep);
}

NTSTATUS WINAPI RtlIdnToAscii(DWORD flags, const WCHAR *text, INT length, WCHAR *buffer,
                              INT *buffer_length)
{
    return convert(__func__, flags, text, length, buffer, buffer_length, to_ascii);
}

NTSTATUS WINAPI RtlIdnToUnicode(DWORD flags, const WCHAR *text, INT length, WCHAR *buffer,
                                INT *buffer_length)
{
    return convert(__func__, flags, text, length, buffer, buffer_length, to_unicode);
}
