/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A section with bytes in the file and much more room in memory, as linkers make it that put .bss
 * behind .data: the room is zero and costs nothing before it is used. This program makes a copy of
 * itself with such a section and starts it. */

#define PSAPI_VERSION 2
#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

enum { ROOM = 256 << 20, FILE_BYTES = 512 };

static volatile char room[ROOM];

static int child_main(void)
{
    PROCESS_MEMORY_COUNTERS counters;

    if (!GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters))
        return 1;
    if (counters.WorkingSetSize >= ROOM / 2)
        return 2;
    room[ROOM - 1]++;
    return room[0] == 0 && room[ROOM - 1] == 1 ? 77 : 3;
}

/* The section that has the room gets bytes: zeros at the file's end. */
static int section_fill(FILE *file)
{
    static const char zeros[FILE_BYTES];
    const DWORD rva = (DWORD)((char *)room - (char *)GetModuleHandleA(NULL));
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS headers;
    IMAGE_SECTION_HEADER section;
    long at, end;

    fseek(file, 0, SEEK_END);
    end = (ftell(file) + FILE_BYTES - 1) / FILE_BYTES * FILE_BYTES;
    fseek(file, end, SEEK_SET);
    fwrite(zeros, sizeof zeros, 1, file);
    rewind(file);
    fread(&dos, sizeof dos, 1, file);
    fseek(file, dos.e_lfanew, SEEK_SET);
    fread(&headers, sizeof headers, 1, file);
    for (int i = 0; i < headers.FileHeader.NumberOfSections; i++) {
        at = ftell(file);
        fread(&section, sizeof section, 1, file);
        if (rva - section.VirtualAddress >= section.Misc.VirtualSize || section.SizeOfRawData)
            continue;
        section.PointerToRawData = (DWORD)end;
        section.SizeOfRawData = FILE_BYTES;
        fseek(file, at, SEEK_SET);
        return fwrite(&section, sizeof section, 1, file) == 1;
    }
    return 0;
}

static int copy_make(const char *name)
{
    char self[MAX_PATH];
    FILE *file;
    int good;

    GetModuleFileNameA(NULL, self, sizeof self);
    if (!CopyFileA(self, name, FALSE) || !(file = fopen(name, "r+b")))
        return 0;
    good = section_fill(file);
    return !fclose(file) && good;
}

static void test_main(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[] = "image_zeros_copy.exe child";
    PROCESS_INFORMATION child;

    if (__argc > 1)
        exit(child_main());
    ok(copy_make("image_zeros_copy.exe"), "a copy whose zeros have a beginning in the file");
    ok(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), "it starts");
    is_number(child_end(&child), 77, "its zeros are zero, and took no memory before their use");
    ok(DeleteFileA("image_zeros_copy.exe"), "the copy goes");
}
