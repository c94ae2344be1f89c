/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Command lines. The rule that programs parse by: arguments are separated by blanks and tabs;
 * quotes group; a backslash is itself unless a run of them stands before a quote, where two mean
 * one and an odd one escapes the quote. So: quote an argument that is empty or has a blank, tab,
 * newline or quote; double the backslashes before a quote and at the end of a quoted argument.
 */

#include "cmdline.h"

#include <stdlib.h>
#include <string.h>

void text_deinit(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void text_append(struct text *text, const char *bytes, size_t size)
{
    size_t needed = text->size + size + 1, capacity = text->capacity ? text->capacity : 256;
    char *grown;

    while (capacity < needed)
        capacity *= 2;
    if (capacity != text->capacity) {
        grown = text->failed ? NULL : realloc(text->bytes, capacity);
        if (!grown) {
            text->failed = true;
            return;
        }
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
}

void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

static void backslashes_append(struct text *text, size_t n)
{
    while (n--)
        text_append(text, "\\", 1);
}

void cmdline_append(struct text *text, const char *argument)
{
    size_t n_backslashes = 0;

    if (text->size)
        text_append(text, " ", 1);
    if (*argument && !strpbrk(argument, " \t\n\v\"")) {
        text_append_string(text, argument);
        return;
    }
    text_append(text, "\"", 1);
    for (; *argument; argument++) {
        if (*argument == '\\') {
            n_backslashes++;
            continue;
        }
        if (*argument == '"')
            n_backslashes = 2 * n_backslashes + 1;
        backslashes_append(text, n_backslashes);
        n_backslashes = 0;
        text_append(text, argument, 1);
    }
    backslashes_append(text, 2 * n_backslashes);
    text_append(text, "\"", 1);
}

void cmdline_append_program(struct text *text, const char *dos_path)
{
    bool quoted = strpbrk(dos_path, " \t") != NULL;

    if (quoted)
        text_append(text, "\"", 1);
    text_append_string(text, dos_path);
    if (quoted)
        text_append(text, "\"", 1);
}

void dos_path_append(struct text *text, const char *unix_path)
{
    text_append(text, "Z:", 2);
    for (; *unix_path; unix_path++)
        text_append(text, *unix_path == '/' ? "\\" : unix_path, 1);
}
