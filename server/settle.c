/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See settle.h. The bell may be about an earlier moment: whether all is closed is asked again. */

#include "settle.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "client.h"
#include "closer.h"
#include "server.h"

struct settling {
    struct parked parked;
    struct list link; /* settle.waiting */
    void (*finish)(struct parked *parked, status_t status);
};

static void settling_end(struct settling *settling, status_t status)
{
    list_remove(&settling->link);
    settling->finish(&settling->parked, status);
    free(settling);
}

static void settling_cancel(struct parked *parked, status_t why)
{
    settling_end(CONTAINER_OF(parked, struct settling, parked),
                 why == STATUS_TIMEOUT ? STATUS_SUCCESS : why);
}

static void settle_ready(struct source *source, uint32_t events _unused_)
{
    struct settle *settle = CONTAINER_OF(source, struct settle, source);
    struct server *server = CONTAINER_OF(settle, struct server, settle);
    struct settling *settling, *next;

    if (!closer_is_idle(server->closer))
        return;
    list_for_each_safe(settling, next, &settle->waiting, link)
        settling_end(settling, STATUS_SUCCESS);
}

status_t settle_init(struct server *server)
{
    list_init(&server->settle.waiting);
    return source_add(&server->settle.source, &server->loop, closer_bell(server->closer), EPOLLIN,
                      settle_ready) < 0
               ? STATUS_INSUFFICIENT_RESOURCES
               : STATUS_SUCCESS;
}

void settle_deinit(struct server *server)
{
    source_remove(&server->settle.source);
}

status_t settle_wait(struct client *client, int64_t timeout_ns,
                     void (*finish)(struct parked *parked, status_t status))
{
    struct server *server = client->server;
    struct settling *settling;
    status_t status;

    if (closer_is_idle(server->closer))
        return STATUS_SUCCESS;
    settling = calloc(1, sizeof(*settling));
    if (!settling)
        return STATUS_NO_MEMORY;
    status = client_park(client, &settling->parked, timeout_ns, settling_cancel);
    if (status) {
        free(settling);
        return status;
    }
    settling->finish = finish;
    list_init(&settling->link);
    list_append(&server->settle.waiting, &settling->link);
    return STATUS_PENDING;
}
