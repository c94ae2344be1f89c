/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The process as a client of the port server: one for the life of the program. Written by
 * process_start under `lock`, constant once `started` is set. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "portico/portico.h"

#define RUNTIME_DIR_MAX 4096 /* bytes, as portserver has it */

struct process {
    pthread_mutex_t lock;
    atomic_bool started;
    struct portico_hooks hooks; /* no member is NULL once started */
    char runtime_dir[RUNTIME_DIR_MAX];
    char error[512];
    int notice_fd;
    uint32_t process_id, server_id, session;
};

extern struct process the_process;

/* Counters of this process, for tests (portico_counters). */
struct process_counters {
    _Atomic uint64_t requests, futex_waits, futex_wakes, bells, polls;
};
extern struct process_counters the_counters;

static inline void counter_add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Writes the error that portico_start_error gives; returns status. */
status_t process_fail(status_t status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The server went: hooks.server_died, which does not return. */
void process_server_died(void) __attribute__((noreturn));
