/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "config.h"
#include <stdlib.h>

/* Where our own ntdll.dll lies. */
static inline const char *dll_path_ours(void)
{
    const char *folder = getenv("PORTICO_DLL_DIR");

#ifdef PKGLIBDIR
    return folder && *folder ? folder : PKGLIBDIR "/x86_64-windows";
#else
    return folder && *folder ? folder : WINE_DLL_DIR;
#endif
}
