/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Views of own port sections.
 *
 * Each view has a mapping of its own, so that it can go alone: of the server's memory a copy of a
 * part of the section's master mapping (mremap of size 0), which stays writable though no new
 * mapping by descriptor would be.
 *
 * A view that is deleted or released while a message that carries it is unread stays for the
 * receiver: it is hidden here, and its range is not given to another until the messages that
 * carried it have ended (flights). That is looked at when the section has no room left. A SYNC
 * request that its sender gave up has ended when the other end has given its slot back; an
 * acceptance, of which nobody tells, with its connection. */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "common/seldom.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "section.h"
#include "view_send.h"

#define PAGE_BYTES 4096u
#define N_BUCKETS  256u

static struct list by_base[N_BUCKETS] SELDOM; /* the sections' lock */

static struct list *bucket_of_base(const void *base)
{
    return list_ready(&by_base[((uintptr_t)base >> 16) % N_BUCKETS]);
}

static uint64_t mapped_size(uint64_t size)
{
    return ALIGN_UP(size, (uint64_t)PAGE_BYTES);
}

struct own_view *own_view_at_locked(const void *base)
{
    struct own_view *view;

    list_for_each(view, bucket_of_base(base), by_base)
        if (view->base == base)
            return view;
    return NULL;
}

struct own_view *own_view_find_locked(const struct section *section, uint64_t offset)
{
    struct own_view *view;

    list_for_each(view, &section->views, link)
        if (view->offset == offset)
            return view;
    return NULL;
}

void own_view_free(struct own_view *view)
{
    list_remove(&view->link);
    list_remove(&view->by_base);
    fd_close(view->memory_fd);
    free(view->flights);
    free(view);
}

/* ---- messages that carry a view ---- */

static bool has_connection(const struct port *port, const struct slot_place *place)
{
    struct port_connection_facts facts;

    return port->receiver && port->life != LIFE_ENDED &&
           port_connection_read(&port->receiver->view, place->connection, &facts) &&
           facts.generation == place->connection_generation && facts.state == PORT_CONNECTION_OPEN;
}

static bool is_live(const struct port *port, const struct flight *flight)
{
    uint32_t id = flight->message_id;

    if (id && port->receiver && port_id_is_live(&port->receiver->view, id))
        return true;
    return flight->place.connection_generation && has_connection(port, &flight->place) &&
           (!flight->place.sender_id || slot_place_is_out(&flight->place));
}

/* Those with memory stay until that has been given back. */
static void flights_prune_locked(const struct port *port, struct own_view *view)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < view->n_flights; i++)
        if (view->flights[i].memory_id || is_live(port, &view->flights[i]))
            view->flights[n++] = view->flights[i];
    view->n_flights = n;
}

uint32_t own_view_idle_memory_locked(const struct port *port, struct own_view *view)
{
    uint32_t memory_id = view->unsent_memory_id;

    view->unsent_memory_id = 0;
    for (uint32_t i = 0; !memory_id && i < view->n_flights; i++)
        if (view->flights[i].memory_id && !is_live(port, &view->flights[i])) {
            memory_id = view->flights[i].memory_id;
            view->flights[i] = view->flights[--view->n_flights];
        }
    return memory_id;
}

bool own_view_is_unread_locked(const struct port *port, const struct own_view *view)
{
    for (uint32_t i = 0; i < view->n_flights; i++)
        if (is_live(port, &view->flights[i]))
            return true;
    return view->n_sending || view->is_unending;
}

static bool flights_grow(struct own_view *view)
{
    uint32_t size = view->flights_size ? 2 * view->flights_size : 4;
    struct flight *flights = realloc(view->flights, size * sizeof(*flights));

    if (!flights)
        return false;
    view->flights = flights;
    view->flights_size = size;
    return true;
}

void own_view_note_locked(const struct port *port, struct own_view *view,
                          const struct flight *flight)
{
    bool is_noted = flight->message_id || flight->place.connection_generation;

    if (view->n_flights == view->flights_size) {
        flights_prune_locked(port, view);
        /* Half full after that: larger, or the next few notes prune again. */
        if (view->n_flights >= view->flights_size / 2 && !flights_grow(view) &&
            view->n_flights == view->flights_size)
            is_noted = false;
    }
    if (is_noted)
        view->flights[view->n_flights++] = *flight;
    else if (!flight->memory_id) /* secured: the range itself is in no message */
        view->is_unending = true;
}

void own_view_hide_locked(struct own_view *view)
{
    if (view->is_hidden)
        return;
    view->is_hidden = true;
    list_remove(&view->by_base);
    view->section->n_views--;
}

void own_view_unmap(uint8_t *base, uint64_t size)
{
    the_process.hooks.unmap(base, mapped_size(size));
}

/* ---- views ---- */

static status_t status_of_mmap(void)
{
    return errno == EACCES || errno == EPERM ? STATUS_ACCESS_DENIED : STATUS_NO_MEMORY;
}

/* Over the reserved room at view->base. */
static status_t own_view_map_locked(const struct section *section, const struct own_view *view)
{
    uint64_t size = mapped_size(view->size);

    if (section->master) {
        if (mremap(section->master + view->offset, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED,
                   view->base) == MAP_FAILED ||
            mprotect(view->base, size, PROT_READ | PROT_WRITE) < 0)
            return STATUS_NO_MEMORY;
        return STATUS_SUCCESS;
    }
    int fd = section->is_secure ? view->memory_fd : section->fd;
    off_t offset = section->is_secure ? 0 : (off_t)view->offset;
    if (mmap(view->base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset) ==
        MAP_FAILED)
        return status_of_mmap();
    return STATUS_SUCCESS;
}

static status_t own_view_enter_locked(const struct port *port, uint32_t id, struct own_view *view)
{
    struct section *section = section_find_locked(port, id);
    status_t status;

    if (!section || section->is_deleted)
        return STATUS_INVALID_HANDLE; /* deleted just now, or another holder's of the port */
    status = own_view_map_locked(section, view);
    if (status != STATUS_SUCCESS)
        return status;
    view->section = section;
    list_append(&section->views, &view->link);
    list_append(bucket_of_base(view->base), &view->by_base);
    section->n_views++;
    return STATUS_SUCCESS;
}

static bool section_is_secure(const struct port *port, uint32_t id)
{
    sections_lock();
    struct section *section = section_find_locked(port, id);
    bool is_secure = section && section->is_secure;
    sections_unlock();
    return is_secure;
}

static status_t own_view_make(const struct port *port, uint32_t id,
                              const struct alpc_create_view_reply *range, struct own_view *view)
{
    status_t status = STATUS_SUCCESS;
    void *base;

    view->offset = range->offset;
    view->size = range->size;
    if (section_is_secure(port, id))
        status = view_memory_new(port, id, view, &view->memory_fd, &view->memory_id);
    if (status == STATUS_SUCCESS)
        status = the_process.hooks.reserve(mapped_size(view->size), true, &base);
    if (status != STATUS_SUCCESS)
        return status;
    view->base = base;
    sections_lock();
    status = own_view_enter_locked(port, id, view);
    sections_unlock();
    if (status != STATUS_SUCCESS)
        own_view_unmap(base, view->size);
    return status;
}

static status_t range_give_back(const struct port *port, uint32_t id, uint64_t offset,
                                uint32_t memory_id)
{
    struct alpc_delete_view_request request = {
        .offset = offset, .port = port->handle, .section_id = id, .memory_id = memory_id};
    struct alpc_delete_view_reply reply;
    struct control *control = portico_control();

    return control ? call_alpc_delete_view(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

/* A hidden view of the section whose messages have ended, taken out; NULL. */
static struct own_view *own_view_take_read(const struct port *port, uint32_t id,
                                           uint32_t *ret_memory_id)
{
    struct own_view *found = NULL, *view;
    struct section *section;

    sections_lock();
    section = section_find_locked(port, id);
    if (section)
        list_for_each(view, &section->views, link)
            if (view->is_hidden && !own_view_is_unread_locked(port, view)) {
                found = view;
                *ret_memory_id = own_view_idle_memory_locked(port, view);
                list_remove(&view->link);
                break;
            }
    sections_unlock();
    return found;
}

bool own_views_reclaim(const struct port *port, uint32_t id)
{
    struct own_view *view;
    uint32_t memory_id;
    bool is_any = false;

    while ((view = own_view_take_read(port, id, &memory_id))) {
        is_any |= range_give_back(port, id, view->offset, memory_id) == STATUS_SUCCESS;
        own_view_free(view);
    }
    return is_any;
}

static status_t range_take(const struct port *port, const struct portico_view *wanted,
                           struct alpc_create_view_reply *ret_reply)
{
    struct alpc_create_view_request request = {
        .size = wanted->size, .port = port->handle, .section_id = wanted->section};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_create_view(control, &request, ret_reply, NULL);
    if (status == STATUS_NO_MEMORY && own_views_reclaim(port, wanted->section))
        status = call_alpc_create_view(control, &request, ret_reply, NULL);
    return status;
}

status_t portico_view_create(handle_t handle, struct portico_view *ret_view)
{
    struct alpc_create_view_reply range;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct own_view *view = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status == STATUS_SUCCESS)
        status = range_take(port, ret_view, &range);
    if (status != STATUS_SUCCESS)
        return status;
    view = calloc(1, sizeof(*view));
    if (view) {
        list_init(&view->link);
        list_init(&view->by_base);
        view->memory_fd = -1;
        status = own_view_make(port, ret_view->section, &range, view);
    }
    if (!view || status != STATUS_SUCCESS) {
        (void)range_give_back(port, ret_view->section, range.offset, view ? view->memory_id : 0);
        if (view)
            own_view_free(view);
        return view ? status : STATUS_NO_MEMORY;
    }
    ret_view->base = view->base;
    ret_view->size = range.size;
    return STATUS_SUCCESS;
}

status_t own_view_delete(const struct port *port, void *base)
{
    struct own_view *view;
    uint32_t id = 0, memory_id = 0;
    uint64_t offset = 0, size = 0;

    sections_lock();
    view = own_view_at_locked(base);
    if (!view || view->section->owner != port->port_id) {
        sections_unlock();
        return STATUS_NOT_FOUND;
    }
    own_view_hide_locked(view);
    size = view->size;
    if (!own_view_is_unread_locked(port, view)) {
        id = view->section->id;
        offset = view->offset;
        memory_id =
            view->memory_fd >= 0 ? view->memory_id : own_view_idle_memory_locked(port, view);
        own_view_free(view);
    }
    sections_unlock();
    own_view_unmap(base, size);
    return id ? range_give_back(port, id, offset, memory_id) : STATUS_SUCCESS;
}

bool portico_view_holds(handle_t handle, const void *base, size_t size)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    const struct own_view *view;
    bool holds;

    if (handle_get_port(handle, &port) != STATUS_SUCCESS)
        return false;
    sections_lock();
    view = own_view_at_locked(base);
    holds = view && view->section->owner == port->port_id && view->size >= size;
    sections_unlock();
    return holds;
}
