/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Ending a route under a lock that the caller holds already. */
#pragma once

#include "alpc/view.h"

void route_end_locked(struct port_view *view, struct port_route *route);
