/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A PE file to be read, not run. Nothing in it is trusted: every answer lies inside the file or is
 * NULL. It is mapped until the process ends. */
#pragma once

#include "image.h"

struct pe_file {
    const uint8_t *bytes; /* the whole file, mapped read-only */
    size_t size;
    struct image_info info;
    IMAGE_DATA_DIRECTORY directories[IMAGE_NUMBEROF_DIRECTORY_ENTRIES];
};

/* The statuses of image_headers_check (image.h; the machine is in ret_file->info then);
 * STATUS_NO_SUCH_FILE. */
NTSTATUS pe_file_open(const char *path, struct pe_file *ret_file);

/* What the image has at this address: `size` bytes, or a text with its NUL. */
const void *pe_file_at(const struct pe_file *file, uint32_t rva, size_t size);
const char *pe_file_text(const struct pe_file *file, uint32_t rva);
/* The initialised part of a section, by its name of up to 8 characters. */
const uint8_t *pe_file_section(const struct pe_file *file, const char *name, size_t *ret_size);
/* Are these bytes anywhere in the file? */
bool pe_file_contains(const struct pe_file *file, const char *text);

enum pe_export { PE_EXPORT_MISSING, PE_EXPORT_CODE, PE_EXPORT_STUB, PE_EXPORT_FORWARDED };

/* Looks a name (NULL: by ordinal) up. *ret_forwarder is "dll.name" or "dll.#ordinal" for
 * PE_EXPORT_FORWARDED. A stub is a name that our DLLs (section .stubs) or Wine's (its code only
 * reports its name) have nothing behind. */
enum pe_export pe_export_find(const struct pe_file *file, const char *name, uint32_t ordinal,
                              const char **ret_forwarder);

struct pe_import {
    const char *name; /* NULL: by ordinal */
    uint32_t ordinal;
};

/* PE_DAMAGED: what is not there lies outside of the image, where the loader would stop. */
enum pe_next { PE_FOUND, PE_END, PE_DAMAGED };

/* The index-th DLL of the import (is_delayed: of the delay import) directory. names_rva is its
 * table. */
enum pe_next pe_import_dll(const struct pe_file *file, bool is_delayed, unsigned index,
                           const char **ret_dll, uint32_t *ret_names_rva);
/* The index-th import of such a table. */
enum pe_next pe_import_get(const struct pe_file *file, uint32_t names_rva, unsigned index,
                           struct pe_import *ret_import);
