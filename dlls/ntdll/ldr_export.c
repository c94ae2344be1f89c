/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Finding an export by name or ordinal, and following forwarders.
 *
 * The name table is sorted by bytes. The search begins at the importer's hint, the name's index
 * when it was linked, plus what the last hint was wrong by: a DLL with more exports than the one
 * that was linked with has each further up than the hint says, and linkers sort what a module
 * imports. It goes on upwards by doubled steps, then by bisection. An address inside the export
 * directory is a forwarder: "dll.name" or "dll.#ordinal". Its DLL is loaded if need be and the
 * importer then depends on it. A chain of forwarders is followed to a bound. */

#include "ntdll.h"

#include <emmintrin.h>

#include "ldr.h"

enum { FORWARDERS_MAX = 16 };

static const void *at_rva(const struct module *module, ULONG rva)
{
    return (const char *)module->entry.DllBase + rva;
}

enum { STEP = 32 }; /* bytes that are compared at once: most names are shorter */

/* They can be read here: the rest of a string may be the end of a section. */
static bool has_step(const char *text)
{
    return ((ULONG_PTR)text & 0xfff) <= 0x1000 - STEP;
}

/* A bit for each of 16 bytes: where two strings differ or end. */
static ULONG events_at(const char *a, const char *b)
{
    const __m128i x = _mm_loadu_si128((const __m128i *)a), y = _mm_loadu_si128((const __m128i *)b);
    const ULONG same = (ULONG)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y));
    const ULONG ends = (ULONG)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()));

    return (same ^ 0xffff) | ends;
}

/* strcmp without a branch for each byte: the start of a program compares some thousand names, and
 * mispredicted branches were most of that. */
static int bytes_compare(const char *a, const char *b)
{
    for (; has_step(a) && has_step(b); a += STEP, b += STEP) {
        const ULONG events = events_at(a, b) | events_at(a + 16, b + 16) << 16;

        if (events) {
            const int i = __builtin_ctz(events);

            return (UCHAR)a[i] - (UCHAR)b[i];
        }
    }
    return strcmp(a, b);
}

static int name_compare(const struct module *module, ULONG index, const char *name)
{
    const ULONG *names = at_rva(module, module->exports->AddressOfNames);

    return bytes_compare(at_rva(module, names[index]), name);
}

/* Doubles its steps upwards from *low, below which all names come before `name`; *high becomes the
 * first index known not to be below it. */
static void names_gallop(const struct module *module, const char *name, ULONG *low, ULONG *high)
{
    ULONG step;

    for (step = 1; step < *high - *low; step *= 2) {
        if (name_compare(module, *low + step - 1, name) >= 0) {
            *high = *low + step;
            return;
        }
        *low += step;
    }
}

/* The index in the name table, or -1. */
static LONG64 name_index(const struct module *module, const char *name, ULONG guess)
{
    ULONG low = 0, high = module->exports->NumberOfNames;

    if (guess < high) {
        const int order = name_compare(module, guess, name);

        if (!order)
            return guess;
        if (order > 0) {
            high = guess;
        } else {
            low = guess + 1;
            names_gallop(module, name, &low, &high);
        }
    }
    while (low < high) {
        const ULONG middle = (low + high) / 2;
        const int order = name_compare(module, middle, name);

        if (!order)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* The index in the function table, or -1. */
static LONG64 function_index_by_name(struct module *module, const char *name, ULONG hint)
{
    const USHORT *ordinals = at_rva(module, module->exports->AddressOfNameOrdinals);
    const LONG64 index =
        name_index(module, name, hint == NO_HINT ? NO_HINT : hint + module->hint_shift);

    if (index >= 0 && hint != NO_HINT)
        module->hint_shift = (ULONG)index - hint;
    return index < 0 ? -1 : ordinals[index];
}

static NTSTATUS export_rva(struct module *module, const char *name, ULONG ordinal, ULONG hint,
                           ULONG *ret_rva)
{
    const IMAGE_EXPORT_DIRECTORY *exports = module->exports;
    const ULONG *functions;
    LONG64 index;

    if (!exports)
        return STATUS_PROCEDURE_NOT_FOUND;
    functions = at_rva(module, exports->AddressOfFunctions);
    index = name ? function_index_by_name(module, name, hint) : (LONG64)ordinal - exports->Base;
    if (index < 0 || index >= exports->NumberOfFunctions || !functions[index])
        return STATUS_PROCEDURE_NOT_FOUND;
    *ret_rva = functions[index];
    return STATUS_SUCCESS;
}

/* "kernelbase.Sleep" -> L"kernelbase.dll" and "Sleep". */
static NTSTATUS forwarder_split(const char *text, WCHAR *ret_dll, const char **ret_name)
{
    static const WCHAR extension[] = L".dll";
    const char *dot = strrchr(text, '.');
    SIZE_T i, size;

    if (!dot || (size = (SIZE_T)(dot - text)) + ARRAY_COUNT(extension) > LDR_PATH_MAX)
        return STATUS_PROCEDURE_NOT_FOUND;
    for (i = 0; i < size; i++)
        ret_dll[i] = (unsigned char)text[i];
    memcpy(ret_dll + size, extension, sizeof(extension));
    *ret_name = dot + 1;
    return STATUS_SUCCESS;
}

static ULONG decimal(const char *digits)
{
    ULONG value = 0;

    while (*digits >= '0' && *digits <= '9')
        value = value * 10 + (ULONG)(*digits++ - '0');
    return value;
}

/* Load the DLL that a forwarder names. Outside of process start nobody else attaches it, so it is
 * done here. */
static NTSTATUS forwarder_module(const WCHAR *dll, struct module *importer,
                                 struct module **ret_module)
{
    NTSTATUS status = module_load(dll, NULL, 0, ret_module);

    if (!status)
        status = module_add_import(importer, *ret_module);
    if (!status && importer->state == MODULE_ATTACHED)
        status = module_attach(*ret_module, NULL);
    return status;
}

NTSTATUS module_export(struct module *module, const char *name, ULONG ordinal, ULONG hint,
                       struct module *importer, void **ret_address)
{
    WCHAR dll[LDR_PATH_MAX];
    unsigned i;

    for (i = 0; i < FORWARDERS_MAX; i++) {
        ULONG rva, directory = 0;
        NTSTATUS status = export_rva(module, name, ordinal, hint, &rva);

        if (status)
            return status;
        directory = (ULONG)((const char *)module->exports - (const char *)module->entry.DllBase);
        if (rva - directory >= module->exports_size) {
            void *original = (void *)at_rva(module, rva);

            *ret_address = module->is_replaced_in && name
                               ? replacement_find(module->entry.BaseDllName.Buffer, name, original)
                               : NULL;
            if (!*ret_address)
                *ret_address = original;
            return STATUS_SUCCESS;
        }
        status = forwarder_split(at_rva(module, rva), dll, &name);
        if (!status)
            status = forwarder_module(dll, importer ? importer : module, &module);
        if (status)
            return status;
        ordinal = 0;
        if (*name == '#') {
            ordinal = decimal(name + 1);
            name = NULL;
        }
        hint = NO_HINT;
    }
    return STATUS_PROCEDURE_NOT_FOUND;
}
