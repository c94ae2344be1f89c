/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* user32 in a world without a display.
 *
 * What is text works: wsprintf, the Char* family and LoadString (kernelbase's), conversion to and
 * from the OEM code page, rectangles; a message box goes to standard error (message_box.c). What
 * asks about windows gets the answer that is true where there are none (no_windows.c). Everything
 * else says its name and fails: a console program that imports user32 for a few of these starts,
 * and one that wants a window does not get one silently.
 *
 * The error is ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION, which Windows has for a session that
 * cannot show anything. DIFFERS: there are no message queues, window stations, desktops or atoms of
 * user32 either. */
#pragma once

#include "absent.h"

#define DLL_NAME   "user32"
#define DLL_REASON "there is no display"

static inline DWORD dll_absent_error(void)
{
    return ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION;
}
