/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Own port sections (reference 3.9).
 *
 * Memory of the server's is sealed against writable mappings by descriptor from its first view on,
 * lest a receiver makes one; so it is mapped once before, inaccessible (`master`), and its views
 * (own_view.c) are made from that mapping. A section object of the caller's is kept as a
 * descriptor; a SECURE section has no memory, each of its views has its own (view_send.c).
 *
 * A section that is deleted while a message that carries a view of it is unread stays at the server
 * until the receiver has asked for it; who else may ask for one of a connection port the server
 * cannot know, so it also stays here, and goes at the port's next making or deleting of a section
 * after the last such message has ended.
 *
 * All sections and views of the process are under one lock, which is held for look-ups and
 * mappings, not for requests. */

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "common/seldom.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "section.h"

#define N_BUCKETS          256u
#define SECTION_MAP_ACCESS 0x6u /* SECTION_MAP_READ | SECTION_MAP_WRITE */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list by_id[N_BUCKETS] SELDOM;
static uint32_t n_sections, n_deleted;

void sections_lock(void)
{
    pthread_mutex_lock(&lock);
}

void sections_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static struct list *bucket_of_id(uint32_t id)
{
    return list_ready(&by_id[(id >> 2) % N_BUCKETS]);
}

struct section *section_find_locked(const struct port *port, uint32_t id)
{
    struct section *section;

    list_for_each(section, bucket_of_id(id), link)
        if (section->id == id && section->owner == port->port_id)
            return section;
    return NULL;
}

/* Ids are unique in the server. */
handle_t section_port(uint32_t id)
{
    struct section *section;
    handle_t port = 0;

    sections_lock();
    list_for_each(section, bucket_of_id(id), link)
        if (section->id == id)
            port = section->port;
    sections_unlock();
    return port;
}

static struct section *section_new(void)
{
    struct section *section = calloc(1, sizeof(*section));

    if (!section)
        return NULL;
    section->fd = -1;
    list_init(&section->link);
    list_init(&section->views);
    return section;
}

static void section_free(struct section *section)
{
    if (!section)
        return;
    if (section->master)
        munmap(section->master, section->size);
    fd_close(section->fd);
    free(section);
}
DEFINE_CLEANUP(struct section *, section_free)

static void section_remove_locked(struct section *section)
{
    struct own_view *view, *next;

    list_for_each_safe(view, next, &section->views, link) {
        if (!view->is_hidden)
            own_view_unmap(view->base, view->size);
        own_view_free(view);
    }
    list_remove(&section->link);
    n_sections--;
    n_deleted -= section->is_deleted;
    section_free(section);
}

/* ---- sections ---- */

/* The memory of a section object that the caller gave. */
static status_t section_object_fd(struct control *control, handle_t handle, int *ret_fd)
{
    struct section_get_request request = {.handle = handle, .access = SECTION_MAP_ACCESS};
    struct section_get_reply reply;
    struct call_extra extra = {0};
    status_t status = call_section_get(control, &request, &reply, &extra);

    if (status == STATUS_SUCCESS)
        *ret_fd = extra.ret_fds[0];
    return status;
}

static status_t master_map(struct section *section, int fd)
{
    void *master = mmap(NULL, section->size, PROT_NONE, MAP_SHARED, fd, 0);

    if (master == MAP_FAILED)
        return STATUS_NO_MEMORY;
    section->master = master;
    return STATUS_SUCCESS;
}

static status_t section_memory(struct control *control, struct section *section, handle_t object,
                               const struct call_extra *extra)
{
    _cleanup_(fd_closep) int fd = -1;

    if (section->is_secure)
        return STATUS_SUCCESS;
    if (object)
        return section_object_fd(control, object, &section->fd);
    fd = extra->ret_fds[0];
    return master_map(section, fd);
}

static void section_forget(struct control *control, handle_t port, uint32_t id)
{
    struct alpc_delete_section_request request = {.port = port, .section_id = id};
    struct alpc_delete_section_reply reply;

    if (call_alpc_delete_section(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* it goes with the port */
}

/* May its receiver still ask the server for it? What has been read need not stay there. Secured
 * memory has no range whose end would be told: the server knows what has been asked for. */
static bool section_is_wanted_locked(const struct port *port, const struct section *section)
{
    const struct own_view *view;

    list_for_each(view, &section->views, link)
        if (own_view_is_unread_locked(port, view))
            return true;
    return section->is_secure && section->was_sent;
}

/* A deleted section of the port whose views have been read by now, taken out: its id, or 0. */
static uint32_t section_take_read(const struct port *port)
{
    struct section *section;
    uint32_t id = 0;

    sections_lock();
    for (size_t i = 0; n_deleted && !id && i < N_BUCKETS; i++)
        list_for_each(section, list_ready(&by_id[i]), link)
            if (section->is_deleted && section->owner == port->port_id &&
                !section_is_wanted_locked(port, section)) {
                id = section->id;
                section_remove_locked(section);
                break;
            }
    sections_unlock();
    return id;
}

static void sections_reclaim(struct control *control, const struct port *port)
{
    uint32_t id;

    while ((id = section_take_read(port))) {
        struct alpc_delete_section_request request = {
            .port = port->handle, .section_id = id, .is_read = true};
        struct alpc_delete_section_reply reply;

        if (call_alpc_delete_section(control, &request, &reply, NULL) != STATUS_SUCCESS)
            continue; /* the server has seen it first, or the port has gone */
    }
}

/* The server has deleted it. What only its own views needed goes now. */
static void section_deleted_locked(struct section *section, bool is_wanted)
{
    if (!is_wanted || section->is_secure) { /* the server sees when secured memory is over */
        section_remove_locked(section);
        return;
    }
    section->is_deleted = true;
    n_deleted++;
    if (section->master)
        munmap(section->master, section->size);
    section->master = NULL;
    section->fd = fd_close(section->fd);
}

status_t portico_section_create(handle_t handle, uint32_t flags, handle_t object, uint64_t size,
                                uint32_t *ret_section, uint64_t *ret_size)
{
    struct alpc_create_section_request request = {
        .size = size, .port = handle, .flags = flags, .section = object};
    struct alpc_create_section_reply reply;
    struct call_extra extra = {0};
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(section_freep) struct section *section = section_new();
    struct control *control = portico_control();
    status_t status;

    if (!control || !section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS) {
        sections_reclaim(control, port);
        status = call_alpc_create_section(control, &request, &reply, &extra);
    }
    if (status != STATUS_SUCCESS)
        return status;
    section->owner = port->port_id;
    section->port = handle;
    section->id = reply.section_id;
    section->size = reply.actual_size;
    section->is_secure = (flags & ALPC_SECTION_SECURE) != 0;
    status = section_memory(control, section, object, &extra);
    if (status != STATUS_SUCCESS) {
        section_forget(control, handle, reply.section_id);
        return status;
    }
    *ret_section = section->id;
    *ret_size = section->size;
    sections_lock();
    list_append(bucket_of_id(section->id), &section->link);
    n_sections++;
    section = NULL;
    sections_unlock();
    return STATUS_SUCCESS;
}

status_t portico_section_delete(handle_t handle, uint32_t id)
{
    struct alpc_delete_section_request request = {.port = handle, .section_id = id};
    struct alpc_delete_section_reply reply;
    bool has_views = false, is_gone = false;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    struct section *section;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status != STATUS_SUCCESS)
        return status;
    (void)own_views_reclaim(port, id);
    sections_reclaim(control, port);
    sections_lock();
    section = section_find_locked(port, id);
    if (section) {
        is_gone = section->is_deleted;
        has_views = section->n_views != 0;
        request.was_sent = section_is_wanted_locked(port, section);
    }
    sections_unlock();
    if (is_gone)
        return STATUS_INVALID_HANDLE;
    if (has_views)
        return STATUS_DELETE_PENDING;
    status = call_alpc_delete_section(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    sections_lock();
    section = section_find_locked(port, id);
    if (section && !section->is_deleted)
        section_deleted_locked(section, request.was_sent);
    sections_unlock();
    return STATUS_SUCCESS;
}

static bool has_sections(const struct port *port)
{
    const struct section *section;
    bool has_some = false;

    sections_lock();
    for (size_t i = 0; n_sections && i < N_BUCKETS; i++)
        list_for_each(section, list_ready(&by_id[i]), link)
            has_some |= section->owner == port->port_id;
    sections_unlock();
    return has_some;
}

void sections_port_gone(const struct port *port)
{
    struct section *section, *next;
    handle_t other;

    if (!has_sections(port))
        return;
    other = port_other_handle(port);
    sections_lock();
    for (size_t i = 0; n_sections && i < N_BUCKETS; i++)
        list_for_each_safe(section, next, list_ready(&by_id[i]), link)
            if (section->owner != port->port_id)
                continue;
            else if (!other)
                section_remove_locked(section);
            else if (section->port == port->handle)
                section->port = other;
    sections_unlock();
}
