/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* wine_nt_to_unix_file_name and wine_unix_to_nt_file_name: two exports of Wine's ntdll that Wine's kernelbase imports. */
#include "file_info.h"
#include "usermem.h"
#include <stdlib.h>
#include <string.h>

/* The lengths are told in any case, with the NUL; too small a buffer is STATUS_BUFFER_TOO_SMALL. A name whose last part does not
 * exist is STATUS_NO_SUCH_FILE together with the path it would have, unless the disposition is FILE_OPEN. */
NTSTATUS WINAPI wine_nt_to_unix_file_name(const OBJECT_ATTRIBUTES *attributes, char *buffer,
                                          ULONG *user_size, UINT disposition)
{
    struct creation creation = {0};
    struct nt_path path;
    ULONG size, needed;
    NTSTATUS status;

    TRY(USER_GET(size, user_size));
    TRY(create_read(attributes, &creation));
    TRY(file_path_from_creation(&creation, &path));
    if (!path.unix_path) {
        nt_path_deinit(&path);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    needed = (ULONG)strlen(path.unix_path) + 1;
    if (!path.exists && disposition == FILE_OPEN)
        status = path.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    else if (!path.exists && !path.parent_exists)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    else if (size < needed)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        status = user_write(buffer, path.unix_path, needed);
    if (!status && !path.exists)
        status = STATUS_NO_SUCH_FILE;
    nt_path_deinit(&path);
    if (!status || status == STATUS_NO_SUCH_FILE || status == STATUS_BUFFER_TOO_SMALL)
        TRY(USER_PUT(user_size, needed));
    return status;
}

/* The size counts UTF-16 units, with the NUL. */
NTSTATUS WINAPI wine_unix_to_nt_file_name(const char *user_name, WCHAR *buffer, ULONG *user_size)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    char path[4096];
    ULONG size, needed;
    SIZE_T bytes;
    size_t n = 0;

    TRY(USER_GET(size, user_size));
    do {
        TRY(user_read(path + n, user_name + n, 1));
    } while (path[n] && ++n < sizeof(path));
    if (n == sizeof(path))
        return STATUS_OBJECT_NAME_INVALID;
    if (path[0] != '/')
        return STATUS_INVALID_PARAMETER;
    TRY(path_to_nt(path, &name, &bytes));
    needed = (ULONG)(bytes / sizeof(WCHAR)) + 1;
    TRY(USER_PUT(user_size, needed));
    if (size < needed)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, name, needed * sizeof(WCHAR));
}
