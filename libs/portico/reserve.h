/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Resource reserves (reference 3.11): see reserve.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "portico/status.h"

struct outbound;
struct outlane;
struct port;
struct reserve;

#define RESERVE_ID_BIT 0x80000000u

/* What was sent with a reserve: enough to find out whether it still lives. */
struct reserved {
    uint32_t message_id;       /* 0: nothing was sent */
    uint32_t lane, generation; /* of the slot that it has, if `has_slot` */
    uint32_t slot, word;
    bool has_slot;
};

/* A new message is about to be sent with the reserve: nobody else can use it until reserve_end.
 * STATUS_OBJECTID_NOT_FOUND; STATUS_RESOURCE_IN_USE: its last message still lives;
 * STATUS_PORT_MESSAGE_TOO_LONG: larger than the reserve; what finding room for it says. */
status_t reserve_begin(struct port *port, uint32_t id, uint32_t data_size,
                       struct reserve **ret_reserve);
/* sent->message_id 0: it was not sent. */
void reserve_end(struct reserve *reserve, const struct reserved *sent);

/* The slot in which the end of a reserved message will be seen, noted while the lane is held. */
void reserved_slot(struct reserved *reserved, const struct outlane *lane, uint32_t slot,
                   uint32_t word);

/* One of the process's handles to the port is closed: with the last one its reserves go. */
void reserves_port_gone(const struct port *port);
