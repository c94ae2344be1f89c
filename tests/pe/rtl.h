/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Prototypes of ntdll exports that mingw's headers lack, for the tests of the Rtl families. */
#pragma once

/* The order matters. */
#define WIN32_NO_STATUS
#include <windows.h>

#include <winternl.h>

#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "test.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

typedef struct {
    ULONG n_bits;
    ULONG *bits;
} BITMAP_T;

NTSTATUS NTAPI RtlCreateUserThread(HANDLE, void *, BOOLEAN, ULONG, SIZE_T, SIZE_T,
                                   void(NTAPI *)(void *), void *, HANDLE *, void *);
void NTAPI RtlExitUserThread(ULONG);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN, LARGE_INTEGER *);
NTSTATUS NTAPI NtClose(HANDLE);
NTSTATUS NTAPI NtCreateEvent(HANDLE *, ACCESS_MASK, void *, int, BOOLEAN);
NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN, const LARGE_INTEGER *);
NTSTATUS NTAPI NtYieldExecution(void);

void *NTAPI RtlAllocateHeap(void *, ULONG, SIZE_T);
void *NTAPI RtlReAllocateHeap(void *, ULONG, void *, SIZE_T);
BOOLEAN NTAPI RtlFreeHeap(void *, ULONG, void *);
SIZE_T NTAPI RtlSizeHeap(void *, ULONG, void *);
BOOLEAN NTAPI RtlValidateHeap(void *, ULONG, void *);

/* Start n threads with the function and its index as argument, and wait for all. */
static TEST_UNUSED void run_threads(int n, void(NTAPI *function)(void *))
{
    HANDLE threads[32];

    for (int i = 0; i < n; i++)
        if (RtlCreateUserThread((HANDLE)(LONG_PTR)-1, NULL, FALSE, 0, 0, 0, function,
                                (void *)(ULONG_PTR)i, &threads[i], NULL))
            bail_out("thread %d could not be created", i);
    for (int i = 0; i < n; i++) {
        NtWaitForSingleObject(threads[i], FALSE, NULL);
        NtClose(threads[i]);
    }
}
