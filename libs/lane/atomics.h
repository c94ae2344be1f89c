/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The only file of Portico that names memory orders (and, through hook.h, the only atomics of lane
 * and alpc). The operations are named by what they are for; they work on any 4- or 8-byte integer.
 *
 *     atom_peek(p)         a hint or a word that only this side writes: no order
 *     atom_load(p)         takes what the other side gave: acquire; partner atom_store or stronger
 *     atom_poke(p, v)      a hint: no order
 *     atom_note(p, v)      a word that its own side reads plainly under a lock and others glance
 * at: release, never a hook atom_store(p, v)     gives what was written before it: release; partner
 * atom_load atom_swap(p, v)      exchange, full barrier: raise a flag before looking again (Dekker)
 *     atom_cas(p, old, v)  true if *p was old and is v now; full barrier
 *     atom_add, atom_or, atom_and   return the old value; full barrier
 *     atom_fence()         full barrier between an atom_store and a later atom_load
 */
#pragma once

#include <stddef.h>

#include "lane/hook.h"

#define atom_note(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#ifdef PORTICO_HOOKS

#define ATOM_SITE_(text) __FILE__ ":" text
#define ATOM_SITE_L_(n)  ATOM_SITE_(#n)
#define ATOM_SITE_LL_(n) ATOM_SITE_L_(n)
#define ATOM_SITE        ATOM_SITE_LL_(__LINE__)
#define ATOM_P_(p)       ((volatile void *)(uintptr_t)(p))
#define ATOM_V_(p, v)    ((uint64_t)(__typeof__(*(p) + 0))(v))
/* A statement expression, so that an unused result is no warning. */
#define ATOM_R_(p, op, v) \
    ({ (__typeof__(*(p) + 0))hook_atomic(op, ATOM_P_(p), sizeof(*(p)), v, 0, ATOM_SITE); })
#define atom_peek(p)     ATOM_R_(p, HOOK_LOAD, 0)
#define atom_load(p)     ATOM_R_(p, HOOK_LOAD, 0)
#define atom_poke(p, v)  ((void)ATOM_R_(p, HOOK_STORE, ATOM_V_(p, v)))
#define atom_store(p, v) ((void)ATOM_R_(p, HOOK_STORE, ATOM_V_(p, v)))
#define atom_swap(p, v)  ATOM_R_(p, HOOK_SWAP, ATOM_V_(p, v))
#define atom_add(p, v)   ATOM_R_(p, HOOK_ADD, ATOM_V_(p, v))
#define atom_or(p, v)    ATOM_R_(p, HOOK_OR, ATOM_V_(p, v))
#define atom_and(p, v)   ATOM_R_(p, HOOK_AND, ATOM_V_(p, v))
#define atom_cas(p, old, v)                                                                        \
    (hook_atomic(HOOK_CAS, ATOM_P_(p), sizeof(*(p)), ATOM_V_(p, v), ATOM_V_(p, old), ATOM_SITE) == \
     ATOM_V_(p, old))
#define atom_fence() ((void)hook_atomic(HOOK_FENCE, NULL, 0, 0, 0, ATOM_SITE))

#else

#define atom_peek(p)     __atomic_load_n(p, __ATOMIC_RELAXED)
#define atom_load(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atom_poke(p, v)  __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atom_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atom_swap(p, v)  __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define atom_cas(p, old, v)                                                                       \
    ({                                                                                            \
        __typeof__(*(p) + 0) atom_old_ = (old);                                                   \
        __atomic_compare_exchange_n(p, &atom_old_, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    })
#define atom_add(p, v) __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)
#define atom_or(p, v)  __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atom_and(p, v) __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)
#define atom_fence()   __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
