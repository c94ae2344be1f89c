/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Images: the table of what is mapped, and mapping.
 *
 * A section whose file offset is page aligned is mapped from the file, privately, so an unrelocated
 * DLL of Wine's costs a few mmaps and the pages it touches. mingw links programs with 512-byte file
 * alignment: those sections are read. Everything stays readable and writable until image_protect,
 * because the PE half still binds imports; then each section gets the protection its header asks
 * for.
 *
 * There is no address randomisation: the preferred base when it is free, else anywhere (relocated).
 * DIFFERS: the debug sections of an unaligned image (discardable, mingw's /NN names) are left zero:
 * Windows would map them.
 *
 * images_lock guards the table; it is held around nothing but list work.
 */

#include "image.h"

#include "common/trace.h"
#include "ntlist.h"
#include "pe_relocate.h"
#include "virtual.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    struct ntlist link;
    char *base;
    struct image_info info;
    IMAGE_SECTION_HEADER *sections;
    char *name; /* the file's, without its folder */
};

static struct ntlist images = {&images, &images};
static pthread_mutex_t images_lock = PTHREAD_MUTEX_INITIALIZER;

static size_t page_up(size_t size)
{
    return (size + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
}

static void image_free(struct image *image)
{
    if (image) {
        free(image->sections);
        free(image->name);
    }
    free(image);
}

static void image_freep(struct image **image)
{
    image_free(*image);
}

static struct image *image_find_locked(const void *base)
{
    struct ntlist *link;

    for (link = images.next; link != &images; link = link->next) {
        struct image *image = ntlist_entry(link, struct image, link);

        if (image->base == base)
            return image;
    }
    return NULL;
}

static size_t section_memory_size(const IMAGE_SECTION_HEADER *section)
{
    return page_up(section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData);
}

/* All sections at once where they are neighbours: what is not mapped from the file is written to.
 */
static NTSTATUS sections_open(const struct image *image)
{
    char *begin = NULL, *end = NULL;
    unsigned i;

    for (i = 0; i < image->info.n_sections; i++) {
        char *address = image->base + image->sections[i].VirtualAddress;
        size_t size = section_memory_size(&image->sections[i]);

        if (!size)
            continue;
        if (address != end) {
            if (begin && mprotect(begin, end - begin, PROT_READ | PROT_WRITE))
                return STATUS_NO_MEMORY;
            begin = address;
        }
        end = address + size;
    }
    return begin && mprotect(begin, end - begin, PROT_READ | PROT_WRITE) ? STATUS_NO_MEMORY
                                                                         : STATUS_SUCCESS;
}

/* Reads one section's bytes into anonymous memory. */
static NTSTATUS section_read(int fd, char *address, const IMAGE_SECTION_HEADER *section,
                             size_t size)
{
    size_t n = section->SizeOfRawData < size ? section->SizeOfRawData : size;
    ssize_t done;

    if (!section->PointerToRawData || !n)
        return STATUS_SUCCESS;
    if (section->Characteristics & IMAGE_SCN_MEM_DISCARDABLE && section->Name[0] == '/')
        return STATUS_SUCCESS;
    while (n) {
        done = pread(fd, address, n, section->PointerToRawData + (section->SizeOfRawData - n));
        if (done <= 0)
            return STATUS_INVALID_IMAGE_FORMAT;
        address += done;
        n -= done;
    }
    return STATUS_SUCCESS;
}

/* A stretch of neighbouring sections that lie in the file as in memory: one mmap. */
struct run {
    uint32_t rva, offset;
    size_t size;
};

static NTSTATUS run_map(int fd, char *base, struct run *run)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (run->size && mmap(base + run->rva, run->size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_FIXED, fd, run->offset) == MAP_FAILED)
        status = STATUS_NO_MEMORY;
    run->size = 0;
    return status;
}

/* Lengthens the run by a section, or maps it and begins another. */
static NTSTATUS run_add(int fd, char *base, struct run *run, const struct run *next)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (run->size && run->rva + run->size == next->rva && run->offset + run->size == next->offset) {
        run->size += next->size;
        return status;
    }
    status = run_map(fd, base, run);
    *run = *next;
    return status;
}

static NTSTATUS section_map(int fd, char *base, const IMAGE_SECTION_HEADER *section,
                            struct run *run)
{
    size_t size = section_memory_size(section);
    struct run next = {section->VirtualAddress, section->PointerToRawData,
                       page_up(section->SizeOfRawData)};

    if (!size)
        return STATUS_SUCCESS;
    if (section->PointerToRawData % VIRTUAL_PAGE || section->SizeOfRawData % VIRTUAL_PAGE)
        return section_read(fd, base + section->VirtualAddress, section, size);
    if (!section->PointerToRawData)
        next.size = 0;
    if (next.size > size)
        next.size = size;
    return next.size ? run_add(fd, base, run, &next) : STATUS_SUCCESS;
}

static NTSTATUS image_sections_read(int fd, struct image *image)
{
    size_t size = image->info.n_sections * sizeof(*image->sections);

    image->sections = malloc(size ? size : 1);
    if (!image->sections)
        return STATUS_NO_MEMORY;
    if (pread(fd, image->sections, size, image->info.sections_offset) != (ssize_t)size)
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}

/* The pages of the reserved view, from the file. */
static NTSTATUS image_fill(int fd, struct image *image)
{
    size_t headers = page_up(image->info.size_of_headers);
    struct run run = {0, 0, headers};
    NTSTATUS status = sections_open(image);
    unsigned i;

    for (i = 0; i < image->info.n_sections && !status; i++)
        status = section_map(fd, image->base, &image->sections[i], &run);
    if (!status)
        status = run_map(fd, image->base, &run);
    if (!status &&
        image->info.size_of_headers % VIRTUAL_PAGE) /* what follows the headers in the file */
        memset(image->base + image->info.size_of_headers, 0, headers - image->info.size_of_headers);
    if (status)
        return status;
    return view_record(image->base, headers, PAGE_WRITECOPY);
}

static NTSTATUS image_record(struct image *image, const char *unix_path)
{
    struct view_info view = {.base = image->base,
                             .size = page_up(image->info.size_of_image),
                             .type = MEM_IMAGE,
                             .allocation_protection = PAGE_EXECUTE_WRITECOPY,
                             .unix_path = unix_path};
    NTSTATUS status = view_describe(&view);
    unsigned i;

    for (i = 0; i < image->info.n_sections && !status; i++)
        if (section_memory_size(&image->sections[i]))
            status = view_record(image->base + image->sections[i].VirtualAddress,
                                 section_memory_size(&image->sections[i]), PAGE_WRITECOPY);
    return status;
}

static NTSTATUS image_reserve(struct image *image)
{
    size_t size = page_up(image->info.size_of_image);
    NTSTATUS status;

    image->base = (char *)image->info.base;
    status =
        image->base ? view_reserve(&image->base, size, 0, false) : STATUS_CONFLICTING_ADDRESSES;
    if (!status)
        return status;
    if (image->info.characteristics & IMAGE_FILE_RELOCS_STRIPPED)
        return status;
    image->base = NULL;
    return view_reserve(&image->base, size, 0, false);
}

static NTSTATUS image_place(int fd, const char *unix_path, struct image *image)
{
    NTSTATUS status = image_reserve(image);

    if (status)
        return status;
    status = image_fill(fd, image);
    if (!status)
        status = image_record(image, unix_path);
    if (!status && image->base != (char *)image->info.base)
        status = pe_relocate(image->base, &image->info);
    if (status)
        view_release(image->base);
    return status;
}

NTSTATUS image_map(int fd, const char *unix_path, bool finished, struct unix_image *ret_image)
{
    _cleanup_nt_(image_freep) struct image *image = calloc(1, sizeof(*image));
    struct unix_image result = {0};
    struct stat file;
    NTSTATUS status;

    if (!image ||
        !(image->name = strdup(strrchr(unix_path, '/') ? strrchr(unix_path, '/') + 1 : unix_path)))
        return STATUS_NO_MEMORY;
    if (fstat(fd, &file))
        return STATUS_INVALID_FILE_FOR_SECTION;
    status = image_inspect(fd, &image->info);
    if (!status)
        status = image_sections_read(fd, image);
    if (!status)
        status = image_place(fd, unix_path, image);
    if (status)
        return status;
    result.base = image->base;
    result.size = image->info.size_of_image;
    result.device = file.st_dev;
    result.inode = file.st_ino;
    pthread_mutex_lock(&images_lock);
    ntlist_append(&images, &image->link);
    image = NULL;
    pthread_mutex_unlock(&images_lock);
    *ret_image = result;
    TRACE(loader, "%s at %p, %#zx bytes", unix_path, result.base, (size_t)result.size);
    return finished ? image_protect(result.base) : STATUS_SUCCESS;
}

static ULONG section_protection(const IMAGE_SECTION_HEADER *section)
{
    bool executable = section->Characteristics & IMAGE_SCN_MEM_EXECUTE;

    if (section->Characteristics & IMAGE_SCN_MEM_WRITE)
        return executable ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (section->Characteristics & IMAGE_SCN_MEM_READ)
        return executable ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return executable ? PAGE_EXECUTE : PAGE_NOACCESS;
}

/* Neighbours with the same protection in one call. */
static NTSTATUS sections_protect(const struct image *image)
{
    char *begin = image->base, *end = image->base + page_up(image->info.size_of_headers);
    ULONG protection = PAGE_READONLY;
    NTSTATUS status = STATUS_SUCCESS;
    unsigned i;

    for (i = 0; i < image->info.n_sections && !status; i++) {
        const IMAGE_SECTION_HEADER *section = &image->sections[i];
        char *address = image->base + section->VirtualAddress;

        if (!section_memory_size(section))
            continue;
        if (address != end || section_protection(section) != protection) {
            status = view_protect(begin, end - begin, protection);
            begin = address;
            protection = section_protection(section);
        }
        end = address + section_memory_size(section);
    }
    return status ? status : view_protect(begin, end - begin, protection);
}

NTSTATUS image_protect(void *base)
{
    struct image *image;

    pthread_mutex_lock(&images_lock);
    image = image_find_locked(base);
    pthread_mutex_unlock(&images_lock);
    return image ? sections_protect(image) : STATUS_NOT_MAPPED_VIEW;
}

NTSTATUS image_unmap(void *base)
{
    _cleanup_nt_(image_freep) struct image *image = NULL;

    pthread_mutex_lock(&images_lock);
    image = image_find_locked(base);
    if (image)
        ntlist_unlink(&image->link);
    pthread_mutex_unlock(&images_lock);
    return image ? view_release(base) : STATUS_NOT_MAPPED_VIEW;
}

bool image_info_of(const void *base, struct image_info *ret_info)
{
    struct image *image;

    pthread_mutex_lock(&images_lock);
    image = image_find_locked(base);
    if (image)
        *ret_info = image->info;
    pthread_mutex_unlock(&images_lock);
    return image;
}

void *image_find(const char *name)
{
    struct ntlist *link;
    void *base = NULL;

    pthread_mutex_lock(&images_lock);
    for (link = images.next; link != &images && !base; link = link->next) {
        struct image *image = ntlist_entry(link, struct image, link);

        if (!strcmp(image->name, name))
            base = image->base;
    }
    pthread_mutex_unlock(&images_lock);
    return base;
}
