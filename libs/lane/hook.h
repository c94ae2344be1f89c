/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The hooks: every atomic operation (atomics.h) and every system call (sys.h) of libs/lane and
 * libs/alpc passes here. In the product they compile to nothing. With -DPORTICO_HOOKS the same
 * sources are built a second time for tests/model, where a scheduler decides at each hook who runs
 * next, which end is killed or stopped there, and (for store buffers) when a store becomes visible.
 *
 * MUTANT(name) removes the guard of a numbered race: constant false in the product; the model sets
 * one mutant at a time (a test's options, or PORTICO_MUTANT=name for a whole run), and the
 * scheduler must then find the bug. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The mutants of libs/lane and libs/alpc: one line each, HOOK_MUTANT(name, suite). */
enum hook_mutant {
    MUTANT_none,
#define HOOK_MUTANT(name, suite) MUTANT_##name,
#include "lane/mutants.def"
    MUTANT_LAST
};

#ifdef PORTICO_HOOKS

enum hook_op {
    HOOK_LOAD,    /* atomic load */
    HOOK_STORE,   /* atomic store that may wait in a store buffer */
    HOOK_SWAP,    /* exchange: full barrier */
    HOOK_CAS,     /* compare and swap: full barrier */
    HOOK_ADD,     /* fetch and add: full barrier */
    HOOK_OR,      /* fetch and or: full barrier */
    HOOK_AND,     /* fetch and and: full barrier */
    HOOK_FENCE,   /* full barrier */
    HOOK_SYSCALL, /* before a modelled system call */
    HOOK_POINT,   /* a place named by HOOK(name) */
};

/* Performs the operation on size bytes at ptr under the scheduler's control and returns the old
 * value (HOOK_STORE, HOOK_FENCE, HOOK_POINT: 0). For HOOK_CAS it stores arg only if the old value
 * is expected. Implemented by tests/model. */
uint64_t hook_atomic(enum hook_op op, volatile void *ptr, unsigned size, uint64_t arg,
                     uint64_t expected, const char *site);

extern enum hook_mutant hook_mutant;

#define MUTANT(name) (hook_mutant == MUTANT_##name)
#define HOOK(name)   ((void)hook_atomic(HOOK_POINT, NULL, 0, 0, 0, #name))

#else

#define MUTANT(name) false
#define HOOK(name)   ((void)0)

#endif
