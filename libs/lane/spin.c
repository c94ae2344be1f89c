/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The spin policy. A wait has two phases: first N_FREE_STEPS pauses (below a microsecond), for
 * which no clock is read and nobody is counted, since a hot reply comes within them; then up to the
 * bound, by the clock, as one of the process's spinners. The bound is the cost of a wake-up on this
 * machine, kept as a moving median: each sample moves the estimate by a sixteenth towards itself,
 * so a lying or preempted peer moves it little and within fixed limits. A sample is taken only when
 * the peer last ran elsewhere: on one processor the time contains the peer's own run.
 *
 * A site has a score: waits that ended within the bound raise it, longer ones lower it. The score
 * also learns from waits that slept, so a site that fell out of spinning comes back by itself.
 *
 * Everything here is a hint: plain unordered words, wrong values cost time and nothing else. */

#include <sched.h>
#include <stdlib.h>

#include "lane/atomics.h"
#include "lane/spin.h"
#include "lane/sys.h"

#define N_FREE_STEPS  64
#define STEPS_A_LOOK  16
#define COST_FIRST_NS 20000
#define SAMPLE_MAX_NS 1000000 /* above: the peer or we were preempted, not woken */
#define SCORE_SHORT   2
#define SCORE_LONG    3

static uint32_t cost_ns = COST_FIRST_NS;
static uint32_t fixed_bound_ns = UINT32_MAX; /* UINT32_MAX: measured */
static uint32_t n_spinners, n_spinners_max = 1;

void spin_configure(int bound_us, unsigned n_processors)
{
    atom_poke(&fixed_bound_ns, bound_us < 0 ? UINT32_MAX : (uint32_t)MIN(bound_us, 1000) * 1000);
    atom_poke(&n_spinners_max, n_processors > 1 ? n_processors - 1 : 1);
}

/* Not set: measured. */
static bool setting_read(const char *text, int *ret_us)
{
    char *end;
    long us;

    *ret_us = -1;
    if (!text || !*text)
        return true;
    us = strtol(text, &end, 10);
    if (end == text || *end)
        return false;
    *ret_us = us < 0 ? -1 : (int)MIN(us, 1000);
    return true;
}

const char *spin_setting_wrong(void)
{
    const char *text = getenv("PORTICO_SPIN_US");
    int us;

    return setting_read(text, &us) ? NULL : text;
}

__attribute__((constructor)) static void spin_start(void)
{
    cpu_set_t set;
    int us;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    (void)setting_read(getenv("PORTICO_SPIN_US"), &us);
    spin_configure(us, (unsigned)n);
}

uint64_t spin_bound_ns(void)
{
    uint32_t fixed = atom_peek(&fixed_bound_ns);

    return fixed != UINT32_MAX ? fixed : atom_peek(&cost_ns);
}

uint32_t spin_cpu_hint(void)
{
    return sys_cpu() + 1;
}

void spin_site_init(struct spin_site *site)
{
    atom_poke(&site->score, SPIN_SCORE_SPIN);
}

void spin_begin(struct spin *spin, struct spin_site *site, uint32_t peer_cpu)
{
    *spin = (struct spin){.site = site};
    spin->elsewhere = peer_cpu != spin_cpu_hint();
    spin->bound_ns = spin_bound_ns();
    spin->allowed = spin->elsewhere && spin->bound_ns && atom_peek(&site->score) >= SPIN_SCORE_SPIN;
}

bool spin_is_idle(uint32_t peer_cpu)
{
    return peer_cpu == spin_cpu_hint() || !spin_bound_ns();
}

/* The end of the free phase: read the clock and ask to be counted. */
static bool begin_counted(struct spin *spin)
{
    spin->start_ns = sys_now_ns();
    if (!spin->allowed)
        return false;
    if (atom_add(&n_spinners, 1) >= atom_peek(&n_spinners_max)) {
        atom_add(&n_spinners, UINT32_MAX);
        return false;
    }
    spin->counted = true;
    return true;
}

/* A thread that goes to sleep is no spinner. */
static void end_counted(struct spin *spin)
{
    if (spin->counted)
        atom_add(&n_spinners, UINT32_MAX);
    spin->counted = false;
}

bool spin_step(struct spin *spin)
{
    if (spin->allowed)
        __builtin_ia32_pause();
    else if (!spin->elsewhere)
        return false;
    if (spin->allowed && ++spin->n_steps < N_FREE_STEPS)
        return true;
    if (!spin->start_ns)
        return begin_counted(spin);
    if (!spin->counted)
        return false;
    if (spin->n_steps % STEPS_A_LOOK || sys_now_ns() - spin->start_ns < spin->bound_ns)
        return true;
    end_counted(spin);
    return false;
}

static void learn_cost(uint64_t sample_ns)
{
    uint32_t cost = atom_peek(&cost_ns);

    if (sample_ns > SAMPLE_MAX_NS)
        return;
    cost = sample_ns > cost ? cost + cost / 16 : cost - cost / 16;
    atom_poke(&cost_ns, MAX(SPIN_COST_MIN_NS, MIN(cost, SPIN_COST_MAX_NS)));
}

static void learn_length(struct spin_site *site, bool was_short)
{
    uint32_t score = atom_peek(&site->score);

    if (was_short)
        score = MIN(score + SCORE_SHORT, SPIN_SCORE_MAX);
    else
        score = score > SCORE_LONG ? score - SCORE_LONG : 0;
    atom_poke(&site->score, score);
}

void spin_end(struct spin *spin, bool slept, uint64_t waker_ns)
{
    end_counted(spin);
    if (!spin->elsewhere)
        return;
    if (!slept) {
        if (atom_peek(&spin->site->score) < SPIN_SCORE_MAX)
            learn_length(spin->site, true);
        return;
    }
    if (!spin->start_ns)
        return;
    uint64_t now = sys_now_ns();
    uint64_t end = waker_ns && waker_ns <= now ? waker_ns : now - MIN(now, spin_bound_ns());
    if (waker_ns && waker_ns <= now && waker_ns >= spin->start_ns)
        learn_cost(now - waker_ns);
    learn_length(spin->site, end <= spin->start_ns || end - spin->start_ns <= spin->bound_ns);
}
