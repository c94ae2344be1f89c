/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The loader's parts, to each other. Everything here is guarded by the loader lock unless it says
 * otherwise.
 *
 * Life of a module: MAPPED (in the lists, imports being bound) -> BOUND -> ATTACHING -> ATTACHED,
 * then gone. A module lives while it can be reached, over the edges "imports from", from a root:
 * the program, ntdll, what was loaded with the program, a pinned module, one with n_loads > 0 or
 * one that is ATTACHING. modules_sweep() takes away the others. */
#ifndef PORTICO_LDR_H
#define PORTICO_LDR_H

#include <stdbool.h>

enum module_state { MODULE_MAPPED, MODULE_BOUND, MODULE_ATTACHING, MODULE_ATTACHED };

/* One more than the longest path, in characters. */
enum { LDR_PATH_MAX = 1040 };

/* For module_export: nothing is known of where the name stands. */
#define NO_HINT ((ULONG)-1)

struct module;

struct module_edge {
    struct module *to;
    struct module_edge *next;
};

struct module {
    LDR_DATA_TABLE_ENTRY entry; /* first: programs see it in PEB.LdrData */
    enum module_state state;
    bool is_root;        /* never unloaded */
    bool is_reachable;   /* scratch of modules_sweep */
    bool is_replaced_in; /* some of its exports are ours: ldr_replace.c */
    bool is_system;      /* Wine's or ours */
    NTSTATUS failure;    /* it could not be bound, or its DllMain failed: nobody gets it */
    LONG n_loads;        /* LdrLoadDll minus LdrUnloadDll */
    struct module_edge *imports;
    ULONG64 device; /* these two name the file */
    ULONG64 inode;
    const IMAGE_NT_HEADERS *headers;
    const IMAGE_EXPORT_DIRECTORY *exports; /* NULL: none */
    ULONG hint_shift;                      /* what the last hint at a name of it was wrong by */
    ULONG exports_size;
    const IMAGE_TLS_DIRECTORY *tls; /* NULL: none */
};

/* ldr_module.c: the list. */
extern RTL_CRITICAL_SECTION loader_lock;
extern PEB_LDR_DATA ldr_data;
void modules_init(void);
NTSTATUS module_create(void *base, const WCHAR *full_path, struct module **ret_module);
void module_free(struct module *module);
NTSTATUS module_add_import(struct module *module, struct module *to);
struct module *module_from_base(const void *base);
struct module *module_from_address(const void *address);
struct module *module_from_name(const WCHAR *base_name);
struct module *module_from_path(const WCHAR *full_path);
struct module *module_from_file(ULONG64 device, ULONG64 inode);
struct module *module_from_entry(LIST_ENTRY *load_order_link);
struct module *module_from_init_link(LIST_ENTRY *init_order_link);
const WCHAR *base_name_of(const WCHAR *path);
bool names_equal(const WCHAR *left, const WCHAR *right);

#define FOR_EACH_MODULE(link)                                     \
    for (LIST_ENTRY *link = ldr_data.InLoadOrderModuleList.Flink; \
         link != &ldr_data.InLoadOrderModuleList; link = link->Flink)

/* ldr_check.c: do these bytes lie in the image? Is its TLS directory one (read under image_guard)?
 */
bool module_holds(const struct module *module, ULONG_PTR address, SIZE_T size);
bool tls_is_whole(const struct module *module);

/* ldr_export.c. name NULL: by ordinal. A forwarder may load a DLL; `importer` (NULL: the exporting
 * module) then depends on it. */
NTSTATUS module_export(struct module *module, const char *name, ULONG ordinal, ULONG hint,
                       struct module *importer, void **ret_address);

/* ldr_replace.c: has a DLL of this name exports that we replace, and what stands for the one
 * of this name, which is at `original`, or NULL. */
bool has_replacements(const WCHAR *base_name);
void *replacement_find(const WCHAR *base_name, const char *name, void *original);
/* create_pipe.c. */
BOOL WINAPI create_pipe(HANDLE *ret_read, HANDLE *ret_write, SECURITY_ATTRIBUTES *security,
                        DWORD size);

/* ldr_import.c. */
NTSTATUS module_bind(struct module *module, const WCHAR *search_path);

/* ldr_load.c: finds the module or maps it and binds its imports; does not attach. */
NTSTATUS module_load(const WCHAR *name, const WCHAR *search_path, ULONG flags,
                     struct module **ret_module);
/* The last file that was there and was not mapped, of the last module that was looked for:
 * STATUS_SUCCESS if none. Guard: loader lock. */
NTSTATUS image_refused(const WCHAR **ret_path);
NTSTATUS module_attach(struct module *module, void *reserved);
NTSTATUS name_with_extension(const UNICODE_STRING *name, WCHAR *ret_name);
void modules_sweep(void);
void modules_hold(void); /* no module goes until: */
void modules_release(void);

/* ldr_entry.c: DllMain, whose exceptions end here. STATUS_DLL_INIT_FAILED: it refused; the code of
 * an exception. */
NTSTATUS module_call_attach(struct module *module, void *reserved);
/* Every reason but DLL_PROCESS_ATTACH: the result does not matter. */
void module_call_entry(struct module *module, ULONG reason, void *reserved);
void module_call_tls_callbacks(struct module *module, ULONG reason);
/* Of a thread that holds the loader lock and has been ended: it was in the program's code, called
 * from here, so that the loader's lists are whole. */
bool loader_is_outside(void);

/* ldr_path.c. */
const WCHAR *api_set_target(const WCHAR *name);
bool is_known_dll(const WCHAR *name);
NTSTATUS default_search_path(WCHAR **ret_path);
extern const WCHAR system_directory[];

/* ldr_tls.c: its own lock guards it, under the loader lock or without. */
NTSTATUS tls_add_module(struct module *module);
void tls_remove_module(struct module *module);
NTSTATUS tls_attach_thread(void);
void tls_detach_thread(void);

/* ldr_notify.c: LdrRegisterDllNotification's callbacks. */
void notify_module(struct module *module, ULONG reason);

/* ldr_failure.c: why the program cannot start, in words: kept by the first that knows, told by
 * process start. */
void failure_note(int exit_status, const char *format, ...);
/* For PORTICO_DEBUG=+loader alone. */
void loader_trace(const char *format, ...);
/* What a status of loading means to a user, or NULL. */
const char *failure_words(NTSTATUS status);
/* The exit status for what a lack of memory or descriptors makes fail, else `otherwise`. */
int failure_exit_status(NTSTATUS status, int otherwise);
/* Why something else may have failed: there is hardly any memory, or no descriptor. */
NTSTATUS failure_resources(void);
void failure_clear(void);
/* Of a DLL that the running program asked for: the line, if there is one, on standard error. A DLL
 * that is not there at all leaves none: programs try. */
void failure_tell(void);
__attribute__((noreturn)) void failure_exit(const char *what, NTSTATUS status);

/* ldr_start.c. */
bool is_process_starting(void);

#endif
