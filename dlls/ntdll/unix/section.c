/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Section objects: memory of the page file's (a memfd), of a file, or a PE image.
 *
 * A file's section has a descriptor of its own, opened from the file's (its access must fit: a
 * read-only file has no writable section), so that the file handle may close. A size larger than
 * the file extends it, as on Windows, if the section is writable. An image's headers are checked at
 * creation: a file that is no program is refused here.
 *
 * DIFFERS: SEC_RESERVE memory is committed (a memfd is sparse: it costs nothing until touched).
 * Named sections live in the port server (named.c).
 */
#include "create.h"
#include "file.h"
#include "file_claim.h"
#include "named.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "section.h"
#include "usermem.h"
#include "virtual.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void section_destroy(struct nt_object *object)
{
    struct section *section = (struct section *)object;

    if (section->fd >= 0)
        close(section->fd);
    free(section->path);
    free(section);
}

static NTSTATUS section_share(struct nt_object *object, uint32_t *ret_server)
{
    return named_section_share((struct section *)object, ret_server);
}

const struct nt_type section_type = {
    .name = u"Section",
    .valid = SECTION_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE},
    .destroy = section_destroy,
    .share = section_share,
};

NTSTATUS section_lookup(HANDLE handle, ACCESS_MASK access, struct section **ret_section)
{
    struct nt_object *object;

    TRY(handle_lookup(handle, access, &section_type, &object));
    *ret_section = (struct section *)object;
    return STATUS_SUCCESS;
}

enum { CAN_READ = 1, CAN_WRITE = 2, CAN_EXECUTE = 4, CAN_COPY = 8 };

static unsigned rights_of(ULONG protection)
{
    switch (protection & 0xff) {
    case PAGE_READONLY:
        return CAN_READ | CAN_COPY;
    case PAGE_READWRITE:
        return CAN_READ | CAN_WRITE | CAN_COPY;
    case PAGE_WRITECOPY:
        return CAN_READ | CAN_COPY;
    case PAGE_EXECUTE:
        return CAN_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        return CAN_READ | CAN_EXECUTE | CAN_COPY;
    case PAGE_EXECUTE_READWRITE:
        return CAN_READ | CAN_WRITE | CAN_EXECUTE | CAN_COPY;
    default:
        return 0;
    }
}

bool section_permits(ULONG section_protection, ULONG view_protection)
{
    unsigned wanted = rights_of(view_protection);

    if ((view_protection & 0xff) == PAGE_NOACCESS)
        return true;
    if ((view_protection & 0xff) != PAGE_WRITECOPY &&
        (view_protection & 0xff) != PAGE_EXECUTE_WRITECOPY)
        wanted &= ~(unsigned)CAN_COPY;
    return !(wanted & ~rights_of(section_protection));
}

static NTSTATUS section_check(ULONG protection, ULONG attributes, HANDLE file)
{
    const ULONG kinds = SEC_RESERVE | SEC_COMMIT | SEC_IMAGE;
    ULONG kind = attributes & kinds;

    if (attributes & ~(kinds | SEC_NOCACHE | SEC_BASED | SEC_NO_CHANGE | SEC_FILE |
                       SEC_LARGE_PAGES | SEC_WRITECOMBINE))
        return STATUS_INVALID_PARAMETER_6;
    if (!kind || (kind & (kind - 1)))
        return STATUS_INVALID_PARAMETER_6;
    if (attributes & (SEC_LARGE_PAGES | SEC_BASED)) {
        unimplemented_once("NtCreateSection",
                           attributes & SEC_LARGE_PAGES ? "large pages (SEC_LARGE_PAGES)"
                                                        : "based sections (SEC_BASED)",
                           NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    if (!view_protection_is_valid(protection) || !rights_of(protection) ||
        (protection & PAGE_GUARD))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((attributes & SEC_IMAGE) && !file)
        return STATUS_INVALID_FILE_FOR_SECTION;
    return STATUS_SUCCESS;
}

static NTSTATUS section_make_memory(struct section *section)
{
    if (!section->size)
        return STATUS_INVALID_PARAMETER_4;
    if (section->size > (uint64_t)1 << 46)
        return STATUS_SECTION_TOO_BIG;
    section->size = (section->size + VIRTUAL_PAGE - 1) & ~(uint64_t)(VIRTUAL_PAGE - 1);
    section->fd = memfd_create("section", MFD_CLOEXEC);
    if (section->fd < 0)
        return status_from_errno(errno);
    return ftruncate(section->fd, (off_t)section->size) ? STATUS_COMMITMENT_LIMIT : STATUS_SUCCESS;
}

static bool section_writes(const struct section *section)
{
    return rights_of(section->protection) & CAN_WRITE;
}

/* A descriptor of the section's own with the access that its views need. */
static NTSTATUS section_open_file(struct section *section, struct file *file, ACCESS_MASK granted)
{
    const bool writes = section_writes(section);
    char path[64];

    if (file->kind == FILE_KIND_FOLDER || file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (!(granted & (FILE_READ_DATA | FILE_EXECUTE)) || (writes && !(granted & FILE_WRITE_DATA)))
        return STATUS_ACCESS_DENIED;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
    section->fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (section->fd < 0)
        section->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (section->fd < 0)
        return status_from_errno(errno);
    section->is_file = true;
    section->path = file_path(file);
    return STATUS_SUCCESS;
}

static NTSTATUS section_make_file(struct section *section, struct file *file, ACCESS_MASK granted)
{
    struct stat info;

    TRY(section_open_file(section, file, granted));
    if (fstat(section->fd, &info))
        return status_from_errno(errno);
    if (section->attributes & SEC_IMAGE) {
        NTSTATUS status = image_inspect(section->fd, &section->image);

        section->size = section->image.size_of_image;
        if (!status)
            file_claim_image(section->fd);
        return status;
    }
    if (!section->size)
        section->size = (uint64_t)info.st_size;
    if (!section->size)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (section->size > (uint64_t)info.st_size) {
        if (!section_writes(section))
            return STATUS_SECTION_TOO_BIG;
        if (ftruncate(section->fd, (off_t)section->size))
            return status_from_errno(errno);
    }
    file_claim_section(section->fd, section->size, section_writes(section));
    return STATUS_SUCCESS;
}

NTSTATUS section_file_inspect(struct section *section)
{
    char link[64], path[4096];
    ssize_t n;

    if (!section->is_file)
        return STATUS_SUCCESS;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", section->fd);
    n = readlink(link, path, sizeof(path));
    if (n > 0 && n < (ssize_t)sizeof(path))
        section->path = strndup(path, (size_t)n);
    return section->attributes & SEC_IMAGE ? image_inspect(section->fd, &section->image)
                                           : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtCreateSection(HANDLE *ret_handle, ACCESS_MASK access,
                                const OBJECT_ATTRIBUTES *attributes, const LARGE_INTEGER *user_size,
                                ULONG protection, ULONG flags, HANDLE file_handle)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    LARGE_INTEGER size = {.QuadPart = 0};
    struct creation creation;
    ACCESS_MASK granted = 0;
    struct section *section;
    NTSTATUS status;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(section_check(protection, flags, file_handle));
    if (user_size)
        TRY(USER_GET(size, user_size));
    if (size.QuadPart < 0)
        return STATUS_SECTION_TOO_BIG;
    if (file_handle)
        TRY(file_lookup_granted(file_handle, &file, &granted));
    section = calloc(1, sizeof(*section));
    if (!section)
        return STATUS_NO_MEMORY;
    nt_object_init(&section->header, &section_type);
    section->fd = -1;
    section->size = (uint64_t)size.QuadPart;
    section->protection = protection;
    section->attributes = flags;
    status = file ? section_make_file(section, file, granted) : section_make_memory(section);
    if (!status && creation.has_name)
        status = named_section_create(ret_handle, access, &creation, section);
    else if (!status)
        return create_end(ret_handle, &section->header, access, &creation);
    nt_object_unref(&section->header);
    return status;
}

NTSTATUS WINAPI NtOpenSection(HANDLE *ret_handle, ACCESS_MASK access,
                              const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_SECTION, ret_handle, access, attributes);
}

static void image_information(const struct section *section, SECTION_IMAGE_INFORMATION *info)
{
    const struct image_info *image = &section->image;

    info->TransferAddress = (char *)(uintptr_t)image->base + image->entry_rva;
    info->MaximumStackSize = image->stack_reserve;
    info->CommittedStackSize = image->stack_commit;
    info->SubSystemType = image->subsystem;
    info->MajorSubsystemVersion = image->subsystem_major;
    info->MinorSubsystemVersion = image->subsystem_minor;
    info->ImageCharacteristics = image->characteristics;
    info->DllCharacteristics = image->dll_characteristics;
    info->Machine = image->machine;
    info->ImageContainsCode = image->entry_rva != 0;
    info->ImageFileSize = (ULONG)image->file_size;
    info->CheckSum = image->checksum;
}

NTSTATUS WINAPI NtQuerySection(HANDLE handle, SECTION_INFORMATION_CLASS class, PVOID buffer,
                               SIZE_T length, SIZE_T *ret_user_length)
{
    SECTION_BASIC_INFORMATION basic = {0};
    SECTION_IMAGE_INFORMATION image = {0};
    struct section *section;
    bool is_basic = class == SectionBasicInformation, is_image;
    SIZE_T size = is_basic ? sizeof(basic) : sizeof(image);

    if (!is_basic && class != SectionImageInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (handle_is_server(handle))
        TRY(named_section_get(handle, SECTION_QUERY, &section));
    else
        TRY(section_lookup(handle, SECTION_QUERY, &section));
    is_image = section->attributes & SEC_IMAGE;
    basic.Attributes = section->attributes | (section->is_file ? SEC_FILE : 0);
    basic.Size.QuadPart = (LONGLONG)section->size;
    if (is_image)
        image_information(section, &image);
    nt_object_unref(&section->header);
    if (!is_basic && !is_image)
        return STATUS_SECTION_NOT_IMAGE;
    TRY(user_write(buffer, is_basic ? (void *)&basic : (void *)&image, size));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}

static NTSTATUS section_extend(struct section *section, LONGLONG size)
{
    struct stat now;

    if (fstat(section->fd, &now) || (size > now.st_size && ftruncate(section->fd, size)))
        return status_from_errno(errno);
    section->size = (uint64_t)size;
    file_claim_section(section->fd, section->size, false);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtExtendSection(HANDLE handle, LARGE_INTEGER *user_size)
{
    struct section *section;
    LARGE_INTEGER size;
    NTSTATUS status = STATUS_SUCCESS;

    TRY(USER_GET(size, user_size));
    TRY(section_lookup(handle, SECTION_EXTEND_SIZE, &section));
    if (!section->is_file || (section->attributes & SEC_IMAGE))
        status = STATUS_SECTION_NOT_EXTENDED;
    else if ((uint64_t)size.QuadPart > section->size)
        status = section_extend(section, size.QuadPart);
    nt_object_unref(&section->header);
    return status;
}
