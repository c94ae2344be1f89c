/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Guarded calls written by hand (frames.S), since gcc has no __try: what MSVC would make of
 * __try/__except and
 * __try/__finally, and frames with a handler of the test's own. */
#ifndef PORTICO_FRAMES_H
#define PORTICO_FRAMES_H

typedef void (*frame_function)(void *argument);

/* __try { function(argument); result 0 } __except (current_filter(pointers)) { result = exception
 * code } */
ULONG try_except(frame_function function, void *argument);
/* The same with a second, outer __except in the same frame, whose filter is outer_filter. */
ULONG try_except_twice(frame_function function, void *argument);
/* __try { function(argument); } __finally { current_finally(is_abnormal) } */
void try_finally(frame_function function, void *argument);
/* A frame whose language handler is current_handler. Returns 0, or what an unwind to frame_landing
 * gives. */
ULONG with_handler(frame_function function, void *argument);
extern char frame_landing[];
/* Sets all non-volatile registers to known values, calls try_except, and returns a mask of those
 * that are wrong after. */
ULONG check_nonvolatile(frame_function function, void *argument);
/* Saves the non-volatile registers in every way there is, destroys them, faults by writing to
 * address 8. */
void destroy_and_fault(void *unused);

/* Sample functions for RtlVirtualUnwind: labels of their instructions. */
extern char sample_a[],
    sample_a_end[]; /* push rbx; push rsi; sub rsp,0x48; ...; add; pop; pop; ret */
extern char sample_b[],
    sample_b_end[]; /* push rbp; sub rsp,0x40; lea rbp,[rsp+0x20]; ...; lea rsp; pop; ret */

extern LONG (*volatile current_filter)(EXCEPTION_POINTERS *pointers);
extern LONG (*volatile outer_filter)(EXCEPTION_POINTERS *pointers);
extern void (*volatile current_finally)(int is_abnormal);
extern EXCEPTION_DISPOSITION (*volatile current_handler)(EXCEPTION_RECORD *record, void *frame,
                                                         CONTEXT *context,
                                                         DISPATCHER_CONTEXT *dispatch);

#endif
