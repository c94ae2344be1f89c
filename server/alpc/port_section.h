/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port sections and views (reference 3.9): memory through which a port hands over large data.
 *
 * A section belongs to the port that made it; its id is unique in the daemon, so the other end of
 * any of the port's connections finds it by id. The daemon gives the owner the memory writable
 * once; from the owner's first view on it is sealed against further writable mappings, so that
 * nobody who receives it can map it writable (design section 7). A SECURE section has no memory:
 * each use of a view of it has memory of its own (secure_memory.h), the section only counts.
 */
#pragma once

#include "port.h"

struct section;

#define SECTION_GRANULARITY 65536u

struct port_view_range {
    struct list link; /* of port_section->views, by offset */
    uint64_t offset, size;
};

struct port_section {
    struct list link; /* of port->sections */
    struct port *port;
    uint32_t id;
    uint64_t size;
    struct object *section; /* reference: the caller's section object; NULL: memory of ours */
    int fd;                 /* ours; -1 */
    int read_fd;            /* the same, read-only, made when first wanted */
    bool sealed;
    bool was_given;  /* a receiver has asked for it */
    bool is_deleted; /* by its owner, but a message that carries it may be unread */
    bool is_secure;
    struct list views;
    struct list memories; /* struct secure_memory, of a secure one */
    struct charge memory, fds;
};

/* section NULL: memory of `size` bytes. flags: ALPC_SECTION_SECURE or 0. STATUS_INVALID_PARAMETER,
 * STATUS_SECTION_TOO_BIG, STATUS_QUOTA_EXCEEDED. */
status_t port_section_new(struct port *port, struct user *user, uint32_t flags,
                          struct object *section, uint64_t size,
                          struct port_section **ret_section) _must_check_;
/* STATUS_DELETE_PENDING while it has views. STATUS_INVALID_HANDLE. was_sent: messages have carried
 * views of it; ranges that are left are those of deleted views, and unless a receiver has asked for
 * the section it stays until one has, its owner forgets it, or the port goes. */
status_t port_section_delete(struct port *port, uint32_t id, bool was_sent) _must_check_;
/* A deleted one that nobody will ask for any more, by its owner's word. STATUS_INVALID_HANDLE:
 * there is none. */
status_t port_section_forget(struct port *port, uint32_t id) _must_check_;
struct port_section *port_section_find(struct port *port, uint32_t id);
/* For a receiver: deleted ones too. */
struct port_section *port_section_find_sent(struct port *port, uint32_t id);
void port_sections_free(struct port *port);
/* A new id, unique among the daemon's sections. */
uint32_t port_section_id(struct server *server);

/* Finds room for a view. Seals. */
status_t port_view_new(struct port_section *section, uint64_t size, uint64_t *ret_offset,
                       uint64_t *ret_size) _must_check_;
status_t port_view_delete(struct port_section *section, uint64_t offset) _must_check_;
struct port_view_range *port_view_find(struct port_section *section, uint64_t offset);

/* The descriptor for a receiver: read-only. Seals. -1: none can be made now. */
int port_section_receiver_fd(struct port_section *section);
