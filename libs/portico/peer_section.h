/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Sections of other processes that are mapped here because views of them came. For view.c: every
 * function is called with peers_lock held, which guards the views too. */
#pragma once

#include "attributes.h"
#include "common/list.h"
#include "portico/portico.h"

struct port;
struct receiver;

/* The other end of one connection. */
struct peer {
    struct list link;  /* bucket; or `ended` */
    uint64_t receiver; /* port_id */
    uint32_t connection, generation;
    bool has_ended;
    uint32_t n_views, n_idle, n_sections;
    struct list sections; /* idle ones in the order in which they became it */
};

struct peer_section {
    struct list link;
    struct list idle; /* of all idle ones, the oldest first */
    struct peer *peer;
    uint32_t id; /* 0: not to be found again */
    uint32_t n_views;
    uint8_t *base;
    uint64_t size;
    bool is_secured;
};

void peers_lock(void);
void peers_unlock(void);

/* The section that `wire` names, mapped: found again, or asked for at the server. Followed by
 * peer_section_hold or peer_section_rest. */
status_t peer_section_get(const struct port *port, const struct attributes_source *source,
                          const struct wire_view *wire, struct peer_section **ret_section);
/* It has one view more. */
void peer_section_hold(struct peer_section *section);
/* It has one view less. It may be gone now, and its peer. */
void peer_section_drop(struct peer_section *section);
/* It was got for nothing. */
void peer_section_rest(struct peer_section *section);

/* The connection has ended: what has no views is unmapped, the rest with its last view. */
void peer_end(const struct receiver *receiver, uint32_t connection, uint32_t generation);
/* All that came through the receiver is unmapped. forget: is called for each section before. */
void peers_free(const struct receiver *receiver, void (*forget)(struct peer_section *section));
