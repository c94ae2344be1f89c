/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* From a candidate to a received message. Under the port mutex. */
#pragma once

#include "alpc/scan.h"
#include "alpc/take.h"

/* What delivering one candidate came to. */
enum delivery {
    DELIVERY_DONE,      /* *message is received */
    DELIVERY_AGAIN,     /* something was dealt with: scan again */
    DELIVERY_TOO_SMALL, /* it waits in the large list (or where it was); message->data_length */
    DELIVERY_STALLED,   /* nothing can be taken for want of a node */
    DELIVERY_MAP_LANE,  /* its payload is in a lane this process has not mapped: message->lane */
};

enum delivery deliver_node_locked(struct port_view *view, uint32_t node,
                                  const struct port_receive_args *args,
                                  struct port_message *message);
enum delivery deliver_record_locked(struct port_view *view, const struct candidate *candidate,
                                    const struct port_receive_args *args,
                                    struct port_message *message);
enum delivery deliver_close_locked(struct port_view *view, const struct candidate *candidate,
                                   const struct port_receive_args *args,
                                   struct port_message *message);

/* A DELIVERING node's copy has been made, or could not be. */
void deliver_end_locked(struct port_view *view, uint32_t node);
void deliver_undo_locked(struct port_view *view, struct port_message *message);

/* A record becomes a node of the main list (harvest). False: no node is left, the lane is a
 * barrier. */
bool queue_record_locked(struct port_view *view, const struct candidate *candidate,
                         const struct taking *taking, bool canceled);
