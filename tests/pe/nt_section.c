/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Sections and views: memory, files, copy on write, images, named ones, and every status of misuse.
 */
#include "nt_api.h"

#define FILE_NAME L"\\??\\C:\\windows\\temp\\nt_section_test"

static IO_STATUS_BLOCK io;
static struct nt_name name;

static NTSTATUS map(HANDLE section, void **base, SIZE_T *size, LONGLONG offset, ULONG protection)
{
    LARGE_INTEGER at = {.QuadPart = offset};

    *base = NULL;
    return NtMapViewOfSection(section, NT_SELF, base, 0, 0, &at, size, 2, 0, protection);
}

static void test_memory(void)
{
    struct {
        void *base;
        ULONG attributes;
        LARGE_INTEGER size;
    } info;
    LARGE_INTEGER size = {.QuadPart = 0x21000};
    MEMORY_BASIC_INFORMATION memory;
    SIZE_T n = 0, m = 0x1000;
    HANDLE section;
    char *a, *b;

    is_status(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
                              NULL),
              0, "a section of memory");
    is_status(map(section, (void **)&a, &n, 0, PAGE_READWRITE), 0, "a view of all of it");
    ok(n == 0x21000 && !((ULONG_PTR)a & 0xffff), "its size, 64 KiB aligned");
    is_status(map(section, (void **)&b, &m, 0x10000, PAGE_READONLY), 0, "a view of a page");
    a[0x10003] = 'p';
    ok(b[3] == 'p', "both show the same memory");
    NtQueryVirtualMemory(NT_SELF, a, 0, &memory, sizeof(memory), NULL);
    ok(memory.Type == MEM_MAPPED && memory.RegionSize == 0x21000, "mapped memory");
    is_status(NtQuerySection(section, 0, &info, sizeof(info), NULL), 0, "query");
    ok(info.size.QuadPart == 0x21000 && info.attributes == SEC_COMMIT, "size and attributes");
    is_status(NtQuerySection(section, 1, &io, 64, NULL), STATUS_SECTION_NOT_IMAGE,
              "it is no image");
    is_status(NtUnmapViewOfSection(NT_SELF, b + 5), 0, "unmap by an address inside");
    is_status(NtUnmapViewOfSection(NT_SELF, b), STATUS_NOT_MAPPED_VIEW, "unmap twice");
    NtClose(section);
    ok(a[0x10003] == 'p', "a view outlives the section's handle");
    n = 0;
    is_status(NtFreeVirtualMemory(NT_SELF, (void **)&a, &n, MEM_RELEASE),
              STATUS_UNABLE_TO_DELETE_SECTION, "a view is not freed as memory is");
    is_status(NtUnmapViewOfSection(NT_SELF, a), 0, "unmap");
}

static void test_file(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x3000};
    HANDLE file, section;
    SIZE_T n = 0;
    char byte, *view, *copy;

    NtCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE | DELETE,
                 nt_name(&name, FILE_NAME), &io, NULL, 0, 7, 5, 0x1020, NULL, 0);
    is_status(
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file),
        STATUS_MAPPED_FILE_SIZE_ZERO, "an empty file has no section");
    ok(!section, "the handle is zero");
    is_status(
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READONLY, SEC_COMMIT, file),
        STATUS_SECTION_TOO_BIG, "a read-only section does not grow a file");
    is_status(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
                              file),
              0, "a writable one does");
    is_status(map(section, (void **)&view, &n, 0, PAGE_READWRITE), 0, "a view");
    view[0x1000] = 'w';
    n = 0;
    is_status(map(section, (void **)&copy, &n, 0, PAGE_WRITECOPY), 0, "a copy-on-write view");
    ok(copy[0x1000] == 'w', "shows the file");
    copy[0x1000] = 'c';
    ok(view[0x1000] == 'w', "and keeps its own writes");
    size.QuadPart = 0x1000;
    NtReadFile(file, NULL, NULL, NULL, &io, &byte, 1, &size, NULL);
    ok(byte == 'w', "the file has what was written through the view");
    NtUnmapViewOfSection(NT_SELF, view);
    NtUnmapViewOfSection(NT_SELF, copy);
    NtClose(section);
    NtClose(file);
}

static void test_misuse(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x20000};
    HANDLE section, bad;
    SIZE_T n = 0;
    void *base;

    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, 0, NULL),
              STATUS_INVALID_PARAMETER_6, "no attributes");
    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                              SEC_COMMIT | SEC_RESERVE, NULL),
              STATUS_INVALID_PARAMETER_6, "two kinds");
    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, &size, 0, SEC_COMMIT, NULL),
              STATUS_INVALID_PAGE_PROTECTION, "protection 0");
    is_status(
        NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL),
        STATUS_INVALID_PARAMETER_4, "memory without a size");
    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, NULL),
              STATUS_INVALID_FILE_FOR_SECTION, "an image without a file");
    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, BAD_POINTER, PAGE_READWRITE,
                              SEC_COMMIT, NULL),
              STATUS_ACCESS_VIOLATION, "a bad size pointer");
    is_status(NtCreateSection(&bad, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
                              NEVER_HANDLE),
              STATUS_INVALID_HANDLE, "no such file");
    ok(!bad, "the handle is zero");
    NtCreateSection(&section, SECTION_MAP_READ | SECTION_QUERY, NULL, &size, PAGE_READONLY,
                    SEC_COMMIT, NULL);
    is_status(map(section, &base, &n, 0, PAGE_READWRITE), STATUS_ACCESS_DENIED,
              "more than the handle may");
    is_status(map(section, &base, &n, 0x1000, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT,
              "a crooked offset");
    is_status(map(section, &base, &n, 0x20000, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE,
              "behind the end");
    n = 0x30000;
    is_status(map(section, &base, &n, 0, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE,
              "larger than the section");
    n = 0;
    is_status(map(section, &base, &n, 0, 0), STATUS_INVALID_PAGE_PROTECTION, "view protection 0");
    is_status(NtMapViewOfSection(section, NT_SELF, &base, 0, 0, NULL, &n, 3, 0, PAGE_READONLY),
              STATUS_INVALID_PARAMETER_8, "no such inheritance");
    is_status(NtMapViewOfSection(section, NT_SELF, &base, 0, 0, NULL, &n, 2, 0x1000, PAGE_READONLY),
              STATUS_INVALID_PARAMETER_9, "no such allocation type");
    is_status(
        NtMapViewOfSection(section, NT_SELF, BAD_POINTER, 0, 0, NULL, &n, 2, 0, PAGE_READONLY),
        STATUS_ACCESS_VIOLATION, "a bad base pointer");
    is_status(NtUnmapViewOfSection(NT_SELF, &n), STATUS_NOT_MAPPED_VIEW, "unmap the stack");
    NtClose(section);
    is_status(map(section, &base, &n, 0, PAGE_READONLY), STATUS_INVALID_HANDLE, "a closed section");
}

static void test_image(void)
{
    struct {
        void *entry;
        ULONG zero_bits;
        SIZE_T stack, commit;
        ULONG subsystem, rest[8];
    } info;
    HANDLE file, section;
    SIZE_T n = 0;
    void *base;

    is_status(NtOpenFile(&file, GENERIC_READ | GENERIC_EXECUTE | SYNCHRONIZE,
                         nt_name(&name, L"\\??\\C:\\windows\\system32\\kernel32.dll"), &io, 3,
                         0x20),
              0, "a DLL of the system folder");
    is_status(
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file),
        0, "its image");
    is_status(NtQuerySection(section, 1, &info, sizeof(info), NULL), 0, "query");
    is_number(info.subsystem, 3, "a console program's");
    n = 0;
    base = NULL;
    ok(NtMapViewOfSection(section, NT_SELF, &base, 0, 0, NULL, &n, 2, 0, PAGE_READONLY) >= 0,
       "map it");
    ok(base && ((char *)base)[0] == 'M' && ((char *)base)[1] == 'Z' && n > 0x1000,
       "it begins with MZ");
    is_status(NtUnmapViewOfSection(NT_SELF, base), 0, "unmap it");
    NtClose(section);
    NtClose(file);
}

static void test_named(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    HANDLE first, second;
    char *a, *b;
    SIZE_T n = 0;

    is_status(NtCreateSection(&first, SECTION_ALL_ACCESS,
                              nt_name(&name, L"\\BaseNamedObjects\\nt_section"), &size,
                              PAGE_READWRITE, SEC_COMMIT, NULL),
              0, "a section with a name");
    is_status(
        NtOpenSection(&second, SECTION_MAP_READ, nt_name(&name, L"\\BaseNamedObjects\\NT_SECTION")),
        0, "found by it");
    is_status(map(first, (void **)&a, &n, 0, PAGE_READWRITE), 0, "a view to write");
    n = 0;
    is_status(map(second, (void **)&b, &n, 0, PAGE_READONLY), 0, "a view to read");
    a[9] = 'n';
    ok(b[9] == 'n', "one memory");
    is_status(map(second, (void **)&b, &n, 0, PAGE_READWRITE), STATUS_ACCESS_DENIED,
              "the second may not write");
    NtClose(first);
    NtClose(second);
    is_status(
        NtOpenSection(&second, SECTION_MAP_READ, nt_name(&name, L"\\BaseNamedObjects\\nt_section")),
        STATUS_OBJECT_NAME_NOT_FOUND, "the name goes with the last handle");
}

static NTSTATUS protect(void *base, ULONG protection)
{
    SIZE_T size = 0x1000;
    ULONG old;

    return NtProtectVirtualMemory(NT_SELF, &base, &size, protection, &old);
}

static void test_protection(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    HANDLE section;
    SIZE_T n = 0;
    char *written, *read, *copied;

    is_status(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
                              NULL),
              0, "a section for views of every kind");
    is_status(map(section, (void **)&written, &n, 0, PAGE_READWRITE), 0, "a view to write");
    is_status(map(section, (void **)&read, &n, 0, PAGE_READONLY), 0, "a view to read");
    is_status(map(section, (void **)&copied, &n, 0, PAGE_WRITECOPY), 0, "a view of copies");
    is_status(protect(read, PAGE_READWRITE), STATUS_SECTION_PROTECTION, "the second stays so");
    is_status(protect(read, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION, "nor is it code");
    is_status(protect(read, PAGE_NOACCESS), 0, "it may be less");
    is_status(protect(read, PAGE_READONLY), 0, "and what it was again");
    is_status(protect(copied, PAGE_READWRITE), STATUS_SECTION_PROTECTION,
              "copies do not become the section's memory");
    is_status(protect(written, PAGE_READONLY), 0, "the first may be read alone");
    is_status(protect(written, PAGE_READWRITE), 0, "and written again");
    written[0] = 'w';
    copied[0] = 'c';
    ok(read[0] == 'w', "the copy's write is nobody else's");
    NtClose(section);
}

static void test_main(void)
{
    test_memory();
    test_protection();
    test_file();
    test_misuse();
    test_image();
    test_named();
}
