/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Resources of an image: a tree of three levels (type, name, language), each node a sorted list of
 * names, then of ids.
 *
 * The language asked for is a wish: exact, then its neutral sub-language, then neutral; if neutral
 * was asked, the thread's, the user's, US English, and at last whatever is there. The size of the
 * resource directory bounds every offset. */

#include "ntdll.h"

#include <stdbool.h>

enum resource_level { LEVEL_TYPE, LEVEL_NAME, LEVEL_LANGUAGE, N_LEVELS };

struct resource_tree {
    const char *root;
    ULONG size;
};

static bool tree_of(HMODULE base, struct resource_tree *ret_tree)
{
    ret_tree->root =
        RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &ret_tree->size);
    return ret_tree->root && ret_tree->size >= sizeof(IMAGE_RESOURCE_DIRECTORY);
}

/* The node at offset, or NULL when it does not fit. */
static const IMAGE_RESOURCE_DIRECTORY *node_at(const struct resource_tree *tree, ULONG offset)
{
    const IMAGE_RESOURCE_DIRECTORY *node = (const void *)(tree->root + offset);
    ULONG64 end = (ULONG64)offset + sizeof(*node);

    if (end > tree->size)
        return NULL;
    end += (ULONG64)(node->NumberOfIdEntries + node->NumberOfNamedEntries) *
           sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY);
    return end > tree->size ? NULL : node;
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries_of(const IMAGE_RESOURCE_DIRECTORY *node)
{
    return (const void *)(node + 1);
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *find_id(const IMAGE_RESOURCE_DIRECTORY *node, WORD id)
{
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries = entries_of(node) + node->NumberOfNamedEntries;
    ULONG low = 0, high = node->NumberOfIdEntries;

    while (low < high) {
        const ULONG middle = (low + high) / 2;

        if (entries[middle].Id == id)
            return &entries[middle];
        if (entries[middle].Id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_name(const struct resource_tree *tree, const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry,
                    const WCHAR *name)
{
    const IMAGE_RESOURCE_DIR_STRING_U *text = (const void *)(tree->root + entry->NameOffset);
    USHORT i;

    if ((ULONG64)entry->NameOffset + sizeof(*text) > tree->size ||
        (ULONG64)entry->NameOffset + sizeof(USHORT) + text->Length * sizeof(WCHAR) > tree->size)
        return false;
    for (i = 0; i < text->Length; i++)
        if (!name[i] || name[i] != text->NameString[i])
            return false;
    return !name[i];
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *find_key(const struct resource_tree *tree,
                                                      const IMAGE_RESOURCE_DIRECTORY *node,
                                                      ULONG_PTR key)
{
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries = entries_of(node);
    USHORT i;

    if (!(key >> 16))
        return find_id(node, (WORD)key);
    for (i = 0; i < node->NumberOfNamedEntries; i++)
        if (is_name(tree, &entries[i], (const WCHAR *)key))
            return &entries[i];
    return NULL;
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *find_language(const IMAGE_RESOURCE_DIRECTORY *node,
                                                           WORD language)
{
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry = NULL;
    LCID user = 0;
    WORD wishes[7];
    unsigned n = 0, i;

    wishes[n++] = language;
    wishes[n++] = PRIMARYLANGID(language);
    wishes[n++] = 0;
    if (!PRIMARYLANGID(language)) {
        NtQueryDefaultLocale(TRUE, &user);
        wishes[n++] = LANGIDFROMLCID(teb()->CurrentLocale);
        wishes[n++] = LANGIDFROMLCID(user);
        wishes[n++] = PRIMARYLANGID(LANGIDFROMLCID(user));
        wishes[n++] = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    }
    for (i = 0; i < n && !entry; i++)
        entry = find_id(node, wishes[i]);
    if (!entry && !PRIMARYLANGID(language) && node->NumberOfIdEntries + node->NumberOfNamedEntries)
        entry = entries_of(node);
    return entry;
}

static NTSTATUS missing(ULONG level)
{
    static const NTSTATUS statuses[N_LEVELS] = {STATUS_RESOURCE_TYPE_NOT_FOUND,
                                                STATUS_RESOURCE_NAME_NOT_FOUND,
                                                STATUS_RESOURCE_LANG_NOT_FOUND};

    return statuses[level];
}

/* Only what is asked for is read: callers that want the top pass no info. */
static ULONG_PTR key_of(const LDR_RESOURCE_INFO *info, ULONG level)
{
    return level == LEVEL_TYPE ? info->Type : level == LEVEL_NAME ? info->Name : info->Language;
}

/* Walk `n_levels` levels down. The result is a node, or a data entry (want_data). */
static NTSTATUS walk(HMODULE base, const LDR_RESOURCE_INFO *info, ULONG n_levels, bool want_data,
                     const void **ret_node)
{
    const IMAGE_RESOURCE_DIRECTORY *node;
    struct resource_tree tree;
    ULONG level;

    if (n_levels > N_LEVELS)
        return STATUS_INVALID_PARAMETER;
    if (!tree_of(base, &tree))
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    node = node_at(&tree, 0);
    for (level = 0; level < n_levels; level++) {
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry;

        if (!node)
            return STATUS_INVALID_IMAGE_FORMAT;
        entry = level == LEVEL_LANGUAGE ? find_language(node, (WORD)key_of(info, level))
                                        : find_key(&tree, node, key_of(info, level));
        if (!entry)
            return missing(level);
        if (!entry->DataIsDirectory) {
            if (!want_data || level + 1 != n_levels ||
                (ULONG64)entry->OffsetToData + sizeof(IMAGE_RESOURCE_DATA_ENTRY) > tree.size)
                return missing(level);
            *ret_node = tree.root + entry->OffsetToData;
            return STATUS_SUCCESS;
        }
        node = node_at(&tree, entry->OffsetToDirectory);
    }
    *ret_node = node;
    return !node ? STATUS_INVALID_IMAGE_FORMAT : want_data ? STATUS_RESOURCE_DATA_NOT_FOUND : 0;
}

NTSTATUS WINAPI LdrFindResource_U(HMODULE base, const LDR_RESOURCE_INFO *info, ULONG level,
                                  const IMAGE_RESOURCE_DATA_ENTRY **ret_entry)
{
    const void *node;
    NTSTATUS status = walk(base, info, level, true, &node);

    if (!status)
        *ret_entry = node;
    return status;
}

NTSTATUS WINAPI LdrFindResourceDirectory_U(HMODULE base, const LDR_RESOURCE_INFO *info, ULONG level,
                                           const IMAGE_RESOURCE_DIRECTORY **ret_directory)
{
    const void *node;
    NTSTATUS status = walk(base, info, level, false, &node);

    if (!status)
        *ret_directory = node;
    return status;
}

/* The low bit of base marks an image mapped as a file, where the data lies at its place in the
 * file. */
NTSTATUS WINAPI LdrAccessResource(HMODULE base, const IMAGE_RESOURCE_DATA_ENTRY *entry,
                                  void **ret_data, PULONG ret_size)
{
    char *start = (char *)((ULONG_PTR)base & ~(ULONG_PTR)3);
    const bool is_file = (ULONG_PTR)base & 1;
    ULONG size;

    if (!RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &size))
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (ret_data && is_file)
        *ret_data = RtlImageRvaToVa(RtlImageNtHeader((HMODULE)start), (HMODULE)start,
                                    entry->OffsetToData, NULL);
    else if (ret_data)
        *ret_data = start + entry->OffsetToData;
    if (ret_size)
        *ret_size = entry->Size;
    return STATUS_SUCCESS;
}
