/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What may not be done to a file that is loaded or mapped, within the process and from another one:
 * the program starts itself to try. Folders with open files in them; second names of an open file.
 */

#define _WIN32_WINNT 0x0a00
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "win32.h"

enum { PAGE = 4096, BYTES = 3 * PAGE };

static char self[MAX_PATH];

static HANDLE open_by(const char *name, DWORD access, DWORD flags)
{
    return CreateFileA(name, access, 7, NULL, OPEN_EXISTING, flags, NULL);
}

/* What comes of `what` done to the file: a Windows error, 0 if it went well. */
static DWORD attempt(const char *what, const char *name)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    BOOL is_done;
    DWORD error;

    SetLastError(0);
    if (!strcmp(what, "delete")) {
        is_done = DeleteFileA(name);
    } else if (!strcmp(what, "replace")) {
        CloseHandle(CreateFileA("other", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
        is_done = MoveFileExA("other", name, MOVEFILE_REPLACE_EXISTING);
    } else if (!strcmp(what, "overwrite")) {
        file = CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
        is_done = file != INVALID_HANDLE_VALUE;
    } else if (what[0] == 'c') { /* cut to so many bytes */
        file = open_by(name, GENERIC_WRITE, 0);
        is_done =
            SetFilePointer(file, atoi(what + 1), NULL, FILE_BEGIN) != ~0u && SetEndOfFile(file);
    } else { /* open: sharing writing or not, with this access */
        file = CreateFileA(name, strtoul(what + 1, NULL, 16), what[0] == 'n' ? 5 : 7, NULL,
                           OPEN_EXISTING, what[0] == 'd' ? FILE_FLAG_DELETE_ON_CLOSE : 0, NULL);
        is_done = file != INVALID_HANDLE_VALUE;
    }
    error = is_done ? 0 : GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return error;
}

/* Here and in another process the same comes of it. */
static void both(const char *what, const char *name, DWORD want)
{
    PROCESS_INFORMATION child;
    char line[2 * MAX_PATH];

    is_number(attempt(what, name), want, "%s %s", what, name);
    snprintf(line, sizeof line, "%s %s", what, name);
    ok(child_start(line, 0, &child), "another process");
    is_number(child_end(&child), want, "has the same");
}

static void make(const char *name)
{
    static const char bytes[BYTES];
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    WriteFile(file, bytes, BYTES, &n, NULL);
    CloseHandle(file);
}

/* ---- programs and DLLs ---- */

static void test_image_rules(const char *name)
{
    both("delete", name, ERROR_ACCESS_DENIED);
    both("replace", name, ERROR_ACCESS_DENIED);
    both("overwrite", name, ERROR_SHARING_VIOLATION);
    both("o40000000", name, ERROR_SHARING_VIOLATION); /* GENERIC_WRITE */
    both("d10000", name, ERROR_ACCESS_DENIED);        /* DELETE, on close */
    both("o80000000", name, 0);                       /* GENERIC_READ */
    both("o10000", name, 0);                          /* DELETE alone: it may be renamed */
}

static void test_library(void)
{
    HMODULE library, again;

    ok(CopyFileA(self, "image.dll", FALSE), "a DLL");
    library = LoadLibraryExA("image.dll", NULL, DONT_RESOLVE_DLL_REFERENCES);
    ok(library != NULL, "it is loaded");
    test_image_rules("image.dll");
    ok(MoveFileA("image.dll", "moved.dll"), "it may be renamed");
    again = LoadLibraryExA("moved.dll", NULL, DONT_RESOLVE_DLL_REFERENCES);
    FreeLibrary(library);
    if (again && again != library)
        FreeLibrary(again);
    else if (again)
        FreeLibrary(library);
    both("o40000000", "moved.dll", 0);
    ok(DeleteFileA("moved.dll"), "freed, it can be deleted");
}

/* The same of a section of an image, of its view, and of a DLL that is loaded as data. */
static void test_image_section(void)
{
    HANDLE file, section;
    HMODULE data;
    void *view;

    ok(CopyFileA(self, "image.dll", FALSE), "a DLL");
    file = open_by("image.dll", GENERIC_READ, 0);
    section = CreateFileMappingA(file, NULL, SEC_IMAGE | PAGE_READONLY, 0, 0, NULL);
    CloseHandle(file);
    ok(section != NULL, "a section of its image");
    test_image_rules("image.dll");
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(section);
    ok(view != NULL, "a view");
    test_image_rules("image.dll");
    UnmapViewOfFile(view);
    data = LoadLibraryExA("image.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    ok(data != NULL, "it is loaded as data");
    both("delete", "image.dll", ERROR_ACCESS_DENIED);
    FreeLibrary(data);
    ok(DeleteFileA("image.dll"), "then it can be deleted");
}

static void test_program(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child = {0};
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    HANDLE held = CreateEventA(&inherit, TRUE, FALSE, NULL);
    HANDLE ready = CreateEventA(&inherit, TRUE, FALSE, NULL);
    char line[MAX_PATH];

    ok(CopyFileA(self, "program.exe", FALSE), "a program");
    snprintf(line, sizeof line, "program.exe wait %lu %lu", (DWORD)(ULONG_PTR)ready,
             (DWORD)(ULONG_PTR)held);
    ok(CreateProcessA("program.exe", line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child),
       "it runs");
    WaitForSingleObject(ready, INFINITE);
    test_image_rules("program.exe");
    SetEvent(held);
    is_number(child_end(&child), 0, "it ends");
    ok(DeleteFileA("program.exe"), "then it can be deleted");
    CloseHandle(held);
    CloseHandle(ready);
}

/* ---- mapped files ---- */

static void test_mapping_rules(const char *name)
{
    both("delete", name, ERROR_ACCESS_DENIED);
    both("replace", name, ERROR_ACCESS_DENIED);
    both("overwrite", name, ERROR_USER_MAPPED_FILE);
    both("c0", name, ERROR_USER_MAPPED_FILE);
    both("c4096", name, ERROR_USER_MAPPED_FILE);
    both("c20000", name, 0); /* it may grow, and shrink to what is mapped */
    both("c12288", name, 0);
    both("c12287", name, 0); /* within the last page */
    both("c12288", name, 0);
    both("o40000000", name, 0);
}

static void test_mapping(void)
{
    HANDLE file, section;
    void *view;

    make("mapped");
    file = open_by("mapped", GENERIC_READ, 0);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    CloseHandle(file);
    test_mapping_rules("mapped");
    both("n80000000", "mapped", 0); /* nobody writes to the view */
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(section);
    ok(view != NULL, "a view without its section's handle");
    test_mapping_rules("mapped");
    UnmapViewOfFile(view);
    both("c0", "mapped", 0);
    ok(DeleteFileA("mapped"), "unmapped, it can be deleted");
}

static void test_writable_mapping(void)
{
    HANDLE file, section, part;

    make("mapped");
    file = open_by("mapped", GENERIC_READ | GENERIC_WRITE, 0);
    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    part = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 2 * PAGE, NULL);
    CloseHandle(file);
    both("n80000000", "mapped", ERROR_SHARING_VIOLATION); /* who suffers no writer */
    both("c8192", "mapped", 0);
    both("c4096", "mapped", ERROR_USER_MAPPED_FILE);
    CloseHandle(part);
    both("c4096", "mapped", 0);
    both("c0", "mapped", ERROR_USER_MAPPED_FILE);
    CloseHandle(section);
    both("n80000000", "mapped", 0);
    ok(DeleteFileA("mapped"), "it can be deleted");
}

/* ---- folders ---- */

static BOOL move_away(void)
{
    return MoveFileA("folder", "moved") && MoveFileA("moved", "folder");
}

static void test_folder(void)
{
    HANDLE file;

    CreateDirectoryA("folder", NULL);
    CreateDirectoryA("folder\\deep", NULL);
    CreateDirectoryA("folder2", NULL);
    make("folder\\deep\\file");
    make("folder2\\file");
    file = open_by("folder2\\file", GENERIC_READ, 0);
    ok(move_away(), "a folder is renamed");
    CloseHandle(file);
    file = open_by("folder\\deep\\file", GENERIC_READ, 0);
    fails(move_away(), ERROR_ACCESS_DENIED, "with a file open in it");
    CloseHandle(file);
    file = open_by("folder\\deep", 0, FILE_FLAG_BACKUP_SEMANTICS);
    fails(move_away(), ERROR_ACCESS_DENIED, "with a folder open in it");
    CloseHandle(file);
    file = open_by("folder", 0, FILE_FLAG_BACKUP_SEMANTICS);
    ok(move_away(), "with nothing but itself open");
    CloseHandle(file);
    DeleteFileA("folder\\deep\\file");
    DeleteFileA("folder2\\file");
    ok(RemoveDirectoryA("folder\\deep") && RemoveDirectoryA("folder") &&
           RemoveDirectoryA("folder2"),
       "they go");
}

static void test_main(void)
{
    char folder[MAX_PATH], temp[MAX_PATH];

    GetModuleFileNameA(NULL, self, MAX_PATH);
    if (__argc == 4) { /* wait, as program.exe */
        SetEvent((HANDLE)(ULONG_PTR)strtoul(__argv[2], NULL, 10));
        ExitProcess(WaitForSingleObject((HANDLE)(ULONG_PTR)strtoul(__argv[3], NULL, 10), INFINITE));
    }
    if (__argc == 3)
        ExitProcess(attempt(__argv[1], __argv[2]));
    GetTempPathA(MAX_PATH, temp);
    GetTempFileNameA(temp, "map", 0, folder);
    DeleteFileA(folder);
    CreateDirectoryA(folder, NULL);
    SetCurrentDirectoryA(folder);
    test_library();
    test_image_section();
    test_program();
    test_mapping();
    test_writable_mapping();
    test_folder();
    DeleteFileA("other");
    SetCurrentDirectoryA(temp);
    ok(RemoveDirectoryA(folder), "the folder goes");
}
