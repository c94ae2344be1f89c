/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Drive C:, a folder of Portico's own that is made on first use: $PORTICO_HOME/drive_c, or
 * ~/.portico/drive_c (without a home /tmp/portico-home-<uid>/drive_c), with the folders that a
 * Windows has from its start, the user's among them (shell32 fails for one that is not there). */
#include "account.h"
#include "common/own_folder.h"
#include "fatal.h"
#include "ntpath.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ~ is the user's. The last one tells that all have been made. */
static const char *const folders[] = {"",
                                      "/windows",
                                      "/windows/system32",
                                      "/windows/temp",
                                      "/users",
                                      "/users/Public",
                                      "/Program Files",
                                      "/Program Files (x86)",
                                      "/Program Files/Common Files",
                                      "/Program Files (x86)/Common Files",
                                      "/ProgramData",
                                      "~",
                                      "~/AppData",
                                      "~/AppData/Local",
                                      "~/AppData/Local/Temp",
                                      "~/AppData/LocalLow",
                                      "~/AppData/Roaming",
                                      "~/Desktop",
                                      "~/Downloads",
                                      "~/Music",
                                      "~/Pictures",
                                      "~/Videos",
                                      "~/Documents",
                                      "~/Favorites"};

enum { N_FOLDERS = sizeof(folders) / sizeof(*folders), PATH_ROOM = PATH_MAX + 128 };

static bool make_folder(const char *path)
{
    return !mkdir(path, 0777) || errno == EEXIST;
}

static void folder_path(const char *base, const char *folder, char path[PATH_ROOM])
{
    if (*folder == '~')
        snprintf(path, PATH_ROOM, "%s/drive_c/users/%s%s", base, account_user(), folder + 1);
    else
        snprintf(path, PATH_ROOM, "%s/drive_c%s", base, folder);
}

static void folders_make(const char *base)
{
    char path[PATH_ROOM];

    folder_path(base, folders[N_FOLDERS - 1], path);
    if (!access(path, F_OK))
        return;
    if (!make_folder(base)) {
        dprintf(STDERR_FILENO, "portico: cannot make %s: %s\n", base, strerror(errno));
        return;
    }
    for (size_t i = 0; i < N_FOLDERS; i++) {
        folder_path(base, folders[i], path);
        if (!make_folder(path)) {
            dprintf(STDERR_FILENO, "portico: cannot make %s: %s\n", path, strerror(errno));
            break;
        }
    }
}

/* The place of who has no home. What another user has put there would be taken for Windows'
 * folders, DLLs and all: then there is no drive C:. */
static bool is_own(const char *base)
{
    int fd = own_folder_open(base, true);

    if (fd < 0) {
        dprintf(STDERR_FILENO, "portico: no drive C: %s: %s\n", base,
                fd == -EPERM ? "must belong to this user and be writable by nobody else"
                             : strerror(-fd));
        return false;
    }
    close(fd);
    return true;
}

void path_home_check(void)
{
    static const char *const variables[] = {"PORTICO_HOME", "HOME"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        const char *home = getenv(variables[i]);

        if (!home || !*home)
            continue;
        if (*home != '/')
            fatal(PORTICO_EXIT_HOME, "%s is no absolute path: %s", variables[i], home);
        return;
    }
}

static char *drive_c_make(void)
{
    const char *home = getenv("PORTICO_HOME");
    char base[PATH_MAX], path[PATH_ROOM];

    if (home && *home)
        snprintf(base, sizeof(base), "%s", home);
    else if ((home = getenv("HOME")) && *home)
        snprintf(base, sizeof(base), "%s/.portico", home);
    else
        snprintf(base, sizeof(base), "/tmp/portico-home-%u", (unsigned)geteuid());
    if ((!home || !*home) && !is_own(base))
        return NULL;
    folders_make(base);
    folder_path(base, "", path);
    return realpath(path, NULL);
}

static char *drive_c;

static void drive_c_init(void)
{
    drive_c = drive_c_make();
}

const char *path_drive_c(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, drive_c_init);
    return drive_c;
}
