/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include <stdbool.h>

/* Where our own DLLs lie, ntdll.dll among them: $PORTICO_DLL_DIR; else the configured folder; else,
 * when it is not there, where it lies seen from this program: the installation may have been moved.
 */
const char *dll_path_ours(void);
/* Is this file in that folder or in Wine's? */
bool dll_path_is_system(const char *file);
