/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Memories of client ports that have gone, for the next port of the same process: it is mapped
 * here and there already. A process that had one mapped may go on writing it for ever, so nobody
 * else gets it; a memory that a second process has held goes.
 *
 * The process may still use what its port was (another thread of it): it says which memory it has
 * done with when it asks for the next port (alpc_connect, memory_id).
 */
#pragma once

#include "rest.h"
#include "user.h"

struct process;
struct receiver;

struct spare {
    struct rest rest;
    struct list process_link; /* of process->spares */
    struct server *server;
    uint64_t memory_id;
    void *memory;
    uint64_t size;
    uint64_t ring_used; /* bytes of lane 0 that have been written */
    int fd;
    struct charge memory_charge, fd_charge;
};

/* The receiver goes: its memory, or not. */
void spare_keep(struct receiver *receiver);
/* Gives the receiver the process' spare of that id, as new. False: there is none. */
bool spare_take(struct receiver *receiver, struct process *process, uint64_t memory_id);
/* The process has ended. */
void spares_free(struct process *process);
