/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* How long programs take from their start to their end.
 *
 *     startup RUNS NAME COMMAND... [-- NAME COMMAND...]...
 *
 * Their output goes nowhere; they must exit with 0. One start of each in turn, so that what else
 * runs on the machine is the same for all. Prints the best and the median of each. */

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "bench.h"

extern char **environ;

static uint64_t run_once(char **command, const posix_spawn_file_actions_t *quiet)
{
    uint64_t start = bench_ns();
    int status = 0;
    pid_t pid;

    if (posix_spawnp(&pid, command[0], quiet, NULL, command, environ) != 0)
        bench_fail("%s cannot be started", command[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        bench_fail("%s ended with status %x", command[0], (unsigned)status);
    return bench_ns() - start;
}

struct program {
    const char *name;
    char **command; /* ends with NULL */
    uint64_t *ns;
};
enum { PROGRAMS_MAX = 8 };
#define USAGE "usage: startup RUNS NAME COMMAND... [-- NAME COMMAND...]..."

/* Cuts the arguments where "--" stands. */
static unsigned programs_read(char **argument, struct program *programs, unsigned n_runs)
{
    unsigned n = 0;

    while (*argument) {
        if (n == PROGRAMS_MAX || !argument[1] || !strcmp(argument[1], "--"))
            bench_fail(USAGE);
        programs[n] = (struct program){argument[0], argument + 1, calloc(n_runs, sizeof(uint64_t))};
        if (!programs[n++].ns)
            bench_fail("no memory");
        while (*argument && strcmp(*argument, "--") != 0)
            argument++;
        if (*argument)
            *argument++ = NULL;
    }
    return n;
}

static void program_put(const struct program *program, unsigned n_runs)
{
    qsort(program->ns, n_runs, sizeof(*program->ns), ticks_compare);
    bench_put("start-up", program->name, "-", "none", "best_ns", (double)program->ns[0]);
    bench_put("start-up", program->name, "-", "none", "ns", (double)program->ns[n_runs / 2]);
    free(program->ns);
}

int main(int argc, char **argv)
{
    struct program programs[PROGRAMS_MAX];
    posix_spawn_file_actions_t quiet;
    unsigned n_runs = bench_number(argc, argv, 1);
    unsigned n = n_runs ? programs_read(argv + 2, programs, n_runs) : 0;

    if (!n)
        bench_fail(USAGE);
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    for (unsigned i = 0; i < n; i++)
        (void)run_once(programs[i].command, &quiet);
    for (unsigned run = 0; run < n_runs; run++)
        for (unsigned i = 0; i < n; i++)
            programs[i].ns[run] = run_once(programs[i].command, &quiet);
    for (unsigned i = 0; i < n; i++)
        program_put(&programs[i], n_runs);
    return 0;
}
