/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The registry as a whole: its root, its size, its first content (portico/registry.def). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macro.h"
#include "portico/status.h"

struct key;
struct server;

struct registry {
    struct key *root; /* reference */
    uint64_t bytes;   /* of names and values */
    bool is_filled;   /* what changes from now on is a program's change */
    bool is_changed;  /* some program has changed something: the file "registry" says so */
};

status_t registry_init(struct server *server) _must_check_;
void registry_deinit(struct server *server);

/* Something has changed: programs without a connection look for the file "registry" in the runtime
 * folder before they trust registry.def. */
void registry_changed(struct server *server);

void registry_charge(struct server *server, int64_t bytes);
/* For what a program adds; what the server itself knows always has. */
bool registry_has_room(const struct server *server, uint64_t bytes);
