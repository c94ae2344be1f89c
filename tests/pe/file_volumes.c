/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The Ex forms of renaming and deleting by handle, what a file stands on (holes, zeros), listings
 * with file ids, and volumes by their names. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>
#include <winioctl.h>

#include <stddef.h>
#include <string.h>
#include <wchar.h>

#include "win32.h"

/* Not in every mingw's headers. */
#define DISPOSITION_EX  ((FILE_INFO_BY_HANDLE_CLASS)21)
#define RENAME_EX       ((FILE_INFO_BY_HANDLE_CLASS)22)
#define ID_EXTD         ((FILE_INFO_BY_HANDLE_CLASS)19)
#define ID_EXTD_RESTART ((FILE_INFO_BY_HANDLE_CLASS)20)
enum { DELETES = 1, POSIX = 2, ON_CLOSE = 8, IGNORES_READ_ONLY = 0x10 };
enum { REPLACES = 1, REPLACES_READ_ONLY = 0x40 };

static HANDLE open_file(const char *name, DWORD disposition)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE | DELETE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition, 0,
                       NULL);
}

static BOOL exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static BOOL dispose(HANDLE file, DWORD flags)
{
    return SetFileInformationByHandle(file, DISPOSITION_EX, &flags, sizeof(flags));
}

static BOOL rename_ex(HANDLE file, const WCHAR *name, DWORD flags)
{
    char buffer[sizeof(FILE_RENAME_INFO) + 64] = {0};
    FILE_RENAME_INFO *info = (FILE_RENAME_INFO *)buffer;

    memcpy(info, &flags, sizeof(flags));
    info->FileNameLength = (DWORD)(wcslen(name) * sizeof(WCHAR));
    memcpy(info->FileName, name, info->FileNameLength);
    return SetFileInformationByHandle(file, RENAME_EX, info, sizeof(buffer));
}

static void test_deletion(void)
{
    HANDLE file = open_file("gone", CREATE_ALWAYS), other = open_file("gone", OPEN_EXISTING);
    DWORD n;

    fails(dispose(file, 0x40000000), ERROR_INVALID_PARAMETER, "a flag that nobody knows");
    ok(dispose(file, DELETES | POSIX), "deletion with POSIX semantics");
    CloseHandle(file);
    ok(!exists("gone"), "the name is gone while another handle is open");
    ok(WriteFile(other, "x", 1, &n, NULL), "which can still be used");
    file = open_file("gone", CREATE_NEW);
    ok(file != INVALID_HANDLE_VALUE, "and the name is free");
    CloseHandle(other);
    ok(exists("gone"), "a new file of that name is none of the old one's");
    other = open_file("gone", OPEN_EXISTING);
    ok(dispose(file, DELETES | POSIX) && dispose(other, 0) && dispose(other, DELETES),
       "called off by another handle, and asked for as of old");
    CloseHandle(file);
    fails((file = open_file("gone", OPEN_EXISTING)) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED,
          "it is there until the last handle is closed: opening it");
    ok(dispose(other, 0), "called off again");
    CloseHandle(other);
    file = open_file("gone", OPEN_EXISTING);
    ok(SetFileAttributesA("gone", FILE_ATTRIBUTE_READONLY), "a read-only file");
    fails(dispose(file, DELETES), ERROR_ACCESS_DENIED, "deleting it");
    ok(dispose(file, DELETES | IGNORES_READ_ONLY) && dispose(file, 0), "all the same, and not");
    CloseHandle(file);
    ok(exists("gone"), "it is there");
    SetFileAttributesA("gone", FILE_ATTRIBUTE_NORMAL);
    file = CreateFileA("gone", DELETE, 7, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    ok(dispose(file, ON_CLOSE), "not to be deleted when it is closed");
    CloseHandle(file);
    ok(exists("gone"), "it is there");
    SetFileAttributesA("gone", FILE_ATTRIBUTE_READONLY);
    file = CreateFileA("gone", DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    fails(dispose(file, DELETES | ON_CLOSE), ERROR_ACCESS_DENIED,
          "when it is closed, of a read-only file");
    ok(dispose(file, DELETES | ON_CLOSE | IGNORES_READ_ONLY), "all the same");
    CloseHandle(file);
    ok(!exists("gone"), "it is gone");
    CreateDirectoryA("full", NULL);
    CloseHandle(open_file("full\\file", CREATE_ALWAYS));
    file = CreateFileA("full", DELETE, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    fails(dispose(file, DELETES | ON_CLOSE), ERROR_DIR_NOT_EMPTY, "a folder with something in it");
    CloseHandle(file);
    DeleteFileA("full\\file");
    RemoveDirectoryA("full");
}

static void test_renaming(void)
{
    HANDLE file = open_file("one", CREATE_ALWAYS), taken = open_file("taken", CREATE_ALWAYS);
    char buffer[sizeof(FILE_RENAME_INFO)] = {0};

    ok(rename_ex(file, L"two", 0) && exists("two") && !exists("one"), "FileRenameInfoEx");
    fails(rename_ex(file, L"taken", 0), ERROR_ALREADY_EXISTS, "over another file");
    ok(rename_ex(file, L"taken", REPLACES | POSIX) && !exists("two"), "replacing one that is open");
    CloseHandle(taken);
    ok(exists("taken"), "it stays when that one is closed");
    CloseHandle(open_file("read-only", CREATE_ALWAYS));
    SetFileAttributesA("read-only", FILE_ATTRIBUTE_READONLY);
    fails(rename_ex(file, L"read-only", REPLACES | POSIX), ERROR_ACCESS_DENIED,
          "over a read-only file");
    ok(rename_ex(file, L"read-only", REPLACES | POSIX | REPLACES_READ_ONLY), "all the same");
    fails(SetFileInformationByHandle(file, RENAME_EX, buffer, 4), ERROR_BAD_LENGTH,
          "a buffer that is too small");
    dispose(file, DELETES);
    CloseHandle(file);
    ok(!exists("read-only"), "and deleted by that name");
}

static BOOL control(HANDLE file, DWORD code, void *input, DWORD input_size, void *output,
                    DWORD output_size, DWORD *ret_size)
{
    return DeviceIoControl(file, code, input, input_size, output, output_size, ret_size, NULL);
}

static void test_space(void)
{
    HANDLE file = open_file("space", CREATE_ALWAYS), reader, appender;
    FILE_ZERO_DATA_INFORMATION zero = {{.QuadPart = 4096}, {.QuadPart = 1 << 20}};
    FILE_ALLOCATED_RANGE_BUFFER asked = {{.QuadPart = 0}, {.QuadPart = 1 << 20}}, ranges[8];
    FILE_ALLOCATION_INFO allocation = {.AllocationSize.QuadPart = 65536};
    static char data[65536], again[65536];
    BOOLEAN sparse = TRUE;
    USHORT format = 9;
    DWORD n;

    memset(data, 'd', sizeof(data));
    WriteFile(file, data, sizeof(data), &n, NULL);
    ok(control(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &n), "FSCTL_SET_SPARSE");
    ok(control(file, FSCTL_SET_SPARSE, &sparse, sizeof(sparse), NULL, 0, &n), "and said so");
    ok(control(file, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero), NULL, 0, &n), "FSCTL_SET_ZERO_DATA");
    is_number(GetFileSize(file, NULL), sizeof(data), "the file is as long as before");
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    ok(control(file, FSCTL_QUERY_ALLOCATED_RANGES, &asked, sizeof(asked), ranges, sizeof(ranges),
               &n) &&
           n >= sizeof(*ranges) && !ranges[0].FileOffset.QuadPart &&
           ranges[0].Length.QuadPart >= 4096,
       "FSCTL_QUERY_ALLOCATED_RANGES: it begins with data");
    is_number(SetFilePointer(file, 0, NULL, FILE_CURRENT), 100, "the position is where it was");
    fails(control(file, FSCTL_QUERY_ALLOCATED_RANGES, &asked, sizeof(asked), ranges, 8, &n),
          ERROR_INSUFFICIENT_BUFFER, "no room for a range");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, again, sizeof(again), &n, NULL);
    memset(data + 4096, 0, sizeof(data) - 4096);
    ok(n == sizeof(data) && !memcmp(again, data, n), "zeros from there on");
    sparse = FALSE;
    ok(control(file, FSCTL_SET_SPARSE, &sparse, sizeof(sparse), NULL, 0, &n), "not sparse");
    ok(control(file, FSCTL_GET_COMPRESSION, NULL, 0, &format, sizeof(format), &n) && !format,
       "not compressed");
    ok(control(file, FSCTL_SET_COMPRESSION, &format, sizeof(format), NULL, 0, &n), "and so it is");
    fails(control(file, FSCTL_GET_REPARSE_POINT, NULL, 0, again, sizeof(again), &n),
          ERROR_NOT_A_REPARSE_POINT, "a file is no reparse point");
    reader = CreateFileA("space", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    fails(control(reader, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero), NULL, 0, &n),
          ERROR_ACCESS_DENIED, "zeros by a handle for reading");
    CloseHandle(reader);
    appender = CreateFileA("space", FILE_APPEND_DATA, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(control(appender, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &n), "sparse by one for appending");
    fails(control(appender, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero), NULL, 0, &n),
          ERROR_ACCESS_DENIED, "zeros by it");
    CloseHandle(appender);
    ok(SetFileInformationByHandle(file, FileAllocationInfo, &allocation, sizeof(allocation)),
       "FileAllocationInfo");
    dispose(file, DELETES);
    CloseHandle(file);
}

/* FILE_ID_EXTD_DIR_INFO */
struct extd {
    DWORD next, index;
    LARGE_INTEGER times[4], end, allocation;
    DWORD attributes, name_length, ea_size, tag;
    BYTE id[16];
    WCHAR name[1];
};

static const struct extd *entry_find(HANDLE folder, FILE_INFO_BY_HANDLE_CLASS class,
                                     const WCHAR *name, char *buffer, DWORD size)
{
    const struct extd *entry = (const struct extd *)buffer;

    if (!GetFileInformationByHandleEx(folder, (FILE_INFO_BY_HANDLE_CLASS) class, buffer, size))
        return NULL;
    for (;; entry = (const struct extd *)((const char *)entry + entry->next)) {
        if (entry->name_length == wcslen(name) * sizeof(WCHAR) &&
            !memcmp(entry->name, name, entry->name_length))
            return entry;
        if (!entry->next)
            return NULL;
    }
}

static void test_listing(void)
{
    static char buffer[16384];
    const struct extd *entry;
    FILE_ID_INFO id;
    HANDLE folder, file;
    DWORD n;

    CreateDirectoryA("listing", NULL);
    file = open_file("listing\\name", CREATE_ALWAYS);
    WriteFile(file, "12345", 5, &n, NULL);
    ok(GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof(id)), "a file's id");
    folder = CreateFileA("listing", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS, NULL);
    entry = entry_find(folder, ID_EXTD, L"name", buffer, sizeof(buffer));
    ok(entry && entry->end.QuadPart == 5 && !entry->tag &&
           !memcmp(entry->id, &id.FileId, sizeof(entry->id)),
       "FileIdExtdDirectoryInfo lists it with the same");
    fails(GetFileInformationByHandleEx(folder, ID_EXTD, buffer, sizeof(buffer)),
          ERROR_NO_MORE_FILES, "going on behind the last");
    ok(entry_find(folder, ID_EXTD_RESTART, L"name", buffer, sizeof(buffer)) != NULL, "and anew");
    CloseHandle(folder);
    dispose(file, DELETES);
    CloseHandle(file);
    RemoveDirectoryA("listing");
}

/* A file by the names that GetFinalPathNameByHandle tells and programs (Zig's) open again. */
static void test_device_names(void)
{
    WCHAR name[MAX_PATH], text[MAX_PATH + 16] = L"\\\\?\\GLOBALROOT";
    HANDLE file = CreateFileA("by device", GENERIC_WRITE, 7, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL),
           again;

    ok(GetFinalPathNameByHandleW(file, name, MAX_PATH, VOLUME_NAME_NT) > 23 &&
           !wcsncmp(name, L"\\Device\\HarddiskVolume", 22),
       "a file's name by its device");
    wcscat(text, name);
    again = CreateFileW(text, DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(again != INVALID_HANDLE_VALUE, "opens it");
    CloseHandle(again);
    text[wcslen(L"\\\\?\\GLOBALROOT") + 22] = '9';
    fails(CreateFileW(text, 0, 7, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
          ERROR_FILE_NOT_FOUND, "a device that is not there");
    CloseHandle(file);
}

static void test_volumes(void)
{
    WCHAR name[64], first[64], paths[64], file_name[128];
    HANDLE search = FindFirstVolumeW(name, 64), file;
    int n_found = 0, has_c = 0;
    DWORD n;

    ok(search != INVALID_HANDLE_VALUE, "FindFirstVolume");
    ok(GetVolumeNameForVolumeMountPointW(L"C:\\", first, 64), "the volume's name of C:");
    do {
        n_found++;
        has_c += !wcscmp(name, first);
    } while (FindNextVolumeW(search, name, 64));
    is_number(GetLastError(), ERROR_NO_MORE_FILES, "after the last volume");
    ok(FindVolumeClose(search), "FindVolumeClose");
    ok(has_c == 1 && n_found >= 1, "C:'s is one of them");
    ok(GetVolumePathNamesForVolumeNameW(first, paths, 64, &n) && !wcscmp(paths, L"C:\\"),
       "and leads back to C:");
    is_number(GetDriveTypeW(first), DRIVE_FIXED, "its type");
    wcscpy(file_name, first);
    wcscat(file_name, L"windows\\temp\\by volume");
    file = CreateFileW(file_name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE,
                       NULL);
    ok(file != INVALID_HANDLE_VALUE && exists("C:\\windows\\temp\\by volume"),
       "a file by its volume's name");
    CloseHandle(file);
    first[20] = first[20] == 'f' ? 'e' : 'f';
    fails(GetVolumePathNamesForVolumeNameW(first, paths, 64, &n), ERROR_FILE_NOT_FOUND,
          "the paths of no volume");
}

static void test_main(void)
{
    char folder[MAX_PATH];

    GetTempPathA(sizeof(folder), folder);
    strcat(folder, "file_volumes");
    CreateDirectoryA(folder, NULL);
    if (!SetCurrentDirectoryA(folder))
        bail_out("no folder to test in: error %u", (unsigned)GetLastError());
    test_deletion();
    test_renaming();
    test_space();
    test_listing();
    test_device_names();
    test_volumes();
}
