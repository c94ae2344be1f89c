/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* See frames.h. */

	.macro	function name
	.globl	\name
	.def	\name; .scl 2; .type 32; .endef
	.seh_proc \name
\name:
	.endm

	.text
	function try_except
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	movq	%rcx, %rax
	movq	%rdx, %rcx
1:	call	*%rax
	nop
2:	xorl	%eax, %eax
3:	addq	$0x28, %rsp
	ret
4:	jmp	3b
	.seh_handler __C_specific_handler, @except, @unwind
	.seh_handlerdata
	.long	1
	.rva	1b, 2b, filter_thunk, 4b
	.text
	.seh_endproc

	function try_except_twice
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	movq	%rcx, %rax
	movq	%rdx, %rcx
1:	call	*%rax
	nop
2:	xorl	%eax, %eax
3:	addq	$0x28, %rsp
	ret
4:	jmp	3b
5:	orl	$1, %eax
	jmp	3b
	.seh_handler __C_specific_handler, @except, @unwind
	.seh_handlerdata
	.long	2
	.rva	1b, 2b, filter_thunk, 4b
	.rva	1b, 2b, outer_filter_thunk, 5b
	.text
	.seh_endproc

	function try_finally
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	movq	%rcx, %rax
	movq	%rdx, %rcx
1:	call	*%rax
	nop
2:	xorl	%ecx, %ecx
	xorl	%edx, %edx
	call	finally_thunk
	nop
	addq	$0x28, %rsp
	ret
	.seh_handler __C_specific_handler, @except, @unwind
	.seh_handlerdata
	.long	1
	.rva	1b, 2b, finally_thunk
	.long	0
	.text
	.seh_endproc

	function with_handler
	subq	$0x28, %rsp
	.seh_stackalloc 0x28
	.seh_endprologue
	movq	%rcx, %rax
	movq	%rdx, %rcx
	call	*%rax
	xorl	%eax, %eax
	.globl	frame_landing
frame_landing:
	nop
	addq	$0x28, %rsp
	ret
	.seh_handler handler_thunk, @except, @unwind
	.seh_endproc

/* handler_thunk, filter_thunk and the others take their target at run time. */
	function handler_thunk
	.seh_endprologue
	jmpq	*current_handler(%rip)
	.seh_endproc
	function filter_thunk
	.seh_endprologue
	jmpq	*current_filter(%rip)
	.seh_endproc
	function outer_filter_thunk
	.seh_endprologue
	jmpq	*outer_filter(%rip)
	.seh_endproc
	function finally_thunk
	.seh_endprologue
	movzbl	%cl, %ecx
	jmpq	*current_finally(%rip)
	.seh_endproc

	.macro	save_all
	pushq	%rbx
	.seh_pushreg %rbx
	pushq	%rbp
	.seh_pushreg %rbp
	pushq	%rsi
	.seh_pushreg %rsi
	pushq	%rdi
	.seh_pushreg %rdi
	subq	$0x1008, %rsp
	.seh_stackalloc 0x1008
	movq	%r12, 0x30(%rsp)
	.seh_savereg %r12, 0x30
	movq	%r13, 0x38(%rsp)
	.seh_savereg %r13, 0x38
	movq	%r14, 0x40(%rsp)
	.seh_savereg %r14, 0x40
	movq	%r15, 0x48(%rsp)
	.seh_savereg %r15, 0x48
	movaps	%xmm6, 0x50(%rsp)
	.seh_savexmm %xmm6, 0x50
	movaps	%xmm7, 0x60(%rsp)
	.seh_savexmm %xmm7, 0x60
	movaps	%xmm8, 0x70(%rsp)
	.seh_savexmm %xmm8, 0x70
	movaps	%xmm9, 0x80(%rsp)
	.seh_savexmm %xmm9, 0x80
	movaps	%xmm10, 0x90(%rsp)
	.seh_savexmm %xmm10, 0x90
	movaps	%xmm11, 0xa0(%rsp)
	.seh_savexmm %xmm11, 0xa0
	movaps	%xmm12, 0xb0(%rsp)
	.seh_savexmm %xmm12, 0xb0
	movaps	%xmm13, 0xc0(%rsp)
	.seh_savexmm %xmm13, 0xc0
	movaps	%xmm14, 0xd0(%rsp)
	.seh_savexmm %xmm14, 0xd0
	movaps	%xmm15, 0xe0(%rsp)
	.seh_savexmm %xmm15, 0xe0
	.seh_endprologue
	.endm

	.macro	restore_all
	movq	0x30(%rsp), %r12
	movq	0x38(%rsp), %r13
	movq	0x40(%rsp), %r14
	movq	0x48(%rsp), %r15
	movaps	0x50(%rsp), %xmm6
	movaps	0x60(%rsp), %xmm7
	movaps	0x70(%rsp), %xmm8
	movaps	0x80(%rsp), %xmm9
	movaps	0x90(%rsp), %xmm10
	movaps	0xa0(%rsp), %xmm11
	movaps	0xb0(%rsp), %xmm12
	movaps	0xc0(%rsp), %xmm13
	movaps	0xd0(%rsp), %xmm14
	movaps	0xe0(%rsp), %xmm15
	addq	$0x1008, %rsp
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	ret
	.endm

	function destroy_and_fault
	save_all
	.irp	register, rbx, rbp, rsi, rdi, r12, r13, r14, r15
	movq	$-1, %\register
	.endr
	.irp	register, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pcmpeqd	%xmm\register, %xmm\register
	.endr
	movl	$8, %eax
	movl	%eax, (%rax)
	nop
	restore_all
	.seh_endproc

/* One bit of the result for each wrong register: rbx rbp rsi rdi r12 r13 r14 r15, then xmm6 to xmm15. */
	function check_nonvolatile
	save_all
	movl	$0x1001, %ebx
	movl	$0x1002, %ebp
	movl	$0x1003, %esi
	movl	$0x1004, %edi
	movl	$0x1005, %r12d
	movl	$0x1006, %r13d
	movl	$0x1007, %r14d
	movl	$0x1008, %r15d
	.irp	register, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movl	$0x2000 + \register, %eax
	movd	%eax, %xmm\register
	.endr
	call	try_except
	xorl	%ecx, %ecx
	.set	bit, 1
	.set	bit_number, 0
	.irp	register, rbx, rbp, rsi, rdi, r12, r13, r14, r15
	leaq	-0x1000(%\register), %rax
	leal	bit(%rcx), %edx
	cmpq	$(bit_number + 1), %rax
	cmovne	%edx, %ecx
	.set	bit, bit * 2
	.set	bit_number, bit_number + 1
	.endr
	.irp	register, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%xmm\register, %rax
	leal	bit(%rcx), %edx
	cmpq	$0x2000 + \register, %rax
	cmovne	%edx, %ecx
	.set	bit, bit * 2
	.endr
	movl	%ecx, %eax
	restore_all
	.seh_endproc

	.globl	sample_a, sample_a_end
	.seh_proc sample_a
sample_a:
	pushq	%rbx			/* 0 */
	.seh_pushreg %rbx
	pushq	%rsi			/* 1 */
	.seh_pushreg %rsi
	subq	$0x48, %rsp		/* 2 */
	.seh_stackalloc 0x48
	.seh_endprologue
	nop				/* 6 */
	addq	$0x48, %rsp		/* 7 */
	popq	%rsi			/* b */
	popq	%rbx			/* c */
	ret				/* d */
sample_a_end:
	.seh_endproc

	.globl	sample_b, sample_b_end
	.seh_proc sample_b
sample_b:
	pushq	%rbp			/* 0 */
	.seh_pushreg %rbp
	subq	$0x40, %rsp		/* 1 */
	.seh_stackalloc 0x40
	leaq	0x20(%rsp), %rbp	/* 5 */
	.seh_setframe %rbp, 0x20
	.seh_endprologue
	subq	$0x80, %rsp		/* a */
	nop				/* 11 */
	leaq	0x20(%rbp), %rsp	/* 12 */
	popq	%rbp			/* 16 */
	ret				/* 17 */
sample_b_end:
	.seh_endproc

	.data
	.globl	current_filter, outer_filter, current_finally, current_handler
current_filter:	.quad	0
outer_filter:	.quad	0
current_finally: .quad	0
current_handler: .quad	0
