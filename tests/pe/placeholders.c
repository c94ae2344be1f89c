/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views of sections in the place of placeholders: a ring buffer, mapped twice side by side, and
 * what is refused. Placeholders and memory in their place are in crt_memory.c. */

#include <windows.h>

#include "win32.h"

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#endif
#ifndef MEM_REPLACE_PLACEHOLDER
#define MEM_REPLACE_PLACEHOLDER   0x4000
#define MEM_COALESCE_PLACEHOLDERS 1
#define MEM_PRESERVE_PLACEHOLDER  2
#endif

#define SIZE 0x10000

static void *(WINAPI *allocate2)(HANDLE, void *, SIZE_T, ULONG, ULONG, void *, ULONG);
static void *(WINAPI *map3)(HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG, void *, ULONG);
static BOOL(WINAPI *unmap2)(HANDLE, void *, ULONG);

static char *placeholder(SIZE_T size)
{
    return allocate2(NULL, NULL, size, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL,
                     0);
}

static char *map(HANDLE section, char *base, ULONG64 offset, SIZE_T size, ULONG protection)
{
    return map3(section, GetCurrentProcess(), base, offset, size, MEM_REPLACE_PLACEHOLDER,
                protection, NULL, 0);
}

static BOOL preserve(char *base)
{
    return unmap2(GetCurrentProcess(), base, MEM_PRESERVE_PLACEHOLDER);
}

static HANDLE section_new(SIZE_T size)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);
}

static BOOL is_now(const char *base, DWORD state, DWORD type, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION info;

    VirtualQuery(base, &info, sizeof info);
    return info.State == state && info.Type == type && info.RegionSize == size &&
           info.AllocationBase == base;
}

static void test_ring(void)
{
    HANDLE section = section_new(SIZE);
    char *ring = placeholder(2 * SIZE);
    int i, same = 0;

    ok(VirtualFree(ring, SIZE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER), "a placeholder is cut");
    ok(map(section, ring, 0, SIZE, PAGE_READWRITE) == ring, "a view in its first half");
    ok(map(section, ring + SIZE, 0, SIZE, PAGE_READWRITE) == ring + SIZE, "and in its second");
    for (i = 0; i < SIZE; i++) /* across the seam */
        ring[SIZE / 2 + i] = (char)(i % 251);
    for (i = 0; i < SIZE / 2; i++)
        same += ring[i] == ring[SIZE + i] && ring[i] == (char)((SIZE / 2 + i) % 251);
    is_number(same, SIZE / 2, "what is written past the end is at the beginning");
    ok(is_now(ring, MEM_COMMIT, MEM_MAPPED, SIZE), "VirtualQuery tells of two views");
    CloseHandle(section);
    ok(UnmapViewOfFile(ring), "the first view is unmapped for good");
    ok(preserve(ring + SIZE), "the second becomes a placeholder");
    ok(is_now(ring + SIZE, MEM_RESERVE, MEM_PRIVATE, SIZE), "and is reserved memory");
    ok(!preserve(ring + SIZE), "once");
    ok(VirtualFree(ring + SIZE, 0, MEM_RELEASE), "which is released");
}

/* A view, memory, the view of another part, one whole again: nobody can come between. */
static void test_turns(void)
{
    HANDLE section = section_new(3 * SIZE);
    char *whole = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *base = placeholder(2 * SIZE), *memory;

    whole[SIZE] = 'b';
    whole[2 * SIZE] = 'c';
    VirtualFree(base, SIZE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
    ok(map(section, base, SIZE, SIZE, PAGE_READONLY) == base && *base == 'b', "a part, to be read");
    ok(preserve(base + 0x1234), "unmapped by an address in it");
    memory = allocate2(NULL, base, SIZE, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
                       PAGE_READWRITE, NULL, 0);
    ok(memory == base && !*memory, "memory of one's own in its place");
    VirtualFree(base, SIZE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
    ok(map(section, base, 2 * SIZE, SIZE, PAGE_WRITECOPY) == base && *base == 'c', "a copy");
    *base = 'x';
    is_number(whole[2 * SIZE], 'c', "which is written without the section");
    preserve(base);
    ok(VirtualFree(base, 2 * SIZE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS), "both are joined");
    ok(map(section, base, SIZE, 2 * SIZE, PAGE_READWRITE) == base && base[SIZE] == 'c',
       "and replaced as one");
    UnmapViewOfFile(base);
    UnmapViewOfFile(whole);
    CloseHandle(section);
}

static void test_refused(void)
{
    HANDLE section = section_new(2 * SIZE);
    HANDLE reader;
    char *base = placeholder(2 * SIZE), *memory;

    DuplicateHandle(GetCurrentProcess(), section, GetCurrentProcess(), &reader, SECTION_MAP_READ,
                    FALSE, 0);
    fails(map(section, base, 0, SIZE, PAGE_READWRITE) != NULL, ERROR_INVALID_ADDRESS,
          "a view smaller than the placeholder");
    fails(map(section, base + SIZE, 0, SIZE, PAGE_READWRITE) != NULL, ERROR_INVALID_ADDRESS,
          "one in its second half");
    fails(map(section, base, SIZE, 2 * SIZE, PAGE_READWRITE) != NULL, ERROR_ACCESS_DENIED,
          "one larger than the section");
    fails(map(reader, base, 0, 2 * SIZE, PAGE_READWRITE) != NULL, ERROR_ACCESS_DENIED,
          "one that may write, by a handle that may not");
    ok(is_now(base, MEM_RESERVE, MEM_PRIVATE, 2 * SIZE), "the placeholder is what it was");
    ok(!map(section, NULL, 0, 2 * SIZE, PAGE_READWRITE), "a view in no placeholder's place");
    memory = VirtualAlloc(NULL, SIZE, MEM_RESERVE, PAGE_NOACCESS);
    fails(map(section, memory, 0, SIZE, PAGE_READWRITE) != NULL, ERROR_INVALID_ADDRESS,
          "one in the place of reserved memory");
    fails(preserve(memory), ERROR_INVALID_ADDRESS, "memory is no view: keeping its placeholder");
    ok(map(section, base, 0, 2 * SIZE, PAGE_READWRITE) == base, "one that fits comes");
    fails(map(section, base, 0, 2 * SIZE, PAGE_READWRITE) != NULL, ERROR_INVALID_ADDRESS,
          "one over it");
    VirtualFree(memory, 0, MEM_RELEASE);
    UnmapViewOfFile(base);
    CloseHandle(reader);
    CloseHandle(section);
}

static void test_main(void)
{
    const HMODULE dll = GetModuleHandleA("kernelbase");

    allocate2 = (void *)GetProcAddress(dll, "VirtualAlloc2");
    map3 = (void *)GetProcAddress(dll, "MapViewOfFile3");
    unmap2 = (void *)GetProcAddress(dll, "UnmapViewOfFile2");
    if (!allocate2 || !map3 || !unmap2)
        bail_out("no placeholders here");
    test_ring();
    test_turns();
    test_refused();
}
