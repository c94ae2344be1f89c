/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See bench.h. */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static pid_t parent; /* of a child */

void bench_fail(const char *what, ...)
{
    va_list arguments;

    va_start(arguments, what);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, what, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    if (parent && getppid() == parent) /* it may wait for what this one was to do */
        kill(parent, SIGTERM);
    exit(EXIT_FAILURE);
}

void bench_pin(const char *placement, int side)
{
    cpu_set_t set;

    if (strcmp(placement, "none") == 0)
        return;
    CPU_ZERO(&set);
    CPU_SET(strcmp(placement, "two") == 0 && side ? 1 : 0, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0)
        bench_fail("no processor for side %d: %s", side, strerror(errno));
}

void *bench_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        bench_fail("no memory");
    return memory;
}

pid_t bench_child(void (*body)(void *), void *argument)
{
    fflush(stdout);
    pid_t own = getpid(), pid = fork();

    if (pid < 0)
        bench_fail("fork: %s", strerror(errno));
    if (pid == 0) {
        parent = own;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body(argument);
        exit(EXIT_SUCCESS);
    }
    return pid;
}

void bench_end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

void bench_join(pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, 0) != child || status != 0)
        bench_fail("a child has failed");
}

void bench_put(const char *work, const char *variant, const char *parameter, const char *placement,
               const char *metric, double value)
{
    printf("%s\t%s\t%s\t%s\t%s\t%.6g\n", work, variant, parameter, placement, metric, value);
    fflush(stdout);
}

uint64_t bench_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_cpu_of(pid_t pid)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time) < 0)
        bench_fail("no clock of process %d", (int)pid);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int64_t bench_memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    long long kib = -1;

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1)
            break;
    if (!file || kib < 0)
        bench_fail("no MemAvailable");
    fclose(file);
    return kib * 1024;
}

unsigned bench_number(int argc, char **argv, int index)
{
    char *end;
    unsigned long number;

    if (index >= argc)
        bench_fail("too few arguments: see the head of its source");
    number = strtoul(argv[index], &end, 0);
    if (*end || end == argv[index] || number > UINT32_MAX)
        bench_fail("not a number: %s", argv[index]);
    return (unsigned)number;
}
