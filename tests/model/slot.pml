/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A slot (libs/lane/slot.c): a requester that may give up at any time, two repliers, one slot, some exchanges. Names are those
 * of the code; a word is (number of the exchange, state), `finished` the number alone. (The code's numbers come round after
 * 2^29 exchanges; a replier that has slept for as long is not in the model.)
 *
 * Found are: a reply that reaches another exchange (the assertions), a requester or a slot that waits for ever (an invalid
 * end state). What a replier has finished may wait in its store buffer when no barrier follows.
 *
 * A seeded bug each (-D): no_finish_fence (R4), no_claim (R5), reuse_abandoned (R6). */

mtype = { FREE, CLAIMED, ABANDONED, RETURNED };

mtype state = FREE;
byte exchange;    /* of the state */
byte finished;    /* the exchange that was finished last */
byte reply;       /* the exchange that the reply in the slot answers */
bool sleeping;
bool woken;       /* the futex */
bool is_buffered; /* a finish in a replier's store buffer (no_finish_fence alone) */
byte buffered;

mtype = { REQUEST, CANCEL };
chan lane = [2] of { mtype, byte }; /* records: kind, exchange of slot_word */

#define N_EXCHANGES 6
#define is_untouched(word) (exchange + 1 == word && state != ABANDONED)

active proctype store_buffer()
{
end: do
    :: atomic { is_buffered -> is_buffered = false; finished = buffered }
    od
}

active proctype requester()
{
    byte mine;
    bool quarantined;

    do
    :: mine < N_EXCHANGES ->
        mine++; /* slot_arm: nothing is written but the mark, if there is one */
        quarantined = false;
        atomic { sleeping = false; woken = false }
        lane ! REQUEST(mine);
        do
        :: finished == mine -> /* slot_read */
            assert(reply == mine);
            break
        :: atomic { is_untouched(mine) -> exchange = mine; state = ABANDONED } /* slot_abandon: the time-out */
            lane ! CANCEL(mine);
            quarantined = true;
            break
        :: state == CLAIMED && exchange == mine -> /* the time-out, too late to give up */
            quarantined = true;
            break
        :: sleeping = true; /* atom_swap, then the futex compares the word */
            if
            :: atomic { finished != mine -> woken = false }
                if
                :: woken
                :: atomic { is_untouched(mine) -> exchange = mine; state = ABANDONED };
                    lane ! CANCEL(mine);
                    quarantined = true;
                    break
                fi
            :: finished == mine
            fi
        od;
#ifndef reuse_abandoned
        if
        :: quarantined -> ((state == RETURNED && exchange == mine) || finished == mine) /* is_back */
        :: else
        fi
#endif
        skip
    :: mine == N_EXCHANGES -> break
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
        :: atomic { is_untouched(word) -> exchange = word; state = CLAIMED } /* slot_claim */
#endif
            reply = word; /* written between claim and finish */
#ifdef no_finish_fence
            atomic { buffered = word; is_buffered = true };
#else
            finished = word; /* slot_finish */
#endif
            if
            :: sleeping -> woken = true /* sys_futex_wake_shared */
            :: else
            fi
#ifndef no_claim
        :: atomic { state == ABANDONED && exchange == word -> state = RETURNED }
        :: else /* returned by the other, who has received the cancellation */
#endif
        fi
    :: lane ? CANCEL(word) ->
        if
        :: atomic { state == ABANDONED && exchange == word -> state = RETURNED } /* slot_return */
        :: else
        fi
    od
}
