/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Lines on stderr from the PE half, and what an unimplemented export does.
 *
 * The formatter is this file's own and tiny: it must work before the heap, in any thread, during an
 * exception, and must not depend on the printf family, which is itself an export under test. A line
 * is formatted on the stack and written by one unix call, so lines of several threads do not mix.
 */

#include "ntdll.h"

#include "exception.h"

struct output {
    char *buffer;
    SIZE_T size;
    SIZE_T used;
};

static void output_char(struct output *out, char c)
{
    if (out->used < out->size)
        out->buffer[out->used++] = c;
}

static void output_text(struct output *out, const char *text)
{
    for (text = text ? text : "(null)"; *text; text++)
        output_char(out, *text);
}

/* Characters outside ASCII appear as '?': this is for names and paths in diagnostics. */
static void output_wide_text(struct output *out, const WCHAR *text)
{
    if (!text)
        output_text(out, "(null)");
    for (; text && *text; text++)
        output_char(out, *text < 0x80 ? (char)*text : '?');
}

static void output_number(struct output *out, uint64_t value, unsigned base)
{
    char digits[24];
    unsigned n = 0;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while (value /= base);
    while (n)
        output_char(out, digits[--n]);
}

static void output_signed(struct output *out, int value)
{
    if (value < 0)
        output_char(out, '-');
    output_number(out, value < 0 ? -(int64_t)value : value, 10);
}

SIZE_T log_format(char *buffer, SIZE_T size, const char *format, va_list arguments)
{
    struct output out = {buffer, size, 0};

    for (; *format; format++) {
        if (*format != '%') {
            output_char(&out, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            output_text(&out, va_arg(arguments, const char *));
            break;
        case 'S':
            output_wide_text(&out, va_arg(arguments, const WCHAR *));
            break;
        case 'u':
            output_number(&out, va_arg(arguments, unsigned), 10);
            break;
        case 'd':
            output_signed(&out, va_arg(arguments, int));
            break;
        case 'x':
            output_number(&out, va_arg(arguments, unsigned), 16);
            break;
        case 'p':
            output_number(&out, va_arg(arguments, uint64_t), 16);
            break;
        case 'c':
            output_char(&out, (char)va_arg(arguments, int));
            break;
        default:
            output_char(&out, *format);
            break;
        }
    }
    return out.used;
}

void log_line(const char *format, ...)
{
    static const char prefix[] = "portico: ";
    char line[1024];
    SIZE_T used = sizeof(prefix) - 1;
    va_list arguments;

    memcpy(line, prefix, used);
    va_start(arguments, format);
    used += log_format(line + used, sizeof(line) - 1 - used, format, arguments);
    va_end(arguments);
    line[used++] = '\n';
    unix_log(line, used);
}

/* For our own DLLs above this one (dlls/common/absent.h). */
void WINAPI __portico_log(const char *line);
void WINAPI __portico_log(const char *line)
{
    log_line("%s", line);
}

void log_unimplemented_class(const char *function, ULONG class_number)
{
    /* A lost race prints a line twice: harmless. */
    static struct {
        const char *function;
        ULONG class_number;
    } said[64];
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(said) && said[i].function; i++)
        if (said[i].function == function && said[i].class_number == class_number)
            return;
    if (i < ARRAY_COUNT(said)) {
        said[i].class_number = class_number;
        said[i].function = function;
    }
    log_line("%s: class %u is not implemented", function, class_number);
}

SIZE_T text_format(char *buffer, SIZE_T size, const char *format, ...)
{
    va_list arguments;
    SIZE_T n;

    va_start(arguments, format);
    n = log_format(buffer, size, format, arguments);
    va_end(arguments);
    return n;
}

/* The end of every stub of exports.S: says the name once and raises; it never returns to the
 * caller, who would take a status for a length or a pointer. */
void stub_called(struct stub_record *record)
{
    if (!__atomic_exchange_n(&record->has_said_it, 1, __ATOMIC_RELAXED))
        log_line("ntdll.%s is not implemented", record->name);
    raise_status(STATUS_NOT_IMPLEMENTED, EXCEPTION_NONCONTINUABLE);
    __builtin_unreachable();
}

/* The same for an import that its DLL does not export (ldr_import.c); the name has the DLL's. */
void import_called(struct stub_record *record)
{
    if (!__atomic_exchange_n(&record->has_said_it, 1, __ATOMIC_RELAXED))
        log_line("%s is not implemented", record->name);
    raise_status(STATUS_NOT_IMPLEMENTED, EXCEPTION_NONCONTINUABLE);
    __builtin_unreachable();
}
