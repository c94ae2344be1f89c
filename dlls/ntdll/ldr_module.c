/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The loader's modules: their records, PEB.LdrData's three lists, and look-up by each key.
 *
 * A record begins with Windows' LDR_DATA_TABLE_ENTRY, which programs walk to from the PEB. Load and
 * memory order are the order of mapping (the program first, then ntdll); initialisation order is
 * written by module_attach. Look-up walks the list and compares a hash first: some ten modules make
 * an index not worth its upkeep. */

#include "ntdll.h"

#include "function_table.h"
#include "ldr.h"

/* Static, so that it is whole before the first thread runs a line; LockCount -1 is a free section.
 */
RTL_CRITICAL_SECTION loader_lock = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};
PEB_LDR_DATA ldr_data = {.Length = sizeof(ldr_data)};

static void list_init(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}

static void list_append(LIST_ENTRY *head, LIST_ENTRY *link)
{
    link->Flink = head;
    link->Blink = head->Blink;
    head->Blink->Flink = link;
    head->Blink = link;
}

static void list_remove(LIST_ENTRY *link)
{
    if (!link->Flink)
        return;
    link->Flink->Blink = link->Blink;
    link->Blink->Flink = link->Flink;
    link->Flink = link->Blink = NULL;
}

void modules_init(void)
{
    list_init(&ldr_data.InLoadOrderModuleList);
    list_init(&ldr_data.InMemoryOrderModuleList);
    list_init(&ldr_data.InInitializationOrderModuleList);
    peb()->LdrData = &ldr_data;
    peb()->LoaderLock = &loader_lock;
}

static WCHAR fold(WCHAR c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    return RtlUpcaseUnicodeChar(c);
}

bool names_equal(const WCHAR *left, const WCHAR *right)
{
    while (*left && fold(*left) == fold(*right))
        left++, right++;
    return !*left && !*right;
}

static ULONG name_hash(const WCHAR *name)
{
    ULONG hash = 0;

    for (; *name; name++)
        hash = hash * 65599 + fold(*name);
    return hash;
}

const WCHAR *base_name_of(const WCHAR *path)
{
    const WCHAR *base = path;

    for (; *path; path++)
        if (*path == '\\' || *path == '/' || (*path == ':' && path[1]))
            base = path + 1;
    return base;
}

/* One block holds the path; the base name is its tail, as on Windows. */
static NTSTATUS module_set_names(struct module *module, const WCHAR *full_path)
{
    UNICODE_STRING *full = &module->entry.FullDllName, *base = &module->entry.BaseDllName;
    SIZE_T size = 0;

    while (full_path[size])
        size++;
    size *= sizeof(WCHAR);
    full->Buffer = RtlAllocateHeap(process_heap(), 0, size + sizeof(WCHAR));
    if (!full->Buffer)
        return STATUS_NO_MEMORY;
    memcpy(full->Buffer, full_path, size + sizeof(WCHAR));
    full->Length = (USHORT)size;
    full->MaximumLength = (USHORT)(size + sizeof(WCHAR));
    base->Buffer = (WCHAR *)base_name_of(full->Buffer);
    base->Length = (USHORT)(size - (SIZE_T)((char *)base->Buffer - (char *)full->Buffer));
    base->MaximumLength = base->Length + sizeof(WCHAR);
    module->entry.BaseNameHashValue = name_hash(base->Buffer);
    return STATUS_SUCCESS;
}

static void module_read_headers(struct module *module, char *base, const IMAGE_NT_HEADERS *headers)
{
    ULONG size;

    module->headers = headers;
    module->exports =
        RtlImageDirectoryEntryToData((HMODULE)base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    module->exports_size = module->exports ? size : 0;
    module->tls =
        RtlImageDirectoryEntryToData((HMODULE)base, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &size);
    module->entry.DllBase = base;
    module->entry.SizeOfImage = headers->OptionalHeader.SizeOfImage;
    module->entry.TimeDateStamp = headers->FileHeader.TimeDateStamp;
    module->entry.OriginalBase = headers->OptionalHeader.ImageBase;
    if (headers->FileHeader.Characteristics & IMAGE_FILE_DLL)
        module->entry.Flags |= LDR_IMAGE_IS_DLL;
    if (headers->OptionalHeader.AddressOfEntryPoint)
        module->entry.EntryPoint = base + headers->OptionalHeader.AddressOfEntryPoint;
}

NTSTATUS module_create(void *base, const WCHAR *full_path, struct module **ret_module)
{
    const IMAGE_NT_HEADERS *headers = RtlImageNtHeader(base);
    struct module *module;
    NTSTATUS status;

    if (!headers)
        return STATUS_INVALID_IMAGE_FORMAT;
    module = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*module));
    if (!module)
        return STATUS_NO_MEMORY;
    module_read_headers(module, base, headers);
    module->entry.TlsIndex = -1;
    module->entry.LoadCount = 1;
    status = module_set_names(module, full_path);
    if (!status)
        status = image_table_insert(base);
    if (status) {
        RtlFreeHeap(process_heap(), 0, module->entry.FullDllName.Buffer);
        RtlFreeHeap(process_heap(), 0, module);
        return status;
    }
    module->is_replaced_in = has_replacements(module->entry.BaseDllName.Buffer);
    list_append(&ldr_data.InLoadOrderModuleList, &module->entry.InLoadOrderLinks);
    list_append(&ldr_data.InMemoryOrderModuleList, &module->entry.InMemoryOrderLinks);
    *ret_module = module;
    return STATUS_SUCCESS;
}

/* Takes the record away; the image is the caller's. */
void module_free(struct module *module)
{
    list_remove(&module->entry.InLoadOrderLinks);
    list_remove(&module->entry.InMemoryOrderLinks);
    list_remove(&module->entry.InInitializationOrderLinks);
    image_table_remove(module->entry.DllBase);
    while (module->imports) {
        struct module_edge *edge = module->imports;

        module->imports = edge->next;
        RtlFreeHeap(process_heap(), 0, edge);
    }
    RtlFreeHeap(process_heap(), 0, module->entry.FullDllName.Buffer);
    RtlFreeHeap(process_heap(), 0, module);
}

/* Edges keep the order of import, which is the order of attaching. */
NTSTATUS module_add_import(struct module *module, struct module *to)
{
    struct module_edge **last = &module->imports;

    if (to == module)
        return STATUS_SUCCESS;
    for (; *last; last = &(*last)->next)
        if ((*last)->to == to)
            return STATUS_SUCCESS;
    *last = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(**last));
    if (!*last)
        return STATUS_NO_MEMORY;
    (*last)->to = to;
    return STATUS_SUCCESS;
}

struct module *module_from_entry(LIST_ENTRY *load_order_link)
{
    return CONTAINING_RECORD(load_order_link, struct module, entry.InLoadOrderLinks);
}

struct module *module_from_init_link(LIST_ENTRY *init_order_link)
{
    return CONTAINING_RECORD(init_order_link, struct module, entry.InInitializationOrderLinks);
}

struct module *module_from_base(const void *base)
{
    FOR_EACH_MODULE(link)
    if (module_from_entry(link)->entry.DllBase == base)
        return module_from_entry(link);
    return NULL;
}

struct module *module_from_address(const void *address)
{
    FOR_EACH_MODULE(link)
    {
        struct module *module = module_from_entry(link);

        if ((ULONG_PTR)address - (ULONG_PTR)module->entry.DllBase < module->entry.SizeOfImage)
            return module;
    }
    return NULL;
}

struct module *module_from_name(const WCHAR *base_name)
{
    const ULONG hash = name_hash(base_name);

    FOR_EACH_MODULE(link)
    {
        struct module *module = module_from_entry(link);

        if (module->entry.BaseNameHashValue == hash &&
            names_equal(module->entry.BaseDllName.Buffer, base_name))
            return module;
    }
    return NULL;
}

struct module *module_from_path(const WCHAR *full_path)
{
    FOR_EACH_MODULE(link)
    if (names_equal(module_from_entry(link)->entry.FullDllName.Buffer, full_path))
        return module_from_entry(link);
    return NULL;
}

struct module *module_from_file(ULONG64 device, ULONG64 inode)
{
    FOR_EACH_MODULE(link)
    {
        struct module *module = module_from_entry(link);

        if (module->inode == inode && module->device == device && inode)
            return module;
    }
    return NULL;
}
