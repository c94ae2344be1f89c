/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the functions of libs/lane answer. */
#pragma once

#include "common/macro.h"

enum lane_result {
    LANE_OK = 0,
    LANE_EMPTY,     /* no record now */
    LANE_FULL,      /* no room now: grow the lane or wait for space */
    LANE_TOO_LARGE, /* can never fit in this lane */
    LANE_GONE,      /* the other end has given the exchange up: quarantined, cancelled, timed out */
    LANE_LATE,      /* too late to give up: the reply is there or being written */
    LANE_WOKEN,     /* the own wake word is set: look at its bits */
    LANE_TIMEOUT,   /* the deadline has passed */
    LANE_BROKEN,    /* the peer broke the rules (or the lane is dead): never use the lane again */
};
