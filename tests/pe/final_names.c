/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* GetFinalPathNameByHandle: its forms, long paths, buffers that are too small, what has no name;
 * names that are no Unicode. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "win32.h"

enum { UNITS_MAX = 4096, UNTOUCHED = 0xcccc };

static WCHAR text[UNITS_MAX], base[MAX_PATH]; /* base: C:\...\folder */

static HANDLE open_any(const WCHAR *name)
{
    return CreateFileW(name, 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static void is_text(const WCHAR *want, const char *what)
{
    if (!ok(!wcscmp(text, want), "%s", what))
        diag("got %S, want %S", text, want);
}

/* What kernelbase itself calls the drive's volume, with its separator. */
static void volume_of(const WCHAR *path, WCHAR ret_name[MAX_PATH])
{
    const WCHAR root[] = {path[0], ':', '\\', 0};

    ret_name[0] = 0;
    GetVolumeNameForVolumeMountPointW(root, ret_name, MAX_PATH);
}

static void test_forms(void)
{
    static const DWORD opened[] = {FILE_NAME_NORMALIZED, FILE_NAME_OPENED, 0x1000};
    WCHAR want[MAX_PATH + 64], device[MAX_PATH], drive[] = L"C:";
    HANDLE folder = open_any(base);

    drive[0] = base[0];
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
        _snwprintf(want, sizeof want / sizeof *want, L"\\\\?\\%s", base);
        is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, VOLUME_NAME_DOS | opened[i]),
                  (long long)wcslen(want), "flags %x: a DOS name's length", (unsigned)opened[i]);
        is_text(want, "the name");
        volume_of(base, want);
        wcscat(want, base + 3);
        is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, VOLUME_NAME_GUID | opened[i]),
                  (long long)wcslen(want), "with the volume's name");
        is_text(want, "the name");
        QueryDosDeviceW(drive, device, MAX_PATH);
        _snwprintf(want, sizeof want / sizeof *want, L"%s%s", device, base + 2);
        is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, VOLUME_NAME_NT | opened[i]),
                  (long long)wcslen(want), "with the device's");
        is_text(want, "the name");
        is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, VOLUME_NAME_NONE | opened[i]),
                  (long long)wcslen(base + 2), "without");
        is_text(base + 2, "the name");
    }
    CloseHandle(folder);
}

static void fails_with(DWORD result, DWORD want, const char *what)
{
    DWORD error = GetLastError();

    ok(!result && text[0] == UNTOUCHED, "%s fails and gives nothing", what);
    is_number(error, want, "its error");
}

static void test_refusals(void)
{
    HANDLE folder = open_any(base), null = open_any(L"NUL"), event;

    text[0] = UNTOUCHED;
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    fails_with(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, 7), ERROR_INVALID_PARAMETER,
               "several forms at once");
    fails_with(GetFinalPathNameByHandleW(NULL, text, UNITS_MAX, 3), ERROR_INVALID_PARAMETER,
               "of no handle");
    fails_with(GetFinalPathNameByHandleW(NULL, text, UNITS_MAX, 0), ERROR_INVALID_HANDLE,
               "no handle");
    fails_with(GetFinalPathNameByHandleW(INVALID_HANDLE_VALUE, text, UNITS_MAX, 0),
               ERROR_INVALID_HANDLE, "INVALID_HANDLE_VALUE");
    fails_with(GetFinalPathNameByHandleA(event, (char *)text, UNITS_MAX, 0), ERROR_INVALID_HANDLE,
               "an event");
    fails_with(GetFinalPathNameByHandleW(null, text, UNITS_MAX, VOLUME_NAME_NT),
               ERROR_INVALID_FUNCTION, "a device");
    CloseHandle(event);
    CloseHandle(null);
    CloseHandle(folder);
}

/* Every size of buffer around what is needed. */
static void test_short_buffers(void)
{
    char *narrow = (char *)text;
    HANDLE folder = open_any(base);
    const DWORD n = 4 + (DWORD)wcslen(base);

    for (DWORD size = n - 1; size <= n + 1; size++) {
        text[0] = UNTOUCHED;
        SetLastError(0);
        is_number(GetFinalPathNameByHandleW(folder, text, size, 0), size <= n ? n + 1 : n,
                  "%u characters of %u", (unsigned)size, (unsigned)n);
        ok((text[0] == UNTOUCHED) == (size <= n), "the buffer");
        is_number(GetLastError(), size <= n ? ERROR_NOT_ENOUGH_MEMORY : 0, "the error");
        text[0] = UNTOUCHED;
        SetLastError(0);
        is_number(GetFinalPathNameByHandleA(folder, narrow, size, 0), size <= n ? n + 1 : n,
                  "%u bytes of %u", (unsigned)size, (unsigned)n);
        ok((text[0] == UNTOUCHED) == (size <= n), "the buffer");
        is_number(GetLastError(), size <= n ? ERROR_NOT_ENOUGH_MEMORY : 0, "the error");
    }
    is_number(GetFinalPathNameByHandleW(folder, NULL, 0, 0), n + 1, "how much it is");
    CloseHandle(folder);
}

/* The folder `path`, made, is told with all its characters; then another one within. */
static void test_long(WCHAR *path, size_t units)
{
    const size_t n = wcslen(path);
    const DWORD want = (DWORD)units;
    HANDLE folder;

    path[n] = '\\';
    for (size_t i = n + 1; i < units; i++)
        path[i] = 'x';
    path[units] = 0;
    ok(CreateDirectoryW(path, NULL), "a path of %u characters", (unsigned)units);
    folder = open_any(path);
    text[0] = 0;
    is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, 0), want, "its name");
    is_text(path, "the name");
    is_number(GetFinalPathNameByHandleA(folder, (char *)text, UNITS_MAX, 0), want, "narrow");
    ok(((char *)text)[units - 1] == 'x' && !((char *)text)[units], "the name");
    is_number(GetFinalPathNameByHandleW(folder, text, UNITS_MAX, VOLUME_NAME_NONE), want - 6,
              "without its drive");
    is_text(path + 6, "the name");
    CloseHandle(folder);
}

static void test_long_paths(void)
{
    static const size_t sizes[] = {200, 312, 400, 640, 880, 1120};
    WCHAR path[UNITS_MAX] = L"\\\\?\\";

    wcscat(path, base);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        test_long(path, sizes[i]);
    for (size_t i = sizeof sizes / sizeof *sizes; i--;) {
        RemoveDirectoryW(path);
        *wcsrchr(path, '\\') = 0;
    }
}

/* A name need not be Unicode: each lone surrogate is a name of its own. */
static void test_lone_surrogates(void)
{
    static const WCHAR units[] = {0xd800, 0xdbff, 0xdc00, 0xdc7f, 0xdc80, 0xdcff, 0xdd00, 0xdfff};
    WCHAR name[MAX_PATH], mask[MAX_PATH], want[] = L"a?b";
    WIN32_FIND_DATAW found;
    HANDLE file, search;
    size_t n = 0;

    _snwprintf(mask, MAX_PATH, L"%s\\a*b", base);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        want[1] = units[i];
        _snwprintf(name, MAX_PATH, L"%s\\%s", base, want);
        file = CreateFileW(name, GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL);
        ok(file != INVALID_HANDLE_VALUE, "a name with U+%x", units[i]);
        ok(GetFinalPathNameByHandleW(file, text, UNITS_MAX, 0) && !wcscmp(text + 4, name),
           "is its name");
        CloseHandle(file);
        search = FindFirstFileW(name, &found);
        ok(search != INVALID_HANDLE_VALUE && !wcscmp(found.cFileName, want), "it is found");
        FindClose(search);
    }
    search = FindFirstFileW(mask, &found);
    do
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            n += found.cFileName[1] == units[i] && wcslen(found.cFileName) == 3;
    while (FindNextFileW(search, &found));
    FindClose(search);
    is_number((long long)n, sizeof units / sizeof *units, "all are listed");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        want[1] = units[i];
        _snwprintf(name, MAX_PATH, L"%s\\%s", base, want);
        file = open_any(name);
        ok(file != INVALID_HANDLE_VALUE && CloseHandle(file) && DeleteFileW(name),
           "U+%x is opened and deleted", units[i]);
    }
}

static void test_main(void)
{
    HANDLE folder;
    WCHAR temp[MAX_PATH];

    GetTempPathW(MAX_PATH, temp);
    GetTempFileNameW(temp, L"fin", 0, base);
    DeleteFileW(base);
    CreateDirectoryW(base, NULL);
    folder = open_any(base); /* the way there may have links */
    GetFinalPathNameByHandleW(folder, text, MAX_PATH, 0);
    CloseHandle(folder);
    wcscpy(base, text + 4);
    test_forms();
    test_refusals();
    test_short_buffers();
    test_long_paths();
    test_lone_surrogates();
    ok(RemoveDirectoryW(base), "the folder goes");
}
