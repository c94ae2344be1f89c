/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What Windows refuses where Linux would not: deleting devices, parts of sectors without buffering,
 * TRUNCATE_EXISTING by who does not write. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>

#include <string.h>

#include "win32.h"

#define NAME "file_rules.txt"

enum { SECTOR = 512 };

static char folder[MAX_PATH];

/* ---- devices ---- */

static void test_devices(void)
{
    static const char *const names[] = {"NUL", "nul.txt", "C:\\windows\\NUL", "\\\\.\\NUL"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fails(DeleteFileA(names[i]), ERROR_INVALID_FUNCTION, names[i]);
        fails(SetFileAttributesA(names[i], FILE_ATTRIBUTE_READONLY), ERROR_INVALID_FUNCTION,
              "its attributes: setting them");
    }
    ok(!DeleteFileA("CON") && !DeleteFileA("CONOUT$") && !DeleteFileA("COM1") &&
           !DeleteFileA("LPT1") && !DeleteFileA("AUX") && !DeleteFileA("PRN"),
       "no other device is deleted");
    fails(DeleteFileA("C:\\"), ERROR_ACCESS_DENIED, "deleting a drive's root");
    fails(DeleteFileA(""), ERROR_PATH_NOT_FOUND, "an empty name");
    fails(DeleteFileA("none"), ERROR_FILE_NOT_FOUND, "what is not there");
    fails(DeleteFileA("none\\none"), ERROR_PATH_NOT_FOUND, "where nothing is");
    fails(DeleteFileA(folder), ERROR_ACCESS_DENIED, "a folder");
}

/* ---- sectors ---- */

static HANDLE open_raw(DWORD access, DWORD flags)
{
    return CreateFileA(NAME, access, 7, NULL, OPEN_EXISTING, flags | FILE_FLAG_NO_BUFFERING, NULL);
}

static char *bytes; /* a page */

static BOOL move(HANDLE file, BOOL write_it, DWORD offset, DWORD length)
{
    OVERLAPPED over = {.Offset = offset};
    DWORD n;

    return write_it ? WriteFile(file, bytes, length, &n, &over)
                    : ReadFile(file, bytes, length, &n, &over);
}

static void test_sectors(void)
{
    HANDLE file = CreateFileA(NAME, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    WriteFile(file, bytes, 1000, &n, NULL);
    CloseHandle(file);
    file = open_raw(GENERIC_READ | GENERIC_WRITE, 0);
    for (int write_it = 0; write_it < 2; write_it++) {
        fails(move(file, write_it, 0, 100), ERROR_INVALID_PARAMETER, "a part of a sector");
        fails(move(file, write_it, 0, SECTOR + 1), ERROR_INVALID_PARAMETER, "more than one");
        fails(move(file, write_it, 1, SECTOR), ERROR_INVALID_PARAMETER, "not at its start");
        ok(move(file, write_it, 0, SECTOR), "a whole one");
    }
    is_number(SetFilePointer(file, 100, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER,
              "the position can only be a sector's");
    is_number(SetFilePointer(file, SECTOR, NULL, FILE_BEGIN), SECTOR, "as this one");
    ok(ReadFile(file, bytes, SECTOR, &n, NULL) && n == 1000 - SECTOR, "the last one is cut off");
    ok(ReadFile(file, bytes, SECTOR, &n, NULL) && !n, "then the end has come");
    CloseHandle(file);
    file = open_raw(GENERIC_READ, FILE_FLAG_OVERLAPPED);
    fails(move(file, FALSE, 8, SECTOR), ERROR_INVALID_PARAMETER, "overlapped too");
    CloseHandle(file);
    file = open_raw(FILE_APPEND_DATA, 0);
    ok(file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER,
       "nothing can be appended so");
}

static void test_pages(void)
{
    FILE_SEGMENT_ELEMENT pages[2] = {{.Buffer = bytes}, {.Buffer = NULL}};
    HANDLE file =
        CreateFileA(NAME, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED over = {0};
    DWORD n = 0;

    fails(ReadFileScatter(file, pages, 4096, NULL, &over), ERROR_INVALID_PARAMETER,
          "ReadFileScatter by a file with buffering");
    CloseHandle(file);
    file = open_raw(GENERIC_READ, FILE_FLAG_OVERLAPPED);
    ok(ReadFileScatter(file, pages, 4096, NULL, &over) || GetLastError() == ERROR_IO_PENDING,
       "without");
    ok(GetOverlappedResult(file, &over, &n, TRUE) && n == 1000, "it reads");
    CloseHandle(file);
}

/* ---- truncating ---- */

static DWORD error_of(HANDLE file)
{
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;

    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return error;
}

static void test_truncating(void)
{
    static const DWORD accesses[] = {0, GENERIC_READ, FILE_WRITE_DATA, DELETE};
    CREATEFILE2_EXTENDED_PARAMETERS how = {.dwSize = sizeof how};
    WIN32_FIND_DATAA found;

    for (size_t i = 0; i < sizeof accesses / sizeof *accesses; i++) {
        is_number(error_of(CreateFileA(NAME, accesses[i], 7, NULL, TRUNCATE_EXISTING, 0, NULL)),
                  ERROR_INVALID_PARAMETER, "TRUNCATE_EXISTING with access %x",
                  (unsigned)accesses[i]);
        is_number(error_of(CreateFileW(L"" NAME, accesses[i], 7, NULL, TRUNCATE_EXISTING, 0, NULL)),
                  ERROR_INVALID_PARAMETER, "wide");
        is_number(error_of(CreateFile2(L"" NAME, accesses[i], 7, TRUNCATE_EXISTING, &how)),
                  ERROR_INVALID_PARAMETER, "CreateFile2");
    }
    FindClose(FindFirstFileA(NAME, &found));
    is_number(found.nFileSizeLow, 1000, "the file is what it was");
    is_number(error_of(CreateFileA(NAME, GENERIC_WRITE, 7, NULL, TRUNCATE_EXISTING, 0, NULL)), 0,
              "with GENERIC_WRITE");
    FindClose(FindFirstFileA(NAME, &found));
    is_number(found.nFileSizeLow, 0, "it is empty");
}

static void test_main(void)
{
    GetTempPathA(MAX_PATH, folder);
    SetCurrentDirectoryA(folder);
    bytes = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    memset(bytes, 'b', 4096);
    test_devices();
    test_sectors();
    test_pages();
    test_truncating();
    ok(DeleteFileA(NAME), "it goes");
}
