/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Signal handlers of a process that runs PE code. */
#pragma once

/* Installs them; once, before the first thread enters PE code. */
void signals_init(void);
/* For helper threads that must never be asked for attention: nothing to do; faults in them are Portico's bugs. */
