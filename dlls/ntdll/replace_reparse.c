/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Symbolic links as kernelbase shows them, where Wine's (ldr_replace.c) hides them: its CreateFile
 * forgets FILE_FLAG_OPEN_REPARSE_POINT, and FindFirstFile and its kin tell no tag in dwReserved0.
 * It also lets TRUNCATE_EXISTING through without GENERIC_WRITE.
 *
 * A file that is opened by that flag and is no link is Wine's affair. What is found and is a
 * reparse point is a symbolic link: others there are none. */

#include "ntdll.h"

#include <stdbool.h>

#include "replace.h"

struct reparse_originals reparse_originals;

/* ---- opening the link itself ---- */

static bool is_link(const UNICODE_STRING *name)
{
    OBJECT_ATTRIBUTES attributes;
    FILE_BASIC_INFORMATION info;

    InitializeObjectAttributes(&attributes, (UNICODE_STRING *)name, OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return !NtQueryAttributesFile(&attributes, &info) &&
           (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* As CreateFile's flags are NT's. */
static ULONG options_of(DWORD flags)
{
    return FILE_OPEN_REPARSE_POINT |
           (flags & FILE_FLAG_BACKUP_SEMANTICS ? FILE_OPEN_FOR_BACKUP_INTENT
                                               : FILE_NON_DIRECTORY_FILE) |
           (flags & FILE_FLAG_DELETE_ON_CLOSE ? FILE_DELETE_ON_CLOSE : 0) |
           (flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT);
}

static HANDLE link_open(UNICODE_STRING *name, const struct create_parameters *how, DWORD access,
                        DWORD sharing)
{
    const bool inherits = how->security && how->security->bInheritHandle;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    NTSTATUS status;
    HANDLE file;

    InitializeObjectAttributes(&attributes, name,
                               OBJ_CASE_INSENSITIVE | (inherits ? OBJ_INHERIT : 0), NULL, NULL);
    status = NtOpenFile(&file,
                        access | SYNCHRONIZE | FILE_READ_ATTRIBUTES |
                            (how->flags & FILE_FLAG_DELETE_ON_CLOSE ? DELETE : 0),
                        &attributes, &io, sharing, options_of(how->flags));
    if (status == STATUS_FILE_IS_A_DIRECTORY)
        status = STATUS_ACCESS_DENIED;
    RtlSetLastWin32Error(RtlNtStatusToDosError(status));
    return status ? INVALID_HANDLE_VALUE : file;
}

/* False: it is not a link that is to be opened itself, nothing has been done. */
static bool open_as_link(const WCHAR *text, const struct create_parameters *how, DWORD access,
                         DWORD sharing, DWORD creation, HANDLE *ret_file)
{
    UNICODE_STRING name;
    bool is_ours;

    if (!(how->flags & FILE_FLAG_OPEN_REPARSE_POINT) || !text ||
        (creation != OPEN_EXISTING && creation != OPEN_ALWAYS) ||
        !RtlDosPathNameToNtPathName_U(text, &name, NULL, NULL))
        return false;
    is_ours = is_link(&name);
    if (is_ours)
        *ret_file = link_open(&name, how, access, sharing);
    if (is_ours && *ret_file != INVALID_HANDLE_VALUE && creation == OPEN_ALWAYS)
        RtlSetLastWin32Error(ERROR_ALREADY_EXISTS);
    RtlFreeUnicodeString(&name);
    return is_ours;
}

static bool is_refused(DWORD access, DWORD creation)
{
    if (creation != TRUNCATE_EXISTING || (access & GENERIC_WRITE))
        return false;
    RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    return true;
}

HANDLE WINAPI replaced_CreateFileW(const WCHAR *name, DWORD access, DWORD sharing,
                                   SECURITY_ATTRIBUTES *security, DWORD creation, DWORD flags,
                                   HANDLE model)
{
    const struct create_parameters how = {.flags = flags, .security = security};
    HANDLE file;

    if (is_refused(access, creation))
        return INVALID_HANDLE_VALUE;
    if (open_as_link(name, &how, access, sharing, creation, &file))
        return file;
    return reparse_originals.create(name, access, sharing, security, creation, flags, model);
}

HANDLE WINAPI replaced_CreateFileA(const char *name, DWORD access, DWORD sharing,
                                   SECURITY_ATTRIBUTES *security, DWORD creation, DWORD flags,
                                   HANDLE model)
{
    const struct create_parameters how = {.flags = flags, .security = security};
    UNICODE_STRING wide = {0};
    HANDLE file;
    bool is_done;

    if (is_refused(access, creation))
        return INVALID_HANDLE_VALUE;
    if (!(flags & FILE_FLAG_OPEN_REPARSE_POINT) || !name ||
        !RtlCreateUnicodeStringFromAsciiz(&wide, name))
        return reparse_originals.create_narrow(name, access, sharing, security, creation, flags,
                                               model);
    is_done = open_as_link(wide.Buffer, &how, access, sharing, creation, &file);
    RtlFreeUnicodeString(&wide);
    return is_done ? file
                   : reparse_originals.create_narrow(name, access, sharing, security, creation,
                                                     flags, model);
}

HANDLE WINAPI replaced_CreateFile2(const WCHAR *name, DWORD access, DWORD sharing, DWORD creation,
                                   struct create_parameters *how)
{
    HANDLE file;

    if (is_refused(access, creation))
        return INVALID_HANDLE_VALUE;
    if (how && open_as_link(name, how, access, sharing, creation, &file))
        return file;
    return reparse_originals.create2(name, access, sharing, creation, how);
}

/* ---- the tag in a listing ---- */

static void tag_put(WIN32_FIND_DATAW *data)
{
    if (data->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
        data->dwReserved0 = IO_REPARSE_TAG_SYMLINK;
}

/* Both forms begin alike. */
_Static_assert(offsetof(WIN32_FIND_DATAA, dwReserved0) == offsetof(WIN32_FIND_DATAW, dwReserved0),
               "layout");

static HANDLE found(HANDLE search, void *data)
{
    if (search != INVALID_HANDLE_VALUE)
        tag_put(data);
    return search;
}

HANDLE WINAPI replaced_FindFirstFileW(const WCHAR *name, WIN32_FIND_DATAW *data)
{
    return found(reparse_originals.first(name, data), data);
}

HANDLE WINAPI replaced_FindFirstFileA(const char *name, WIN32_FIND_DATAA *data)
{
    return found(reparse_originals.first_narrow(name, data), data);
}

HANDLE WINAPI replaced_FindFirstFileExW(const WCHAR *name, FINDEX_INFO_LEVELS level, void *data,
                                        FINDEX_SEARCH_OPS search, void *filter, DWORD flags)
{
    return found(reparse_originals.first_ex(name, level, data, search, filter, flags), data);
}

HANDLE WINAPI replaced_FindFirstFileExA(const char *name, FINDEX_INFO_LEVELS level, void *data,
                                        FINDEX_SEARCH_OPS search, void *filter, DWORD flags)
{
    return found(reparse_originals.first_ex_narrow(name, level, data, search, filter, flags), data);
}

BOOL WINAPI replaced_FindNextFileW(HANDLE search, WIN32_FIND_DATAW *data)
{
    BOOL is_found = reparse_originals.next(search, data);

    if (is_found)
        tag_put(data);
    return is_found;
}

BOOL WINAPI replaced_FindNextFileA(HANDLE search, WIN32_FIND_DATAA *data)
{
    BOOL is_found = reparse_originals.next_narrow(search, data);

    if (is_found)
        tag_put((WIN32_FIND_DATAW *)data);
    return is_found;
}
