/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The places where the ELF half enters PE code: thread start, exceptions, APCs. Each has unwind data, so frames below
 * are found through it; what the interrupted code had in its registers lies in the CONTEXT at rsp, and the
 * register saves below say where (offsets of CONTEXT). */

	.text

/* The first frame of every thread: rcx = start, rdx = argument. The return address is 0: the walk ends here. */
	.globl	RtlUserThreadStart
	.def	RtlUserThreadStart; .scl 2; .type 32; .endef
	.seh_proc RtlUserThreadStart
RtlUserThreadStart:
	pushq	%rbp
	.seh_pushreg %rbp
	movq	%rsp, %rbp
	.seh_setframe %rbp, 0
	.seh_endprologue
	andq	$-16, %rsp
	subq	$32, %rsp
	call	thread_main
	ud2
	.seh_handler thread_start_handler, @except
	.seh_endproc

	.macro	context_registers
	.seh_savereg %rbx, 0x90
	.seh_savereg %rbp, 0xa0
	.seh_savereg %rsi, 0xa8
	.seh_savereg %rdi, 0xb0
	.seh_savereg %r12, 0xd8
	.seh_savereg %r13, 0xe0
	.seh_savereg %r14, 0xe8
	.seh_savereg %r15, 0xf0
	.seh_savexmm %xmm6, 0x200
	.seh_savexmm %xmm7, 0x210
	.seh_savexmm %xmm8, 0x220
	.seh_savexmm %xmm9, 0x230
	.seh_savexmm %xmm10, 0x240
	.seh_savexmm %xmm11, 0x250
	.seh_savexmm %xmm12, 0x260
	.seh_savexmm %xmm13, 0x270
	.seh_savexmm %xmm14, 0x280
	.seh_savexmm %xmm15, 0x290
	.endm

/* rsp -> CONTEXT, EXCEPTION_RECORD at 0x4f0, machine frame at 0x590. */
	.globl	KiUserExceptionDispatcher
	.def	KiUserExceptionDispatcher; .scl 2; .type 32; .endef
	.seh_proc KiUserExceptionDispatcher
KiUserExceptionDispatcher:
	.seh_pushframe
	.seh_stackalloc 0x590
	context_registers
	.seh_endprologue
	cld
	leaq	0x4f0(%rsp), %rcx
	movq	%rsp, %rdx
	call	exception_enter
	ud2
	.seh_endproc

/* rsp -> CONTEXT, whose home fields hold the three arguments and the routine; machine frame at 0x4d0. */
	.globl	KiUserApcDispatcher
	.def	KiUserApcDispatcher; .scl 2; .type 32; .endef
	.seh_proc KiUserApcDispatcher
KiUserApcDispatcher:
	.seh_pushframe
	.seh_stackalloc 0x4d0
	context_registers
	.seh_endprologue
	cld
	movq	0x00(%rsp), %rcx
	movq	0x08(%rsp), %rdx
	movq	0x10(%rsp), %r8
	movq	0x18(%rsp), %rax
	movq	%rsp, %r9
	call	*%rax
	movq	%rsp, %rcx
	movl	$1, %edx
	call	NtContinue
	ud2
	.seh_endproc

/* rcx = function, rdx = its argument. An exception that the filter wants ends here, with its code in eax. */
	.macro guard name, filter
	.globl \name
	.def	\name; .scl 2; .type 32; .endef
	.seh_proc \name
\name:
	pushq	%rbp
	.seh_pushreg %rbp
	movq	%rsp, %rbp
	.seh_setframe %rbp, 0
	.seh_endprologue
	subq	$32, %rsp
	movq	%rcx, %rax
	movq	%rdx, %rcx
.L\name\()_begin:
	call	*%rax
	nop
.L\name\()_end:
	movq	%rbp, %rsp
	popq	%rbp
	ret
.L\name\()_fault:
	.ifc \name, image_guard
	movl	$0xc000007b, %eax	/* STATUS_INVALID_IMAGE_FORMAT */
	.endif
	jmp	.L\name\()_end
	.seh_handler __C_specific_handler, @except
	.seh_handlerdata
	.long	1
	.rva	.L\name\()_begin, .L\name\()_end, \filter, .L\name\()_fault
	.text
	.seh_endproc
	.endm

/* What an image's tables lead to is read under this frame. */
	guard	image_guard, image_guard_filter
/* What an image brings is called under this one. */
	guard	entry_guard, entry_guard_filter
/* What stands for a system call reads and writes the program's memory under this one. */
	guard	user_guard, image_guard_filter
