/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See dll_find.h. The order: the system folder for known DLLs; the program's folder, the system
 * folder, the other folders of Windows, the current folder, PATH. The system folder is Portico's
 * DLLs, then Wine's, then C:\windows\system32. */

#include "dll_find.h"

#include "dllpath.h"
#include "ntpath.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *dll_real_name(const char *name)
{
#define KNOWN_DLL(known)
#define API_SET(prefix, target)                     \
    if (!strncasecmp(name, prefix, strlen(prefix))) \
        return target;
#include "known_dlls.def"
#undef KNOWN_DLL
#undef API_SET
    return name;
}

static bool is_known(const char *name)
{
    static const char *const known[] = {
#define KNOWN_DLL(known_name) known_name,
#define API_SET(prefix, target)
#include "known_dlls.def"
#undef KNOWN_DLL
#undef API_SET
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (!strcasecmp(known[i], name))
            return true;
    return false;
}

/* The file of that name, in any case, in the folder; NULL: none. */
static char *in_folder(const char *folder, const char *name)
{
    struct nt_path found = {0};
    size_t n_units;
    WCHAR *wide = utf16_from_utf8(name, strlen(name), &n_units);
    char *path = NULL;

    if (wide && !nt_path_under(folder, wide, n_units, &found) && found.exists)
        path = strdup(found.unix_path);
    nt_path_deinit(&found);
    free(wide);
    return path;
}

static char *in_drive_c(const char *folder, const char *name)
{
    char path[PATH_MAX];
    const char *root = path_drive_c();

    if (!root || snprintf(path, sizeof(path), "%s/%s", root, folder) >= (int)sizeof(path))
        return NULL;
    return in_folder(path, name);
}

static enum dll_origin in_system(const char *name, char **ret_path)
{
    if ((*ret_path = in_folder(dll_path_ours(), name)))
        return DLL_OURS;
    if ((*ret_path = in_folder(WINE_DLL_DIR, name)))
        return DLL_OF_WINE;
    *ret_path = in_drive_c("windows/system32", name);
    return *ret_path ? DLL_OTHER : DLL_NOT_FOUND;
}

/* The absolute folders of a Unix PATH. */
static char *in_search_path(const char *search, const char *name)
{
    char *path = NULL;

    while (search && *search && !path) {
        const size_t n = strcspn(search, ":");
        char *folder = strndup(search, n);

        if (folder && folder[0] == '/')
            path = in_folder(folder, name);
        free(folder);
        search += n + (search[n] == ':');
    }
    return path;
}

enum dll_origin dll_find(const char *name, const char *program_folder, char **ret_path)
{
    const bool is_first_in_system = is_known(name);
    enum dll_origin origin = is_first_in_system ? in_system(name, ret_path) : DLL_NOT_FOUND;

    if (origin)
        return origin;
    if ((*ret_path = in_folder(program_folder, name)))
        return strcmp(program_folder, WINE_DLL_DIR) ? DLL_OTHER : DLL_OF_WINE; /* cmd.exe's, say */
    if (!is_first_in_system && (origin = in_system(name, ret_path)))
        return origin;
    if ((*ret_path = in_drive_c("windows/system", name)) ||
        (*ret_path = in_drive_c("windows", name)) || (*ret_path = in_folder(".", name)) ||
        (*ret_path = in_search_path(getenv("PATH"), name)))
        return DLL_OTHER;
    return DLL_NOT_FOUND;
}
