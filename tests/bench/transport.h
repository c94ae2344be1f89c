/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A way for one process to ask another and get an answer of the same size: what roundtrip.c
 * measures. Each is a table of functions; `make` runs before the fork, `serve` in the child for
 * ever, `ask` in the parent once for each round trip. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PAYLOAD_MAX = 65487 }; /* of an ALPC message */

struct transport {
    const char *name;
    void *(*make)(void);
    void (*serve)(void *state);
    void (*ask)(void *state, uint32_t i); /* i: 0, 1, 2 ... */
    bool is_alone;                        /* nobody serves: a limit of one processor */
    bool has_broker; /* a third process passes the messages on, on the parent's processor */
    void (*broker)(void *state);
};

/* Set by main before `make`. */
extern uint32_t payload_size;
extern char payload_out[PAYLOAD_MAX + 1], payload_in[PAYLOAD_MAX + 1];

extern const struct transport transport_memcpy, transport_spin, transport_hinted, transport_futex;
extern const struct transport transport_pipe, transport_seqpacket, transport_broker;
extern const struct transport transport_lane, transport_portico;
extern const struct transport transport_dbus, transport_zeromq; /* where the libraries are */
