/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Standard output is a program's answer: one that could not be written is a failure. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/macro.h"

/* At the end of what is told. False, and a line on standard error, when some of it was lost. */
static inline bool _must_check_ output_is_written(const char *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "%s: cannot write to standard output\n", program);
    return false;
}
