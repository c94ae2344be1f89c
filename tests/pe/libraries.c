/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* LoadLibrary and its relatives: by path, by folder, as a data file; two images that want one
 * address. */

#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "test.h"

static char folder[MAX_PATH], below[MAX_PATH], path[MAX_PATH];

/* The folder of this program, with a backslash, and one below the current folder that holds a copy
 * of a DLL under another name. */
static void prepare(void)
{
    char from[MAX_PATH], current[MAX_PATH - 20];

    GetModuleFileNameA(NULL, folder, sizeof(folder));
    *(strrchr(folder, '\\') + 1) = 0;
    GetCurrentDirectoryA(sizeof(current), current);
    snprintf(below, sizeof(below), "%s\\libraries.dir", current);
    snprintf(from, sizeof(from), "%sloader_two.dll", folder);
    snprintf(path, sizeof(path), "%s\\libraries_copy.dll", below);
    CreateDirectoryA(below, NULL);
    if (!CopyFileA(from, path, FALSE))
        bail_out("cannot copy %s to %s: error %u", from, path, (unsigned)GetLastError());
}

static int value_of(HMODULE library)
{
    return (int)GetProcAddress(library, "two_value")();
}

static void test_by_path(void)
{
    char name[MAX_PATH] = "";
    HMODULE library = LoadLibraryA(path), again, two, owner = NULL;

    ok(library != NULL, "LoadLibrary by path: %s", path);
    GetModuleFileNameA(library, name, sizeof(name));
    ok(!_stricmp(name, path), "its file name is that path: %s", name);
    ok(GetModuleHandleA("libraries_copy.dll") == library, "it is found by its name");
    again = LoadLibraryA("libraries_copy");
    ok(again == library, "and loaded again by it, though it lies in no searched folder");
    ok(FreeLibrary(again) && GetModuleHandleA("libraries_copy") == library,
       "freed once: still there");
    two = LoadLibraryA("loader_two.dll");
    ok(two && two != library, "another file that wants the same address gets another one");
    ok(value_of(two) == 22 && value_of(library) == 22, "both work, relocated or not");
    ok(GetProcAddress(two, "two_history") != GetProcAddress(library, "two_history"),
       "each has its own code");
    ok(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                              GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                          (char *)GetProcAddress(two, "two_value"), &owner) &&
           owner == two,
       "GetModuleHandleEx by address");
    FreeLibrary(two);
    FreeLibrary(library);
    ok(!GetModuleHandleA("libraries_copy") && !GetModuleHandleA("loader_two"), "both are freed");
    ok(!LoadLibraryA("libraries_copy.dll"), "without a folder it is not found");
}

static void test_folders(void)
{
    WCHAR wide[MAX_PATH];
    char before[MAX_PATH];
    DLL_DIRECTORY_COOKIE cookie;
    HMODULE library;

    GetCurrentDirectoryA(sizeof(before), before);
    SetCurrentDirectoryA(below);
    library = LoadLibraryA("libraries_copy.dll");
    ok(library != NULL, "it is found in the current directory");
    FreeLibrary(library);
    SetDllDirectoryA("");
    ok(!LoadLibraryA("libraries_copy.dll"), "not after SetDllDirectory(\"\")");
    SetDllDirectoryA(NULL);
    SetCurrentDirectoryA(before);
    SetDllDirectoryA(below);
    library = LoadLibraryA("libraries_copy.dll");
    ok(library != NULL, "it is found in SetDllDirectory's folder");
    FreeLibrary(library);
    SetDllDirectoryA(NULL);
    MultiByteToWideChar(CP_ACP, 0, below, -1, wide, MAX_PATH);
    cookie = AddDllDirectory(wide);
    ok(cookie != NULL, "AddDllDirectory");
    library = LoadLibraryExA("libraries_copy.dll", NULL, LOAD_LIBRARY_SEARCH_USER_DIRS);
    ok(library != NULL, "is searched when asked for");
    FreeLibrary(library);
    ok(!LoadLibraryA("libraries_copy.dll"), "and not otherwise");
    RemoveDllDirectory(cookie);
    ok(!LoadLibraryExA("libraries_copy.dll", NULL, LOAD_LIBRARY_SEARCH_USER_DIRS),
       "nor after its removal");
    ok(!LoadLibraryExA("loader_two.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32),
       "a search in system32 alone does not find the program's DLLs");
    library = LoadLibraryExA("sechost.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    ok(library != NULL, "but Windows' ones");
    FreeLibrary(library);
}

static void test_not_executed(void)
{
    HMODULE library = LoadLibraryExA(path, NULL, DONT_RESOLVE_DLL_REFERENCES);

    ok(library && GetProcAddress(library, "two_value"), "DONT_RESOLVE_DLL_REFERENCES maps the DLL");
    FreeLibrary(library);
    library = LoadLibraryExA(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    ok(library && ((ULONG_PTR)library & 3), "LOAD_LIBRARY_AS_DATAFILE maps the file");
    ok(FreeLibrary(library), "which is freed");
    library = LoadLibraryA(__FILE__);
    ok(!library, "a text file is no DLL");
}

static void test_main(void)
{
    prepare();
    test_by_path();
    test_folders();
    test_not_executed();
    DeleteFileA(path);
    ok(RemoveDirectoryA(below), "nothing keeps the files open");
}
