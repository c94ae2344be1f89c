/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* fifo FILE: what becomes of a FIFO that is listed, opened, read to its end and written. */
#include <windows.h>

#include <stdio.h>

static const char *end_of(HANDLE file)
{
    char buffer[64];
    DWORD n;

    while (ReadFile(file, buffer, sizeof(buffer), &n, NULL))
        printf("read: %lu\n", (unsigned long)n);
    return GetLastError() == ERROR_BROKEN_PIPE ? "broken pipe" : "another error";
}

static void read_it(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE) {
        puts("open to read: no");
        return;
    }
    printf("end: %s\n", end_of(file));
    CloseHandle(file);
}

int main(int argc, char **argv)
{
    HANDLE file;

    if (argc != 2)
        return 2;
    setvbuf(stdout, NULL, _IONBF, 0); /* who reads it waits for a line */
    printf("attributes: %lx\n", (unsigned long)GetFileAttributesA(argv[1]));
    read_it(argv[1]);
    file = CreateFileA(argv[1], GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    printf("open to write: %s\n", file == INVALID_HANDLE_VALUE ? "no" : "yes");
    return 0;
}
