/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The memory of SECURED views (design section 7): one memfd for one message.
 *
 * The sender alone gets it writable, fills it and seals it. The receiver gets it, read-only, only
 * when it can no longer be written by anybody: checked here, by its seals, when it is asked for.
 * It comes once: the daemon lets it go then. What was never received goes with its section, or
 * when its sender says that no message carries it.
 */
#pragma once

#include "port_section.h"

struct secure_memory {
    struct list link; /* of port_section->memories */
    uint32_t id;      /* of the same range as sections' */
    uint64_t size;
    int fd;
    int read_fd; /* the same, read-only, once it has been asked for; then the rest is over */
    struct charge memory, fds;
};

/* For the view of a SECURE section at `offset`. STATUS_INVALID_ADDRESS: no such view;
 * STATUS_INVALID_PARAMETER: another kind of section; STATUS_QUOTA_EXCEEDED. */
status_t secure_memory_new(struct port_section *section, struct user *user, uint64_t offset,
                           struct secure_memory **ret_memory) _must_check_;
/* id 0 or unknown: nothing. */
void secure_memory_drop(struct port_section *section, uint32_t id);
void secure_memories_free(struct port_section *section);
/* Frees those that have been given to their receivers. */
void secure_memories_sweep(struct port_section *section);
struct secure_memory *secure_memory_find(struct port *port, uint32_t id);

/* The descriptor for the receiver, who gets it once. STATUS_ACCESS_DENIED: it is not sealed. */
status_t secure_memory_give(struct secure_memory *memory, int *ret_fd) _must_check_;
