/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* wsprintf and wvsprintf: a small printf of user32's own, without floating point, that writes at
 * most 1,024 characters with the final NUL (source: Microsoft's page on wsprintf).
 *
 * %[-][#][0][width][.precision][h l w I I32 I64]{c C d i u x X p s S}; a type in capitals or a
 * prefix h, l, w says whether text is narrow or wide, else it is of the function's own kind. An
 * unknown type is copied as it stands. One formatter serves both kinds: only reading the format and
 * storing a character know which it is. */

#include "absent.h"

enum { OUTPUT_MAX = 1024 };

struct output {
    BOOL is_wide; /* both the format and the result */
    void *buffer;
    const void *format;
    int n;
};

struct conversion {
    BOOL is_left, is_alternate, is_zero_filled, has_precision;
    int width, precision;
    enum { SIZE_DEFAULT, SIZE_SHORT, SIZE_LONG, SIZE_64 } size;
    WCHAR type;
};

static WCHAR format_at(const struct output *out)
{
    return out->is_wide ? *(const WCHAR *)out->format : *(const unsigned char *)out->format;
}

static void format_step(struct output *out)
{
    out->format = (const char *)out->format + (out->is_wide ? sizeof(WCHAR) : 1);
}

/* One unit of the result's kind. */
static void put(struct output *out, WCHAR unit)
{
    if (out->n >= OUTPUT_MAX - 1)
        return;
    if (out->is_wide)
        ((WCHAR *)out->buffer)[out->n++] = unit;
    else
        ((char *)out->buffer)[out->n++] = (char)unit;
}

static void put_many(struct output *out, WCHAR unit, int n)
{
    for (; n > 0; n--)
        put(out, unit);
}

static int number_parse(struct output *out)
{
    int value = 0;

    for (; format_at(out) >= '0' && format_at(out) <= '9'; format_step(out))
        if (value < OUTPUT_MAX)
            value = value * 10 + (format_at(out) - '0');
    return value;
}

static void flags_parse(struct output *out, struct conversion *c)
{
    for (;; format_step(out)) {
        if (format_at(out) == '-')
            c->is_left = TRUE;
        else if (format_at(out) == '#')
            c->is_alternate = TRUE;
        else
            break;
    }
    if (format_at(out) == '0')
        c->is_zero_filled = TRUE;
}

/* Is "64" or "32" next? It is skipped then. */
static BOOL digits_skip(struct output *out, char first, char second)
{
    const void *start = out->format;

    if (format_at(out) == first) {
        format_step(out);
        if (format_at(out) == second) {
            format_step(out);
            return TRUE;
        }
    }
    out->format = start;
    return FALSE;
}

static void size_parse(struct output *out, struct conversion *c)
{
    switch (format_at(out)) {
    case 'h':
        c->size = SIZE_SHORT;
        format_step(out);
        break;
    case 'l':
    case 'w':
        c->size = SIZE_LONG;
        format_step(out);
        break;
    case 'I':
        format_step(out);
        if (digits_skip(out, '3', '2'))
            c->size = SIZE_LONG;
        else {
            digits_skip(out, '6', '4');
            c->size = SIZE_64;
        }
        break;
    }
}

static void conversion_parse(struct output *out, struct conversion *c)
{
    flags_parse(out, c);
    c->width = number_parse(out);
    if (format_at(out) == '.') {
        format_step(out);
        c->has_precision = TRUE;
        c->precision = number_parse(out);
    }
    size_parse(out, c);
    c->type = format_at(out);
}

static BOOL is_text_wide(const struct output *out, const struct conversion *c)
{
    if (c->size == SIZE_SHORT)
        return FALSE;
    if (c->size == SIZE_LONG)
        return TRUE;
    return c->type == 'C' || c->type == 'S' ? !out->is_wide : out->is_wide;
}

/* How many units of the text count: up to a NUL and the precision, and no more than can be written.
 */
static int text_length(const void *text, BOOL is_wide, const struct conversion *c)
{
    const int most = c->has_precision && c->precision < OUTPUT_MAX ? c->precision : OUTPUT_MAX;
    int n = 0;

    while (n < most && (is_wide ? ((const WCHAR *)text)[n] : ((const char *)text)[n]))
        n++;
    return n;
}

/* n units of text, OUTPUT_MAX at most, padded; text of the other kind is converted with the ANSI
 * code page, where a unit may become three bytes. */
static void put_text(struct output *out, const struct conversion *c, const void *text, int n,
                     BOOL is_wide)
{
    union { /* less than a page: this stack is not probed */
        WCHAR wide[OUTPUT_MAX];
        char narrow[3 * OUTPUT_MAX];
    } other;

    if (is_wide && !out->is_wide) {
        n = n ? WideCharToMultiByte(CP_ACP, 0, text, n, other.narrow, sizeof(other.narrow), NULL,
                                    NULL)
              : 0;
        text = other.narrow;
    } else if (!is_wide && out->is_wide) {
        n = n ? MultiByteToWideChar(CP_ACP, 0, text, n, other.wide, OUTPUT_MAX) : 0;
        text = other.wide;
    }
    if (!c->is_left)
        put_many(out, c->is_zero_filled ? '0' : ' ', c->width - n);
    for (int i = 0; i < n; i++)
        put(out, out->is_wide ? ((const WCHAR *)text)[i] : ((const unsigned char *)text)[i]);
    if (c->is_left)
        put_many(out, ' ', c->width - n);
}

static void put_string(struct output *out, const struct conversion *c, const void *text)
{
    const BOOL is_wide = text ? is_text_wide(out, c) : FALSE;

    if (!text)
        text = "(null)";
    put_text(out, c, text, text_length(text, is_wide, c), is_wide);
}

static void put_character(struct output *out, const struct conversion *c, int value)
{
    const WCHAR wide = (WCHAR)value;
    const char narrow = (char)value;

    if (is_text_wide(out, c))
        put_text(out, c, &wide, 1, TRUE);
    else
        put_text(out, c, &narrow, 1, FALSE);
}

/* Sign or 0x, zeros up to the precision (or the width, when it is filled with zeros), digits. */
static void put_number(struct output *out, const struct conversion *c, UINT64 value, int base,
                       BOOL is_negative)
{
    const char *digits = c->type == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    const int prefix = (is_negative ? 1 : 0) + (c->is_alternate && base == 16 ? 2 : 0);
    char reversed[24];
    int n = 0, zeros = 0, spaces;

    do
        reversed[n++] = digits[value % (unsigned)base];
    while (value /= (unsigned)base);
    if (c->has_precision && c->precision > n)
        zeros = c->precision - n;
    else if (!c->has_precision && c->is_zero_filled && !c->is_left && c->width > n + prefix)
        zeros = c->width - n - prefix;
    spaces = c->width - n - zeros - prefix;
    if (!c->is_left)
        put_many(out, ' ', spaces);
    if (is_negative)
        put(out, '-');
    if (c->is_alternate && base == 16) {
        put(out, '0');
        put(out, c->type == 'x' ? 'x' : 'X');
    }
    put_many(out, '0', zeros);
    while (n)
        put(out, (unsigned char)reversed[--n]);
    if (c->is_left)
        put_many(out, ' ', spaces);
}

static void put_signed(struct output *out, const struct conversion *c, INT64 argument)
{
    const INT64 value = c->size == SIZE_64      ? argument
                        : c->size == SIZE_SHORT ? (short)argument
                                                : (int)argument;

    put_number(out, c, value < 0 ? 0 - (UINT64)value : (UINT64)value, 10, value < 0);
}

static void put_unsigned(struct output *out, const struct conversion *c, UINT64 argument, int base)
{
    put_number(out, c,
               c->size == SIZE_64      ? argument
               : c->size == SIZE_SHORT ? (USHORT)argument
                                       : (ULONG)argument,
               base, FALSE);
}

static void put_pointer(struct output *out, UINT64 argument)
{
    const struct conversion c = {.width = 16, .is_zero_filled = TRUE, .type = 'X'};

    put_number(out, &c, argument, 16, FALSE);
}

/* Every argument takes eight bytes of a Win64 argument list, whatever its type. */
static void convert(struct output *out, const struct conversion *c, va_list *arguments)
{
    switch (c->type) {
    case 'c':
    case 'C':
        put_character(out, c, va_arg(*arguments, int));
        break;
    case 's':
    case 'S':
        put_string(out, c, va_arg(*arguments, const void *));
        break;
    case 'd':
    case 'i':
        put_signed(out, c, va_arg(*arguments, INT64));
        break;
    case 'u':
        put_unsigned(out, c, va_arg(*arguments, UINT64), 10);
        break;
    case 'x':
    case 'X':
        put_unsigned(out, c, va_arg(*arguments, UINT64), 16);
        break;
    case 'p':
        put_pointer(out, va_arg(*arguments, UINT64));
        break;
    default:
        put(out, c->type);
        break;
    }
}

static int format_all(struct output *out, va_list arguments)
{
    for (; format_at(out); format_step(out)) {
        struct conversion c = {0};

        if (format_at(out) != '%') {
            put(out, format_at(out));
            continue;
        }
        format_step(out);
        conversion_parse(out, &c);
        if (!c.type)
            break;
        convert(out, &c, &arguments);
    }
    if (out->is_wide)
        ((WCHAR *)out->buffer)[out->n] = 0;
    else
        ((char *)out->buffer)[out->n] = 0;
    return out->n;
}

int WINAPI wvsprintfA(LPSTR buffer, LPCSTR format, va_list arguments)
{
    struct output out = {.buffer = buffer, .format = format};

    return format_all(&out, arguments);
}

int WINAPI wvsprintfW(LPWSTR buffer, LPCWSTR format, va_list arguments)
{
    struct output out = {.is_wide = TRUE, .buffer = buffer, .format = format};

    return format_all(&out, arguments);
}

int WINAPIV wsprintfA(LPSTR buffer, LPCSTR format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = wvsprintfA(buffer, format, arguments);
    va_end(arguments);
    return n;
}

int WINAPIV wsprintfW(LPWSTR buffer, LPCWSTR format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = wvsprintfW(buffer, format, arguments);
    va_end(arguments);
    return n;
}
