/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Receivers that do not take every message. Under the port mutex. */
#pragma once

#include "alpc/scan.h"

enum aside {
    ASIDE_TAKEN,   /* the receiver takes it */
    ASIDE_PUT,     /* something was dealt with: scan again */
    ASIDE_NOTHING, /* this receiver comes no further */
};

/* The first message of the large list that such a receiver takes; 0: none. */
uint32_t aside_first_locked(const struct port_view *view, enum port_only only);
/* What the scan found, before it is delivered. */
enum aside aside_put_locked(struct port_view *view, struct port_receive_args *args,
                            const struct candidate *candidate);
