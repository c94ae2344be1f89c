/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A host of plugins: they import from the program itself and end their own threads, and what it
 * uses of libraries is loaded when it is first called, with hooks that watch, mend or see it fail
 * (delayimp.h). crt_modules.c has the plain cases of both. */

#include <windows.h>

#include <delayimp.h>
#include <setjmp.h>
#include <string.h>

#include "test.h"

#define FAILED_LIBRARY   0xc06d007e /* delayimp.h: VcppException(ERROR_SEVERITY_ERROR, ...) */
#define FAILED_PROCEDURE 0xc06d007f

__declspec(dllexport) int host_tell(const char *what);

int late_sum(int a, int b);
int late_missing(int a);
int never_there(int a);

static char told[64];

/* The plugin's way to the host. */
int host_tell(const char *what)
{
    strcat(told, what);
    return (int)strlen(told);
}

/* ---- delayed imports ---- */

static int n_noticed[dliNoteEndProcessing + 1], n_failed[dliNoteEndProcessing + 1];
static BOOL mends;
static jmp_buf after_failure;

static struct {
    DWORD code, error;
    char dll[32];
} failure;

static FARPROC WINAPI notice(unsigned what, PDelayLoadInfo info)
{
    (void)info;
    n_noticed[what]++;
    return NULL;
}

static int mended(int a)
{
    return -a;
}

static FARPROC WINAPI failed(unsigned what, PDelayLoadInfo info)
{
    (void)info;
    n_failed[what]++;
    return mends && what == dliFailGetProc ? (FARPROC)(void *)mended : NULL;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    const DelayLoadInfo *info;

    if (record->ExceptionCode != FAILED_LIBRARY && record->ExceptionCode != FAILED_PROCEDURE)
        return EXCEPTION_CONTINUE_SEARCH;
    info = (const DelayLoadInfo *)record->ExceptionInformation[0];
    failure.code = record->ExceptionCode;
    failure.error = info->dwLastError;
    lstrcpynA(failure.dll, info->szDll, sizeof failure.dll);
    longjmp(after_failure, 1);
}

/* What the call raised: there is none that returns. */
static DWORD code_of(int (*call)(int))
{
    failure.code = 0;
    if (!setjmp(after_failure))
        call(1);
    return failure.code;
}

static void test_late(void)
{
    void *handler = AddVectoredExceptionHandler(1, on_exception);

    __pfnDliNotifyHook2 = notice;
    __pfnDliFailureHook2 = failed;
    ok(!GetModuleHandleA("plugin_late.dll"), "nothing is loaded before it is called");
    is_number(late_sum(2, 3), 5, "the first call");
    is_number(late_sum(3, 4), 7, "the second");
    ok(n_noticed[dliStartProcessing] == 1 && n_noticed[dliNotePreLoadLibrary] == 1 &&
           n_noticed[dliNotePreGetProcAddress] == 1 && n_noticed[dliNoteEndProcessing] == 1,
       "the hook saw the first only");
    is_number(code_of(late_missing), FAILED_PROCEDURE, "a function that is not there");
    ok(!lstrcmpA(failure.dll, "plugin_late.dll") && failure.error == ERROR_PROC_NOT_FOUND,
       "is told with its DLL");
    mends = TRUE;
    is_number((DWORD)late_missing(4), (DWORD)-4, "the hook gives another in its place");
    is_number(code_of(never_there), FAILED_LIBRARY, "a DLL that is not there");
    ok(!lstrcmpA(failure.dll, "plugin_never.dll") && failure.error == ERROR_MOD_NOT_FOUND,
       "is told by its name");
    ok(n_failed[dliFailLoadLib] == 1 && n_failed[dliFailGetProc] == 2, "the hook saw each failure");
    RemoveVectoredExceptionHandler(handler);
}

/* ---- plugins ---- */

static void test_plugin(void)
{
    char path[MAX_PATH];
    HANDLE (*leave)(void);
    HMODULE plugin;
    HANDLE thread;
    DWORD code = 0;

    GetModuleFileNameA(NULL, path, sizeof path - 32);
    strcpy(strrchr(path, '\\') + 1, "plugin.dll");
    plugin = LoadLibraryExA(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    ok(plugin != NULL, "a plugin that imports from the program");
    ok(!strcmp(told, "attached "), "and calls it from its DllMain: %s", told);
    leave = (HANDLE(*)(void))(void *)GetProcAddress(plugin, "plugin_leave");
    thread = leave(); /* with a reference of its own */
    ok(FreeLibrary(plugin) && GetModuleHandleA("plugin.dll"), "its thread keeps it");
    leave = NULL;
    host_tell("freed ");
    ReleaseSemaphore(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "portico-plugin"), 1, NULL);
    WaitForSingleObject(thread, INFINITE);
    ok(GetExitCodeThread(thread, &code) && code == 33, "the thread ends");
    ok(!GetModuleHandleA("plugin.dll"), "and with it the plugin");
    ok(!strcmp(told, "attached freed gone "), "which has told so: %s", told);
    CloseHandle(thread);
}

static void test_main(void)
{
    CreateSemaphoreA(NULL, 0, 1, "portico-plugin");
    test_late();
    test_plugin();
}
