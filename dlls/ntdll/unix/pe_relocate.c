/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Base relocations, and the search for an exported name.
 *
 * Tables in the image are read, and its words changed, through the user copy routines: a table of a
 * damaged file that points between two sections ends in a status, not in a fault of ours.
 */

#include "pe_relocate.h"

#include "usercopy.h"
#include <string.h>

static NTSTATUS word_relocate(char *word, uint16_t kind, uint64_t delta)
{
    uint64_t value64;
    uint32_t value32;
    NTSTATUS status;

    switch (kind) {
    case IMAGE_REL_BASED_ABSOLUTE: /* padding */
        return STATUS_SUCCESS;
    case IMAGE_REL_BASED_DIR64:
        status = user_get(&value64, word);
        value64 += delta;
        return status ? status : user_put(word, &value64);
    case IMAGE_REL_BASED_HIGHLOW:
        status = user_get(&value32, word);
        value32 += (uint32_t)delta;
        return status ? status : user_put(word, &value32);
    default:
        return STATUS_INVALID_IMAGE_FORMAT;
    }
}

/* One block: the relocations of one page. */
static NTSTATUS block_relocate(char *base, const struct image_info *info, const char *entries,
                               unsigned n_entries, uint32_t page_rva, uint64_t delta)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint16_t entry;
    unsigned i;

    for (i = 0; i < n_entries && !status; i++) {
        status = user_get(&entry, entries + i * sizeof(entry));
        if (status)
            break;
        if (page_rva + (entry & 0xfffull) + 8 > info->size_of_image)
            return STATUS_INVALID_IMAGE_FORMAT;
        status = word_relocate(base + page_rva + (entry & 0xfff), entry >> 12, delta);
    }
    return status;
}

NTSTATUS pe_relocate(char *base, const struct image_info *info)
{
    uint64_t delta = (uint64_t)base - info->base;
    uint32_t offset = 0;
    NTSTATUS status = STATUS_SUCCESS;

    while (!status && info->relocations_size - offset >= sizeof(IMAGE_BASE_RELOCATION)) {
        const char *table = base + info->relocations_rva + offset;
        IMAGE_BASE_RELOCATION block;

        status = user_get(&block, table);
        if (status || !block.SizeOfBlock)
            break;
        if (block.SizeOfBlock < sizeof(block) ||
            block.SizeOfBlock > info->relocations_size - offset)
            return STATUS_INVALID_IMAGE_FORMAT;
        status = block_relocate(base, info, table + sizeof(block),
                                (block.SizeOfBlock - sizeof(block)) / sizeof(uint16_t),
                                block.VirtualAddress, delta);
        offset += block.SizeOfBlock;
    }
    return status ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

/* The order of the image's string and the name, by bytes; false when it cannot be read. */
static bool name_compare(const char *string, const char *name, int *ret_order)
{
    unsigned char c;

    for (;; name++) {
        if (user_get(&c, string++))
            return false;
        *ret_order = c - (unsigned char)*name;
        if (*ret_order || !c)
            return true;
    }
}

/* Function number `index` of the name table; NULL for a forwarder or nonsense. */
static void *export_address(char *base, const struct image_info *info,
                            const IMAGE_EXPORT_DIRECTORY *exports, uint32_t index)
{
    uint16_t ordinal;
    uint32_t rva;

    if (user_get(&ordinal, base + exports->AddressOfNameOrdinals + 2ull * index) ||
        ordinal >= exports->NumberOfFunctions ||
        user_get(&rva, base + exports->AddressOfFunctions + 4ull * ordinal))
        return NULL;
    if (rva >= info->size_of_image || rva - info->exports_rva < info->exports_size)
        return NULL;
    return base + rva;
}

/* The name table is sorted by bytes. */
void *image_export(void *base, const char *name)
{
    IMAGE_EXPORT_DIRECTORY exports;
    struct image_info info;
    uint32_t low = 0, high, rva;
    int order;

    if (!image_info_of(base, &info) || info.exports_size < sizeof(exports) ||
        user_get(&exports, (char *)base + info.exports_rva))
        return NULL;
    for (high = exports.NumberOfNames; low < high;) {
        uint32_t middle = low + (high - low) / 2;

        if (user_get(&rva, (char *)base + exports.AddressOfNames + 4ull * middle) ||
            rva >= info.size_of_image || !name_compare((char *)base + rva, name, &order))
            return NULL;
        if (!order)
            return export_address(base, &info, &exports, middle);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
