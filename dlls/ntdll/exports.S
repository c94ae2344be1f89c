/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The code behind the names of exports.def that have no C function here.
 *
 * A stub hands its record (a "has said it" byte, then its name) to stub_called. The records have a section of their own, in
 * which `portico --dry-run` finds the names. A system call enters the ELF half
 * through the dispatcher whose address the loader has put at DISPATCHER: rax = number, r10 = first argument, as
 * Windows has it; the number is the rank among the SYSCALL lines, and the private calls of unixcalls.def follow.
 * Both are leaf code without a frame: the unwinder finds the caller's return address at rsp. */
#define DISPATCHER 0x7ffe1000

	.text
	.set	number, 0

	.macro	stub name
	.globl	\name
	.def	\name; .scl 2; .type 32; .endef
\name:	leaq	record_\name(%rip), %rcx
	jmp	stub_called
	.endm

	.macro	thunk name
	.globl	\name
	.def	\name; .scl 2; .type 32; .endef
	.balign	16
\name:	movq	%rcx, %r10
	movl	$number, %eax
	jmpq	*DISPATCHER
	.set	number, number + 1
	.endm

#define STUB(name) stub name
#define FUNCTION(name)
#define SYSCALL(name, n_args) thunk name
#define ALIAS(name, symbol)
#define FORWARD(name, target)
#define DATA(name)
#define UNIXCALL(name, n_args) thunk name
#include "exports.def"
#include "unixcalls.def"
	ud2

/* How many calls there are: must be the ELF table's number. */
	.section .rdata, "dr"
	.globl	call_count
	.balign	4
call_count:
	.long	number


	.section .stubs, "dw"
#undef STUB
#undef SYSCALL
	.macro	record name
record_\name:
	.byte	0
	.asciz	"\name"
	.endm
#define STUB(name) record name
#define SYSCALL(name, n_args)
#include "exports.def"
