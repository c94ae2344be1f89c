/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The scheduler: who runs next at each hook.
 *
 * Threads are coroutines on stacks of their own. The scheduler has none: it runs on the stack of
 * the thread that reached a hook and switches directly to the chosen one. At the end of a run, and
 * at a failure, control goes back to model_explore and the stacks are forgotten. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum option_kind { OPTION_RUN, OPTION_KILL, OPTION_STOP, OPTION_TIMEOUT };
struct option {
    enum option_kind kind;
    unsigned thread;
};

struct model m;

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

const struct model_thread *model_description(unsigned thread)
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
    return self ? model_description(self - 1)->process : UINT32_MAX;
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

void model_leave(void)
{
    void *unused;

    m.is_running = false;
    FIBER_START(&m.threads[m.current].fake_stack, m.main_stack, m.main_size);
    model_switch(&unused, m.main_sp);
    abort();
}

void model_enter(unsigned thread)
{
    void *fake_stack = NULL;

    m.current = thread;
    FIBER_START(&fake_stack, m.threads[thread].stack, STACK_BYTES);
    model_switch(&m.main_sp, m.threads[thread].sp);
    FIBER_FINISH(fake_stack);
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
        n = snprintf(text, left, "; %s %s", model_description(i)->name, states[m.threads[i].state]);
    }
}

void model_end(enum model_outcome outcome, const char *reason)
{
    m.result->outcome = outcome;
    if (outcome != MODEL_PASSED)
        describe(reason);
    model_leave();
}

void model_fail(const char *condition, const char *file, int line)
{
    char reason[200];

    snprintf(reason, sizeof(reason), "%s:%d: %s", file, line, condition);
    if (!m.is_running) {
        m.result->outcome = MODEL_FAILED;
        describe(reason);
        model_leave();
    }
    model_end(MODEL_FAILED, reason);
    abort();
}

/* --- who runs --- */

static bool is_stopped(unsigned thread)
{
    unsigned process = model_description(thread)->process;

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
    model_reveal(new);
    if (old == new)
        return;
    m.current = thread;
    FIBER_START(&old->fake_stack, new->stack, STACK_BYTES);
    model_switch(&old->sp, new->sp);
    FIBER_FINISH(m.threads[m.current].fake_stack);
}

static void thread_main(void);

void model_thread_start(unsigned thread, void (*entry)(void))
{
    struct thread *t = &m.threads[thread];
    uint64_t *sp;

    if (!t->stack)
        t->stack = aligned_alloc(64, STACK_BYTES);
    STACK_CLEAN(t->stack, STACK_BYTES);
    *t = (struct thread){.state = THREAD_READY, .stack = t->stack};
    sp = (uint64_t *)(void *)((char *)t->stack + STACK_BYTES);
    *--sp = 0; /* alignment: as after a call */
    *--sp = (uint64_t)(uintptr_t)(entry ? entry : thread_main);
    sp -= 6;
    memset(sp, 0, 6 * sizeof(*sp));
    t->sp = sp;
}

static void kill_process(unsigned process)
{
    for (unsigned i = 0; i < MODEL_THREADS_MAX; i++) {
        struct thread *t = &m.threads[i];
        if (t->state == THREAD_ABSENT || t->state == THREAD_ENDED ||
            model_description(i)->process != process)
            continue;
        model_flush_thread(t); /* what the processor has accepted reaches memory */
        t->state = THREAD_DEAD;
    }
    m.killed |= 1u << process;
    m.death_of = process;
    m.result->n_kills_done++;
    kernel_process_died(process);
    if (m.scenario->on_death)
        model_thread_start(MODEL_THREADS_MAX, NULL);
}

static unsigned list_options(struct option *options, bool may_stay)
{
    unsigned n = 0, process = model_description(m.current)->process;
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
        if (m.threads[i].state == THREAD_BLOCKED && !model_description(i)->service)
            model_end(MODEL_DEADLOCK, "nobody can wake a sleeper");
    model_end(MODEL_PASSED, NULL);
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
        kill_process(model_description(option->thread)->process);
        return;
    case OPTION_STOP:
        m.stops--;
        m.stopped |= 1u << model_description(option->thread)->process;
        m.result->n_stops_done++;
        model_flush_thread(&m.threads[option->thread]);
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

    model_hide(&m.threads[self]);
    for (;;) {
        unsigned n = list_options(options, may_stay);
        if (n == 0) {
            nobody_runs();
            continue;
        }
        const struct option *option = &options[model_pick(n)];
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
        model_description(m.current)->run(m.state);
    model_point("the end");
    model_flush_thread(&m.threads[m.current]);
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
        model_end(MODEL_LIVELOCK, "a run does not end");
    if (self->n_buffered && ++self->buffer_age > DELAY_HOOKS)
        model_flush_thread(self);
    schedule(true);
}

bool model_block(bool (*is_ready)(const void *arg), const void *arg, bool has_deadline)
{
    struct thread *self = &m.threads[m.current];

    model_flush_thread(self);
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
