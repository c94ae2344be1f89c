/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* RtlImage*: reading a PE image's headers.
 *
 * The image is untrusted (a program may pass any pointer and any file), so each offset is bounded
 * by what the headers themselves declare; a pointer to nowhere faults in the caller's frame, as on
 * Windows. */

#include "ntdll.h"

#include <stdbool.h>

/* Headers beyond this are not believed; Windows' bound is the same. */
enum { LFANEW_MAX = 0x10000000 };

NTSTATUS WINAPI RtlImageNtHeaderEx(ULONG flags, void *base, ULONGLONG size,
                                   IMAGE_NT_HEADERS **ret_headers)
{
    const IMAGE_DOS_HEADER *dos = base;
    const bool is_bounded = !(flags & 1); /* RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK */
    IMAGE_NT_HEADERS *headers;

    if (!ret_headers)
        return STATUS_INVALID_PARAMETER;
    *ret_headers = NULL;
    if (!base || base == (void *)(LONG_PTR)-1 || (flags & ~1u))
        return STATUS_INVALID_PARAMETER;
    if (is_bounded && size < sizeof(*dos))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew >= LFANEW_MAX)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (is_bounded && (ULONGLONG)dos->e_lfanew + sizeof(*headers) > size)
        return STATUS_INVALID_IMAGE_FORMAT;
    headers = (IMAGE_NT_HEADERS *)((char *)base + dos->e_lfanew);
    if (headers->Signature != IMAGE_NT_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    *ret_headers = headers;
    return STATUS_SUCCESS;
}

PIMAGE_NT_HEADERS WINAPI RtlImageNtHeader(HMODULE base)
{
    IMAGE_NT_HEADERS *headers = NULL;

    if (RtlImageNtHeaderEx(1, base, 0, &headers))
        return NULL;
    return headers;
}

PIMAGE_SECTION_HEADER WINAPI RtlImageRvaToSection(const IMAGE_NT_HEADERS *headers, HMODULE base,
                                                  DWORD rva)
{
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(headers);
    unsigned i;

    (void)base;
    for (i = 0; i < headers->FileHeader.NumberOfSections; i++, section++)
        if (rva >= section->VirtualAddress &&
            rva - section->VirtualAddress < section->SizeOfRawData)
            return (IMAGE_SECTION_HEADER *)section;
    return NULL;
}

/* For an image that lies as in its file: the place of rva. */
PVOID WINAPI RtlImageRvaToVa(const IMAGE_NT_HEADERS *headers, HMODULE base, DWORD rva,
                             IMAGE_SECTION_HEADER **hint)
{
    IMAGE_SECTION_HEADER *section = hint ? *hint : NULL;

    if (!section || rva < section->VirtualAddress ||
        rva - section->VirtualAddress >= section->SizeOfRawData)
        section = RtlImageRvaToSection(headers, base, rva);
    if (!section)
        return NULL;
    if (hint)
        *hint = section;
    return (char *)base + section->PointerToRawData + (rva - section->VirtualAddress);
}

PVOID WINAPI RtlAddressInSectionTable(const IMAGE_NT_HEADERS *headers, HMODULE base, DWORD rva)
{
    return RtlImageRvaToVa(headers, base, rva, NULL);
}

static const IMAGE_DATA_DIRECTORY *directory_of(const IMAGE_NT_HEADERS *headers, WORD index)
{
    if (headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        const IMAGE_OPTIONAL_HEADER64 *optional = (const void *)&headers->OptionalHeader;

        return index < optional->NumberOfRvaAndSizes ? &optional->DataDirectory[index] : NULL;
    }
    if (headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        const IMAGE_OPTIONAL_HEADER32 *optional = (const void *)&headers->OptionalHeader;

        return index < optional->NumberOfRvaAndSizes ? &optional->DataDirectory[index] : NULL;
    }
    return NULL;
}

/* The low bit of base marks an image mapped as a plain file (LOAD_LIBRARY_AS_DATAFILE). */
PVOID WINAPI RtlImageDirectoryEntryToData(HMODULE base, BOOL is_image, WORD index, ULONG *size)
{
    char *start = (char *)((ULONG_PTR)base & ~(ULONG_PTR)3); /* bit 0: a data file, bit 1: an image without code */
    const IMAGE_DATA_DIRECTORY *directory;
    const IMAGE_NT_HEADERS *headers;

    if ((ULONG_PTR)base & 1)
        is_image = FALSE;
    headers = RtlImageNtHeader((HMODULE)start);
    if (!headers)
        return NULL;
    directory = directory_of(headers, index);
    if (!directory || !directory->VirtualAddress)
        return NULL;
    *size = directory->Size;
    if (is_image || directory->VirtualAddress < headers->OptionalHeader.SizeOfHeaders)
        return start + directory->VirtualAddress;
    return RtlImageRvaToVa(headers, (HMODULE)start, directory->VirtualAddress, NULL);
}
