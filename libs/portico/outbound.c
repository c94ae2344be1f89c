/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Outbounds: who has one, and for how long. What is done with the lane itself is in
 * outbound_lane.c.
 *
 * The server keeps one lane for each pair (sending process, receiving port) as long as any
 * connection between the two lives. So a connect that this process makes beside an existing one is
 * answered with a lane that is known here, and the producer state, which is private, must be found:
 * outbounds are looked up by the server's name for the way (sender_id), which all lanes of it, one
 * after the other, have in common.
 *
 * Race 1. The last port of an outbound goes while the server still has connections of this process
 * to that receiver: one that another thread's connect is about to bring, one whose port has not
 * sent yet, one whose handle has been duplicated. Were the outbound freed then, the next grant
 * would begin the lane from its start and destroy it. So an outbound without ports is idle, not
 * freed; when there are enough of them the server is asked which have gone (its ids are never used
 * again), and those are freed unless a grant is under way that was answered before.
 *
 * Race 2. Thread A has been granted a larger lane and has not read the answer yet; thread B's
 * connect is answered with that lane, or was answered before with the older one. Either way B finds
 * the outbound and leaves the lane to A: only growth replaces a lane. */

#include <stdlib.h>

#include "common/fd.h"
#include "lane/atomics.h"
#include "lane/sys.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"

#define IDLE_ALLOWED 16u

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list outbounds = LIST_INIT(outbounds); /* list_lock */
static unsigned n_grants;                            /* list_lock */
static unsigned n_idle;                              /* outbounds without ports; list_lock */
static unsigned n_idle_allowed = IDLE_ALLOWED;       /* list_lock */

void outlane_free(struct outlane *lane)
{
    while (lane) {
        struct outlane *older = lane->older;

        lane_unmap(&lane->producer.view);
        fd_close(lane->producer.bell_fd);
        free(lane);
        lane = older;
    }
}

static void outbound_free(struct outbound *outbound)
{
    outlane_free(outbound->current);
    pthread_mutex_destroy(&outbound->lock);
    free(outbound);
}

static struct outbound *outbound_find_locked(uint64_t sender_id)
{
    struct outbound *outbound;

    list_for_each(outbound, &outbounds, link)
        if (outbound->sender_id == sender_id)
            return outbound;
    return NULL;
}

/* The idle ones' ids, as many as one request takes. */
static uint32_t idle_ids_locked(uint64_t ids[SENDERS_LEFT_MAX])
{
    struct outbound *outbound;
    uint32_t n = 0;

    list_for_each(outbound, &outbounds, link)
        if (outbound->n_ports == 0 && n < SENDERS_LEFT_MAX)
            ids[n++] = outbound->sender_id;
    return n;
}

static void idle_free_locked(const uint64_t *ids, const uint8_t *is_left, uint32_t n)
{
    if (n_grants)
        return;
    for (uint32_t i = 0; i < n; i++) {
        struct outbound *outbound = is_left[i] ? NULL : outbound_find_locked(ids[i]);

        if (!outbound || outbound->n_ports)
            continue;
        list_remove(&outbound->link);
        outbound_free(outbound);
        n_idle--;
    }
    /* Those that are left are not asked about again until as many have joined them. */
    n_idle_allowed = 2 * n_idle + IDLE_ALLOWED;
}

static void idle_collect(void)
{
    struct alpc_senders_left_request request = {0};
    struct alpc_senders_left_reply reply;
    uint64_t ids[SENDERS_LEFT_MAX];
    uint8_t is_left[SENDERS_LEFT_MAX];
    struct call_extra extra = {.data = ids, .ret_data = is_left, .ret_capacity = sizeof(is_left)};
    struct control *control = portico_control();
    uint32_t n;

    pthread_mutex_lock(&list_lock);
    n = idle_ids_locked(ids);
    pthread_mutex_unlock(&list_lock);
    extra.data_size = n * (uint32_t)sizeof(ids[0]);
    if (!control || !n ||
        call_alpc_senders_left(control, &request, &reply, &extra) != STATUS_SUCCESS ||
        extra.ret_size != n)
        return;
    pthread_mutex_lock(&list_lock);
    idle_free_locked(ids, is_left, n);
    pthread_mutex_unlock(&list_lock);
}

void outbound_grant_begin(void)
{
    pthread_mutex_lock(&list_lock);
    n_grants++;
    pthread_mutex_unlock(&list_lock);
}

void outbound_grant_end(void)
{
    pthread_mutex_lock(&list_lock);
    bool is_due = --n_grants == 0 && n_idle > n_idle_allowed;
    pthread_mutex_unlock(&list_lock);
    if (is_due)
        idle_collect();
}

void outbound_join(struct outbound *outbound)
{
    pthread_mutex_lock(&list_lock);
    n_idle -= outbound->n_ports++ == 0;
    pthread_mutex_unlock(&list_lock);
}

void outbound_leave(struct outbound *outbound)
{
    pthread_mutex_lock(&list_lock);
    n_idle += --outbound->n_ports == 0;
    pthread_mutex_unlock(&list_lock);
}

bool slot_place_is_out(const struct slot_place *place)
{
    struct outbound *outbound;
    bool is_out;

    pthread_mutex_lock(&list_lock);
    outbound = outbound_find_locked(place->sender_id);
    if (outbound && !outbound->n_ports)
        outbound = NULL; /* its connections have ended */
    if (outbound)        /* stays: its lock is not taken under the list's */
        outbound->n_ports++;
    pthread_mutex_unlock(&list_lock);
    if (!outbound)
        return false;
    is_out =
        outbound_slot_is_out(outbound, place->lane, place->generation, place->slot, place->word);
    outbound_leave(outbound);
    return is_out;
}

/* The lane of a grant, mapped. Takes the descriptors over. */
static status_t outlane_new(const struct lane_grant *grant, int lane_fd, int bell_fd,
                            struct outlane **ret_lane)
{
    const struct lane_geometry geometry = {.ring_size = grant->ring_size,
                                           .n_slots = grant->n_slots};
    _cleanup_(fd_closep) int owned_lane = lane_fd, owned_bell = bell_fd;
    _cleanup_(freep) struct outlane *lane = aligned_alloc(64, ALIGN_UP(sizeof(*lane), 64));
    struct lane_view view;

    if (!lane)
        return STATUS_NO_MEMORY;
    /* No bell: this process had no room for one descriptor more. Nobody would be woken. */
    if (owned_bell < 0 || lane_map(owned_lane, &geometry, &view) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lane = (struct outlane){.lane = grant->lane, .generation = grant->generation};
    producer_init(&lane->producer, &view, TAKE_FD(owned_bell));
    slot_pool_init(&lane->slots, geometry.n_slots);
    *ret_lane = TAKE(lane);
    return STATUS_SUCCESS;
}

static status_t outbound_new(const struct lane_grant *grant, int lane_fd, int bell_fd,
                             struct outbound **ret_outbound)
{
    _cleanup_(freep) struct outbound *outbound = calloc(1, sizeof(*outbound));
    status_t status;

    if (!outbound) {
        fd_close(lane_fd);
        fd_close(bell_fd);
        return STATUS_NO_MEMORY;
    }
    status = outlane_new(grant, lane_fd, bell_fd, &outbound->current);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_init(&outbound->lock, NULL);
    outbound->sender_id = grant->sender_id;
    outbound->leases[0] = (struct lane_lease){grant->first_id, grant->n_ids};
    outbound->n_leases = 1;
    *ret_outbound = TAKE(outbound);
    return STATUS_SUCCESS;
}

status_t outbound_adopt(const struct lane_grant *grant, int lane_fd, int bell_fd,
                        struct outbound **ret_outbound)
{
    struct outbound *outbound;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&list_lock);
    outbound = outbound_find_locked(grant->sender_id);
    if (outbound) {
        fd_close(lane_fd);
        fd_close(bell_fd);
    } else {
        status = outbound_new(grant, lane_fd, bell_fd, &outbound);
        if (status == STATUS_SUCCESS) {
            list_append(&outbounds, &outbound->link);
            n_idle++;
        }
    }
    if (status == STATUS_SUCCESS) {
        n_idle -= outbound->n_ports++ == 0;
        *ret_outbound = outbound;
    }
    pthread_mutex_unlock(&list_lock);
    return status;
}

struct outbound *outbound_of_grant(const struct lane_grant *grant)
{
    struct outbound *outbound;

    pthread_mutex_lock(&list_lock);
    outbound = outbound_find_locked(grant->sender_id);
    if (outbound)
        n_idle -= outbound->n_ports++ == 0;
    pthread_mutex_unlock(&list_lock);
    return outbound;
}

static status_t outbound_ask(struct port *port, struct outbound **ret_outbound)
{
    struct alpc_lane_request request = {.port = port->handle, .connection = port->connection};
    struct alpc_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    outbound_grant_begin();
    status = call_alpc_lane(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS)
        status = outbound_adopt(&reply.lane, extra.ret_fds[0], extra.ret_fds[1], ret_outbound);
    if (status == STATUS_SUCCESS) {
        port->peer_connection = reply.connection;
        port->peer_generation = reply.connection_generation;
    }
    outbound_grant_end();
    return status;
}

status_t outbound_of_port(struct port *port, struct outbound **ret_outbound)
{
    struct outbound *outbound = port->outbound;
    status_t status = STATUS_SUCCESS;

    if (!outbound) {
        pthread_mutex_lock(&port->lock);
        outbound = port->outbound;
        if (!outbound) {
            status = outbound_ask(port, &outbound);
            if (status == STATUS_SUCCESS)
                port->outbound = outbound;
        }
        pthread_mutex_unlock(&port->lock);
    }
    if (status == STATUS_SUCCESS)
        *ret_outbound = outbound;
    return status;
}

/* Replaces a lane that is too small by one that the server grants. */
static status_t outbound_replace_locked(const struct destination *to, bool shrink)
{
    struct outbound *outbound = to->outbound;
    struct outlane *old = outbound->current, *lane = NULL;
    struct alpc_grow_lane_request request = {
        .port = to->port->handle, .connection = to->here, .lane = old->lane, .shrink = shrink};
    struct alpc_grow_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_grow_lane(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    status = outlane_new(&reply.lane, extra.ret_fds[0], extra.ret_fds[1], &lane);
    if (status != STATUS_SUCCESS)
        return status;
    if (producer_move(&old->producer, lane->lane) != LANE_OK) {
        outlane_free(lane);
        return STATUS_PORT_DISCONNECTED;
    }
    lane->older = old;
    lane->producer.kept = outbound->kept;
    outbound->busy_ns = sys_now_ns();
    (void)atom_swap(&outbound->current, lane); /* outbound_ids.c, race 1 */
    outbound_tell_waiters(outbound, old);
    return STATUS_SUCCESS;
}

static status_t outbound_grow_locked(const struct destination *to)
{
    return outbound_replace_locked(to, false);
}

status_t outbound_shrink_locked(const struct destination *to)
{
    return outbound_replace_locked(to, true);
}

status_t outbound_grow(const struct destination *to, const struct outlane *full)
{
    struct outbound *outbound = to->outbound;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&outbound->lock);
    if (outbound->current == full)
        status = outbound_grow_locked(to);
    pthread_mutex_unlock(&outbound->lock);
    return status;
}

status_t outbound_reserve_locked(const struct destination *to, uint32_t attr_size,
                                 uint32_t data_size, uint8_t **ret_attributes, uint8_t **ret_data)
{
    for (;;) {
        struct lane_producer *producer = &to->outbound->current->producer;
        enum lane_result result;
        status_t status;

        if (UNLIKELY(to->may_use_kept))
            producer->kept = 0;
        result = producer_reserve(producer, attr_size, data_size, ret_attributes, ret_data);
        if (UNLIKELY(to->may_use_kept))
            producer->kept = to->outbound->kept;

        if (result == LANE_OK)
            return STATUS_SUCCESS;
        if (result != LANE_FULL && result != LANE_TOO_LARGE)
            return STATUS_PORT_DISCONNECTED;
        status = outbound_grow_locked(to);
        if (status != STATUS_SUCCESS)
            return status;
    }
}

status_t outbound_keep(const struct destination *to, uint32_t bytes)
{
    struct outbound *outbound = to->outbound;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&outbound->lock);
    for (;;) {
        struct lane_producer *producer = &outbound->current->producer;
        uint32_t kept = outbound->kept + bytes;

        if (kept <= producer->view.geometry.ring_size / 2 && kept <= producer_room(producer))
            break;
        status = outbound_grow_locked(to);
        if (status != STATUS_SUCCESS)
            break;
    }
    if (status == STATUS_SUCCESS)
        outbound->current->producer.kept = outbound->kept += bytes;
    pthread_mutex_unlock(&outbound->lock);
    return status;
}

void outbound_unkeep(struct outbound *outbound, uint32_t bytes)
{
    pthread_mutex_lock(&outbound->lock);
    outbound->current->producer.kept = outbound->kept -= bytes;
    pthread_mutex_unlock(&outbound->lock);
}

void outbound_publish_locked(const struct destination *to, const struct lane_message *message)
{
    struct outbound *outbound = to->outbound;
    struct lane_producer *producer = &outbound->current->producer;

    producer_publish(producer, message);
    if (producer_ring(producer))
        counter_add(&the_counters.bells);
    if (UNLIKELY(outbound->current->older ||
                 producer->view.geometry.ring_size > LANE_RING_FIRST_BYTES) &&
        ++outbound->n_since_retire >= RETIRE_EVERY)
        outbound_tidy_locked(to);
}
