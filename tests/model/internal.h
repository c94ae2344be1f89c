/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the parts of the model: the scheduler (model.c), its memory (memory.c), the choices and
 * the runs (explore.c), the modelled kernel (kernel.c). */
#pragma once

#include <stddef.h>

#include "model.h"

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
#define N_BUFFERED  8
#define N_TRACE     48
#define DELAY_HOOKS 8

enum thread_state { THREAD_ABSENT, THREAD_READY, THREAD_BLOCKED, THREAD_ENDED, THREAD_DEAD };

struct buffered {
    volatile void *ptr;
    unsigned size;
    uint64_t value;
    uint64_t others; /* what stands there for the other threads */
};

struct thread {
    enum thread_state state;
    void *sp, *stack, *fake_stack;
    bool (*is_ready)(const void *arg);
    const void *arg;
    bool has_deadline, timed_out;
    struct buffered buffer[N_BUFFERED];
    unsigned n_buffered, buffer_age;
    bool is_hidden; /* the delayed stores are not in memory: somebody else runs */
};

struct model {
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
    void *main_sp;
    const void *main_stack;
    size_t main_size;
    uint64_t random;
    struct {
        const char *site;
        unsigned thread;
    } trace[N_TRACE];
};
extern struct model m;

/* --- model.c --- */

/* A scheduling point named site; returns when this thread is chosen to run. */
void model_point(const char *site);

/* Blocks the running thread until is_ready(arg) holds, it was told to wake (model_wake), it timed
 * out (has_deadline), and it is chosen. True: timed out. */
bool model_block(bool (*is_ready)(const void *arg), const void *arg, bool has_deadline);

/* The running thread's number + 1 (0: no run), and its process. */
unsigned model_self(void);
unsigned model_process_of(unsigned self);
const struct model_thread *model_description(unsigned thread);

/* Prepares a thread that will begin in `entry` (NULL: its scenario's body). */
void model_thread_start(unsigned thread, void (*entry)(void));

/* Goes to the thread from outside of the run, and back from the running thread for good. */
void model_enter(unsigned thread);
void model_leave(void) __attribute__((noreturn));

/* Ends the run. */
void model_end(enum model_outcome outcome, const char *reason);

/* --- explore.c: one of n alternatives --- */
unsigned model_pick(unsigned n);

/* --- memory.c --- */

/* Makes the delayed stores of the running thread, or of a given one, visible. */
void model_flush(void);
void model_flush_thread(struct thread *thread);

/* Takes the delayed stores of a thread out of memory while others run, and puts them back. */
void model_hide(struct thread *thread);
void model_reveal(struct thread *thread);

/* --- kernel.c: forgets everything at the start of a run; a process died --- */
void kernel_reset(void);
void kernel_process_died(unsigned process);
