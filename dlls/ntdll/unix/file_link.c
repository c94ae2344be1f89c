/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Symbolic links: Linux' own, which every open follows. A relative target stays relative, with
 * Linux' separators; if it only exists in another spelling, or cannot be said so, the link leads to
 * what it names by an absolute path. DIFFERS: no privilege is needed, and a link for files leads to
 * folders too. */
#include "ntpath.h"
#include "ntstatus_errno.h"
#include "unixcalls.h"
#include "usermem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static NTSTATUS absolute_target(const WCHAR *name, size_t units, char **ret_target)
{
    struct nt_path path;

    TRY(nt_path_from_name(name, units, &path));
    if (path.kind == PATH_FILE || path.kind == PATH_VOLUME) {
        *ret_target = path.unix_path;
        path.unix_path = NULL;
    }
    nt_path_deinit(&path);
    return *ret_target ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

static NTSTATUS relative_target(const char *link, const WCHAR *name, size_t units,
                                char **ret_target)
{
    _cleanup_nt_(path_freep) char *folder = folder_of(link), *whole = NULL;
    char *text = utf8_from_utf16(name, units);
    struct nt_path path;

    for (char *at = text; at && *at; at++)
        if (*at == '\\')
            *at = '/';
    if (!folder || !text || asprintf(&whole, "%s/%s", folder, text) < 0) {
        free(text);
        return STATUS_NO_MEMORY;
    }
    *ret_target = text;
    if (!access(whole, F_OK) || nt_path_under(folder, name, units, &path))
        return STATUS_SUCCESS;
    if (path.exists) {
        *ret_target = path.unix_path;
        path.unix_path = NULL;
        free(text);
    }
    nt_path_deinit(&path);
    return STATUS_SUCCESS;
}

static NTSTATUS link_make(const struct nt_path *link, const WCHAR *target, size_t units)
{
    _cleanup_nt_(path_freep) char *leads_to = NULL;

    if (link->kind != PATH_FILE || link->has_trailing_separator)
        return STATUS_OBJECT_NAME_INVALID;
    if (!link->parent_exists)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    TRY(target[0] == '\\' ? absolute_target(target, units, &leads_to)
                          : relative_target(link->unix_path, target, units, &leads_to));
    if (!symlink(leads_to, link->unix_path))
        return STATUS_SUCCESS;
    return errno == EEXIST ? STATUS_OBJECT_NAME_COLLISION : status_from_errno(errno);
}

NTSTATUS WINAPI unix_link_create(const UNICODE_STRING *user_link, const UNICODE_STRING *user_target)
{
    _cleanup_nt_(name_freep) WCHAR *link = NULL, *target = NULL;
    size_t link_units, target_units;
    struct nt_path path;
    NTSTATUS status;

    TRY(name_get(user_link, &link, &link_units));
    TRY(name_get(user_target, &target, &target_units));
    TRY(nt_path_from_name(link, link_units, &path));
    status = path.exists ? STATUS_OBJECT_NAME_COLLISION : link_make(&path, target, target_units);
    nt_path_deinit(&path);
    return status;
}
