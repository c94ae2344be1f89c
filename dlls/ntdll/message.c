/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Message tables (resource type 11) and the formatting of their texts.
 *
 * A table is a list of ranges of identifiers, each with the offset of its first entry; an entry has
 * its size and whether its text is UTF-16. A text's inserts are %1 to %99, with a printf format
 * between exclamation marks (%1!d!, whose `*` take further arguments), and %0 %n %r %t %b %. %! %%
 * and %space; line breaks in the text become blanks when a width is asked for, and lines are broken
 * at blanks before it.
 */
#include "message_winsock.h"
#include "rtl.h"

NTSTATUS WINAPI RtlFindMessage(HMODULE module, ULONG type, ULONG language, ULONG id,
                               const MESSAGE_RESOURCE_ENTRY **ret_entry)
{
    LDR_RESOURCE_INFO info = {type, 1, language};
    const IMAGE_RESOURCE_DATA_ENTRY *resource;
    void *data;

    NTSTATUS status = LdrFindResource_U(module, &info, 3, &resource);
    if (!status)
        status = LdrAccessResource(module, resource, &data, NULL);
    if (status)
        return status;
    const MESSAGE_RESOURCE_DATA *table = data;
    for (ULONG i = 0; i < table->NumberOfBlocks; i++) {
        const MESSAGE_RESOURCE_BLOCK *block = &table->Blocks[i];

        if (id < block->LowId || id > block->HighId)
            continue;
        const MESSAGE_RESOURCE_ENTRY *entry =
            (const MESSAGE_RESOURCE_ENTRY *)((const char *)table + block->OffsetToEntries);
        for (ULONG at = block->LowId; at < id; at++)
            entry = (const MESSAGE_RESOURCE_ENTRY *)((const char *)entry + entry->Length);
        *ret_entry = entry;
        return STATUS_SUCCESS;
    }
    *ret_entry = message_winsock(module, id);
    return *ret_entry ? STATUS_SUCCESS : STATUS_MESSAGE_NOT_FOUND;
}

struct message {
    WCHAR *buffer;
    SIZE_T n_max, n;
    SIZE_T line_start; /* where the line under way begins */
    SIZE_T last_blank; /* the last blank of it, for breaking; ~0: none */
    ULONG width;       /* 0: lines as in the text; 0xff: one long line */
    BOOL failed;
    /* the arguments: an array, or a list that has been read up to n_read */
    BOOL ansi;
    const ULONG_PTR *array;
    __ms_va_list *list;
    ULONG_PTR read[99 + 2];
    unsigned n_read;
};

static void put(struct message *m, WCHAR ch)
{
    if (m->n + 1 >= m->n_max) {
        m->failed = TRUE;
        return;
    }
    m->buffer[m->n++] = ch;
}

static void line_end(struct message *m)
{
    m->line_start = m->n;
    m->last_blank = ~(SIZE_T)0;
}

static void put_break(struct message *m)
{
    put(m, '\r');
    put(m, '\n');
    line_end(m);
}

/* A character of running text, counted against the width. */
static void put_text(struct message *m, WCHAR ch)
{
    if (ch == ' ' && m->width && m->width != 0xff)
        m->last_blank = m->n;
    put(m, ch);
    if (!m->width || m->width == 0xff || m->n - m->line_start < m->width || m->failed)
        return;
    if (m->last_blank == ~(SIZE_T)0) {
        put_break(m);
        return;
    }
    SIZE_T tail = m->last_blank + 1, n_tail = m->n - tail;
    WCHAR last = m->buffer[tail - 1];
    put(m, 0); /* a blank becomes two characters */
    if (m->failed)
        return;
    (void)last;
    memmove(m->buffer + tail + 1, m->buffer + tail, n_tail * sizeof(WCHAR));
    m->buffer[tail - 1] = '\r';
    m->buffer[tail] = '\n';
    m->line_start = tail + 1;
    m->last_blank = ~(SIZE_T)0;
}

static ULONG_PTR argument(struct message *m, unsigned i)
{
    if (m->array)
        return m->array[i];
    if (i >= ARRAY_COUNT(m->read) || !m->list)
        return 0;
    while (m->n_read <= i)
        m->read[m->n_read++] = __builtin_va_arg(*m->list, ULONG_PTR);
    return m->read[i];
}

static int format_one(WCHAR *dst, size_t n_max, const WCHAR *format, ...)
{
    __ms_va_list args;

    __builtin_ms_va_start(args, format);
    int n = format_wide(dst, n_max, format, args);
    __builtin_ms_va_end(args);
    return n;
}

/* The printf form of an insert: what stands between exclamation marks, %s without. Its stars are
 * counted. */
static const WCHAR *insert_format(const WCHAR *p, BOOL ansi, WCHAR *format, size_t n_max,
                                  unsigned *ret_stars)
{
    size_t n = 0;

    format[n++] = '%';
    *ret_stars = 0;
    if (*p != '!') {
        format[n++] = ansi ? 'S' : 's';
        format[n] = 0;
        return p;
    }
    for (p++; *p && *p != '!'; p++) {
        *ret_stars += *p == '*';
        if (n < n_max - 1)
            format[n++] = *p;
    }
    /* Text of the caller's own width: %s in a narrow call is narrow. */
    if (ansi && n > 1 && (format[n - 1] == 's' || format[n - 1] == 'S') && format[n - 2] != 'h' &&
        format[n - 2] != 'l' && format[n - 2] != 'w')
        format[n - 1] ^= 's' ^ 'S';
    format[n] = 0;
    return *p == '!' ? p + 1 : p;
}

static const WCHAR *put_insert(struct message *m, const WCHAR *p)
{
    unsigned number = (unsigned)(*p++ - '0'), n_stars;
    WCHAR format[32];

    if (*p >= '0' && *p <= '9')
        number = number * 10 + (unsigned)(*p++ - '0');
    p = insert_format(p, m->ansi, format, ARRAY_COUNT(format), &n_stars);
    ULONG_PTR args[3] = {0, 0, 0};
    for (unsigned i = 0; i <= n_stars && i < 3; i++)
        args[i] = argument(m, number - 1 + i);
    int n = format_one(NULL, 0, format, args[0], args[1], args[2]);
    _cleanup_free_ WCHAR *text = rtl_alloc(((SIZE_T)(n < 0 ? 0 : n) + 1) * sizeof(WCHAR));
    if (n < 0 || !text) {
        m->failed = TRUE;
        return p;
    }
    format_one(text, (size_t)n + 1, format, args[0], args[1], args[2]);
    for (int i = 0; i < n; i++)
        put_text(m, text[i]);
    return p;
}

/* What follows a percent sign. NULL: the text ends here. */
static const WCHAR *put_escape(struct message *m, const WCHAR *p, BOOL ignore_inserts)
{
    if (*p >= '1' && *p <= '9' && !ignore_inserts)
        return put_insert(m, p);
    switch (*p) {
    case 0:
    case '0':
        return NULL;
    case 'n':
        put_break(m);
        return p + 1;
    case 'r':
        put(m, '\r');
        return p + 1;
    case 't':
        put(m, '\t');
        return p + 1;
    case 'b':
        put(m, ' ');
        return p + 1;
    default:
        if ((*p >= '1' && *p <= '9') || (ignore_inserts && *p != '%' && *p != '.' && *p != '!'))
            put(m, '%');
        put_text(m, *p);
        return p + 1;
    }
}

static const WCHAR *put_line_end(struct message *m, const WCHAR *p)
{
    p += p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    if (m->width)
        put_text(m, ' ');
    else
        put_break(m);
    return p;
}

NTSTATUS WINAPI RtlFormatMessageEx(const WCHAR *src, ULONG width, BOOLEAN ignore_inserts,
                                   BOOLEAN ansi, BOOLEAN is_array, __ms_va_list *args,
                                   WCHAR *buffer, ULONG n_bytes, ULONG *ret_bytes, ULONG flags)
{
    struct message m = {.buffer = buffer,
                        .n_max = n_bytes / sizeof(WCHAR),
                        .last_blank = ~(SIZE_T)0,
                        .width = width,
                        .ansi = ansi,
                        .array = is_array ? (const ULONG_PTR *)args : NULL,
                        .list = is_array ? NULL : args};

    (void)flags;
    while (src && *src && !m.failed) {
        if (*src == '%')
            src = put_escape(&m, src + 1, ignore_inserts);
        else if (*src == '\r' || *src == '\n')
            src = put_line_end(&m, src);
        else
            put_text(&m, *src++);
    }
    if (m.failed || m.n >= m.n_max)
        return STATUS_BUFFER_OVERFLOW;
    buffer[m.n] = 0;
    if (ret_bytes)
        *ret_bytes = (ULONG)((m.n + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlFormatMessage(const WCHAR *src, ULONG width, BOOLEAN ignore_inserts,
                                 BOOLEAN ansi, BOOLEAN is_array, __ms_va_list *args, WCHAR *buffer,
                                 ULONG n_bytes, ULONG *ret_bytes)
{
    return RtlFormatMessageEx(src, width, ignore_inserts, ansi, is_array, args, buffer, n_bytes,
                              ret_bytes, 0);
}
