/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What our DLLs above ntdll share. A DLL of ours stands for one of Windows whose work needs what is
 * not here (a display, a network): its exports.def lists every name, those without anything behind
 * them as ABSENT(name, result). Such a call says its name on standard error, once, sets the error
 * of the DLL's dll.h and returns the result that means failure. */
#pragma once

#include "config.h"
#include <windows.h>

/* In the section .stubs, where `portico --dry-run` finds the name. */
struct absent_record {
    unsigned char has_said_it;
    char name[];
};

/* Where each ABSENT of absent.S ends. */
INT_PTR absent_called(struct absent_record *record, INT_PTR result);

/* ntdll's own (dlls/ntdll/log.c): one line on the process's standard error, whatever its standard
 * handles are. */
void WINAPI __portico_log(const char *line);
