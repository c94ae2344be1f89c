/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Images: the table of what is mapped, and mapping.
 *
 * Each section has the protection its header asks for, from image_map on; an image that is moved is
 * writable while it is relocated. The PE half writes to import address tables, most of which lie in
 * sections that are writable anyhow; for those that do not, image_open makes the image writable
 * until image_protect. How the pages get there: image_parts.c.
 *
 * There is no address randomisation: the preferred base when it is free, else anywhere (relocated).
 *
 * images_lock guards the table; it is held around nothing but list work.
 */

#include "image.h"

#include "common/trace.h"
#include "dllpath.h"
#include "file_claim.h"
#include "image_parts.h"
#include "ntlist.h"
#include "pe_relocate.h"
#include "virtual.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    struct ntlist link;
    struct image_info info;
    struct image_parts parts;
    char *name; /* the file's, without its folder */
    struct file_id file;
    bool is_system; /* the file lies in our folder or in Wine's */
    int claim_fd;   /* others may not change the file while it is open; or -1 */
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
        image_parts_deinit(&image->parts);
        if (image->claim_fd >= 0)
            close(image->claim_fd);
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

        if (image->parts.base == base)
            return image;
    }
    return NULL;
}

static NTSTATUS image_reserve(struct image *image)
{
    size_t size = page_up(image->info.size_of_image);
    NTSTATUS status;

    image->parts.base = (char *)image->info.base;
    status = image->parts.base ? view_reserve(&image->parts.base, size, 0, false)
                               : STATUS_CONFLICTING_ADDRESSES;
    if (!status)
        return status;
    if (image->info.characteristics & IMAGE_FILE_RELOCS_STRIPPED)
        return status;
    image->parts.base = NULL;
    return view_reserve(&image->parts.base, size, 0, false);
}

static NTSTATUS image_place(int fd, const char *unix_path, struct image *image)
{
    NTSTATUS status = image_reserve(image);
    struct view_info view = {.base = image->parts.base,
                             .size = page_up(image->info.size_of_image),
                             .type = MEM_IMAGE,
                             .allocation_protection = PAGE_EXECUTE_WRITECOPY,
                             .unix_path = unix_path};
    bool is_moved;

    if (status)
        return status;
    is_moved = image->parts.base != (char *)image->info.base;
    status = view_describe(&view);
    if (!status)
        status = image_parts_load(&image->parts, fd, is_moved);
    if (!status && is_moved)
        status = pe_relocate(image->parts.base, &image->info);
    if (!status)
        status = image_parts_close(&image->parts);
    if (status)
        view_release(image->parts.base);
    return status;
}

static struct image *image_new(const char *unix_path)
{
    const char *slash = strrchr(unix_path, '/');
    struct image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->claim_fd = -1;
    image->name = strdup(slash ? slash + 1 : unix_path);
    if (image->name)
        return image;
    image_free(image);
    return NULL;
}

/* Nobody's business are the files of the system, most of what a program loads. */
static void image_claim(struct image *image, int fd)
{
    if (image->is_system)
        return;
    image->claim_fd = fd_copy_high(fd);
    if (image->claim_fd >= 0)
        file_claim_image(image->claim_fd);
}

NTSTATUS image_map(int fd, const char *unix_path, struct unix_image *ret_image)
{
    _cleanup_nt_(image_freep) struct image *image = image_new(unix_path);
    uint8_t headers[IMAGE_HEADERS_MAX];
    struct unix_image result = {0};
    struct stat file;
    NTSTATUS status;

    if (!image)
        return STATUS_NO_MEMORY;
    if (fstat(fd, &file))
        return STATUS_INVALID_FILE_FOR_SECTION;
    status = image_headers_read(fd, headers, (uint64_t)file.st_size, &image->info);
    if (!status)
        status = image_parts_init(&image->parts, &image->info, headers);
    if (!status)
        status = image_place(fd, unix_path, image);
    if (status)
        return status;
    image->file = file_id_of(&file);
    image->is_system = dll_path_is_system(unix_path);
    image_claim(image, fd);
    result.is_system = image->is_system;
    result.base = image->parts.base;
    result.size = image->info.size_of_image;
    result.device = file.st_dev;
    result.inode = file.st_ino;
    pthread_mutex_lock(&images_lock);
    ntlist_append(&images, &image->link);
    image = NULL;
    pthread_mutex_unlock(&images_lock);
    *ret_image = result;
    TRACE(loader, "%s at %p, %#zx bytes", unix_path, result.base, (size_t)result.size);
    return STATUS_SUCCESS;
}

static struct image *image_at(void *base)
{
    struct image *image;

    pthread_mutex_lock(&images_lock);
    image = image_find_locked(base);
    pthread_mutex_unlock(&images_lock);
    return image;
}

NTSTATUS image_open(void *base)
{
    struct image *image = image_at(base);

    return image ? image_parts_open(&image->parts) : STATUS_NOT_MAPPED_VIEW;
}

NTSTATUS image_protect(void *base)
{
    struct image *image = image_at(base);

    return image ? image_parts_close(&image->parts) : STATUS_NOT_MAPPED_VIEW;
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

bool image_system_file(const void *base, struct file_id *ret_id)
{
    struct image *image;
    bool is_found;

    pthread_mutex_lock(&images_lock);
    image = image_find_locked(base);
    is_found = image && image->is_system;
    if (is_found)
        *ret_id = image->file;
    pthread_mutex_unlock(&images_lock);
    return is_found;
}

void *image_find(const char *name)
{
    struct ntlist *link;
    void *base = NULL;

    pthread_mutex_lock(&images_lock);
    for (link = images.next; link != &images && !base; link = link->next) {
        struct image *image = ntlist_entry(link, struct image, link);

        if (!strcmp(image->name, name))
            base = image->parts.base;
    }
    pthread_mutex_unlock(&images_lock);
    return base;
}
