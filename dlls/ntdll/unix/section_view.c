/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Mapping views of sections: NtMapViewOfSection(Ex), NtUnmapViewOfSection(Ex),
 * NtAreMappedFilesTheSame.
 *
 * A data view is a reservation of our table with the section's descriptor mapped over it: shared,
 * or private for copy-on-write. Its end is rounded up to a page; bytes of a file's last page behind
 * its end are zero, a page wholly behind it raises STATUS_IN_PAGE_ERROR. It may stand in a
 * placeholder's place (placeholder.c). An image view is boot's (image.c), which registers its own.
 */
#include "named.h"
#include "ntprocess.h"
#include "placeholder.h"
#include "section.h"
#include "usermem.h"
#include "virtual.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct mapping {
    struct section *section;
    char *base;
    size_t size;
    uint64_t offset;
    ULONG protection, type;
    uintptr_t limit;
};

static NTSTATUS map_image(struct mapping *mapping)
{
    struct unix_image image = {0};
    NTSTATUS status;

    if (mapping->type & MEM_REPLACE_PLACEHOLDER)
        return STATUS_INVALID_PARAMETER; /* only data may; UNKNOWN: the status */
    status = image_map(mapping->section->fd, mapping->section->path, &image);
    if (status < 0)
        return status;
    mapping->base = (char *)(uintptr_t)image.base;
    mapping->size = image.size;
    return (uint64_t)(uintptr_t)image.base == mapping->section->image.base
               ? STATUS_SUCCESS
               : STATUS_IMAGE_NOT_AT_BASE;
}

static NTSTATUS map_check(struct mapping *mapping)
{
    struct section *section = mapping->section;
    /* Placeholders are cut at pages. UNKNOWN: whether a view may stand in one that begins there. */
    const uintptr_t unit = mapping->type & MEM_REPLACE_PLACEHOLDER ? VIRTUAL_PAGE : VIRTUAL_GRANULE;

    if (mapping->offset & (VIRTUAL_GRANULE - 1) || (uintptr_t)mapping->base & (unit - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (!section_permits(section->protection, mapping->protection))
        return STATUS_SECTION_PROTECTION;
    if (mapping->offset >= section->size)
        return STATUS_INVALID_VIEW_SIZE;
    if (!mapping->size)
        mapping->size = section->size - mapping->offset;
    if (mapping->size > section->size - mapping->offset)
        return STATUS_INVALID_VIEW_SIZE;
    mapping->size = (mapping->size + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
    return STATUS_SUCCESS;
}

static NTSTATUS map_data(struct mapping *mapping)
{
    struct section *section = mapping->section;
    ULONG base_protection = mapping->protection & 0xff;
    bool is_copy = base_protection == PAGE_WRITECOPY || base_protection == PAGE_EXECUTE_WRITECOPY;
    const struct placeholder_source source = {section->fd, is_copy ? MAP_PRIVATE : MAP_SHARED,
                                              mapping->offset};
    struct view_info info = {.type = MEM_MAPPED,
                             .allocation_protection = mapping->protection,
                             .unix_path = section->is_file ? section->path : NULL,
                             .section = &section->header};
    NTSTATUS status;

    TRY(map_check(mapping));
    if (mapping->type & MEM_REPLACE_PLACEHOLDER) {
        info.base = mapping->base;
        info.size = mapping->size;
        return placeholder_map(&info, &source);
    }
    TRY(view_reserve(&mapping->base, mapping->size, mapping->limit, mapping->type & MEM_TOP_DOWN));
    if (mmap(mapping->base, mapping->size, view_unix_protection(mapping->protection),
             source.flags | MAP_FIXED, source.fd, (off_t)source.offset) == MAP_FAILED) {
        (void)view_release(mapping->base);
        return STATUS_SECTION_PROTECTION;
    }
    info.base = mapping->base;
    status = view_describe(&info);
    if (!status)
        status = view_record(mapping->base, mapping->size, mapping->protection);
    if (status)
        (void)view_release(mapping->base);
    return status;
}

/* The access to the handle that a view of this protection takes: one that may write need not be
 * able to read. */
static ACCESS_MASK access_for(ULONG protection)
{
    switch (protection & 0xff) {
    case PAGE_READWRITE:
        return SECTION_MAP_WRITE;
    case PAGE_EXECUTE:
        return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        return SECTION_MAP_READ | SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
        return SECTION_MAP_WRITE | SECTION_MAP_EXECUTE;
    case PAGE_NOACCESS:
        return 0;
    default:
        return SECTION_MAP_READ;
    }
}

static NTSTATUS section_get(HANDLE handle, ULONG protection, struct section **ret_section)
{
    struct section *section;
    ACCESS_MASK access = access_for(protection);

    if (handle_is_server(handle))
        return named_section_get(handle, access, ret_section);
    TRY(section_lookup(handle, 0, &section));
    if (section->attributes & SEC_IMAGE) /* an image brings its own protections */
        access = SECTION_MAP_READ;
    nt_object_unref(&section->header);
    return section_lookup(handle, access, ret_section);
}

static NTSTATUS map(HANDLE handle, HANDLE process, struct mapping *mapping, PVOID *user_base,
                    SIZE_T *user_size, LARGE_INTEGER *user_offset)
{
    LARGE_INTEGER offset = {.QuadPart = 0};
    NTSTATUS status;

    TRY(USER_GET(mapping->base, user_base));
    TRY(USER_GET(mapping->size, user_size));
    TRY(user_probe_write(user_base, sizeof(*user_base)));
    TRY(user_probe_write(user_size, sizeof(*user_size)));
    if (user_offset)
        TRY(USER_GET(offset, user_offset));
    mapping->offset = (uint64_t)offset.QuadPart;
    if (!view_protection_is_valid(mapping->protection) || (mapping->protection & PAGE_GUARD))
        return STATUS_INVALID_PAGE_PROTECTION;
    TRY(process_require_current("NtMapViewOfSection", process));
    TRY(section_get(handle, mapping->protection, &mapping->section));
    status = mapping->section->attributes & SEC_IMAGE ? map_image(mapping) : map_data(mapping);
    nt_object_unref(&mapping->section->header);
    if (status < 0)
        return status;
    TRY(USER_PUT(user_base, mapping->base));
    TRY(USER_PUT(user_size, mapping->size));
    return status;
}

NTSTATUS WINAPI NtMapViewOfSection(HANDLE handle, HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                   SIZE_T commit, const LARGE_INTEGER *offset, SIZE_T *size,
                                   SECTION_INHERIT inherit, ULONG type, ULONG protection)
{
    struct mapping mapping = {.protection = protection, .type = type};

    (void)commit;
    if (inherit != ViewShare && inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (type & ~(ULONG)(MEM_TOP_DOWN | MEM_RESERVE | MEM_LARGE_PAGES | MEM_DIFFERENT_IMAGE_BASE_OK))
        return STATUS_INVALID_PARAMETER_9;
    if (zero_bits > 21 && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (zero_bits)
        mapping.limit = zero_bits < 32 ? ((uintptr_t)1 << (32 - zero_bits)) - 1
                                       : ((uintptr_t)2 << (63 - __builtin_clzll(zero_bits))) - 1;
    return map(handle, process, &mapping, base, size, (LARGE_INTEGER *)offset);
}

NTSTATUS WINAPI NtMapViewOfSectionEx(HANDLE handle, HANDLE process, PVOID *base,
                                     const LARGE_INTEGER *offset, SIZE_T *size, ULONG type,
                                     ULONG protection, MEM_EXTENDED_PARAMETER *parameters,
                                     ULONG count)
{
    struct mapping mapping = {.protection = protection, .type = type};

    (void)parameters;
    if (count || (type & ~(ULONG)(MEM_TOP_DOWN | MEM_RESERVE | MEM_REPLACE_PLACEHOLDER))) {
        unimplemented_once(__func__, "what extended parameters or the allocation type ask",
                           NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return map(handle, process, &mapping, base, size, (LARGE_INTEGER *)offset);
}

NTSTATUS WINAPI NtUnmapViewOfSectionEx(HANDLE process, PVOID address, ULONG flags)
{
    struct view_info info;

    if (flags & ~(ULONG)(MEM_UNMAP_WITH_TRANSIENT_BOOST | MEM_PRESERVE_PLACEHOLDER))
        return STATUS_INVALID_PARAMETER;
    TRY(process_require_current("NtUnmapViewOfSection", process));
    if (flags & MEM_PRESERVE_PLACEHOLDER)
        return placeholder_unmap(address);
    if (!view_find(address, &info) || info.type == MEM_PRIVATE)
        return STATUS_NOT_MAPPED_VIEW;
    if (info.type == MEM_IMAGE)
        return image_unmap(info.base);
    /* A port view is the port's: its address must not become something else's behind its back.
     * UNKNOWN: whether Windows lets it go; the status is that of its other secured views. */
    if (!info.section)
        return STATUS_INVALID_PAGE_PROTECTION;
    return view_release(info.base);
}

NTSTATUS WINAPI NtUnmapViewOfSection(HANDLE process, PVOID address)
{
    return NtUnmapViewOfSectionEx(process, address, 0);
}

/* Two views, at least one an image: of one file? */
NTSTATUS WINAPI NtAreMappedFilesTheSame(PVOID first, PVOID second)
{
    struct stat stats[2];
    void *addresses[2] = {first, second};

    for (int i = 0; i < 2; i++) {
        struct view_info info;

        if (!view_find(addresses[i], &info))
            return STATUS_INVALID_ADDRESS;
        if (info.type == MEM_PRIVATE || !info.unix_path)
            return STATUS_CONFLICTING_ADDRESSES;
        if (stat(info.unix_path, &stats[i]))
            return STATUS_FILE_INVALID;
    }
    return stats[0].st_dev == stats[1].st_dev && stats[0].st_ino == stats[1].st_ino
               ? STATUS_SUCCESS
               : STATUS_NOT_SAME_DEVICE;
}
