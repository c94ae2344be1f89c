/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* QueryWorkingSetEx of this process: which pages are in memory, how protected, shared, locked. */

#define PSAPI_VERSION 2
#include <windows.h>

#include <psapi.h>

#include "test.h"

#define PAGE 0x1000

static PSAPI_WORKING_SET_EX_BLOCK ask(void *address)
{
    PSAPI_WORKING_SET_EX_INFORMATION info = {.VirtualAddress = address};

    info.VirtualAttributes.Flags = ~(ULONG_PTR)0;
    if (!QueryWorkingSetEx(GetCurrentProcess(), &info, sizeof info))
        diag("QueryWorkingSetEx: error %u", (unsigned)GetLastError());
    return info.VirtualAttributes;
}

static void test_private(void)
{
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    PSAPI_WORKING_SET_EX_BLOCK block;
    DWORD old;

    ok(!ask(pages).Valid, "a reserved page is not in memory");
    VirtualAlloc(pages, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    ok(!ask(pages).Valid, "nor is a committed one that nobody has touched");
    pages[0] = pages[PAGE] = pages[2 * PAGE] = 1;
    block = ask(pages + 17);
    ok(block.Valid, "one that was written is, by any address in it");
    is_number(block.Win32Protection, PAGE_READWRITE, "its protection");
    ok(!block.Shared && !block.ShareCount && !block.Locked && !block.LargePage,
       "it is neither shared, locked nor large");
    VirtualProtect(pages + PAGE, PAGE, PAGE_READONLY, &old);
    is_number(ask(pages + PAGE).Win32Protection, PAGE_READONLY, "the protection as it is now");
    VirtualProtect(pages + PAGE, PAGE, PAGE_NOACCESS, &old);
    ok(!ask(pages + PAGE).Valid, "a page that nobody may use is not valid");
    if (VirtualLock(pages + 2 * PAGE, PAGE))
        ok(ask(pages + 2 * PAGE).Locked, "a locked page");
    else
        skip(1, "no page can be locked here");
    VirtualUnlock(pages + 2 * PAGE, PAGE);
    ok(!ask(pages + 2 * PAGE).Locked, "it is unlocked");
    VirtualFree(pages + 2 * PAGE, PAGE, MEM_DECOMMIT);
    ok(!ask(pages + 2 * PAGE).Valid, "decommitted it is gone");
    VirtualFree(pages, 0, MEM_RELEASE);
    ok(!ask(pages).Valid, "so is all that was released");
}

static void test_shared(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    PSAPI_WORKING_SET_EX_BLOCK block;

    view[0] = 1;
    block = ask(view);
    ok(block.Valid && block.Shared && block.ShareCount, "a page of a section is shared");
    block = ask((void *)(ULONG_PTR)test_main);
    ok(block.Valid && block.Win32Protection == PAGE_EXECUTE_READ, "this program's code");
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void test_many(void)
{
    PSAPI_WORKING_SET_EX_INFORMATION infos[3] = {{.VirtualAddress = infos},
                                                 {.VirtualAddress = NULL},
                                                 {.VirtualAddress = (void *)~(ULONG_PTR)0}};

    ok(QueryWorkingSetEx(GetCurrentProcess(), infos, sizeof infos) &&
           infos[0].VirtualAttributes.Valid && !infos[1].VirtualAttributes.Valid &&
           !infos[2].VirtualAttributes.Valid,
       "several at once; nonsense is not in memory");
    ok(!QueryWorkingSetEx(GetCurrentProcess(), infos, sizeof *infos - 1) &&
           GetLastError() == ERROR_BAD_LENGTH,
       "too small a buffer");
    ok(!QueryWorkingSetEx(GetCurrentProcess(), (void *)16, sizeof *infos) &&
           GetLastError() == ERROR_NOACCESS,
       "a bad buffer");
}

static void test_main(void)
{
    test_private();
    test_shared();
    test_many();
}
