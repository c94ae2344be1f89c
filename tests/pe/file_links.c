/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Symbolic links as walkers of folders see them: attributes, the tag, where they lead to, the names
 * of what was opened through them; and that all else follows them. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>
#include <winioctl.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

#include "win32.h"

enum { AS_LINK = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT };

/* REPARSE_DATA_BUFFER of a symbolic link, which is in headers for drivers. */
struct reparse {
    ULONG tag;
    USHORT length, reserved, name_at, name_size, print_at, print_size;
    ULONG flags;
    WCHAR text[600];
};

static char base[MAX_PATH];

static HANDLE open_by(const char *name, DWORD access, DWORD flags)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, flags, NULL);
}

static void make(const char *name, const char *text)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    WriteFile(file, text, (DWORD)strlen(text), &n, NULL);
    CloseHandle(file);
}

static BOOL make_all(void)
{
    char place[MAX_PATH + 16];

    make("aim", "twelve bytes");
    CreateDirectoryA("place", NULL);
    make("place\\inside", "inside");
    strcpy(place, base);
    strcat(place, "\\place");
    return CreateSymbolicLinkA("to-file", "aim", 2) && CreateSymbolicLinkA("to-place", place, 3) &&
           CreateSymbolicLinkA("to-nothing", "nothing", 2);
}

static void test_attributes(void)
{
    static const struct {
        const char *name;
        DWORD attributes;
    } rows[] = {{"aim", 0},
                {"place", FILE_ATTRIBUTE_DIRECTORY},
                {"to-file", FILE_ATTRIBUTE_REPARSE_POINT},
                {"to-place", FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY},
                {"to-nothing", FILE_ATTRIBUTE_REPARSE_POINT}};
    const DWORD asked = FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY;
    FILE_ATTRIBUTE_TAG_INFO tag;
    WIN32_FIND_DATAA found;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const BOOL is_link = rows[i].attributes & FILE_ATTRIBUTE_REPARSE_POINT;
        HANDLE file = open_by(rows[i].name, GENERIC_READ, AS_LINK);

        is_number(GetFileAttributesA(rows[i].name) & asked, rows[i].attributes,
                  "%s: GetFileAttributes", rows[i].name);
        FindClose(FindFirstFileA(rows[i].name, &found));
        is_number(found.dwFileAttributes & asked, rows[i].attributes, "FindFirstFile");
        ok(!is_link || found.dwReserved0 == IO_REPARSE_TAG_SYMLINK, "its tag");
        ok(!is_link || !found.nFileSizeLow, "a link has no size");
        memset(&tag, 0, sizeof tag);
        ok(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag),
           "FileAttributeTagInfo");
        is_number(tag.FileAttributes & asked, rows[i].attributes, "the same");
        is_number(tag.ReparseTag, is_link ? IO_REPARSE_TAG_SYMLINK : 0, "and the tag");
        CloseHandle(file);
    }
}

static void test_listing(void)
{
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(L"*", &found);
    int n_links = 0, n_folders = 0;

    do {
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
            continue;
        n_links += found.dwReserved0 == IO_REPARSE_TAG_SYMLINK;
        n_folders += !wcscmp(found.cFileName, L"to-place") &&
                     (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
    } while (FindNextFileW(search, &found));
    FindClose(search);
    is_number(n_links, 3, "three links are listed");
    is_number(n_folders, 1, "one to a folder");
}

static BOOL reparse_get(const char *name, DWORD size, struct reparse *ret_data, DWORD *ret_n)
{
    HANDLE file = open_by(name, 0, AS_LINK);
    BOOL is_read;
    DWORD error;

    memset(ret_data, 0, sizeof *ret_data);
    is_read = DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, ret_data, size, ret_n, NULL);
    error = GetLastError();
    CloseHandle(file);
    SetLastError(error);
    return is_read;
}

static void test_targets(void)
{
    WCHAR place[MAX_PATH], *text;
    struct reparse data;
    DWORD n;

    ok(reparse_get("to-file", sizeof data, &data, &n) && data.tag == IO_REPARSE_TAG_SYMLINK,
       "FSCTL_GET_REPARSE_POINT");
    ok(data.flags == 1 && data.name_size == 6 && !wmemcmp(data.text + data.name_at / 2, L"aim", 3),
       "a relative target");
    is_number(n, 8u + data.length, "all of it");
    ok(reparse_get("to-place", sizeof data, &data, &n) && !data.flags, "an absolute one");
    GetCurrentDirectoryW(MAX_PATH, place);
    wcscat(place, L"\\place");
    text = data.text + data.name_at / 2;
    ok(!wmemcmp(text, L"\\??\\", 4) && !wmemcmp(text + 4, place, wcslen(place)) &&
           data.name_size == 2 * (4 + wcslen(place)),
       "by its NT name");
    ok(data.print_size == 2 * wcslen(place) &&
           !wmemcmp(data.text + data.print_at / 2, place, wcslen(place)),
       "and to be shown");
    fails(reparse_get("to-file", 22, &data, &n), ERROR_MORE_DATA, "a buffer for half of it");
    fails(reparse_get("to-file", 4, &data, &n), ERROR_INSUFFICIENT_BUFFER, "for nothing of it");
    fails(reparse_get("aim", sizeof data, &data, &n), ERROR_NOT_A_REPARSE_POINT, "what is no link");
}

static BOOL final_name(const char *name, DWORD flags, const char *want)
{
    HANDLE file = open_by(name, 0, FILE_FLAG_BACKUP_SEMANTICS | flags);
    char text[MAX_PATH + 8] = "", whole[MAX_PATH + 32];

    GetFinalPathNameByHandleA(file, text, sizeof text, 0);
    CloseHandle(file);
    strcpy(whole, base);
    strcat(whole, "\\");
    strcat(whole, want);
    return !_stricmp(text + 4, whole); /* behind \\?\ */
}

static void test_following(void)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    HANDLE file = open_by("to-file", GENERIC_READ, 0);
    struct _stat64 status;
    char text[16] = "";
    DWORD n = 0;

    ok(ReadFile(file, text, sizeof text, &n, NULL) && n == 12, "an open link reads as its target");
    ok(GetFileInformationByHandle(file, &info) && info.nFileSizeLow == 12 &&
           !(info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT),
       "and is one by its attributes");
    CloseHandle(file);
    ok(!_stat64("to-file", &status) && status.st_size == 12, "stat() tells the target's size");
    ok(final_name("to-file", 0, "aim"), "GetFinalPathNameByHandle: the target");
    ok(final_name("to-place\\inside", 0, "place\\inside"), "through a link to a folder");
    ok(final_name("to-place", FILE_FLAG_OPEN_REPARSE_POINT, "to-place"), "the link itself");
    fails(open_by("to-nothing", GENERIC_READ, 0) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND,
          "opening what leads nowhere");
    file = open_by("to-file", GENERIC_READ, AS_LINK);
    ok(file != INVALID_HANDLE_VALUE && ReadFile(file, text, sizeof text, &n, NULL) && !n,
       "a link itself has no bytes");
    CloseHandle(file);
    fails(open_by("to-place", GENERIC_READ, FILE_FLAG_OPEN_REPARSE_POINT) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "one to a folder without FILE_FLAG_BACKUP_SEMANTICS");
    fails(CreateFileA("to-file", GENERIC_READ, 0, NULL, CREATE_NEW, FILE_FLAG_OPEN_REPARSE_POINT,
                      NULL) != INVALID_HANDLE_VALUE,
          ERROR_FILE_EXISTS, "a new file in a link's place");
}

static void test_times(void)
{
    HANDLE link = open_by("to-file", FILE_WRITE_ATTRIBUTES, AS_LINK);
    const FILETIME then = {0x10000000, 0x01d00000};
    WIN32_FIND_DATAW found, target;

    ok(SetFileTime(link, NULL, NULL, &then), "a link's time");
    CloseHandle(link);
    FindClose(FindFirstFileW(L"to-file", &found));
    FindClose(FindFirstFileW(L"aim", &target));
    ok(!CompareFileTime(&found.ftLastWriteTime, &then), "is its own");
    ok(CompareFileTime(&target.ftLastWriteTime, &then) > 0, "not its target's");
}

static void test_ends(void)
{
    HANDLE link = open_by("to-place", DELETE, AS_LINK | FILE_FLAG_DELETE_ON_CLOSE);

    ok(link != INVALID_HANDLE_VALUE, "a link is opened to be deleted");
    CloseHandle(link);
    ok(GetFileAttributesA("to-place") == INVALID_FILE_ATTRIBUTES, "it is gone");
    ok(GetFileAttributesA("place\\inside") != INVALID_FILE_ATTRIBUTES, "and nothing else");
    ok(MoveFileA("to-nothing", "moved"), "one that leads nowhere is moved");
    ok(DeleteFileA("moved"), "and deleted");
    ok(DeleteFileA("to-file") && GetFileAttributesA("aim") != INVALID_FILE_ATTRIBUTES,
       "one to a file too");
}

/* ---- one file under several names ---- */

static BOOL is_there(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void test_second_names(void)
{
    HANDLE doomed, other;

    make("one", "two names");
    ok(CreateHardLinkA("two", "one", NULL), "a second name");
    other = open_by("two", GENERIC_READ, 0);
    doomed = open_by("one", DELETE, FILE_FLAG_DELETE_ON_CLOSE);
    ok(other != INVALID_HANDLE_VALUE && doomed != INVALID_HANDLE_VALUE, "open by both");
    CloseHandle(doomed);
    CloseHandle(other);
    ok(!is_there("one") && is_there("two"), "the one that was to be deleted is");
    ok(CreateSymbolicLinkA("link", "two", 2), "a link to it");
    other = open_by("two", GENERIC_READ, 0);
    ok(DeleteFileA("link"), "is deleted while its target is open");
    CloseHandle(other);
    ok(!is_there("link") && is_there("two"), "and nothing else");
    CreateSymbolicLinkA("link", "two", 2);
    other = open_by("link", GENERIC_READ, 0);
    CloseHandle(open_by("link", DELETE, FILE_FLAG_DELETE_ON_CLOSE));
    CloseHandle(other);
    ok(!is_there("link") && is_there("two"), "a link goes with its last handle, whoever has that");
    CreateHardLinkA("one", "two", NULL);
    other = open_by("one", GENERIC_READ, 0);
    ok(MoveFileA("two", "three") && final_name("one", 0, "one"), "a name that is moved");
    CloseHandle(other);
    other = open_by("one", GENERIC_READ, 0);
    ok(DeleteFileA("three") && DeleteFileA("one"), "both are deleted");
    ok(GetFileAttributesA("one") == INVALID_FILE_ATTRIBUTES &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "while one is open nobody is told of it: error %u", (unsigned)GetLastError());
    CloseHandle(other);
    ok(GetFileAttributesA("one") == INVALID_FILE_ATTRIBUTES &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "then there is no such file");
    make("one", "two names");
    CreateHardLinkA("two", "one", NULL);
    other = open_by("one", GENERIC_READ, 0);
    ok(DeleteFileA("one") && is_there("two"), "the other name of one that is to go is told");
    CloseHandle(other);
    DeleteFileA("two");
}

static DWORD error_of(HANDLE file)
{
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;

    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return error;
}

/* Whether it is the file that is missing or its folder. */
static void test_broken(void)
{
    static const struct {
        const char *name, *target;
        DWORD error;
    } rows[] = {
        {"broken", "missing", ERROR_FILE_NOT_FOUND},
        {"broken", "place\\missing", ERROR_FILE_NOT_FOUND},
        {"broken", "missing\\missing", ERROR_PATH_NOT_FOUND},
        {"broken", "C:\\windows\\temp\\missing", ERROR_FILE_NOT_FOUND},
        {"broken", "C:\\missing\\missing", ERROR_PATH_NOT_FOUND},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ok(CreateSymbolicLinkA(rows[i].name, rows[i].target, 2) &&
               CreateSymbolicLinkA("twice", rows[i].name, 2),
           "a link to %s", rows[i].target);
        is_number(error_of(open_by(rows[i].name, GENERIC_READ, 0)), rows[i].error, "opening it");
        is_number(error_of(open_by("twice", GENERIC_READ, 0)), rows[i].error, "by another link");
        is_number(error_of(open_by("broken\\file", GENERIC_READ, 0)), ERROR_PATH_NOT_FOUND,
                  "what is in it");
        is_number(error_of(CreateFileA("twice", GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL)),
                  rows[i].error == ERROR_PATH_NOT_FOUND ? ERROR_PATH_NOT_FOUND : 0,
                  "making what it leads to");
        ok(rows[i].error == ERROR_PATH_NOT_FOUND || is_there(rows[i].target), "which is there");
        DeleteFileA(rows[i].target);
        ok(DeleteFileA("broken") && DeleteFileA("twice"), "they go");
    }
}

/* The attributes of a link are its own: it has none but those of a link. */
static void test_own_attributes(void)
{
    make("one", "to be read");
    CreateSymbolicLinkA("link", "one", 2);
    ok(SetFileAttributesA("link", FILE_ATTRIBUTE_NORMAL), "a link's attributes");
    if (running_on_portico())
        fails(SetFileAttributesA("link", FILE_ATTRIBUTE_READONLY), ERROR_NOT_SUPPORTED,
              "a read-only link");
    ok(!(GetFileAttributesA("one") & FILE_ATTRIBUTE_READONLY), "its target is what it was");
    ok(SetFileAttributesA("one", FILE_ATTRIBUTE_READONLY) &&
           SetFileAttributesA("link", FILE_ATTRIBUTE_NORMAL) &&
           (GetFileAttributesA("one") & FILE_ATTRIBUTE_READONLY),
       "also when that is read-only");
    ok(DeleteFileA("link") && is_there("one"), "a link to it can be deleted");
    fails(DeleteFileA("one"), ERROR_ACCESS_DENIED, "itself");
    ok(SetFileAttributesA("one", FILE_ATTRIBUTE_NORMAL) && DeleteFileA("one"), "until it is not");
}

/* Another process takes the name away and puts something else there. */
static int replace(const char *what)
{
    if (!MoveFileA("held", "away"))
        return (int)GetLastError();
    if (!strcmp(what, "file"))
        make("held", "another");
    else if (!CreateSymbolicLinkA("held", "aim", 2))
        return (int)GetLastError();
    return 0;
}

static HANDLE hold_and_replace(const char *what, DWORD flags)
{
    PROCESS_INFORMATION child;
    HANDLE held;

    make("held", "held");
    held = open_by("held", DELETE, flags);
    ok(child_start(what, 0, &child), "another process");
    is_number(child_end(&child), 0, "puts a %s in an open file's place", what);
    return held;
}

/* A second name, by the handle, in the file's own folder. */
static LONG link_by_handle(HANDLE file, const WCHAR *name)
{
    struct {
        FILE_RENAME_INFO info;
        WCHAR more[16];
    } to = {.info = {.FileNameLength = (DWORD)wcslen(name) * 2}};
    IO_STATUS_BLOCK io;

    memcpy(to.info.FileName, name, to.info.FileNameLength);
    return NtSetInformationFile(file, &io, &to, sizeof to,
                                (FILE_INFORMATION_CLASS)11 /* FileLinkInformation */);
}

static void test_linked_by_handle(void)
{
    DWORD flags = 3; /* FILE_DISPOSITION_DELETE, _POSIX_SEMANTICS */
    HANDLE held = hold_and_replace("file", 0), other;
    IO_STATUS_BLOCK io;

    is_status(link_by_handle(held, L"linked"), 0, "a second name by the handle");
    other = open_by("linked", 0, 0);
    is_number(GetFileSize(other, NULL), 4, "is the open file's (held), not the other's (another)");
    CloseHandle(other);
    CloseHandle(held);
    ok(DeleteFileA("linked") && DeleteFileA("held") && DeleteFileA("away"), "all three go");
    make("held", "held");
    held = open_by("held", GENERIC_READ, 0);
    other = open_by("held", DELETE, 0);
    NtSetInformationFile(other, &io, &flags, sizeof flags, (FILE_INFORMATION_CLASS)64);
    CloseHandle(other);
    ok(!is_there("held"), "a file without a name");
    is_status(link_by_handle(held, L"linked"), (LONG)0xc0000123, "gets none: STATUS_FILE_DELETED");
    CloseHandle(held);
}

static void test_replaced(void)
{
    struct {
        FILE_RENAME_INFO info;
        WCHAR more[16];
    } to = {.info = {.FileNameLength = 10}};
    HANDLE held = hold_and_replace("file", FILE_FLAG_DELETE_ON_CLOSE);

    CloseHandle(held);
    ok(is_there("held") && !is_there("away"), "the file that was open is deleted");
    held = hold_and_replace("link", FILE_FLAG_DELETE_ON_CLOSE);
    CloseHandle(held);
    ok(is_there("held") && !is_there("away"), "also when a link has its name");
    DeleteFileA("held");
    held = hold_and_replace("file", 0);
    memcpy(to.info.FileName, L"moved", 12);
    ok(SetFileInformationByHandle(held, FileRenameInfo, &to, sizeof to), "it is renamed");
    CloseHandle(held);
    ok(is_there("held") && is_there("moved") && !is_there("away"), "and not the other");
    DeleteFileA("held");
    DeleteFileA("moved");
}

static void test_main(void)
{
    char temp[MAX_PATH], final[MAX_PATH + 8] = "";
    HANDLE folder;

    if (__argc > 1)
        ExitProcess((UINT)replace(__argv[1]));
    GetTempPathA(MAX_PATH, temp);
    GetTempFileNameA(temp, "lnk", 0, base);
    DeleteFileA(base);
    CreateDirectoryA(base, NULL);
    folder = open_by(base, 0, FILE_FLAG_BACKUP_SEMANTICS); /* the way there may have links */
    GetFinalPathNameByHandleA(folder, final, sizeof final, 0);
    CloseHandle(folder);
    strcpy(base, final + 4);
    SetCurrentDirectoryA(base);
    if (make_all()) {
        test_attributes();
        test_listing();
        test_targets();
        test_following();
        test_times();
        test_second_names();
        test_own_attributes();
        test_broken();
        test_replaced();
        test_linked_by_handle();
        test_ends();
    } else if (running_on_portico()) {
        ok(FALSE, "links are made");
    } else {
        skip(1, "this user may make no links");
    }
    DeleteFileA("to-place");
    DeleteFileA("place\\inside");
    RemoveDirectoryA("place");
    DeleteFileA("aim");
    SetCurrentDirectoryA(temp);
    RemoveDirectoryA(base);
    done_testing();
}
