/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Files: dispositions, access, sharing, reading and writing, information, deletion, renaming,
 * locks, folders. */
#include "nt_api.h"

#define FOLDER     L"\\??\\C:\\windows\\temp\\nt_file_test"
#define FILE_X     FOLDER L"\\X.txt"
#define ALL_SHARES (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define SYNC       0x20

static IO_STATUS_BLOCK io;
static struct nt_name name;

static NTSTATUS create(HANDLE *handle, const wchar_t *path, ULONG access, ULONG share,
                       ULONG disposition, ULONG options)
{
    *handle = (HANDLE)1;
    io.Information = 99;
    return NtCreateFile(handle, access | SYNCHRONIZE, nt_name(&name, path), &io, NULL, 0, share,
                        disposition, options | SYNC, NULL, 0);
}

static void remove_file(const wchar_t *path)
{
    NtDeleteFile(nt_name(&name, path));
}

static void test_dispositions(void)
{
    static const struct {
        ULONG disposition, with, without;
        int information_with, information_without;
    } rows[] = {
        {0, 0, 0, 0, 2},
        {1, 0, STATUS_OBJECT_NAME_NOT_FOUND, 1, -1},
        {2, STATUS_OBJECT_NAME_COLLISION, 0, -1, 2},
        {3, 0, 0, 1, 2},
        {4, 0, STATUS_OBJECT_NAME_NOT_FOUND, 3, -1},
        {5, 0, 0, 3, 2},
    };
    HANDLE file;

    for (unsigned i = 0; i < 6; i++) {
        remove_file(FILE_X);
        is_status(create(&file, FILE_X, GENERIC_WRITE, ALL_SHARES, rows[i].disposition, 0),
                  rows[i].without, "disposition %u on nothing", rows[i].disposition);
        if (rows[i].information_without < 0)
            ok(!file, "the handle is zero");
        else
            is_number(io.Information, rows[i].information_without, "what happened");
        if (!rows[i].without)
            NtClose(file);
        else
            create(&file, FILE_X, GENERIC_WRITE, ALL_SHARES, 2, 0), NtClose(file);
        is_status(create(&file, FILE_X, GENERIC_WRITE, ALL_SHARES, rows[i].disposition, 0),
                  rows[i].with, "disposition %u on a file", rows[i].disposition);
        if (rows[i].information_with >= 0) {
            is_number(io.Information, rows[i].information_with, "what happened");
            NtClose(file);
        }
    }
    is_status(create(&file, FILE_X, GENERIC_WRITE, ALL_SHARES, 6, 0), STATUS_INVALID_PARAMETER,
              "no such disposition");
}

static void test_paths(void)
{
    HANDLE file, folder;

    is_status(create(&file, FOLDER L"\\no\\x", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_PATH_NOT_FOUND,
              "a missing folder");
    is_status(create(&file, FILE_X L"\\x", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_PATH_NOT_FOUND,
              "a file as a folder");
    is_status(create(&file, FOLDER L"\\a*b", GENERIC_WRITE, 7, 2, 0), STATUS_OBJECT_NAME_INVALID,
              "a star in a name");
    is_status(create(&file, FOLDER L"\\..\\x", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_NAME_INVALID,
              "dots are no name");
    is_status(create(&file, L"x", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_PATH_SYNTAX_BAD,
              "no backslash");
    is_status(create(&file, L"\\??\\Q:\\x", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_PATH_NOT_FOUND,
              "no such drive");
    is_status(create(&file, FOLDER L"\\x.TXT", GENERIC_READ, 7, 1, 0), 0,
              "names compare without case");
    NtClose(file);
    is_status(create(&file, FILE_X L"\\", GENERIC_READ, 7, 1, 0), STATUS_OBJECT_NAME_INVALID,
              "a file's name with a backslash behind");
    is_status(create(&file, FILE_X, GENERIC_READ, 7, 1, 1), STATUS_NOT_A_DIRECTORY,
              "a file is no folder");
    is_status(create(&folder, FOLDER, FILE_LIST_DIRECTORY, 7, 1, 0x40), STATUS_FILE_IS_A_DIRECTORY,
              "a folder is no file");
    is_status(create(&folder, FOLDER L"\\", FILE_LIST_DIRECTORY, 7, 1, 1), 0, "open the folder");
    is_status(NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, nt_name_under(&name, folder, L"X.txt"),
                         &io, 7, SYNC),
              0, "a name relative to the folder");
    NtClose(file);
    is_status(NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE,
                         nt_name_under(&name, folder, L"\\X.txt"), &io, 7, SYNC),
              STATUS_OBJECT_NAME_INVALID, "a relative name that begins with a backslash");
    NtClose(folder);
    is_status(NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, NULL, &io, 7, SYNC),
              STATUS_INVALID_PARAMETER, "no name at all");
    is_status(NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, BAD_POINTER, &io, 7, SYNC),
              STATUS_ACCESS_VIOLATION, "bad attributes");
    name.attributes.Length = 4;
    is_status(NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &name.attributes, &io, 7, SYNC),
              STATUS_INVALID_PARAMETER, "attributes of a wrong length");
}

static void test_data(void)
{
    LARGE_INTEGER at = {.QuadPart = 4};
    char buffer[32];
    HANDLE file;

    create(&file, FILE_X, GENERIC_READ | GENERIC_WRITE, 7, 5, 0);
    is_status(NtWriteFile(file, NULL, NULL, NULL, &io, (void *)"hello, world", 12, NULL, NULL), 0,
              "write");
    is_number(io.Information, 12, "all of it");
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 32, NULL, NULL), STATUS_END_OF_FILE,
              "at the end");
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 5, &at, NULL), 0,
              "read at an offset");
    ok(io.Information == 5 && nt_equal(buffer, "o, wo", 5), "the bytes there");
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 32, NULL, NULL), 0, "read on");
    ok(io.Information == 3 && nt_equal(buffer, "rld", 3), "from behind them: the position moved");
    at.QuadPart = -1;
    is_status(NtWriteFile(file, NULL, NULL, NULL, &io, (void *)"!", 1, &at, NULL), 0,
              "write at the end");
    is_status(NtQueryInformationFile(file, &io, &at, 8, 14), 0, "the position");
    is_number(at.QuadPart, 13, "is behind it");
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, BAD_POINTER, 5, NULL, NULL),
              STATUS_END_OF_FILE, "nothing to read does not touch the buffer");
    at.QuadPart = 0;
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, BAD_POINTER, 5, &at, NULL),
              STATUS_ACCESS_VIOLATION, "a bad buffer");
    is_status(NtReadFile(file, NULL, NULL, NULL, BAD_POINTER, buffer, 5, &at, NULL),
              STATUS_ACCESS_VIOLATION, "a bad status block");
    is_status(NtWriteFile(file, NULL, NULL, NULL, &io, BAD_POINTER, 5, &at, NULL),
              STATUS_ACCESS_VIOLATION, "write from a bad buffer");
    at.QuadPart = -5;
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 5, &at, NULL),
              STATUS_INVALID_PARAMETER, "a negative offset");
    is_status(NtReadFile(file, NEVER_HANDLE, NULL, NULL, &io, buffer, 5, NULL, NULL),
              STATUS_INVALID_HANDLE, "no such event");
    is_status(NtFlushBuffersFile(file, &io), 0, "flush");
    NtClose(file);
    is_status(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 5, NULL, NULL), STATUS_INVALID_HANDLE,
              "closed");
    create(&file, FILE_X, GENERIC_READ, 7, 1, 0);
    is_status(NtWriteFile(file, NULL, NULL, NULL, &io, (void *)"x", 1, NULL, NULL),
              STATUS_ACCESS_DENIED, "write to what is open for reading");
    NtClose(file);
    create(&file, FILE_X, FILE_APPEND_DATA, 7, 1, 0);
    at.QuadPart = 0;
    is_status(NtWriteFile(file, NULL, NULL, NULL, &io, (void *)"?", 1, &at, NULL), 0, "append");
    NtClose(file);
    create(&file, FILE_X, GENERIC_READ, 7, 1, 0);
    NtReadFile(file, NULL, NULL, NULL, &io, buffer, 32, NULL, NULL);
    ok(io.Information == 14 && buffer[0] == 'h' && buffer[13] == '?',
       "appending ignores the offset");
    NtClose(file);
}

static void test_sharing(void)
{
    HANDLE first, second;

    create(&first, FILE_X, GENERIC_READ, FILE_SHARE_READ, 1, 0);
    is_status(create(&second, FILE_X, GENERIC_WRITE, 7, 1, 0), STATUS_SHARING_VIOLATION,
              "writing is not shared");
    is_status(create(&second, FILE_X, GENERIC_READ, 7, 1, 0), 0, "reading is");
    NtClose(second);
    is_status(create(&second, FILE_X, GENERIC_READ, 0, 1, 0), STATUS_SHARING_VIOLATION,
              "who shares nothing conflicts with who reads");
    is_status(create(&second, FILE_X, FILE_READ_ATTRIBUTES, 0, 1, 0), 0,
              "attributes conflict with nothing");
    NtClose(second);
    is_status(create(&second, FILE_X, GENERIC_WRITE, 7, 5, 0), STATUS_SHARING_VIOLATION,
              "overwrite it");
    NtClose(first);
    create(&first, FILE_X, GENERIC_READ, 7, 1, 0);
    {
        LARGE_INTEGER size[3];

        NtQueryInformationFile(first, &io, size, sizeof(size), 5);
        is_number(size[1].QuadPart, 14, "a refused overwrite leaves the file whole");
    }
    NtClose(first);
}

static void test_information(void)
{
    struct {
        LARGE_INTEGER times[4];
        ULONG attributes;
    } basic, now;
    struct {
        LARGE_INTEGER allocation, end;
        ULONG links;
        BOOLEAN pending, directory;
    } standard;
    struct {
        ULONG length;
        wchar_t name[128];
    } file_name;
    LARGE_INTEGER end = {.QuadPart = 5};
    struct {
        ULONG type, characteristics;
    } device;
    HANDLE file;

    create(&file, FILE_X, GENERIC_READ | GENERIC_WRITE, 7, 1, 0);
    is_status(NtQueryInformationFile(file, &io, &basic, sizeof(basic), 4), 0, "basic");
    is_number(basic.attributes, FILE_ATTRIBUTE_ARCHIVE, "a plain file");
    is_number(io.Information, 40, "information is the size");
    is_status(NtQueryInformationFile(file, &io, &standard, sizeof(standard), 5), 0, "standard");
    ok(standard.end.QuadPart == 14 && standard.links == 1 && !standard.pending &&
           !standard.directory,
       "14 bytes, one link");
    is_status(NtQueryInformationFile(file, &io, &file_name, sizeof(file_name), 9), 0, "name");
    is_number(file_name.length, 2 * 32, "is \\windows\\temp\\nt_file_test\\X.txt");
    is_status(NtQueryInformationFile(file, &io, &file_name, 12, 9), STATUS_BUFFER_OVERFLOW,
              "name, short");
    is_number(io.Information, 12, "as much as fits");
    is_status(NtQueryInformationFile(file, &io, &basic, 39, 4), STATUS_INFO_LENGTH_MISMATCH,
              "basic, short");
    is_status(NtQueryInformationFile(file, &io, &basic, 40, 77), STATUS_INVALID_INFO_CLASS,
              "no such class");
    basic.times[0].QuadPart = basic.times[1].QuadPart = basic.times[3].QuadPart = 0;
    basic.times[2].QuadPart = 0x01c0000000000000;
    basic.attributes = FILE_ATTRIBUTE_READONLY;
    is_status(NtSetInformationFile(file, &io, &basic, sizeof(basic), 4), 0,
              "set times and attributes");
    is_status(NtQueryAttributesFile(nt_name(&name, FILE_X), &now), 0, "ask by name");
    ok(now.times[2].QuadPart == basic.times[2].QuadPart, "the write time is what was set");
    ok(now.attributes & FILE_ATTRIBUTE_READONLY, "read-only");
    NtClose(file);
    is_status(create(&file, FILE_X, GENERIC_WRITE, 7, 5, 0), STATUS_ACCESS_DENIED,
              "cannot be overwritten");
    create(&file, FILE_X, FILE_WRITE_ATTRIBUTES | DELETE, 7, 1, 0);
    {
        BOOLEAN yes = TRUE;

        is_status(NtSetInformationFile(file, &io, &yes, 1, 13), STATUS_CANNOT_DELETE,
                  "nor deleted");
    }
    basic.attributes = FILE_ATTRIBUTE_NORMAL;
    is_status(NtSetInformationFile(file, &io, &basic, sizeof(basic), 4), 0, "writable again");
    NtClose(file);
    create(&file, FILE_X, GENERIC_WRITE, 7, 1, 0);
    is_status(NtSetInformationFile(file, &io, &end, 8, 20), 0, "cut to 5 bytes");
    NtQueryInformationFile(file, &io, &standard, sizeof(standard), 5);
    is_number(standard.end.QuadPart, 5, "5 bytes");
    is_status(NtQueryVolumeInformationFile(file, &io, &device, sizeof(device), 4), 0, "its device");
    is_number(device.type, 7, "is a disk");
    NtClose(file);
    is_status(NtQueryAttributesFile(nt_name(&name, FOLDER L"\\no"), &now),
              STATUS_OBJECT_NAME_NOT_FOUND, "ask for what is not there");
    is_status(NtQueryAttributesFile(nt_name(&name, FOLDER), &now), 0, "ask for a folder");
    is_number(now.attributes, FILE_ATTRIBUTE_DIRECTORY, "a folder");
}

static NTSTATUS rename_to(HANDLE file, const wchar_t *target, BOOLEAN replace)
{
    struct {
        BOOLEAN replace;
        HANDLE root;
        ULONG length;
        wchar_t name[128];
    } info = {replace, NULL, 0, {0}};

    while (target[info.length / 2]) {
        info.name[info.length / 2] = target[info.length / 2];
        info.length += 2;
    }
    return NtSetInformationFile(file, &io, &info, 20 + info.length, 10);
}

static void test_rename_and_delete(void)
{
    BOOLEAN yes = TRUE, no = FALSE;
    HANDLE file, other;

    create(&file, FILE_X, DELETE, 7, 1, 0);
    is_status(rename_to(file, FOLDER L"\\Y.txt", FALSE), 0, "rename");
    is_status(create(&other, FILE_X, GENERIC_READ, 7, 1, 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "the old name is gone");
    create(&other, FILE_X, GENERIC_WRITE, 7, 2, 0);
    NtClose(other);
    is_status(rename_to(file, FILE_X, FALSE), STATUS_OBJECT_NAME_COLLISION, "not over another");
    is_status(rename_to(file, FILE_X, TRUE), 0, "unless asked to");
    is_status(rename_to(file, FOLDER L"\\x.TXT", FALSE), 0, "change only the case");
    {
        struct {
            ULONG length;
            wchar_t name[128];
        } info;

        NtQueryInformationFile(file, &io, &info, sizeof(info), 9);
        ok(info.name[info.length / 2 - 1] == L'T', "the new spelling is kept");
    }
    is_status(rename_to(file, FILE_X, FALSE), 0, "and back");
    is_status(rename_to(file, FOLDER L"\\no\\x", TRUE), STATUS_OBJECT_PATH_NOT_FOUND,
              "into a missing folder");
    is_status(NtSetInformationFile(file, &io, &yes, 1, 13), 0, "mark for deletion");
    is_status(create(&other, FILE_X, GENERIC_READ, 7, 1, 0), STATUS_DELETE_PENDING,
              "it cannot be opened now");
    is_status(NtSetInformationFile(file, &io, &no, 1, 13), 0, "take it back");
    is_status(create(&other, FILE_X, GENERIC_READ, 7, 1, 0), 0, "it can");
    NtSetInformationFile(file, &io, &yes, 1, 13);
    NtClose(file);
    is_status(create(&file, FILE_X, GENERIC_READ, 7, 1, 0), STATUS_DELETE_PENDING,
              "while another handle is open");
    NtClose(other);
    is_status(create(&file, FILE_X, GENERIC_READ, 7, 1, 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "the last handle takes the file with it");
    create(&file, FILE_X, GENERIC_WRITE | DELETE, 7, 2, 0x1000);
    NtClose(file);
    is_status(create(&file, FILE_X, GENERIC_READ, 7, 1, 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "delete on close");
    is_status(create(&file, FILE_X, GENERIC_WRITE, 7, 2, 0x1000), STATUS_INVALID_PARAMETER,
              "delete on close needs DELETE");
    create(&file, FILE_X, GENERIC_WRITE, 7, 2, 0);
    is_status(NtSetInformationFile(file, &io, &yes, 1, 13), STATUS_ACCESS_DENIED,
              "deletion needs DELETE");
    NtClose(file);
    create(&file, FOLDER, DELETE, 7, 1, 1);
    is_status(NtSetInformationFile(file, &io, &yes, 1, 13), STATUS_DIRECTORY_NOT_EMPTY,
              "a folder with a file");
    NtClose(file);
}

static void test_locks(void)
{
    LARGE_INTEGER from = {.QuadPart = 2}, length = {.QuadPart = 3}, at = {.QuadPart = 0};
    HANDLE first, second;
    char byte[4];
    ULONG key = 0;

    create(&first, FILE_X, GENERIC_READ | GENERIC_WRITE, 7, 1, 0);
    NtWriteFile(first, NULL, NULL, NULL, &io, (void *)"12345678", 8, NULL, NULL);
    create(&second, FILE_X, GENERIC_READ | GENERIC_WRITE, 7, 1, 0);
    is_status(NtLockFile(first, NULL, NULL, NULL, &io, &from, &length, &key, TRUE, TRUE), 0,
              "lock a range");
    is_status(NtLockFile(second, NULL, NULL, NULL, &io, &from, &length, &key, TRUE, FALSE),
              STATUS_LOCK_NOT_GRANTED, "another cannot");
    is_status(NtReadFile(second, NULL, NULL, NULL, &io, byte, 4, &at, NULL),
              STATUS_FILE_LOCK_CONFLICT, "nor read in it");
    is_status(NtReadFile(second, NULL, NULL, NULL, &io, byte, 2, &at, NULL), 0, "but before it");
    is_status(NtUnlockFile(second, &io, &from, &length, &key), STATUS_RANGE_NOT_LOCKED,
              "not its lock");
    is_status(NtUnlockFile(first, &io, &from, &length, &key), 0, "unlock");
    is_status(NtLockFile(second, NULL, NULL, NULL, &io, &from, &length, &key, TRUE, FALSE), 0,
              "now it can");
    NtClose(second);
    is_status(NtLockFile(first, NULL, NULL, NULL, &io, &from, &length, &key, TRUE, TRUE), 0,
              "a closed handle's locks are gone");
    NtClose(first);
}

/* The names of a listing, one after another, separated by |. */
static NTSTATUS list(HANDLE folder, const wchar_t *mask, char *names, ULONG buffer_size,
                     ULONG *ret_calls)
{
    static char buffer[4096];
    UNICODE_STRING text = nt_string(mask);
    BOOLEAN restart = TRUE;
    NTSTATUS status;
    ULONG n = 0;

    *ret_calls = 0;
    while (!(status = NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, buffer_size, 3,
                                           FALSE, restart ? &text : NULL, restart))) {
        char *entry = buffer;

        ++*ret_calls;
        restart = FALSE;
        for (;;) {
            for (ULONG i = 0; i < *(ULONG *)(entry + 60) / 2; i++)
                names[n++] = (char)*(wchar_t *)(entry + 94 + 2 * i);
            names[n++] = '|';
            if (!*(ULONG *)entry)
                break;
            entry += *(ULONG *)entry;
        }
    }
    names[n] = 0;
    return status;
}

static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void test_folders(void)
{
    static const wchar_t *const files[] = {FOLDER L"\\b.c", FOLDER L"\\A.h", FOLDER L"\\none",
                                           FOLDER L"\\c.tar.gz"};
    static const struct {
        const wchar_t *mask;
        const char *names;
    } rows[] = {
        {L"*", ".|..|A.h|b.c|c.tar.gz|none|X.txt|"},
        {L"*.*", ".|..|A.h|b.c|c.tar.gz|none|X.txt|"},
        {L"*.c", "b.c|"},
        {L"a.H", "A.h|"},
        {L"?.?", "A.h|b.c|"},
        {L"<.gz", "c.tar.gz|"},
        {L"n*e", "none|"},
    };
    char names[512], small[100];
    HANDLE file, folder;
    UNICODE_STRING none = nt_string(L"zzz");
    ULONG calls;

    for (int i = 0; i < 4; i++) {
        create(&file, files[i], GENERIC_WRITE, 7, 5, 0);
        NtClose(file);
    }
    for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        create(&folder, FOLDER L"\\", FILE_LIST_DIRECTORY, 7, 1, 1);
        is_status(list(folder, rows[i].mask, names, 4096, &calls), STATUS_NO_MORE_FILES, "list %S",
                  rows[i].mask);
        if (!ok(same(names, rows[i].names), "the names that match it, sorted"))
            diag("got %s", names);
        NtClose(folder);
    }
    create(&folder, FOLDER, FILE_LIST_DIRECTORY, 7, 1, 1);
    is_status(list(folder, L"*", names, 120, &calls), STATUS_NO_MORE_FILES, "in a small buffer");
    ok(same(names, rows[0].names) && calls == 7, "the same, a call each");
    NtClose(folder);
    create(&folder, FOLDER, FILE_LIST_DIRECTORY, 7, 1, 1);
    is_status(
        NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, small, 100, 3, FALSE, &none, TRUE),
        STATUS_NO_SUCH_FILE, "nothing matches: first call");
    is_status(NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, small, 10, 3, FALSE, NULL, FALSE),
              STATUS_INFO_LENGTH_MISMATCH, "a buffer for no entry");
    is_status(
        NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, small, 100, 99, FALSE, NULL, FALSE),
        STATUS_INVALID_INFO_CLASS, "no such class");
    NtClose(folder);
    create(&file, FILE_X, GENERIC_READ, 7, 1, 0);
    is_status(NtQueryDirectoryFile(file, NULL, NULL, NULL, &io, small, 100, 3, FALSE, NULL, FALSE),
              STATUS_INVALID_PARAMETER, "a file is not listed");
    NtClose(file);
    is_status(create(&folder, FOLDER, FILE_LIST_DIRECTORY, 7, 2, 1), STATUS_OBJECT_NAME_COLLISION,
              "make a folder that exists");
    for (int i = 0; i < 4; i++)
        remove_file(files[i]);
}

static void test_main(void)
{
    HANDLE folder;

    is_status(create(&folder, FOLDER, FILE_LIST_DIRECTORY, 7, 3, 1), 0, "a folder for this test");
    NtClose(folder);
    test_dispositions();
    test_paths();
    test_data();
    test_sharing();
    test_information();
    test_rename_and_delete();
    test_locks();
    test_folders();
    remove_file(FILE_X);
    is_status(NtDeleteFile(nt_name(&name, FOLDER)), 0, "the folder goes");
    is_status(NtDeleteFile(nt_name(&name, FOLDER)), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
}
