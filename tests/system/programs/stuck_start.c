/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A program that imports stuck.dll: it begins when that DLL's DllMain has returned. */
#include <windows.h>

__declspec(dllimport) extern int stuck_number;

int main(void)
{
    return stuck_number;
}
