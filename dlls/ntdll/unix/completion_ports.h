/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC ports as sources of completion packets: between completion.c and libportico. */
#pragma once

#include "completion.h"
#include "nttime.h"
#include "ntwait.h"

struct completion_sources;

struct completion_sources **completion_sources_slot(struct completion *completion);
void completion_sources_free(struct completion_sources *sources); /* NULL is fine */
/* Asks every port for messages that are due a packet and posts them; true when any was posted. */
bool completion_sources_harvest(struct completion *completion, struct completion_sources *sources);
/* Sleeps until a port may have a message or a packet was posted: STATUS_SUCCESS: look again. */
NTSTATUS completion_sources_sleep(struct completion *completion, struct completion_sources *sources,
                                  bool alertable, const struct deadline *deadline);
