/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Drives, current folders, searching for files, mapped files. */
#include "win32.h"

#include <stdio.h>
#include <string.h>

#define FOLDER L"C:\\windows\\temp\\win32_drives"

static void full(const WCHAR *path, const WCHAR *want)
{
    WCHAR got[MAX_PATH] = L"";

    GetFullPathNameW(path, MAX_PATH, got, NULL);
    if (!ok(!wcscmp(got, want), "full path of %S", path))
        diag("got %S, want %S", got, want);
}

static void test_drives(void)
{
    static const WCHAR *const folders[] = {L"C:\\Windows", L"C:\\Windows\\System32",
                                           L"C:\\Windows\\Temp", L"C:\\Program Files",
                                           L"C:\\Users"};
    WCHAR text[MAX_PATH], file_system[32], path[MAX_PATH];
    ULARGE_INTEGER mine, total, all;
    DWORD drives = GetLogicalDrives(), serial, longest, flags, n;

    ok(drives & 4, "drive C:");
    ok(GetDriveTypeW(L"C:\\") == DRIVE_FIXED, "is a disk");
    ok(GetDriveTypeW(L"Q:\\") == DRIVE_NO_ROOT_DIR, "Q: is none");
    ok(GetLogicalDriveStringsW(MAX_PATH, text) && wcsstr(text, L"\\"), "the drives' names");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ok(GetFileAttributesW(folders[i]) != INVALID_FILE_ATTRIBUTES &&
               (GetFileAttributesW(folders[i]) & FILE_ATTRIBUTE_DIRECTORY),
           "%S is there", folders[i]);
    ok(GetVolumeInformationW(L"C:\\", text, MAX_PATH, &serial, &longest, &flags, file_system, 32) &&
           longest == 255 && serial && !wcscmp(file_system, L"NTFS") &&
           (flags & FILE_CASE_PRESERVED_NAMES),
       "the volume");
    ok(GetDiskFreeSpaceExW(L"C:\\", &mine, &total, &all) && total.QuadPart &&
           mine.QuadPart <= all.QuadPart && all.QuadPart <= total.QuadPart,
       "its space");
    ok(GetDiskFreeSpaceW(L"C:\\", &n, &serial, &longest, &flags) && n && serial >= 512,
       "in clusters");
    ok(GetWindowsDirectoryW(text, MAX_PATH) && !_wcsicmp(text, L"C:\\windows"),
       "the Windows folder");
    ok(GetSystemDirectoryW(text, MAX_PATH) && !_wcsicmp(text, L"C:\\windows\\system32"),
       "the system folder");
    ok(ExpandEnvironmentStringsW(L"%USERPROFILE%", path, MAX_PATH) &&
           GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES,
       "%%USERPROFILE%% is there");
    ok(ExpandEnvironmentStringsW(L"%SystemRoot%|%SystemDrive%|%ProgramFiles%|%TEMP%", path,
                                 MAX_PATH) &&
           !wcschr(path, '%'),
       "variables for the others");
    if (running_on_portico()) {
        ok(drives & (1 << 25) && GetDriveTypeW(L"Z:\\") == DRIVE_FIXED, "drive Z: is a disk");
        ok(GetFileAttributesW(L"Z:\\etc\\PASSWD") != INVALID_FILE_ATTRIBUTES, "and Linux' root");
    } else {
        skip(2, "only Portico has a drive Z:");
    }
}

static void test_current(void)
{
    WCHAR before[MAX_PATH], text[MAX_PATH], *part;

    GetCurrentDirectoryW(MAX_PATH, before);
    ok(SetCurrentDirectoryW(FOLDER), "change the current folder");
    ok(GetCurrentDirectoryW(MAX_PATH, text) && !_wcsicmp(text, FOLDER), "it is");
    full(L"x\\..\\y", FOLDER L"\\y");
    full(L"..\\y.", L"C:\\windows\\temp\\y");
    full(L"\\y", L"C:\\y");
    full(L"C:y", FOLDER L"\\y");
    full(L"C:", FOLDER);
    full(L"C:\\a\\.\\b\\..\\..\\..\\c", L"C:\\c");
    full(L"c:/a//b", L"c:\\a\\b");
    full(L"\\\\server\\share\\..\\x", L"\\\\server\\share\\x");
    full(L"nul", L"\\\\.\\nul");
    ok(GetFullPathNameW(L"C:\\dir\\name.ext", MAX_PATH, text, &part) == 15 &&
           !wcscmp(part, L"name.ext"),
       "the last part");
    ok(GetFullPathNameW(L"C:\\dir\\name.ext", 4, text, NULL) == 16, "how much room it needs");
    SetEnvironmentVariableW(L"=Z:", L"Z:\\usr");
    full(L"Z:lib", L"Z:\\usr\\lib");
    SetEnvironmentVariableW(L"=Z:", NULL);
    full(L"Z:lib", L"Z:\\lib");
    fails(SetCurrentDirectoryW(FOLDER L"\\none"), ERROR_FILE_NOT_FOUND,
          "a folder that is not there");
    ok(CreateDirectoryW(L"relative", NULL) && RemoveDirectoryW(FOLDER L"\\RELATIVE"),
       "relative paths");
    SetCurrentDirectoryW(before);
}

static void test_search(void)
{
    WCHAR text[MAX_PATH], *part;
    HANDLE file =
        CreateFileW(FOLDER L"\\Found.ext", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

    CloseHandle(file);
    ok(SearchPathW(L"C:\\none;" FOLDER, L"found", L".ext", MAX_PATH, text, &part) &&
           !_wcsicmp(text, FOLDER L"\\found.ext") && !_wcsicmp(part, L"found.ext"),
       "SearchPath");
    ok(SearchPathW(NULL, L"kernel32.dll", NULL, MAX_PATH, text, NULL), "in the usual places");
    fails(SearchPathW(FOLDER, L"other", L".ext", MAX_PATH, text, NULL), ERROR_FILE_NOT_FOUND,
          "what is not there");
    ok(GetLongPathNameW(L"c:\\WINDOWS\\TEMP\\WIN32_drives\\FOUND.EXT", text, MAX_PATH) &&
           !wcscmp(wcsrchr(text, '\\'), L"\\Found.ext"),
       "the long name is spelled as the file");
    file = CreateFileW(FOLDER L"\\found.ext", 0, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(GetFinalPathNameByHandleW(file, text, MAX_PATH, 0) &&
           !_wcsicmp(text, L"\\\\?\\" FOLDER L"\\Found.ext"),
       "the final path of a handle");
    CloseHandle(file);
    DeleteFileW(FOLDER L"\\found.ext");
}

static void test_mapping(void)
{
    const WCHAR *path = FOLDER L"\\mapped";
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE section, other;
    SYSTEM_INFO system;
    char *view, *copy, *at, text[8];
    DWORD n;

    GetSystemInfo(&system);
    fails(CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 0, NULL) != NULL, ERROR_FILE_INVALID,
          "mapping an empty file");
    section =
        CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 3 * system.dwAllocationGranularity, NULL);
    ok(section && GetFileSize(file, NULL) == 3 * system.dwAllocationGranularity,
       "it grows to the size");
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    ok(view != NULL, "map it whole");
    at = MapViewOfFile(section, FILE_MAP_READ, 0, system.dwAllocationGranularity, 100);
    ok(at != NULL, "a part of it");
    ok(!MapViewOfFile(section, FILE_MAP_READ, 0, 4096, 100) &&
           GetLastError() == ERROR_MAPPED_ALIGNMENT,
       "not at every page");
    copy = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    ok(copy != NULL, "as a copy");
    strcpy(view + system.dwAllocationGranularity, "shared");
    ok(!strcmp(at, "shared"), "views are of one memory");
    strcpy(copy, "own");
    ok(!view[0], "a copy is one's own");
    ok(FlushViewOfFile(view, 0) && FlushFileBuffers(file), "flush");
    SetFilePointer(file, (LONG)system.dwAllocationGranularity, NULL, FILE_BEGIN);
    ok(ReadFile(file, text, 7, &n, NULL) && !strcmp(text, "shared"), "the file has it");
    ok(UnmapViewOfFile(view) && UnmapViewOfFile(at) && UnmapViewOfFile(copy), "unmap");
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileW(path);

    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100,
                                 L"Local\\win32_drives");
    SetLastError(0);
    other = OpenFileMappingW(FILE_MAP_READ, FALSE, L"Local\\win32_drives");
    ok(section && other, "named, of no file");
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    at = MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0);
    strcpy(view, "page file");
    ok(at && !strcmp(at, "page file"), "by either handle");
    ok(!MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0) && GetLastError() == ERROR_ACCESS_DENIED,
       "as its access allows");
    CloseHandle(other);
    other = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100,
                               L"Local\\win32_drives");
    ok(other && GetLastError() == ERROR_ALREADY_EXISTS, "it is there already");
    CloseHandle(other);
    CloseHandle(section);
    UnmapViewOfFile(at);
    UnmapViewOfFile(view);
}

static void test_main(void)
{
    CreateDirectoryW(FOLDER, NULL);
    test_drives();
    test_current();
    test_search();
    test_mapping();
    ok(RemoveDirectoryW(FOLDER), "nothing was left behind");
}
