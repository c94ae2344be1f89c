/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The Windows environment of a program started from Unix.
 *
 * Most variables pass as they are. Those that mean something else on Windows are converted or
 * replaced (a Unix PATH with colons and slashes makes cmd.exe find nothing), those that only make
 * sense to Unix programs are dropped. The set that every Windows process may expect (SystemRoot,
 * TEMP, ...) is made. Names are compared without case: Windows has one PATH.
 */

#include "cmdline.h"
#include "common/host.h"
#include "processors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    NAMES_MAX = 4096,
    USER_NAME_MAX = 32,
    MADE_MAX = 32, /* of them are made here, at most */
};

/* Constant ones. */
static const char *const fixed[] = {
    "ALLUSERSPROFILE=C:\\ProgramData",
    "CommonProgramFiles=C:\\Program Files\\Common Files",
    "CommonProgramFiles(x86)=C:\\Program Files (x86)\\Common Files",
    "CommonProgramW6432=C:\\Program Files\\Common Files",
    "ComSpec=C:\\windows\\system32\\cmd.exe",
    "OS=Windows_NT",
    "PATHEXT=.COM;.EXE;.BAT;.CMD",
    "PROCESSOR_ARCHITECTURE=AMD64",
    "ProgramData=C:\\ProgramData",
    "ProgramFiles=C:\\Program Files",
    "ProgramFiles(x86)=C:\\Program Files (x86)",
    "ProgramW6432=C:\\Program Files",
    "PUBLIC=C:\\users\\Public",
    "SystemDrive=C:",
    "SystemRoot=C:\\windows",
    "windir=C:\\windows",
};

/* Never passed on: they are made here, or mean nothing to a Windows program. */
static const char *const not_passed[] = {
    "PATH",
    "HOME",
    "TMP",
    "TEMP",
    "TMPDIR",
    "SHELL",
    "PWD",
    "OLDPWD",
    "_",
    "LS_COLORS",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "APPDATA",
    "LOCALAPPDATA",
    "USERNAME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "COMPUTERNAME",
    "NUMBER_OF_PROCESSORS",
    "WINEUSERNAME",
};

struct entries {
    unsigned n, n_max;
    char *names[];
};

static size_t name_length(const char *entry)
{
    return (size_t)(strchrnul(entry, '=') - entry);
}

/* The first letter decides most. */
static bool has_name(const char *entry, const char *name, size_t length)
{
    return !((entry[0] ^ name[0]) & ~0x20) && !strncasecmp(entry, name, length);
}

static bool is_passed(const char *entry)
{
    size_t length = name_length(entry), i;

    if (!length || !entry[length])
        return false;
    for (i = 0; i < sizeof(not_passed) / sizeof(*not_passed); i++)
        if (has_name(entry, not_passed[i], length) && !not_passed[i][length])
            return false;
    for (i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
        if (has_name(entry, fixed[i], length) && fixed[i][length] == '=')
            return false;
    return true;
}

static const char *value_of(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment; environment++)
        if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* Takes the text's bytes. */
static void entry_add(struct entries *entries, struct text *entry)
{
    if (entries->n < entries->n_max && !entry->failed && entry->size)
        entries->names[entries->n++] = entry->bytes;
    else
        free(entry->bytes);
    *entry = (struct text){0};
}

static void entry_add_pair(struct entries *entries, const char *name, const char *value)
{
    struct text entry = {0};

    text_append_string(&entry, name);
    text_append_string(&entry, "=");
    text_append_string(&entry, value);
    entry_add(entries, &entry);
}

static void entry_add_path(struct entries *entries, const char *name, const char *unix_path,
                           const char *tail)
{
    struct text entry = {0};

    text_append_string(&entry, name);
    text_append_string(&entry, "=");
    dos_path_append(&entry, unix_path);
    text_append_string(&entry, tail);
    entry_add(entries, &entry);
}

/* The system folders first; then the absolute folders of the Unix path. */
static void path_add(struct entries *entries, const char *unix_path)
{
    struct text entry = {0};

    text_append_string(&entry, "Path=C:\\windows\\system32;C:\\windows");
    while (unix_path && *unix_path) {
        size_t length = strcspn(unix_path, ":");
        char *folder = strndup(unix_path, length);

        if (folder && folder[0] == '/' && !strchr(folder, ';')) {
            text_append_string(&entry, ";");
            dos_path_append(&entry, folder);
        }
        free(folder);
        unix_path += length;
        unix_path += *unix_path == ':';
    }
    entry_add(entries, &entry);
}

/* The user's folders on drive C:, which drive_c.c makes and shell32 tells too. */
static void home_add(struct entries *entries, const char *user)
{
    static const char *const variables[][2] = {{"USERPROFILE=C:\\users\\", ""},
                                               {"HOMEPATH=\\users\\", ""},
                                               {"APPDATA=C:\\users\\", "\\AppData\\Roaming"},
                                               {"LOCALAPPDATA=C:\\users\\", "\\AppData\\Local"}};

    entry_add_pair(entries, "HOMEDRIVE", "C:");
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        struct text entry = {0};

        text_append_string(&entry, variables[i][0]);
        text_append_string(&entry, user);
        text_append_string(&entry, variables[i][1]);
        entry_add(entries, &entry);
    }
}

const char *environment_user(const char *user)
{
    const bool is_fit = user && *user && *user != '.' && strlen(user) <= USER_NAME_MAX &&
                        !user[strcspn(user, "/\\:*?\"<>|")];

    return is_fit ? user : "user";
}

static void made_add(struct entries *entries, char *const *environment, const char *user)
{
    const char *temporary = value_of(environment, "TMPDIR");
    char host[COMPUTER_NAME_MAX + 1], number[16];
    size_t i;

    for (i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
        struct text entry = {0};

        text_append_string(&entry, fixed[i]);
        entry_add(entries, &entry);
    }
    if (!temporary || temporary[0] != '/')
        temporary = "/tmp";
    entry_add_path(entries, "TEMP", temporary, "");
    entry_add_path(entries, "TMP", temporary, "");
    path_add(entries, value_of(environment, "PATH"));
    home_add(entries, user);
    entry_add_pair(entries, "USERNAME", user);
    entry_add_pair(entries, "WINEUSERNAME", user); /* advapi32's GetUserName */
    host_name(COMPUTER_NAME_MAX, host);
    entry_add_pair(entries, "COMPUTERNAME", host);
    snprintf(number, sizeof(number), "%u", processors_count());
    entry_add_pair(entries, "NUMBER_OF_PROCESSORS", number);
}

/* By name without case; '=' sorts before every character of a longer name. */
static int entry_compare(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    size_t length_a = name_length(a), length_b = name_length(b);
    int order = strncasecmp(a, b, length_a < length_b ? length_a : length_b);

    return order ? order : (length_a > length_b) - (length_a < length_b);
}

void environment_append(struct text *text, char *const *environment, const char *user)
{
    struct entries *entries;
    unsigned i, n = MADE_MAX;

    for (i = 0; environment[i] && n < NAMES_MAX; i++)
        n++;
    entries = malloc(sizeof(*entries) + n * sizeof(*entries->names));
    if (!entries) {
        text->failed = true;
        return;
    }
    entries->n = 0;
    entries->n_max = n;
    made_add(entries, environment, user);
    for (i = 0; environment[i]; i++) {
        struct text entry = {0};

        if (!is_passed(environment[i]))
            continue;
        text_append_string(&entry, environment[i]);
        entry_add(entries, &entry);
    }
    qsort(entries->names, entries->n, sizeof(*entries->names), entry_compare);
    for (i = 0; i < entries->n; i++) {
        text_append(text, entries->names[i], strlen(entries->names[i]) + 1);
        free(entries->names[i]);
    }
    text_append(text, "", 1);
    free(entries);
}
