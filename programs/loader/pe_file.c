/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See pe_file.h. Addresses are turned into places in the file by the section table, which
 * image_headers_check has bounded. */

#include "pe_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void directories_read(struct pe_file *file)
{
    const size_t optional = file->info.headers_offset + 4 + sizeof(IMAGE_FILE_HEADER);
    const size_t first = optional + offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory);
    size_t size = file->info.sections_offset > first ? file->info.sections_offset - first : 0;
    uint32_t n;

    if (size > sizeof(file->directories))
        size = sizeof(file->directories);
    if (first > file->size || size > file->size - first)
        return;
    memcpy(&n, file->bytes + optional + offsetof(IMAGE_OPTIONAL_HEADER64, NumberOfRvaAndSizes),
           sizeof(n));
    if (n < size / sizeof(file->directories[0]))
        size = n * sizeof(file->directories[0]);
    memcpy(file->directories, file->bytes + first, size);
}

NTSTATUS pe_file_open(const char *path, struct pe_file *ret_file)
{
    struct pe_file file = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
    struct stat status;
    NTSTATUS result;
    void *bytes;

    if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            close(fd);
        return STATUS_NO_SUCH_FILE;
    }
    result = image_inspect(fd, &file.info);
    file.size = (size_t)status.st_size;
    bytes = result ? MAP_FAILED : mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (!result && bytes == MAP_FAILED)
        result = STATUS_NO_MEMORY;
    if (!result) {
        file.bytes = bytes;
        directories_read(&file);
    }
    *ret_file = file;
    return result;
}

static IMAGE_SECTION_HEADER section_get(const struct pe_file *file, unsigned index)
{
    IMAGE_SECTION_HEADER section;

    memcpy(&section, file->bytes + file->info.sections_offset + index * sizeof(section),
           sizeof(section));
    return section;
}

/* How much of the section's memory comes from the file. */
static uint32_t section_size(const IMAGE_SECTION_HEADER *section)
{
    const uint32_t memory = section->Misc.VirtualSize;

    if (!section->PointerToRawData)
        return 0;
    return memory && memory < section->SizeOfRawData ? memory : section->SizeOfRawData;
}

/* The bytes from an address to the end of its part of the file. */
static const uint8_t *rva_find(const struct pe_file *file, uint32_t rva, size_t *ret_left)
{
    if (rva < file->info.size_of_headers && file->info.size_of_headers <= file->size) {
        *ret_left = file->info.size_of_headers - rva;
        return file->bytes + rva;
    }
    for (unsigned i = 0; i < file->info.n_sections; i++) {
        const IMAGE_SECTION_HEADER section = section_get(file, i);
        const uint32_t at = rva - section.VirtualAddress;

        if (rva >= section.VirtualAddress && at < section_size(&section)) {
            *ret_left = section_size(&section) - at;
            return file->bytes + section.PointerToRawData + at;
        }
    }
    return NULL;
}

const void *pe_file_at(const struct pe_file *file, uint32_t rva, size_t size)
{
    size_t left;
    const uint8_t *found = rva_find(file, rva, &left);

    return found && size <= left ? found : NULL;
}

const char *pe_file_text(const struct pe_file *file, uint32_t rva)
{
    size_t left;
    const uint8_t *found = rva_find(file, rva, &left);

    return found && memchr(found, 0, left) ? (const char *)found : NULL;
}

const uint8_t *pe_file_section(const struct pe_file *file, const char *name, size_t *ret_size)
{
    for (unsigned i = 0; i < file->info.n_sections; i++) {
        const IMAGE_SECTION_HEADER section = section_get(file, i);

        if (strncmp((const char *)section.Name, name, sizeof(section.Name)))
            continue;
        *ret_size = section_size(&section);
        return file->bytes + section.PointerToRawData;
    }
    return NULL;
}

bool pe_file_contains(const struct pe_file *file, const char *text)
{
    return memmem(file->bytes, file->size, text, strlen(text) + 1) != NULL;
}

/* What the image has at this address once it is loaded: behind the initialised part of a section
 * are zeros. false: it has nothing there. */
static bool image_read(const struct pe_file *file, uint32_t rva, void *ret_bytes, size_t size)
{
    const void *found = pe_file_at(file, rva, size);

    memset(ret_bytes, 0, size);
    if (found)
        memcpy(ret_bytes, found, size);
    for (unsigned i = 0; i < file->info.n_sections && !found; i++) {
        const IMAGE_SECTION_HEADER section = section_get(file, i);
        const uint32_t at = rva - section.VirtualAddress;

        if (rva >= section.VirtualAddress && at < section.Misc.VirtualSize &&
            at >= section_size(&section))
            return true;
    }
    return found != NULL;
}

enum pe_next pe_import_dll(const struct pe_file *file, bool is_delayed, unsigned index,
                           const char **ret_dll, uint32_t *ret_names_rva)
{
    const IMAGE_DATA_DIRECTORY *directory =
        &file->directories[is_delayed ? IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT
                                      : IMAGE_DIRECTORY_ENTRY_IMPORT];
    IMAGE_IMPORT_DESCRIPTOR import = {0};
    IMAGE_DELAYLOAD_DESCRIPTOR delayed = {0};
    const uint32_t size = is_delayed ? sizeof(delayed) : sizeof(import);
    uint32_t name, addresses;

    if (!directory->VirtualAddress)
        return PE_END;
    if (!image_read(file, directory->VirtualAddress + index * size,
                    is_delayed ? (void *)&delayed : (void *)&import, size))
        return PE_DAMAGED;
    name = is_delayed ? delayed.DllNameRVA : import.Name;
    addresses = is_delayed ? delayed.ImportAddressTableRVA : import.FirstThunk;
    if (!name || !addresses)
        return PE_END;
    *ret_dll = pe_file_text(file, name);
    *ret_names_rva = is_delayed                  ? delayed.ImportNameTableRVA
                     : import.OriginalFirstThunk ? import.OriginalFirstThunk
                                                 : import.FirstThunk;
    return *ret_dll && addresses < file->info.size_of_image ? PE_FOUND : PE_DAMAGED;
}

enum pe_next pe_import_get(const struct pe_file *file, uint32_t names_rva, unsigned index,
                           struct pe_import *ret_import)
{
    uint64_t thunk;

    if (!image_read(file, names_rva + index * 8, &thunk, sizeof(thunk)))
        return PE_DAMAGED;
    if (!thunk)
        return PE_END;
    *ret_import = (struct pe_import){.ordinal = thunk & 0xffff};
    if (thunk & IMAGE_ORDINAL_FLAG64)
        return PE_FOUND;
    ret_import->name = pe_file_text(file, (uint32_t)thunk + 2); /* behind the hint */
    return ret_import->name ? PE_FOUND : PE_DAMAGED;
}
