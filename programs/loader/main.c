/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portico FILE [ARGUMENT...]: runs a Windows program. Options end at FILE: what follows is the
 * program's. portico --dry-run FILE: tells what it needs. */

#include "common/trace.h"
#include "dry_run.h"
#include "portico/exit_status.h"
#include "start.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static void usage_print(FILE *file)
{
    fputs("Usage: portico FILE [ARGUMENT...]\n"
          "Runs the Windows program FILE (a 64-bit x86 console program).\n"
          "\n"
          "  --dry-run FILE   list what the program imports and what of it is there; run nothing\n"
          "  --help           print this\n"
          "  --version        print the version\n",
          file);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && !strcmp(argv[1], "--help")) {
        usage_print(stdout);
        return 0;
    }
    if (argc >= 2 && !strcmp(argv[1], "--version")) {
        puts("portico " VERSION);
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "--dry-run"))
        return dry_run(argv[2]);
    if (argc >= 2 && !strcmp(argv[1], "--")) {
        argv++;
        argc--;
    }
    if (argc >= 2 && !strncmp(argv[1], "--child=", 8)) /* between processes of ours: child.h */
        portico_start_child(atoi(argv[1] + 8));
    if (argc < 2 || argv[1][0] == '-') {
        if (argc >= 2)
            fprintf(stderr, "portico: %s: no such option\n", argv[1]);
        usage_print(stderr);
        return PORTICO_EXIT_USAGE;
    }
    trace_complain();
    portico_start_program(argv[1], argv + 2, environ);
}
