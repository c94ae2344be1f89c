/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The code behind the ABSENT lines of a DLL's exports.def: each hands its record and its result to absent_called. Leaf code
 * without a frame, as ntdll's stubs. */
	.text

	.macro	absent name, result
	.globl	\name
	.def	\name; .scl 2; .type 32; .endef
\name:	leaq	record_\name(%rip), %rcx
	movq	$\result, %rdx
	jmp	absent_called
	.endm

#define FUNCTION(name, ...)
#define FORWARD(name, target)
#define ABSENT(name, result, ...) absent name, result
#include "exports.def"
	ud2

	.section .stubs, "dw"
#undef ABSENT
	.macro	record name
record_\name:
	.byte	0
	.asciz	"\name"
	.endm
#define ABSENT(name, result, ...) record name
#include "exports.def"
