/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Virtual memory: rounding, states, true old protections, guards, splitting, every status of
 * misuse. */
#include "nt_api.h"

static void test_allocation(void)
{
    MEMORY_BASIC_INFORMATION info;
    void *base = NULL, *at;
    SIZE_T size = 0x12345, length;
    ULONG old;

    is_status(NtAllocateVirtualMemory(NT_SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0,
              "MEM_COMMIT without an address reserves too");
    ok(!((ULONG_PTR)base & 0xffff), "the base is 64 KiB aligned");
    is_number(size, 0x13000, "the size is rounded up to pages and written back");
    ok(!*(char *)base && !((char *)base)[0x12fff], "the memory is zero");
    nt_fill(base, 0x5a, size);
    is_status(NtQueryVirtualMemory(NT_SELF, (char *)base + 0x1234, 0, &info, sizeof(info), &length),
              0, "the memory can be asked about");
    ok(info.BaseAddress == (char *)base + 0x1000 && info.AllocationBase == base,
       "the region begins at the page asked for");
    ok(info.RegionSize == 0x12000 && info.State == MEM_COMMIT && info.Type == MEM_PRIVATE &&
           info.Protect == PAGE_READWRITE && info.AllocationProtect == PAGE_READWRITE,
       "region size, state, type and protections are right");
    at = (char *)base + 0x2800;
    size = 0x1000;
    old = 0xdead;
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_READONLY, &old), 0,
              "protect two pages");
    ok(at == (char *)base + 0x2000 && size == 0x2000, "address and size come back rounded");
    is_number(old, PAGE_READWRITE, "the old protection is told");
    size = 0x4000;
    at = (char *)base + 0x1000;
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_READWRITE, &old), 0,
              "protect over a border of protections");
    is_number(old, PAGE_READWRITE, "the old protection is the first page's");
    size = 0;
    at = base;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE), 0, "release");
    is_number(size, 0x13000, "the size released is told");
    is_status(NtQueryVirtualMemory(NT_SELF, base, 0, &info, sizeof(info), NULL), 0,
              "ask about free memory");
    ok(info.State == MEM_FREE && !info.AllocationBase && info.Protect == PAGE_NOACCESS,
       "released memory is free");
}

static void test_reserve_and_commit(void)
{
    MEMORY_BASIC_INFORMATION info;
    void *base = NULL, *at;
    SIZE_T size = 0x40000;
    ULONG old;

    is_status(NtAllocateVirtualMemory(NT_SELF, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), 0,
              "reserve");
    at = (char *)base + 0x10000;
    size = 0x2000;
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_READONLY, &old),
              STATUS_NOT_COMMITTED, "reserved pages cannot be protected");
    is_status(NtAllocateVirtualMemory(NT_SELF, &at, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0,
              "commit inside a reservation");
    nt_fill(at, 1, size);
    NtQueryVirtualMemory(NT_SELF, base, 0, &info, sizeof(info), NULL);
    ok(info.State == MEM_RESERVE && info.RegionSize == 0x10000 && !info.Protect,
       "before it the memory is reserved, protection 0");
    at = (char *)base + 0x3f000;
    size = 0x2000;
    is_status(NtAllocateVirtualMemory(NT_SELF, &at, 0, &size, MEM_COMMIT, PAGE_READWRITE),
              STATUS_CONFLICTING_ADDRESSES, "a commit past the reservation's end is refused");
    at = (char *)base + 0x8000;
    size = 0x1000;
    is_status(NtAllocateVirtualMemory(NT_SELF, &at, 0, &size, MEM_RESERVE, PAGE_READWRITE),
              STATUS_CONFLICTING_ADDRESSES, "a reservation over another is refused");
    at = (char *)base + 0x10000;
    size = 0x1000;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_DECOMMIT), 0, "decommit a page");
    size = 0x1000;
    is_status(NtAllocateVirtualMemory(NT_SELF, &at, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0,
              "commit it again");
    ok(!*(char *)at, "a page that was decommitted is zero when committed again");
    ok(((char *)at)[0x1000] == 1, "its neighbour kept its bytes");
    at = (char *)base + 0x10000;
    size = 0x10000;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE), 0,
              "release a hole in the middle");
    NtQueryVirtualMemory(NT_SELF, at, 0, &info, sizeof(info), NULL);
    ok(info.State == MEM_FREE && info.RegionSize == 0x10000, "the hole is free");
    NtQueryVirtualMemory(NT_SELF, (char *)base + 0x20000, 0, &info, sizeof(info), NULL);
    ok(info.State == MEM_RESERVE && info.AllocationBase == (char *)base + 0x20000,
       "the tail is a reservation of its own");
    size = 0;
    is_status(NtFreeVirtualMemory(NT_SELF, &base, &size, MEM_RELEASE), 0, "release the head");
    is_number(size, 0x10000, "the head had its own size");
    at = (char *)at + 0x10000;
    size = 0;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE), 0, "release the tail");
}

static void test_top_down_and_limits(void)
{
    void *low = NULL, *high = NULL, *below = NULL;
    SIZE_T size = 0x10000;

    NtAllocateVirtualMemory(NT_SELF, &low, 0, &size, MEM_RESERVE, PAGE_NOACCESS);
    is_status(NtAllocateVirtualMemory(NT_SELF, &high, 0, &size, MEM_RESERVE | MEM_TOP_DOWN,
                                      PAGE_NOACCESS),
              0, "reserve from the top");
    ok(high > low, "top down gives a higher address");
    is_status(NtAllocateVirtualMemory(NT_SELF, &below, 1, &size, MEM_RESERVE, PAGE_NOACCESS), 0,
              "zero bits");
    ok((ULONG_PTR)below < 0x80000000u, "one zero bit: below 2 GiB");
    size = 0;
    NtFreeVirtualMemory(NT_SELF, &low, &size, MEM_RELEASE);
    size = 0;
    NtFreeVirtualMemory(NT_SELF, &high, &size, MEM_RELEASE);
    size = 0;
    NtFreeVirtualMemory(NT_SELF, &below, &size, MEM_RELEASE);
}

static void test_misuse(void)
{
    static const struct {
        SIZE_T size;
        ULONG type, protection;
        NTSTATUS status;
        const char *why;
    } allocations[] = {
        {0, MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4, "size 0"},
        {1, 0, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, "no type"},
        {1, MEM_TOP_DOWN, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, "neither commit nor reserve"},
        {(SIZE_T)1 << 45, MEM_COMMIT, PAGE_READWRITE, STATUS_COMMITMENT_LIMIT,
         "more than any machine has"},
        {1, MEM_COMMIT | 0x40, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, "unknown type bit"},
        {1, MEM_COMMIT, 0, STATUS_INVALID_PAGE_PROTECTION, "protection 0"},
        {1, MEM_COMMIT, PAGE_READONLY | PAGE_READWRITE, STATUS_INVALID_PAGE_PROTECTION,
         "two protections"},
        {1, MEM_COMMIT, PAGE_WRITECOPY, STATUS_INVALID_PAGE_PROTECTION, "write copy"},
        {1, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD, STATUS_INVALID_PAGE_PROTECTION,
         "guard of no access"},
        {(SIZE_T)-1, MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4,
         "size beyond everything"},
    };
    void *base = NULL, *at;
    SIZE_T size = 0x10000;
    MEMORY_BASIC_INFORMATION info;
    ULONG old;

    for (unsigned i = 0; i < sizeof(allocations) / sizeof(*allocations); i++) {
        void *none = NULL;
        SIZE_T n = allocations[i].size;

        is_status(NtAllocateVirtualMemory(NT_SELF, &none, 0, &n, allocations[i].type,
                                          allocations[i].protection),
                  allocations[i].status, "allocation refused: %s", allocations[i].why);
    }
    is_status(NtAllocateVirtualMemory(NT_SELF, BAD_POINTER, 0, &size, MEM_COMMIT, PAGE_READWRITE),
              STATUS_ACCESS_VIOLATION, "a bad pointer to the base");
    is_status(NtAllocateVirtualMemory(NT_SELF, &base, 0, BAD_POINTER, MEM_COMMIT, PAGE_READWRITE),
              STATUS_ACCESS_VIOLATION, "a bad pointer to the size");
    is_status(NtAllocateVirtualMemory(NT_SELF, &base, 22, &size, MEM_COMMIT, PAGE_READWRITE),
              STATUS_INVALID_PARAMETER_3, "22 zero bits");
    is_status(NtAllocateVirtualMemory(NEVER_HANDLE, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE),
              STATUS_INVALID_HANDLE, "no process handle");
    NtAllocateVirtualMemory(NT_SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    at = (char *)base + 0x1000;
    size = 0;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE,
              "release from the middle");
    size = 0x20000;
    at = base;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM,
              "release more than there is");
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE | MEM_DECOMMIT),
              STATUS_INVALID_PARAMETER_4, "release and decommit");
    size = 0x1000;
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, 0, &old), STATUS_INVALID_PAGE_PROTECTION,
              "protect with 0");
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_WRITECOPY, &old),
              STATUS_INVALID_PAGE_PROTECTION, "private memory cannot be write copy");
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_READONLY, NULL),
              STATUS_ACCESS_VIOLATION, "the old protection must be wanted");
    *(volatile char *)base = 1;
    ok(1, "and the failed call changed nothing");
    is_status(NtQueryVirtualMemory(NT_SELF, base, 0, &info, sizeof(info) - 1, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "query with a short buffer");
    is_status(NtQueryVirtualMemory(NT_SELF, (void *)0x800000000000, 0, &info, sizeof(info), NULL),
              STATUS_INVALID_PARAMETER, "query above the user's addresses");
    is_status(NtQueryVirtualMemory(NT_SELF, base, 1000, &info, 16, NULL), STATUS_INVALID_INFO_CLASS,
              "Wine's private class is refused");
    is_status(NtQueryVirtualMemory(NT_SELF, base, 0, BAD_POINTER, sizeof(info), NULL),
              STATUS_ACCESS_VIOLATION, "query into a bad buffer");
    size = 0;
    NtFreeVirtualMemory(NT_SELF, &base, &size, MEM_RELEASE);
    is_status(NtFreeVirtualMemory(NT_SELF, &base, &size, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED,
              "release twice");
}

static void test_copies(void)
{
    char text[8] = "portico", copy[8] = "";
    SIZE_T n = 99;

    is_status(NtReadVirtualMemory(NT_SELF, text, copy, sizeof(text), &n), 0, "read own memory");
    ok(n == 8 && nt_equal(text, copy, 8), "all bytes came");
    is_status(NtReadVirtualMemory(NT_SELF, BAD_POINTER, copy, 8, &n), STATUS_PARTIAL_COPY,
              "reading what is not there");
    is_number(n, 0, "no byte came");
    is_status(NtWriteVirtualMemory(NT_SELF, copy, "PORTICO", 8, &n), 0, "write own memory");
    ok(copy[0] == 'P', "the bytes arrived");
    is_status(NtFlushInstructionCache(NT_SELF, test_main, 16), 0, "flush the instruction cache");
}

static void test_image(void)
{
    char buffer[1024];
    UNICODE_STRING *name = (UNICODE_STRING *)buffer;
    MEMORY_BASIC_INFORMATION info;
    SIZE_T length;

    is_status(NtQueryVirtualMemory(NT_SELF, test_main, 0, &info, sizeof(info), NULL), 0,
              "ask about code");
    ok(info.Type == MEM_IMAGE && info.Protect == PAGE_EXECUTE_READ,
       "code is image memory, execute-read");
    is_status(NtQueryVirtualMemory(NT_SELF, test_main, 2, buffer, sizeof(buffer), &length), 0,
              "the image's file name");
    ok(name->Length > 8 && name->Buffer[name->Length / 2 - 1] == 'e', "it ends in exe");
}

/* What the system itself reads. */
static void test_secured(void)
{
    void *const secured[] = {NtCurrentTeb(), test_peb()};

    for (unsigned i = 0; i < 2; i++) {
        void *at = (void *)((ULONG_PTR)secured[i] & ~(ULONG_PTR)0xfff);
        SIZE_T size = 0;
        ULONG old;

        is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_RELEASE),
                  STATUS_INVALID_PAGE_PROTECTION, "the %s cannot be freed", i ? "PEB" : "TEB");
        size = 0x1000;
        is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_NOACCESS, &old),
                  STATUS_INVALID_PAGE_PROTECTION, "or taken away");
    }
}

static NTSTATUS lock_change(NTSTATUS(WINAPI *change)(HANDLE, void **, SIZE_T *, ULONG), char *base,
                            SIZE_T size)
{
    void *at = base;

    return change(NT_SELF, &at, &size, 1);
}

/* Few pages: the limit of locked memory may be small. */
static void test_locks(void)
{
    void *base = NULL, *at;
    SIZE_T size = 0x4000, length;
    MEMORY_BASIC_INFORMATION info;
    char *pages;
    ULONG old;

    NtAllocateVirtualMemory(NT_SELF, &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    pages = base;
    is_status(lock_change(NtUnlockVirtualMemory, pages, 0x1000), STATUS_NOT_LOCKED,
              "what was never locked cannot be unlocked");
    at = pages + 0x1010;
    size = 0x1000;
    is_status(NtLockVirtualMemory(NT_SELF, &at, &size, 1), 0, "lock");
    ok(at == pages + 0x1000 && size == 0x2000, "address and size come back rounded");
    is_status(lock_change(NtLockVirtualMemory, pages + 0x2000, 0x2000), STATUS_WAS_LOCKED,
              "lock again, and one page more");
    is_status(lock_change(NtUnlockVirtualMemory, pages, 0x2000), STATUS_NOT_LOCKED,
              "one page of two is not locked");
    is_status(NtQueryVirtualMemory(NT_SELF, pages, 0, &info, sizeof(info), &length), 0, "asked");
    ok(info.RegionSize == 0x4000 && info.Protect == PAGE_READWRITE,
       "locks make no difference to what the memory is");
    at = pages + 0x1000;
    size = 0x1000;
    is_status(NtProtectVirtualMemory(NT_SELF, &at, &size, PAGE_READONLY, &old), 0, "protect");
    is_number(old, PAGE_READWRITE, "the old protection is the protection only");
    is_status(lock_change(NtUnlockVirtualMemory, pages + 0x1000, 0x1000), 0,
              "it is still locked: unlocked now");
    is_status(lock_change(NtUnlockVirtualMemory, pages + 0x1000, 0x1000), STATUS_NOT_LOCKED,
              "once");
    at = pages + 0x2000;
    size = 0x1000;
    is_status(NtFreeVirtualMemory(NT_SELF, &at, &size, MEM_DECOMMIT), 0, "decommit a locked page");
    is_status(lock_change(NtLockVirtualMemory, pages + 0x2000, 0x1000), STATUS_ACCESS_VIOLATION,
              "what is not committed cannot be locked");
    NtAllocateVirtualMemory(NT_SELF, &at, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    is_status(lock_change(NtUnlockVirtualMemory, pages + 0x2000, 0x1000), STATUS_NOT_LOCKED,
              "committed again it is not locked");
    is_status(lock_change(NtUnlockVirtualMemory, pages + 0x3000, 0x1000), 0, "its neighbour is");
    size = 0;
    NtFreeVirtualMemory(NT_SELF, &base, &size, MEM_RELEASE);
}

static void test_main(void)
{
    test_locks();
    test_allocation();
    test_reserve_and_commit();
    test_top_down_and_limits();
    test_misuse();
    test_secured();
    test_copies();
    test_image();
}
