/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* C:\windows\system32 as a listing shows it: with the DLLs and programs that are opened there
 * although drive C lacks them (ntpath.c), ours and Wine's.
 *
 * Only when the mask says how the name begins, as when cmd looks for a program (`find.*`). A list
 * of everything, or of `*.dll`, holds what drive C itself has, so that what deletes or copies whole
 * folders leaves those files alone.
 */
#include "dllpath.h"
#include "folder_scan.h"
#include "ntpath.h"
#include <dirent.h>
#include <string.h>
#include <strings.h>

static bool is_shown(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (!strcasecmp(name, "winedbg.exe")) /* as in ntpath.c */
        return false;
    return dot && (!strcasecmp(dot, ".dll") || !strcasecmp(dot, ".exe") ||
                   !strcasecmp(dot, ".com") || !strcasecmp(dot, ".cpl"));
}

static bool folder_add(struct folder_scan *scan, const char *folder)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;
    bool ok = true;

    while (stream && ok && (entry = readdir(stream)))
        if (is_shown(entry->d_name))
            ok = folder_scan_add_far(scan, folder, entry->d_name);
    if (stream)
        closedir(stream);
    return ok;
}

bool folder_scan_system32(struct folder_scan *scan, const char *path)
{
    static const char folder[] = "/windows/system32";
    const char *drive = path_drive_c();
    const size_t n = drive ? strlen(drive) : 0;

    if (!drive || !path || strncmp(path, drive, n) || strcasecmp(path + n, folder))
        return true;
    return folder_add(scan, dll_path_ours()) && folder_add(scan, WINE_DLL_DIR);
}
