/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a DLL has under a name, from its file alone (pe_file.h).
 *
 * Stubs are found without a list of them: ours have a record in the section .stubs (a byte, then
 * the name). Behind a stub of Wine's lies code that loads the addresses of the DLL's name and of
 * its own and calls a reporter; that the two texts are these is what tells it from other code that
 * begins alike. */

#include "pe_file.h"

#include <string.h>
#include <strings.h>

struct export_table {
    IMAGE_EXPORT_DIRECTORY directory;
    const uint32_t *functions, *names;
    const uint16_t *ordinals;
};

static bool table_get(const struct pe_file *file, struct export_table *ret_table)
{
    const IMAGE_DATA_DIRECTORY *at = &file->directories[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const void *found = at->VirtualAddress
                            ? pe_file_at(file, at->VirtualAddress, sizeof(ret_table->directory))
                            : NULL;
    IMAGE_EXPORT_DIRECTORY *directory = &ret_table->directory;

    if (!found)
        return false;
    memcpy(directory, found, sizeof(*directory));
    ret_table->functions =
        pe_file_at(file, directory->AddressOfFunctions, (size_t)directory->NumberOfFunctions * 4);
    ret_table->names =
        pe_file_at(file, directory->AddressOfNames, (size_t)directory->NumberOfNames * 4);
    ret_table->ordinals =
        pe_file_at(file, directory->AddressOfNameOrdinals, (size_t)directory->NumberOfNames * 2);
    return ret_table->functions &&
           (!directory->NumberOfNames || (ret_table->names && ret_table->ordinals));
}

static uint32_t number_at(const uint32_t *table, uint32_t index)
{
    uint32_t value;

    memcpy(&value, table + index, sizeof(value));
    return value;
}

static uint16_t ordinal_at(const struct export_table *table, uint32_t index)
{
    uint16_t value;

    memcpy(&value, table->ordinals + index, sizeof(value));
    return value;
}

/* The index of the function, or -1. *name: of a function given by ordinal, where it has one. */
static int64_t function_find(const struct pe_file *file, const struct export_table *table,
                             const char **name, uint32_t ordinal)
{
    const int64_t wanted = (int64_t)ordinal - table->directory.Base;

    for (uint32_t i = 0; i < table->directory.NumberOfNames; i++) {
        const char *text = pe_file_text(file, number_at(table->names, i));

        if (*name && text && !strcmp(*name, text))
            return ordinal_at(table, i);
        if (!*name && ordinal_at(table, i) == wanted) {
            *name = text;
            return wanted;
        }
    }
    return *name ? -1 : wanted;
}

static bool is_listed_stub(const struct pe_file *file, const char *name)
{
    size_t size, n;
    const uint8_t *record = pe_file_section(file, ".stubs", &size);

    for (; record && size > 1; record += n, size -= n) {
        n = 1 + strnlen((const char *)record + 1, size - 1) + 1;
        if (n > size)
            return false;
        if (!strcmp((const char *)record + 1, name))
            return true;
    }
    return false;
}

/* The text whose address `lea text(%rip), %reg` at code + offset loads. */
static const char *loaded_text(const struct pe_file *file, uint32_t rva, const uint8_t *code,
                               unsigned offset)
{
    int32_t distance;

    memcpy(&distance, code + offset + 3, sizeof(distance));
    return pe_file_text(file, rva + offset + 7 + (uint32_t)distance);
}

/* sub $0x28,%rsp; lea dll,%rcx; lea name,%rdx; call */
static bool is_wine_stub(const struct pe_file *file, const struct export_table *table, uint32_t rva,
                         const char *name)
{
    static const uint8_t start[] = {0x48, 0x83, 0xec, 0x28, 0x48, 0x8d, 0x0d};
    static const uint8_t second[] = {0x48, 0x8d, 0x15};
    const uint8_t *code = pe_file_at(file, rva, 19);
    const char *dll = pe_file_text(file, table->directory.Name), *text;

    if (!code || !dll || memcmp(code, start, sizeof(start)) ||
        memcmp(code + 11, second, sizeof(second)) || code[18] != 0xe8)
        return false;
    text = loaded_text(file, rva, code, 4);
    if (!text || strcasecmp(text, dll))
        return false;
    text = loaded_text(file, rva, code, 11);
    return text && !strcmp(text, name);
}

enum pe_export pe_export_find(const struct pe_file *file, const char *name, uint32_t ordinal,
                              const char **ret_forwarder)
{
    const IMAGE_DATA_DIRECTORY *at = &file->directories[IMAGE_DIRECTORY_ENTRY_EXPORT];
    struct export_table table;
    int64_t index;
    uint32_t rva;

    if (!table_get(file, &table))
        return PE_EXPORT_MISSING;
    index = function_find(file, &table, &name, ordinal);
    if (index < 0 || index >= table.directory.NumberOfFunctions)
        return PE_EXPORT_MISSING;
    rva = number_at(table.functions, (uint32_t)index);
    if (!rva)
        return PE_EXPORT_MISSING;
    if (rva - at->VirtualAddress < at->Size) {
        *ret_forwarder = pe_file_text(file, rva);
        return *ret_forwarder ? PE_EXPORT_FORWARDED : PE_EXPORT_MISSING;
    }
    if (name && (is_listed_stub(file, name) || is_wine_stub(file, &table, rva, name)))
        return PE_EXPORT_STUB;
    return PE_EXPORT_CODE;
}
