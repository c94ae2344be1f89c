/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The daemon's tables in port memory. The truth is in struct port_keeper: which places are in use,
 * their generations, how far the close queue is. Port memory gets copies by atomic stores, the
 * state word last, so that a holder that sees the state sees the rest (K1; partner: the acquire
 * loads in view.c). From the holders come two words only, "this generation of the place is done
 * with", which are compared with the private generation and mean nothing otherwise; a holder that
 * lies about them hurts its own port.
 *
 * A generation is odd while its place is in use, and grows: a record or message of an earlier user
 * never matches. The close queue has one place per connection entry, and an entry is given away
 * again only when its close has been received, so entering a close cannot fail and never overwrites
 * one that is still to be read. */

#include <stdlib.h>
#include <string.h>

#include "alpc/keeper.h"
#include "alpc/layout.h"
#include "lane/atomics.h"

#define ID_LAST   0x7FFFFFFFu
#define TABLE_MIN 4u
#define CLOSED    0x80000000u /* in connection_generations: its close has been queued */

static bool is_used(uint32_t generation)
{
    return generation & 1;
}

static uint32_t connection_generation(const struct port_keeper *keeper, uint32_t place)
{
    return keeper->connection_generations[place] & ~CLOSED;
}

static void format_memory(struct port_layout *at, uint64_t port_id, uint32_t flags)
{
    struct port_memory *memory = at->memory;
    struct lane_geometry ring = layout_ring(at);
    struct lane_view ring_view;

    memory->geometry = at->geometry;
    memory->flags = flags;
    memory->is_waitable = (flags & PORT_IS_WAITABLE) != 0;
    memory->port_id = port_id;
    memory->size = at->size;
    lock_init(layout_lock(at));
    lane_view_init(&ring_view, at->ring, &ring);
    lane_format(&ring_view);
    at->lanes[0].generation = 1;
    at->lanes[0].marked_generation = 1;
    at->lanes[0].ring_size = ring.ring_size;
    cursor_init(&at->lanes[0].cursor, 0);
    atom_store(&at->lanes[0].state, PORT_LANE_LIVE);
    atom_store(&memory->lanes_used, 1u);
    memory->version = PORT_LAYOUT_VERSION;
    atom_store(&memory->magic, PORT_MAGIC);
}

status_t port_keeper_init(struct port_keeper *keeper, void *memory,
                          const struct port_geometry *geometry, uint64_t port_id, uint32_t flags)
{
    struct lane_view ring_view;

    memset(keeper, 0, sizeof(*keeper));
    if (!layout_init(&keeper->at, memory, geometry))
        return STATUS_INVALID_PARAMETER;
    format_memory(&keeper->at, port_id, flags);
    struct lane_geometry ring = layout_ring(&keeper->at);
    lane_view_init(&ring_view, keeper->at.ring, &ring);
    producer_init(&keeper->lane0, &ring_view, -1);
    keeper->next_id = 1;
    keeper->lane_hint = 1;
    return STATUS_SUCCESS;
}

uint64_t port_keeper_posted(const struct port_keeper *keeper)
{
    return MIN(keeper->lane0.head, (uint64_t)keeper->at.geometry.ring_size);
}

#define WIPE_NODES_MAX 256u

static void wipe(void *start, size_t n, size_t size)
{
    memset(start, 0, n * size);
}

bool port_memory_wipe(void *memory, const struct port_geometry *geometry, uint64_t posted)
{
    struct port_layout at;

    if (!layout_init(&at, memory, geometry))
        return false;
    uint32_t n_nodes = atom_peek(&at.memory->nodes_used);
    if (n_nodes > MIN(geometry->n_nodes, WIPE_NODES_MAX))
        return false;
    if (n_nodes) {
        wipe(at.buckets, geometry->n_buckets, sizeof(*at.buckets));
        wipe(at.nodes, n_nodes, sizeof(*at.nodes));
        wipe(at.blocks, geometry->n_blocks / 8, 1);
    }
    wipe(at.memory, 1, sizeof(*at.memory));
    wipe(at.connections, geometry->n_connections, sizeof(*at.connections));
    wipe(at.close_queue, geometry->n_connections, sizeof(*at.close_queue));
    wipe(at.hot, geometry->n_lanes, sizeof(*at.hot));
    wipe(at.lanes, geometry->n_lanes, sizeof(*at.lanes));
    wipe(at.ring, 1, sizeof(struct lane_header));
    wipe((uint8_t *)at.ring + LANE_HEADER_BYTES, 1, posted);
    return true;
}

void port_keeper_deinit(struct port_keeper *keeper)
{
    free(keeper->lane_generations);
    free(keeper->connection_generations);
    memset(keeper, 0, sizeof(*keeper));
}

uint32_t port_keeper_lease(struct port_keeper *keeper, uint32_t n_ids)
{
    uint32_t first = keeper->next_id;

    if (!n_ids || n_ids > ID_LAST - keeper->next_id + 1 || keeper->next_id > ID_LAST)
        return 0;
    keeper->next_id += n_ids;
    return first;
}

/* Makes the private table of generations long enough for `place`. */
static bool grow(uint32_t **table, uint32_t *n, uint32_t place, uint32_t max)
{
    uint32_t n_new = *n ? *n : TABLE_MIN;

    while (n_new <= place)
        n_new *= 2;
    n_new = MIN(n_new, max);
    if (n_new <= *n)
        return place < *n;
    uint32_t *larger = realloc(*table, (size_t)n_new * sizeof(*larger));
    if (!larger)
        return false;
    memset(larger + *n, 0, (size_t)(n_new - *n) * sizeof(*larger));
    *table = larger;
    *n = n_new;
    return true;
}

/* A place that is not in use, from `first` on; `max`: none. The hint is where to begin; the lowest
 * never-used place is always found. */
static uint32_t find_place(const uint32_t *table, uint32_t n, uint32_t first, uint32_t hint,
                           uint32_t max)
{
    for (uint32_t i = MAX(hint, first); i < n; i++)
        if (!is_used(table[i]))
            return i;
    for (uint32_t i = first; i < hint && i < n; i++)
        if (!is_used(table[i]))
            return i;
    return MAX(n, first) < max ? MAX(n, first) : max;
}

static void store_max(uint32_t *word, uint32_t value)
{
    if (atom_peek(word) < value)
        atom_store(word, value);
}

static bool lane_is_used(const struct port_keeper *keeper, uint32_t lane)
{
    return lane && lane < keeper->n_lane_slots && is_used(keeper->lane_generations[lane]);
}

static bool connection_is_used(const struct port_keeper *keeper, uint32_t connection)
{
    return connection < keeper->n_connection_slots &&
           is_used(keeper->connection_generations[connection]);
}

/* The leases of the lane that this one takes the place of, and its own. */
static void enter_leases(struct port_keeper *keeper, struct port_lane *lane,
                         const struct port_lane_grant *grant)
{
    const struct port_lane *from = NULL;
    uint32_t n = 0;

    if (grant->previous && lane_is_used(keeper, grant->previous - 1))
        from = &keeper->at.lanes[grant->previous - 1];
    uint32_t n_from = from ? MIN(atom_peek(&from->n_leases), PORT_LEASES_MAX) : 0;
    for (; n < n_from; n++)
        lane->leases[n] = from->leases[n];
    if (grant->lease.n_ids && n < PORT_LEASES_MAX)
        lane->leases[n++] = grant->lease;
    atom_store(&lane->n_leases, n);
}

status_t port_keeper_grant_lane(struct port_keeper *keeper, const struct port_lane_grant *grant,
                                uint32_t *ret_lane, uint32_t *ret_generation)
{
    uint32_t max = keeper->at.geometry.n_lanes;
    uint32_t place =
        find_place(keeper->lane_generations, keeper->n_lane_slots, 1, keeper->lane_hint, max);

    if (place >= max)
        return STATUS_QUOTA_EXCEEDED;
    if (!grow(&keeper->lane_generations, &keeper->n_lane_slots, place, max))
        return STATUS_NO_MEMORY;
    struct port_lane *lane = &keeper->at.lanes[place];
    atom_store(&lane->generation, ++keeper->lane_generations[place]);
    atom_poke(&lane->process_id, grant->process_id);
    atom_poke(&lane->sender, grant->sender);
    lane->ring_size = grant->geometry.ring_size;
    lane->n_slots = grant->geometry.n_slots;
    atom_poke(&lane->previous, lane_is_used(keeper, grant->previous - 1) ? grant->previous : 0);
    enter_leases(keeper, lane, grant);
    atom_store(&lane->state, PORT_LANE_LIVE); /* (K1) */
    store_max(&keeper->at.memory->lanes_used, place + 1);
    /* Last: from now on a receiver knows that some lane is cold and takes the doorbell's edges. */
    atom_store(&keeper->at.memory->n_granted, ++keeper->n_granted);
    keeper->n_lanes++;
    keeper->lane_hint = place + 1;
    *ret_lane = place;
    *ret_generation = keeper->lane_generations[place];
    return STATUS_SUCCESS;
}

status_t port_keeper_extend_lease(struct port_keeper *keeper, uint32_t place,
                                  const struct port_lease *lease)
{
    if (!lane_is_used(keeper, place))
        return STATUS_INVALID_PARAMETER;
    struct port_lane *lane = &keeper->at.lanes[place];
    uint32_t n = atom_peek(&lane->n_leases);
    if (n >= PORT_LEASES_MAX)
        return STATUS_QUOTA_EXCEEDED;
    lane->leases[n] = *lease;
    atom_store(&lane->n_leases, n + 1);
    return STATUS_SUCCESS;
}

static void ask_attention(struct port_keeper *keeper)
{
    atom_add(&keeper->at.memory->attention, 1u);
}

static void lane_ends(struct port_keeper *keeper, uint32_t place, enum port_lane_state state)
{
    if (!lane_is_used(keeper, place))
        return;
    atom_store(&keeper->at.lanes[place].state, state);
    ask_attention(keeper);
}

void port_keeper_lane_died(struct port_keeper *keeper, uint32_t place)
{
    lane_ends(keeper, place, PORT_LANE_DEAD);
}

void port_keeper_lane_was_unused(struct port_keeper *keeper, uint32_t place)
{
    lane_ends(keeper, place, PORT_LANE_UNUSED);
}

bool port_keeper_lane_is_drained(const struct port_keeper *keeper, uint32_t place)
{
    return lane_is_used(keeper, place) && atom_load(&keeper->at.lanes[place].drained_generation) ==
                                              keeper->lane_generations[place];
}

void port_keeper_free_lane(struct port_keeper *keeper, uint32_t place)
{
    if (!lane_is_used(keeper, place))
        return;
    for (uint32_t i = 1; i < keeper->n_lane_slots; i++)
        if (is_used(keeper->lane_generations[i]) &&
            atom_peek(&keeper->at.lanes[i].previous) == place + 1)
            atom_store(&keeper->at.lanes[i].previous, 0u);
    atom_store(&keeper->at.lanes[place].state, PORT_LANE_FREE);
    keeper->lane_generations[place]++;
    keeper->n_lanes--;
    keeper->lane_hint = MIN(keeper->lane_hint, place);
}

status_t port_keeper_connect(struct port_keeper *keeper, const struct port_connect *connect,
                             uint32_t *ret_connection, uint32_t *ret_generation)
{
    uint32_t max = keeper->at.geometry.n_connections;
    uint32_t place = find_place(keeper->connection_generations, keeper->n_connection_slots, 0,
                                keeper->connection_hint, max);

    if (place >= max)
        return STATUS_QUOTA_EXCEEDED;
    if (!grow(&keeper->connection_generations, &keeper->n_connection_slots, place, max))
        return STATUS_NO_MEMORY;
    struct port_connection *entry = &keeper->at.connections[place];
    atom_store(&entry->generation, ++keeper->connection_generations[place]);
    if (MUTANT(early_state)) {
        atom_store(&entry->state, PORT_CONNECTION_PENDING);
        HOOK(connecting);
    }
    entry->process_id = connect->process_id;
    entry->thread_id = connect->thread_id;
    for (unsigned i = 0; i < PORT_SENDERS_MAX; i++)
        atom_poke(&entry->senders[i], i ? 0u : connect->sender);
    memcpy(entry->token_ids, connect->token_ids, sizeof(entry->token_ids));
    entry->create_time = connect->create_time;
    atom_poke(&entry->close_stamp, 0u);
    atom_poke(&entry->close_flags, 0u);
    atom_store(&entry->state, PORT_CONNECTION_PENDING); /* (K1) */
    store_max(&keeper->at.memory->connections_used, place + 1);
    keeper->n_connections++;
    keeper->connection_hint = place + 1;
    *ret_connection = place;
    *ret_generation = keeper->connection_generations[place];
    return STATUS_SUCCESS;
}

void port_keeper_open(struct port_keeper *keeper, uint32_t place)
{
    if (connection_is_used(keeper, place) && !(keeper->connection_generations[place] & CLOSED))
        atom_store(&keeper->at.connections[place].state, PORT_CONNECTION_OPEN);
}

status_t port_keeper_add_sender(struct port_keeper *keeper, uint32_t place, uint32_t sender)
{
    if (!connection_is_used(keeper, place) || !sender)
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < PORT_SENDERS_MAX; i++) {
        uint32_t seen = atom_peek(&keeper->at.connections[place].senders[i]);
        if (seen && seen != sender)
            continue;
        atom_store(&keeper->at.connections[place].senders[i], sender);
        return STATUS_SUCCESS;
    }
    return STATUS_QUOTA_EXCEEDED;
}

void port_keeper_remove_sender(struct port_keeper *keeper, uint32_t place, uint32_t sender)
{
    if (!connection_is_used(keeper, place))
        return;
    for (unsigned i = 0; i < PORT_SENDERS_MAX; i++)
        if (atom_peek(&keeper->at.connections[place].senders[i]) == sender)
            atom_store(&keeper->at.connections[place].senders[i], 0u);
}

void port_keeper_close(struct port_keeper *keeper, uint32_t place, uint32_t flags, uint64_t now_ns)
{
    if (!connection_is_used(keeper, place))
        return;
    struct port_connection *entry = &keeper->at.connections[place];
    if (keeper->connection_generations[place] & CLOSED)
        return;
    keeper->connection_generations[place] |= CLOSED;
    atom_poke(&entry->close_flags, flags);
    atom_poke(&entry->close_stamp, now_ns);
    atom_store(&entry->state, PORT_CONNECTION_CLOSED);
    atom_store(
        &keeper->at.close_queue[keeper->close_tail & (keeper->at.geometry.n_connections - 1)],
        place);
    atom_store(&keeper->at.memory->close_tail, ++keeper->close_tail);
}

bool port_keeper_close_is_done(const struct port_keeper *keeper, uint32_t place)
{
    return connection_is_used(keeper, place) &&
           atom_load(&keeper->at.connections[place].done_generation) ==
               connection_generation(keeper, place);
}

void port_keeper_free_connection(struct port_keeper *keeper, uint32_t place)
{
    if (!connection_is_used(keeper, place))
        return;
    atom_store(&keeper->at.connections[place].state, PORT_CONNECTION_FREE);
    keeper->connection_generations[place] = (connection_generation(keeper, place) + 1) & ~CLOSED;
    keeper->n_connections--;
    keeper->connection_hint = MIN(keeper->connection_hint, place);
}

enum lane_result port_keeper_post(struct port_keeper *keeper, const struct lane_message *message,
                                  const void *attributes, const void *data)
{
    return producer_send(&keeper->lane0, message, attributes, data);
}

bool port_keeper_want_space(struct port_keeper *keeper, bool wanted)
{
    uint32_t *word = &lane_header(&keeper->lane0.view)->producer.space_wanted;

    /* (R7) Partner: the fences in cursor_publish and port_lane0_has_room. The caller tries again
     * after this: it sees the progress, or the holder sees the wish. */
    return atom_swap(word, wanted ? 1u : 0u) == 0 && wanted;
}

void port_keeper_end(struct port_keeper *keeper, status_t status)
{
    atom_store(&keeper->at.memory->ended_status, status);
}

void port_keeper_holder_died(struct port_keeper *keeper, uint32_t process_id)
{
    bool found = false;

    for (unsigned i = 0; i < PORT_HOLDERS_MAX; i++) {
        struct port_holder *holder = &keeper->at.memory->holders[i];
        if (!process_id || atom_load(&holder->process_id) != process_id)
            continue;
        atom_store(&holder->dead, process_id);
        found = true;
    }
    if (found)
        ask_attention(keeper);
}

void port_keeper_read(const struct port_keeper *keeper, struct port_lengths *ret_lengths)
{
    const struct port_counters *counters = &keeper->at.memory->counters;
    uint32_t max = keeper->at.geometry.n_nodes;

    ret_lengths->n_queued =
        MIN(atom_peek(&counters->n_main), max) + MIN(atom_peek(&counters->n_large), max);
    ret_lengths->n_pending = MIN(atom_peek(&counters->n_pending), max);
    ret_lengths->n_sent = MIN(atom_peek(&counters->n_sent), max);
    ret_lengths->n_received = atom_peek(&counters->n_received);
}

uint32_t port_keeper_count_lane(const struct port_keeper *keeper, uint32_t place,
                                const struct lane_view *lane_view)
{
    struct lane_cursor cursor;
    struct lane_record record;
    uint32_t n = 0;

    if (place >= keeper->n_lane_slots && place)
        return 0;
    const struct lane_cursor *at = &keeper->at.lanes[place].cursor;
    cursor_init(&cursor, atom_peek(&at->next) & ~(uint64_t)(LANE_RECORD_BYTES - 1));
    /* A private cursor: reads only, nothing is told to the sender. Bounded by the ring: each record
     * takes a line. */
    while (n < lane_view->geometry.ring_size / LANE_RECORD_BYTES &&
           cursor_peek(lane_view, &cursor, &record) == LANE_OK) {
        cursor_take(&cursor, &record);
        n++;
    }
    return n;
}
