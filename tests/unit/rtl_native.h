/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The native stand-ins of rtl_native.c that tests look at. */
#pragma once

#include <setjmp.h>

/* RtlRaiseStatus lands here. */
extern jmp_buf raised_jump;
extern NTSTATUS raised_status;

/* Every thread but the first calls this before anything else. */
void rtl_native_thread(void);
