/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The system-call frame: what dispatch.S saves and restores. Read by the assembler too: offsets by
 * number, checked in thread.c. */
#pragma once

/* The page behind KUSER_SHARED_DATA: where the PE half's thunks find the dispatcher, and how many
 * calls it knows (uint32_t). */
#define DISPATCHER_POINTER 0x7ffe1000
#define DISPATCHER_COUNT   0x7ffe1008
#define PROCESS_PEB        0x7ffe1010 /* of this process, for others: process_facts.c */

#define FRAME_RAX      0x00
#define FRAME_RBX      0x08
#define FRAME_RCX      0x10
#define FRAME_RDX      0x18
#define FRAME_RSI      0x20
#define FRAME_RDI      0x28
#define FRAME_RBP      0x30
#define FRAME_R8       0x38
#define FRAME_R9       0x40
#define FRAME_R10      0x48
#define FRAME_R11      0x50
#define FRAME_R12      0x58
#define FRAME_R13      0x60
#define FRAME_R14      0x68
#define FRAME_R15      0x70
#define FRAME_RIP      0x78 /* rip, cs, eflags, rsp, ss: as iretq pops them */
#define FRAME_EFLAGS   0x88
#define FRAME_RSP      0x90
#define FRAME_MXCSR    0xa0
#define FRAME_RESTORE  0xa4
#define FRAME_PENDING  0xa8
#define FRAME_IN_UNIX  0xac
#define FRAME_UNIX_RSP 0xb0
#define FRAME_XSAVE    0xb8
#define FRAME_MASK     0xc0
#define FRAME_XMM6     0xd0

/* frame.restore: what the exit from a system call restores besides rax, rsp and rip. */
#define RESTORE_INTEGER 1 /* all integer registers, flags, xmm6-15 and mxcsr from the frame */
#define RESTORE_FXSAVE  2 /* x87 and xmm from the legacy part of frame.xsave */
#define RESTORE_XSAVE   4 /* the components of frame.xsave_mask from frame.xsave */

#ifndef __ASSEMBLER__
#include <stdatomic.h>
#include <stdint.h>

struct frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, cs, eflags, rsp, ss;
    uint32_t mxcsr;
    uint32_t restore;
    _Atomic uint32_t pending; /* PENDING_* (thread.h); set by any thread, cleared by this one */
    _Atomic uint32_t in_unix; /* the thread executes ELF code and the frame is complete */
    uint64_t unix_rsp;        /* where ELF functions begin on the thread's unix stack */
    void *xsave;              /* 64-aligned, context_xsave_size() bytes */
    uint64_t xsave_mask;
    uint64_t unused;
    _Alignas(16) uint8_t xmm6_15[10][16];
};
#endif
