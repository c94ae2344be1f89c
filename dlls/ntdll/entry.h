/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between entry.S and C. */
#ifndef PORTICO_ENTRY_H
#define PORTICO_ENTRY_H

/* What RtlUserThreadStart runs: the thread's function, to its end. Does not return. */
void thread_main(PRTL_THREAD_START_ROUTINE start, void *argument);

/* The frame handler of RtlUserThreadStart: an exception that nobody wanted (unhandled.c). */
EXCEPTION_DISPOSITION WINAPI thread_start_handler(EXCEPTION_RECORD *record, void *frame,
                                                  CONTEXT *context, DISPATCHER_CONTEXT *dispatch);

/* function(argument); STATUS_INVALID_IMAGE_FORMAT when ntdll's own code faults in it. */
NTSTATUS image_guard(NTSTATUS (*function)(void *), void *argument);

/* The same, but STATUS_ACCESS_VIOLATION or STATUS_IN_PAGE_ERROR. function holds no lock. */
NTSTATUS user_guard(NTSTATUS (*function)(void *), void *argument);

/* function(argument); the exception's code when one comes out of it. */
NTSTATUS entry_guard(NTSTATUS (*function)(void *), void *argument);

/* Their filters (ldr_check.c, ldr_entry.c). */
LONG WINAPI image_guard_filter(EXCEPTION_POINTERS *pointers, void *frame);
LONG WINAPI entry_guard_filter(EXCEPTION_POINTERS *pointers, void *frame);

#endif
