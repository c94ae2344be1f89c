/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC ports as sources of completion packets: between completion.c and libportico. */
#pragma once

#include "completion.h"
#include "nttime.h"
#include "ntwait.h"

/* Harvests the ports whose doorbell has rung: their packets are posted; false: none has. */
bool completion_sources_harvest(int sources);
/* Sleeps until a port may have a message or a packet was posted: STATUS_SUCCESS: look again. */
NTSTATUS completion_sources_sleep(struct completion *completion, int sources, bool alertable,
                                  const struct deadline *deadline);
