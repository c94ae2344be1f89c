/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <stdio.h>

int main(void)
{
    fputs("portctl: not built yet\n", stderr);
    return 1;
}
