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

struct wire_view {
    uint32_t flags; /* PORTICO_VIEW_* */
    uint32_t section;
    uint64_t offset; /* in the section */
    uint64_t size;
};

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
    uint32_t valid; /* PORTICO_ATTRIBUTE_* */
    uint32_t reserved;
    struct wire_view view;
    struct wire_handles handles;
    struct wire_security security;
    uint64_t direct;
    uint64_t work_on_behalf;
};
_Static_assert(sizeof(struct wire_attributes) == 80, "wire_attributes");

/* The wire form of what is valid in `attributes` (NULL: nothing). message_id: of the message that
 * is continued, or 0. *ret_size: 0 when nothing goes with the message. Each success is followed by
 * attributes_sent. The statuses of the attributes' own senders (view.h). */
status_t attributes_send(struct port *port, const struct portico_attributes *attributes,
                         uint32_t message_id, struct wire_attributes *ret_wire, uint32_t *ret_size);
/* What attributes_send prepared has been sent, or not. message_id: that of the message, whose end
 * is seen at the port; 0: nobody tells. */
void attributes_sent(struct port *port, const struct wire_attributes *wire, bool is_sent,
                     uint32_t message_id);
/* What of a received message's attribute area is wanted becomes valid in `attributes` (NULL:
 * nothing is). is_final: the message needs no continuation. The area is the peer's: it is copied
 * once, and nothing in it is believed (a view is checked by the server when it is mapped, handles
 * are the server's). */
void attributes_receive(const struct port *port, uint32_t connection, uint32_t message_id,
                        bool is_final, const void *area, uint32_t size,
                        struct portico_attributes *attributes);
