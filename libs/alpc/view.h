/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Taking the port mutex, and the entries of the tables as holders see them. _locked: the caller
 * holds the mutex. */
#pragma once

#include "alpc/layout.h"
#include "lane/atomics.h"

/* A step of several writes is seen by the repair pass in the order of the program: a thread is
 * killed between instructions, and the next holder has the mutex, so the compiler is all that must
 * be held back. */
#define step_order() __asm__ volatile("" ::: "memory")

/* Takes the mutex and repairs what a dead holder left. False: unusable (or no place to repair). */
_must_check_ bool port_lock(struct port_view *view);
void port_unlock(struct port_view *view);

/* Resets the holders' part of an entry for a new generation. */
void lane_reset_locked(struct port_lane *lane, uint32_t generation);
void connection_reset_locked(struct port_connection *connection, uint32_t generation);

/* The lane entry of a place in use; its holders' part is reset when the daemon has given the place
 * away anew. NULL: no such lane. */
static inline struct port_lane *lane_at_locked(struct port_view *view, uint32_t lane)
{
    if (UNLIKELY(lane >= view->at.geometry.n_lanes))
        return NULL;
    struct port_lane *entry = &view->at.lanes[lane];
    if (atom_load(&entry->state) == PORT_LANE_FREE)
        return NULL;
    uint32_t generation = atom_load(&entry->generation);
    if (UNLIKELY(entry->marked_generation != generation))
        lane_reset_locked(entry, generation);
    return entry;
}

/* This process's mapping of a lane of that generation; NULL: not mapped. Lane 0 always is. */
static inline const struct lane_view *lane_mapped(const struct port_view *view, uint32_t lane,
                                                  uint32_t generation)
{
    const struct port_lane_map *map = &view->lanes[lane];

    return lane == 0 || atom_load(&map->generation) == generation ? &map->view : NULL;
}

/* The same without the mutex, between port_glance_begin and port_glance_end: a copy of where it is,
 * whole (A1) or not at all. */
static inline bool lane_mapped_glance(const struct port_view *view, uint32_t lane,
                                      uint32_t generation, struct lane_view *ret)
{
    const struct port_lane_map *map = &view->lanes[lane];

    if (atom_load(&map->generation) != generation)
        return false;
    ret->base = atom_load(&map->view.base);
    ret->geometry.ring_size = atom_load(&map->view.geometry.ring_size);
    ret->geometry.n_slots = atom_load(&map->view.geometry.n_slots);
    return atom_load(&map->generation) == generation;
}

/* Keeps a mapping in place while somebody outside the mutex uses it. Under the mutex, after
 * lane_mapped. */
static inline void lane_use(struct port_view *view, uint32_t lane)
{
    view->lanes[lane].n_users++;
}

static inline void lane_unuse(struct port_view *view, uint32_t lane)
{
    view->lanes[lane].n_users--;
}

/* The connection entry of a place; NULL: no such place or free. Its holders' part is reset for a
 * new generation. */
static inline struct port_connection *connection_at_locked(struct port_view *view,
                                                           uint32_t connection)
{
    if (UNLIKELY(connection >= view->at.geometry.n_connections))
        return NULL;
    struct port_connection *entry = &view->at.connections[connection];
    if (atom_load(&entry->state) == PORT_CONNECTION_FREE)
        return NULL;
    uint32_t generation = atom_load(&entry->generation);
    if (UNLIKELY(entry->marked_generation != generation))
        connection_reset_locked(entry, generation);
    return entry;
}

/* The same, only if it has that generation and has not closed. */
struct port_connection *connection_open_locked(struct port_view *view, uint32_t connection,
                                               uint32_t generation);

/* May this sender use this connection? */
bool connection_has_sender(const struct port_connection *connection, uint32_t sender);
