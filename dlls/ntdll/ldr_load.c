/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Loading and unloading modules.
 *
 * module_load finds a module that is there (by name, path or file) or maps one and binds its
 * imports in depth; a cycle of imports ends because the module is in the list before it is bound.
 * Nothing of it has run then. module_attach calls TLS callbacks and DllMain, imports first.
 * modules_sweep detaches, in reverse order of initialisation, what no root reaches any more, and
 * unmaps it: so cycles go too, and a load that fails half-way leaves nothing. DllMain may load and
 * unload: a nested sweep only asks the outer one for another round. Who walks over modules while
 * code of the program's may run (a DllMain, a notification) holds them, and so does who gives one a
 * holder: a sweep waits for him, or goes another round after him. */

#include "ntdll.h"

#include "ldr.h"
#include "portico/exit_status.h"

/* The last file that was there and was not mapped, of the last module that was looked for. */
static WCHAR refused_path[LDR_PATH_MAX];
static NTSTATUS refused_status;

static bool is_sweeping, is_sweep_wanted;
static unsigned n_holds;

static bool has_folder(const WCHAR *name)
{
    return base_name_of(name) != name;
}

/* Append ".dll" to a base name without a dot; a dot at the end means "no extension" and goes away.
 */
NTSTATUS name_with_extension(const UNICODE_STRING *name, WCHAR *ret_name)
{
    SIZE_T n = name->Length / sizeof(WCHAR);
    const WCHAR *at;
    bool has_dot = false;

    if (!n || !name->Buffer)
        return STATUS_DLL_NOT_FOUND;
    if (n + 5 > LDR_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    memcpy(ret_name, name->Buffer, n * sizeof(WCHAR));
    ret_name[n] = 0;
    for (at = base_name_of(ret_name); *at; at++)
        has_dot |= *at == '.';
    if (!has_dot)
        memcpy(ret_name + n, L".dll", 5 * sizeof(WCHAR));
    else if (ret_name[n - 1] == '.')
        ret_name[n - 1] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS join(const WCHAR *folder, SIZE_T n, const WCHAR *name, WCHAR *ret_path)
{
    SIZE_T size = 0;

    while (name[size])
        size++;
    if (n + size + 2 > LDR_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    memcpy(ret_path, folder, n * sizeof(WCHAR));
    if (n && folder[n - 1] != '\\' && folder[n - 1] != '/')
        ret_path[n++] = '\\';
    memcpy(ret_path + n, name, (size + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS make_absolute(WCHAR *path)
{
    WCHAR full[LDR_PATH_MAX];
    ULONG size = RtlGetFullPathName_U(path, sizeof(full), full, NULL);

    if (!size || size >= sizeof(full))
        return STATUS_NAME_TOO_LONG;
    memcpy(path, full, size + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static bool is_missing(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND ||
           status == STATUS_OBJECT_NAME_INVALID || status == STATUS_NO_SUCH_FILE ||
           status == STATUS_NAME_TOO_LONG;
}

NTSTATUS image_refused(const WCHAR **ret_path)
{
    *ret_path = refused_path;
    return refused_status;
}

static NTSTATUS image_load(const WCHAR *path, struct unix_image *ret_image)
{
    const NTSTATUS status = unix_image_load(path, 0, ret_image);
    SIZE_T n = 0;

    if (is_missing(status))
        return STATUS_DLL_NOT_FOUND;
    if (status) {
        refused_status = status;
        for (; path[n] && n < LDR_PATH_MAX - 1; n++)
            refused_path[n] = path[n];
        refused_path[n] = 0;
    }
    return status;
}

static NTSTATUS map_at(WCHAR *path, struct unix_image *ret_image)
{
    NTSTATUS status = make_absolute(path);

    return status ? is_missing(status) ? STATUS_DLL_NOT_FOUND : status
                  : image_load(path, ret_image);
}

/* Try name in each folder of the search path. */
static NTSTATUS map_in_path(const WCHAR *search, const WCHAR *name, WCHAR *path,
                            struct unix_image *ret_image)
{
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    while (*search && status == STATUS_DLL_NOT_FOUND) {
        SIZE_T n = 0;

        while (search[n] && search[n] != ';')
            n++;
        if (n && !join(search, n, name, path))
            status = map_at(path, ret_image);
        /* A folder of PATH that this user may not look into is passed over. */
        if (status == STATUS_ACCESS_DENIED)
            status = STATUS_DLL_NOT_FOUND;
        search += search[n] ? n + 1 : n;
    }
    return status;
}

static NTSTATUS map_in_system(const WCHAR *name, WCHAR *path, struct unix_image *ret_image)
{
    SIZE_T n = 0;
    NTSTATUS status;

    while (system_directory[n])
        n++;
    status = join(system_directory, n, name, path);
    return status ? is_missing(status) ? STATUS_DLL_NOT_FOUND : status
                  : image_load(path, ret_image);
}

static NTSTATUS map_image(const WCHAR *name, const WCHAR *search_path, WCHAR *path,
                          struct unix_image *ret_image)
{
    WCHAR *owned = NULL;
    NTSTATUS status;

    if (has_folder(name)) {
        status = join(L"", 0, name, path);
        return status ? status : map_at(path, ret_image);
    }
    if (is_known_dll(name)) {
        status = map_in_system(name, path, ret_image);
        if (status != STATUS_DLL_NOT_FOUND)
            return status;
    }
    if (!search_path) {
        status = default_search_path(&owned);
        if (status)
            return status;
        search_path = owned;
    }
    status = map_in_path(search_path, name, path, ret_image);
    RtlFreeHeap(process_heap(), 0, owned);
    return status;
}

/* *ret_is_new: it was not there under another name. */
static NTSTATUS module_map(const WCHAR *name, const WCHAR *search_path, bool *ret_is_new,
                           struct module **ret_module)
{
    WCHAR path[LDR_PATH_MAX];
    struct unix_image image = {0};
    NTSTATUS status;

    refused_status = STATUS_SUCCESS;
    status = map_image(name, search_path, path, &image);
    if (status)
        return status;
    *ret_module = module_from_file(image.device, image.inode);
    if (*ret_module) {
        unix_image_unload(image.base);
        return STATUS_SUCCESS;
    }
    status = module_create(image.base, path, ret_module);
    if (status) {
        unix_image_unload(image.base);
        return status;
    }
    (*ret_module)->device = image.device;
    (*ret_module)->inode = image.inode;
    (*ret_module)->is_system = image.is_system;
    *ret_is_new = true;
    return STATUS_SUCCESS;
}

/* It stays until the next sweep: who asks for it meanwhile gets the same answer. */
static NTSTATUS module_fail(struct module *module, NTSTATUS status)
{
    module->failure = status;
    module->is_root = false;
    return status;
}

NTSTATUS module_load(const WCHAR *name, const WCHAR *search_path, ULONG flags,
                     struct module **ret_module)
{
    const WCHAR *target = api_set_target(name);
    bool is_new = false;
    NTSTATUS status;

    if (target)
        name = target;
    *ret_module = has_folder(name) ? module_from_path(name) : module_from_name(name);
    if (*ret_module)
        return (*ret_module)->failure;
    status = module_map(name, search_path, &is_new, ret_module);
    if (status || !is_new)
        return status ? status : (*ret_module)->failure;
    (*ret_module)->is_root = is_process_starting();
    if ((flags & DONT_RESOLVE_DLL_REFERENCES) ||
        !((*ret_module)->headers->FileHeader.Characteristics & IMAGE_FILE_DLL)) {
        (*ret_module)->entry.Flags |= LDR_DONT_RESOLVE_REFS;
        (*ret_module)->state = MODULE_ATTACHED;
        return STATUS_SUCCESS;
    }
    status = module_bind(*ret_module, search_path);
    if (status)
        return module_fail(*ret_module, status);
    notify_module(*ret_module, LDR_DLL_NOTIFICATION_REASON_LOADED);
    return STATUS_SUCCESS;
}

static void init_order_append(struct module *module)
{
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList;
    LIST_ENTRY *link = &module->entry.InInitializationOrderLinks;

    link->Flink = head;
    link->Blink = head->Blink;
    head->Blink->Flink = link;
    head->Blink = link;
}

/* At the start of a program a lack of memory is most of what its DLLs can die of. */
static void attach_note(const struct module *module, NTSTATUS status)
{
    const NTSTATUS lack = is_process_starting() ? failure_resources() : STATUS_SUCCESS;
    const char *words = failure_words(lack);

    failure_note(
        failure_exit_status(lack, PORTICO_EXIT_DLL_INIT),
        status == STATUS_DLL_INIT_FAILED ? "%S: its DllMain refused to start%s%s"
                                         : "%S: an exception in its DllMain%s%s (status %x)",
        module->entry.FullDllName.Buffer, words ? "; " : "", words ? words : "", (unsigned)status);
}

static NTSTATUS attach_self(struct module *module, void *reserved)
{
    NTSTATUS status;

    if (module->entry.Flags & LDR_IMAGE_IS_DLL)
        init_order_append(module);
    status = module_call_attach(module, reserved);
    module->state = MODULE_ATTACHED;
    if (!status) {
        module->entry.Flags |= LDR_PROCESS_ATTACHED;
        return STATUS_SUCCESS;
    }
    attach_note(module, status);
    return module_fail(module, status);
}

NTSTATUS module_attach(struct module *module, void *reserved)
{
    struct module_edge *edge;
    NTSTATUS status = STATUS_SUCCESS;

    if (module->failure || module->state != MODULE_BOUND)
        return module->failure;
    module->state = MODULE_ATTACHING;
    for (edge = module->imports; edge && !status; edge = edge->next)
        status = module_attach(edge->to, reserved);
    if (!status)
        return attach_self(module, reserved);
    module->state = MODULE_BOUND;
    return status;
}

static void module_mark(struct module *module)
{
    struct module_edge *edge;

    if (module->is_reachable)
        return;
    module->is_reachable = true;
    for (edge = module->imports; edge; edge = edge->next)
        module_mark(edge->to);
}

static void modules_mark(void)
{
    FOR_EACH_MODULE(link)
    module_from_entry(link)->is_reachable = false;
    FOR_EACH_MODULE(link)
    {
        struct module *module = module_from_entry(link);

        if (module->is_root || module->n_loads > 0 || module->state == MODULE_ATTACHING)
            module_mark(module);
    }
}

/* The last initialised one of those that must go, or NULL. */
static struct module *next_to_detach(void)
{
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList, *link;

    for (link = head->Blink; link != head; link = link->Blink) {
        struct module *module = module_from_init_link(link);

        if (!module->is_reachable && (module->entry.Flags & LDR_PROCESS_ATTACHED))
            return module;
    }
    return NULL;
}

static void module_unmap(struct module *module)
{
    void *base = module->entry.DllBase;

    if (module->state != MODULE_MAPPED && !(module->entry.Flags & LDR_DONT_RESOLVE_REFS))
        notify_module(module, LDR_DLL_NOTIFICATION_REASON_UNLOADED);
    tls_remove_module(module);
    module_free(module);
    unix_image_unload(base);
}

static void unmap_unreachable(void)
{
    LIST_ENTRY *link = ldr_data.InLoadOrderModuleList.Flink;

    while (link != &ldr_data.InLoadOrderModuleList && !is_sweep_wanted) {
        struct module *module = module_from_entry(link);

        link = link->Flink;
        if (!module->is_reachable)
            module_unmap(module);
    }
}

void modules_hold(void)
{
    n_holds++;
}

/* A sweep that is on its way begins anew: something may be reachable that was not. */
void modules_release(void)
{
    if (!--n_holds && (is_sweep_wanted || is_sweeping))
        modules_sweep();
}

void modules_sweep(void)
{
    struct module *module;

    is_sweep_wanted = true;
    if (is_sweeping || n_holds || is_process_starting())
        return;
    is_sweeping = true;
    while (is_sweep_wanted) {
        is_sweep_wanted = false;
        modules_mark();
        while (!is_sweep_wanted && (module = next_to_detach())) {
            module->entry.Flags &= ~LDR_PROCESS_ATTACHED;
            module_call_entry(module, DLL_PROCESS_DETACH, NULL);
        }
        if (!is_sweep_wanted)
            unmap_unreachable();
    }
    is_sweeping = false;
}
