/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The scheduler. A run is a sequence of choices, each among n alternatives of which number 0 is "go
 * on". The choices of a run are kept in a list; the next run repeats them but for the last one that
 * has an alternative left, which takes the next (depth-first search). All state is reset between
 * runs, so equal choices give equal runs; a different number of alternatives at a repeated choice
 * is reported as unsound.
 *
 * Threads are coroutines on stacks of their own. The scheduler has none: it runs on the stack of
 * the thread that reached a hook and switches directly to the chosen one. At the end of a run, and
 * at a failure, control goes back to model_explore and the stacks are forgotten.
 *
 * Store buffers: one first-in-first-out list a thread. A delayed store is invisible to the others
 * and seen by its own thread's loads. Plain (not atomic) writes are visible at once, i.e. may
 * overtake a delayed store, which release stores allow; payloads are written before their commit
 * words anyway. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define FIBER_START(save, stack, size) __sanitizer_start_switch_fiber(save, stack, size)
#define FIBER_FINISH(save)             __sanitizer_finish_switch_fiber(save, NULL, NULL)
#define STACK_CLEAN(stack, size)       __asan_unpoison_memory_region(stack, size)
#else
#define FIBER_START(save, stack, size) ((void)(save))
#define FIBER_FINISH(save)             ((void)(save))
#define STACK_CLEAN(stack, size)       ((void)0)
#endif

#define N_THREADS   (MODEL_THREADS_MAX + 1) /* the last: the daemon after a death */
#define STACK_BYTES (256 * 1024)
#define N_CHOICES   65536
#define N_BUFFERED  8
#define N_TRACE     48
#define DELAY_HOOKS 8

enum thread_state { THREAD_ABSENT, THREAD_READY, THREAD_BLOCKED, THREAD_ENDED, THREAD_DEAD };

struct buffered {
    volatile void *ptr;
    unsigned size;
    uint64_t value;
};

struct thread {
    enum thread_state state;
    void *sp, *stack, *fake_stack;
    bool (*is_ready)(const void *arg);
    const void *arg;
    bool has_deadline, timed_out;
    struct buffered buffer[N_BUFFERED];
    unsigned n_buffered, buffer_age;
};

struct choice {
    uint32_t taken, n;
    uint64_t place; /* the step at which it was made */
};

enum option_kind { OPTION_RUN, OPTION_KILL, OPTION_STOP, OPTION_TIMEOUT };
struct option {
    enum option_kind kind;
    unsigned thread;
};

enum hook_mutant hook_mutant;

static struct {
    const struct model_scenario *scenario;
    const struct model_options *options;
    struct model_result *result;
    void *state;
    struct thread threads[N_THREADS];
    unsigned current;
    bool is_running;
    unsigned killed, stopped, death_of;
    unsigned preemptions, kills, stops, timeouts, delays; /* left in this run */
    uint64_t n_steps;
    void *main_sp, *main_fake_stack;
    const void *main_stack;
    size_t main_size;
    uint64_t random;
    struct {
        const char *site;
        unsigned thread;
    } trace[N_TRACE];
} m;

static struct choice choices[N_CHOICES];
static unsigned n_choices, depth;

/* Saves the callee-saved registers and the stack pointer, goes on with the other stack. */
void model_switch(void **save_sp, void *sp);
__asm__(".text\n"
        ".globl model_switch\n"
        ".type model_switch, @function\n"
        "model_switch:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rsi, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n"
        ".size model_switch, .-model_switch\n"
        ".section .note.GNU-stack,\"\",@progbits\n"
        ".text\n");

static const struct model_thread *description(unsigned thread)
{
    static const struct model_thread daemon = {"daemon", UINT32_MAX, NULL, false};

    return thread < MODEL_THREADS_MAX ? &m.scenario->threads[thread] : &daemon;
}

unsigned model_self(void)
{
    return m.is_running ? m.current + 1 : 0;
}

unsigned model_process_of(unsigned self)
{
    return self ? description(self - 1)->process : UINT32_MAX;
}

unsigned model_killed(void)
{
    return m.killed;
}

bool model_is_running(void)
{
    return m.is_running;
}

/* --- ending a run --- */

static void leave(void *sp_of)
{
    struct thread *self = sp_of;
    void *unused;

    m.is_running = false;
    FIBER_START(&self->fake_stack, m.main_stack, m.main_size);
    model_switch(&unused, m.main_sp);
    abort();
}

static void describe(const char *reason)
{
    char *text = m.result->what;
    size_t left = sizeof(m.result->what);
    int n = snprintf(text, left, "%s", reason);

    for (unsigned i = 0; i < N_THREADS && n > 0 && (size_t)n < left; i++) {
        const char *const states[] = {NULL, "ready", "BLOCKED", NULL, "killed"};
        if (!states[m.threads[i].state])
            continue;
        text += n, left -= (size_t)n;
        n = snprintf(text, left, "; %s %s", description(i)->name, states[m.threads[i].state]);
    }
}

static void end_run(enum model_outcome outcome, const char *reason)
{
    m.result->outcome = outcome;
    if (outcome != MODEL_PASSED)
        describe(reason);
    leave(&m.threads[m.current]);
}

void model_fail(const char *condition, const char *file, int line)
{
    char reason[200];

    snprintf(reason, sizeof(reason), "%s:%d: %s", file, line, condition);
    if (!m.is_running) {
        m.result->outcome = MODEL_FAILED;
        describe(reason);
        leave(&m.threads[m.current]);
    }
    end_run(MODEL_FAILED, reason);
    abort();
}

/* --- choices --- */

static unsigned pick(unsigned n)
{
    if (n <= 1)
        return 0;
    if (m.options->n_random) {
        m.random ^= m.random << 13, m.random ^= m.random >> 7, m.random ^= m.random << 17;
        return (m.random >> 20) % 6 ? 0 : (unsigned)(m.random >> 32) % n;
    }
    if (depth == N_CHOICES)
        end_run(MODEL_LIVELOCK, "too many choices in one run");
    uint64_t place = m.n_steps * 8 + m.current;
    if (depth == n_choices)
        choices[n_choices++] = (struct choice){0, n, place};
    if (choices[depth].n != n || choices[depth].place != place)
        end_run(MODEL_UNSOUND, "a repeated run went another way: the scenario keeps state");
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

/* --- store buffers --- */

static void store(volatile void *ptr, unsigned size, uint64_t value)
{
    if (size == 4)
        *(volatile uint32_t *)ptr = (uint32_t)value;
    else
        *(volatile uint64_t *)ptr = value;
}

static uint64_t load(const volatile void *ptr, unsigned size)
{
    return size == 4 ? *(const volatile uint32_t *)ptr : *(const volatile uint64_t *)ptr;
}

static void flush(struct thread *thread)
{
    for (unsigned i = 0; i < thread->n_buffered; i++)
        store(thread->buffer[i].ptr, thread->buffer[i].size, thread->buffer[i].value);
    thread->n_buffered = 0;
}

void model_flush(void)
{
    if (m.is_running)
        flush(&m.threads[m.current]);
}

static void store_or_delay(volatile void *ptr, unsigned size, uint64_t value)
{
    struct thread *self = &m.threads[m.current];

    if (self->n_buffered == N_BUFFERED)
        flush(self);
    if (self->n_buffered == 0) {
        self->buffer_age = 0;
        if (m.delays == 0 || pick(2) == 0) {
            store(ptr, size, value);
            return;
        }
        m.delays--;
    }
    self->buffer[self->n_buffered++] = (struct buffered){ptr, size, value};
}

static uint64_t load_own(const volatile void *ptr, unsigned size)
{
    const struct thread *self = &m.threads[m.current];

    for (unsigned i = self->n_buffered; i-- > 0;)
        if (self->buffer[i].ptr == ptr)
            return self->buffer[i].value;
    return load(ptr, size);
}

/* --- who runs --- */

static bool is_stopped(unsigned thread)
{
    unsigned process = description(thread)->process;

    return process < 32 && (m.stopped >> process & 1);
}

static bool can_run(unsigned thread)
{
    const struct thread *t = &m.threads[thread];

    if (is_stopped(thread))
        return false;
    if (t->state == THREAD_READY)
        return true;
    return t->state == THREAD_BLOCKED && (t->timed_out || t->is_ready(t->arg));
}

static void switch_to(unsigned thread)
{
    struct thread *old = &m.threads[m.current], *new = &m.threads[thread];

    if (new->state == THREAD_BLOCKED)
        new->state = THREAD_READY;
    if (old == new)
        return;
    m.current = thread;
    FIBER_START(&old->fake_stack, new->stack, STACK_BYTES);
    model_switch(&old->sp, new->sp);
    FIBER_FINISH(m.threads[m.current].fake_stack);
}

static void thread_main(void);

static void thread_start(unsigned thread)
{
    struct thread *t = &m.threads[thread];
    uint64_t *sp;

    if (!t->stack)
        t->stack = aligned_alloc(64, STACK_BYTES);
    STACK_CLEAN(t->stack, STACK_BYTES);
    *t = (struct thread){.state = THREAD_READY, .stack = t->stack};
    sp = (uint64_t *)(void *)((char *)t->stack + STACK_BYTES);
    *--sp = 0; /* alignment: as after a call */
    *--sp = (uint64_t)(uintptr_t)thread_main;
    sp -= 6;
    memset(sp, 0, 6 * sizeof(*sp));
    t->sp = sp;
}

static void kill_process(unsigned process)
{
    for (unsigned i = 0; i < MODEL_THREADS_MAX; i++) {
        struct thread *t = &m.threads[i];
        if (t->state == THREAD_ABSENT || t->state == THREAD_ENDED ||
            description(i)->process != process)
            continue;
        flush(t); /* what the processor has accepted reaches memory */
        t->state = THREAD_DEAD;
    }
    m.killed |= 1u << process;
    m.death_of = process;
    m.result->n_kills_done++;
    kernel_process_died(process);
    if (m.scenario->on_death)
        thread_start(MODEL_THREADS_MAX);
}

static unsigned list_options(struct option *options, bool may_stay)
{
    unsigned n = 0, process = description(m.current)->process;
    bool stays = may_stay && can_run(m.current);

    if (stays)
        options[n++] = (struct option){OPTION_RUN, m.current};
    for (unsigned i = 0; i < N_THREADS; i++)
        if (i != m.current && (!stays || m.preemptions) && can_run(i))
            options[n++] = (struct option){OPTION_RUN, i};
    if (stays && m.kills && process < 32 && (m.options->killable >> process & 1))
        options[n++] = (struct option){OPTION_KILL, m.current};
    if (stays && m.stops && process < 32 && (m.options->stoppable >> process & 1))
        options[n++] = (struct option){OPTION_STOP, m.current};
    for (unsigned i = 0; i < N_THREADS; i++) {
        const struct thread *t = &m.threads[i];
        if (m.timeouts && t->state == THREAD_BLOCKED && t->has_deadline && !can_run(i) &&
            !is_stopped(i))
            options[n++] = (struct option){OPTION_TIMEOUT, i};
    }
    return n;
}

static void time_out(unsigned thread)
{
    m.threads[thread].timed_out = true;
    m.result->n_timeouts_done++;
}

/* Nobody can run: a stopped process goes on, a deadline passes, or the run is over. */
static void nobody_runs(void)
{
    if (m.stopped) {
        m.stopped = 0;
        return;
    }
    for (unsigned i = 0; i < N_THREADS; i++)
        if (m.threads[i].state == THREAD_BLOCKED && m.threads[i].has_deadline) {
            time_out(i);
            return;
        }
    for (unsigned i = 0; i < N_THREADS; i++)
        if (m.threads[i].state == THREAD_BLOCKED && !description(i)->service)
            end_run(MODEL_DEADLOCK, "nobody can wake a sleeper");
    end_run(MODEL_PASSED, NULL);
}

static void apply(const struct option *option, bool was_preemption)
{
    switch (option->kind) {
    case OPTION_RUN:
        m.preemptions -= was_preemption;
        switch_to(option->thread);
        return;
    case OPTION_KILL:
        m.kills--;
        kill_process(description(option->thread)->process);
        return;
    case OPTION_STOP:
        m.stops--;
        m.stopped |= 1u << description(option->thread)->process;
        m.result->n_stops_done++;
        flush(&m.threads[option->thread]);
        return;
    case OPTION_TIMEOUT:
        m.timeouts--;
        time_out(option->thread);
        return;
    }
}

static void schedule(bool may_stay)
{
    struct option options[3 * N_THREADS];
    unsigned self = m.current;

    for (;;) {
        unsigned n = list_options(options, may_stay);
        if (n == 0) {
            nobody_runs();
            continue;
        }
        const struct option *option = &options[pick(n)];
        bool stays = options[0].kind == OPTION_RUN && options[0].thread == self && may_stay;
        apply(option, stays && option->thread != self && option->kind == OPTION_RUN);
        if (option->kind == OPTION_RUN)
            return;
    }
}

static void thread_main(void)
{
    FIBER_FINISH(m.threads[m.current].fake_stack);
    if (m.current == MODEL_THREADS_MAX)
        m.scenario->on_death(m.state, m.death_of);
    else
        description(m.current)->run(m.state);
    model_point("the end");
    flush(&m.threads[m.current]);
    m.threads[m.current].state = THREAD_ENDED;
    schedule(false);
    abort();
}

/* --- what the hooks call --- */

void model_point(const char *site)
{
    struct thread *self = &m.threads[m.current];

    if (!m.is_running)
        return;
    m.trace[m.n_steps % N_TRACE].site = site;
    m.trace[m.n_steps % N_TRACE].thread = m.current;
    if (++m.n_steps > (m.options->max_steps ? m.options->max_steps : 20000))
        end_run(MODEL_LIVELOCK, "a run does not end");
    if (self->n_buffered && ++self->buffer_age > DELAY_HOOKS)
        flush(self);
    schedule(true);
}

bool model_block(bool (*is_ready)(const void *arg), const void *arg, bool has_deadline)
{
    struct thread *self = &m.threads[m.current];

    flush(self);
    self->is_ready = is_ready;
    self->arg = arg;
    self->has_deadline = has_deadline;
    self->timed_out = false;
    if (is_ready(arg))
        return false;
    self->state = THREAD_BLOCKED;
    schedule(true);
    return self->timed_out;
}

static bool word_is_set(const void *arg)
{
    return *(const volatile uint32_t *)arg != 0;
}

void model_wait_for(const uint32_t *word)
{
    model_point("model_wait_for");
    model_block(word_is_set, word, false);
}

static uint64_t operate(enum hook_op op, volatile void *ptr, unsigned size, uint64_t arg,
                        uint64_t expected)
{
    uint64_t old = load(ptr, size), mask = size == 4 ? UINT32_MAX : UINT64_MAX;

    if (op == HOOK_SWAP)
        store(ptr, size, arg);
    else if (op == HOOK_CAS && old == (expected & mask))
        store(ptr, size, arg);
    else if (op == HOOK_ADD)
        store(ptr, size, old + arg);
    else if (op == HOOK_OR)
        store(ptr, size, old | arg);
    else if (op == HOOK_AND)
        store(ptr, size, old & arg);
    return old;
}

uint64_t hook_atomic(enum hook_op op, volatile void *ptr, unsigned size, uint64_t arg,
                     uint64_t expected, const char *site)
{
    model_point(site);
    if (op == HOOK_POINT)
        return 0;
    if (m.is_running && op == HOOK_LOAD)
        return load_own(ptr, size);
    if (m.is_running && op == HOOK_STORE) {
        store_or_delay(ptr, size, arg);
        return 0;
    }
    model_flush();
    if (op == HOOK_FENCE)
        return 0;
    if (op == HOOK_STORE) {
        store(ptr, size, arg);
        return 0;
    }
    return operate(op, ptr, size, arg, expected);
}

/* --- exploring --- */

static void print_trace(void)
{
    uint64_t first = m.n_steps > N_TRACE ? m.n_steps - N_TRACE : 0;

    for (uint64_t i = first; i < m.n_steps; i++)
        fprintf(stderr, "  %s: %s\n", description(m.trace[i % N_TRACE].thread)->name,
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
    void *fake_stack = NULL;

    for (unsigned i = 0; i < MODEL_THREADS_MAX && m.scenario->threads[i].run; i++)
        thread_start(i);
    m.current = 0;
    m.is_running = true;
    FIBER_START(&fake_stack, m.threads[0].stack, STACK_BYTES);
    model_switch(&m.main_sp, m.threads[0].sp);
    FIBER_FINISH(fake_stack);
}

/* The check runs as if it were a thread's body, so that MODEL_ASSERT works in it. */
static void check_main(void)
{
    FIBER_FINISH(m.threads[MODEL_THREADS_MAX].fake_stack);
    m.scenario->check(m.state);
    leave(&m.threads[MODEL_THREADS_MAX]);
}

static void run_check(void)
{
    void *fake_stack = NULL;
    struct thread *t = &m.threads[MODEL_THREADS_MAX];

    thread_start(MODEL_THREADS_MAX);
    ((uint64_t *)t->sp)[6] = (uint64_t)(uintptr_t)check_main;
    m.current = MODEL_THREADS_MAX;
    FIBER_START(&fake_stack, t->stack, STACK_BYTES);
    model_switch(&m.main_sp, t->sp);
    FIBER_FINISH(fake_stack);
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
    hook_mutant = options->mutant;
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
