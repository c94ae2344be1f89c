/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Facts of processes from /proc. A process of ours is told by its executable, and its program by
 * the loader's own arguments, which nothing changes later: so it is known from the first moment on,
 * also of a program that has never spoken to the port server or starts suspended. */
#include "process_facts.h"

#include "common/fd.h"
#include "frame.h"
#include "ntpath.h"
#include "nttime.h"
#include "ntwait.h"
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The loader's arguments that matter: options and two paths. */
#define COMMAND_BYTES_MAX (3 * PATH_MAX)

static size_t file_read(const char *path, char *ret_text, size_t size)
{
    _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n;

    while (fd >= 0 && used < size - 1 && (n = read(fd, ret_text + used, size - 1 - used)) > 0)
        used += (size_t)n;
    ret_text[used] = 0;
    return used;
}

int64_t nt_span_from_ticks(uint64_t ticks)
{
    return (int64_t)(ticks * (NT_UNITS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK)));
}

/* The wall clock at the machine's start. The two clocks cannot be read at once: of some readings
 * the one that took least is rounded to a tick. Once for a process: what began keeps its time when
 * the clock is set. */
static int64_t boot_time(void)
{
    static _Atomic int64_t known;
    int64_t tick = nt_span_from_ticks(1), best = INT64_MAX, found = 0, none = 0;

    for (int i = 0; !known && i < 5; i++) {
        struct timespec before, wall, after;
        int64_t begin, end;

        clock_gettime(CLOCK_BOOTTIME, &before);
        clock_gettime(CLOCK_REALTIME, &wall);
        clock_gettime(CLOCK_BOOTTIME, &after);
        begin = nt_time_from_timespec(before) - NT_UNIX_EPOCH;
        end = nt_time_from_timespec(after) - NT_UNIX_EPOCH;
        if (end - begin >= best)
            continue;
        best = end - begin;
        found = (nt_time_from_timespec(wall) - begin + tick / 2) / tick * tick;
    }
    if (found)
        atomic_compare_exchange_strong(&known, &none, found);
    return known;
}

int64_t nt_time_from_start(uint64_t ticks)
{
    return boot_time() + nt_span_from_ticks(ticks);
}

bool process_is_portico(pid_t pid)
{
    struct stat self, other;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    return !stat("/proc/self/exe", &self) && !stat(path, &other) && self.st_dev == other.st_dev &&
           self.st_ino == other.st_ino;
}

void *process_peb_of(pid_t pid)
{
    void *peb = NULL;
    struct iovec local = {&peb, sizeof(peb)}, remote = {(void *)PROCESS_PEB, sizeof(peb)};

    return process_is_portico(pid) &&
                   process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)sizeof(peb)
               ? peb
               : NULL;
}

/* The target of one of /proc's links. */
static char *link_read(pid_t pid, const char *name)
{
    char path[64], target[PATH_MAX];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0)
        return NULL;
    target[n] = 0;
    return strdup(target);
}

static char *program_from_dos(const char *file)
{
    char *path = NULL;
    size_t n_units;
    WCHAR *dos = utf16_from_utf8(file, strlen(file), &n_units);

    for (size_t i = 0; dos && i < n_units; i++)
        if (dos[i] == '/')
            dos[i] = '\\';
    if (dos && path_dos_to_unix(dos, &path))
        path = NULL;
    free(dos);
    return path;
}

/* The loader's FILE as it was given on a command line. The loader never changes its folder. */
static char *program_by_hand(pid_t pid, const char *file)
{
    char *directory = NULL, *joined = NULL, *path;

    if (*file != '/' && (directory = link_read(pid, "cwd")) &&
        asprintf(&joined, "%s/%s", directory, file) < 0)
        joined = NULL;
    path = realpath(joined ? joined : file, NULL);
    free(joined);
    free(directory);
    return path ? path : program_from_dos(file);
}

/* The arguments are those of programs/loader/main.c. */
static char *program_of_portico(pid_t pid)
{
    char text[COMMAND_BYTES_MAX], path[64], *end;
    const char *arguments[3] = {"", "", ""};
    size_t size;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    size = file_read(path, text, sizeof(text));
    end = text;
    for (int i = 0; i < 3 && end < text + size; i++, end += strlen(end) + 1)
        arguments[i] = end;
    if (!strncmp(arguments[1], "--child=", 8))
        return *arguments[2] ? strdup(arguments[2]) : NULL;
    if (!strcmp(arguments[1], "--"))
        arguments[1] = arguments[2];
    return *arguments[1] ? program_by_hand(pid, arguments[1]) : NULL;
}

char *process_program_path(pid_t pid)
{
    return process_is_portico(pid) ? program_of_portico(pid) : link_read(pid, "exe");
}
