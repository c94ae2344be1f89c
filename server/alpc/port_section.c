/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See port_section.h. Sizes of sections are rounded up to 64 KiB (D-10); views begin on 64 KiB and
 * are page-granular in size. Limits of the port's attributes (reference 4.11) hold for what was
 * asked for, before rounding; -1 is above everything. UNKNOWN: what 0 means, and what holds for a
 * port without attributes (one source has 0x4000 and 0x20000): here neither limits anything.
 * UNKNOWN: statuses for the limits (reference 6.1 item 2): SECTION_TOO_BIG for MaxSectionSize,
 * QUOTA_EXCEEDED for MaxTotalSectionSize, INVALID_VIEW_SIZE for MaxViewSize.
 * UNKNOWN: whether DELETE_PENDING marks a section for deletion; here it refuses and changes
 * nothing. */

#include "port_section.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "section.h"
#include "secure_memory.h"
#include "server.h"

#define PAGE_BYTES        4096u
#define SECTION_MAX       (UINT64_C(1) << 40)
#define SECTIONS_MAX      4096u /* of one port */
#define SECTION_VIEWS_MAX 65536u

uint32_t port_section_id(struct server *server)
{
    server->last_section_id += 4;
    return server->last_section_id ? server->last_section_id : (server->last_section_id = 4);
}

static status_t limits_check(const struct port *port, uint64_t wanted, uint64_t size)
{
    const struct port_attributes *limits = &port->attributes;
    struct port_section *section;
    uint32_t n = 0;

    if (wanted > SECTION_MAX || (limits->max_section_size && wanted > limits->max_section_size))
        return STATUS_SECTION_TOO_BIG;
    /* Rounding up must not make a wish that is within the limit exceed it. */
    if (limits->max_total_section_size &&
        (wanted > limits->max_total_section_size ||
         port->sections_size > ALIGN_UP(MIN(limits->max_total_section_size, SECTION_MAX),
                                        (uint64_t)SECTION_GRANULARITY) -
                                   size))
        return STATUS_QUOTA_EXCEEDED;
    list_for_each(section, &port->sections, link)
        n++;
    return n >= SECTIONS_MAX ? STATUS_QUOTA_EXCEEDED : STATUS_SUCCESS;
}

static void port_section_free(struct port_section *section)
{
    struct port_view_range *view, *next;

    list_for_each_safe(view, next, &section->views, link) {
        list_remove(&view->link);
        free(view);
    }
    secure_memories_free(section);
    list_remove(&section->link);
    section->port->sections_size -= section->size;
    fd_close(section->fd);
    fd_close(section->read_fd);
    object_unref(section->section);
    charge_release(&section->memory);
    charge_release(&section->fds);
    free(section);
}

static status_t section_memory(struct port_section *section, struct user *user)
{
    status_t status = user_charge(&section->memory, user, USER_MEMORY, section->size);

    if (!status)
        status = user_charge(&section->fds, user, USER_FDS, 2);
    if (status)
        return status;
    section->fd = memory_new("portico-alpc-section", section->size);
    return section->fd < 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Nobody can ask for it any more. A connection port's plain one is for any of its clients: who else
 * may want it is not known. */
static bool is_over(struct port_section *section)
{
    secure_memories_sweep(section);
    if (section->is_secure)
        return list_is_empty(&section->memories);
    return section->was_given && section->port->kind != PORT_KIND_CONNECTION;
}

/* Deleted ones that their receiver has by now. */
static void port_sections_sweep(struct port *port)
{
    struct port_section *section, *next;

    list_for_each_safe(section, next, &port->sections, link)
        if (section->is_deleted && is_over(section))
            port_section_free(section);
}

/* Parameters of a new section: what size it is asked for, or why it cannot be. */
static status_t size_check(uint32_t flags, struct object *object, uint64_t object_size,
                           uint64_t *size)
{
    if (flags & ~ALPC_SECTION_SECURE)
        return STATUS_INVALID_PARAMETER;
    if ((flags & ALPC_SECTION_SECURE) && object)
        return STATUS_INVALID_PARAMETER;
    if (object && section_from_object(object)->attributes & SECTION_IMAGE)
        return STATUS_INVALID_PARAMETER; /* UNKNOWN: Windows' status; its pages are no plain memory
                                          */
    if (object && !*size)
        *size = object_size;
    if (!*size || (object && *size > object_size))
        return STATUS_INVALID_PARAMETER;
    return *size > SECTION_MAX ? STATUS_SECTION_TOO_BIG : STATUS_SUCCESS;
}

status_t port_section_new(struct port *port, struct user *user, uint32_t flags,
                          struct object *object, uint64_t size, struct port_section **ret_section)
{
    struct port_section *section;
    status_t status;

    status = size_check(flags, object, object ? section_from_object(object)->size : 0, &size);
    if (status)
        return status;
    port_sections_sweep(port);
    uint64_t rounded = object ? size : ALIGN_UP(size, (uint64_t)SECTION_GRANULARITY);
    status = limits_check(port, size, rounded);
    if (status)
        return status;
    section = calloc(1, sizeof(*section));
    if (!section)
        return STATUS_NO_MEMORY;
    *section = (struct port_section){.port = port, .size = rounded, .fd = -1, .read_fd = -1};
    section->id = port_section_id(port->object.server);
    section->section = object ? object_ref(object) : NULL;
    section->is_secure = (flags & ALPC_SECTION_SECURE) != 0;
    list_init(&section->views);
    list_init(&section->memories);
    list_append(&port->sections, &section->link);
    port->sections_size += rounded;
    status = object || section->is_secure ? STATUS_SUCCESS : section_memory(section, user);
    if (status) {
        port_section_free(section);
        return status;
    }
    *ret_section = section;
    return STATUS_SUCCESS;
}

struct port_section *port_section_find_sent(struct port *port, uint32_t id)
{
    struct port_section *section;

    list_for_each(section, &port->sections, link) {
        if (section->id == id)
            return section;
    }
    return NULL;
}

struct port_section *port_section_find(struct port *port, uint32_t id)
{
    struct port_section *section = port_section_find_sent(port, id);

    return section && !section->is_deleted ? section : NULL;
}

status_t port_section_delete(struct port *port, uint32_t id, bool was_sent)
{
    struct port_section *section = port_section_find(port, id);

    if (!section)
        return STATUS_INVALID_HANDLE;
    if (!list_is_empty(&section->views) && !was_sent)
        return STATUS_DELETE_PENDING;
    section->is_deleted = was_sent && !is_over(section);
    if (!section->is_deleted)
        port_section_free(section);
    return STATUS_SUCCESS;
}

status_t port_section_forget(struct port *port, uint32_t id)
{
    struct port_section *section = port_section_find_sent(port, id);

    if (!section || !section->is_deleted)
        return STATUS_INVALID_HANDLE;
    port_section_free(section);
    return STATUS_SUCCESS;
}

void port_sections_free(struct port *port)
{
    struct port_section *section, *next;

    list_for_each_safe(section, next, &port->sections, link)
        port_section_free(section);
    assert(port->sections_size == 0);
}

/* Receivers get read-only descriptors, but could open them anew: the seal is what holds. A section
 * object of the caller's is its owner's own risk. */
static void section_seal(struct port_section *section)
{
    if (section->fd < 0 || section->sealed)
        return;
    section->sealed = fcntl(section->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
}

/* The first gap of `size` bytes; *ret_after: the view before it, NULL for the front. */
static bool gap_find(struct port_section *section, uint64_t size, uint64_t *ret_offset,
                     struct list **ret_before)
{
    struct port_view_range *view;
    uint64_t offset = 0;
    uint32_t n = 0;

    list_for_each(view, &section->views, link) {
        if (view->offset - offset >= size) {
            *ret_before = &view->link;
            *ret_offset = offset;
            return true;
        }
        offset = ALIGN_UP(view->offset + view->size, (uint64_t)SECTION_GRANULARITY);
        n++;
    }
    *ret_before = &section->views;
    *ret_offset = offset;
    return n < SECTION_VIEWS_MAX && offset <= section->size && section->size - offset >= size;
}

status_t port_view_new(struct port_section *section, uint64_t wanted, uint64_t *ret_offset,
                       uint64_t *ret_size)
{
    uint64_t limit = section->port->attributes.max_view_size, size, offset;
    struct port_view_range *view;
    struct list *before;

    if (!wanted)
        return STATUS_INVALID_PARAMETER;
    if (wanted > section->size || (limit && wanted > limit))
        return STATUS_INVALID_VIEW_SIZE;
    /* The last page of a caller's section may be a part of one. */
    size = MIN(ALIGN_UP(wanted, (uint64_t)PAGE_BYTES), section->size);
    if (!gap_find(section, size, &offset, &before))
        return STATUS_NO_MEMORY;
    view = calloc(1, sizeof(*view));
    if (!view)
        return STATUS_NO_MEMORY;
    view->offset = offset;
    view->size = size;
    list_insert_before(before, &view->link);
    section_seal(section);
    *ret_offset = offset;
    *ret_size = size;
    return STATUS_SUCCESS;
}

struct port_view_range *port_view_find(struct port_section *section, uint64_t offset)
{
    struct port_view_range *view;

    list_for_each(view, &section->views, link)
        if (view->offset == offset)
            return view;
    return NULL;
}

status_t port_view_delete(struct port_section *section, uint64_t offset)
{
    struct port_view_range *view = port_view_find(section, offset);

    if (!view)
        return STATUS_INVALID_ADDRESS;
    list_remove(&view->link);
    free(view);
    return STATUS_SUCCESS;
}

int port_section_receiver_fd(struct port_section *section)
{
    char path[32];

    if (section->section)
        return section_fd(section_from_object(section->section), SECTION_MAP_READ_ACCESS);
    if (section->is_secure)
        return -1; /* has no memory */
    section_seal(section);
    if (section->read_fd < 0) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", section->fd);
        section->read_fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return section->read_fd;
}
