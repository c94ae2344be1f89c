/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* How long a program takes from its start to its end.
 *
 *     startup NAME RUNS COMMAND...    its output goes nowhere; it must exit with 0
 *
 * Prints the best and the median. */

#include <fcntl.h>
#include <spawn.h>
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

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t quiet;
    uint64_t *ns;
    unsigned n = bench_number(argc, argv, 2);

    if (argc < 4 || n < 1 || !(ns = calloc(n, sizeof(*ns))))
        bench_fail("usage: startup NAME RUNS COMMAND...");
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    (void)run_once(argv + 3, &quiet);
    for (unsigned i = 0; i < n; i++)
        ns[i] = run_once(argv + 3, &quiet);
    qsort(ns, n, sizeof(*ns), ticks_compare);
    bench_put("start-up", argv[1], "-", "none", "best_ns", (double)ns[0]);
    bench_put("start-up", argv[1], "-", "none", "ns", (double)ns[n / 2]);
    free(ns);
    return 0;
}
