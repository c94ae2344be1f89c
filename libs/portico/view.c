/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Port sections and views (reference 3.9, 4.8).
 *
 * An own section is mapped writable, whole, when it is made; the server seals it against further
 * writable mappings at its first view. A view is a range of it; a VIEW attribute on the wire is
 * {section id, offset, size}.
 *
 * The receiver asks the server for a section at its first sight, maps it whole, read-only, and
 * keeps it: handing over a view of a section that is already mapped costs a look-up here and
 * nothing else, whatever its size (DIFFERS: no fault on use after release). The server gives a
 * section only to the other end of the connection it belongs to; the range is checked against the
 * mapped size here each time.
 *
 * AUTO_RELEASE takes the sender's mapping away when the message has been sent. A mapping is made
 * once (the seal) and goes as a whole, so the view must be the section's only one, and no other can
 * be made in the section afterwards: STATUS_NOT_SUPPORTED. TODO(auto-release): several views of one
 * section.
 *
 * What is deleted while a message that carries it is unread stays for the receiver. A section: the
 * server keeps it until the receiver has asked for it. The range of a view: it is not given to
 * another view (is_pinned) until the last message that carried it has ended here; messages are
 * received in order, so the earlier ones have been read then. Of a reply nobody tells the sender
 * when it is read: its range stays with the section.
 *
 * All sections and views of the process are in two lists under one lock; both are short. */

#include <pthread.h>
#include <stdlib.h>

#include "common/fd.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "view.h"

struct section {
    struct list link;
    uint64_t owner; /* own: port_id; received: port_id of the receiver */
    bool is_own;
    bool was_sent;       /* own: a message carried a view of it */
    bool is_releasing;   /* own: a message with AUTO_RELEASE is being sent, or has been */
    bool has_ended;      /* received: the connection has gone; unmapped with its last view */
    uint32_t connection; /* received: from where */
    uint32_t id;
    uint32_t n_views;
    uint8_t *base;
    uint64_t size;
};

struct view {
    struct list link;
    struct section *section;
    uint8_t *base;
    uint64_t size;
    uint32_t message_id; /* received: the message it came with; own: the last that carried it */
    uint32_t n_sending;
    bool is_unending; /* own: was in a message whose end nobody tells */
    bool is_pinned;   /* own: deleted, but perhaps not read yet */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list sections = LIST_INIT(sections);
static struct list views = LIST_INIT(views);

static struct section *section_find_locked(bool is_own, uint64_t owner, uint32_t connection,
                                           uint32_t id)
{
    struct section *section;

    list_for_each(section, &sections, link)
        if (section->is_own == is_own && section->owner == owner && section->id == id &&
            (is_own || (section->connection == connection && !section->has_ended)))
            return section;
    return NULL;
}

static void section_free_locked(struct section *section)
{
    struct view *view, *next;

    list_for_each_safe(view, next, &views, link)
        if (view->section == section) {
            list_remove(&view->link);
            free(view);
        }
    list_remove(&section->link);
    if (section->base)
        the_process.hooks.unmap(section->base, section->size);
    free(section);
}

static status_t section_map(struct section *section, int fd, bool writable)
{
    void *base;
    status_t status = the_process.hooks.map(fd, 0, section->size, writable, &base);

    if (status == STATUS_SUCCESS)
        section->base = base;
    return status;
}

/* The memory of a section object that the caller gave. */
static status_t section_object_fd(struct control *control, handle_t handle, int *ret_fd)
{
    struct section_get_request request = {.handle = handle,
                                          .access = 0x6}; /* SECTION_MAP_READ | _WRITE */
    struct section_get_reply reply;
    struct call_extra extra = {0};
    status_t status = call_section_get(control, &request, &reply, &extra);

    if (status == STATUS_SUCCESS)
        *ret_fd = extra.ret_fds[0];
    return status;
}

static void section_forget(struct control *control, handle_t port, uint32_t id)
{
    struct alpc_delete_section_request request = {.port = port, .section_id = id};
    struct alpc_delete_section_reply reply;

    if (call_alpc_delete_section(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* it goes with the port */
}

status_t portico_section_create(handle_t handle, uint32_t flags, handle_t object, uint64_t size,
                                uint32_t *ret_section, uint64_t *ret_size)
{
    struct alpc_create_section_request request = {
        .size = size, .port = handle, .flags = flags, .section = object};
    struct alpc_create_section_reply reply;
    struct call_extra extra = {0};
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(freep) struct section *section = calloc(1, sizeof(*section));
    _cleanup_(fd_closep) int fd = -1;
    struct control *control = portico_control();
    status_t status;

    if (!control || !section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS)
        status = call_alpc_create_section(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    fd = extra.ret_fds[0];
    *section = (struct section){
        .owner = port->port_id, .is_own = true, .id = reply.section_id, .size = reply.actual_size};
    if (fd < 0)
        status = section_object_fd(control, object, &fd);
    if (status == STATUS_SUCCESS)
        status = section_map(section, fd, true);
    if (status != STATUS_SUCCESS) {
        section_forget(control, handle, reply.section_id);
        return status;
    }
    *ret_section = section->id;
    *ret_size = section->size;
    pthread_mutex_lock(&lock);
    list_append(&sections, &section->link);
    section = NULL;
    pthread_mutex_unlock(&lock);
    return STATUS_SUCCESS;
}

status_t portico_section_delete(handle_t handle, uint32_t id)
{
    struct alpc_delete_section_request request = {.port = handle, .section_id = id};
    struct alpc_delete_section_reply reply;
    bool has_views = false;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    struct section *section;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    section = section_find_locked(true, port->port_id, 0, id);
    if (section) {
        has_views = section->n_views != 0;
        request.was_sent = section->was_sent;
    }
    pthread_mutex_unlock(&lock);
    if (has_views)
        return STATUS_DELETE_PENDING;
    status = call_alpc_delete_section(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    section = section_find_locked(true, port->port_id, 0, id);
    if (section)
        section_free_locked(section);
    pthread_mutex_unlock(&lock);
    return STATUS_SUCCESS;
}

static struct view *view_new_locked(struct section *section, uint64_t offset, uint64_t size)
{
    struct view *view = calloc(1, sizeof(*view));

    if (!view)
        return NULL;
    *view = (struct view){.section = section, .base = section->base + offset, .size = size};
    list_prepend(&views, &view->link);
    section->n_views++;
    return view;
}

static void view_free_locked(struct view *view)
{
    struct section *section = view->section;

    list_remove(&view->link);
    free(view);
    if (--section->n_views == 0 && section->has_ended)
        section_free_locked(section);
}

static struct view *view_find_locked(const void *base)
{
    struct view *view;

    list_for_each(view, &views, link)
        if (view->base == base && !view->is_pinned)
            return view;
    return NULL;
}

static bool section_is_releasing(const struct port *port, uint32_t id)
{
    pthread_mutex_lock(&lock);
    struct section *section = section_find_locked(true, port->port_id, 0, id);
    bool is_releasing = section && section->is_releasing;
    pthread_mutex_unlock(&lock);
    return is_releasing;
}

static bool view_is_unread(const struct port *port, const struct view *view)
{
    return view->n_sending || view->is_unending ||
           (view->message_id && port_id_is_live(&port->receiver->view, view->message_id));
}

/* The ranges of deleted views that have been read by now go back. */
static bool views_unpin(struct control *control, const struct port *port, uint32_t id)
{
    struct alpc_delete_view_request request = {.port = port->handle, .section_id = id};
    struct alpc_delete_view_reply reply;
    struct view *view, *next;
    bool is_any = false;

    pthread_mutex_lock(&lock);
    list_for_each_safe(view, next, &views, link) {
        if (!view->is_pinned || view->section->owner != port->port_id || view->section->id != id ||
            view_is_unread(port, view))
            continue;
        request.offset = (uint64_t)(view->base - view->section->base);
        is_any |= call_alpc_delete_view(control, &request, &reply, NULL) == STATUS_SUCCESS;
        list_remove(&view->link);
        free(view);
    }
    pthread_mutex_unlock(&lock);
    return is_any;
}

status_t portico_view_create(handle_t handle, struct portico_view *ret_view)
{
    struct alpc_create_view_request request = {
        .size = ret_view->size, .port = handle, .section_id = ret_view->section};
    struct alpc_create_view_reply reply;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    struct section *section;
    struct view *view = NULL;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS && section_is_releasing(port, ret_view->section))
        return STATUS_NOT_SUPPORTED;
    if (status == STATUS_SUCCESS)
        status = call_alpc_create_view(control, &request, &reply, NULL);
    if (status == STATUS_NO_MEMORY && views_unpin(control, port, ret_view->section))
        status = call_alpc_create_view(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    section = section_find_locked(true, port->port_id, 0, ret_view->section);
    if (section && section->is_releasing)
        section = NULL; /* just now: its range stays with it */
    if (section)
        view = view_new_locked(section, reply.offset, reply.size);
    if (view) {
        ret_view->base = view->base;
        ret_view->size = view->size;
    }
    pthread_mutex_unlock(&lock);
    if (!section)
        return STATUS_INVALID_HANDLE; /* made by another holder of the port: it has no mapping here
                                       */
    return view ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Takes the view off the list: STATUS_SUCCESS and, for an own one, what the server is to be told.
 */
static status_t view_take(const struct port *port, const void *base,
                          struct alpc_delete_view_request *ret_request)
{
    status_t status = STATUS_INVALID_ADDRESS;
    struct view *view;

    pthread_mutex_lock(&lock);
    view = view_find_locked(base);
    if (view && (view->section->owner == port->port_id ||
                 (port->receiver && view->section->owner == port->receiver->port_id))) {
        ret_request->section_id = view->section->is_own ? view->section->id : 0;
        ret_request->offset = (uint64_t)(view->base - view->section->base);
        status = STATUS_SUCCESS;
        if (view->section->is_own && view_is_unread(port, view)) {
            ret_request->section_id = 0;
            view->is_pinned = true;
            view->section->n_views--;
        } else {
            view_free_locked(view);
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}

status_t portico_view_delete(handle_t handle, void *base)
{
    struct alpc_delete_view_request request = {.port = handle};
    struct alpc_delete_view_reply reply;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS)
        status = view_take(port, base, &request);
    if (status != STATUS_SUCCESS || request.section_id == 0)
        return status;
    return call_alpc_delete_view(control, &request, &reply, NULL);
}

bool portico_view_holds(handle_t handle, const void *base, size_t size)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    const struct view *view;
    bool holds = false;

    if (handle_get_port(handle, &port) != STATUS_SUCCESS)
        return false;
    pthread_mutex_lock(&lock);
    list_for_each(view, &views, link)
        holds |= view->section->is_own && view->section->owner == port->port_id &&
                 !view->is_pinned && view->base == base && view->size >= size;
    pthread_mutex_unlock(&lock);
    return holds;
}

static bool view_is_alone_locked(const struct view *view)
{
    return view->section->n_views == 1 && view->n_sending == 0;
}

static status_t view_send_locked(const struct port *port, const struct portico_view *asked,
                                 struct wire_view *ret_wire)
{
    struct view *view;

    if (!section_find_locked(true, port->port_id, 0, asked->section))
        return STATUS_INVALID_HANDLE;
    view = view_find_locked(asked->base);
    if (!view || view->section->id != asked->section || view->section->owner != port->port_id)
        return STATUS_INVALID_ADDRESS;
    if (asked->size == 0 || asked->size > view->size)
        return STATUS_INVALID_VIEW_SIZE;
    if (view->section->is_releasing)
        return STATUS_INVALID_ADDRESS;
    if ((asked->flags & PORTICO_VIEW_AUTO_RELEASE) && !view_is_alone_locked(view))
        return STATUS_NOT_SUPPORTED;
    view->section->was_sent = true;
    view->section->is_releasing = (asked->flags & PORTICO_VIEW_AUTO_RELEASE) != 0;
    view->n_sending++;
    *ret_wire = (struct wire_view){
        .flags = asked->flags & (PORTICO_VIEW_AUTO_RELEASE | PORTICO_VIEW_SECURED),
        .section = asked->section,
        .offset = (uint64_t)(view->base - view->section->base),
        .size = asked->size,
    };
    return STATUS_SUCCESS;
}

/* A received view goes back with its message: the one at base, or the one of the message. */
static void view_give_back(const struct port *port, const void *base, uint32_t message_id)
{
    struct view *view, *next;

    pthread_mutex_lock(&lock);
    list_for_each_safe(view, next, &views, link)
        if (!view->section->is_own && view->section->owner == port->receiver->port_id &&
            view->message_id == message_id && (!base || view->base == base)) {
            view_free_locked(view);
            break; /* one view a message; its section may be gone now */
        }
    pthread_mutex_unlock(&lock);
}

status_t view_send(struct port *port, const struct portico_view *view, uint32_t message_id,
                   struct wire_attributes *ret_wire)
{
    status_t status = STATUS_SUCCESS;

    if (view->flags & PORTICO_VIEW_RELEASE) {
        view_give_back(port, view->base, message_id);
        return STATUS_SUCCESS;
    }
    /* TODO(secured): immutable views (design section 7) */
    if (view->flags & PORTICO_VIEW_SECURED)
        return STATUS_NOT_SUPPORTED;
    pthread_mutex_lock(&lock);
    status = view_send_locked(port, view, &ret_wire->view);
    pthread_mutex_unlock(&lock);
    if (status == STATUS_SUCCESS)
        ret_wire->valid |= PORTICO_ATTRIBUTE_VIEW;
    return status;
}

/* The section's mapping goes, with all views in it; the section stays for the receiver. */
static void section_release_locked(struct section *section)
{
    struct view *view, *next;

    list_for_each_safe(view, next, &views, link)
        if (view->section == section) {
            list_remove(&view->link);
            free(view);
        }
    section->n_views = 0;
    the_process.hooks.unmap(section->base, section->size);
    section->base = NULL;
}

static void view_note_sent_locked(struct section *section, const struct wire_view *wire,
                                  bool is_sent, uint32_t message_id)
{
    struct view *view;

    list_for_each(view, &views, link) {
        if (view->section != section || view->base != section->base + wire->offset)
            continue;
        view->n_sending--;
        if (is_sent && message_id)
            view->message_id = message_id;
        else if (is_sent)
            view->is_unending = true;
        return;
    }
}

void view_sent(struct port *port, const struct wire_view *wire, bool is_sent, uint32_t message_id)
{
    struct section *section;

    pthread_mutex_lock(&lock);
    section = section_find_locked(true, port->port_id, 0, wire->section);
    if (section) {
        view_note_sent_locked(section, wire, is_sent, message_id);
        if (wire->flags & PORTICO_VIEW_AUTO_RELEASE) {
            section->is_releasing = is_sent;
            if (is_sent)
                section_release_locked(section);
        }
    }
    pthread_mutex_unlock(&lock);
}

static status_t section_receive(const struct port *port, uint32_t connection,
                                const struct wire_view *wire, struct section **ret_section)
{
    struct alpc_map_view_request request = {.offset = wire->offset,
                                            .size = wire->size,
                                            .port = port->handle,
                                            .connection = connection,
                                            .section_id = wire->section};
    struct alpc_map_view_reply reply;
    struct call_extra extra = {0};
    _cleanup_(freep) struct section *section = calloc(1, sizeof(*section));
    _cleanup_(fd_closep) int fd = -1;
    struct control *control = portico_control();
    status_t status;

    if (!control || !section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_map_view(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    fd = extra.ret_fds[0];
    *section = (struct section){.owner = port->receiver->port_id,
                                .connection = connection,
                                .id = wire->section,
                                .size = reply.section_size};
    status = section_map(section, fd, false);
    if (status == STATUS_SUCCESS)
        *ret_section = TAKE(section);
    return status;
}

static status_t view_receive_locked(struct section *section, const struct wire_view *wire,
                                    uint32_t message_id, struct portico_view *ret_view)
{
    struct view *view;

    if (wire->size == 0 || wire->offset > section->size ||
        wire->size > section->size - wire->offset)
        return STATUS_INVALID_VIEW_SIZE;
    view = view_new_locked(section, wire->offset, wire->size);
    if (!view)
        return STATUS_NO_MEMORY;
    view->message_id = message_id;
    *ret_view = (struct portico_view){.base = view->base, .size = view->size};
    return STATUS_SUCCESS;
}

status_t view_receive(const struct port *port, uint32_t connection, uint32_t message_id,
                      const struct wire_view *wire, struct portico_view *ret_view)
{
    struct section *section, *mapped = NULL;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&lock);
    section = section_find_locked(false, port->receiver->port_id, connection, wire->section);
    if (!section) {
        /* The server answers this at once; the lock keeps two threads from mapping it twice. */
        status = section_receive(port, connection, wire, &mapped);
        section = mapped;
        if (mapped)
            list_append(&sections, &mapped->link);
    }
    if (section)
        status = view_receive_locked(section, wire, message_id, ret_view);
    pthread_mutex_unlock(&lock);
    return status;
}

void views_connection_ended(const struct receiver *receiver, uint32_t connection)
{
    struct section *section, *next;

    pthread_mutex_lock(&lock);
    list_for_each_safe(section, next, &sections, link) {
        if (section->is_own || section->owner != receiver->port_id ||
            section->connection != connection)
            continue;
        section->has_ended = true;
        if (section->n_views == 0)
            section_free_locked(section);
    }
    pthread_mutex_unlock(&lock);
}

static void sections_free(bool is_own, uint64_t owner)
{
    struct section *section, *next;

    pthread_mutex_lock(&lock);
    list_for_each_safe(section, next, &sections, link)
        if (section->is_own == is_own && section->owner == owner)
            section_free_locked(section);
    pthread_mutex_unlock(&lock);
}

void views_port_gone(const struct port *port)
{
    sections_free(true, port->port_id);
}

void views_receiver_gone(const struct receiver *receiver)
{
    sections_free(false, receiver->port_id);
}
