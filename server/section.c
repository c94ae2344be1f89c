/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See section.h. Memory is sparse: it is charged as sized and used as touched. Sealed against
 * shrinking and growing, so that nobody who maps it can be made to fault by another's ftruncate;
 * F_SEAL_SEAL is not set: port sections add write seals later. A foreign file has none of this: its
 * truncation is STATUS_IN_PAGE_ERROR in whoever touches it. */

#include "section.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "closer.h"
#include "common/fd.h"
#include "server.h"

#define PAGE_BYTES        4096u
#define SECTION_MAX_BYTES (UINT64_C(1) << 40)

static void section_destroy(struct object *object)
{
    struct section *section = section_from_object(object);

    if (section->foreign)
        closer_close(object->server->closer, section->fd);
    else
        fd_close(section->fd);
    fd_close(section->read_fd);
    charge_release(&section->memory);
    charge_release(&section->fds);
}

static void section_dump(struct object *object, char *ret_text, size_t size)
{
    struct section *section = section_from_object(object);

    snprintf(ret_text, size, "size=%#llx foreign=%d", (unsigned long long)section->size,
             section->foreign);
}

const struct object_ops section_ops = {
    .kind = OBJECT_KIND_SECTION,
    .type_name = "Section",
    .size = sizeof(struct section),
    .all_access = 0x000f001f,
    .generic_read = 0x00020005,
    .generic_write = 0x00020002,
    .generic_execute = 0x00020008,
    .destroy = section_destroy,
    .dump = section_dump,
};

struct section *section_from_object(struct object *object)
{
    assert(object->ops == &section_ops);
    return CONTAINER_OF(object, struct section, object);
}

int memory_new(const char *name, uint64_t size)
{
    _cleanup_(fd_closep) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
        return -errno;
    return TAKE_FD(fd);
}

static status_t section_fill(struct section *section, struct user *user, uint64_t size)
{
    status_t status;
    int fd;

    if (!size)
        return STATUS_INVALID_PARAMETER;
    if (size > SECTION_MAX_BYTES)
        return STATUS_SECTION_TOO_BIG;
    section->size = ALIGN_UP(size, PAGE_BYTES);
    status = user_charge(&section->memory, user, USER_MEMORY, section->size);
    if (status)
        return status;
    fd = memory_new("portico-section", section->size);
    if (fd < 0)
        return fd == -EMFILE || fd == -ENFILE ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_MEMORY;
    section->fd = fd;
    return STATUS_SUCCESS;
}

status_t section_new(struct server *server, struct user *user, uint64_t size, uint32_t protection,
                     uint32_t attributes, int fd, struct object **ret_object)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = object_new(server, user, &section_ops, &object);

    if (status)
        return status;
    struct section *section = section_from_object(object);
    section->fd = section->read_fd = -1;
    section->protection = protection;
    section->attributes = attributes;
    status = user_charge(&section->fds, user, USER_FDS, 2);
    if (!status && fd < 0)
        status = section_fill(section, user, size);
    if (status)
        return status;
    if (fd >= 0) {
        section->fd = fd;
        section->size = size;
        section->foreign = true;
    }
    *ret_object = TAKE(object);
    return STATUS_SUCCESS;
}

int section_fd(struct section *section, uint32_t access)
{
    char path[32];

    if (section->foreign || (access & SECTION_MAP_WRITE_ACCESS))
        return section->fd;
    if (section->read_fd < 0) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", section->fd);
        section->read_fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return section->read_fd;
}
