/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Loaded at run time: static TLS of its own, with a callback; refuses to attach when told so. */

#include <windows.h>

#include "loader_dlls.h"

static ULONG tls_index = 0x5a5a5a5a;
static int tls_template[4] = {31, 32, 33, 34};

static void WINAPI tls_callback(void *base, DWORD reason, void *reserved)
{
    (void)base, (void)reserved;
    two_note('t', reason);
}

static const PIMAGE_TLS_CALLBACK callbacks[] = {tls_callback, NULL};

/* The linker puts this into the image's TLS directory by its name. */
const IMAGE_TLS_DIRECTORY64 _tls_used = {(ULONG64)tls_template,
                                         (ULONG64)(tls_template + 4),
                                         (ULONG64)&tls_index,
                                         (ULONG64)callbacks,
                                         16,
                                         0};

int *three_tls(void)
{
    int **vector;

    __asm__ volatile("movq %%gs:0x58, %0" : "=r"(vector));
    return vector[tls_index];
}

int three_calls_one(void)
{
    return one_secret();
}

BOOL WINAPI DllMain(HINSTANCE base, DWORD reason, void *reserved)
{
    (void)base, (void)reserved;
    two_note('3', reason);
    return !two_refuse_three || reason != DLL_PROCESS_ATTACH;
}
