/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* DLLs of the program's own: data and delayed imports, DllMain that refuses, thread notices,
 * reference counts, file names, resources and version information of images and of data files. The
 * loader's NT side is in loader.c, the folders that are searched in libraries.c. */

#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "crt_module.h"
#include "test.h"

/* What crt_module.rc has, compiled into the DLL. */
enum { STRING_HELLO = 33, STRING_PERCENT = 34, DATA_NUMBER = 5 };

static HMODULE module;

static void test_imports(void)
{
    is_number(module_number, 4711, "a variable is imported");
    module_number = 12;
    is_number(module_read_number(), 12, "and is the DLL's own");
    module_number = 4711;
    ok(module_read_pointer() == &module_number, "it has one address");
    is_number(module_static_reason(), 1, "DllMain was told that it is attached, statically");
    module = GetModuleHandleA("crt_module.dll");
    ok(module != NULL, "the DLL is loaded");
}

static void test_delayed(void)
{
    ok(!GetModuleHandleA("crt_module_late.dll"),
       "a DLL whose import is delayed is not loaded at first");
    is_number(late_value(1), 41, "a delayed function is called");
    is_number(late_value(2), 42, "twice");
    ok(GetModuleHandleA("crt_module_late.dll") != NULL, "now the DLL is there");
}

static void test_references(void)
{
    HMODULE first = LoadLibraryA("crt_module_late"), pinned = NULL, by_address = NULL;
    WCHAR small[5];
    char name[MAX_PATH];
    DWORD n;

    ok(first != NULL, "LoadLibrary");
    ok(GetModuleHandleExA(0, "crt_module_late.dll", &by_address) && by_address == first,
       "GetModuleHandleEx counts a reference");
    ok(FreeLibrary(first) && FreeLibrary(first) && GetModuleHandleA("crt_module_late"), "of three");
    ok(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN, "crt_module.dll", &pinned) &&
           pinned == module,
       "pinned");
    for (int i = 0; i < 5; i++)
        FreeLibrary(module);
    ok(GetModuleHandleA("crt_module") == module, "it stays whatever is freed");
    ok(!GetModuleHandleExA(0, "nothing.dll", &by_address) && !by_address &&
           GetLastError() == ERROR_MOD_NOT_FOUND,
       "one that is not loaded");
    n = GetModuleFileNameA(module, name, sizeof(name));
    ok(n > 14 && n == strlen(name) && !_stricmp(name + n - 14, "crt_module.dll") && name[1] == ':',
       "GetModuleFileName: %s", name);
    n = GetModuleFileNameW(module, small, 5);
    ok(n == 5 && GetLastError() == ERROR_INSUFFICIENT_BUFFER && small[1] == ':',
       "in a short buffer it is cut");
    ok(!GetModuleFileNameA((HMODULE)0x12340000, name, sizeof(name)) &&
           GetLastError() == ERROR_MOD_NOT_FOUND,
       "no module");
    SetLastError(0);
    ok(!FreeLibrary((HMODULE)0x12340000) && GetLastError() == ERROR_MOD_NOT_FOUND,
       "which is not freed: %u", (unsigned)GetLastError());
    ok(!FreeLibrary(NULL), "nor is NULL");
}

static void test_refusing(void)
{
    SetEnvironmentVariableA("CRT_MODULE_REFUSE", "1");
    ok(!LoadLibraryA("crt_module_picky.dll") && GetLastError() == ERROR_DLL_INIT_FAILED,
       "a DllMain that refuses: error %u", (unsigned)GetLastError());
    ok(!GetModuleHandleA("crt_module_picky.dll"), "and the DLL is gone");
    SetEnvironmentVariableA("CRT_MODULE_REFUSE", NULL);
    HMODULE picky = LoadLibraryA("crt_module_picky.dll");
    ok(picky != NULL, "it does not refuse any more");
    ok(FreeLibrary(picky) && !GetModuleHandleA("crt_module_picky.dll"),
       "and goes when it is freed");
}

static void test_missing(void)
{
    FARPROC function;

    ok(!LoadLibraryA("no_such_module.dll") && GetLastError() == ERROR_MOD_NOT_FOUND,
       "a DLL that is not there");
    ok(!LoadLibraryA("Z:\\no\\such\\folder\\x.dll") && GetLastError() == ERROR_MOD_NOT_FOUND,
       "by its path: %u", (unsigned)GetLastError());
    ok(!LoadLibraryA("crt_module_orphan.dll") && GetLastError() == ERROR_MOD_NOT_FOUND,
       "one that needs a DLL that is not there: %u", (unsigned)GetLastError());
    ok(!LoadLibraryA("crt_module_lacking.dll") && GetLastError() == ERROR_PROC_NOT_FOUND,
       "one that needs a function that is not there: %u", (unsigned)GetLastError());
    function = GetProcAddress(module, "module_nothing");
    ok(!function && GetLastError() == ERROR_PROC_NOT_FOUND, "a function that is not there");
    function = GetProcAddress(module, MAKEINTRESOURCEA(9999)); /* UNKNOWN: which of the two */
    ok(!function &&
           (GetLastError() == ERROR_INVALID_ORDINAL || GetLastError() == ERROR_PROC_NOT_FOUND),
       "an ordinal: %u", (unsigned)GetLastError());
    ok(GetProcAddress(NULL, "main") == NULL, "nothing is exported by the program");
}

static DWORD WINAPI empty_thread(void *argument)
{
    (void)argument;
    return (DWORD)module_count(DLL_THREAD_ATTACH);
}

static void test_thread_notices(void)
{
    int n_attached = module_count(DLL_THREAD_ATTACH), n_detached = module_count(DLL_THREAD_DETACH);
    HANDLE thread = CreateThread(NULL, 0, empty_thread, NULL, 0, NULL);
    DWORD code = 0;

    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    is_number((int)code, n_attached + 1, "DllMain hears of a new thread, in that thread");
    is_number(module_count(DLL_THREAD_DETACH), n_detached + 1, "and of its end");
    CloseHandle(thread);
}

/* ---- resources ---- */

static BOOL CALLBACK name_found(HMODULE from, LPCSTR type, LPSTR name, LONG_PTR parameter)
{
    char *list = (char *)parameter;

    (void)from, (void)type;
    if (IS_INTRESOURCE(name))
        sprintf(list + strlen(list), "#%u ", (unsigned)(ULONG_PTR)name);
    else
        sprintf(list + strlen(list), "%s ", name);
    return TRUE;
}

static BOOL CALLBACK language_found(HMODULE from, LPCSTR type, LPCSTR name, WORD language,
                                    LONG_PTR parameter)
{
    (void)from, (void)type, (void)name;
    *(DWORD *)parameter = *(DWORD *)parameter << 16 | language;
    return TRUE;
}

static int resource_is(HMODULE from, LPCSTR name, LPCSTR type, const char *want)
{
    HRSRC found = FindResourceA(from, name, type);
    HGLOBAL loaded = found ? LoadResource(from, found) : NULL;
    const char *data = loaded ? LockResource(loaded) : NULL;

    return data && SizeofResource(from, found) == strlen(want) && !memcmp(data, want, strlen(want));
}

static void test_resources_of(HMODULE from, const char *what)
{
    char list[200] = "";
    DWORD languages = 0;

    ok(resource_is(from, MAKEINTRESOURCEA(DATA_NUMBER), RT_RCDATA, "raw data"),
       "%s: a resource by number", what);
    ok(resource_is(from, "GREETING", "TEXTS", "hello"), "%s: by name, of a type of its own", what);
    ok(resource_is(from, "greeting", "texts", "hello"), "%s: in any case", what);
    ok(!FindResourceA(from, "MISSING", "TEXTS") && GetLastError() == ERROR_RESOURCE_NAME_NOT_FOUND,
       "%s: a name that is not there", what);
    ok(!FindResourceA(from, "MISSING", "NOTYPE") && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND,
       "%s: a type that is not there", what);
    ok(EnumResourceNamesA(from, "TEXTS", name_found, (LONG_PTR)list) &&
           !strcmp(list, "FAREWELL GREETING #77 "),
       "%s: EnumResourceNames: %s", what, list);
    ok(EnumResourceLanguagesA(from, "TEXTS", "FAREWELL", language_found, (LONG_PTR)&languages) &&
           languages == 0x04070409,
       "%s: EnumResourceLanguages: %x", what, (unsigned)languages);
}

static void test_strings(void)
{
    int (*load_string)(HINSTANCE, UINT, LPSTR, int) = (int (*)(HINSTANCE, UINT, LPSTR, int))(
        void *)GetProcAddress(LoadLibraryA("user32.dll"), "LoadStringA");
    char text[50] = "";
    HRSRC block = FindResourceA(module, MAKEINTRESOURCEA(STRING_HELLO / 16 + 1), RT_STRING);
    const WCHAR *string = block ? LockResource(LoadResource(module, block)) : NULL;

    for (unsigned i = 0; string && i < STRING_HELLO % 16; i++)
        string += 1 + *string;
    ok(string && string[0] == 10 && !memcmp(string + 1, L"Hello \u00fcber", 20),
       "a string of a string table");
    if (!load_string) {
        skip(2, "no user32");
        return;
    }
    is_number(load_string(module, STRING_PERCENT, text, sizeof(text)), 8, "LoadString");
    ok(!strcmp(text, "100 % it"), "has it: %s", text);
}

/* version.dll, found at run time: it is no part of every machine that runs this. */
static void test_version(const char *path)
{
    HMODULE version = LoadLibraryA("version.dll");
    DWORD(WINAPI * get_size)
    (LPCSTR, DWORD *) = (void *)GetProcAddress(version, "GetFileVersionInfoSizeA");
    BOOL(WINAPI * get)
    (LPCSTR, DWORD, DWORD, void *) = (void *)GetProcAddress(version, "GetFileVersionInfoA");
    BOOL(WINAPI * query)
    (void *, LPCSTR, void **, UINT *) = (void *)GetProcAddress(version, "VerQueryValueA");
    char data[4000];
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT size = 0;
    char *text = NULL;
    DWORD ignored, n;

    if (!get_size || !get || !query) {
        skip(5, "no version.dll");
        return;
    }
    n = get_size(path, &ignored);
    ok(n && n <= sizeof(data), "GetFileVersionInfoSize: %u, error %u", (unsigned)n,
       (unsigned)GetLastError());
    ok(get(path, 0, sizeof(data), data), "GetFileVersionInfo");
    ok(query(data, "\\", (void **)&fixed, &size) && size == sizeof(*fixed) &&
           fixed->dwFileVersionMS == 0x00010002 && fixed->dwFileVersionLS == 0x00030004,
       "VerQueryValue: the file's version");
    ok(query(data, "\\StringFileInfo\\040904E4\\FileDescription", (void **)&text, &size) && text &&
           !strcmp(text, "A module for tests"),
       "its description");
    ok(!query(data, "\\StringFileInfo\\040904E4\\Nothing", (void **)&text, &size),
       "not what it does not have");
}

static void test_resources(void)
{
    char path[MAX_PATH];
    HMODULE data;

    GetModuleFileNameA(module, path, sizeof(path));
    test_resources_of(module, "a loaded DLL");
    ok(CopyFileA(path, "crt_module_copy.dat", FALSE), "a copy of it");
    data = LoadLibraryExA("crt_module_copy.dat", NULL, LOAD_LIBRARY_AS_DATAFILE);
    ok(((ULONG_PTR)data & 3) == 1, "LOAD_LIBRARY_AS_DATAFILE");
    ok(!GetModuleHandleA("crt_module_copy.dat"), "that is no module");
    test_resources_of(data, "a data file");
    ok(FreeLibrary(data), "is freed");
    data = LoadLibraryExA("crt_module_copy.dat", NULL, LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    ok(((ULONG_PTR)data & 3) == 2, "LOAD_LIBRARY_AS_IMAGE_RESOURCE");
    test_resources_of(data, "an image's resources");
    ok(FreeLibrary(data), "is freed");
    test_strings();
    test_version(path);
    test_version("crt_module_copy.dat");
    ok(DeleteFileA("crt_module_copy.dat"), "nobody holds the copy");
}

static void test_main(void)
{
    test_imports();
    test_delayed();
    test_references();
    test_refusing();
    test_missing();
    test_thread_notices();
    test_resources();
}
