/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* This process's own port sections and their views. Between section.c, own_view.c and view_send.c
 * (views on their way). */
#pragma once

#include "common/list.h"
#include "outbound.h"
#include "portico/portico.h"

struct port;

/* A message that carries the view and has not ended, as far as was known when it was noted. Its end
 * is seen by the id in the port's memory, in a slot (a SYNC request that was given up), or is that
 * of the connection (a place without a sender). */
struct flight {
    uint32_t message_id;
    uint32_t memory_id; /* secured: what it carries */
    struct slot_place place;
};

struct own_view {
    struct list link;    /* of section->views */
    struct list by_base; /* unlinked when is_hidden */
    struct section *section;
    uint64_t offset;
    uint64_t size; /* bytes; mapped: whole pages */
    uint8_t *base;
    bool is_hidden; /* deleted or released: not mapped, but a message that carries it may be unread
                     */
    bool is_unending;   /* was in a message whose end nobody tells */
    uint32_t n_sending; /* threads that are sending it */
    uint32_t n_flights, flights_size;
    struct flight *flights;
    /* Secured: memory that is mapped shared and has not been in a message, by its fd; else -1. */
    int memory_fd;
    uint32_t memory_id;
    uint32_t unsent_memory_id; /* sealed for a message that was not sent; or 0 */
};

struct section {
    struct list link;
    uint64_t owner; /* port_id */
    handle_t port;  /* by which it was made, or another of the port's */
    uint32_t id;
    uint32_t n_views; /* not hidden */
    uint64_t size;
    uint8_t *master; /* memory of the server's: mapped, not accessible: what views are made from */
    int fd;          /* a section object of the caller's; or -1 */
    bool is_secure;
    bool was_sent;   /* a message carried a view of it */
    bool is_deleted; /* but a view of it may be unread: goes when that has been read */
    struct list views;
};

void sections_lock(void);
void sections_unlock(void);

/* A deleted one too. */
struct section *section_find_locked(const struct port *port, uint32_t id);
/* The port that a section of this process's belongs to: a handle, or 0. */
handle_t section_port(uint32_t id);
/* Not a hidden one. */
struct own_view *own_view_at_locked(const void *base);
/* A hidden one too. */
struct own_view *own_view_find_locked(const struct section *section, uint64_t offset);

/* May a message that carries it be unread? */
bool own_view_is_unread_locked(const struct port *port, const struct own_view *view);
/* A message that carries it is out. Neither id nor place: nobody tells its end. */
void own_view_note_locked(const struct port *port, struct own_view *view,
                          const struct flight *flight);
/* Secured memory that no message carries any more, out of the view's account; 0: none. */
uint32_t own_view_idle_memory_locked(const struct port *port, struct own_view *view);
/* It leaves the caller's sight; its range stays until it is read. The caller unmaps it, unlocked.
 */
void own_view_hide_locked(struct own_view *view);
void own_view_unmap(uint8_t *base, uint64_t size);
/* It is hidden, or its mapping goes too. */
void own_view_free(struct own_view *view);

/* The ranges of the section's hidden views that have been read by now go back. Any? */
bool own_views_reclaim(const struct port *port, uint32_t section);
/* The view at base, of the port's, goes. STATUS_NOT_FOUND: it is none of this process's own. */
status_t own_view_delete(const struct port *port, void *base);
void sections_port_gone(const struct port *port);
