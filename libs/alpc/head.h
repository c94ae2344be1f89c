/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The heads of the hot lanes, and what can be told from them alone. Under the port mutex; for
 * scan.c. */
#pragma once

#include "alpc/scan.h"

/* The stamp by which a lane's head record is ordered in a scan that began at `now`. */
uint64_t effective_stamp(struct port_lane *lane, const struct lane_record *record, uint64_t now);

/* Does it succeed a lane that has not ended? Then it is not looked at. */
bool is_blocked_by_previous(struct port_view *view, const struct port_lane *lane);

/* (B4) The next message is the head of the only hot lane: *ret. False: it takes a whole scan. */
bool scan_only_lane_locked(struct port_view *view, struct candidate *ret);

/* (B5) The same for the oldest head of the hot lanes, known_ns being T of the last whole scan. */
bool scan_known_locked(struct port_view *view, struct candidate *ret);
