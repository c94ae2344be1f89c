/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What programs do with whole files beyond opening them: by handle, copies that tell how far they
 * are, links, moves; and the program that runs, to which nobody writes. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>

#include <stddef.h>
#include <string.h>

#include "win32.h"

static HANDLE make(const char *name, DWORD size)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE | DELETE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              CREATE_ALWAYS, 0, NULL);
    static const char bytes[4096] = "portico";
    DWORD n;

    if (file == INVALID_HANDLE_VALUE)
        bail_out("%s: error %u", name, (unsigned)GetLastError());
    for (; size; size -= n)
        if (!WriteFile(file, bytes, size < sizeof bytes ? size : sizeof bytes, &n, NULL) || !n)
            bail_out("%s: cannot be written", name);
    return file;
}

static int exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static LONGLONG size_of(const char *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;

    return GetFileAttributesExA(name, GetFileExInfoStandard, &data) ? (LONGLONG)data.nFileSizeLow
                                                                    : -1;
}

static BOOL rename_by_handle(HANDLE file, const WCHAR *name, BOOLEAN replace)
{
    char buffer[sizeof(FILE_RENAME_INFO) + 64] = {0};
    FILE_RENAME_INFO *info = (FILE_RENAME_INFO *)buffer;

    info->ReplaceIfExists = replace;
    info->FileNameLength = (DWORD)(wcslen(name) * sizeof(WCHAR));
    memcpy(info->FileName, name, info->FileNameLength);
    return SetFileInformationByHandle(file, FileRenameInfo, info, sizeof buffer);
}

static void test_set_by_handle(void)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = 100};
    FILE_BASIC_INFO basic = {.FileAttributes = FILE_ATTRIBUTE_HIDDEN};
    FILE_DISPOSITION_INFO gone = {TRUE};
    HANDLE file = make("one", 10);

    CloseHandle(make("taken", 1));
    ok(rename_by_handle(file, L"two", FALSE) && exists("two") && !exists("one"), "FileRenameInfo");
    fails(rename_by_handle(file, L"taken", FALSE), ERROR_ALREADY_EXISTS, "over another file");
    ok(rename_by_handle(file, L"taken", TRUE) && !exists("two"), "and replacing it");
    is_number(size_of("taken"), 10, "by itself");
    ok(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end), "FileEndOfFileInfo");
    is_number(size_of("taken"), 100, "the file is longer");
    ok(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic), "FileBasicInfo");
    ok(GetFileAttributesA("taken") & FILE_ATTRIBUTE_HIDDEN, "the file is hidden");
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone),
       "FileDispositionInfo");
    CloseHandle(file);
    ok(!exists("taken"), "the file is gone");
}

/* A copy of a handle does what its own rights allow. */
static void test_fewer_rights(void)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = 0};
    FILE_DISPOSITION_INFO gone = {TRUE};
    HANDLE file = make("rights", 10), copy = NULL;
    char byte = 0;
    DWORD n;

    ok(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, GENERIC_READ, FALSE,
                       0),
       "a copy that reads");
    fails(WriteFile(copy, "x", 1, &n, NULL), ERROR_ACCESS_DENIED, "writing");
    fails(FlushFileBuffers(copy), ERROR_ACCESS_DENIED, "flushing");
    fails(SetFileInformationByHandle(copy, FileEndOfFileInfo, &end, sizeof end),
          ERROR_ACCESS_DENIED, "cutting");
    fails(SetFileInformationByHandle(copy, FileDispositionInfo, &gone, sizeof gone),
          ERROR_ACCESS_DENIED, "deleting");
    fails(CreateFileMappingA(copy, NULL, PAGE_READWRITE, 0, 0, NULL) != NULL, ERROR_ACCESS_DENIED,
          "mapping it for writing");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ok(ReadFile(copy, &byte, 1, &n, NULL) && n == 1 && byte == 'p', "reading");
    is_number(SetFilePointer(file, 0, NULL, FILE_CURRENT), 1, "they share the position");
    CloseHandle(copy);
    ok(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, GENERIC_WRITE, FALSE,
                       0),
       "a copy that writes");
    ok(WriteFile(copy, "x", 1, &n, NULL), "writing");
    fails(ReadFile(copy, &byte, 1, &n, NULL), ERROR_ACCESS_DENIED, "reading");
    CloseHandle(copy);
    CloseHandle(file);
    ok(DeleteFileA("rights"), "it goes");
}

static void test_null_device(void)
{
    HANDLE file = CreateFileA("nul", GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);

    ok(file != INVALID_HANDLE_VALUE, "NUL is opened in any folder");
    CloseHandle(file);
    file = CreateFileA("nul", GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE && GetLastError() != ERROR_ALREADY_EXISTS,
       "and is no file to be cut");
    CloseHandle(file);
    fails(CreateDirectoryA("nul", NULL), ERROR_DIRECTORY, "a folder of that name");
    fails(RemoveDirectoryA("nul"), ERROR_DIRECTORY, "removing it");
}

static void test_get_by_handle(void)
{
    union {
        FILE_STANDARD_INFO standard;
        FILE_NAME_INFO name;
        FILE_COMPRESSION_INFO compression;
        FILE_ID_INFO id;
        FILE_ATTRIBUTE_TAG_INFO tag;
        char room[1024];
    } info, again;
    HANDLE file = make("get", 5000), other;

    ok(GetFileInformationByHandleEx(file, FileStandardInfo, &info, sizeof info.standard) &&
           info.standard.EndOfFile.QuadPart == 5000 && info.standard.NumberOfLinks == 1,
       "FileStandardInfo");
    ok(GetFileInformationByHandleEx(file, FileNameInfo, &info, sizeof info.room) &&
           !memcmp(info.room + offsetof(FILE_NAME_INFO, FileName) + info.name.FileNameLength - 8,
                   L"\\get", 8),
       "FileNameInfo");
    ok(GetFileInformationByHandleEx(file, FileCompressionInfo, &info, sizeof info.compression) &&
           info.compression.CompressionFormat == 0,
       "FileCompressionInfo: not compressed");
    ok(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info.tag) &&
           !info.tag.ReparseTag,
       "FileAttributeTagInfo");
    ok(GetFileInformationByHandleEx(file, FileIdInfo, &info, sizeof info.id), "FileIdInfo");
    ok(CreateHardLinkA("get-too", "get", NULL), "CreateHardLink");
    other = CreateFileA("get-too", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(GetFileInformationByHandleEx(other, FileIdInfo, &again, sizeof again.id) &&
           !memcmp(&info.id, &again.id, sizeof info.id),
       "the same by its other name");
    GetFileInformationByHandleEx(other, FileStandardInfo, &info, sizeof info.standard);
    is_number(info.standard.NumberOfLinks, 2, "which counts");
    ok(GetCompressedFileSizeA("get", NULL) >= 5000, "GetCompressedFileSize");
    CloseHandle(other);
    CloseHandle(file);
    DeleteFileA("get");
    ok(exists("get-too"), "one name goes, the other stays");
    DeleteFileA("get-too");
}

/* ---- copies ---- */

struct watcher {
    int n_calls;
    LONGLONG total, last;
    DWORD answer; /* at the first chunk */
};

static DWORD CALLBACK watch(LARGE_INTEGER total, LARGE_INTEGER done, LARGE_INTEGER stream_size,
                            LARGE_INTEGER stream_done, DWORD stream, DWORD reason, HANDLE from,
                            HANDLE to, void *argument)
{
    struct watcher *watcher = argument;

    (void)stream_size, (void)stream_done, (void)stream, (void)from, (void)to;
    watcher->n_calls++;
    watcher->total = total.QuadPart;
    watcher->last = done.QuadPart;
    return reason == CALLBACK_CHUNK_FINISHED ? watcher->answer : (DWORD)PROGRESS_CONTINUE;
}

static void test_copy(void)
{
    struct watcher watcher = {.answer = PROGRESS_CONTINUE};
    FILETIME old = {0x12345678, 0x1d00000}, written;
    BOOL cancel = FALSE;
    HANDLE file = make("source", 300000);

    SetFileTime(file, NULL, NULL, &old);
    CloseHandle(file);
    SetFileAttributesA("source", FILE_ATTRIBUTE_HIDDEN);
    ok(CopyFileExA("source", "copy", watch, &watcher, &cancel, 0), "CopyFileEx");
    ok(watcher.n_calls >= 2, "its progress routine is called: %d times", watcher.n_calls);
    is_number(watcher.total, 300000, "with the size");
    is_number(watcher.last, 300000, "until all is done");
    is_number(size_of("copy"), 300000, "all is there");
    ok(GetFileAttributesA("copy") & FILE_ATTRIBUTE_HIDDEN, "attributes are copied");
    file = CreateFileA("copy", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    GetFileTime(file, NULL, NULL, &written);
    CloseHandle(file);
    is_number(written.dwHighDateTime, old.dwHighDateTime, "and the time of the last write");
    fails(CopyFileExA("source", "copy", NULL, NULL, NULL, COPY_FILE_FAIL_IF_EXISTS),
          ERROR_FILE_EXISTS, "a copy over a file that may not");
    watcher.answer = PROGRESS_CANCEL;
    fails(CopyFileExA("source", "cancelled", watch, &watcher, NULL, 0), ERROR_REQUEST_ABORTED,
          "a copy that its routine cancels");
    ok(!exists("cancelled"), "nothing is left of it");
    SetFileAttributesA("source", FILE_ATTRIBUTE_READONLY);
    fails(CopyFileExA("source", "cancelled", watch, &watcher, NULL, 0), ERROR_REQUEST_ABORTED,
          "and of a read-only file");
    ok(!exists("cancelled"), "neither");
    SetFileAttributesA("source", FILE_ATTRIBUTE_NORMAL);
    watcher.answer = PROGRESS_STOP;
    fails(CopyFileExA("source", "stopped", watch, &watcher, NULL, 0), ERROR_REQUEST_ABORTED,
          "one that it stops");
    ok(exists("stopped") && size_of("stopped") < 300000, "is left as far as it is");
    cancel = TRUE;
    fails(CopyFileExA("source", "cancelled", NULL, NULL, &cancel, 0), ERROR_REQUEST_ABORTED,
          "one that the flag cancels");
    ok(!exists("cancelled"), "is not there either");
    fails(CopyFileExA("nothing", "copy2", NULL, NULL, NULL, 0), ERROR_FILE_NOT_FOUND,
          "a copy of nothing");
    DeleteFileA("source");
    DeleteFileA("copy");
    DeleteFileA("stopped");
}

/* ---- links and moves ---- */

static void test_links(void)
{
    char folder[MAX_PATH], target[MAX_PATH * 2];

    CloseHandle(make("Aim", 77));
    CreateDirectoryA("place", NULL);
    CloseHandle(make("place\\inside", 55));
    if (!CreateSymbolicLinkA("soft", "Aim", 2) && !running_on_portico()) {
        skip(9, "this user may make no links");
        return;
    }
    is_number(size_of("soft"), 77, "a symbolic link leads to a file");
    fails(CreateSymbolicLinkA("soft", "place", 2), ERROR_ALREADY_EXISTS, "a link over a name");
    ok(CreateSymbolicLinkA("spelled", "AIM", 2), "another spelling of its target");
    is_number(size_of("spelled"), 77, "will do");
    GetCurrentDirectoryA(sizeof folder, folder);
    strcpy(target, folder);
    strcat(target, "\\place");
    ok(CreateSymbolicLinkA("place\\way", target, 3), "a link by a full name");
    is_number(size_of("place\\way\\inside"), 55, "leads to a folder");
    ok(CreateSymbolicLinkA("place\\up", "..\\Aim", 2) && size_of("place\\up") == 77,
       "one that goes up first");
    ok(DeleteFileA("soft") && exists("Aim"), "a link is deleted, not what it leads to");
    DeleteFileA("spelled");
    DeleteFileA("place\\up");
    ok(RemoveDirectoryA("place\\way") && exists("place\\inside"), "one to a folder too");
    DeleteFileA("place\\inside");
    RemoveDirectoryA("place");
    DeleteFileA("Aim");
}

static void test_moves(void)
{
    CreateDirectoryA("from", NULL);
    CreateDirectoryA("to", NULL);
    CloseHandle(make("from\\file", 12));
    CloseHandle(make("to\\file", 34));
    fails(MoveFileExA("from\\file", "to\\file", 0), ERROR_ALREADY_EXISTS, "a move over a file");
    ok(MoveFileExA("from\\file", "to\\file", MOVEFILE_REPLACE_EXISTING), "and replacing it");
    is_number(size_of("to\\file"), 12, "it is the one that was moved");
    ok(MoveFileExA("to", "from\\sub", 0) && size_of("from\\sub\\file") == 12, "a folder moves");
    CloseHandle(make("plain", 1));
    fails(MoveFileExA("from", "plain", MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED,
          "a folder in a file's place");
    DeleteFileA("plain");
    DeleteFileA("from\\sub\\file");
    RemoveDirectoryA("from\\sub");
    RemoveDirectoryA("from");
}

static void test_running(void)
{
    char self[MAX_PATH];
    HANDLE file;

    GetModuleFileNameA(NULL, self, sizeof self);
    file = CreateFileA(self, GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    fails(file != INVALID_HANDLE_VALUE, ERROR_SHARING_VIOLATION,
          "opening the program that runs for writing");
    file = CreateFileA(self, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "it can be read, and nobody else writes to it");
    CloseHandle(file);
}

static void test_main(void)
{
    test_set_by_handle();
    test_fewer_rights();
    test_null_device();
    test_get_by_handle();
    test_copy();
    test_links();
    test_moves();
    test_running();
}
