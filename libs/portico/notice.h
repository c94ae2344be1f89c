/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The process' notice socket and the one thread that reads it. */
#pragma once

#include "portico/status.h"

/* Starts the watcher on the_process.notice_fd (hello done). It has no TEB, all its signals are
 * blocked. */
status_t notice_watch(void);
