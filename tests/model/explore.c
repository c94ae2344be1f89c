/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Choices and runs.
 *
 * A run is a sequence of choices, each among n alternatives of which number 0 is "go
 * on". The choices of a run are kept in a list; the next run repeats them but for the last one that
 * has an alternative left, which takes the next (depth-first search). All state is reset between
 * runs, so equal choices give equal runs; a different number of alternatives at a repeated choice
 * is reported as unsound. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define N_CHOICES 65536

struct choice {
    uint32_t taken, n;
    uint64_t place; /* the step at which it was made */
};

static struct choice choices[N_CHOICES];
static unsigned n_choices, depth;

unsigned model_pick(unsigned n)
{
    if (n <= 1)
        return 0;
    if (m.options->n_random) {
        m.random ^= m.random << 13, m.random ^= m.random >> 7, m.random ^= m.random << 17;
        return (m.random >> 20) % 6 ? 0 : (unsigned)(m.random >> 32) % n;
    }
    if (depth == N_CHOICES)
        model_end(MODEL_LIVELOCK, "too many choices in one run");
    uint64_t place = m.n_steps * 8 + m.current;
    if (depth == n_choices)
        choices[n_choices++] = (struct choice){0, n, place};
    if (choices[depth].n != n || choices[depth].place != place)
        model_end(MODEL_UNSOUND, "a repeated run went another way: the scenario keeps state");
    return choices[depth++].taken;
}

/* The next sequence of choices; false: all done. */
static bool next_sequence(void)
{
    while (n_choices && choices[n_choices - 1].taken + 1 == choices[n_choices - 1].n)
        n_choices--;
    if (n_choices == 0)
        return false;
    choices[n_choices - 1].taken++;
    return true;
}

static void print_trace(void)
{
    uint64_t first = m.n_steps > N_TRACE ? m.n_steps - N_TRACE : 0;

    for (uint64_t i = first; i < m.n_steps; i++)
        fprintf(stderr, "  %s: %s\n", model_description(m.trace[i % N_TRACE].thread)->name,
                m.trace[i % N_TRACE].site);
}

static void reset_run(void)
{
    m.preemptions = m.options->n_random ? UINT32_MAX : m.options->n_preemptions;
    m.kills = m.options->n_kills;
    m.stops = m.options->n_stops;
    m.timeouts = m.options->n_timeouts;
    m.delays = m.options->n_delays;
    m.killed = m.stopped = 0;
    m.n_steps = 0;
    depth = 0;
    for (unsigned i = 0; i < N_THREADS; i++)
        m.threads[i].state = THREAD_ABSENT;
    kernel_reset();
}

static void run_threads(void)
{
    for (unsigned i = 0; i < MODEL_THREADS_MAX && m.scenario->threads[i].run; i++)
        model_thread_start(i, NULL);
    m.is_running = true;
    model_enter(0);
}

/* The check runs as if it were a thread's body, so that MODEL_ASSERT works in it. */
static void check_main(void)
{
    FIBER_FINISH(m.threads[MODEL_THREADS_MAX].fake_stack);
    m.scenario->check(m.state);
    model_leave();
}

static void run_check(void)
{
    model_thread_start(MODEL_THREADS_MAX, check_main);
    model_enter(MODEL_THREADS_MAX);
}

static void find_main_stack(void)
{
#if defined(__SANITIZE_ADDRESS__)
    pthread_attr_t attributes;
    void *stack;

    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &stack, &m.main_size);
    pthread_attr_destroy(&attributes);
    m.main_stack = stack;
#endif
}

/* The mutant of the whole run (make check-mutants), for explorations that set none themselves. */
static enum hook_mutant mutant_of_the_run(void)
{
    static const char *const names[] = {
#define HOOK_MUTANT(name, suite) [MUTANT_##name] = #name,
#include "lane/mutants.def"
    };
    const char *wanted = getenv("PORTICO_MUTANT");

    for (unsigned i = 0; wanted && i < MUTANT_LAST; i++)
        if (names[i] && strcmp(names[i], wanted) == 0)
            return (enum hook_mutant)i;
    if (wanted) {
        fprintf(stderr, "model: no mutant is called %s\n", wanted);
        abort();
    }
    return MUTANT_none;
}

void model_explore(const struct model_scenario *scenario, const struct model_options *options,
                   void *state, struct model_result *ret_result)
{
    uint64_t max_runs = options->max_runs ? options->max_runs : 20000000;

    memset(ret_result, 0, sizeof(*ret_result));
    m.scenario = scenario;
    m.options = options;
    m.result = ret_result;
    m.state = state;
    m.random = options->seed * 2654435761u + 88172645463325252u;
    n_choices = 0;
    hook_mutant = options->mutant ? options->mutant : mutant_of_the_run();
    find_main_stack();
    do {
        reset_run();
        scenario->setup(state);
        run_threads();
        ret_result->n_runs++;
        ret_result->n_steps += m.n_steps;
        if (ret_result->outcome == MODEL_PASSED && scenario->check)
            run_check();
        if (ret_result->outcome != MODEL_PASSED) {
            if (getenv("MODEL_TRACE"))
                print_trace();
            break;
        }
        if (options->n_random ? ret_result->n_runs == options->n_random : !next_sequence())
            ret_result->is_complete = true;
    } while (!ret_result->is_complete && ret_result->n_runs < max_runs);
    hook_mutant = MUTANT_none;
}

bool model_has_passed(const struct model_result *result)
{
    static const char *const names[] = {"passed", "DEADLOCK", "LIVELOCK", "FAILED", "UNSOUND"};

    if (result->outcome == MODEL_PASSED && result->is_complete)
        return true;
    fprintf(stderr, "model: %s%s after %llu runs: %s\n", names[result->outcome],
            result->is_complete ? "" : " (not complete)", (unsigned long long)result->n_runs,
            result->what);
    return false;
}
