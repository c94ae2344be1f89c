/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The attribute area of a record: what of a message's attributes goes to the other end. Empty in
 * the fast path, else all of struct wire_attributes, of which `valid` says what counts. CONTEXT and
 * TOKEN are not in it: they come from the receiver's own tables. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "portico/portico.h"

struct port;
struct port_route;

/* section and offset name the view at its sender, and plain memory at the receiver. */
struct wire_view {
    uint32_t flags; /* PORTICO_VIEW_* */
    uint32_t section;
    uint32_t memory; /* secured: what the receiver asks for instead, from its beginning; or 0 */
    uint32_t
        lent_id; /* given back by LANE_ACK when the receiver lets go; 0: the message's end tells */
    uint32_t lent_callback;
    uint32_t reserved;
    uint64_t offset;
    uint64_t size;
};

static inline uint32_t wire_view_id(const struct wire_view *wire)
{
    return wire->memory ? wire->memory : wire->section;
}

struct wire_handles {
    uint64_t transfer; /* what the server keeps them under until they are fetched */
    uint32_t n_handles;
    uint32_t connection; /* as the sender's server knows it; the receiver goes by its own record */
};

struct wire_security {
    uint64_t context; /* the ContextHandle, the same value at both ends */
    uint32_t flags;   /* enum wire_security_flags */
    uint32_t reserved;
};

enum wire_security_flags {
    WIRE_SECURITY_IMPLICIT =
        1u, /* made by the library (security.h): no attribute for the program */
};

struct wire_attributes {
    uint32_t valid;            /* PORTICO_ATTRIBUTE_* */
    uint32_t data_info_offset; /* legacy requests: DataInfoOffset of the header */
    struct wire_view view;
    struct wire_handles handles;
    struct wire_security security;
    uint64_t direct;
    uint64_t work_on_behalf;
};
_Static_assert(sizeof(struct wire_attributes) == 96, "wire_attributes");

/* The message that attributes came with, and over which connection of the receiving port's. */
struct attributes_source {
    uint32_t connection, generation;
    uint32_t message_id;
    bool is_final; /* it needs no continuation */
};

/* The wire form of what is valid in `attributes` (NULL: nothing). message_id: of the message that
 * is continued, or 0. *ret_size: 0 when nothing goes with the message. Each success is followed by
 * attributes_sent. The statuses of the attributes' own senders (view.h). */
status_t attributes_send(struct port *port, const struct portico_attributes *attributes,
                         uint32_t message_id, struct wire_attributes *ret_wire, uint32_t *ret_size);
/* A final reply: nobody tells its end, so what is in it is lent and comes back by itself. */
void attributes_lend(struct port *port, const struct port_route *route,
                     struct wire_attributes *wire);
/* The message is out, its sender goes on waiting (SYNC). */
void attributes_published(struct port *port, const struct wire_attributes *wire);

/* How a send ended. */
struct attributes_fate {
    bool is_sent;                   /* as the caller sees it */
    bool is_told;                   /* the end of message_id is seen at the port */
    uint32_t message_id;            /* that carries them; 0: none does */
    const struct slot_place *place; /* not told: where its end is seen; NULL: nowhere */
};
/* What attributes_send prepared has been sent, or not. */
void attributes_sent(struct port *port, const struct wire_attributes *wire,
                     const struct attributes_fate *fate);
/* The continuation has been sent: what the attributes name of the received message goes back. */
void attributes_give_back(struct port *port, const struct portico_attributes *attributes,
                          uint32_t message_id);

/* What of a received message's attribute area is wanted becomes valid in `attributes` (NULL:
 * nothing is wanted); the rest is declined. The area is the peer's: it is copied once, and nothing
 * in it is believed (a view is checked by the server when it is mapped, handles are the server's).
 */
void attributes_receive(struct port *port, const struct attributes_source *source, const void *area,
                        uint32_t size, struct portico_attributes *attributes);
