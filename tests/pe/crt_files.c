/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Files, folders, pipes, time and memory as a C program on Wine's kernel32 and msvcrt sees them. */
#include "test.h"
#include <direct.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLDER "C:\\windows\\temp\\crt_files_test"

static void test_stdio(void)
{
    char line[32], *end;
    FILE *file = fopen(FOLDER "\\text.txt", "w");

    ok(file != NULL, "fopen for writing");
    ok(fprintf(file, "one\ntwo %d\n", 2) == 10, "fprintf");
    ok(!fclose(file), "fclose");
    file = fopen(FOLDER "\\TEXT.TXT", "rb");
    ok(file != NULL, "fopen for reading, other case");
    is_number(fread(line, 1, 32, file), 12, "text mode wrote CR LF");
    rewind(file);
    end = fgets(line, 32, file);
    ok(end && !strcmp(line, "one\r\n"), "rewind, fgets");
    fclose(file);
    file = fopen(FOLDER "\\text.txt", "a+");
    fputs("three\n", file);
    fseek(file, 0, SEEK_SET);
    ok(fgets(line, 32, file) && !strcmp(line, "one\n"), "text mode reads LF");
    fclose(file);
    is_number(_access(FOLDER "\\text.txt", 0), 0, "access: it is there");
    is_number(_access(FOLDER "\\none.txt", 0), -1, "access: it is not");
    ok(!fopen(FOLDER "\\none.txt", "r"), "fopen of what is not there");
    ok(!rename(FOLDER "\\text.txt", FOLDER "\\renamed.txt"), "rename");
    ok(!remove(FOLDER "\\renamed.txt"), "remove");
    is_number(remove(FOLDER "\\renamed.txt"), -1, "remove again");
}

static void test_find(void)
{
    WIN32_FIND_DATAA data;
    HANDLE find;
    int n = 0;

    for (int i = 0; i < 300; i++) {
        char path[128];

        snprintf(path, sizeof(path), FOLDER "\\file%03d.dat", i);
        fclose(fopen(path, "w"));
    }
    find = FindFirstFileA(FOLDER "\\*.dat", &data);
    ok(find != INVALID_HANDLE_VALUE && !strcmp(data.cFileName, "file000.dat"),
       "FindFirstFile: the first by name");
    do
        n++;
    while (FindNextFileA(find, &data));
    is_number(n, 300, "FindNextFile: all 300, over several buffers");
    is_number(GetLastError(), ERROR_NO_MORE_FILES, "then no more");
    FindClose(find);
    for (int i = 0; i < 300; i++) {
        char path[128];

        snprintf(path, sizeof(path), FOLDER "\\file%03d.dat", i);
        DeleteFileA(path);
    }
    find = FindFirstFileA(FOLDER "\\*.dat", &data);
    ok(find == INVALID_HANDLE_VALUE, "nothing is left");
    is_number(GetLastError(), ERROR_FILE_NOT_FOUND, "file not found");
}

static void test_win32(void)
{
    HANDLE file = CreateFileA(FOLDER "\\win32.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_NEW, 0, NULL);
    char buffer[64] = "", path[MAX_PATH], temp[MAX_PATH];
    DWORD n, high;

    ok(file != INVALID_HANDLE_VALUE, "CreateFile");
    ok(WriteFile(file, "0123456789", 10, &n, NULL) && n == 10, "WriteFile");
    is_number(SetFilePointer(file, -4, NULL, FILE_END), 6, "SetFilePointer from the end");
    ok(ReadFile(file, buffer, 64, &n, NULL) && n == 4 && !memcmp(buffer, "6789", 4), "ReadFile");
    ok(ReadFile(file, buffer, 64, &n, NULL) && !n, "ReadFile at the end: success, no bytes");
    is_number(GetFileSize(file, &high), 10, "GetFileSize");
    SetFilePointer(file, 3, NULL, FILE_BEGIN);
    ok(SetEndOfFile(file) && GetFileSize(file, NULL) == 3, "SetEndOfFile");
    is_number(GetFileType(file), FILE_TYPE_DISK, "GetFileType");
    ok(GetFinalPathNameByHandleA(file, path, MAX_PATH, 0) > 0 || GetLastError(),
       "GetFinalPathNameByHandle answers");
    ok(CreateFileA(FOLDER "\\win32.bin", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL) ==
               INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_SHARING_VIOLATION,
       "a file that is not shared");
    CloseHandle(file);
    ok(CopyFileA(FOLDER "\\win32.bin", FOLDER "\\copy.bin", TRUE), "CopyFile");
    is_number(GetFileAttributesA(FOLDER "\\copy.bin") & FILE_ATTRIBUTE_DIRECTORY, 0,
              "GetFileAttributes");
    ok(MoveFileA(FOLDER "\\copy.bin", FOLDER "\\moved.bin"), "MoveFile");
    ok(!MoveFileA(FOLDER "\\moved.bin", FOLDER "\\win32.bin") &&
           GetLastError() == ERROR_ALREADY_EXISTS,
       "MoveFile over another");
    ok(MoveFileExA(FOLDER "\\moved.bin", FOLDER "\\win32.bin", MOVEFILE_REPLACE_EXISTING),
       "unless it may");
    ok(SetFileAttributesA(FOLDER "\\win32.bin", FILE_ATTRIBUTE_READONLY), "SetFileAttributes");
    ok(!DeleteFileA(FOLDER "\\win32.bin") && GetLastError() == ERROR_ACCESS_DENIED,
       "a read-only file stays");
    SetFileAttributesA(FOLDER "\\win32.bin", FILE_ATTRIBUTE_NORMAL);
    ok(DeleteFileA(FOLDER "\\win32.bin"), "DeleteFile");
    ok(GetTempPathA(MAX_PATH, temp) > 0 && GetTempFileNameA(temp, "prt", 0, path),
       "GetTempFileName");
    ok(DeleteFileA(path), "and away");
    ok(!CreateDirectoryA(FOLDER, NULL) && GetLastError() == ERROR_ALREADY_EXISTS,
       "CreateDirectory again");
    ok(!_chdir(FOLDER) && _getcwd(path, MAX_PATH) && !_stricmp(path, FOLDER), "chdir, getcwd");
    file = CreateFileA("relative", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE,
                       NULL);
    ok(file != INVALID_HANDLE_VALUE && !_access(FOLDER "\\relative", 0), "a relative name");
    CloseHandle(file);
    is_number(_access(FOLDER "\\relative", 0), -1, "deleted on close");
    _chdir("C:\\");
}

static DWORD WINAPI pipe_writer(void *handle)
{
    static char data[100000];
    DWORD n;

    memset(data, 'x', sizeof(data));
    WriteFile(handle, data, sizeof(data), &n, NULL);
    CloseHandle(handle);
    return n;
}

static void test_pipe(void)
{
    HANDLE reader, writer, thread;
    static char buffer[70000];
    DWORD n, total = 0, available;

    ok(CreatePipe(&reader, &writer, NULL, 0), "CreatePipe");
    ok(WriteFile(writer, "abc", 3, &n, NULL) && n == 3, "write");
    ok(PeekNamedPipe(reader, NULL, 0, NULL, &available, NULL) && available == 3, "PeekNamedPipe");
    ok(ReadFile(reader, buffer, 100, &n, NULL) && n == 3, "read");
    is_number(GetFileType(reader), FILE_TYPE_PIPE, "it is a pipe");
    thread = CreateThread(NULL, 0, pipe_writer, writer, 0, NULL);
    while (ReadFile(reader, buffer, sizeof(buffer), &n, NULL) && n)
        total += n;
    is_number(GetLastError(), ERROR_BROKEN_PIPE, "the writer's end is told");
    is_number(total, 100000, "more than the pipe holds came through");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(reader);
}

static void test_mapping(void)
{
    HANDLE file = CreateFileA(FOLDER "\\map", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 100000, NULL);
    char *view;

    ok(mapping != NULL, "CreateFileMapping");
    view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0x10000, 100);
    ok(view != NULL, "MapViewOfFile");
    strcpy(view, "mapped");
    ok(FlushViewOfFile(view, 0), "FlushViewOfFile");
    ok(UnmapViewOfFile(view), "UnmapViewOfFile");
    CloseHandle(mapping);
    CloseHandle(file);
}

static void test_lock(void)
{
    HANDLE file = CreateFileA(FOLDER "\\lock", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_WRITE, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);

    ok(LockFile(file, 0, 0, 10, 0), "LockFile");
    ok(!LockFile(file, 5, 0, 10, 0) && GetLastError() == ERROR_LOCK_VIOLATION,
       "a range that overlaps is refused");
    ok(UnlockFile(file, 0, 0, 10, 0), "UnlockFile");
    ok(!UnlockFile(file, 0, 0, 10, 0) && GetLastError() == ERROR_NOT_LOCKED, "is not locked twice");
    CloseHandle(file);
}

static void test_machine(void)
{
    DWORD_PTR process = 0, system = 0;

    is_number(GetDriveTypeA("Z:\\"), DRIVE_FIXED, "GetDriveType");
    ok(GetProcessAffinityMask(GetCurrentProcess(), &process, &system), "GetProcessAffinityMask");
    ok(process && (process & system) == process, "names processors that the system has");
    ok(SetProcessAffinityMask(GetCurrentProcess(), process), "SetProcessAffinityMask");
}

static void test_drives(void)
{
    char drives[32], target[64];

    is_number(GetLogicalDrives(), 1 << ('C' - 'A') | 1 << ('Z' - 'A'), "GetLogicalDrives: C and Z");
    is_number(GetLogicalDriveStringsA(sizeof(drives), drives), 8, "GetLogicalDriveStrings: two");
    ok(!memcmp(drives, "C:\\\0Z:\\\0", 9), "their names");
    is_number(GetDriveTypeA("C:\\"), DRIVE_FIXED, "C is fixed");
    is_number(GetDriveTypeA("Z:\\"), DRIVE_FIXED, "so is Z");
    is_number(GetDriveTypeA("Q:\\"), DRIVE_NO_ROOT_DIR, "Q is not there");
    ok(QueryDosDeviceA("Z:", target, sizeof(target)) && !strncmp(target, "\\Device\\", 8),
       "QueryDosDevice: a device");
}

static void test_time_and_memory(void)
{
    TIME_ZONE_INFORMATION zone;
    MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};
    SYSTEM_INFO system;
    SYSTEMTIME now;
    time_t t = time(NULL);
    unsigned value;

    GetSystemTime(&now);
    ok(now.wYear >= 2024 && now.wMonth >= 1 && now.wMonth <= 12, "GetSystemTime");
    ok(t > 1700000000 && gmtime(&t)->tm_year + 1900 == now.wYear, "time agrees");
    ok(GetTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID, "GetTimeZoneInformation");
    ok(GlobalMemoryStatusEx(&memory) && memory.ullTotalPhys > 1 << 20 && memory.ullAvailPhys,
       "GlobalMemoryStatusEx");
    GetSystemInfo(&system);
    ok(system.dwPageSize == 4096 && system.dwNumberOfProcessors >= 1, "GetSystemInfo");
    ok(clock() != (clock_t)-1, "clock");
    value = GetTickCount();
    Sleep(2);
    ok(GetTickCount() >= value, "GetTickCount does not go back");
}

static void test_main(void)
{
    CreateDirectoryA(FOLDER, NULL);
    test_stdio();
    test_find();
    test_win32();
    test_pipe();
    test_mapping();
    test_lock();
    test_machine();
    test_drives();
    test_time_and_memory();
    ok(RemoveDirectoryA(FOLDER), "the folder goes");
}
