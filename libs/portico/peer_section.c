/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Sections of other processes (reference 4.8).
 *
 * The receiver asks the server for a section at its first sight, maps it whole, read-only, and
 * keeps it: handing over a view of a section that is mapped already costs a look-up here and
 * nothing else, whatever its size (DIFFERS: no fault on use after release; on Windows the rest of
 * the section is not mapped either, only the region). The server gives a section only to the other
 * end of the connection it belongs to. Secured memory comes once and goes with its view.
 *
 * A peer (one connection, by its generation) can make this process map no more than PEER_IN_USE
 * sections at once; of those without views the latest few stay. UNKNOWN: Windows' limits for views
 * that their receiver never lets go.
 *
 * The lock is held while the server is asked for a section, which it answers at once: two threads
 * must not map one twice. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "common/seldom.h"
#include "local_port.h"
#include "peer_section.h"
#include "process.h"
#include "receiver.h"

#define PAGE_BYTES  4096u
#define N_BUCKETS   1024u
#define PEER_IN_USE 256u  /* sections with views */
#define PEER_IDLE   16u   /* without */
#define TOTAL_IDLE  4096u /* of all peers */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list peers[N_BUCKETS] SELDOM;
static struct list ended = LIST_INIT(ended), idle = LIST_INIT(idle);
static uint32_t n_idle, n_peers; /* all peers, ended ones too */

void peers_lock(void)
{
    pthread_mutex_lock(&lock);
}

void peers_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static struct list *bucket_of(uint64_t receiver, uint32_t connection)
{
    return list_ready(&peers[(receiver * 31 + connection) % N_BUCKETS]);
}

static struct peer *peer_get(const struct port *port, const struct attributes_source *source)
{
    uint64_t receiver = port->receiver->port_id;
    struct list *bucket = bucket_of(receiver, source->connection);
    struct peer *peer;

    list_for_each(peer, bucket, link)
        if (peer->receiver == receiver && peer->connection == source->connection &&
            peer->generation == source->generation)
            return peer;
    peer = calloc(1, sizeof(*peer));
    if (!peer)
        return NULL;
    peer->receiver = receiver;
    peer->connection = source->connection;
    peer->generation = source->generation;
    list_init(&peer->sections);
    list_append(bucket, &peer->link);
    n_peers++;
    return peer;
}

static void peer_free_if_empty(struct peer *peer)
{
    if (!list_is_empty(&peer->sections))
        return;
    list_remove(&peer->link);
    free(peer);
    n_peers--;
}

static void idle_end(struct peer_section *section)
{
    if (!list_is_linked(&section->idle))
        return;
    list_remove(&section->idle);
    section->peer->n_idle--;
    n_idle--;
}

/* Its peer stays. */
static void section_free(struct peer_section *section)
{
    idle_end(section);
    list_remove(&section->link);
    section->peer->n_sections--;
    the_process.hooks.unmap(section->base, ALIGN_UP(section->size, (uint64_t)PAGE_BYTES));
    free(section);
}

static void idle_begin(struct peer_section *section)
{
    struct peer *peer = section->peer;

    list_append(&idle, &section->idle);
    n_idle++;
    list_remove(&section->link);
    list_append(&peer->sections, &section->link);
    if (++peer->n_idle > PEER_IDLE) { /* the first of its idle ones */
        struct peer_section *other;
        list_for_each(other, &peer->sections, link)
            if (list_is_linked(&other->idle))
                break;
        section_free(other);
    } else if (n_idle > TOTAL_IDLE) {
        struct peer_section *oldest = list_first(&idle, struct peer_section, idle);
        struct peer *other = oldest->peer;
        section_free(oldest);
        if (other != peer)
            peer_free_if_empty(other);
    }
}

void peer_section_rest(struct peer_section *section)
{
    struct peer *peer = section->peer;

    if (section->n_views || list_is_linked(&section->idle))
        return;
    if (!section->is_secured && !peer->has_ended) {
        idle_begin(section);
        return;
    }
    section_free(section);
    peer_free_if_empty(peer);
}

static struct peer_section *section_find(struct peer *peer, uint32_t id)
{
    struct peer_section *section;

    list_for_each(section, &peer->sections, link)
        if (id && section->id == id) /* 0: secured memory, for its own message alone */
            return section;
    return NULL;
}

static status_t section_map(struct peer_section *section, int fd)
{
    uint64_t size = ALIGN_UP(section->size, (uint64_t)PAGE_BYTES);
    void *base;
    status_t status = the_process.hooks.reserve(size, false, &base);

    if (status != STATUS_SUCCESS)
        return status;
    if (mmap(base, size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        status = errno == EACCES || errno == EPERM ? STATUS_ACCESS_DENIED : STATUS_NO_MEMORY;
        the_process.hooks.unmap(base, size);
        return status;
    }
    section->base = base;
    return STATUS_SUCCESS;
}

static status_t section_ask(const struct port *port, const struct attributes_source *source,
                            const struct wire_view *wire, struct peer_section *section)
{
    struct alpc_map_view_request request = {.offset = wire->memory ? 0 : wire->offset,
                                            .size = wire->size,
                                            .port = port->handle,
                                            .connection = source->connection,
                                            .section_id = wire_view_id(wire)};
    struct alpc_map_view_reply reply;
    struct call_extra extra = {0};
    _cleanup_(fd_closep) int fd = -1;
    struct control *control = portico_control();
    status_t status = control ? call_alpc_map_view(control, &request, &reply, &extra)
                              : STATUS_INSUFFICIENT_RESOURCES;

    if (status != STATUS_SUCCESS)
        return status;
    fd = extra.ret_fds[0];
    section->size = reply.section_size;
    section->is_secured = reply.is_secured;
    section->id = reply.is_secured ? 0 : request.section_id;
    return section_map(section, fd);
}

static status_t section_receive(const struct port *port, const struct attributes_source *source,
                                const struct wire_view *wire, struct peer *peer,
                                struct peer_section **ret_section)
{
    _cleanup_(freep) struct peer_section *section = calloc(1, sizeof(*section));
    status_t status;

    if (!section)
        return STATUS_NO_MEMORY;
    if (peer->n_sections - peer->n_idle >= PEER_IN_USE)
        return STATUS_QUOTA_EXCEEDED;
    status = section_ask(port, source, wire, section);
    if (status != STATUS_SUCCESS)
        return status;
    list_init(&section->idle);
    section->peer = peer;
    list_prepend(&peer->sections, &section->link);
    peer->n_sections++;
    *ret_section = TAKE(section);
    return STATUS_SUCCESS;
}

status_t peer_section_get(const struct port *port, const struct attributes_source *source,
                          const struct wire_view *wire, struct peer_section **ret_section)
{
    struct peer *peer = peer_get(port, source);
    status_t status = STATUS_SUCCESS;

    if (!peer)
        return STATUS_NO_MEMORY;
    *ret_section = section_find(peer, wire_view_id(wire));
    if (!*ret_section)
        status = section_receive(port, source, wire, peer, ret_section);
    if (status != STATUS_SUCCESS)
        peer_free_if_empty(peer);
    return status;
}

void peer_section_hold(struct peer_section *section)
{
    idle_end(section);
    section->n_views++;
    section->peer->n_views++;
}

void peer_section_drop(struct peer_section *section)
{
    section->n_views--;
    section->peer->n_views--;
    peer_section_rest(section);
}

static void peer_end_one(struct peer *peer)
{
    struct peer_section *section, *next;

    list_for_each_safe(section, next, &peer->sections, link)
        if (section->n_views == 0)
            section_free(section);
    peer->has_ended = true;
    list_remove(&peer->link);
    list_append(&ended, &peer->link);
    peer_free_if_empty(peer);
}

void peer_end(const struct receiver *receiver, uint32_t connection, uint32_t generation)
{
    struct peer *peer, *next;

    list_for_each_safe(peer, next, bucket_of(receiver->port_id, connection), link)
        if (peer->receiver == receiver->port_id && peer->connection == connection &&
            peer->generation == generation)
            peer_end_one(peer);
}

static void peers_free_in(struct list *list, uint64_t receiver,
                          void (*forget)(struct peer_section *section))
{
    struct peer_section *section, *next_section;
    struct peer *peer, *next;

    list_for_each_safe(peer, next, list, link) {
        if (peer->receiver != receiver)
            continue;
        list_for_each_safe(section, next_section, &peer->sections, link) {
            if (section->n_views)
                forget(section);
            section_free(section);
        }
        peer_free_if_empty(peer);
    }
}

void peers_free(const struct receiver *receiver, void (*forget)(struct peer_section *section))
{
    for (size_t i = 0; n_peers && i < N_BUCKETS; i++)
        peers_free_in(list_ready(&peers[i]), receiver->port_id, forget);
    peers_free_in(&ended, receiver->port_id, forget);
}
