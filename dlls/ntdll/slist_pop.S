/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The pop of an interlocked list. In assembly because one instruction may fault: the load of the first entry's link,
 * when another thread has popped and freed that entry meanwhile. slist_pop_fault (slist.c) knows it by its address
 * and lets the pop begin again if the head has changed.
 *
 * SLIST_ENTRY *RtlInterlockedPopEntrySList(SLIST_HEADER *list)
 * rdx:rax the head as seen, rcx:rbx the next one, r8 the first entry, r10 the list (the handler reads rax and r10).
 */
	.text
	.globl	RtlInterlockedPopEntrySList, slist_pop_resume, slist_pop_load
	.def	RtlInterlockedPopEntrySList; .scl 2; .type 32; .endef
	.seh_proc RtlInterlockedPopEntrySList
RtlInterlockedPopEntrySList:
	pushq	%rbx
	.seh_pushreg %rbx
	subq	$32, %rsp
	.seh_stackalloc 32
	.seh_endprologue
	.seh_handler slist_pop_fault, @except
	movq	%rcx, %r10
slist_pop_resume:
	movq	(%r10), %rax
	movq	8(%r10), %rdx
1:	movq	%rdx, %r8
	andq	$-16, %r8
	jz	2f
slist_pop_load:
	movq	(%r8), %rcx
	movq	%rdx, %rbx
	andl	$15, %ebx
	orq	%rbx, %rcx
	leaq	0x10000(%rax), %rbx	/* the sequence one up, */
	decw	%bx			/* the depth one down */
	lock
	cmpxchg16b (%r10)
	jne	1b
2:	movq	%r8, %rax
	addq	$32, %rsp
	popq	%rbx
	ret
	.seh_endproc
