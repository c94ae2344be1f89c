/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Memory through kernel32: every mode of VirtualAlloc, what VirtualQuery says of the whole address
 * space (held against the kernel's own list when there is one), heaps and their walks. The NT
 * calls' statuses are in nt_memory.c. */

#include <windows.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#endif
#ifndef MEM_REPLACE_PLACEHOLDER
#define MEM_REPLACE_PLACEHOLDER   0x4000
#define MEM_COALESCE_PLACEHOLDERS 1
#define MEM_PRESERVE_PLACEHOLDER  2
#endif
#ifndef MEM_RESET_UNDO
#define MEM_RESET_UNDO 0x1000000
#endif

static void *allocate(SIZE_T size, DWORD type, DWORD protection)
{
    SetLastError(0xdead);
    return VirtualAlloc(NULL, size, type, protection);
}

static DWORD protection_at(const void *address)
{
    MEMORY_BASIC_INFORMATION info = {0};

    VirtualQuery(address, &info, sizeof(info));
    return info.Protect;
}

static int n_guards;

static LONG CALLBACK on_guard(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    n_guards++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_modes(void)
{
    char *base = allocate(0x30000, MEM_RESERVE, PAGE_READWRITE), *top;
    MEMORY_BASIC_INFORMATION info;
    DWORD old = 0;
    void *handler;

    ok(base && VirtualQuery(base, &info, sizeof(info)) == sizeof(info) &&
           info.State == MEM_RESERVE && info.RegionSize == 0x30000,
       "MEM_RESERVE");
    ok(VirtualAlloc(base + 0x1000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == base + 0x1000,
       "MEM_COMMIT inside it");
    memset(base + 0x1000, 5, 0x2000);
    ok(VirtualAlloc(base, 0x4000, MEM_COMMIT, PAGE_READWRITE) == base && base[0x1000] == 5 &&
           !base[0],
       "committing again keeps what is there");
    ok(VirtualAlloc(base, 0x1000, MEM_RESET, PAGE_NOACCESS) == base, "MEM_RESET");
    is_number(protection_at(base), PAGE_READWRITE, "leaves the protection");
    base[0] = 7;
    ok(VirtualProtect(base, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old) && old == PAGE_READWRITE,
       "PAGE_GUARD");
    n_guards = 0;
    handler = AddVectoredExceptionHandler(1, on_guard);
    is_number(*(volatile char *)base, 7, "a read through the guard");
    RemoveVectoredExceptionHandler(handler);
    is_number(n_guards, 1, "meets it once");
    is_number(protection_at(base), PAGE_READWRITE, "then it is gone");
    ok(!VirtualProtect(base + 0x10000, 0x1000, PAGE_READONLY, &old) &&
           GetLastError() == ERROR_INVALID_ADDRESS,
       "what is not committed cannot be protected");
    ok(VirtualFree(base + 0x1000, 0x1000, MEM_DECOMMIT) &&
           VirtualQuery(base + 0x1000, &info, sizeof(info)) && info.State == MEM_RESERVE &&
           info.RegionSize == 0x1000,
       "MEM_DECOMMIT");
    ok(!VirtualFree(base + 0x1000, 0, MEM_RELEASE) && GetLastError() == ERROR_INVALID_ADDRESS,
       "MEM_RELEASE wants the base");
    ok(!VirtualFree(base, 0x1000, MEM_RELEASE) && GetLastError() == ERROR_INVALID_PARAMETER &&
           VirtualQuery(base, &info, sizeof(info)) && info.State == MEM_COMMIT,
       "and no size: nothing is freed");
    ok(!VirtualFreeEx(GetCurrentProcess(), base, 0x30000, MEM_RELEASE) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "not even the reservation's");
    ok(VirtualFree(base, 0, MEM_RELEASE), "MEM_RELEASE");
    ok(!VirtualFree(base, 0, MEM_RELEASE) && GetLastError() == ERROR_INVALID_ADDRESS, "once");
    base = allocate(0x10000, MEM_RESERVE, PAGE_NOACCESS);
    top = allocate(0x10000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_NOACCESS);
    ok(top > base, "MEM_TOP_DOWN is above");
    ok(!VirtualAlloc(base, 0x10000, MEM_RESERVE, PAGE_NOACCESS) &&
           GetLastError() == ERROR_INVALID_ADDRESS,
       "an address that is taken is refused");
    VirtualFree(top, 0, MEM_RELEASE);
    VirtualFree(base, 0, MEM_RELEASE);
    ok(VirtualAlloc(base + 0x1234, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == base,
       "an address is rounded down to 64 KiB");
    VirtualFree(base, 0, MEM_RELEASE);
}

typedef void *(WINAPI *allocate2_function)(HANDLE, void *, SIZE_T, ULONG, ULONG, void *, ULONG);

/* Where memory is to be: the run times of Dart and of GraalVM reserve their heaps so. */
static void test_requirements(void)
{
    const allocate2_function allocate2 =
        (allocate2_function)(void *)GetProcAddress(GetModuleHandleA("kernelbase"), "VirtualAlloc2");
    MEM_ADDRESS_REQUIREMENTS need = {NULL, NULL, 0x40000000};
    MEM_EXTENDED_PARAMETER parameter = {.Type = MemExtendedParameterAddressRequirements,
                                        .Pointer = &need};
    const ULONG_PTR low = 0x300000000, high = 0x310000000;
    char *one, *two;

    if (!allocate2) {
        skip(9, "no VirtualAlloc2");
        return;
    }
#define RESERVE(address) \
    (char *)allocate2(NULL, address, 0x20000, MEM_RESERVE, PAGE_NOACCESS, &parameter, 1)
    one = RESERVE(NULL);
    two = RESERVE(NULL);
    ok(one && two && one != two, "memory aligned to 1 GiB, twice");
    ok(!(((ULONG_PTR)one | (ULONG_PTR)two) & (need.Alignment - 1)), "is aligned: %p, %p", one, two);
    VirtualFree(one, 0, MEM_RELEASE);
    VirtualFree(two, 0, MEM_RELEASE);
    need = (MEM_ADDRESS_REQUIREMENTS){(void *)low, (void *)(high - 1), 0x100000};
    one = RESERVE(NULL);
    two = RESERVE(NULL);
    ok((ULONG_PTR)one >= low && (ULONG_PTR)one < high && !((ULONG_PTR)one & 0xfffff),
       "memory between two addresses: %p", one);
    ok((ULONG_PTR)two >= low && (ULONG_PTR)two < high && two != one, "twice");
    VirtualFree(one, 0, MEM_RELEASE);
    VirtualFree(two, 0, MEM_RELEASE);
    need.HighestEndingAddress = (void *)(low + 0xffff);
    ok(!RESERVE(NULL) && GetLastError() != ERROR_INVALID_PARAMETER, "with no room there");
    need.HighestEndingAddress = NULL;
    one = RESERVE(NULL);
    ok((ULONG_PTR)one >= low, "memory above an address");
    VirtualFree(one, 0, MEM_RELEASE);
    ok(!RESERVE((void *)high) && GetLastError() == ERROR_INVALID_PARAMETER,
       "an address and a requirement too");
    need.Alignment = 0x18000;
    ok(!RESERVE(NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "no power of two");
    need = (MEM_ADDRESS_REQUIREMENTS){(void *)0x1234, NULL, 0};
    ok(!RESERVE(NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "no whole granule");
}

#define REPLACE(at, size)                                                                         \
    allocate2(NULL, at, size, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, \
              NULL, 0)
#define PRESERVE(at, size) VirtualFree(at, size, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
#define JOIN(at, size)     VirtualFree(at, size, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)

/* 256 KiB. Every failure leaves things as they were. */
static void test_placeholder(allocate2_function allocate2, char *base)
{
    MEMORY_BASIC_INFORMATION info;

    ok(!VirtualAlloc(base, 0x1000, MEM_COMMIT, PAGE_READWRITE), "has no page to commit");
    ok(!REPLACE(base + 0x10000, 0x1000) && GetLastError() == ERROR_INVALID_ADDRESS,
       "a part of it cannot be replaced");
    ok(PRESERVE(base + 0x10000, 0x3000), "it can be cut: a piece of three pages in the middle");
    ok(!PRESERVE(base + 0x10000, 0x3000), "once");
    ok(!REPLACE(base + 0x10000, 0x4000), "what reaches beyond the piece cannot be replaced");
    ok(REPLACE(base + 0x10000, 0x3000) == base + 0x10000, "the piece can");
    memset(base + 0x10000, 7, 0x3000);
    ok(VirtualQuery(base + 0x11000, &info, sizeof(info)) && info.State == MEM_COMMIT &&
           info.AllocationBase == base + 0x10000 && info.RegionSize == 0x2000,
       "and is memory of its own");
    ok(!JOIN(base, 0x40000) && GetLastError() == ERROR_INVALID_ADDRESS,
       "what has memory in it is not joined");
    ok(!PRESERVE(base + 0x10000, 0x1000), "a part of the memory does not become one again");
    ok(PRESERVE(base + 0x10000, 0x3000), "all of it does");
    ok(VirtualQuery(base + 0x11000, &info, sizeof(info)) && info.State == MEM_RESERVE,
       "and its pages are gone");
    ok(!JOIN(base, 0x12000) && !JOIN(base + 0x1000, 0x3f000), "only whole ones are joined");
    ok(JOIN(base, 0x40000), "all of them are");
    ok(!JOIN(base, 0x40000), "once");
    ok(REPLACE(base, 0x40000) == base && !base[0x10000], "and replaced as one, by zeros");
    ok(VirtualFree(base, 0, MEM_RELEASE), "and released");
    ok(VirtualQuery(base, &info, sizeof(info)) && info.State == MEM_FREE, "for good");
}

/* V8 allocates its code so. */
static void test_targets(void)
{
    DWORD old;
    char *base = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT,
                              PAGE_EXECUTE_READ | PAGE_TARGETS_INVALID);
    MEMORY_BASIC_INFORMATION info;

    ok(base && VirtualQuery(base, &info, sizeof(info)) && info.Protect == PAGE_EXECUTE_READ,
       "code that no call may go to yet");
    ok(VirtualProtect(base, 0x1000, PAGE_EXECUTE_READWRITE | PAGE_TARGETS_NO_UPDATE, &old) &&
           old == PAGE_EXECUTE_READ,
       "what calls may go to stays");
    ok(!VirtualProtect(base, 0x1000, PAGE_READWRITE | PAGE_TARGETS_NO_UPDATE, &old) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "only code has targets");
    VirtualFree(base, 0, MEM_RELEASE);
}

static void test_placeholders(void)
{
    allocate2_function allocate2 =
        (allocate2_function)(void *)GetProcAddress(GetModuleHandleA("kernelbase"), "VirtualAlloc2");
    void *base;

    if (!allocate2) {
        skip(20, "no VirtualAlloc2");
        return;
    }
    base = allocate2(GetCurrentProcess(), NULL, 0x20000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE,
                     NULL, 0);
    ok(base && VirtualFree(base, 0, MEM_RELEASE), "VirtualAlloc2");
    base = allocate2(NULL, NULL, 0x40000, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
                     NULL, 0);
    ok(base != NULL, "a placeholder");
    test_placeholder(allocate2, base);
    ok(!allocate2(NULL, NULL, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_RESERVE_PLACEHOLDER,
                  PAGE_READWRITE, NULL, 0) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a placeholder has no memory");
}

/* What Windows may refuse too for want of a right or an old version: refused here, never half done.
 */
static void test_refused_modes(void)
{
    void *base = allocate(0x200000, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    SIZE_T large = GetLargePageMinimum();

    is_number(base ? 0 : GetLastError(),
              running_on_portico() ? ERROR_NOT_SUPPORTED : ERROR_PRIVILEGE_NOT_HELD,
              "MEM_LARGE_PAGES is refused"); /* there for want of a privilege */
    ok(!large || !(large & (large - 1)), "GetLargePageMinimum");
    base = allocate(0x10000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    if (running_on_portico())
        ok(!base && GetLastError() == ERROR_NOT_SUPPORTED,
           "MEM_WRITE_WATCH is refused clearly: error %u", (unsigned)GetLastError());
    else
        ok(base != NULL, "MEM_WRITE_WATCH");
    base = allocate(0x10000, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS);
    ok(!base && GetLastError() == ERROR_INVALID_PARAMETER,
       "VirtualAlloc does not take placeholders: error %u", (unsigned)GetLastError());
    base = allocate(0x10000, MEM_COMMIT | MEM_RESET, PAGE_READWRITE);
    ok(!base && GetLastError() == ERROR_INVALID_PARAMETER, "MEM_RESET goes alone");
    ok(!allocate(0, MEM_COMMIT, PAGE_READWRITE) && GetLastError() == ERROR_INVALID_PARAMETER,
       "size 0");
    ok(!allocate(0x1000, MEM_COMMIT, 0x99) && GetLastError() == ERROR_INVALID_PARAMETER,
       "no such protection");
    ok(!allocate((SIZE_T)1 << 50, MEM_RESERVE, PAGE_READWRITE), "more than there is");
}

/* ---- the whole address space ---- */

static int is_readable(DWORD protect)
{
    return protect && !(protect & (PAGE_NOACCESS | PAGE_GUARD));
}

static int is_writable(DWORD protect)
{
    return !(protect & PAGE_GUARD) && protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}

/* Walks it from 0; 0 if regions overlap, leave gaps or contradict themselves. */
static int walk(int *ret_n_regions, SIZE_T *ret_free)
{
    MEMORY_BASIC_INFORMATION info;
    SYSTEM_INFO system;
    char *at = NULL;

    GetSystemInfo(&system);
    *ret_n_regions = 0;
    *ret_free = 0;
    while ((ULONG_PTR)at < (ULONG_PTR)system.lpMaximumApplicationAddress) {
        if (VirtualQuery(at, &info, sizeof(info)) != sizeof(info))
            return 0;
        if (info.BaseAddress != at || !info.RegionSize || info.RegionSize & 0xfff)
            return 0;
        if (info.State == MEM_FREE ? info.Protect != PAGE_NOACCESS || info.AllocationBase
                                   : !info.AllocationBase || info.AllocationBase > info.BaseAddress)
            return 0;
        if (info.State == MEM_FREE)
            *ret_free += info.RegionSize;
        at += info.RegionSize;
        ++*ret_n_regions;
    }
    return 1;
}

static int maps_agree(FILE *maps, int *ret_n, char *ret_why, size_t size)
{
    char line[512];
    unsigned long long from, to;
    char rights[8];
    MEMORY_BASIC_INFORMATION info;

    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%llx-%llx %7s", &from, &to, rights) != 3 || to > 0x7fffffff0000ull)
            continue;
        for (ULONG_PTR at = from; at < to; at = (ULONG_PTR)info.BaseAddress + info.RegionSize) {
            if (!VirtualQuery((void *)at, &info, sizeof(info)))
                return 0;
            if (info.State == MEM_FREE) {
                snprintf(ret_why, size, "%p is free, the kernel says %s", (void *)at, line);
                return 0;
            }
            if (info.State == MEM_COMMIT && is_writable(info.Protect) && rights[1] != 'w' &&
                rights[0] == 'r' && info.Type == MEM_PRIVATE) {
                snprintf(ret_why, size, "%p protect %lx, the kernel says %s", (void *)at,
                         info.Protect, line);
                return 0;
            }
            if (info.State == MEM_COMMIT && !is_readable(info.Protect) && rights[0] == 'r' &&
                info.Type == MEM_PRIVATE) {
                snprintf(ret_why, size, "%p protect %lx, the kernel says %s", (void *)at,
                         info.Protect, line);
                return 0;
            }
        }
        ++*ret_n;
    }
    return 1;
}

static void test_address_space(void)
{
    int n_before, n_after, n_maps = 0;
    SIZE_T free_before, free_after;
    char *block, why[700] = "";
    MEMORY_BASIC_INFORMATION info;
    FILE *maps;

    ok(walk(&n_before, &free_before), "VirtualQuery walks the address space without a gap");
    ok(n_before > 20, "and finds %d regions", n_before);
    block = allocate(0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ok(walk(&n_after, &free_after) && free_after <= free_before - 0x100000,
       "what is allocated is not free");
    VirtualFree(block, 0, MEM_RELEASE);
    VirtualQuery((void *)test_main, &info, sizeof(info));
    ok(info.Type == MEM_IMAGE && info.AllocationBase == GetModuleHandleA(NULL) &&
           info.Protect == PAGE_EXECUTE_READ,
       "the program's code");
    VirtualQuery(&info, &info, sizeof(info));
    ok(info.Type == MEM_PRIVATE && info.Protect == PAGE_READWRITE, "the stack");
    VirtualQuery((void *)0x7ffe0000, &info, sizeof(info));
    ok(info.State == MEM_COMMIT && info.Protect == PAGE_READONLY, "the shared data page");
    ok(!VirtualQuery((void *)0xffff800000000000, &info, sizeof(info)) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "the kernel's half");
    maps = fopen("Z:\\proc\\self\\maps", "rb");
    if (!maps) {
        skip(2, "no /proc here");
        return;
    }
    setvbuf(maps, NULL, _IOFBF, 1 << 20);
    ok(maps_agree(maps, &n_maps, why, sizeof(why)),
       "nothing that the kernel has mapped is called free: %s", why);
    ok(n_maps > 20, "of %d mappings", n_maps);
    fclose(maps);
}

/* ---- heaps ---- */

static int count_walk(HANDLE heap, SIZE_T size, int *ret_n_regions)
{
    PROCESS_HEAP_ENTRY entry = {0};
    int n = 0;

    *ret_n_regions = 0;
    while (HeapWalk(heap, &entry)) {
        n += entry.wFlags & PROCESS_HEAP_ENTRY_BUSY && entry.cbData == size;
        *ret_n_regions += !!(entry.wFlags & PROCESS_HEAP_REGION);
    }
    return GetLastError() == ERROR_NO_MORE_ITEMS ? n : -1;
}

static void test_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), heaps[64];
    char *blocks[50], *block;
    int n_regions, found = 0;
    DWORD n_heaps;

    ok(heap != NULL, "HeapCreate");
    for (int i = 0; i < 50; i++)
        blocks[i] = HeapAlloc(heap, HEAP_ZERO_MEMORY, 777);
    ok(blocks[49] && !blocks[49][776] && !((ULONG_PTR)blocks[49] & 15),
       "HeapAlloc: zeroed, aligned");
    is_number((LONG64)HeapSize(heap, 0, blocks[3]), 777, "HeapSize");
    is_number(count_walk(heap, 777, &n_regions), 50, "HeapWalk finds each block");
    ok(n_regions >= 1, "and the region");
    ok(HeapValidate(heap, 0, NULL) && HeapValidate(heap, 0, blocks[7]), "HeapValidate");
    blocks[7][0] = 'x';
    block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, blocks[7], 100000);
    ok(block && block[0] == 'x' && !block[99999], "HeapReAlloc keeps and zeroes");
    blocks[7] = block;
    ok(!HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, blocks[7], 50000000),
       "in place only what fits");
    block = HeapAlloc(heap, 0, 3000000);
    ok(block && HeapSize(heap, 0, block) == 3000000, "a large block");
    is_number(count_walk(heap, 3000000, &n_regions), 1, "is walked too");
    ok(HeapFree(heap, 0, block) && HeapFree(heap, 0, NULL), "HeapFree");
    for (int i = 0; i < 50; i++)
        HeapFree(heap, 0, blocks[i]);
    is_number(count_walk(heap, 777, &n_regions), 0, "freed blocks are not busy");
    n_heaps = GetProcessHeaps(64, heaps);
    for (DWORD i = 0; i < n_heaps && i < 64; i++)
        found |= heaps[i] == heap ? 1 : heaps[i] == GetProcessHeap() ? 2 : 0;
    is_number(found, 3, "GetProcessHeaps has it and the process' heap");
    ok(HeapLock(heap) && HeapUnlock(heap), "HeapLock");
    ok(HeapCompact(heap, 0) > 0, "HeapCompact");
    ok(HeapDestroy(heap), "HeapDestroy");
    heap = HeapCreate(HEAP_NO_SERIALIZE, 0x1000, 0x20000);
    ok(heap && HeapAlloc(heap, 0, 0x8000), "a heap with a limit");
    ok(!HeapAlloc(heap, 0, 0x40000), "gives nothing beyond it");
    ok(HeapDestroy(heap), "it is destroyed");
    ok(_heapchk() == _HEAPOK, "C's heap is sound");
}

static void test_moveable(void)
{
    HGLOBAL global = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 1000);
    HLOCAL local = LocalAlloc(LPTR, 50);
    char *text = global ? GlobalLock(global) : NULL;

    ok(text && !text[999] && GlobalSize(global) >= 1000, "GlobalAlloc, moveable");
    ok(GlobalHandle(text) == global, "GlobalHandle");
    is_number(GlobalFlags(global) & GMEM_LOCKCOUNT, 1, "locked once");
    GlobalUnlock(global);
    is_number(GlobalFlags(global) & GMEM_LOCKCOUNT, 0, "and unlocked");
    global = GlobalReAlloc(global, 100000, GMEM_MOVEABLE);
    ok(global && GlobalSize(global) >= 100000 && !GlobalFree(global), "grown and freed");
    ok(local && LocalSize(local) >= 50 && !LocalFree(local), "LocalAlloc");
}

static void test_status(void)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof(status)};
    SYSTEM_INFO system;

    ok(GlobalMemoryStatusEx(&status) && status.ullTotalPhys > 1 << 20 &&
           status.ullAvailPhys <= status.ullTotalPhys,
       "GlobalMemoryStatusEx");
    GetSystemInfo(&system);
    ok(system.dwPageSize == 4096 && system.dwAllocationGranularity == 65536 &&
           system.dwNumberOfProcessors >= 1 &&
           system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64,
       "GetSystemInfo");
}

static void test_main(void)
{
    test_modes();
    test_refused_modes();
    test_requirements();
    test_targets();
    test_placeholders();
    test_address_space();
    test_heap();
    test_moveable();
    test_status();
}
