/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* A process's view of a port memory: the layout, who it is among the holders, and which lanes it
 * has mapped.
 *
 * The lane maps are private to the process. A place is filled outside the port mutex by the thread
 * that was told PORT_MAP_LANE, and read under it: the generation is stored last (A1) and compared
 * first. A place is filled anew only when the lane that it held has been given back to the daemon,
 * which happens when nothing in port memory refers to it; what still may refer to the mapping is a
 * thread of this process between begin and end of a copy or a reply, counted in n_users (A2: the
 * count rises under the port mutex while the lane is not drained, so it cannot rise once the
 * generation has changed).
 *
 * (A3) A spinning thread glances at lanes without the mutex. It counts itself in n_glancers first
 * and copies a place between two looks at its generation; who fills the place anew takes the
 * generation away (full barrier) before it reads the count. While anybody glances, what was there
 * stays mapped in `retired`, till the place is filled once more. */

#include <stdlib.h>
#include <string.h>

#include "alpc/repair.h"
#include "alpc/view.h"

static bool memory_is_ours(const struct port_memory *memory, uint64_t size,
                           struct port_geometry *ret_geometry)
{
    if (size < sizeof(*memory) || memory->magic != PORT_MAGIC ||
        memory->version != PORT_LAYOUT_VERSION)
        return false;
    *ret_geometry = memory->geometry;
    uint64_t needed = port_memory_size(ret_geometry);
    return needed && needed <= size;
}

static bool holder_enter_locked(struct port_view *view, uint32_t process_id)
{
    struct port_holder *holders = view->at.memory->holders;

    for (uint32_t i = 0; i < PORT_HOLDERS_MAX; i++) {
        if (holders[i].process_id)
            continue;
        holders[i].n_waiters = holders[i].watching = 0;
        atom_store(&holders[i].dead, 0u);
        atom_store(&holders[i].process_id, process_id);
        view->holder = i;
        return true;
    }
    return false;
}

status_t port_view_init(struct port_view *view, void *memory, uint64_t size, uint32_t process_id,
                        const struct port_ops *ops, void *context)
{
    struct port_geometry geometry;

    if (!memory_is_ours(memory, size, &geometry) || !process_id)
        return STATUS_INVALID_PARAMETER;
    memset(view, 0, sizeof(*view));
    if (!layout_init(&view->at, memory, &geometry))
        return STATUS_INVALID_PARAMETER;
    view->ops = ops;
    view->context = context;
    view->holder = PORT_HOLDERS_MAX;
    view->lanes = calloc(geometry.n_lanes, sizeof(*view->lanes));
    if (!view->lanes)
        return STATUS_NO_MEMORY;
    struct lane_geometry ring = layout_ring(&view->at);
    lane_view_init(&view->lanes[0].view, view->at.ring, &ring);
    bool entered = false;
    if (port_lock(view)) {
        entered = holder_enter_locked(view, process_id);
        port_unlock(view);
    }
    if (!entered) {
        free(view->lanes);
        view->lanes = NULL;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

void port_view_deinit(struct port_view *view)
{
    if (!view->lanes)
        return;
    if (view->holder < PORT_HOLDERS_MAX && port_lock(view)) {
        atom_store(&view->at.memory->holders[view->holder].process_id, 0u);
        port_unlock(view);
    }
    for (uint32_t i = 1; i < view->at.geometry.n_lanes; i++) {
        lane_unmap(&view->lanes[i].view);
        lane_unmap(&view->lanes[i].retired);
    }
    free(view->lanes);
    memset(view, 0, sizeof(*view));
}

bool port_lock(struct port_view *view)
{
    switch (lock_take(layout_lock(&view->at))) {
    case LOCK_TAKEN:
        return true;
    case LOCK_REPAIR:
        repair_locked(view);
        lock_repaired(layout_lock(&view->at));
        return true;
    case LOCK_UNUSABLE:
    default:
        return false;
    }
}

void port_unlock(struct port_view *view)
{
    lock_drop(layout_lock(&view->at));
}

static bool lane_is_over(const struct port_lane *lane, uint32_t generation)
{
    return atom_load(&lane->drained_generation) == generation ||
           atom_load(&lane->generation) != generation || atom_load(&lane->state) == PORT_LANE_FREE;
}

/* Nothing in port memory refers to a lane that is over, so nobody finds its mapping any more but a
 * spinner that looked the place up before (A3); it reads zeros. */
static void lanes_let_go_locked(struct port_view *view)
{
    uint32_t n = MIN(atom_load(&view->at.memory->lanes_used), view->at.geometry.n_lanes);

    for (uint32_t i = 1; i < n; i++) {
        struct port_lane_map *map = &view->lanes[i];
        if (!map->generation || map->n_users || !lane_is_over(&view->at.lanes[i], map->generation))
            continue;
        lane_let_go(&map->view);
        atom_store(&map->generation, 0u);
    }
}

void port_view_let_go(struct port_view *view)
{
    if (!port_lock(view))
        return;
    lanes_let_go_locked(view);
    port_unlock(view);
}

/* Empties a place. False: the one before the last is still glanced at; later. */
static bool mapping_retire_locked(struct port_view *view, struct port_lane_map *map)
{
    if (map->retired.base && atom_load(&view->n_glancers))
        return false;
    lane_unmap(&map->retired);
    /* (A3) Partner: the add in port_glance_begin. */
    atom_swap(&map->generation, 0u);
    if (atom_load(&view->n_glancers) && !MUTANT(no_glancers))
        map->retired = map->view;
    else
        lane_unmap(&map->view);
    return true;
}

static void mapping_put_locked(struct port_lane_map *map, const struct lane_view *mapped)
{
    atom_note(&map->view.base, mapped->base);
    atom_note(&map->view.geometry.ring_size, mapped->geometry.ring_size);
    atom_note(&map->view.geometry.n_slots, mapped->geometry.n_slots);
    map->view.size = mapped->size;
}

bool port_view_set_lane(struct port_view *view, uint32_t lane, uint32_t generation,
                        struct lane_view *mapped)
{
    bool taken = false;

    if (lane == 0 || lane >= view->at.geometry.n_lanes || !generation)
        return false;
    struct port_lane_map *map = &view->lanes[lane];
    /* The mutex serialises two threads that were told to map the same lane, and keeps readers out
     * (A1). */
    if (!port_lock(view))
        return false;
    lanes_let_go_locked(view);
    if (map->generation != generation && (!map->n_users || MUTANT(no_users)) &&
        mapping_retire_locked(view, map)) {
        if (MUTANT(early_map)) {
            atom_store(&map->generation, generation);
            HOOK(mapping);
        }
        mapping_put_locked(map, mapped);
        atom_store(&map->generation, generation);
        memset(mapped, 0, sizeof(*mapped));
        taken = true;
    }
    port_unlock(view);
    return taken;
}

void lane_reset_locked(struct port_lane *lane, uint32_t generation)
{
    cursor_init(&lane->cursor, 0);
    lane->seen_position = lane->seen_stamp = 0;
    lane->marks = lane->hot_index = lane->idle_scans = 0;
    lane->refs_head = lane->refs_tail = 0;
    lane->n_nodes = lane->n_drops = 0;
    step_order();
    atom_note(&lane->marked_generation, generation);
}

void connection_reset_locked(struct port_connection *entry, uint32_t generation)
{
    entry->port_context = 0;
    entry->live = (struct port_list){0, 0, 0};
    entry->sequence = entry->marks = 0;
    step_order();
    atom_note(&entry->marked_generation, generation);
}

struct port_connection *connection_open_locked(struct port_view *view, uint32_t connection,
                                               uint32_t generation)
{
    struct port_connection *entry = connection_at_locked(view, connection);

    if (!entry || entry->marked_generation != generation ||
        atom_load(&entry->state) == PORT_CONNECTION_CLOSED)
        return NULL;
    return entry;
}

bool connection_has_sender(const struct port_connection *connection, uint32_t sender)
{
    for (unsigned i = 0; i < PORT_SENDERS_MAX; i++)
        if (sender && atom_load(&connection->senders[i]) == sender)
            return true;
    return false;
}
