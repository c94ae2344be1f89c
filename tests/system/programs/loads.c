/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Loads each DLL that it is given and says how it went; exits with the number of failures. */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    int n_failures = 0;

    for (int i = 1; i < argc; i++) {
        if (LoadLibraryA(argv[i]))
            continue;
        printf("%s: error %lu\n", argv[i], GetLastError());
        n_failures++;
    }
    return n_failures;
}
