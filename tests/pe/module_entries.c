/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* DLLs that misbehave when they are loaded: exceptions in DllMain and TLS callbacks, a DLL that
 * frees itself, a forwarder to one that cannot be bound. Whatever they do, the loader works on for
 * every thread. */

#include <windows.h>

#include "test.h"

static HMODULE load_told(const char *what)
{
    HMODULE module;

    SetEnvironmentVariableA("MODULE_ENTRY", what);
    SetLastError(0);
    module = LoadLibraryA("module_entry.dll");
    SetEnvironmentVariableA("MODULE_ENTRY", NULL);
    return module;
}

static int is_loaded(void)
{
    return GetModuleHandleA("module_entry.dll") != NULL;
}

static DWORD WINAPI load_in_thread(void *unused)
{
    HMODULE module = LoadLibraryA("version.dll");

    (void)unused;
    return module && FreeLibrary(module);
}

/* It would wait for ever for a lock that nobody gives back. */
static int loader_is_free(void)
{
    HANDLE thread = CreateThread(NULL, 0, load_in_thread, NULL, 0, NULL);
    DWORD code = 0;

    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code == 1;
}

static void test_exceptions(void)
{
    HMODULE module = load_told("fault");

    ok(!module && GetLastError() == ERROR_NOACCESS, "a fault in DllMain is LoadLibrary's error: %u",
       (unsigned)GetLastError());
    ok(!is_loaded(), "the DLL is gone");
    ok(loader_is_free(), "other threads load");
    ok(!load_told("raise") && !is_loaded() && loader_is_free(), "an exception of any other code");
    module = load_told("fault at the end");
    ok(module != NULL, "one that will fault at its end");
    ok(FreeLibrary(module) && !is_loaded() && loader_is_free(), "goes nevertheless");
    module = load_told("fault in the callback");
    ok(module && FreeLibrary(module) && !is_loaded() && loader_is_free(),
       "a TLS callback's fault does not matter");
}

static DWORD WINAPI nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void test_freeing(void)
{
    HMODULE module = load_told("free itself");
    int(__cdecl * value)(void);
    HANDLE thread;

    value = module ? (int(__cdecl *)(void))(void *)GetProcAddress(module, "entry_value") : NULL;
    ok(value && value() == 14, "a DLL that frees itself when it is attached stays");
    ok(FreeLibrary(module) && !is_loaded(), "until LoadLibrary's caller frees it");
    ok(load_told("free itself in a thread") != NULL, "one that frees itself in a new thread");
    thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    is_number(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0, "which ends");
    CloseHandle(thread);
    ok(!is_loaded(), "is gone after that");
}

/* The DLL is there for the one that forwards to it: nobody has called LoadLibrary. */
static HMODULE load_forwarded(const char *what)
{
    HMODULE module = LoadLibraryA("module_entry_forward.dll");

    SetEnvironmentVariableA("MODULE_ENTRY", what);
    ok(module && GetProcAddress(module, "entry_forward_value") && is_loaded(),
       "a forwarder's DLL, told to %s", what);
    SetEnvironmentVariableA("MODULE_ENTRY", NULL);
    return module;
}

static void test_forwarded(void)
{
    HMODULE module = load_forwarded("load and free itself");

    ok(FreeLibrary(module) && !is_loaded(), "goes with the one that forwards to it");
    module = load_forwarded("hold the other at the end");
    ok(FreeLibrary(module) && GetModuleHandleA("module_entry_forward.dll") == module,
       "keeps that one, which would go after it");
    ok(FreeLibrary(module) && !GetModuleHandleA("module_entry_forward.dll") && !is_loaded(),
       "once");
}

static void test_loading_at_end(void)
{
    HMODULE module = load_told("load at the end"), late;

    ok(!GetModuleHandleA("version.dll"), "a DLL that another one loads when it is detached");
    FreeLibrary(module);
    late = GetModuleHandleA("version.dll");
    ok(!is_loaded() && late, "stays when that one has gone");
    ok(late && FreeLibrary(late) && !GetModuleHandleA("version.dll"), "until it is freed");
}

static void test_broken(void)
{
    HMODULE module = LoadLibraryA("module_entry_forward.dll");

    ok(module != NULL, "a DLL that forwards to one that cannot be bound");
    ok(!GetProcAddress(module, "entry_forward"), "has no such procedure");
    ok(!GetModuleHandleA("module_entry_broken.dll"), "the other is not there");
    ok(!LoadLibraryA("module_entry_broken.dll") && GetLastError() == ERROR_MOD_NOT_FOUND,
       "and cannot be loaded: error %u", (unsigned)GetLastError());
    FreeLibrary(module);
}

static void test_main(void)
{
    test_exceptions();
    test_freeing();
    test_forwarded();
    test_loading_at_end();
    test_broken();
    done_testing();
}
