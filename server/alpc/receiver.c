/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See receiver.h. */

#include "receiver.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client.h"
#include "common/fd.h"
#include "grants.h"
#include "process.h"
#include "section.h"
#include "server.h"
#include "spare.h"

#define OWN_IDS      256u
#define UNPOSTED_MAX 1024u
#define BELLS_FDS    4u

struct unposted {
    struct list link;
    struct lane_message message;
    uint8_t data[];
};

static status_t memory_make(struct receiver *receiver, uint64_t size)
{
    _cleanup_(fd_closep) int fd = memory_new("portico-port", size);
    void *memory;

    if (fd < 0)
        return fd == -EMFILE || fd == -ENFILE ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_MEMORY;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED)
        return STATUS_NO_MEMORY;
    /* A holder must not be able to seal it against the others. */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) < 0) {
        munmap(memory, size);
        return STATUS_NO_MEMORY;
    }
    receiver->memory_id = ++receiver->server->last_memory_id;
    receiver->memory = memory;
    receiver->size = size;
    receiver->memory_fd = TAKE_FD(fd);
    receiver->server->lane_bytes += size;
    return STATUS_SUCCESS;
}

/* Makes it, at its user's charge. */
static status_t memory_get(struct receiver *receiver, uint64_t size)
{
    status_t status = user_charge(&receiver->memory_charge, receiver->user, USER_MEMORY, size);

    if (!status)
        status = user_charge(&receiver->fd_charge, receiver->user, USER_FDS, 1);
    return status ? status : memory_make(receiver, size);
}

status_t receiver_init(struct receiver *receiver, struct server *server, struct process *owner,
                       uint64_t memory_id, uint64_t port_id, bool is_client, bool is_waitable)
{
    struct port_geometry geometry = is_client ? PORT_GEOMETRY_CLIENT : PORT_GEOMETRY_CONNECTION;
    status_t status = STATUS_SUCCESS;

    *receiver = (struct receiver){
        .server = server, .port_id = port_id, .is_client = is_client, .memory_fd = -1};
    receiver->bells = (struct doorbell_set){-1, -1, -1, -1};
    receiver->user = user_ref(owner->user);
    list_init(&receiver->holdings);
    list_init(&receiver->senders);
    list_init(&receiver->unposted);
    if (!memory_id || !spare_take(receiver, owner, memory_id))
        status = memory_get(receiver, port_memory_size(&geometry));
    if (!status)
        status = port_keeper_init(&receiver->keeper, receiver->memory, &geometry, port_id,
                                  (is_client ? PORT_IS_CLIENT : 0) |
                                      (is_waitable ? PORT_IS_WAITABLE : 0));
    if (status)
        receiver_deinit(receiver);
    return status;
}

static void unposted_free(struct unposted *unposted)
{
    list_remove(&unposted->link);
    free(unposted);
}

void receiver_deinit(struct receiver *receiver)
{
    struct unposted *unposted, *next;
    struct holding *holding, *next_holding;

    if (!receiver->user)
        return;
    senders_free(receiver);
    spare_keep(receiver);
    list_for_each_safe(holding, next_holding, &receiver->holdings, receiver_link)
        holding_free(holding);
    list_for_each_safe(unposted, next, &receiver->unposted, link)
        unposted_free(unposted);
    if (receiver->has_bells)
        doorbell_set_close(&receiver->bells);
    port_keeper_deinit(&receiver->keeper);
    if (receiver->memory) {
        munmap(receiver->memory, receiver->size);
        receiver->server->lane_bytes -= receiver->size;
    }
    fd_close(receiver->memory_fd);
    charge_release(&receiver->memory_charge);
    charge_release(&receiver->fd_charge);
    charge_release(&receiver->bells_charge);
    user_unref(receiver->user);
    *receiver = (struct receiver){.memory_fd = -1};
}

void receiver_put(const struct receiver *receiver, struct alpc_connect_reply *reply,
                  struct reply_extra *extra)
{
    if (receiver->is_reused)
        return;
    extra->fds[extra->n_fds++] = receiver->memory_fd;
    reply->comes |= CONNECT_MEMORY_COMES;
}

status_t receiver_bells(struct receiver *receiver)
{
    status_t status;

    if (receiver->has_bells)
        return STATUS_SUCCESS;
    status = user_charge(&receiver->bells_charge, receiver->user, USER_FDS, BELLS_FDS);
    if (status)
        return status;
    if (doorbell_set_open(&receiver->bells) < 0) {
        charge_release(&receiver->bells_charge);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    receiver->has_bells = true;
    if (!lanes_rearm(receiver, true)) {
        receiver->has_bells = false;
        doorbell_set_close(&receiver->bells);
        charge_release(&receiver->bells_charge);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

void receiver_ring(struct receiver *receiver)
{
    if (receiver->has_bells)
        doorbell_ring(receiver->bells.daemon_bell);
}

status_t receiver_hold(struct receiver *receiver, struct process *process)
{
    struct holding *holding;

    list_for_each(holding, &receiver->holdings, receiver_link) {
        if (holding->process == process)
            return STATUS_SUCCESS;
    }
    holding = calloc(1, sizeof(*holding));
    if (!holding)
        return STATUS_NO_MEMORY;
    holding->process = process;
    holding->receiver = receiver;
    receiver->n_given++;
    list_append(&process->held, &holding->process_link);
    list_append(&receiver->holdings, &holding->receiver_link);
    return STATUS_SUCCESS;
}

void holding_free(struct holding *holding)
{
    list_remove(&holding->process_link);
    list_remove(&holding->receiver_link);
    free(holding);
}

void receiver_notify_closed(struct receiver *receiver, uint32_t connection, uint32_t generation,
                            status_t status, uint32_t peer_process_id)
{
    struct holding *holding;

    list_for_each(holding, &receiver->holdings, receiver_link) {
        struct connection_closed_notice notice = {.port_id = receiver->port_id,
                                                  .connection = connection,
                                                  .generation = generation,
                                                  .status = status,
                                                  .peer_process_id = peer_process_id};
        process_notify(holding->process, NOTICE_connection_closed, &notice.header, sizeof(notice));
    }
}

void receiver_end(struct receiver *receiver, status_t status)
{
    if (receiver->ended || !receiver->memory)
        return;
    receiver->ended = true;
    /* The daemon's end is the end of every process that uses it (exit status 117): an ended port
     * would look to the program like an error of the port and let it go on for a moment. */
    if (receiver->server->stopping)
        return;
    port_keeper_end(&receiver->keeper, status);
    /* Not by the daemon bell alone: that is ours, and when it is closed with the port its pending
     * edge goes from the epoll before a sleeping receiver has run (seen: it slept on). */
    if (receiver->has_bells)
        doorbell_set_end(&receiver->bells);
    receiver_ring(receiver);
}

uint32_t receiver_own_id(struct receiver *receiver)
{
    if (!receiver->n_own_ids) {
        receiver->first_own_id = port_keeper_lease(&receiver->keeper, OWN_IDS);
        if (!receiver->first_own_id)
            return 0;
        receiver->n_own_ids = OWN_IDS;
    }
    receiver->n_own_ids--;
    return receiver->first_own_id++;
}

static status_t unposted_add(struct receiver *receiver, const struct lane_message *message,
                             const void *data)
{
    struct unposted *unposted, *each;
    uint32_t n = 0;

    list_for_each(each, &receiver->unposted, link)
        n++;
    if (n >= UNPOSTED_MAX)
        return STATUS_QUOTA_EXCEEDED;
    size_t size = (size_t)message->attr_size + message->data_size;

    unposted = malloc(sizeof(*unposted) + size);
    if (!unposted)
        return STATUS_NO_MEMORY;
    unposted->message = *message;
    if (size)
        memcpy(unposted->data, data, size);
    list_append(&receiver->unposted, &unposted->link);
    return STATUS_SUCCESS;
}

static enum lane_result message_post(struct receiver *receiver, const struct lane_message *message,
                                     const uint8_t *data)
{
    return port_keeper_post(&receiver->keeper, message, message->attr_size ? data : NULL,
                            data + message->attr_size);
}

status_t receiver_post(struct receiver *receiver, const struct lane_message *message,
                       const void *data)
{
    enum lane_result result = LANE_FULL;
    status_t status;

    receiver_flush(receiver);
    if (list_is_empty(&receiver->unposted))
        result = message_post(receiver, message, data);
    switch ((int)result) {
    case LANE_OK:
        receiver_ring(receiver);
        return STATUS_SUCCESS;
    case LANE_FULL:
        status = unposted_add(receiver, message, data);
        if (!status)
            receiver_flush(receiver);
        return status;
    case LANE_TOO_LARGE:
        return STATUS_PORT_MESSAGE_TOO_LONG;
    default:
        return STATUS_PORT_DISCONNECTED;
    }
}

/* Posts what fits. Was something posted? */
static bool unposted_post(struct receiver *receiver)
{
    struct unposted *unposted;
    bool posted = false;

    while ((unposted = list_first(&receiver->unposted, struct unposted, link))) {
        if (message_post(receiver, &unposted->message, unposted->data) == LANE_FULL)
            break;
        unposted_free(unposted);
        posted = true;
    }
    return posted;
}

void receiver_flush(struct receiver *receiver)
{
    bool news;

    if (list_is_empty(&receiver->unposted))
        return;
    news = unposted_post(receiver);
    /* The holders say when there is room; what became free before the wish is seen by trying once
     * more, and the bell wakes those that went to sleep before it. */
    if (!list_is_empty(&receiver->unposted)) {
        news |= port_keeper_want_space(&receiver->keeper, true);
        news |= unposted_post(receiver);
    }
    if (list_is_empty(&receiver->unposted))
        (void)port_keeper_want_space(&receiver->keeper, false);
    if (news)
        receiver_ring(receiver);
}

void receiver_unpost(struct receiver *receiver, uint32_t connection)
{
    struct unposted *unposted, *next;
    bool was_parked = !list_is_empty(&receiver->unposted);

    list_for_each_safe(unposted, next, &receiver->unposted, link) {
        if (unposted->message.connection == connection)
            unposted_free(unposted);
    }
    if (was_parked && list_is_empty(&receiver->unposted))
        (void)port_keeper_want_space(&receiver->keeper, false);
}
