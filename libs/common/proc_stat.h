/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* /proc/<pid>/stat: what Linux tells of a process or thread. Fields as proc(5) has them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
    char name[64];
    char state; /* 'R', 'S', 'T' ... */
    pid_t parent;
    int nice;
    uint64_t user, system; /* processor time, in clock ticks (_SC_CLK_TCK) */
    uint64_t start;        /* ticks from the machine's start */
    uint64_t faults;       /* that needed no disk */
    uint64_t virtual_bytes;
    uint64_t resident_pages;
};

/* `path`: of a stat file. false: the process has gone, or it is no such file. */
bool proc_stat_read(const char *path, struct proc_stat *ret_stat);
bool proc_stat_of(pid_t pid, struct proc_stat *ret_stat);
