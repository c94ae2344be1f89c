/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a program sees of how it was started: "args ..." prints its arguments, one a line in
 * brackets; "env NAME", "cwd", "stdin", "processors" print that; "exit N" returns N; "fault",
 * "abort" do so. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef BOOLEAN(WINAPI *random_function)(void *buffer, ULONG size);

static int args_print(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        printf("[%s]\n", argv[i]);
    return 0;
}

static int env_print(const char *name)
{
    const char *value = getenv(name);

    puts(value ? value : "(not set)");
    return 0;
}

static int cwd_print(void)
{
    char path[MAX_PATH];

    GetCurrentDirectoryA(sizeof(path), path);
    puts(path);
    return 0;
}

static int stdin_print(void)
{
    char line[256];
    int n = 0;

    while (fgets(line, sizeof(line), stdin))
        n++;
    printf("%d lines, type %lu\n", n, GetFileType(GetStdHandle(STD_INPUT_HANDLE)));
    return 0;
}

/* Wine's advapi32 gets its random numbers by a question about each processor. */
static int processors_print(void)
{
    random_function random =
        (random_function)(void *)GetProcAddress(LoadLibraryA("advapi32.dll"), "SystemFunction036");
    SYSTEM_INFO info;
    char bytes[16];

    GetSystemInfo(&info);
    printf("%lu, %s random numbers\n", info.dwNumberOfProcessors,
           random && random(bytes, sizeof(bytes)) ? "with" : "without");
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (!strcmp(what, "args"))
        return args_print(argc, argv);
    if (!strcmp(what, "env"))
        return env_print(argv[2]);
    if (!strcmp(what, "cwd"))
        return cwd_print();
    if (!strcmp(what, "stdin"))
        return stdin_print();
    if (!strcmp(what, "processors"))
        return processors_print();
    if (!strcmp(what, "exit"))
        return (int)strtoul(argv[2], NULL, 0);
    if (!strcmp(what, "fault"))
        *(volatile int *)16 = 1;
    if (!strcmp(what, "abort"))
        abort();
    return 99;
}
