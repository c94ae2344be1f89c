/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See dllpath.h. The answer is the same for the life of the program. */

#include "dllpath.h"

#include "common/place.h"
#include "common/seldom.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIGURED PKGLIBDIR "/x86_64-windows"

static const char *ours = CONFIGURED;

static bool has_ntdll(const char *folder)
{
    char file[PATH_MAX];

    return snprintf(file, sizeof(file), "%s/ntdll.dll", folder) < (int)sizeof(file) &&
           access(file, R_OK) == 0;
}

static void find(void)
{
    static char moved[PATH_MAX] SELDOM;
    const char *chosen = getenv("PORTICO_DLL_DIR");
    char own[PATH_MAX];

    if (chosen && *chosen)
        ours = chosen;
    else if (!has_ntdll(CONFIGURED) && place_of_program(own, sizeof(own)) &&
             place_moved(own, BINDIR, CONFIGURED, moved, sizeof(moved)) && has_ntdll(moved))
        ours = moved;
}

const char *dll_path_ours(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find);
    return ours;
}

static bool is_in(const char *file, const char *folder)
{
    const size_t n = strlen(folder);

    return !strncmp(file, folder, n) && file[n] == '/' && !strchr(file + n + 1, '/');
}

bool dll_path_is_system(const char *file)
{
    return is_in(file, dll_path_ours()) || is_in(file, WINE_DLL_DIR);
}
