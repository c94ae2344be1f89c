/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The one function that programs call. */

#include "dll.h"

BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T n)
{
    __portico_random(bytes, n);
    return TRUE;
}
