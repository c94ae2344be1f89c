/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What answer() of bindings_upper.dll says, then each import of each module: where it leads. */

#include <winsock2.h>

#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <string.h>

int answer(void);

/* "module+offset", or where it is when it is in none: a stub. */
static void print_place(const void *address)
{
    char path[MAX_PATH], *name;
    HMODULE module;

    if (!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            address, &module)) {
        puts("nowhere");
        return;
    }
    GetModuleFileNameA(module, path, sizeof(path));
    name = strrchr(path, '\\');
    printf("%s+%llx\n", name ? name + 1 : path,
           (unsigned long long)((const char *)address - (const char *)module));
}

static void print_imports(const char *base)
{
    const IMAGE_NT_HEADERS *headers = (const void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    const DWORD rva =
        headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    const IMAGE_IMPORT_DESCRIPTOR *table = (const void *)(base + rva);

    for (; rva && table->Name && table->FirstThunk; table++)
        for (void *const *entry = (void *const *)(base + table->FirstThunk); *entry; entry++) {
            printf("%s ", base + table->Name);
            print_place(*entry);
        }
}

int main(void)
{
    HMODULE modules[64];
    char name[MAX_PATH];
    WSADATA data;
    DWORD size = 0;

    printf("answer %d\n", answer());
    WSAStartup(0x202, &data); /* so that ws2_32 is there: it and what it imports */
    if (!EnumProcessModules(GetCurrentProcess(), modules, sizeof(modules), &size))
        return 1;
    for (DWORD i = 0; i < size / sizeof(*modules); i++) {
        GetModuleBaseNameA(GetCurrentProcess(), modules[i], name, sizeof(name));
        printf("-- %s\n", name);
        print_imports((const char *)modules[i]);
    }
    return 0;
}
