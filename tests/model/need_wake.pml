/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* need_wake, and waiting for space (libs/lane/consumer.c, producer.c): one producer, one consumer, a ring of two records, for ever.
 * Where tests/model/explore.c stops at a number of messages, this does not. Nobody can go on only when everything sent was taken
 * (monitor): anything else is a lost wake-up. Names are those of the code.
 *
 * Each end has a store buffer of one word (an atom_store that is not visible yet), which a process of its own empties at any
 * time; fences, exchanges and system calls empty it first.
 *
 * A seeded bug each (-D): no_recheck, no_publish_fence, no_raise_fence (R1), no_space_recheck (R7). */

#define RING 2

byte n_committed;   /* records in the ring, as the consumer sees: commit words */
bit commit_buffer;  /* a commit word in the producer's store buffer */
byte need_wake = 1; /* odd: ring. Modulo 4: between two raises lies a ring, so no older value is met */
bool raise_buffer;  /* a need_wake in the consumer's store buffer (no_raise_fence alone) */
byte raise_value;
bool is_done;       /* the producer */
byte rung;          /* the producer's */
bool raised = true; /* the consumer's: asked for a ring that has not come */
bool bell;          /* the edge of the lane's eventfd */

byte n_freed;       /* taken, not told to the producer yet */
byte consumed;      /* told: room for so many (the difference to what the producer has seen) */
bool space_wanted;
bool is_told; /* sys_futex_wake_shared */
byte space_seq; /* modulo 4: the ring is empty after two changes, so the producer has been told before the fourth */

active proctype producer_buffer()
{
end: do
    :: atomic { commit_buffer -> commit_buffer = 0; n_committed++ }
    od
}

active proctype consumer_buffer()
{
end: do
    :: atomic { raise_buffer -> raise_buffer = false; need_wake = raise_value }
    od
}

inline publish_and_ring()
{
    atomic { commit_buffer == 0 -> commit_buffer = 1 }
#ifndef no_publish_fence
    commit_buffer == 0; /* atom_fence */
#endif
    seen = need_wake;
    if
    :: (seen & 1) && seen != rung ->
        rung = seen;
        atomic { commit_buffer == 0 -> bell = true } /* sys_ring */
    :: else
    fi
}

active proctype producer()
{
    byte room = RING, seen;
    byte seq;
    bool is_asleep;

    do
    :: room > 0 -> room--; publish_and_ring()
    :: room > 0 -> break /* it has nothing more to send */
    :: room == 0 ->
        atomic { room = consumed; consumed = 0 } /* read_progress */
        if
        :: room == 0 ->
            seq = space_seq;
            atomic { commit_buffer == 0 -> space_wanted = true } /* atom_swap */
#ifndef no_space_recheck
            atomic { room = consumed; consumed = 0 };
#endif
            if
            :: room == 0 ->
                atomic { commit_buffer == 0 -> is_told = false; is_asleep = space_seq == seq }
                if /* the futex compares before it sleeps */
                :: !is_asleep
                :: is_asleep && is_told
                fi
            :: else
            fi;
            space_wanted = false
        :: else
        fi
    od;
    is_done = true
}

/* Nobody can go on: the producer has nothing more to send, and nothing lies in the ring. */
active proctype monitor()
{
end:
    timeout -> assert(is_done && n_committed == 0)
}

inline cursor_publish()
{
    if
    :: n_freed > 0 ->
        atomic { consumed = consumed + n_freed; n_freed = 0 }
        space_seq = (space_seq + 1) % 4;
        /* atom_fence; the wake-up is the sleeper's look at space_seq here, so it needs space_wanted */
        if
        :: space_wanted -> is_told = true
        :: else
        fi
    :: else
    fi
}

inline cursor_raise()
{
    if
    :: !raised ->
        raised = true;
#ifdef no_raise_fence
        atomic { !raise_buffer -> raise_value = (need_wake + 2) % 4; raise_buffer = true }
#else
        need_wake = (need_wake + 2) % 4 /* the next odd value, by atom_swap */
#endif
    :: else
    fi
}

active proctype consumer()
{
    do
    :: n_committed > 0 ->
        atomic { n_committed--; n_freed++ }
        if
        :: n_freed == RING -> cursor_publish()
        :: else
        fi
    :: n_committed == 0 ->
        cursor_publish();
        cursor_raise();
#ifndef no_recheck
        if
        :: n_committed > 0 -> skip
        :: else ->
#endif
            !raise_buffer;
end_sleep:
            atomic { bell -> bell = false; raised = false } /* doorbell_sleep, cursor_note_ring */
#ifndef no_recheck
        fi
#endif
    od
}
