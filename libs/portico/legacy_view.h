/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The views of a legacy connection as one process has them mapped. */
#pragma once

#include "portico/portico.h"

struct port;

/* Belongs to the port through which the connection was made; both go with it. size 0: none. */
struct legacy_views {
    void *own_base;
    size_t own_size;
    void *peer_base;
    size_t peer_size;
};

void legacy_views_free(struct legacy_views *views);
static inline void legacy_views_freep(struct legacy_views **views)
{
    legacy_views_free(*views);
}

/* Maps this process' own view and makes a section object of it for the other end: *ret_section is
 * to be closed. STATUS_MAPPED_ALIGNMENT, the statuses of hooks.reserve and section_create. */
status_t legacy_view_map_own(struct legacy_views *views, struct portico_port_view *view,
                             struct lpc_view *ret_wire);
/* Maps the other end's view, whose section has arrived (fd: borrowed); its words were checked by
 * the server. */
status_t legacy_view_map_peer(struct legacy_views *views, const struct lpc_view *wire, int fd,
                              struct portico_remote_view *ret_view);

/* The size of the view that came with a received connection request: ClientViewSize. */
struct port_message;
uint64_t legacy_view_size(const struct port *port, const struct port_message *message);
