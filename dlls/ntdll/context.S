/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Registers to and from CONTEXT, and the frames that language handlers are called under. Numbers are offsets of
 * CONTEXT: ContextFlags 30, MxCsr 34, segments 38..42, EFlags 44, integer registers 78..f0 (rax rcx rdx rbx rsp rbp rsi
 * rdi r8..r15), Rip f8, FltSave 100; size 4d0. 10000f: CONTROL, INTEGER, SEGMENTS, FLOATING_POINT of AMD64. */

	.text

/* The caller's context. All registers are kept, also the volatile ones. */
	.globl	RtlCaptureContext
	.def	RtlCaptureContext; .scl 2; .type 32; .endef
	.seh_proc RtlCaptureContext
RtlCaptureContext:
	pushfq
	.seh_stackalloc 8
	.seh_endprologue
	movl	$0x10000f, 0x30(%rcx)
	stmxcsr	0x34(%rcx)
	movw	%cs, 0x38(%rcx)
	movw	%ds, 0x3a(%rcx)
	movw	%es, 0x3c(%rcx)
	movw	%fs, 0x3e(%rcx)
	movw	%gs, 0x40(%rcx)
	movw	%ss, 0x42(%rcx)
	movq	%rax, 0x78(%rcx)
	movq	(%rsp), %rax
	movl	%eax, 0x44(%rcx)
	movq	%rcx, 0x80(%rcx)
	movq	%rdx, 0x88(%rcx)
	movq	%rbx, 0x90(%rcx)
	leaq	0x10(%rsp), %rax
	movq	%rax, 0x98(%rcx)
	movq	%rbp, 0xa0(%rcx)
	movq	%rsi, 0xa8(%rcx)
	movq	%rdi, 0xb0(%rcx)
	movq	%r8, 0xb8(%rcx)
	movq	%r9, 0xc0(%rcx)
	movq	%r10, 0xc8(%rcx)
	movq	%r11, 0xd0(%rcx)
	movq	%r12, 0xd8(%rcx)
	movq	%r13, 0xe0(%rcx)
	movq	%r14, 0xe8(%rcx)
	movq	%r15, 0xf0(%rcx)
	movq	8(%rsp), %rax
	movq	%rax, 0xf8(%rcx)
	fxsave64 0x100(%rcx)
	movq	0x78(%rcx), %rax
	popfq
	ret
	.seh_endproc

/* Load *rcx, all of it. The interrupt return takes flags, stack and address at once. */
	.globl	context_load
	.def	context_load; .scl 2; .type 32; .endef
	.seh_proc context_load
context_load:
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	fxrstor64 0x100(%rcx)
	ldmxcsr	0x34(%rcx)
	movq	0xf8(%rcx), %rax
	movq	%rax, (%rsp)
	movl	%cs, %eax
	movq	%rax, 8(%rsp)
	movl	0x44(%rcx), %eax
	movq	%rax, 0x10(%rsp)
	movq	0x98(%rcx), %rax
	movq	%rax, 0x18(%rsp)
	movl	%ss, %eax
	movq	%rax, 0x20(%rsp)
	movq	0x78(%rcx), %rax
	movq	0x88(%rcx), %rdx
	movq	0x90(%rcx), %rbx
	movq	0xa0(%rcx), %rbp
	movq	0xa8(%rcx), %rsi
	movq	0xb0(%rcx), %rdi
	movq	0xb8(%rcx), %r8
	movq	0xc0(%rcx), %r9
	movq	0xc8(%rcx), %r10
	movq	0xd0(%rcx), %r11
	movq	0xd8(%rcx), %r12
	movq	0xe0(%rcx), %r13
	movq	0xe8(%rcx), %r14
	movq	0xf0(%rcx), %r15
	movq	0x80(%rcx), %rcx
	iretq
	.seh_endproc

/* rcx = context, rdx = callback, r8 = record. The call happens on this stack, above a copy of the context and a machine
 * frame, so that a walk from the callback goes on in the target frame. */
	.globl	context_consolidate
	.def	context_consolidate; .scl 2; .type 32; .endef
	.seh_proc context_consolidate
context_consolidate:
	andq	$-16, %rsp
	subq	$0x520, %rsp
	.seh_pushframe
	.seh_stackalloc 0x4f0
	.seh_savereg %rbx, 0xb0
	.seh_savereg %rbp, 0xc0
	.seh_savereg %rsi, 0xc8
	.seh_savereg %rdi, 0xd0
	.seh_savereg %r12, 0xf8
	.seh_savereg %r13, 0x100
	.seh_savereg %r14, 0x108
	.seh_savereg %r15, 0x110
	.seh_savexmm %xmm6, 0x220
	.seh_savexmm %xmm7, 0x230
	.seh_savexmm %xmm8, 0x240
	.seh_savexmm %xmm9, 0x250
	.seh_savexmm %xmm10, 0x260
	.seh_savexmm %xmm11, 0x270
	.seh_savexmm %xmm12, 0x280
	.seh_savexmm %xmm13, 0x290
	.seh_savexmm %xmm14, 0x2a0
	.seh_savexmm %xmm15, 0x2b0
	.seh_endprologue
	movq	%rcx, %rsi
	leaq	0x20(%rsp), %rdi
	movl	$0x9a, %ecx
	cld
	rep movsq
	leaq	0x20(%rsp), %rbx
	andl	$~0x40, 0x30(%rbx)
	movq	0xf8(%rbx), %rax
	movq	%rax, 0x4f0(%rsp)
	movl	%cs, %eax
	movq	%rax, 0x4f8(%rsp)
	movl	0x44(%rbx), %eax
	movq	%rax, 0x500(%rsp)
	movq	0x98(%rbx), %rax
	movq	%rax, 0x508(%rsp)
	movl	%ss, %eax
	movq	%rax, 0x510(%rsp)
	movq	%r8, %rcx
	call	*%rdx
	movq	%rax, 0xf8(%rbx)
	movq	%rbx, %rcx
	call	context_load
	ud2
	.seh_endproc

/* Both: rcx = record, rdx = frame, r8 = context, r9 = dispatch, fifth = handler. The dispatch is left at 20(rsp) for the
 * frame's own handler. The nop keeps the return address out of the epilogue, where no handler is active. */
	.macro	handler_caller name, handler
	.globl	\name
	.def	\name; .scl 2; .type 32; .endef
	.seh_proc \name
\name:
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	movq	%r9, 0x20(%rsp)
	movq	0x50(%rsp), %rax
	call	*%rax
	nop
	addq	$0x28, %rsp
	ret
	.seh_handler \handler, @except, @unwind
	.seh_endproc
	.endm
	handler_caller exception_call_handler, nested_exception_handler
	handler_caller unwind_call_handler, collided_unwind_handler

/* rcx = record. The context is the caller's, as after a return from here. */
	.globl	RtlRaiseException
	.def	RtlRaiseException; .scl 2; .type 32; .endef
	.seh_proc RtlRaiseException
RtlRaiseException:
	subq	$0x4f8, %rsp
	.seh_stackalloc 0x4f8
	.seh_endprologue
	movq	%rcx, 0x500(%rsp)
	leaq	0x20(%rsp), %rcx
	call	RtlCaptureContext
	movq	0x500(%rsp), %rcx
	leaq	0x20(%rsp), %rdx
	movq	%rcx, 0x80(%rdx)
	movq	0x4f8(%rsp), %rax
	movq	%rax, 0xf8(%rdx)
	leaq	0x500(%rsp), %rax
	movq	%rax, 0x98(%rdx)
	call	exception_raise
	ud2
	.seh_endproc

/* rax = size of a frame to be made: touch each page from the stack's limit down to it, so that the guard page moves. All
 * registers are kept. */
	.globl	__chkstk
	.def	__chkstk; .scl 2; .type 32; .endef
	.seh_proc __chkstk
__chkstk:
	subq	$0x10, %rsp
	.seh_stackalloc 0x10
	.seh_endprologue
	movq	%r10, (%rsp)
	movq	%r11, 8(%rsp)
	xorl	%r11d, %r11d
	leaq	0x18(%rsp), %r10
	subq	%rax, %r10
	cmovb	%r11, %r10
	movq	%gs:0x10, %r11
	cmpq	%r11, %r10
	jae	2f
	andq	$-0x1000, %r10
1:	subq	$0x1000, %r11
	testb	$0, (%r11)
	cmpq	%r11, %r10
	jne	1b
2:	movq	(%rsp), %r10
	movq	8(%rsp), %r11
	addq	$0x10, %rsp
	ret
	.seh_endproc
