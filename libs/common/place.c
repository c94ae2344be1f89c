/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See place.h. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/place.h"

/* The length of the folder that both absolute paths lie in: whole components. */
static size_t common_prefix(const char *a, const char *b)
{
    size_t n = 0, i = 0;

    for (;; i++) {
        bool ends = (!a[i] || a[i] == '/') && (!b[i] || b[i] == '/');

        if (ends)
            n = i;
        if (a[i] != b[i] || !a[i])
            return n;
    }
}

bool place_moved(const char *folder, const char *own, const char *wanted, char *ret_path,
                 size_t size)
{
    const size_t n = common_prefix(own, wanted), n_folder = strlen(folder);
    const size_t n_rest = strlen(own + n);
    int length;

    if (n_folder < n_rest || strcmp(folder + n_folder - n_rest, own + n) != 0)
        return false;
    length = snprintf(ret_path, size, "%.*s%s", (int)(n_folder - n_rest), folder, wanted + n);
    return length >= 0 && (size_t)length < size;
}

bool place_of_program(char *ret_folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", ret_folder, size - 1);
    char *slash;

    if (length <= 0 || (size_t)length == size - 1)
        return false;
    ret_folder[length] = '\0';
    slash = strrchr(ret_folder, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}
