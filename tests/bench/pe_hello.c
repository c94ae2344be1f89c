/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the start of a program is measured with. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
