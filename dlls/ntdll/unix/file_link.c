/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Symbolic links: Linux' own. A relative target stays relative, with Linux' separators; if it only
 * exists in another spelling, or cannot be said so, the link leads to what it names by an absolute
 * path. DIFFERS: no privilege is needed; a link is one to a folder as long as it leads to one. */
#include "file_info.h"
#include "file_space.h"
#include "ntpath.h"
#include "ntstatus_errno.h"
#include "unixcalls.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* ---- the link itself ---- */

bool file_link_is(const char *path)
{
    struct stat info;

    return !lstat(path, &info) && S_ISLNK(info.st_mode);
}

bool file_link_leads_to_folder(const char *path)
{
    struct stat info;

    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

/* Where the link leads, one step; NULL: it is none. */
static char *link_next(const char *path)
{
    _cleanup_nt_(path_freep) char *folder = folder_of(path);
    char target[PATH_MAX], *whole;
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    if (n <= 0 || !folder)
        return NULL;
    target[n] = 0;
    if (*target == '/')
        return strdup(target);
    return asprintf(&whole, "%s/%s", folder, target) < 0 ? NULL : whole;
}

bool file_link_misses_folder(const char *path)
{
    enum { LINKS_MAX = 40 }; /* as Linux */
    _cleanup_nt_(path_freep) char *at = link_next(path), *folder = NULL;

    for (int i = 0; at && i < LINKS_MAX && file_link_is(at); i++) {
        char *next = link_next(at);

        free(at);
        at = next;
    }
    folder = at ? folder_of(at) : NULL;
    return folder && access(folder, F_OK);
}

NTSTATUS file_link_open(const struct nt_path *path, ULONG options, int *ret_fd)
{
    const bool is_folder = file_link_leads_to_folder(path->unix_path);

    if (is_folder && (options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!is_folder && (options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (!is_folder && path->has_trailing_separator)
        return STATUS_OBJECT_NAME_INVALID;
    *ret_fd = open(path->unix_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

/* REPARSE_DATA_BUFFER of a symbolic link, which Wine's headers have for drivers alone. */
struct reparse_data {
    ULONG tag;
    USHORT length, reserved; /* the length of what follows */
    USHORT name_at, name_size, print_at, print_size;
    ULONG flags;
};

enum { REPARSE_HEADER = 8, IS_RELATIVE = 1, NT_PREFIX_UNITS = 4 /* \??\ */ };

static NTSTATUS target_name(const char *target, WCHAR **ret_name, SIZE_T *ret_bytes)
{
    size_t units;

    if (*target == '/')
        return path_to_nt(target, ret_name, ret_bytes);
    *ret_name = utf16_from_utf8(target, strlen(target), &units);
    if (!*ret_name)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < units; i++)
        if ((*ret_name)[i] == '/')
            (*ret_name)[i] = '\\';
    *ret_bytes = units * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* The name for NT and the one to be shown are one text: the latter is its end. */
static NTSTATUS reparse_put(struct space_call *call, const WCHAR *name, USHORT size,
                            bool is_relative)
{
    const USHORT skipped = is_relative ? 0 : NT_PREFIX_UNITS * sizeof(WCHAR);
    const struct reparse_data data = {.tag = IO_REPARSE_TAG_SYMLINK,
                                      .length = (USHORT)(sizeof(data) - REPARSE_HEADER + size),
                                      .name_size = size,
                                      .print_at = skipped,
                                      .print_size = (USHORT)(size - skipped),
                                      .flags = is_relative ? IS_RELATIVE : 0};
    const ULONG room = call->output_length > sizeof(data) ? call->output_length - sizeof(data) : 0;
    const ULONG n = size < room ? size : room;

    if (call->output_length < sizeof(data))
        return STATUS_BUFFER_TOO_SMALL;
    TRY(user_write(call->output, &data, sizeof(data)));
    TRY(user_write((char *)call->output + sizeof(data), name, n));
    call->used = (ULONG)sizeof(data) + n;
    return n < size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS file_link_query(struct space_call *call)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    char target[PATH_MAX];
    ssize_t n = call->file->fd < 0 ? -1 : readlinkat(call->file->fd, "", target, sizeof(target));
    SIZE_T bytes;

    if (n <= 0 || n == sizeof(target))
        return STATUS_NOT_A_REPARSE_POINT;
    target[n] = 0;
    TRY(target_name(target, &name, &bytes));
    return reparse_put(call, name, (USHORT)bytes, *target != '/');
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
