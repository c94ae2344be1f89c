/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the scheduler (model.c) and the modelled kernel (kernel.c). */
#pragma once

#include "model.h"

/* A scheduling point named site; returns when this thread is chosen to run. */
void model_point(const char *site);

/* Blocks the running thread until is_ready(arg) holds, it was told to wake (model_wake), it timed
 * out (has_deadline), and it is chosen. True: timed out. */
bool model_block(bool (*is_ready)(const void *arg), const void *arg, bool has_deadline);

/* Makes the running thread's delayed stores visible: barriers. */
void model_flush(void);

/* The running thread's number + 1, its process, its processor. */
unsigned model_self(void);
unsigned model_process_of(unsigned self);

/* kernel.c: forgets everything at the start of a run; a process died. */
void kernel_reset(void);
void kernel_process_died(unsigned process);
