/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* From Unix's arguments and environment to Windows' texts, in UTF-8. Pure: unit tests link only these. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A growing text; `failed` when memory ran out, which the caller looks at once at the end. */
struct text {
    char *bytes; /* NUL-terminated unless empty or failed */
    size_t size;
    size_t capacity;
    bool failed;
};

void text_deinit(struct text *text);
void text_append(struct text *text, const char *bytes, size_t size);
void text_append_string(struct text *text, const char *string);

/* One argument, quoted so that Windows programs (CommandLineToArgv, every C start-up code) read it back unchanged. */
void cmdline_append(struct text *text, const char *argument);
/* The program's name: read by a simpler rule (no backslash escapes); a quote cannot occur in a DOS path. */
void cmdline_append_program(struct text *text, const char *dos_path);
/* Z:\tmp\x for /tmp/x. */
void dos_path_append(struct text *text, const char *unix_path);
/* A user's name as Windows may have it, which is a folder's on drive C: too: Linux' when it is fit for that, else "user".
 */
const char *environment_user(const char *user);
/* The environment block: NAME=value texts, each with its NUL, sorted by name as Windows sorts, and a last NUL. user: whose
 * (account.h). */
void environment_append(struct text *text, char *const *environment, const char *user);
