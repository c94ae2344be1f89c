/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portctl list. The server pages the ports; the lengths are what it reads in port memory, a
 * moment's truth. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "ctl.h"

struct row {
    struct port_entry entry;
    char name[512];
};

struct rows {
    struct row *rows;
    size_t n;
};

/* One code point of UTF-16 at text[*i], which moves on. */
static uint32_t code_point(const uint16_t *text, size_t n, size_t *i)
{
    uint32_t unit = text[(*i)++];

    if (unit < 0xd800 || unit > 0xdfff)
        return unit < 0x20 || unit == 0x7f ? '?' : unit;
    if (unit > 0xdbff || *i == n || (text[*i] & 0xfc00) != 0xdc00)
        return '?';
    return 0x10000 + ((unit & 0x3ff) << 10) + (text[(*i)++] & 0x3ff);
}

static size_t utf8_put(uint32_t point, char *text)
{
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; point >>= 6)
        text[i] = (char)(0x80 | (point & 0x3f));
    text[0] = (char)(first[n == 1 ? 0 : n] | point);
    return n;
}

void name_to_utf8(const void *utf16, uint32_t size, char *ret_text, size_t capacity)
{
    size_t n = size / 2, used = 0;
    uint16_t *text = malloc(size + 2u);

    if (text) {
        memcpy(text, utf16, size);
        for (size_t i = 0; i < n && used + 5 <= capacity;)
            used += utf8_put(code_point(text, n, &i), ret_text + used);
    }
    ret_text[used] = '\0';
    free(text);
}

static int rows_add(struct rows *rows, const struct port_entry *entry, const void *name)
{
    struct row *more = reallocarray(rows->rows, rows->n + 1, sizeof(*more));

    if (!more)
        return -1;
    rows->rows = more;
    more[rows->n].entry = *entry;
    name_to_utf8(name, entry->name_size, more[rows->n].name, sizeof(more[0].name));
    rows->n++;
    return 0;
}

static int page_take(struct rows *rows, const uint8_t *data, uint32_t size, uint32_t n_entries)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < n_entries; i++) {
        struct port_entry entry;

        if (size - at < sizeof(entry))
            return -1;
        memcpy(&entry, data + at, sizeof(entry));
        at += (uint32_t)sizeof(entry);
        if (entry.name_size > size - at || rows_add(rows, &entry, data + at) < 0)
            return -1;
        at += (entry.name_size + 7) & ~7u;
        if (at > size)
            at = size;
    }
    return 0;
}

static int rows_fetch(struct rows *rows)
{
    static uint8_t data[PACKET_DATA_MAX_BYTES];
    struct list_ports_request request = {0};
    struct list_ports_reply reply;

    do {
        struct call_extra extra = {.ret_data = data, .ret_capacity = sizeof(data)};
        struct control *control = portico_control();
        status_t status = control ? call_list_ports(control, &request, &reply, &extra)
                                  : STATUS_INSUFFICIENT_RESOURCES;

        if (status != STATUS_SUCCESS) {
            fprintf(stderr, "portctl: the server answers list_ports with %08x\n", status);
            return -1;
        }
        if (page_take(rows, data, extra.ret_size, reply.n_entries) < 0) {
            fputs("portctl: the server's list cannot be read\n", stderr);
            return -1;
        }
        request.cursor = reply.cursor;
    } while (reply.cursor);
    return 0;
}

static int row_compare(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    if (order)
        return order;
    return left->entry.port_id < right->entry.port_id ? -1
                                                      : left->entry.port_id > right->entry.port_id;
}

static const char *kind_name(uint32_t kind)
{
    switch ((enum port_kind)kind) {
    case PORT_KIND_CONNECTION:
        return "connection";
    case PORT_KIND_SERVER:
        return "server";
    case PORT_KIND_CLIENT:
        return "client";
    }
    return "?";
}

static bool is_shown(const struct row *row, const struct ctl_options *options)
{
    return options->all || (row->entry.kind == PORT_KIND_CONNECTION && row->name[0]);
}

/* Columns of UTF-8 text on a terminal, near enough: one a character. */
static int columns(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static void row_print(const struct row *row, int width, const struct ctl_options *options)
{
    const struct port_entry *entry = &row->entry;
    const char *name = row->name[0] ? row->name : "-";

    printf("%s%*s %8u %11u %7u %8u", name, width - columns(name), "", entry->owner_process_id,
           entry->n_connections, entry->n_queued, entry->n_pending);
    if (options->all)
        printf(" %s", kind_name(entry->kind));
    putchar('\n');
}

static void rows_print(const struct rows *rows, const struct ctl_options *options)
{
    int width = 4;
    size_t n_shown = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (is_shown(&rows->rows[i], options) && columns(rows->rows[i].name) > width)
            width = columns(rows->rows[i].name);
    if (!options->no_legend)
        printf("%-*s %8s %11s %7s %8s%s\n", width, "NAME", "PID", "CONNECTIONS", "QUEUED",
               "PENDING", options->all ? " KIND" : "");
    for (size_t i = 0; i < rows->n; i++) {
        if (!is_shown(&rows->rows[i], options))
            continue;
        row_print(&rows->rows[i], width, options);
        n_shown++;
    }
    if (!options->no_legend)
        printf("\n%zu port%s listed.\n", n_shown, n_shown == 1 ? "" : "s");
}

int verb_list(const struct ctl_options *options, int argc, char **argv)
{
    struct rows rows = {0};

    if (argc > 0) {
        fprintf(stderr, "portctl: list takes no argument ('%s')\n", argv[0]);
        return EXIT_USAGE;
    }
    if (rows_fetch(&rows) < 0) {
        free(rows.rows);
        return EXIT_FAILED;
    }
    if (rows.n)
        qsort(rows.rows, rows.n, sizeof(rows.rows[0]), row_compare);
    rows_print(&rows, options);
    free(rows.rows);
    return output_is_written("portctl") ? 0 : EXIT_FAILED;
}
