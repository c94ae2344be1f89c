/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A slot (libs/lane/slot.c): a requester that may give up at any time, two repliers, one slot, for ever. Names are those of the
 * code; the word is (generation modulo 4, state).
 *
 * Found are: a reply that reaches another exchange (the assertions), a requester or a slot that waits for ever (an invalid
 * end state). A replier's DONE may wait in its store buffer when it is not written by a compare-and-swap.
 *
 * A seeded bug each (-D): no_finish_fence (R4), no_claim (R5), reuse_abandoned (R6). */

mtype = { FREE, ARMED, CLAIMED, DONE, ABANDONED, RETURNED };

mtype state = FREE;
byte generation;  /* of the word in the slot; its low bits name the exchange */
byte reply;       /* the generation that the reply in the slot answers */
bool sleeping;
bool woken;       /* the futex */
bool done_buffer; /* a DONE in a replier's store buffer (no_finish_fence alone) */

mtype = { REQUEST, CANCEL };
chan lane = [2] of { mtype, byte }; /* records: kind, generation of slot_word */

active proctype store_buffer()
{
end: do
    :: atomic { done_buffer -> done_buffer = false; state = DONE }
    od
}

active proctype requester()
{
    byte mine;
    bool quarantined;

    do
    :: mine = (mine + 1) % 4; /* slot_arm */
        quarantined = false;
        atomic { sleeping = false; woken = false; generation = mine; state = ARMED }
        lane ! REQUEST(mine);
        do
        :: state == DONE && generation == mine -> /* slot_read */
            assert(reply == mine);
            break
        :: atomic { state == ARMED && generation == mine -> state = ABANDONED } /* slot_abandon: the time-out */
            lane ! CANCEL(mine);
            quarantined = true;
            break
        :: state == CLAIMED && generation == mine -> /* the time-out, too late to give up */
            quarantined = true;
            break
        :: sleeping = true; /* atom_swap, then the futex compares the word */
            if
            :: atomic { state != DONE -> woken = false }
                if
                :: woken
                :: atomic { state == ARMED -> state = ABANDONED };
                    lane ! CANCEL(mine);
                    quarantined = true;
                    break
                fi
            :: state == DONE
            fi
        od;
#ifndef reuse_abandoned
        if
        :: quarantined -> (state == RETURNED || state == DONE)
        :: else
        fi
#endif
        skip
    od
}

active [2] proctype replier()
{
    byte word;

end: do
    :: lane ? REQUEST(word) ->
#ifdef no_claim
        if
        :: true ->
#else
        if
        :: atomic { state == ARMED && generation == word -> state = CLAIMED } /* slot_claim */
#endif
            reply = word; /* written between claim and finish */
#ifdef no_finish_fence
            done_buffer = true;
#else
#ifdef no_claim
            state = DONE;
#else
            atomic { assert(state == CLAIMED && generation == word); state = DONE } /* slot_finish */
#endif
#endif
            if
            :: sleeping -> woken = true /* sys_futex_wake_shared */
            :: else
            fi
#ifndef no_claim
        :: atomic { state == ABANDONED && generation == word -> state = RETURNED }
        :: else /* returned by the other, who has received the cancellation */
#endif
        fi
    :: lane ? CANCEL(word) ->
        if
        :: atomic { state == ABANDONED && generation == word -> state = RETURNED } /* slot_return */
        :: else
        fi
    od
}
