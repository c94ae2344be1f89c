/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Binding a module's imports: each DLL that its import directory names is loaded (which binds that
 * one first, in depth), then each entry of the import address table is written. A table in a
 * section that programs may not write to makes the image writable until all is bound.
 *
 * A name that a DLL of the program's does not export fails the load; the note for the user names
 * importer, DLL and function. One that a DLL of the system folder does not export is bound to a
 * stub of its own, which says its name when called: it is Wine 8.0 that is behind Windows there,
 * and most programs run without ever coming to the call. (GetProcAddress, by which programs look
 * what there is, does not find it.) DIFFERS from Windows, where no such program starts.
 *
 * Between system DLLs most imports are not searched for: an earlier program left where they were
 * found (unix/bindings.c). */

#include "ntdll.h"

#include "entry.h"
#include "ldr.h"
#include "portico/exit_status.h"

static void *rva_to_pointer(const struct module *module, ULONG rva)
{
    return (char *)module->entry.DllBase + rva;
}

/* mov rcx, record; mov rax, import_called; jmp rax */
struct import_stub {
    unsigned char load_record[2];
    unsigned char record[8];
    unsigned char load_target[2];
    unsigned char target[8];
    unsigned char jump[2];
};

enum {
    IMPORT_STUBS_SIZE = 0x10000,
    STUB_NAME_MAX = 320,
    TABLES_BYTES_MAX = 0x10000, /* of import addresses, that anybody has */
};

/* Room for one more stub. Guard: loader lock. The stubs stay for the life of the process. */
static struct import_stub *import_stub_place(void)
{
    static struct import_stub *next;
    static SIZE_T n_left;
    SIZE_T size = IMPORT_STUBS_SIZE;
    void *block = NULL;

    if (!n_left) {
        if (NtAllocateVirtualMemory(NtCurrentProcess(), &block, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                    PAGE_EXECUTE_READWRITE))
            return NULL;
        next = block;
        n_left = size / sizeof(*next);
    }
    n_left--;
    return next++;
}

static void stub_name(const struct module *from, const char *name, ULONG ordinal,
                      char text[STUB_NAME_MAX])
{
    SIZE_T n;

    if (name)
        n = text_format(text, STUB_NAME_MAX - 1, "%s of %S", name, from->entry.BaseDllName.Buffer);
    else
        n = text_format(text, STUB_NAME_MAX - 1, "ordinal %u of %S", ordinal,
                        from->entry.BaseDllName.Buffer);
    text[n] = 0;
}

static NTSTATUS import_stub_new(const struct module *from, const char *name, ULONG ordinal,
                                void **ret_address)
{
    struct stub_record *record =
        RtlAllocateHeap(process_heap(), 0, sizeof(*record) + STUB_NAME_MAX);
    struct import_stub *stub = record ? import_stub_place() : NULL;
    void (*target)(struct stub_record *) = import_called;

    if (!stub) {
        RtlFreeHeap(process_heap(), 0, record);
        return STATUS_NO_MEMORY;
    }
    record->has_said_it = 0;
    stub_name(from, name, ordinal, record->name);
    memcpy(stub->load_record, "\x48\xb9", 2);
    memcpy(stub->record, &record, sizeof(record));
    memcpy(stub->load_target, "\x48\xb8", 2);
    memcpy(stub->target, &target, sizeof(target));
    memcpy(stub->jump, "\xff\xe0", 2);
    *ret_address = stub;
    return STATUS_SUCCESS;
}

static NTSTATUS import_one(struct module *module, struct module *from, const char *dll,
                           ULONG64 thunk, void **ret_address)
{
    const IMAGE_IMPORT_BY_NAME *by_name = NULL;
    ULONG ordinal = 0;
    NTSTATUS status;

    if (thunk & IMAGE_ORDINAL_FLAG64)
        ordinal = thunk & 0xffff;
    else
        by_name = rva_to_pointer(module, (ULONG)thunk);
    status = module_export(from, by_name ? (const char *)by_name->Name : NULL, ordinal,
                           by_name ? by_name->Hint : 0, module, ret_address);
    if (!status)
        return status;
    if (status == STATUS_PROCEDURE_NOT_FOUND && from->is_system)
        return import_stub_new(from, by_name ? (const char *)by_name->Name : NULL, ordinal,
                               ret_address);
    if (by_name)
        failure_note(PORTICO_EXIT_MISSING_IMPORT, "%S needs %s from %s, which does not export it",
                     module->entry.BaseDllName.Buffer, by_name->Name, dll);
    else
        failure_note(PORTICO_EXIT_MISSING_IMPORT,
                     "%S needs ordinal %u from %s, which does not export it",
                     module->entry.BaseDllName.Buffer, ordinal, dll);
    if (status != STATUS_PROCEDURE_NOT_FOUND)
        return status;
    return by_name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
}

static NTSTATUS import_name(const char *dll, WCHAR *ret_name)
{
    SIZE_T i;

    for (i = 0; dll[i]; i++) {
        if (i == LDR_PATH_MAX - 5)
            return STATUS_NAME_TOO_LONG;
        ret_name[i] = (unsigned char)dll[i];
    }
    ret_name[i] = 0;
    for (const char *dot = dll; *dot; dot++)
        if (*dot == '.')
            return STATUS_SUCCESS;
    memcpy(ret_name + i, L".dll", 5 * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* Why there is no such DLL. A file that is there and was refused is told with its path; one that
 * was passed over on the way, too. */
static void import_dll_note(const struct module *module, const char *dll, NTSTATUS status)
{
    const WCHAR *importer = module->entry.BaseDllName.Buffer, *path;
    const int exit_status = failure_exit_status(status, PORTICO_EXIT_MISSING_DLL);
    const NTSTATUS refused = image_refused(&path);
    const char *words = failure_words(refused);

    if (status == STATUS_DLL_NOT_FOUND && refused)
        failure_note(exit_status, "%S needs %s, which was not found; %S: %s", importer, dll, path,
                     words ? words : "cannot be read");
    else if (status == STATUS_DLL_NOT_FOUND)
        failure_note(exit_status, "%S needs %s, which was not found", importer, dll);
    else if (status == refused && words)
        failure_note(exit_status, "%S needs %s, which cannot be loaded; %S: %s", importer, dll,
                     path, words);
    else
        failure_note(exit_status, "%S needs %s, which cannot be loaded (status %x)", importer, dll,
                     (unsigned)status);
}

static NTSTATUS import_dll(struct module *module, const WCHAR *search_path, const char *dll,
                           struct module **ret_from)
{
    WCHAR name[LDR_PATH_MAX];
    NTSTATUS status = import_name(dll, name);

    if (!status)
        status = module_load(name, search_path, 0, ret_from);
    if (status)
        import_dll_note(module, dll, status);
    else
        status = module_add_import(module, *ret_from);
    return status;
}

struct binding {
    struct module *module;
    const WCHAR *search_path;
    struct module *from; /* whose exports are being looked through */
    bool is_open;        /* the image is writable */
};

static bool is_writable(const struct module *module, ULONG rva)
{
    const IMAGE_SECTION_HEADER *section =
        RtlImageRvaToSection(module->headers, module->entry.DllBase, rva);

    return section && (section->Characteristics & IMAGE_SCN_MEM_WRITE);
}

/* Its import address tables, one for each DLL, can be written to. */
static NTSTATUS table_open(struct binding *binding, ULONG rva)
{
    if (binding->is_open || is_writable(binding->module, rva))
        return STATUS_SUCCESS;
    binding->is_open = true;
    return unix_image_open(binding->module->entry.DllBase);
}

/* An import address table, of which n entries are bound. */
struct table {
    const char *dll;
    void **addresses;
    SIZE_T n;
    struct unix_bindings known; /* by earlier programs: n of them, perhaps 0 */
};

static NTSTATUS bind_entry(struct binding *binding, const struct table *table, ULONG64 thunk)
{
    struct module *from = binding->from;
    void **address = &table->addresses[table->n];
    const ULONG rva = table->n < table->known.n ? table->known.rvas[table->n] : 0;

    if (!rva || rva >= from->entry.SizeOfImage)
        return import_one(binding->module, from, table->dll, thunk, address);
    *address = rva_to_pointer(from, rva);
    return STATUS_SUCCESS;
}

static NTSTATUS bind_descriptor(struct binding *binding, const IMAGE_IMPORT_DESCRIPTOR *descriptor)
{
    struct module *module = binding->module;
    const char *dll = rva_to_pointer(module, descriptor->Name);
    const ULONG names_rva =
        descriptor->OriginalFirstThunk ? descriptor->OriginalFirstThunk : descriptor->FirstThunk;
    const ULONG64 *names = rva_to_pointer(module, names_rva);
    struct table table = {.dll = dll, .addresses = rva_to_pointer(module, descriptor->FirstThunk)};
    NTSTATUS status;

    if (!*names)
        return STATUS_SUCCESS;
    status = import_dll(module, binding->search_path, dll, &binding->from);
    if (!status)
        status = table_open(binding, descriptor->FirstThunk);
    if (status)
        return status;
    (void)unix_bindings_find(module->entry.DllBase, binding->from->entry.DllBase,
                             descriptor->FirstThunk, &table.known);
    for (; !status && names[table.n]; table.n++)
        status = module_holds(module, (ULONG_PTR)&table.addresses[table.n], sizeof(void *))
                     ? bind_entry(binding, &table, names[table.n])
                     : STATUS_INVALID_IMAGE_FORMAT;
    if (!status && !table.known.n && is_process_starting())
        (void)unix_bindings_add(module->entry.DllBase, binding->from->entry.DllBase,
                                descriptor->FirstThunk,
                                &(struct unix_bound){table.addresses, table.n});
    return status;
}

/* All its tables lie together and will be written to. */
static void tables_prefault(const struct module *module)
{
    ULONG size;
    void *tables =
        RtlImageDirectoryEntryToData(module->entry.DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_IAT, &size);

    if (tables && size <= TABLES_BYTES_MAX && module_holds(module, (ULONG_PTR)tables, size))
        unix_prefault(tables, size);
}

/* Under image_guard, as what follows. */
static NTSTATUS bind_imports(void *argument)
{
    struct binding *binding = argument;
    ULONG size;
    const IMAGE_IMPORT_DESCRIPTOR *descriptor = RtlImageDirectoryEntryToData(
        binding->module->entry.DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    NTSTATUS status = STATUS_SUCCESS;

    tables_prefault(binding->module);
    for (; descriptor && descriptor->Name && descriptor->FirstThunk && !status; descriptor++)
        status = bind_descriptor(binding, descriptor);
    return status;
}

/* With the protections that it will always have: a section that cannot be read fails here and not
 * in a later thread. */
static NTSTATUS bind_tls(void *argument)
{
    return tls_add_module(argument);
}

NTSTATUS module_bind(struct module *module, const WCHAR *search_path)
{
    struct binding binding = {module, search_path, NULL, false};
    NTSTATUS status = image_guard(bind_imports, &binding);

    if (status == STATUS_INVALID_IMAGE_FORMAT && binding.from)
        failure_note(PORTICO_EXIT_NOT_PE, "%S: its image is damaged, or that of %S",
                     module->entry.BaseDllName.Buffer, binding.from->entry.BaseDllName.Buffer);
    if (!status && binding.is_open)
        status = unix_image_protect(module->entry.DllBase);
    if (!status)
        status = image_guard(bind_tls, module);
    if (!status)
        module->state = MODULE_BOUND;
    return status;
}
