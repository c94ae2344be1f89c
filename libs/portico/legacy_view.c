/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* PORT_VIEW: a section that both ends of a legacy connection map readable and writable (reference
 * 5.4). Its memory is its owner's (a memfd or a file), so its end in a truncated file is
 * STATUS_IN_PAGE_ERROR in whoever touches it. What each end knows of the other's address is what
 * that one says; it is a number for the program to compute with.
 *
 * The views go with the port's last handle in this process, as on NT (where the port object holds
 * them). */

#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "legacy_view.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"

#define VIEW_GRANULE 0x10000u
#define PAGE_BYTES   4096u

/* NT's values: SECTION_MAP_READ | SECTION_MAP_WRITE, PAGE_READWRITE, SEC_COMMIT. */
#define SECTION_ACCESS     0x0006u
#define SECTION_PROTECTION 0x0004u
#define SECTION_ATTRIBUTES 0x08000000u

void legacy_views_free(struct legacy_views *views)
{
    if (!views)
        return;
    if (views->own_size)
        the_process.hooks.unmap(views->own_base, views->own_size);
    if (views->peer_size)
        the_process.hooks.unmap(views->peer_base, views->peer_size);
    free(views);
}

/* Maps size bytes, whole pages, where the host likes. */
static status_t map(int fd, uint64_t offset, size_t size, void **ret_base)
{
    void *base;
    status_t status = the_process.hooks.reserve(size, true, &base);

    if (status != STATUS_SUCCESS)
        return status;
    if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) ==
        MAP_FAILED) {
        the_process.hooks.unmap(base, size);
        return STATUS_NO_MEMORY;
    }
    *ret_base = base;
    return STATUS_SUCCESS;
}

static status_t section_make(int fd, uint64_t size, handle_t *ret_section)
{
    struct section_create_request request = {.size = size,
                                             .access = SECTION_ACCESS,
                                             .protection = SECTION_PROTECTION,
                                             .attributes = SECTION_ATTRIBUTES};
    struct section_create_reply reply;
    struct objattr objattr;
    struct call_extra extra = {.n_fds = 1, .fds = {fd}};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    name_put(NULL, &objattr, &extra);
    status = call_section_create(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    for (uint32_t i = 0; i < extra.n_ret_fds; i++)
        fd_close(extra.ret_fds[i]);
    *ret_section = reply.handle;
    return STATUS_SUCCESS;
}

status_t legacy_view_map_own(struct legacy_views *views, struct portico_port_view *view,
                             struct lpc_view *ret_wire)
{
    handle_t section;
    status_t status;

    if (view->offset & (VIEW_GRANULE - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (!view->size)
        return STATUS_INVALID_VIEW_SIZE;
    view->size = ALIGN_UP(view->size, (size_t)PAGE_BYTES);
    status = map(view->fd, view->offset, view->size, &views->own_base);
    if (status != STATUS_SUCCESS)
        return status;
    views->own_size = view->size;
    status = section_make(view->fd, view->offset + view->size, &section);
    if (status != STATUS_SUCCESS)
        return status;
    view->base = views->own_base;
    *ret_wire = (struct lpc_view){.offset = view->offset,
                                  .size = view->size,
                                  .base = (uintptr_t)view->base,
                                  .section = section};
    return STATUS_SUCCESS;
}

status_t legacy_view_map_peer(struct legacy_views *views, const struct lpc_view *wire, int fd,
                              struct portico_remote_view *ret_view)
{
    size_t size = ALIGN_UP(wire->size, (uint64_t)PAGE_BYTES);
    status_t status = map(fd, wire->offset, size, &views->peer_base);

    if (status != STATUS_SUCCESS)
        return status;
    views->peer_size = size;
    *ret_view = (struct portico_remote_view){.size = size, .base = views->peer_base};
    return STATUS_SUCCESS;
}

uint64_t legacy_view_size(const struct port *port, const struct port_message *message)
{
    struct lpc_request_view_request request = {.message_id = message->message_id};
    struct lpc_request_view_reply reply;
    struct control *control = portico_control();
    struct port *listener = port_find_listener(port->receiver);

    if (!listener)
        return 0;
    request.port = listener->handle;
    port_unref(listener);
    if (!control || call_lpc_request_view(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return 0; /* its client has gone */
    return reply.view.size;
}
