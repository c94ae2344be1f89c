/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* DOS paths of this process: the full form against its current directory, the NT form, searching.
 */
#include "path.h"

static BOOL drive_directory(WCHAR drive, WCHAR *ret_text, size_t n_max)
{
    WCHAR name_text[] = {'=', wide_upcase(drive), ':', 0};
    UNICODE_STRING name = {3 * sizeof(WCHAR), sizeof(name_text), name_text};
    UNICODE_STRING value = {0, (USHORT)((n_max - 1) * sizeof(WCHAR)), ret_text};

    if (RtlQueryEnvironmentVariable_U(NULL, &name, &value))
        return FALSE;
    ret_text[value.Length / sizeof(WCHAR)] = 0;
    return RtlDetermineDosPathNameType_U(ret_text) == ABSOLUTE_DRIVE_PATH;
}

/* Characters; the PEB lock keeps the current directory still. */
static size_t make_full(const WCHAR *path, WCHAR *buffer, size_t n_max, size_t *ret_file)
{
    RtlAcquirePebLock();
    const UNICODE_STRING *current = &peb()->ProcessParameters->CurrentDirectory.DosPath;
    BOOL known = current->Length >= 3 * sizeof(WCHAR);
    struct path_context context = {known ? current->Buffer : L"C:\\",
                                   known ? current->Length / sizeof(WCHAR) : 3, drive_directory};
    size_t n = path_make_full(&context, path, buffer, n_max, ret_file);
    RtlReleasePebLock();
    return n;
}

ULONG WINAPI RtlGetFullPathName_U(const WCHAR *path, ULONG n_bytes, WCHAR *buffer, WCHAR **ret_file)
{
    size_t file, n_max = n_bytes / sizeof(WCHAR);

    if (ret_file)
        *ret_file = NULL;
    if (!path)
        return 0;
    _cleanup_free_ WCHAR *copy = NULL;
    if (path >= buffer && path < buffer + n_max) { /* in place: programs and kernelbase do it */
        const size_t n_path = wide_length(path) + 1;
        if (!(copy = rtl_alloc(n_path * sizeof(WCHAR))))
            return 0;
        path = memcpy(copy, path, n_path * sizeof(WCHAR));
    }
    size_t n = make_full(path, buffer, n_max, &file);
    if (!n)
        return 0;
    if (n >= n_max)
        return (ULONG)((n + 1) * sizeof(WCHAR));
    buffer[n] = 0;
    if (ret_file && file)
        *ret_file = buffer + file;
    return (ULONG)(n * sizeof(WCHAR));
}

/* The NT prefix of a full path and how much of the path it replaces. */
static const WCHAR *nt_prefix(const WCHAR *full, size_t *ret_skip)
{
    DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(full);

    *ret_skip = type == UNC_PATH ? 2 : type == DEVICE_PATH ? 4 : 0;
    return type == UNC_PATH ? L"\\??\\UNC\\" : L"\\??\\";
}

static NTSTATUS nt_from_full(const WCHAR *full, size_t n_full, size_t file, UNICODE_STRING *ret_nt,
                             WCHAR **ret_file)
{
    size_t skip, n_prefix;
    const WCHAR *prefix = nt_prefix(full, &skip);

    n_prefix = wide_length(prefix);
    size_t n = n_prefix + n_full - skip;
    if (n > PATH_MAX_CHARS - 1)
        return STATUS_NAME_TOO_LONG;
    WCHAR *text = rtl_alloc((n + 1) * sizeof(WCHAR));
    if (!text)
        return STATUS_NO_MEMORY;
    memcpy(text, prefix, n_prefix * sizeof(WCHAR));
    memcpy(text + n_prefix, full + skip, (n_full - skip) * sizeof(WCHAR));
    text[n] = 0;
    ret_nt->Buffer = text;
    ret_nt->Length = (USHORT)(n * sizeof(WCHAR));
    ret_nt->MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR));
    if (ret_file)
        *ret_file = file ? text + n_prefix + file - skip : NULL;
    return STATUS_SUCCESS;
}

/* `\\?\` and `\??\` keep their tail as it is. */
static BOOL is_verbatim(const WCHAR *path)
{
    return path[0] == '\\' && (path[1] == '\\' || path[1] == '?') && path[2] == '?' &&
           path[3] == '\\';
}

static size_t last_name(const WCHAR *path, size_t n)
{
    size_t file = n;

    while (file && path[file - 1] != '\\')
        file--;
    return file < n ? file : 0;
}

NTSTATUS WINAPI RtlDosPathNameToNtPathName_U_WithStatus(const WCHAR *path, UNICODE_STRING *ret_nt,
                                                        WCHAR **ret_file, CURDIR *ret_directory)
{
    size_t n, file;

    if (ret_directory)
        memset(ret_directory, 0, sizeof(*ret_directory));
    if (!path || !*path)
        return STATUS_OBJECT_NAME_INVALID;
    if (is_verbatim(path)) {
        static const WCHAR nt[] = L"\\\\?\\";
        n = wide_length(path);
        _cleanup_free_ WCHAR *copy = rtl_alloc((n + 1) * sizeof(WCHAR));
        if (!copy)
            return STATUS_NO_MEMORY;
        memcpy(copy, path, (n + 1) * sizeof(WCHAR));
        memcpy(copy, nt, 4 * sizeof(WCHAR)); /* a device path for nt_prefix, whichever it was */
        return nt_from_full(copy, n, last_name(copy, n), ret_nt, ret_file);
    }
    WCHAR small[300];
    _cleanup_free_ WCHAR *large = NULL;
    WCHAR *full = small;
    n = make_full(path, full, ARRAY_COUNT(small) - 1, &file);
    if (n > PATH_MAX_CHARS)
        return STATUS_NAME_TOO_LONG;
    if (n >= ARRAY_COUNT(small) - 1) {
        /* The current directory may have grown meanwhile: room for any path. */
        if (!(large = full = rtl_alloc((PATH_MAX_CHARS + 1) * sizeof(WCHAR))))
            return STATUS_NO_MEMORY;
        n = make_full(path, full, PATH_MAX_CHARS, &file);
        if (n > PATH_MAX_CHARS)
            return STATUS_NAME_TOO_LONG;
    }
    if (!n)
        return STATUS_OBJECT_NAME_INVALID;
    full[n] = 0;
    return nt_from_full(full, n, file, ret_nt, ret_file);
}

BOOLEAN WINAPI RtlDosPathNameToNtPathName_U(const WCHAR *path, UNICODE_STRING *ret_nt,
                                            WCHAR **ret_file, CURDIR *ret_directory)
{
    return !RtlDosPathNameToNtPathName_U_WithStatus(path, ret_nt, ret_file, ret_directory);
}

/* The relative forms: what is not relative to a handle is the full NT path; the handle stays empty.
 */
NTSTATUS WINAPI RtlDosPathNameToRelativeNtPathName_U_WithStatus(const WCHAR *path,
                                                                UNICODE_STRING *ret_nt,
                                                                WCHAR **ret_file,
                                                                void *ret_relative)
{
    if (ret_relative) /* {UNICODE_STRING, HANDLE, void *} */
        memset(ret_relative, 0, sizeof(UNICODE_STRING) + 2 * sizeof(void *));
    return RtlDosPathNameToNtPathName_U_WithStatus(path, ret_nt, ret_file, NULL);
}

BOOLEAN WINAPI RtlDosPathNameToRelativeNtPathName_U(const WCHAR *path, UNICODE_STRING *ret_nt,
                                                    WCHAR **ret_file, void *ret_relative)
{
    return !RtlDosPathNameToRelativeNtPathName_U_WithStatus(path, ret_nt, ret_file, ret_relative);
}

void WINAPI RtlReleaseRelativeName(void *relative)
{
    (void)relative; /* nothing is held */
}

BOOLEAN WINAPI RtlDoesFileExists_U(const WCHAR *path)
{
    UNICODE_STRING nt;
    OBJECT_ATTRIBUTES attr;
    FILE_BASIC_INFORMATION info;

    if (!RtlDosPathNameToNtPathName_U(path, &nt, NULL, NULL))
        return FALSE;
    InitializeObjectAttributes(&attr, &nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtQueryAttributesFile(&attr, &info);
    RtlFreeUnicodeString(&nt);
    return !status || status == STATUS_SHARING_VIOLATION || status == STATUS_ACCESS_DENIED;
}

static BOOL has_extension(const WCHAR *name)
{
    const WCHAR *dot = NULL;

    for (; *name; name++)
        dot = is_separator(*name) ? NULL : *name == '.' ? name : dot;
    return dot != NULL;
}

/* directory (n characters) + name + extension into the buffer; FALSE when it does not fit. */
static BOOL join(WCHAR *buffer, size_t n_max, const WCHAR *directory, size_t n, const WCHAR *name,
                 const WCHAR *extension)
{
    size_t n_name = wide_length(name), n_ext = extension ? wide_length(extension) : 0;

    if (n + 1 + n_name + n_ext + 1 > n_max)
        return FALSE;
    memcpy(buffer, directory, n * sizeof(WCHAR));
    if (n && !is_separator(directory[n - 1]))
        buffer[n++] = '\\';
    memcpy(buffer + n, name, n_name * sizeof(WCHAR));
    if (n_ext)
        memcpy(buffer + n + n_name, extension, n_ext * sizeof(WCHAR));
    buffer[n + n_name + n_ext] = 0;
    return TRUE;
}

/* Look for a file in a list of directories; the full path's length in bytes, 0: not there. */
ULONG WINAPI RtlDosSearchPath_U(const WCHAR *paths, const WCHAR *name, const WCHAR *extension,
                                ULONG n_bytes, WCHAR *buffer, WCHAR **ret_file)
{
    if (has_extension(name))
        extension = NULL;
    _cleanup_free_ WCHAR *candidate = rtl_alloc((PATH_MAX_CHARS + 1) * sizeof(WCHAR));
    if (!candidate)
        return 0;
    if (RtlDetermineDosPathNameType_U(name) != RELATIVE_PATH) {
        if (!join(candidate, PATH_MAX_CHARS, L"", 0, name, extension) ||
            !RtlDoesFileExists_U(candidate))
            return 0;
        return RtlGetFullPathName_U(candidate, n_bytes, buffer, ret_file);
    }
    for (const WCHAR *p = paths; *p;) {
        size_t n = 0;

        while (p[n] && p[n] != ';')
            n++;
        if (join(candidate, PATH_MAX_CHARS, p, n, name, extension) &&
            RtlDoesFileExists_U(candidate))
            return RtlGetFullPathName_U(candidate, n_bytes, buffer, ret_file);
        p += n;
        while (*p == ';')
            p++;
    }
    return 0;
}
