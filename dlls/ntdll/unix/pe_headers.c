/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Reading a PE file's headers. Nothing in a file is trusted: every field is bounded here, once, and
 * the mapper uses only what is in struct image_info or was bounded by it.
 *
 * What is refused with its own status, because CreateProcess or a user wants to know it: no MZ; an
 * NE (Win16) program; a PE image for another machine. The rest is STATUS_INVALID_IMAGE_FORMAT.
 */

#include "image.h"

#include <string.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 0x1000,
    IMAGE_SIZE_MAX = 0x7ffff000,
};

/* A copy of a header, when it lies inside the bytes read. */
static bool header_copy(const uint8_t *headers, size_t size, size_t offset, void *ret, size_t n)
{
    if (offset > size || n > size - offset)
        return false;
    memcpy(ret, headers + offset, n);
    return true;
}

static NTSTATUS dos_header_check(const uint8_t *headers, size_t size, uint32_t *ret_offset)
{
    IMAGE_DOS_HEADER dos;
    uint32_t signature;

    if (size < 2 || memcmp(headers, "MZ", 2))
        return STATUS_INVALID_IMAGE_NOT_MZ;
    if (!header_copy(headers, size, 0, &dos, sizeof(dos)))
        return STATUS_INVALID_IMAGE_NOT_MZ;
    if (dos.e_lfanew > size ||
        !header_copy(headers, size, dos.e_lfanew, &signature, sizeof(signature)))
        return STATUS_INVALID_IMAGE_FORMAT;
    if ((signature & 0xffff) == IMAGE_OS2_SIGNATURE)
        return STATUS_INVALID_IMAGE_WIN_16;
    if (signature != IMAGE_NT_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    *ret_offset = dos.e_lfanew;
    return STATUS_SUCCESS;
}

static bool is_power_of_two(uint32_t x)
{
    return x && !(x & (x - 1));
}

static unsigned directories_count(const IMAGE_OPTIONAL_HEADER64 *optional)
{
    return optional->NumberOfRvaAndSizes < IMAGE_NUMBEROF_DIRECTORY_ENTRIES
               ? optional->NumberOfRvaAndSizes
               : IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
}

/* Those that either half reads lie inside the image. The size that a header states of imports and
 * delayed imports means nothing: their arrays end themselves. */
static bool directories_are_inside(const IMAGE_OPTIONAL_HEADER64 *optional)
{
    static const struct {
        unsigned index;
        uint32_t least; /* bytes read whatever size is stated */
        bool is_sized;
    } read_ones[] = {
        {IMAGE_DIRECTORY_ENTRY_EXPORT, sizeof(IMAGE_EXPORT_DIRECTORY), true},
        {IMAGE_DIRECTORY_ENTRY_IMPORT, sizeof(IMAGE_IMPORT_DESCRIPTOR), false},
        {IMAGE_DIRECTORY_ENTRY_RESOURCE, sizeof(IMAGE_RESOURCE_DIRECTORY), true},
        {IMAGE_DIRECTORY_ENTRY_EXCEPTION, 0, true},
        {IMAGE_DIRECTORY_ENTRY_BASERELOC, 0, true},
        {IMAGE_DIRECTORY_ENTRY_TLS, sizeof(IMAGE_TLS_DIRECTORY64), false},
        {IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, sizeof(uint32_t), false},
        {IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, sizeof(IMAGE_DELAYLOAD_DESCRIPTOR), false},
    };

    for (unsigned i = 0; i < sizeof(read_ones) / sizeof(read_ones[0]); i++) {
        const IMAGE_DATA_DIRECTORY *directory = &optional->DataDirectory[read_ones[i].index];
        uint32_t size = read_ones[i].is_sized ? directory->Size : 0;

        if (read_ones[i].index >= directories_count(optional) || !directory->VirtualAddress)
            continue;
        if (size < read_ones[i].least)
            size = read_ones[i].least;
        if (directory->VirtualAddress >= optional->SizeOfImage ||
            size > optional->SizeOfImage - directory->VirtualAddress)
            return false;
    }
    return true;
}

static NTSTATUS optional_header_check(const IMAGE_OPTIONAL_HEADER64 *optional, size_t size)
{
    if (optional->Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
        return STATUS_INVALID_IMAGE_FORMAT;
    /* DIFFERS: Windows also runs images with a section alignment below a page (drivers); nothing
     * links so. */
    if (!is_power_of_two(optional->SectionAlignment) || optional->SectionAlignment < PAGE_BYTES ||
        optional->SectionAlignment > 0x10000000 || !is_power_of_two(optional->FileAlignment))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (!optional->SizeOfImage || optional->SizeOfImage > IMAGE_SIZE_MAX ||
        optional->SizeOfHeaders > optional->SizeOfImage || optional->SizeOfHeaders > size ||
        optional->AddressOfEntryPoint >= optional->SizeOfImage || !directories_are_inside(optional))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (optional->ImageBase & 0xffff || optional->ImageBase >= 0x7fff00000000)
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}

/* A data directory, or zeros when it is absent. */
static void directory_get(const IMAGE_OPTIONAL_HEADER64 *optional, unsigned index,
                          uint32_t *ret_rva, uint32_t *ret_size)
{
    IMAGE_DATA_DIRECTORY directory = {0, 0};

    if (index < directories_count(optional) && optional->DataDirectory[index].VirtualAddress)
        directory = optional->DataDirectory[index];
    *ret_rva = directory.VirtualAddress;
    *ret_size = directory.Size;
}

/* What the PE half reads again in the mapped image, which has SizeOfHeaders bytes of them. */
static bool headers_are_inside(const struct image_info *info, unsigned n_sections,
                               const IMAGE_OPTIONAL_HEADER64 *optional)
{
    uint64_t sections_end =
        info->sections_offset + (uint64_t)n_sections * sizeof(IMAGE_SECTION_HEADER);
    uint64_t directories_end = info->headers_offset + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) +
                               offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory) +
                               directories_count(optional) * sizeof(IMAGE_DATA_DIRECTORY);

    return sections_end <= optional->SizeOfHeaders && directories_end <= optional->SizeOfHeaders;
}

static NTSTATUS sections_check(const uint8_t *headers, size_t size, const struct image_info *info)
{
    uint32_t end = info->size_of_headers;
    unsigned i;

    for (i = 0; i < info->n_sections; i++) {
        IMAGE_SECTION_HEADER section;
        uint64_t memory;

        if (!header_copy(headers, size, info->sections_offset + i * sizeof(section), &section,
                         sizeof(section)))
            return STATUS_INVALID_IMAGE_FORMAT;
        memory = section.Misc.VirtualSize ? section.Misc.VirtualSize : section.SizeOfRawData;
        if (section.VirtualAddress % PAGE_BYTES || section.VirtualAddress < end ||
            section.VirtualAddress + memory > (((uint64_t)info->size_of_image + 0xfff) & ~0xfffull))
            return STATUS_INVALID_IMAGE_FORMAT;
        if (section.SizeOfRawData && section.PointerToRawData &&
            (uint64_t)section.PointerToRawData + section.SizeOfRawData > info->file_size)
            return STATUS_INVALID_IMAGE_FORMAT;
        end = section.VirtualAddress + (uint32_t)memory;
    }
    return STATUS_SUCCESS;
}

static void info_fill(struct image_info *info, const IMAGE_FILE_HEADER *file,
                      const IMAGE_OPTIONAL_HEADER64 *optional)
{
    info->characteristics = file->Characteristics;
    info->n_sections = file->NumberOfSections;
    info->dll_characteristics = optional->DllCharacteristics;
    info->subsystem = optional->Subsystem;
    info->subsystem_major = optional->MajorSubsystemVersion;
    info->subsystem_minor = optional->MinorSubsystemVersion;
    info->size_of_image = optional->SizeOfImage;
    info->size_of_headers = optional->SizeOfHeaders;
    info->entry_rva = optional->AddressOfEntryPoint;
    info->section_alignment = optional->SectionAlignment;
    info->file_alignment = optional->FileAlignment;
    info->checksum = optional->CheckSum;
    info->base = optional->ImageBase;
    info->stack_reserve = optional->SizeOfStackReserve;
    info->stack_commit = optional->SizeOfStackCommit;
    directory_get(optional, IMAGE_DIRECTORY_ENTRY_BASERELOC, &info->relocations_rva,
                  &info->relocations_size);
    directory_get(optional, IMAGE_DIRECTORY_ENTRY_EXPORT, &info->exports_rva, &info->exports_size);
}

NTSTATUS image_headers_check(const uint8_t *headers, size_t size, uint64_t file_size,
                             struct image_info *ret_info)
{
    struct image_info info = {.file_size = file_size};
    IMAGE_FILE_HEADER file;
    IMAGE_OPTIONAL_HEADER64 optional;
    size_t offset;
    NTSTATUS status = dos_header_check(headers, size, &info.headers_offset);

    if (status)
        return status;
    if (!header_copy(headers, size, info.headers_offset + 4, &file, sizeof(file)))
        return STATUS_INVALID_IMAGE_FORMAT;
    ret_info->machine = info.machine = file.Machine;
    if (file.Machine != IMAGE_FILE_MACHINE_AMD64)
        return STATUS_IMAGE_MACHINE_TYPE_MISMATCH;
    offset = info.headers_offset + 4 + sizeof(file);
    if (file.SizeOfOptionalHeader < offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory) ||
        !(file.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
        file.NumberOfSections > IMAGE_SECTIONS_MAX)
        return STATUS_INVALID_IMAGE_FORMAT;
    /* Whatever size it states: directories that are counted are read where they would be. */
    memset(&optional, 0, sizeof(optional));
    if (offset > size ||
        !header_copy(headers, size, offset, &optional,
                     size - offset < sizeof(optional) ? size - offset : sizeof(optional)))
        return STATUS_INVALID_IMAGE_FORMAT;
    status = optional_header_check(&optional, size);
    if (status)
        return status;
    info.sections_offset = offset + file.SizeOfOptionalHeader;
    if (!headers_are_inside(&info, file.NumberOfSections, &optional))
        return STATUS_INVALID_IMAGE_FORMAT;
    info_fill(&info, &file, &optional);
    status = sections_check(headers, size, &info);
    if (!status)
        *ret_info = info;
    return status;
}

NTSTATUS image_headers_read(int fd, uint8_t headers[IMAGE_HEADERS_MAX], uint64_t file_size,
                            struct image_info *ret_info)
{
    ssize_t size = pread(fd, headers, IMAGE_HEADERS_MAX, 0);

    if (size < 0)
        return STATUS_INVALID_FILE_FOR_SECTION;
    return image_headers_check(headers, (size_t)size, file_size, ret_info);
}

NTSTATUS image_inspect(int fd, struct image_info *ret_info)
{
    uint8_t headers[IMAGE_HEADERS_MAX];
    off_t file_size = lseek(fd, 0, SEEK_END);

    if (file_size < 0)
        return STATUS_INVALID_FILE_FOR_SECTION;
    return image_headers_read(fd, headers, (uint64_t)file_size, ret_info);
}
