/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "ntwait.h"

/* The thread ends: every mutant it owns becomes free and abandoned. */
void mutants_abandon(struct wait_thread *thread);
