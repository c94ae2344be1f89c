/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See secure_memory.h. The sender adds F_SEAL_WRITE, not the daemon: while pages are pinned
 * (O_DIRECT, vmsplice) the kernel waits for them up to 150 ms, and the daemon waits for nobody.
 * Seals are never taken back, so what they say here holds. */

#include "secure_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/fd.h"
#include "section.h"
#include "server.h"

#define MEMORIES_MAX 4096u /* of one section: messages with its views that are on their way */

static void secure_memory_free(struct secure_memory *memory)
{
    list_remove(&memory->link);
    fd_close(memory->fd);
    fd_close(memory->read_fd);
    charge_release(&memory->memory);
    charge_release(&memory->fds);
    free(memory);
}

void secure_memories_free(struct port_section *section)
{
    struct secure_memory *memory, *next;

    list_for_each_safe(memory, next, &section->memories, link)
        secure_memory_free(memory);
}

void secure_memories_sweep(struct port_section *section)
{
    struct secure_memory *memory, *next;

    list_for_each_safe(memory, next, &section->memories, link)
        if (memory->read_fd >= 0)
            secure_memory_free(memory);
}

static status_t memory_fill(struct secure_memory *memory, struct user *user)
{
    status_t status = user_charge(&memory->memory, user, USER_MEMORY, memory->size);

    if (!status)
        status = user_charge(&memory->fds, user, USER_FDS, 2);
    if (status)
        return status;
    memory->fd = memory_new("portico-alpc-view", memory->size);
    return memory->fd < 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static bool is_full(const struct port_section *section)
{
    const struct secure_memory *memory;
    uint32_t n = 0;

    list_for_each(memory, &section->memories, link)
        n++;
    return n >= MEMORIES_MAX;
}

status_t secure_memory_new(struct port_section *section, struct user *user, uint64_t offset,
                           struct secure_memory **ret_memory)
{
    const struct port_view_range *view = port_view_find(section, offset);
    struct secure_memory *memory;
    status_t status;

    if (!section->is_secure)
        return STATUS_INVALID_PARAMETER;
    if (!view)
        return STATUS_INVALID_ADDRESS;
    secure_memories_sweep(section);
    if (is_full(section))
        return STATUS_QUOTA_EXCEEDED;
    memory = calloc(1, sizeof(*memory));
    if (!memory)
        return STATUS_NO_MEMORY;
    *memory = (struct secure_memory){.size = view->size, .fd = -1, .read_fd = -1};
    memory->id = port_section_id(section->port->object.server);
    list_append(&section->memories, &memory->link);
    status = memory_fill(memory, user);
    if (status)
        secure_memory_free(memory);
    else
        *ret_memory = memory;
    return status;
}

static struct secure_memory *memory_of_section(struct port_section *section, uint32_t id)
{
    struct secure_memory *memory;

    list_for_each(memory, &section->memories, link)
        if (memory->id == id && memory->read_fd < 0)
            return memory;
    return NULL;
}

void secure_memory_drop(struct port_section *section, uint32_t id)
{
    struct secure_memory *memory = memory_of_section(section, id);

    if (memory)
        secure_memory_free(memory);
}

struct secure_memory *secure_memory_find(struct port *port, uint32_t id)
{
    struct secure_memory *memory = NULL;
    struct port_section *section;

    list_for_each(section, &port->sections, link)
        if ((memory = memory_of_section(section, id)))
            break;
    return memory;
}

status_t secure_memory_give(struct secure_memory *memory, int *ret_fd)
{
    int seals = fcntl(memory->fd, F_GET_SEALS);
    char path[32];

    if (seals < 0 || !(seals & F_SEAL_WRITE))
        return STATUS_ACCESS_DENIED;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", memory->fd);
    memory->read_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (memory->read_fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    *ret_fd = memory->read_fd;
    return STATUS_SUCCESS;
}
