/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Files as kernel32 shows them: attributes, times, sizes, renaming, deleting, names of every kind,
 * listing by pattern, temporary files. */
#include "win32.h"

#include <stdio.h>
#include <string.h>

#define FOLDER L"C:\\windows\\temp\\win32_files"

static HANDLE open_file(const WCHAR *path, DWORD access, DWORD sharing, DWORD disposition,
                        DWORD flags)
{
    return CreateFileW(path, access, sharing, NULL, disposition, flags, NULL);
}

static BOOL make(const WCHAR *path, const char *text)
{
    HANDLE file = open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    DWORD n = 0;
    BOOL done =
        file != INVALID_HANDLE_VALUE && WriteFile(file, text, (DWORD)strlen(text), &n, NULL);

    CloseHandle(file);
    return done;
}

static BOOL exists(const WCHAR *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static BOOL holds(const WCHAR *path, const char *want)
{
    HANDLE file = open_file(path, GENERIC_READ, 7, OPEN_EXISTING, 0);
    char text[256] = "";
    DWORD n = 0;
    BOOL done = file != INVALID_HANDLE_VALUE && ReadFile(file, text, sizeof(text) - 1, &n, NULL);

    CloseHandle(file);
    return done && n == strlen(want) && !memcmp(text, want, n);
}

/* Linux' file systems need not keep them. */
static BOOL attributes_are_kept(void)
{
    BOOL kept;

    make(FOLDER L"\\kept", "");
    SetFileAttributesW(FOLDER L"\\kept", FILE_ATTRIBUTE_HIDDEN);
    kept = GetFileAttributesW(FOLDER L"\\kept") == FILE_ATTRIBUTE_HIDDEN;
    DeleteFileW(FOLDER L"\\kept");
    return kept || !running_on_portico();
}

static void test_attributes(void)
{
    const WCHAR *path = FOLDER L"\\attributes";
    BY_HANDLE_FILE_INFORMATION info;
    WIN32_FILE_ATTRIBUTE_DATA data;
    HANDLE file;

    ok(make(path, "text"), "a file");
    ok(GetFileAttributesW(path) == FILE_ATTRIBUTE_ARCHIVE, "its attributes");
    ok(SetFileAttributesW(path, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN), "set them");
    is_number(GetFileAttributesW(path), FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN,
              "read-only and hidden");
    fails(open_file(path, GENERIC_WRITE, 0, OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "writing a read-only file");
    fails(DeleteFileW(path), ERROR_ACCESS_DENIED, "deleting it");
    ok(SetFileAttributesW(path, FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE), "system");
    is_number(GetFileAttributesW(path), FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE, "it is");
    ok(SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL), "normal");
    is_number(GetFileAttributesW(path), FILE_ATTRIBUTE_NORMAL, "it is");
    file = open_file(path, GENERIC_READ, 7, OPEN_EXISTING, 0);
    ok(GetFileInformationByHandle(file, &info) && info.nFileSizeLow == 4 &&
           info.nNumberOfLinks == 1 && info.dwFileAttributes == FILE_ATTRIBUTE_NORMAL &&
           info.nFileIndexLow,
       "by handle");
    CloseHandle(file);
    ok(GetFileAttributesExW(path, GetFileExInfoStandard, &data) && data.nFileSizeLow == 4,
       "by name");
    file = open_file(FOLDER L"\\hidden", GENERIC_WRITE, 0, CREATE_NEW,
                     FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
    CloseHandle(file);
    is_number(GetFileAttributesW(FOLDER L"\\hidden"),
              FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE, "created hidden");
    fails(open_file(FOLDER L"\\hidden", GENERIC_WRITE, 0, CREATE_ALWAYS, 0) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "creating over a hidden file without saying so");
    ok(CreateDirectoryW(FOLDER L"\\dir", NULL), "a folder");
    is_number(GetFileAttributesW(FOLDER L"\\dir"), FILE_ATTRIBUTE_DIRECTORY, "its attributes");
    ok(SetFileAttributesW(FOLDER L"\\dir", FILE_ATTRIBUTE_HIDDEN), "hide it");
    is_number(GetFileAttributesW(FOLDER L"\\dir"), FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_HIDDEN,
              "it is");
    ok(SetFileAttributesW(FOLDER L"\\dir", FILE_ATTRIBUTE_READONLY), "a read-only folder");
    is_number(GetFileAttributesW(FOLDER L"\\dir"),
              FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY, "it is");
    ok(CreateDirectoryW(FOLDER L"\\dir\\in", NULL) && RemoveDirectoryW(FOLDER L"\\dir\\in"),
       "a folder is made in it and goes");
    fails(RemoveDirectoryW(FOLDER L"\\dir"), ERROR_ACCESS_DENIED, "removing itself");
    ok(SetFileAttributesW(FOLDER L"\\dir", FILE_ATTRIBUTE_NORMAL), "no longer");
    fails(RemoveDirectoryW(path), ERROR_DIRECTORY, "removing a file as a folder");
    fails(DeleteFileW(FOLDER L"\\dir"), ERROR_ACCESS_DENIED, "deleting a folder as a file");
    ok(RemoveDirectoryW(FOLDER L"\\dir"), "the folder goes");
    ok(DeleteFileW(FOLDER L"\\hidden") && DeleteFileW(path), "the files go");
    fails(DeleteFileW(path), ERROR_FILE_NOT_FOUND, "deleting what has gone");
    fails(DeleteFileW(FOLDER L"\\none\\x"), ERROR_PATH_NOT_FOUND, "deleting where nothing is");
}

static void test_times(void)
{
    FILETIME set[3] = {
        {0x11111110, 0x01d00000}, {0x22222220, 0x01d10000}, {0x33333330, 0x01d20000}};
    FILETIME got[3] = {{0, 0}};
    WIN32_FILE_ATTRIBUTE_DATA data;
    HANDLE file;

    make(FOLDER L"\\times", "x");
    file = open_file(FOLDER L"\\times", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING, 0);
    ok(SetFileTime(file, &set[0], &set[1], &set[2]), "set the times");
    ok(GetFileTime(file, &got[0], &got[1], &got[2]), "get them");
    ok(!memcmp(&got[1], &set[1], 8), "the access time");
    ok(!memcmp(&got[2], &set[2], 8), "the write time");
    todo_if(!attributes_are_kept(), "no user attributes");
    ok(!memcmp(&got[0], &set[0], 8), "the creation time");
    CloseHandle(file);
    GetFileAttributesExW(FOLDER L"\\times", GetFileExInfoStandard, &data);
    ok(!memcmp(&data.ftLastWriteTime, &set[2], 8), "the write time by name");
    todo_if(!attributes_are_kept(), "no user attributes");
    ok(!memcmp(&data.ftCreationTime, &set[0], 8), "the creation time by name");
    DeleteFileW(FOLDER L"\\times");
}

static void test_moving(void)
{
    const WCHAR *one = FOLDER L"\\one", *two = FOLDER L"\\two";
    HANDLE file;

    make(one, "1");
    make(two, "2");
    fails(MoveFileW(one, two), ERROR_ALREADY_EXISTS, "moving over a file");
    ok(MoveFileExW(one, two, MOVEFILE_REPLACE_EXISTING), "replacing it");
    ok(!exists(one) && holds(two, "1"), "it is replaced");
    make(one, "3");
    file = open_file(two, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    fails(MoveFileExW(one, two, MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED,
          "replacing an open file");
    fails(MoveFileExW(two, FOLDER L"\\three", 0), ERROR_SHARING_VIOLATION, "moving an open file");
    CloseHandle(file);
    file = open_file(two, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING, 0);
    ok(MoveFileW(two, FOLDER L"\\three"), "moving one that shares deletion");
    CloseHandle(file);
    ok(MoveFileW(FOLDER L"\\three", FOLDER L"\\THREE"), "another case");
    ok(CopyFileW(FOLDER L"\\three", two, TRUE) && holds(two, "1"), "copy");
    fails(CopyFileW(FOLDER L"\\three", two, TRUE), ERROR_FILE_EXISTS, "copying over, not wished,");
    ok(CopyFileW(one, two, FALSE) && holds(two, "3"), "wished");
    ok(ReplaceFileW(two, FOLDER L"\\three", FOLDER L"\\backup", 0, NULL, NULL) && holds(two, "1") &&
           holds(FOLDER L"\\backup", "3"),
       "ReplaceFile with a backup");
    CreateDirectoryW(FOLDER L"\\d1", NULL);
    make(FOLDER L"\\d1\\inside", "in");
    ok(MoveFileW(FOLDER L"\\d1", FOLDER L"\\d2") && holds(FOLDER L"\\d2\\INSIDE", "in"),
       "a folder moves with what is in it");
    fails(MoveFileExW(one, FOLDER L"\\d2", MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED,
          "replacing a folder");
    fails(RemoveDirectoryW(FOLDER L"\\d2"), ERROR_DIR_NOT_EMPTY, "removing a full folder");
    ok(CreateHardLinkW(FOLDER L"\\link", one, NULL) && holds(FOLDER L"\\link", "3"), "a hard link");
    DeleteFileW(FOLDER L"\\d2\\inside");
    RemoveDirectoryW(FOLDER L"\\d2");
    DeleteFileW(FOLDER L"\\link");
    DeleteFileW(FOLDER L"\\backup");
    DeleteFileW(one);
    DeleteFileW(two);
}

static void test_deleting(void)
{
    const WCHAR *path = FOLDER L"\\gone";
    HANDLE file, other;

    file = open_file(path, GENERIC_WRITE | DELETE, 7, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    ok(exists(path), "delete on close: it is there");
    fails(open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0) !=
              INVALID_HANDLE_VALUE,
          ERROR_SHARING_VIOLATION, "opening it without sharing deletion");
    other = open_file(path, GENERIC_READ, 7, OPEN_EXISTING, 0);
    ok(other != INVALID_HANDLE_VALUE, "opening it with");
    CloseHandle(file);
    fails(open_file(path, GENERIC_READ, 7, OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "it is about to go: opening it");
    CloseHandle(other);
    ok(!exists(path), "it has gone");
    make(path, "x");
    file = open_file(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    fails(DeleteFileW(path), ERROR_SHARING_VIOLATION, "deleting an open file");
    CloseHandle(file);
    ok(DeleteFileW(path), "deleting it when it is closed");
}

static void test_opening(void)
{
    const WCHAR *path = FOLDER L"\\opened";
    LARGE_INTEGER size;
    HANDLE file;
    char text[8];
    DWORD n;

    SetLastError(77);
    file = open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS, 0);
    is_number(GetLastError(), 0, "CREATE_ALWAYS of a new file");
    WriteFile(file, "12345", 5, &n, NULL);
    CloseHandle(file);
    file = open_file(path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_ALWAYS, 0);
    is_number(GetLastError(), ERROR_ALREADY_EXISTS, "OPEN_ALWAYS of an old one");
    ok(GetFileSizeEx(file, &size) && size.QuadPart == 5, "is as it was");
    size.QuadPart = 3;
    ok(SetFilePointerEx(file, size, NULL, FILE_BEGIN) && SetEndOfFile(file), "cut");
    ok(GetFileSize(file, NULL) == 3, "it is shorter");
    size.QuadPart = 0x100000000;
    ok(SetFilePointerEx(file, size, NULL, FILE_BEGIN) && WriteFile(file, "!", 1, &n, NULL) &&
           GetFileSizeEx(file, &size) && size.QuadPart == 0x100000001,
       "behind 4 GiB");
    size.QuadPart = -1;
    fails(SetFilePointerEx(file, size, NULL, FILE_BEGIN), ERROR_NEGATIVE_SEEK,
          "before the beginning");
    CloseHandle(file);
    file = open_file(path, GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0);
    ok(GetFileSize(file, NULL) == 0, "TRUNCATE_EXISTING");
    CloseHandle(file);
    fails(open_file(path, GENERIC_WRITE, 0, CREATE_NEW, 0) != INVALID_HANDLE_VALUE,
          ERROR_FILE_EXISTS, "CREATE_NEW of an old one");
    file = open_file(path, FILE_APPEND_DATA, 7, OPEN_EXISTING, 0);
    WriteFile(file, "ab", 2, &n, NULL);
    CloseHandle(file);
    file = open_file(path, FILE_APPEND_DATA, 7, OPEN_EXISTING, 0);
    WriteFile(file, "cd", 2, &n, NULL);
    CloseHandle(file);
    ok(holds(path, "abcd"), "appending");
    file = open_file(path, GENERIC_READ, 7, OPEN_EXISTING,
                     FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_RANDOM_ACCESS | FILE_FLAG_WRITE_THROUGH);
    ok(ReadFile(file, text, 8, &n, NULL) && n == 4 && ReadFile(file, text, 8, &n, NULL) && !n,
       "the end of a file is no error");
    CloseHandle(file);
    file = open_file(path, GENERIC_READ | GENERIC_WRITE, 7, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    ok(file != INVALID_HANDLE_VALUE, "unbuffered");
    CloseHandle(file);
    fails(open_file(FOLDER, GENERIC_READ, 7, OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "opening a folder without backup semantics");
    file = open_file(FOLDER, GENERIC_READ, 7, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    ok(file != INVALID_HANDLE_VALUE, "with");
    CloseHandle(file);
    DeleteFileW(path);
}

/* Overlapped on a disk file: events, a completion port, an APC. */
static DWORD apc_bytes;

static void CALLBACK io_done(DWORD error, DWORD bytes, OVERLAPPED *over)
{
    apc_bytes = error ? 999 : bytes + over->Offset;
}

static void test_overlapped(void)
{
    const WCHAR *path = FOLDER L"\\overlapped";
    HANDLE file = open_file(path, GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS,
                            FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE);
    OVERLAPPED over = {.Offset = 10, .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)}, *done;
    char text[16] = "";
    ULONG_PTR key;
    HANDLE port;
    DWORD n;

    ok(WriteFile(file, "0123456789", 10, NULL, &over) || GetLastError() == ERROR_IO_PENDING,
       "write");
    ok(GetOverlappedResult(file, &over, &n, TRUE) && n == 10, "its result");
    ok(WaitForSingleObject(over.hEvent, 0) == WAIT_OBJECT_0, "its event");
    ok(ReadFile(file, text, 4, NULL, &over) || GetLastError() == ERROR_IO_PENDING, "read");
    ok(GetOverlappedResult(file, &over, &n, TRUE) && n == 4 && !memcmp(text, "0123", 4),
       "what is there");
    over.Offset = 100;
    ok(!ReadFile(file, text, 4, NULL, &over), "read behind the end");
    if (GetLastError() == ERROR_IO_PENDING)
        GetOverlappedResult(file, &over, &n, TRUE);
    is_number(GetLastError(), ERROR_HANDLE_EOF, "its error");
    over.Offset = 12;
    ok(ReadFileEx(file, text, 3, &over, io_done), "ReadFileEx");
    ok(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && apc_bytes == 15 && !memcmp(text, "234", 3),
       "its APC");
    ok(WriteFileEx(file, "xy", 2, &over, io_done) &&
           SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && apc_bytes == 14,
       "WriteFileEx");
    port = CreateIoCompletionPort(file, NULL, 5, 0);
    ok(port != NULL, "a completion port");
    ok(ReadFile(file, text, 2, NULL, &over) || GetLastError() == ERROR_IO_PENDING, "read");
    ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE) && n == 2 && key == 5 &&
           done == &over && !memcmp(text, "xy", 2),
       "its packet");
    SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
    if (ReadFile(file, text, 2, NULL, &over))
        ok(!GetQueuedCompletionStatus(port, &n, &key, &done, 0) && GetLastError() == WAIT_TIMEOUT,
           "no packet when it was skipped");
    else
        ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE),
           "a packet when it was pending");
    CloseHandle(over.hEvent);
    CloseHandle(port);
    CloseHandle(file);
}

/* ---- names ---- */

static void list(const WCHAR *pattern, const WCHAR *want)
{
    WCHAR got[1024] = L"";
    WIN32_FIND_DATAW data;
    HANDLE find = FindFirstFileW(pattern, &data);

    if (find != INVALID_HANDLE_VALUE) {
        do {
            if (data.cFileName[0] == '.' && wcslen(data.cFileName) < 3 && want[0] != '.')
                continue; /* whether these match ?.* is not what this is about */
            wcscat(got, data.cFileName);
            wcscat(got, L" ");
        } while (FindNextFileW(find, &data));
        FindClose(find);
    }
    if (!ok(!wcscmp(got, want), "list %S", pattern))
        diag("got %S, want %S", got, want);
}

#define Z20  L"zzzzzzzzzzzzzzzzzzzz"
#define Z200 Z20 Z20 Z20 Z20 Z20 Z20 Z20 Z20 Z20 Z20

/* Neither the time nor the stack that a mask takes grows with its stars. */
static void test_stars(void)
{
    static WCHAR path[32000] = FOLDER L"\\list\\";
    size_t before = wcslen(path);

    wcscat(path, Z200);
    make(path, "");
    for (size_t i = 0; i < 120; i++)
        path[before + i] = i % 2 ? 'z' : '*';
    path[before + 120] = 0;
    list(path, Z200 L" ");
    wcscat(path, L"y");
    list(path, L"");
    for (size_t i = 0; i < 30000; i++)
        path[before + i] = '*';
    list(path, L". .. a a.b a.b.c abc.txt B.TXT noext x.tx " Z200 L" ");
    path[before] = 0;
    wcscat(path, Z200);
    DeleteFileW(path);
}

static void test_listing(void)
{
    static const WCHAR *const names[] = {L"a",     L"a.b",   L"a.b.c", L"abc.txt",
                                         L"B.TXT", L"noext", L"x.tx"};
    WCHAR path[MAX_PATH];

    CreateDirectoryW(FOLDER L"\\list", NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        swprintf(path, MAX_PATH, L"%ls\\list\\%ls", FOLDER, names[i]);
        make(path, "");
    }
    list(FOLDER L"\\list\\*", L". .. a a.b a.b.c abc.txt B.TXT noext x.tx ");
    list(FOLDER L"\\list\\*.*", L". .. a a.b a.b.c abc.txt B.TXT noext x.tx ");
    list(FOLDER L"\\list\\*.", L". .. a noext ");
    list(FOLDER L"\\list\\*.txt", L"abc.txt B.TXT ");
    list(FOLDER L"\\list\\?.*", L"a a.b a.b.c B.TXT x.tx ");
    list(FOLDER L"\\list\\a*", L"a a.b a.b.c abc.txt ");
    list(FOLDER L"\\list\\A.?", L"a a.b ");
    list(FOLDER L"\\list\\??????", L"a noext ");
    list(FOLDER L"\\list\\*.b*", L"a.b a.b.c ");
    list(FOLDER L"\\list\\*.*.c", L"a.b.c ");
    list(FOLDER L"\\list\\b.txt", L"B.TXT ");
    test_stars();
    SetLastError(0);
    list(FOLDER L"\\list\\none*", L"");
    is_number(GetLastError(), ERROR_FILE_NOT_FOUND, "its error");
    list(FOLDER L"\\none\\*", L"");
    is_number(GetLastError(), ERROR_PATH_NOT_FOUND, "its error");
    {
        WIN32_FIND_DATAW data;
        HANDLE find = FindFirstFileExW(FOLDER L"\\list\\a*", FindExInfoBasic, &data,
                                       FindExSearchNameMatch, NULL, FIND_FIRST_EX_LARGE_FETCH);

        ok(find != INVALID_HANDLE_VALUE && !wcscmp(data.cFileName, L"a"), "FindFirstFileEx");
        FindClose(find);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        swprintf(path, MAX_PATH, L"%ls\\list\\%ls", FOLDER, names[i]);
        DeleteFileW(path);
    }
    ok(RemoveDirectoryW(FOLDER L"\\list"), "nothing is left");
}

static void test_names(void)
{
    static WCHAR path[1000], deep[600];
    size_t i;

    CreateDirectoryW(FOLDER L"\\\x00c4rger", NULL);
    ok(make(FOLDER L"\\\x00e4RGER\\\x0416\x03a9.txt", "x"), "a name that is not ASCII");
    ok(holds(FOLDER L"\\\x00c4RGER\\\x0436\x03c9.TXT", "x"), "in another case");
    ok(DeleteFileW(FOLDER L"\\\x00c4rger\\\x0436\x03c9.txt"), "delete it");
    ok(RemoveDirectoryW(FOLDER L"\\\x00e4rger"), "and its folder");
    ok(make(FOLDER L"\\\xd83d\xde00", "smile") && holds(FOLDER L"\\\xd83d\xde00", "smile"),
       "a surrogate pair");
    DeleteFileW(FOLDER L"\\\xd83d\xde00");
    ok(make(FOLDER L"\\dots. . .", "x") && exists(FOLDER L"\\dots"),
       "dots and spaces at the end go");
    DeleteFileW(FOLDER L"\\dots");
    ok(make(FOLDER L"/sla/../shes", "x") && holds(L"c:/WINDOWS/Temp/.\\WIN32_files\\shes", "x"),
       "slashes and dots");
    DeleteFileW(FOLDER L"\\shes");
    fails(make(FOLDER L"\\a<b", "x"), ERROR_INVALID_NAME, "a name with <");
    fails(make(FOLDER L"\\a:b:c", "x"), ERROR_INVALID_NAME, "a name with colons");
    wcscpy(deep, L"\\\\?\\" FOLDER);
    for (i = 0; i < 5; i++) {
        wcscat(deep, L"\\");
        for (int j = 0; j < 80; j++)
            wcscat(deep, L"d");
        ok(CreateDirectoryW(deep, NULL), "%u characters of path", (unsigned)wcslen(deep));
    }
    swprintf(path, 1000, L"%ls\\file", deep);
    ok(make(path, "deep") && holds(path, "deep"), "a file there");
    DeleteFileW(path);
    for (i = 0; i < 5; i++) {
        RemoveDirectoryW(deep);
        *wcsrchr(deep, '\\') = 0;
    }
    ok(make(L"\\\\?\\" FOLDER L"\\literal", "x") && DeleteFileW(FOLDER L"\\LITERAL"),
       "a literal path");
    ok(open_file(L"NUL", GENERIC_WRITE, 0, OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE, "NUL");
    fails(exists(L"Q:\\x"), ERROR_PATH_NOT_FOUND, "a drive that is not there");
}

static void test_temporary(void)
{
    WCHAR folder[MAX_PATH], name[MAX_PATH], again[MAX_PATH];
    DWORD n = GetTempPathW(MAX_PATH, folder);

    ok(n && n == wcslen(folder) && folder[n - 1] == '\\', "the folder for temporary files");
    ok(GetFileAttributesW(folder) & FILE_ATTRIBUTE_DIRECTORY, "is there");
    ok(GetTempFileNameW(FOLDER, L"prefix", 0, name) && exists(name), "a temporary file is made");
    ok(GetTempFileNameW(FOLDER, L"prefix", 0, again) && wcscmp(name, again),
       "another has another name");
    ok(GetTempFileNameW(FOLDER, L"pre", 0x12, folder) && !wcscmp(folder, FOLDER L"\\pre12.tmp") &&
           !exists(folder),
       "a given number makes none");
    DeleteFileW(name);
    DeleteFileW(again);
}

/* On Windows the registry of the machine would keep it: not asked there. */
static void test_delayed_move(void)
{
    const WCHAR *path = FOLDER L"\\later";

    make(path, "x");
    fails(MoveFileExW(path, NULL, MOVEFILE_DELAY_UNTIL_REBOOT), ERROR_NOT_SUPPORTED,
          "a move at the next start of the system");
    fails(MoveFileExA("C:\\windows\\temp\\win32_files\\later", NULL, MOVEFILE_DELAY_UNTIL_REBOOT),
          ERROR_NOT_SUPPORTED, "the narrow one too");
    fails(MoveFileWithProgressW(path, NULL, NULL, NULL, MOVEFILE_DELAY_UNTIL_REBOOT),
          ERROR_NOT_SUPPORTED, "and the one with progress");
    ok(MoveFileWithProgressW(path, FOLDER L"\\now", NULL, NULL, 0) && exists(FOLDER L"\\now"),
       "others are done");
    DeleteFileW(FOLDER L"\\now");
}

static void test_main(void)
{
    CreateDirectoryW(FOLDER, NULL);
    if (attributes_are_kept())
        test_attributes();
    else
        skip(1, "the file system has no user attributes");
    test_times();
    test_moving();
    if (running_on_portico())
        test_delayed_move();
    test_deleting();
    test_opening();
    test_overlapped();
    test_listing();
    test_names();
    test_temporary();
    ok(RemoveDirectoryW(FOLDER), "nothing was left behind");
}
