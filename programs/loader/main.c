/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portico FILE [ARGUMENT...]: runs a Windows program. Options end at FILE: what follows is the
 * program's. portico --dry-run FILE: tells what it needs. */

#include "common/output.h"
#include "common/trace.h"
#include "dry_run.h"
#include "lane/spin.h"
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

static int told(int status)
{
    return output_is_written("portico") ? status : PORTICO_EXIT_NO_RESOURCES;
}

static int dry_run_only(int argc, char **argv)
{
    if (argc == 3)
        return told(dry_run(argv[2]));
    if (argc < 3)
        fputs("portico: --dry-run: the program's file is missing\n", stderr);
    else
        fprintf(stderr, "portico: --dry-run takes a file and nothing else: '%s'\n", argv[3]);
    usage_print(stderr);
    return PORTICO_EXIT_USAGE;
}

static void settings_complain(void)
{
    const char *wrong = spin_setting_wrong();

    trace_complain();
    if (wrong)
        fprintf(stderr, "portico: PORTICO_SPIN_US: '%.100s' is not a number of microseconds\n",
                wrong);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && !strcmp(argv[1], "--help")) {
        usage_print(stdout);
        return told(0);
    }
    if (argc >= 2 && !strcmp(argv[1], "--version")) {
        puts("portico " VERSION);
        return told(0);
    }
    if (argc >= 2 && !strcmp(argv[1], "--dry-run"))
        return dry_run_only(argc, argv);
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
    settings_complain();
    portico_start_program(argv[1], argv + 2, environ);
}
