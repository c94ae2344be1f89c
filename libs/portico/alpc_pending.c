/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* TODO(alpc): goes away when libs/alpc lands. Nothing here pretends: each name aborts. */

#include <stdio.h>
#include <stdlib.h>

#define PENDING(name)                                          \
    void name(void);                                           \
    __attribute__((weak)) void name(void)                      \
    {                                                          \
        fputs("portico: libs/alpc lacks " #name "\n", stderr); \
        abort();                                               \
    }

PENDING(port_view_init)
PENDING(port_view_deinit)
PENDING(port_view_set_lane)
PENDING(port_receive)
PENDING(port_receive_end)
PENDING(port_wait_cancel)
PENDING(port_glance)
PENDING(port_set_completion)
PENDING(port_watch)
PENDING(port_harvest)
PENDING(port_continue_begin)
PENDING(port_route_end)
PENDING(port_cancel_begin)
PENDING(port_expect)
PENDING(port_expect_abort)
PENDING(port_adopt)
PENDING(port_adopt_large)
PENDING(port_count_received)
PENDING(port_accept_begin)
PENDING(port_accept_end)
PENDING(port_connection_read)
PENDING(port_sequence)
PENDING(port_ended)
PENDING(port_id_is_live)
