/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Thread environment blocks, and GS. */
#pragma once

#include "nttypes.h"
#include <stdbool.h>
#include <sys/types.h>

NTSTATUS teb_new(const INITIAL_TEB *stack, bool skip_attach, TEB **ret_teb);
void teb_free(TEB *teb);
void teb_set_ids(TEB *teb, pid_t pid, pid_t tid);
/* Makes it the calling thread's (NULL: none). */
void teb_activate(TEB *teb);
