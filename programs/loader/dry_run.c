/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portico --dry-run.
 *
 * Every DLL that the program would load is found by the loader's rules and read, in depth. The
 * program and the DLLs that are neither ours nor Wine's are listed with each of their imports:
 * implemented, a stub (the program starts, the call says its name and fails), missing (the program
 * does not start). Of ours and Wine's own imports only what keeps them from loading is told. What a
 * function of Wine's calls in its turn is not followed: "implemented" is about the name. */

#include "dry_run.h"

#include "dll_find.h"
#include "fatal.h"
#include "pe_file.h"
#include "portico/exit_status.h"
#include "start.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FORWARDERS_MAX = 16, NAME_BYTES_MAX = 256 };

struct dll {
    struct dll *next;
    char name[NAME_BYTES_MAX]; /* as a file's: API sets are resolved */
    char *path;
    enum dll_origin origin;
    bool is_counted; /* among those not found */
    struct pe_file file;
};

/* What is counted: imports of the program and its own DLLs; what keeps the program from starting.
 */
struct dry_run {
    const char *program_folder;
    struct dll *dlls, *last; /* in the order in which they were found */
    unsigned n_implemented, n_stubs, n_missing, n_delayed_missing, n_dlls_missing, n_damaged;
    bool has_msvcrt, has_ucrt; /* the file that is looked at */
};

static const char *const origin_names[] = {"not found", "Portico's", "Wine's", ""};

/* A name without a dot has the extension that its importer left out. */
static struct dll *dll_get(struct dry_run *run, const char *name)
{
    char with_extension[NAME_BYTES_MAX];
    struct dll *dll;

    if (!strchr(name, '.')) {
        snprintf(with_extension, sizeof(with_extension), "%s.dll", name);
        name = with_extension;
    }
    name = dll_real_name(name);
    for (dll = run->dlls; dll; dll = dll->next)
        if (!strcasecmp(dll->name, name))
            return dll;
    dll = calloc(1, sizeof(*dll));
    if (!dll)
        fatal(PORTICO_EXIT_NO_RESOURCES, "no memory");
    snprintf(dll->name, sizeof(dll->name), "%s", name);
    dll->origin = dll_find(name, run->program_folder, &dll->path);
    if (dll->path && pe_file_open(dll->path, &dll->file))
        dll->origin = DLL_NOT_FOUND; /* a file that is no 64-bit DLL: said with its path */
    *(run->last ? &run->last->next : &run->dlls) = dll;
    run->last = dll;
    return dll;
}

/* "dll.name" or "dll.#ordinal"; the DLL's name gets its extension. */
static bool forwarder_split(const char *text, char dll[NAME_BYTES_MAX],
                            struct pe_import *ret_import)
{
    const char *dot = strrchr(text, '.');

    if (!dot || dot - text > NAME_BYTES_MAX - 5)
        return false;
    snprintf(dll, NAME_BYTES_MAX, "%.*s.dll", (int)(dot - text), text);
    *ret_import = (struct pe_import){.name = dot + 1};
    if (dot[1] == '#')
        *ret_import = (struct pe_import){.ordinal = (uint32_t)strtoul(dot + 2, NULL, 10)};
    return true;
}

/* The end of the chain of forwarders: CODE, STUB or MISSING. */
static enum pe_export import_resolve(struct dry_run *run, struct dll *dll, struct pe_import import)
{
    char name[NAME_BYTES_MAX];

    for (unsigned i = 0; i < FORWARDERS_MAX && dll->file.bytes; i++) {
        const char *forwarder;
        const enum pe_export found =
            pe_export_find(&dll->file, import.name, import.ordinal, &forwarder);

        if (found != PE_EXPORT_FORWARDED)
            return found;
        if (!forwarder_split(forwarder, name, &import))
            break;
        dll = dll_get(run, name);
    }
    return PE_EXPORT_MISSING;
}

/* A file's names are not to speak to the terminal. */
static void name_print(const char *name)
{
    for (; *name; name++)
        putchar((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
}

static void import_print(const char *state, const struct pe_import *import)
{
    printf("    %-11s  ", state);
    if (import->name)
        name_print(import->name);
    else
        printf("ordinal %u", (unsigned)import->ordinal);
    putchar('\n');
}

static void import_count(struct dry_run *run, enum pe_export found, bool is_delayed,
                         const struct pe_import *import)
{
    switch (found) {
    case PE_EXPORT_CODE:
        run->n_implemented++;
        import_print("implemented", import);
        break;
    case PE_EXPORT_STUB:
        run->n_stubs++;
        import_print("stub", import);
        break;
    default:
        ++*(is_delayed ? &run->n_delayed_missing : &run->n_missing);
        import_print("missing", import);
        break;
    }
}

/* What a DLL of ours or Wine's does not have is a stub too (dlls/ntdll/ldr_import.c), but not for
 * who looks for it when it is called. */
static enum pe_export import_state(struct dry_run *run, struct dll *from, struct pe_import import,
                                   bool is_delayed)
{
    const enum pe_export found = import_resolve(run, from, import);
    const bool is_stub = found == PE_EXPORT_MISSING && from->origin != DLL_OTHER && !is_delayed;

    return is_stub ? PE_EXPORT_STUB : found;
}

/* The imports from one DLL of an importer whose imports are listed. */
static enum pe_next imports_list(struct dry_run *run, const struct pe_file *file,
                                 uint32_t names_rva, struct dll *from, bool is_delayed)
{
    struct pe_import import;
    enum pe_next next;

    for (unsigned i = 0; !(next = pe_import_get(file, names_rva, i, &import)); i++)
        if (from->origin)
            import_count(run, import_state(run, from, import, is_delayed), is_delayed, &import);
        else
            import_print("-", &import);
    return next;
}

/* Of an importer whose imports are not: what is missing. */
static enum pe_next imports_check(struct dry_run *run, const struct dll *importer,
                                  uint32_t names_rva, struct dll *from)
{
    struct pe_import import;
    enum pe_next next;

    for (unsigned i = 0; !(next = pe_import_get(&importer->file, names_rva, i, &import)); i++) {
        if (import_resolve(run, from, import) != PE_EXPORT_MISSING)
            continue;
        printf("  %s of %s\n", from->name, importer->name);
        import_print("missing", &import);
        run->n_missing++;
    }
    return next;
}

static bool wants_unix_side(const struct dll *dll)
{
    return dll->origin == DLL_OF_WINE &&
           pe_file_contains(&dll->file, "__wine_unix_call_dispatcher");
}

static void dll_print(const char *name, const struct dll *dll, bool is_delayed)
{
    printf("  ");
    name_print(name);
    printf("%s: %s%s", is_delayed ? " (delay-loaded)" : "", origin_names[dll->origin],
           dll->origin && dll->origin != DLL_OTHER ? ", " : "");
    if (dll->path)
        printf("%s%s", dll->path, dll->origin ? "" : " is no 64-bit DLL");
    if (wants_unix_side(dll))
        printf(", whose Unix side is not here: it may refuse to start, or some of its calls fail");
    putchar('\n');
}

/* One that is only loaded when it is called does not keep the program from starting. */
static void missing_dll_count(struct dry_run *run, struct dll *dll, bool is_delayed)
{
    if (dll->origin || dll->is_counted)
        return;
    dll->is_counted = !is_delayed;
    ++*(is_delayed ? &run->n_delayed_missing : &run->n_dlls_missing);
}

/* One DLL's imports into the program (importer NULL) or a DLL. */
static enum pe_next imports_from(struct dry_run *run, const struct pe_file *file,
                                 const struct dll *importer, bool is_delayed, unsigned index)
{
    const bool is_listed = !importer || importer->origin == DLL_OTHER;
    struct dll *from;
    const char *name;
    uint32_t names_rva;
    enum pe_next next = pe_import_dll(file, is_delayed, index, &name, &names_rva);

    if (next)
        return next;
    from = dll_get(run, name);
    if (is_listed)
        dll_print(name, from, is_delayed);
    if (!from->origin && !is_listed) {
        printf("  ");
        name_print(name);
        printf(" of %s: not found\n", importer->name);
    }
    missing_dll_count(run, from, is_delayed);
    run->has_msvcrt |= !strcasecmp(from->name, "msvcrt.dll");
    run->has_ucrt |= !strcasecmp(from->name, "ucrtbase.dll");
    if (is_listed)
        next = imports_list(run, file, names_rva, from, is_delayed);
    else if (from->origin == DLL_OTHER)
        next = imports_check(run, importer, names_rva, from);
    return next == PE_DAMAGED ? PE_DAMAGED : PE_FOUND;
}

/* The streams, heaps and handlers of one are nothing to the other: such a program hangs or crashes.
 */
static void run_times_check(const struct dry_run *run, const struct dll *importer)
{
    if (run->has_msvcrt && run->has_ucrt)
        printf("  %s imports two C run times, msvcrt.dll and ucrtbase.dll, and may hang: link it "
               "with one (docs/COMPATIBILITY.md, Programs, says how)\n",
               importer ? importer->name : "the program");
}

static void file_check(struct dry_run *run, const struct pe_file *file, const struct dll *importer)
{
    const bool is_listed = !importer || importer->origin == DLL_OTHER;

    run->has_msvcrt = run->has_ucrt = false;
    for (int is_delayed = 0; is_delayed <= is_listed; is_delayed++) {
        enum pe_next next;

        for (unsigned i = 0; !(next = imports_from(run, file, importer, is_delayed, i)); i++)
            ;
        if (next == PE_DAMAGED) {
            printf("  %s: its imports are damaged from here on\n",
                   importer ? importer->name : "the program");
            ++*(is_delayed ? &run->n_delayed_missing : &run->n_damaged);
        }
    }
    if (is_listed)
        run_times_check(run, importer);
}

static int summary_print(const struct dry_run *run, const char *file)
{
    const unsigned n_missing = run->n_missing + run->n_delayed_missing;

    printf("%s: %u imports implemented, %u stubs, %u missing, %u DLLs not found: ", file,
           run->n_implemented, run->n_stubs, n_missing, run->n_dlls_missing);
    if (run->n_dlls_missing || run->n_missing || run->n_damaged)
        puts("does not start");
    else
        puts(run->n_stubs || n_missing ? "starts; what is not implemented says so when it is called"
                                       : "starts");
    if (run->n_dlls_missing)
        return PORTICO_EXIT_MISSING_DLL;
    if (run->n_missing)
        return PORTICO_EXIT_MISSING_IMPORT;
    if (run->n_damaged)
        return PORTICO_EXIT_NOT_PE;
    return run->n_stubs || n_missing ? DRY_RUN_STUBS : DRY_RUN_COMPLETE;
}

static void program_open(const char *path, struct pe_file *ret_file)
{
    const NTSTATUS status = pe_file_open(path, ret_file);
    enum portico_exit exit_status;
    const char *reason;

    if (status == STATUS_NO_SUCH_FILE)
        fatal(PORTICO_EXIT_MISSING_FILE, "%s: is not a file that can be read", path);
    if (!status)
        return;
    exit_status = image_exit_status(status, ret_file->info.machine, &reason);
    fatal(exit_status, "%s: %s", path, reason);
}

int dry_run(const char *file)
{
    char *path = portico_program_path(file), *folder = strdup(path);
    struct dry_run run = {.program_folder = folder};
    struct pe_file program;

    if (!folder)
        fatal(PORTICO_EXIT_NO_RESOURCES, "no memory");
    *strrchr(folder, '/') = 0;
    if (!*folder)
        run.program_folder = "/";
    program_open(path, &program);
    printf("%s\n", path);
    file_check(&run, &program, NULL);
    for (const struct dll *dll = run.dlls; dll; dll = dll->next) {
        if (!dll->file.bytes)
            continue;
        if (dll->origin == DLL_OTHER)
            printf("%s\n", dll->path);
        file_check(&run, &dll->file, dll);
    }
    return summary_print(&run, file); /* the process ends: what was allocated goes with it */
}
