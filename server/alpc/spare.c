/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See spare.h. What a holder has written into its port's memory harms itself alone, now as before:
 * the daemon believes nothing in it. So wiping what is known to have been used is enough, and a
 * memory of which much is in use goes back to the kernel. */

#include "spare.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/fd.h"
#include "process.h"
#include "receiver.h"
#include "server.h"

#define SPARE_MAX_BYTES (128u * 1024) /* that are in use of one */

static void spare_free(struct spare *spare)
{
    list_remove(&spare->process_link);
    munmap(spare->memory, spare->size);
    fd_close(spare->fd);
    charge_release(&spare->memory_charge);
    charge_release(&spare->fd_charge);
    free(spare);
}

static void spare_expire(struct rest *rest)
{
    spare_free(CONTAINER_OF(rest, struct spare, rest));
}

/* The one process that was ever given the memory. NULL: none, or several. */
static struct process *only_holder(const struct receiver *receiver)
{
    const struct holding *holding = list_first(&receiver->holdings, struct holding, receiver_link);

    return receiver->n_given == 1 && holding ? holding->process : NULL;
}

static bool is_small(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (uint64_t)st.st_blocks * 512 <= SPARE_MAX_BYTES;
}

void spare_keep(struct receiver *receiver)
{
    struct process *process = only_holder(receiver);
    struct spare *spare;

    if (!receiver->is_client || !receiver->memory || !process ||
        process->state != PROCESS_RUNNING || !is_small(receiver->memory_fd))
        return;
    spare = malloc(sizeof(*spare));
    if (!spare)
        return;
    list_init(&spare->rest.link);
    if (!rest_begin(&spare->rest, receiver->server, process->user, spare_expire)) {
        free(spare);
        return;
    }
    spare->server = receiver->server;
    spare->memory_id = receiver->memory_id;
    spare->memory = receiver->memory;
    spare->size = receiver->size;
    spare->ring_used = port_keeper_posted(&receiver->keeper);
    spare->fd = TAKE_FD(receiver->memory_fd);
    spare->memory_charge = receiver->memory_charge;
    spare->fd_charge = receiver->fd_charge;
    list_append(&process->spares, &spare->process_link);
    receiver->memory_charge = receiver->fd_charge = (struct charge){0};
    receiver->memory = NULL;
    receiver->server->lane_bytes -= receiver->size;
}

static void spare_give(struct spare *spare, struct receiver *receiver)
{
    receiver->memory_id = spare->memory_id;
    receiver->memory = spare->memory;
    receiver->size = spare->size;
    receiver->memory_fd = spare->fd;
    receiver->memory_charge = spare->memory_charge;
    receiver->fd_charge = spare->fd_charge;
    receiver->is_reused = true;
    receiver->server->lane_bytes += spare->size;
    list_remove(&spare->process_link);
    free(spare);
}

bool spare_take(struct receiver *receiver, struct process *process, uint64_t memory_id)
{
    struct spare *spare, *found = NULL;

    list_for_each(spare, &process->spares, process_link) {
        if (spare->memory_id == memory_id)
            found = spare;
    }
    if (!found)
        return false;
    (void)rest_stop(&found->rest, found->server);
    if (!port_memory_wipe(found->memory, &PORT_GEOMETRY_CLIENT, found->ring_used)) {
        spare_free(found);
        return false;
    }
    spare_give(found, receiver);
    return true;
}

void spares_free(struct process *process)
{
    struct spare *spare, *next;

    list_for_each_safe(spare, next, &process->spares, process_link) {
        (void)rest_stop(&spare->rest, spare->server);
        spare_free(spare);
    }
}
