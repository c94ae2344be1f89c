/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* In place of a function of glibc's. A statically linked program begins by reading the link
 * /proc/self/exe, so that a library that it might dlopen could have $ORIGIN in its paths; the
 * kernel first makes that link, which takes longer than most of the start of glibc. The loader
 * opens no libraries. glibc's own answer for a program whose place is not known is this one. A C
 * library that does not have this function does not miss it. */

const char *_dl_get_origin(void);

const char *_dl_get_origin(void)
{
    return (const char *)-1;
}
