/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The registry's key for each processor, HARDWARE\DESCRIPTION\System\CentralProcessor\N: its name,
 * its maker, its family, model and stepping, its speed, as Linux tells them in /proc/cpuinfo. They
 * are read when somebody first looks for them: no start waits for it. Only those that programs are
 * told of elsewhere (common/possible_processors.h) have a key, numbered as there. */
#pragma once

#include <sched.h>
#include <stdio.h>

#include "common/macro.h"
#include "portico/status.h"

struct key;

/* Makes the keys below `key`, which is CentralProcessor. That is no program's change. */
status_t processors_fill(struct key *key) _must_check_;
/* The same of text like /proc/cpuinfo's: one block of lines for each processor. which: their
 * numbers; NULL: all. */
status_t processors_fill_from(struct key *key, FILE *text, const cpu_set_t *which) _must_check_;
