/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Threads of Portico's own inside somebody's process: detached, with a small stack and every signal
 * blocked, so that no handler of the host or of ntdll ever runs on one. */
#pragma once

#define HELPER_STACK_BYTES (256u * 1024)

/* Runs main(argument) on one. 0 or an error number. */
int helper_start(void *(*main)(void *argument), void *argument);
