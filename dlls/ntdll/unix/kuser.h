/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* KUSER_SHARED_DATA at 0x7ffe0000 and the dispatcher's page behind it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KUSER_ADDRESS ((uintptr_t)0x7ffe0000)
#define KUSER_BYTES   ((uintptr_t)0x2000)

/* Maps both pages; false: the address is taken. */
bool kuser_init(void);
/* For other processes, which look for it there. */
void kuser_tell_peb(void *peb);
/* A fault at this address: true when it is the tick page, which is readable now: retry. From the
 * SIGSEGV handler, for PE code or a user copy. */
bool kuser_fault(uintptr_t address, bool is_write);
