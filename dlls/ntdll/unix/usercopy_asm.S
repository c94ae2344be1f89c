/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The copy loops behind usercopy.h. They use no stack, so the SIGSEGV handler can end a copy that faulted between
 * user_copy_begin and user_copy_end by rip = user_copy_return with the status in eax.
 *
 * uint32_t user_copy(void *destination, const void *source, size_t size): 0 or the status of the fault.
 * uint32_t user_touch(void *byte): reads and writes back one byte, atomically (another thread may be writing it).
 */
	.text
	.globl	user_copy
	.hidden	user_copy
	.type	user_copy, @function
	.globl	user_copy_begin
	.hidden	user_copy_begin
user_copy_begin:
user_copy:
	cmpq	$16, %rdx
	jb	.Lsmall
	cmpq	$1024, %rdx
	ja	.Llarge
	movups	-16(%rsi,%rdx), %xmm1		/* the tail, which may overlap the last block */
	leaq	-16(%rdi,%rdx), %r8
1:	movups	(%rsi), %xmm0
	movups	%xmm0, (%rdi)
	addq	$16, %rsi
	addq	$16, %rdi
	cmpq	%r8, %rdi
	jb	1b
	movups	%xmm1, (%r8)
	xorl	%eax, %eax
	ret
.Lsmall:
	cmpl	$8, %edx
	jb	1f
	movq	(%rsi), %rax
	movq	-8(%rsi,%rdx), %rcx
	movq	%rax, (%rdi)
	movq	%rcx, -8(%rdi,%rdx)
	xorl	%eax, %eax
	ret
1:	cmpl	$4, %edx
	jb	1f
	movl	(%rsi), %eax
	movl	-4(%rsi,%rdx), %ecx
	movl	%eax, (%rdi)
	movl	%ecx, -4(%rdi,%rdx)
	xorl	%eax, %eax
	ret
1:	testl	%edx, %edx
	jz	2f
	movzbl	(%rsi), %eax
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decl	%edx
	jmp	1b
2:	xorl	%eax, %eax
	ret
.Llarge:
	movq	%rdx, %rcx
	rep movsb
	xorl	%eax, %eax
	ret
	.size	user_copy, . - user_copy

	.globl	user_touch
	.hidden	user_touch
	.type	user_touch, @function
user_touch:
	lock orb $0, (%rdi)
	xorl	%eax, %eax
	.globl	user_copy_return
	.hidden	user_copy_return
user_copy_return:
	ret
	.globl	user_copy_end
	.hidden	user_copy_end
user_copy_end:
	.size	user_touch, . - user_touch
	.section .note.GNU-stack, "", @progbits
