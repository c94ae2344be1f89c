/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See host.h. */

#include "host.h"

#include <string.h>
#include <sys/utsname.h>

void host_name_from(const char *text, size_t max, char *ret_name)
{
    size_t length = strcspn(text, ".");

    if (!length) {
        text = "localhost";
        length = strlen(text);
    }
    if (length > max)
        length = max;
    memcpy(ret_name, text, length);
    ret_name[length] = '\0';
}

void host_name(size_t max, char *ret_name)
{
    struct utsname host;

    host_name_from(uname(&host) < 0 ? "" : host.nodename, max, ret_name);
}
