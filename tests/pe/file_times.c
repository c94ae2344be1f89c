/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Times that a handle leaves alone (SetFileTime with -1, -2, or with a time), and what a handle
 * must be allowed for each thing that is set by it. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>
#include <winioctl.h>

#include <string.h>

#include "win32.h"

#define NAME L"file_times.txt"

enum { ACCESS, WRITE };

static const FILETIME keep = {0xffffffff, 0xffffffff}, follow = {0xfffffffe, 0xffffffff};
static const FILETIME then = {0x12345600, 0x01c00000}; /* in the year 2000 */

extern LONG WINAPI NtSetInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG,
                                        FILE_INFORMATION_CLASS);

static HANDLE open_for(DWORD access)
{
    return CreateFileW(NAME, access, 7, NULL, OPEN_ALWAYS, 0, NULL);
}

/* As somebody else sees it. */
static BOOL is_then(int which)
{
    HANDLE file = open_for(FILE_READ_ATTRIBUTES);
    FILETIME got[2] = {{0, 0}, {0, 0}};

    GetFileTime(file, NULL, &got[ACCESS], &got[WRITE]);
    CloseHandle(file);
    return !CompareFileTime(&got[which], &then);
}

/* By another handle. */
static void set_then(void)
{
    HANDLE file = open_for(FILE_WRITE_ATTRIBUTES);

    SetFileTime(file, NULL, &then, &then);
    CloseHandle(file);
}

static BOOL write_at(HANDLE file, DWORD at, const char *text)
{
    DWORD n;

    return WriteFile(file, text, (DWORD)strlen(text), &n, &(OVERLAPPED){.Offset = at});
}

static BOOL resize(HANDLE file, LONG size)
{
    return SetFilePointer(file, size, NULL, FILE_BEGIN) == (DWORD)size && SetEndOfFile(file);
}

static BOOL zero(HANDLE file)
{
    LARGE_INTEGER range[2] = {{.QuadPart = 0}, {.QuadPart = 2}};
    DWORD n;

    return DeviceIoControl(file, FSCTL_SET_ZERO_DATA, range, sizeof range, NULL, 0, &n, NULL);
}

static void test_write_time(void)
{
    HANDLE file = open_for(GENERIC_READ | GENERIC_WRITE), other = open_for(GENERIC_WRITE);

    set_then();
    ok(is_then(WRITE) && write_at(file, 0, "some text") && !is_then(WRITE),
       "a write changes the time");
    set_then();
    ok(SetFileTime(file, NULL, NULL, &keep) && is_then(WRITE), "-1 sets no time");
    ok(write_at(file, 0, "more text, longer") && is_then(WRITE), "a write leaves it");
    ok(resize(file, 5) && is_then(WRITE), "so does a new size");
    ok(zero(file) && is_then(WRITE), "and FSCTL_SET_ZERO_DATA");
    ok(write_at(other, 0, "x") && !is_then(WRITE), "another handle changes it");
    set_then();
    CloseHandle(other);
    ok(SetFileTime(file, NULL, NULL, &follow) && is_then(WRITE), "-2 sets no time");
    ok(write_at(file, 0, "text") && !is_then(WRITE), "a write changes it again");
    ok(SetFileTime(file, NULL, NULL, &then) && write_at(file, 0, "t") && is_then(WRITE),
       "a time that was set stays, whatever the handle writes");
    CloseHandle(file);
    ok(is_then(WRITE), "also when it is closed");
    file = open_for(GENERIC_WRITE);
    ok(write_at(file, 0, "t") && !is_then(WRITE), "a new handle changes it");
    CloseHandle(file);
}

/* Linux tells the last access only once in a while, but always of a file written since then. */
static BOOL read_fresh(HANDLE file)
{
    HANDLE writer = open_for(GENERIC_WRITE);
    char text[4];
    DWORD n;

    set_then();
    write_at(writer, 0, "anew");
    CloseHandle(writer);
    return is_then(ACCESS) && ReadFile(file, text, 4, &n, &(OVERLAPPED){.Offset = 0});
}

static void test_access_time(void)
{
    HANDLE file = open_for(GENERIC_READ | FILE_WRITE_ATTRIBUTES);

    ok(read_fresh(file), "a file is read");
    if (is_then(ACCESS)) {
        skip(3, "this file system keeps no time of last access");
    } else {
        ok(SetFileTime(file, NULL, &keep, NULL), "its time of last access is to stay");
        ok(read_fresh(file) && is_then(ACCESS), "it does");
        ok(SetFileTime(file, NULL, &follow, NULL) && read_fresh(file) && !is_then(ACCESS),
           "and no longer");
    }
    CloseHandle(file);
}

/* By a handle with this access alone: the status. */
static LONG set_with(ACCESS_MASK access, void *info, ULONG size, int class)
{
    HANDLE file = CreateFileW(NAME, access, 7, NULL, OPEN_EXISTING, 0, NULL);
    IO_STATUS_BLOCK io;
    LONG status = NtSetInformationFile(file, &io, info, size, (FILE_INFORMATION_CLASS) class);

    CloseHandle(file);
    return status;
}

static void test_access(void)
{
    static const struct {
        const char *name;
        int class;
        ACCESS_MASK needed;
    } rows[] = {
        {"FileBasicInformation", 4, FILE_WRITE_ATTRIBUTES},
        {"FileDispositionInformation", 13, DELETE},
        {"FileDispositionInformationEx", 64, DELETE},
        {"FileAllocationInformation", 19, FILE_WRITE_DATA},
        {"FileEndOfFileInformation", 20, FILE_WRITE_DATA},
        {"FileRenameInformation", 10, DELETE},
        {"FileRenameInformationEx", 65, DELETE},
    };
    const ACCESS_MASK all = FILE_WRITE_ATTRIBUTES | DELETE | FILE_WRITE_DATA;
    char zeros[64] = {0};
    FILETIME now = then;
    HANDLE file;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        is_status(set_with(all & ~rows[i].needed, zeros, 40, rows[i].class), (LONG)0xc0000022,
                  "%s by a handle that may all else", rows[i].name);
        ok(set_with(rows[i].needed, zeros, 40, rows[i].class) != (LONG)0xc0000022,
           "by one that may this");
    }
    file = open_for(GENERIC_READ);
    fails(SetFileTime(file, NULL, NULL, &now), ERROR_ACCESS_DENIED, "SetFileTime of a reader");
    CloseHandle(file);
    ok(SetFileAttributesW(NAME, FILE_ATTRIBUTE_READONLY) &&
           (GetFileAttributesW(NAME) & FILE_ATTRIBUTE_READONLY),
       "SetFileAttributes needs no handle");
    ok(SetFileAttributesA("file_times.txt", 0) &&
           !(GetFileAttributesW(NAME) & FILE_ATTRIBUTE_READONLY),
       "the narrow form");
    fails(SetFileAttributesW(L"none", 0), ERROR_FILE_NOT_FOUND, "of a file that is not there");
    fails(SetFileAttributesW(L"none\\none", 0), ERROR_PATH_NOT_FOUND, "of no folder");
}

/* A copy of a handle may do less than the file was opened for. */
static void test_lesser_handle(void)
{
    HANDLE file = open_for(GENERIC_READ | GENERIC_WRITE), copy = NULL;
    DWORD n;
    BOOLEAN is_sparse = TRUE;

    ok(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy,
                       FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, FALSE, 0),
       "a handle that may read alone");
    fails(zero(copy), ERROR_ACCESS_DENIED, "FSCTL_SET_ZERO_DATA by it");
    fails(DeviceIoControl(copy, FSCTL_SET_SPARSE, &is_sparse, 1, NULL, 0, &n, NULL),
          ERROR_ACCESS_DENIED, "FSCTL_SET_SPARSE");
    fails(SetFileTime(copy, NULL, NULL, &then), ERROR_ACCESS_DENIED, "SetFileTime");
    fails(SetEndOfFile(copy), ERROR_ACCESS_DENIED, "SetEndOfFile");
    ok(LockFile(copy, 0, 0, 1, 0) && UnlockFile(copy, 0, 0, 1, 0), "locking by it");
    CloseHandle(copy);
    ok(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy,
                       FILE_READ_ATTRIBUTES | SYNCHRONIZE, FALSE, 0),
       "one that may not even read");
    fails(LockFile(copy, 0, 0, 1, 0), ERROR_ACCESS_DENIED, "locking by it");
    CloseHandle(copy);
    ok(zero(file), "by the first handle");
    CloseHandle(file);
}

static void test_main(void)
{
    WCHAR temp[MAX_PATH];

    GetTempPathW(MAX_PATH, temp);
    SetCurrentDirectoryW(temp);
    DeleteFileW(NAME);
    test_write_time();
    test_access_time();
    test_access();
    test_lesser_handle();
    ok(DeleteFileW(NAME), "it goes");
}
