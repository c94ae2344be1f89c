/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* win32u, below Wine's gdi32 and imm32: in Wine the calls into its window system, here what says
 * that there is none. It is here because Wine's own needs its Unix side: its calls would end in
 * nothing, or take the program with them. */
#pragma once

#include "absent.h"

#define DLL_NAME   "win32u"
#define DLL_REASON "there is no display"

static inline DWORD dll_absent_error(void)
{
    return ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION;
}
