/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* printf for ntdll, over the Win64 argument list (8-byte slots), narrow and wide in one formatter.
 *
 * Windows' forms: %s and %c are of the format's own width and %S and %C of the other one; h, l and
 * w before them force narrow, wide, wide; %Z is a counted string; I64, I32, I, ll, l, h, hh size
 * integers (int and long are 32 bits); %p is 16 upper-case digits. Text of the other width is
 * converted with the ANSI code page. Floating point is not implemented and says so (Wine's DLLs
 * never ask ntdll for it).
 *
 * The result is the length; a text longer than the buffer gives -1 with the buffer full and
 * unterminated; one that fills it exactly is unterminated too; without a buffer the length is
 * counted.
 */
#include "rtl.h"

struct sink {
    void *dst;
    size_t n_max, n;
    BOOL wide;
};

struct spec {
    BOOL left, plus, space, alternate, zero;
    int width, precision; /* precision -1: none given */
    int n_bytes;          /* size of an integer: 1, 2, 4, 8 */
    int text;             /* forced text width: 0 none, 1 narrow, 2 wide */
    int conversion;
};

static void put(struct sink *out, unsigned ch)
{
    if (out->dst && out->n < out->n_max) {
        if (out->wide)
            ((WCHAR *)out->dst)[out->n] = (WCHAR)ch;
        else
            ((char *)out->dst)[out->n] = (char)ch;
    }
    out->n++;
}

static void put_repeated(struct sink *out, unsigned ch, int n)
{
    while (n-- > 0)
        put(out, ch);
}

/* The next unit of a text of either width, re-encoded for the sink. Walks `n` source units. */
static void put_text_units(struct sink *out, const void *text, BOOL wide, size_t n)
{
    for (size_t i = 0; i < n;) {
        BOOL mapped;
        int n_units = 0;
        WCHAR units[2];
        char bytes[4];

        if (wide == out->wide) {
            put(out, wide ? ((const WCHAR *)text)[i] : ((const UCHAR *)text)[i]);
            i++;
        } else if (wide) {
            i += codepage_encode(&ansi_page, (const WCHAR *)text + i, n - i, bytes, &n_units,
                                 &mapped);
            for (int k = 0; k < n_units; k++)
                put(out, (UCHAR)bytes[k]);
        } else {
            i += codepage_decode(&ansi_page, (const char *)text + i, n - i, units, &n_units,
                                 &mapped);
            for (int k = 0; k < n_units; k++)
                put(out, units[k]);
        }
    }
}

static void put_text(struct sink *out, const struct spec *spec, const void *text, BOOL wide,
                     size_t n)
{
    struct sink counter = {.wide = out->wide};

    put_text_units(&counter, text, wide, n);
    int padding = spec->width > (int)counter.n ? spec->width - (int)counter.n : 0;
    if (!spec->left)
        put_repeated(out, spec->zero ? '0' : ' ', padding);
    put_text_units(out, text, wide, n);
    if (spec->left)
        put_repeated(out, ' ', padding);
}

static size_t text_length(const void *text, BOOL wide, int precision)
{
    size_t n = 0, n_max = precision < 0 ? (size_t)-1 : (size_t)precision;

    while (n < n_max && (wide ? ((const WCHAR *)text)[n] : ((const UCHAR *)text)[n]))
        n++;
    return n;
}

static BOOL is_wide_text(const struct sink *out, const struct spec *spec)
{
    BOOL other = spec->conversion == 'S' || spec->conversion == 'C';

    if (spec->text)
        return spec->text == 2;
    return other ? !out->wide : out->wide;
}

static void put_string(struct sink *out, const struct spec *spec, const void *text)
{
    BOOL wide = is_wide_text(out, spec);

    if (!text) {
        text = L"(null)";
        wide = TRUE;
    }
    put_text(out, spec, text, wide, text_length(text, wide, spec->precision));
}

/* %Z: STRING, %wZ or %lZ: UNICODE_STRING. */
static void put_counted(struct sink *out, const struct spec *spec, const STRING *counted)
{
    BOOL wide = spec->text == 2;
    size_t n = counted ? counted->Length / (wide ? sizeof(WCHAR) : 1) : 0;

    if (!counted || !counted->Buffer)
        put_text(out, spec, L"(null)", TRUE, 6);
    else
        put_text(out, spec, counted->Buffer, wide,
                 spec->precision >= 0 && (size_t)spec->precision < n ? (size_t)spec->precision : n);
}

static void put_char(struct sink *out, const struct spec *spec, ULONGLONG slot)
{
    WCHAR wide = (WCHAR)slot;
    char narrow = (char)slot;

    if (is_wide_text(out, spec))
        put_text(out, spec, &wide, TRUE, 1);
    else
        put_text(out, spec, &narrow, FALSE, 1);
}

static ULONGLONG narrow_integer(const struct spec *spec, ULONGLONG slot, BOOL is_signed)
{
    switch (spec->n_bytes) {
    case 1:
        return is_signed ? (ULONGLONG)(LONGLONG)(signed char)slot : (UCHAR)slot;
    case 2:
        return is_signed ? (ULONGLONG)(LONGLONG)(SHORT)slot : (USHORT)slot;
    case 4:
        return is_signed ? (ULONGLONG)(LONGLONG)(LONG)slot : (ULONG)slot;
    default:
        return slot;
    }
}

static int to_digits(ULONGLONG value, unsigned base, BOOL upper, char *digits)
{
    int n = 0;

    for (; value; value /= base)
        digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    return n;
}

static void put_integer(struct sink *out, const struct spec *spec, ULONGLONG slot)
{
    BOOL is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    unsigned base = spec->conversion == 'o' ? 8 : is_signed || spec->conversion == 'u' ? 10 : 16;
    ULONGLONG value = narrow_integer(spec, slot, is_signed);
    BOOL negative = is_signed && (LONGLONG)value < 0;
    char digits[24], prefix[3];
    int n_prefix = 0;

    int n = to_digits(negative ? 0 - value : value, base, spec->conversion == 'X', digits);
    if (negative || (is_signed && (spec->plus || spec->space)))
        prefix[n_prefix++] = negative ? '-' : spec->plus ? '+' : ' ';
    if (spec->alternate && value && base != 10) {
        prefix[n_prefix++] = '0';
        if (base == 16)
            prefix[n_prefix++] = (char)spec->conversion;
    }
    int n_zero = (spec->precision < 0 ? 1 : spec->precision) - n;
    if (spec->zero && !spec->left && spec->precision < 0 && spec->width - n - n_prefix > n_zero)
        n_zero = spec->width - n - n_prefix;
    n_zero = n_zero < 0 ? 0 : n_zero;
    int padding = spec->width - n_prefix - n_zero - n;
    if (!spec->left)
        put_repeated(out, ' ', padding);
    for (int i = 0; i < n_prefix; i++)
        put(out, (UCHAR)prefix[i]);
    put_repeated(out, '0', n_zero);
    while (n)
        put(out, (UCHAR)digits[--n]);
    if (spec->left)
        put_repeated(out, ' ', padding);
}

static unsigned unit_at(const void *text, BOOL wide, size_t i)
{
    return wide ? ((const WCHAR *)text)[i] : ((const UCHAR *)text)[i];
}

/* A number or `*`; advances *i. */
static int parse_number(const void *format, BOOL wide, size_t *i, __ms_va_list *args)
{
    int value = 0;

    if (unit_at(format, wide, *i) == '*') {
        ++*i;
        return __builtin_va_arg(*args, int);
    }
    for (; unit_at(format, wide, *i) >= '0' && unit_at(format, wide, *i) <= '9'; ++*i)
        if (value < 100000000)
            value = value * 10 + (int)unit_at(format, wide, *i) - '0';
    return value;
}

static void parse_flags(struct spec *spec, const void *format, BOOL wide, size_t *i)
{
    for (;; ++*i) {
        switch (unit_at(format, wide, *i)) {
        case '-':
            spec->left = TRUE;
            break;
        case '+':
            spec->plus = TRUE;
            break;
        case ' ':
            spec->space = TRUE;
            break;
        case '#':
            spec->alternate = TRUE;
            break;
        case '0':
            spec->zero = TRUE;
            break;
        default:
            return;
        }
    }
}

static void parse_size(struct spec *spec, const void *format, BOOL wide, size_t *i)
{
    for (;; ++*i) {
        unsigned ch = unit_at(format, wide, *i), next = ch ? unit_at(format, wide, *i + 1) : 0;

        if (ch == 'h') {
            spec->n_bytes = spec->n_bytes == 2 ? 1 : 2;
            spec->text = 1;
        } else if (ch == 'l') {
            spec->n_bytes = next == 'l' ? 8 : spec->n_bytes;
            spec->text = 2;
        } else if (ch == 'w') {
            spec->text = 2;
        } else if (ch == 'I' && next == '6' && unit_at(format, wide, *i + 2) == '4') {
            spec->n_bytes = 8;
            *i += 2;
        } else if (ch == 'I' && next == '3' && unit_at(format, wide, *i + 2) == '2') {
            spec->n_bytes = 4;
            *i += 2;
        } else if (ch == 'I' || ch == 'z' || ch == 't' || ch == 'j') {
            spec->n_bytes = 8;
        } else {
            return;
        }
    }
}

static void parse_spec(struct spec *spec, const void *format, BOOL wide, size_t *i,
                       __ms_va_list *args)
{
    *spec = (struct spec){.precision = -1, .n_bytes = 4};
    parse_flags(spec, format, wide, i);
    spec->width = parse_number(format, wide, i, args);
    if (spec->width < 0) {
        spec->left = TRUE;
        spec->width = -spec->width;
    }
    if (unit_at(format, wide, *i) == '.') {
        ++*i;
        spec->precision = parse_number(format, wide, i, args);
    }
    parse_size(spec, format, wide, i);
    spec->conversion = (int)unit_at(format, wide, *i);
    if (spec->conversion)
        ++*i;
}

static void put_conversion(struct sink *out, struct spec *spec, __ms_va_list *args)
{
    switch (spec->conversion) {
    case 0:
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_integer(out, spec, __builtin_va_arg(*args, ULONGLONG));
        break;
    case 'p':
        spec->conversion = 'X';
        spec->n_bytes = 8;
        spec->precision = 16;
        put_integer(out, spec, __builtin_va_arg(*args, ULONGLONG));
        break;
    case 's':
    case 'S':
        put_string(out, spec, __builtin_va_arg(*args, const void *));
        break;
    case 'c':
    case 'C':
        put_char(out, spec, __builtin_va_arg(*args, ULONGLONG));
        break;
    case 'Z':
        put_counted(out, spec, __builtin_va_arg(*args, const STRING *));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        (void)__builtin_va_arg(*args, ULONGLONG);
        log_unimplemented_class("_vsnprintf", (ULONG)spec->conversion);
        put_repeated(out, '?', 1);
        break;
    default: /* %% and every other character stand for themselves */
        put(out, (unsigned)spec->conversion);
        break;
    }
}

static int format_any(struct sink *out, const void *format, __ms_va_list args)
{
    __ms_va_list copy;

    __builtin_ms_va_copy(copy, args);
    for (size_t i = 0; unit_at(format, out->wide, i);) {
        struct spec spec;

        if (unit_at(format, out->wide, i) != '%') {
            put(out, unit_at(format, out->wide, i++));
            continue;
        }
        i++;
        parse_spec(&spec, format, out->wide, &i, &copy);
        put_conversion(out, &spec, &copy);
    }
    __builtin_ms_va_end(copy);
    if (out->dst && out->n < out->n_max) {
        if (out->wide)
            ((WCHAR *)out->dst)[out->n] = 0;
        else
            ((char *)out->dst)[out->n] = 0;
    }
    return out->dst && out->n > out->n_max ? -1 : (int)out->n;
}

int format_narrow(char *dst, size_t n_max, const char *format, __ms_va_list args)
{
    struct sink out = {dst, n_max, 0, FALSE};

    return format_any(&out, format, args);
}

int format_wide(WCHAR *dst, size_t n_max, const WCHAR *format, __ms_va_list args)
{
    struct sink out = {dst, n_max, 0, TRUE};

    return format_any(&out, format, args);
}
