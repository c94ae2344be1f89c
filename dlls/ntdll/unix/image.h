/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* PE images in memory. */
#pragma once

#include "binding_file.h"
#include "nttypes.h"
#include "unixcalls.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_SECTIONS_MAX = 96,    /* Windows' own limit */
    IMAGE_HEADERS_MAX = 0x2000, /* of the file are read for them */
};

/* What the headers of a PE file say, checked: every offset and size lies inside the file or the
 * image. */
struct image_info {
    uint16_t machine;
    uint16_t characteristics;
    uint16_t dll_characteristics;
    uint16_t subsystem;
    uint16_t subsystem_major, subsystem_minor;
    uint16_t n_sections;
    uint32_t headers_offset; /* of the PE signature */
    uint32_t sections_offset;
    uint32_t size_of_image, size_of_headers;
    uint32_t entry_rva;
    uint32_t section_alignment, file_alignment;
    uint32_t checksum;
    uint64_t base;
    uint64_t stack_reserve, stack_commit;
    uint32_t relocations_rva, relocations_size;
    uint32_t exports_rva, exports_size;
    uint64_t file_size;
};

/* Checks the first `size` bytes of a file of file_size bytes. STATUS_INVALID_IMAGE_NOT_MZ, _WIN_16,
 * _NE_FORMAT, STATUS_INVALID_IMAGE_FORMAT, STATUS_IMAGE_MACHINE_TYPE_MISMATCH (machine is filled in
 * then). */
NTSTATUS image_headers_check(const uint8_t *headers, size_t size, uint64_t file_size,
                             struct image_info *ret_info);
/* Reads the headers, checks them; and without a buffer of the caller's.
 * STATUS_INVALID_FILE_FOR_SECTION: cannot be read. */
NTSTATUS image_headers_read(int fd, uint8_t headers[IMAGE_HEADERS_MAX], uint64_t file_size,
                            struct image_info *ret_info);
NTSTATUS image_inspect(int fd, struct image_info *ret_info);

/* Maps the file's sections, relocated, with the protections that they keep. The path is remembered
 * (copied) for NtQueryVirtualMemory. */
NTSTATUS image_map(int fd, const char *unix_path, struct unix_image *ret_image);
/* Makes all sections writable (and none executable) until image_protect. */
NTSTATUS image_open(void *base);
NTSTATUS image_protect(void *base);
NTSTATUS image_unmap(void *base);
/* What was read from the headers of the image that is mapped at this base. */
bool image_info_of(const void *base, struct image_info *ret_info);
/* Which file that image is of, as it was when it was opened; false: not one of the system's. */
bool image_system_file(const void *base, struct file_id *ret_id);
/* The base of the image that was mapped from a file of this name, or NULL. */
void *image_find(const char *name);
/* Address of an exported name, no forwarders; NULL when there is none. */
void *image_export(void *base, const char *name);
