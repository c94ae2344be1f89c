/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The least that can run: ntdll alone, one system call, the end of the process. */

#include "test.h"

static void test_main(void)
{
    plan(3);
    ok(1, "a program that imports ntdll alone runs");
    ok(*(void **)(test_peb() + 0x10) != NULL, "PEB.ImageBaseAddress is set");
    ok(running_on_portico() == 1, "ntdll is Portico's");
}
