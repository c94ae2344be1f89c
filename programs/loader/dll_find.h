/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Which file a DLL's name means, by the loader's rules (dlls/ntdll/ldr_path.c), without running
 * anything. */
#pragma once

enum dll_origin { DLL_NOT_FOUND, DLL_OURS, DLL_OF_WINE, DLL_OTHER };

/* The file's name behind the name of an API set; else the name itself. */
const char *dll_real_name(const char *name);
/* program_folder: Unix path of the program's folder. The path is the caller's to free; NULL when
 * there is none. */
enum dll_origin dll_find(const char *name, const char *program_folder, char **ret_path);
