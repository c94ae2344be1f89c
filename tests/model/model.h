/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The deterministic scheduler: runs the real libs/lane and libs/alpc code (built with
 * -DPORTICO_HOOKS) as coroutines of one thread and explores every interleaving of their atomic
 * operations and system calls up to stated bounds. The kernel below (futex, eventfd, epoll, poll,
 * robust mutex, clock) is a model, so a lost wake-up is a deadlock that is found, not a time-out.
 *
 * How to use it:
 *
 *     static const struct model_scenario scenario = {
 *         .setup = setup,                                  fresh state before each run; hooks pass
 * through .threads = {{"producer", 0, produce}, {"consumer", 1, consume}},   name, process, body
 *         .on_death = tell,                                what the daemon does after a kill; may
 * be NULL .check = check,                                  after each run; may be NULL
 *     };
 *     struct model_options options = {.n_preemptions = 2, .n_kills = 1, .killable = 1u << 0};
 *     struct model_result result;
 *     model_explore(&scenario, &options, state, &result);
 *     model_assert_passed(&result)   or   ck_assert(result.outcome == MODEL_DEADLOCK) for a mutant
 *
 * Bodies call the code under test, MODEL_ASSERT(condition), and model_* helpers. They must end by
 * themselves (a server that is allowed to be blocked at the end: service = true). No body may block
 * in a real system call, keep state outside `state`, or read a real clock: a run must depend on the
 * choices alone. setup must put all memory back to the same bytes.
 *
 * What is explored: at each hook the running thread may be preempted in favour of any other that
 * can run (n_preemptions times a run), its process may be killed (n_kills) or stopped until nobody
 * else can run (n_stops), a thread that waits with a deadline may time out (n_timeouts), and an
 * atom_store may stay in the store buffer of its thread, later stores behind it, until the next
 * full barrier, system call that sleeps or wakes, or 8 hooks later (n_delays). Switches away from a
 * thread that blocks or ends are free. Exhaustive within the bounds; n_random > 0 makes that many
 * random runs instead, unbounded. A process killed keeps its robust mutexes, which pass to the next
 * taker as LOCK_REPAIR. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lane/hook.h"

#define MODEL_THREADS_MAX 6

enum model_outcome {
    MODEL_PASSED,
    MODEL_DEADLOCK, /* somebody sleeps and nobody can wake him: a lost wake-up */
    MODEL_LIVELOCK, /* more than max_steps hooks in a run */
    MODEL_FAILED,   /* MODEL_ASSERT or check */
    MODEL_UNSOUND,  /* the scenario is not deterministic: a fault of the test */
};

struct model_thread {
    const char *name;
    unsigned process;
    void (*run)(void *state);
    bool service; /* may be blocked for ever at the end */
};

struct model_scenario {
    void (*setup)(void *state);
    struct model_thread threads[MODEL_THREADS_MAX];  /* the first without run ends the list */
    void (*on_death)(void *state, unsigned process); /* runs as a thread of its own */
    void (*check)(void *state);
};

struct model_options {
    unsigned n_preemptions, n_kills, n_stops, n_timeouts, n_delays;
    unsigned killable, stoppable; /* masks of processes */
    enum hook_mutant mutant;
    uint64_t max_runs;  /* 0: 20 million */
    uint64_t max_steps; /* 0: 20,000 */
    uint64_t n_random;  /* random runs instead of all; 0: all */
    uint64_t seed;
};

struct model_result {
    enum model_outcome outcome;
    bool is_complete; /* everything within the bounds was explored */
    uint64_t n_runs;
    uint64_t n_steps;      /* hooks of all runs */
    uint64_t n_kills_done; /* runs in which a process was killed, stopped, timed out */
    uint64_t n_stops_done;
    uint64_t n_timeouts_done;
    char what[400]; /* of a failure: the reason and the last hooks */
};

void model_explore(const struct model_scenario *scenario, const struct model_options *options,
                   void *state, struct model_result *ret_result);

/* In a body: ends the run as failed. */
void model_fail(const char *condition, const char *file, int line) __attribute__((noreturn));
#define MODEL_ASSERT(condition)                         \
    do {                                                \
        if (!(condition))                               \
            model_fail(#condition, __FILE__, __LINE__); \
    } while (0)

/* In a body: which process was killed, as a mask; whether this run is explored at all (false in
 * setup). */
unsigned model_killed(void);
bool model_is_running(void);

/* In a body: blocks until the word is not 0 (a plain event of the scenario, not of the code under
 * test). */
void model_wait_for(const uint32_t *word);

/* In a body: empties an eventfd, as the owner of a wake word's descriptor does when it takes the
 * bits. */
void model_drain(int event_fd);

/* For check programs: prints what to standard error and returns false unless it passed completely.
 */
bool model_has_passed(const struct model_result *result);
