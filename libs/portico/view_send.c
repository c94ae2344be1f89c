/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Sending views (reference 4.8).
 *
 * prepare   the view is checked and held (n_sending)
 * lend      a final reply: its sender is told by nobody when it is read. So an id of its own goes
 *           with the view, which the receiver gives back when it lets go of it
 * published AUTO_RELEASE: the sender's mapping goes. DIFFERS: also of a SYNC request at once, not
 *           when the answer comes; no source says which it is on Windows
 * sent      what carries the view is noted (own_view.c)
 *
 * Secured (design section 7): the memory of a view of a SECURE section is for one message. Before
 * that goes, the sender's mapping becomes a private copy of it (copy on write: what the sender
 * stores from now on nobody else sees. DIFFERS: on Windows its store faults while the receiver
 * holds the view), then the memory is sealed against writing, which fails if anything else here can
 * write it, and the server gives it to the receiver only sealed. The next use of the view takes new
 * memory and copies all of it. UNKNOWN: what a view of a SECURE section is when it is sent without
 * SECURED; here the same, and the receiver is told.
 *
 * One thread at a time seals (secure_lock, before the sections' lock), so that no two take one
 * memory. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/fd.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "section.h"
#include "send.h"
#include "view.h"
#include "view_send.h"

#define PAGE_BYTES 4096u

static pthread_mutex_t secure_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- secured ---- */

status_t view_memory_new(const struct port *port, uint32_t section, const struct own_view *view,
                         int *ret_fd, uint32_t *ret_id)
{
    struct alpc_secure_memory_request request = {.offset = view->offset,
                                                 .port = port->handle,
                                                 .section_id = section,
                                                 .instead_of = view->unsent_memory_id};
    struct alpc_secure_memory_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status = control ? call_alpc_secure_memory(control, &request, &reply, &extra)
                              : STATUS_INSUFFICIENT_RESOURCES;

    if (status != STATUS_SUCCESS)
        return status;
    *ret_fd = extra.ret_fds[0];
    *ret_id = reply.memory_id;
    return STATUS_SUCCESS;
}

static struct own_view *view_of_wire_locked(const struct port *port, const struct wire_view *wire)
{
    struct section *section = section_find_locked(port, wire->section);

    return section ? own_view_find_locked(section, wire->offset) : NULL;
}

/* A copy of what is needed of the view, and its unsent memory, if it has some (fd not -1), taken
 * out of it. */
static bool view_take_memory(const struct port *port, const struct wire_view *wire,
                             struct own_view *ret_copy)
{
    struct own_view *view;

    sections_lock();
    view = view_of_wire_locked(port, wire);
    if (view) {
        *ret_copy = *view;
        view->memory_fd = -1;
        if (ret_copy->memory_fd < 0)
            ret_copy->unsent_memory_id = own_view_idle_memory_locked(port, view);
    }
    sections_unlock();
    return view != NULL;
}

/* Maps fd over the view, unless it has gone meanwhile: its address may be something else's.
 * is_unsent: shared, and the view keeps the descriptor. */
static status_t view_remap(const struct port *port, const struct wire_view *wire, bool is_unsent,
                           int fd)
{
    int how = (is_unsent ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED;
    status_t status = STATUS_INVALID_ADDRESS;
    struct own_view *view;

    sections_lock();
    view = view_of_wire_locked(port, wire);
    if (view && !view->is_hidden) {
        size_t size = ALIGN_UP(view->size, (uint64_t)PAGE_BYTES);
        status = STATUS_SUCCESS;
        if (mmap(view->base, size, PROT_READ | PROT_WRITE, how, fd, 0) == MAP_FAILED)
            status = STATUS_NO_MEMORY;
        else if (is_unsent)
            view->memory_fd = fd;
    }
    sections_unlock();
    return status;
}

/* The kernel copies: a view that goes meanwhile is an error, not a fault. */
static status_t memory_fill(int fd, const uint8_t *from, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, from + done, size - done, (off_t)done);
        if (n < 0 && errno != EINTR)
            return errno == EFAULT ? STATUS_INVALID_ADDRESS : STATUS_NO_MEMORY;
        if (n > 0)
            done += (uint64_t)n;
    }
    return STATUS_SUCCESS;
}

/* From now on nobody can write it. */
static status_t memory_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) == 0 ? STATUS_SUCCESS
                                                                   : STATUS_ACCESS_DENIED;
}

/* The memory that the view is mapped to goes into the message. */
static status_t secure_first(const struct port *port, const struct wire_view *wire, int *fd)
{
    status_t status = view_remap(port, wire, false, *fd);

    if (status != STATUS_SUCCESS)
        return status;
    status = memory_seal(*fd);
    if (status != STATUS_SUCCESS && view_remap(port, wire, true, *fd) == STATUS_SUCCESS)
        *fd = -1; /* the view's again */
    return status;
}

static status_t secure_again(const struct port *port, const struct wire_view *wire,
                             struct own_view *copy)
{
    status_t status =
        view_memory_new(port, wire->section, copy, &copy->memory_fd, &copy->memory_id);

    if (status == STATUS_SUCCESS)
        status = memory_fill(copy->memory_fd, copy->base, copy->size);
    if (status == STATUS_SUCCESS)
        status = memory_seal(copy->memory_fd);
    if (status == STATUS_SUCCESS)
        status = view_remap(port, wire, false, copy->memory_fd);
    return status;
}

static status_t view_secure(const struct port *port, struct wire_view *wire)
{
    struct own_view copy;
    status_t status = STATUS_INVALID_ADDRESS;

    pthread_mutex_lock(&secure_lock);
    if (view_take_memory(port, wire, &copy)) {
        status = copy.memory_fd >= 0 ? secure_first(port, wire, &copy.memory_fd)
                                     : secure_again(port, wire, &copy);
        fd_close(copy.memory_fd);
    }
    pthread_mutex_unlock(&secure_lock);
    if (status == STATUS_SUCCESS) {
        wire->flags |= PORTICO_VIEW_SECURED;
        wire->memory = copy.memory_id;
    }
    return status;
}

/* ---- all views ---- */

static status_t view_prepare_locked(const struct port *port, const struct portico_view *asked,
                                    struct wire_view *ret_wire, bool *ret_is_secure)
{
    struct section *section = section_find_locked(port, asked->section);
    struct own_view *view = own_view_at_locked(asked->base);

    if (!section || section->is_deleted)
        return STATUS_INVALID_HANDLE;
    if (!view || view->section != section)
        return STATUS_INVALID_ADDRESS;
    if (asked->size == 0 || asked->size > view->size)
        return STATUS_INVALID_VIEW_SIZE;
    if ((asked->flags & PORTICO_VIEW_SECURED) && !section->is_secure)
        return STATUS_INVALID_PARAMETER;
    section->was_sent = true;
    view->n_sending++;
    *ret_is_secure = section->is_secure;
    *ret_wire = (struct wire_view){
        .flags = asked->flags & (PORTICO_VIEW_AUTO_RELEASE | PORTICO_VIEW_SECURED),
        .section = asked->section,
        .offset = view->offset,
        .size = asked->size,
    };
    return STATUS_SUCCESS;
}

/* UNKNOWN: Windows' status for each of these. */
static status_t flags_check(const struct port *port, const struct portico_view *view,
                            uint32_t message_id)
{
    if (!(view->flags & PORTICO_VIEW_RELEASE))
        return STATUS_SUCCESS;
    if (message_id == 0 || (!view->section && view->flags != PORTICO_VIEW_RELEASE))
        return STATUS_INVALID_PARAMETER;
    if (!view->section && view->base && !view_is_of_message(port, view->base, message_id))
        return STATUS_INVALID_ADDRESS;
    return STATUS_SUCCESS;
}

status_t view_send(struct port *port, const struct portico_view *view, uint32_t message_id,
                   struct wire_attributes *ret_wire)
{
    bool is_secure = false;
    status_t status = flags_check(port, view, message_id);

    if (status != STATUS_SUCCESS || (!view->section && view->flags & PORTICO_VIEW_RELEASE))
        return status;
    sections_lock();
    status = view_prepare_locked(port, view, &ret_wire->view, &is_secure);
    sections_unlock();
    if (status == STATUS_SUCCESS && is_secure) {
        status = view_secure(port, &ret_wire->view);
        if (status != STATUS_SUCCESS)
            view_sent(port, &ret_wire->view, &(struct attributes_fate){.is_told = true});
    }
    if (status == STATUS_SUCCESS)
        ret_wire->valid |= PORTICO_ATTRIBUTE_VIEW;
    return status;
}

/* Without an id the range stays with the section. */
static void lend_locked(struct port *port, const struct destination *to, uint32_t connection,
                        struct wire_view *wire)
{
    uint32_t id, callback;
    status_t status;

    do {
        status = outbound_ids_locked(to, &id, &callback);
        if (status == STATUS_SUCCESS)
            status = port_lend(&port->receiver->view, connection, id, callback);
    } while (status == STATUS_INVALID_PARAMETER); /* in use: the next one */
    if (status != STATUS_SUCCESS)
        return;
    outbound_note_async(to->outbound);
    wire->lent_id = id;
    wire->lent_callback = callback;
}

/* Secured memory needs none: it is the message's alone. */
void view_lend(struct port *port, const struct port_route *route, struct wire_view *wire)
{
    struct lane_message message = {0};
    struct destination to;

    if (wire->memory || destination_of_route(port, route, &to, &message) != STATUS_SUCCESS)
        return;
    outbound_enter(to.outbound);
    lend_locked(port, &to, route->connection, wire);
    outbound_exit(to.outbound);
    destination_put(&to);
}

/* Hidden: what is to be unmapped, unlocked. */
static struct own_view *view_release_locked(struct own_view *view, struct own_view *ret_copy)
{
    if (view->is_hidden)
        return NULL;
    own_view_hide_locked(view);
    *ret_copy = *view;
    return ret_copy;
}

void view_published(struct port *port, const struct wire_view *wire)
{
    struct own_view *view, copy, *gone = NULL;

    if (!(wire->flags & PORTICO_VIEW_AUTO_RELEASE))
        return;
    sections_lock();
    view = view_of_wire_locked(port, wire);
    if (view)
        gone = view_release_locked(view, &copy);
    sections_unlock();
    if (gone)
        own_view_unmap(gone->base, gone->size);
}

static void view_note_locked(struct port *port, const struct wire_view *wire,
                             const struct attributes_fate *fate, struct own_view *view)
{
    struct flight flight = {.memory_id = wire->memory};

    view->n_sending--;
    if (wire->lent_id)
        flight.message_id = wire->lent_id;
    else if (fate->is_told)
        flight.message_id = fate->message_id;
    else if (fate->place)
        flight.place = *fate->place;
    if (fate->message_id)
        own_view_note_locked(port, view, &flight);
    else if (wire->memory) /* at worst one that was there goes with the section */
        view->unsent_memory_id = wire->memory;
}

void view_sent(struct port *port, const struct wire_view *wire, const struct attributes_fate *fate)
{
    struct own_view *view;

    if (fate->is_sent)
        view_published(port, wire);
    sections_lock();
    view = view_of_wire_locked(port, wire);
    if (view)
        view_note_locked(port, wire, fate, view);
    sections_unlock();
    if (!fate->message_id && wire->lent_id)
        port_lend_end(&port->receiver->view, wire->lent_id);
}
