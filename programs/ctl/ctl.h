/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the verbs of portctl share. */
#pragma once

#include <stdbool.h>

#include "portico/portico.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_SERVER = 4 };

struct ctl_options {
    bool all;
    bool no_legend;
};

struct verb {
    const char *name;
    const char *arguments;
    const char *purpose;
    /* Attached to a server. argv: what follows the verb. Returns the exit status. */
    int (*run)(const struct ctl_options *options, int argc, char **argv);
};

int verb_list(const struct ctl_options *options, int argc, char **argv);

/* A name of the server's as UTF-8, for printing; control characters and lone surrogates become '?'.
 */
void name_to_utf8(const void *utf16, uint32_t size, char *ret_text, size_t capacity);
