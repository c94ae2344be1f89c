/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a dead holder left behind. Under the port mutex. */
#pragma once

#include "alpc/view.h"

/* The last owner of the mutex died inside: completes its step and rebuilds everything derived. */
void repair_locked(struct port_view *view);

/* The daemon says that somebody has died: takes back what dead holders were doing, and looks at
 * every lane again. */
void attention_locked(struct port_view *view);
