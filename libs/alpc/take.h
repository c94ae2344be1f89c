/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a record means: resolution against the connection table and the id table. Under the port
 * mutex. */
#pragma once

#include "alpc/scan.h"

#define LPC_REQUEST            1u
#define LPC_REPLY              2u
#define LPC_DATAGRAM           3u
#define LPC_PORT_CLOSED        5u
#define LPC_CLIENT_DIED        6u
#define LPC_CONNECTION_REQUEST 10u
#define LPC_CONNECTION_REPLY   11u
#define LPC_CANCELED           12u
#define LPC_CONTINUATION       0x2000u

enum take_action {
    TAKE_MESSAGE,  /* it becomes a message of type `type` */
    TAKE_CANCELED, /* it becomes an empty LPC_CANCELED: its connection has closed */
    TAKE_DROP,     /* it has been dealt with or means nothing any more */
    TAKE_BREAK,    /* a violation: the lane is to be broken */
};

struct taking {
    enum take_action action;
    uint32_t type; /* LPC_* | LPC_CONTINUATION */
    uint32_t node; /* the node it belongs to, 0: a new one if one is needed */
    uint32_t
        flags; /* enum port_node_flags for the node; RELEASED: none stays once it is received */
};

/* Resolves the candidate's record. Carries out what a record does beside being a message (cancel,
 * give back, move). */
struct taking take_resolve_locked(struct port_view *view, const struct candidate *candidate);

/* Takes the record off its lane; what is still referred to stays. */
void take_pop_locked(struct port_view *view, const struct candidate *candidate);

/* The same for a record that means nothing: too many of them in a row break the lane. */
void take_drop_locked(struct port_view *view, const struct candidate *candidate);

/* The same for a record that becomes (a state of) a node, as one step that the repair pass
 * completes. state FREE: the node ends. by_ref: the record stays readable until
 * node_unref_locked. */
void take_commit_locked(struct port_view *view, const struct candidate *candidate, uint32_t node,
                        enum port_node_state state, bool by_ref);

/* The node for this record, its fields filled in: the one it belongs to, or a new one. 0: the table
 * is full. */
uint32_t take_node_locked(struct port_view *view, const struct candidate *candidate,
                          const struct taking *taking);
