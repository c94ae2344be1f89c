/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a fault in PE code is called in NT. */
#pragma once

#include "nttypes.h"
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/* false: it has been mended (the stack has grown): retry the instruction. */
bool fault_to_record(int number, const siginfo_t *info, const ucontext_t *context, TEB *teb,
                     EXCEPTION_RECORD *ret_record);
