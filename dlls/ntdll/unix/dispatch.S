/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The one door from PE code to ELF code and back.
 *
 * syscall_dispatch is jumped to by a thunk of the PE half: eax = number, r10 = first argument, rdx r8 r9 and the stack
 * hold the others as in any call, the return address is on top. It saves the caller's context in the thread's frame,
 * says so (in_unix), switches to the unix stack, copies the stack arguments and calls the ms_abi function.
 *
 * syscall_exit returns to PE code. Everything between syscall_exit and syscall_exit_end can be restarted from
 * syscall_exit: it only reads the frame. So an attention signal that arrives there is not lost: its handler sets
 * in_unix again and moves rip back to syscall_exit, which finds the pending bit (RACE 1, signal.c).
 * The fast way back restores nothing but rsp: ms_abi functions preserve what the Windows ABI preserves. Any pending work or
 * changed context goes the slow way: thread_exit_work, then everything from the frame, by iretq.
 *
 * thread_enter_pe(void) runs the context in the frame and returns when thread_leave_pe was called on the same
 * thread, from ELF code without locks or from a signal handler that interrupted PE code.
 */
#include "frame.h"

	.text
	.globl	syscall_dispatch
	.hidden	syscall_dispatch
	.type	syscall_dispatch, @function
syscall_dispatch:
	movq	%fs:thread_frame@tpoff, %rcx
	cmpl	syscall_count(%rip), %eax
	jae	.Lno_such_call
	movq	%rbx, FRAME_RBX(%rcx)
	movq	%rdx, FRAME_RDX(%rcx)
	movq	%rsi, FRAME_RSI(%rcx)
	movq	%rdi, FRAME_RDI(%rcx)
	movq	%rbp, FRAME_RBP(%rcx)
	movq	%r8, FRAME_R8(%rcx)
	movq	%r9, FRAME_R9(%rcx)
	movq	%r10, FRAME_R10(%rcx)
	movq	%r12, FRAME_R12(%rcx)
	movq	%r13, FRAME_R13(%rcx)
	movq	%r14, FRAME_R14(%rcx)
	movq	%r15, FRAME_R15(%rcx)
	movq	(%rsp), %r11
	movq	%r11, FRAME_RIP(%rcx)
	leaq	8(%rsp), %r11
	movq	%r11, FRAME_RSP(%rcx)
	movq	$0x202, FRAME_EFLAGS(%rcx)	/* volatile across a call; DF is clear by the ABI */
	stmxcsr	FRAME_MXCSR(%rcx)
	movaps	%xmm6, FRAME_XMM6+0x00(%rcx)
	movaps	%xmm7, FRAME_XMM6+0x10(%rcx)
	movaps	%xmm8, FRAME_XMM6+0x20(%rcx)
	movaps	%xmm9, FRAME_XMM6+0x30(%rcx)
	movaps	%xmm10, FRAME_XMM6+0x40(%rcx)
	movaps	%xmm11, FRAME_XMM6+0x50(%rcx)
	movaps	%xmm12, FRAME_XMM6+0x60(%rcx)
	movaps	%xmm13, FRAME_XMM6+0x70(%rcx)
	movaps	%xmm14, FRAME_XMM6+0x80(%rcx)
	movaps	%xmm15, FRAME_XMM6+0x90(%rcx)
	movl	$0, FRAME_RESTORE(%rcx)
	movl	$1, FRAME_IN_UNIX(%rcx)
	cld

	/* The stack arguments: the last one first. */
	movq	FRAME_UNIX_RSP(%rcx), %rsp
	leaq	syscall_n_args(%rip), %rcx
	movzbl	(%rcx,%rax), %ecx
	subl	$4, %ecx
	jbe	.Lcall
	testb	$1, %cl
	jz	.Lcopy
	subq	$8, %rsp
.Lcopy:
	/* args 5.. lie above the caller's home area: r11 + 0x20 */
	pushq	0x18(%r11,%rcx,8)
	decl	%ecx
	jnz	.Lcopy
.Lcall:
	subq	$0x20, %rsp
	movq	%r10, %rcx
	leaq	syscall_table(%rip), %r11
	call	*(%r11,%rax,8)
	movq	%fs:thread_frame@tpoff, %rcx
	testl	$RESTORE_INTEGER, FRAME_RESTORE(%rcx)
	jnz	syscall_exit			/* the call has replaced the context, rax too */
	movq	%rax, FRAME_RAX(%rcx)

	.globl	syscall_exit
	.hidden	syscall_exit
syscall_exit:
	movq	%fs:thread_frame@tpoff, %rcx
	movl	FRAME_PENDING(%rcx), %eax
	orl	FRAME_RESTORE(%rcx), %eax
	jnz	.Lslow
	movq	FRAME_RAX(%rcx), %rax
	movl	$0, FRAME_IN_UNIX(%rcx)
	movq	FRAME_RSP(%rcx), %rsp
	pushq	FRAME_RIP(%rcx)
	ret					/* pairs with the caller's call in the return predictor */

.Lslow:
	cmpl	$0, FRAME_PENDING(%rcx)
	jnz	.Lwork
	testl	$RESTORE_XSAVE, FRAME_RESTORE(%rcx)
	jz	1f
	movq	FRAME_XSAVE(%rcx), %rdi
	movl	FRAME_MASK(%rcx), %eax
	xorl	%edx, %edx
	xrstor64 (%rdi)
	jmp	2f
1:	testl	$RESTORE_FXSAVE, FRAME_RESTORE(%rcx)
	jz	1f
	movq	FRAME_XSAVE(%rcx), %rdi
	fxrstor64 (%rdi)
	jmp	2f
1:	ldmxcsr	FRAME_MXCSR(%rcx)
	movaps	FRAME_XMM6+0x00(%rcx), %xmm6
	movaps	FRAME_XMM6+0x10(%rcx), %xmm7
	movaps	FRAME_XMM6+0x20(%rcx), %xmm8
	movaps	FRAME_XMM6+0x30(%rcx), %xmm9
	movaps	FRAME_XMM6+0x40(%rcx), %xmm10
	movaps	FRAME_XMM6+0x50(%rcx), %xmm11
	movaps	FRAME_XMM6+0x60(%rcx), %xmm12
	movaps	FRAME_XMM6+0x70(%rcx), %xmm13
	movaps	FRAME_XMM6+0x80(%rcx), %xmm14
	movaps	FRAME_XMM6+0x90(%rcx), %xmm15
2:	movq	FRAME_RAX(%rcx), %rax
	movq	FRAME_RBX(%rcx), %rbx
	movq	FRAME_RDX(%rcx), %rdx
	movq	FRAME_RSI(%rcx), %rsi
	movq	FRAME_RDI(%rcx), %rdi
	movq	FRAME_RBP(%rcx), %rbp
	movq	FRAME_R8(%rcx), %r8
	movq	FRAME_R9(%rcx), %r9
	movq	FRAME_R10(%rcx), %r10
	movq	FRAME_R11(%rcx), %r11
	movq	FRAME_R12(%rcx), %r12
	movq	FRAME_R13(%rcx), %r13
	movq	FRAME_R14(%rcx), %r14
	movq	FRAME_R15(%rcx), %r15
	movl	$0, FRAME_IN_UNIX(%rcx)
	leaq	FRAME_RIP(%rcx), %rsp
	movq	FRAME_RCX(%rcx), %rcx
	iretq
	.globl	syscall_exit_end
	.hidden	syscall_exit_end
syscall_exit_end:

.Lwork:
	movq	FRAME_UNIX_RSP(%rcx), %rsp
	orl	$RESTORE_INTEGER, FRAME_RESTORE(%rcx)	/* a SysV function is about to run */
	call	thread_exit_work
	jmp	syscall_exit

.Lno_such_call:
	movl	$0xc000001c, %eax		/* STATUS_INVALID_SYSTEM_SERVICE */
	ret
	.size	syscall_dispatch, . - syscall_dispatch

	.globl	thread_enter_pe
	.hidden	thread_enter_pe
	.type	thread_enter_pe, @function
thread_enter_pe:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	movq	%fs:thread_frame@tpoff, %rcx
	movq	%rsp, FRAME_UNIX_RSP(%rcx)
	jmp	syscall_exit
	.size	thread_enter_pe, . - thread_enter_pe

	.globl	thread_leave_pe
	.hidden	thread_leave_pe
	.type	thread_leave_pe, @function
thread_leave_pe:
	movq	%fs:thread_frame@tpoff, %rcx
	movl	$1, FRAME_IN_UNIX(%rcx)
	movq	FRAME_UNIX_RSP(%rcx), %rsp
	cld
	fninit
	ldmxcsr	default_mxcsr(%rip)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.size	thread_leave_pe, . - thread_leave_pe

	.section .rodata
default_mxcsr:
	.long	0x1f80
	.section .note.GNU-stack, "", @progbits
