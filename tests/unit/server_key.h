/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The registry's keys by their paths. */
#pragma once

#include "key.h"
#include "server.h"

/* Borrowed; NULL: there is none. */
static inline struct key *key_of(struct server *server, const char *path)
{
    uint16_t storage[256];
    struct key *parent, *key = NULL;
    struct name leaf;

    if (key_walk(server->registry.root, name_from_ascii(path, storage), &parent, &leaf, &key))
        return NULL;
    return key;
}
