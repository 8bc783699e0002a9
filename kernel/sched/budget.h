/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets: a scheduling context never gets more than its budget in any window of its period.
 *
 * Time used in a stretch that began at s comes back at s + period, not earlier (a sporadic server,
 * after Sprunt, Sha, Lehoczky: Aperiodic task scheduling for hard real-time systems, 1989, with the
 * start of the stretch, not of the activation, as the anchor: so the bound holds in every window).
 * Invariant: the amounts in the refill ring add up to the budget, times ascend. When the ring is
 * full, amounts are put together at the later time: never too early.
 * A context whose budget is its period is never throttled; its budget is the length of its turn.
 */
#ifndef SCHED_BUDGET_H
#define SCHED_BUDGET_H

#include <model/fields.h>
#include <model/state.h>

/** Set the parameters; a new budget is there at once. */
/*@ requires is_context(sc);
    assigns Sched_context_budget(sc), Sched_context_period(sc), Sched_context_slice(sc),
        Sched_context_refills(sc), Sched_context_first(sc), K[sc + 3][0 .. 7],
        K[sc + 4][0 .. 7];
    ensures wf: refills_wf(sc);
    ensures set: Sched_context_budget(sc) == budget && Sched_context_period(sc) == period;
    ensures one: Sched_context_refills(sc) == 1 && Sched_context_first(sc) == 0 &&
        Sched_context_slice(sc) == 0 &&
        K[sc + SCHED_CONTEXT_REFILL][0] == now && K[sc + SCHED_CONTEXT_REFILL][1] == budget;
*/
void budget_set(ref_t sc, word_t budget, word_t period, word_t now);

/** Never throttled? */
static inline bool budget_full(ref_t sc)
{
    return sched_context_budget(sc) == sched_context_period(sc);
}

/** What may be used from `now` on without a pause; 0: nothing before budget_refill_time. */
/*@ requires refills_wf(sc);
    assigns \nothing;
    ensures full: Sched_context_budget(sc) == Sched_context_period(sc) ==> \result ==
        Sched_context_budget(sc);
    ensures none: Sched_context_budget(sc) != Sched_context_period(sc) &&
        (Sched_context_refills(sc) == 0 ||
         K[sc + SCHED_CONTEXT_REFILL + Sched_context_first(sc) / 4][Sched_context_first(sc) % 4 *
             2] > now) ==>
        \result == 0;
*/
word_t budget_left(ref_t sc, word_t now);

/** When the next budget comes. */
/*@ requires refills_wf(sc);
    assigns \nothing;
    ensures first: \result == (Sched_context_refills(sc) == 0 ? WORD_MAX :
        K[sc + SCHED_CONTEXT_REFILL + Sched_context_first(sc) / 4][Sched_context_first(sc) % 4 *
            2]);
*/
word_t budget_refill_time(ref_t sc);

/** `used` ticks have been used since `start`. */
/*@ requires refills_wf(sc);
    assigns Sched_context_consumed(sc), Sched_context_slice(sc), Sched_context_refills(sc),
        Sched_context_first(sc), K[sc + 3][0 .. 7], K[sc + 4][0 .. 7];
    ensures wf: refills_wf(sc);
    ensures counted: Sched_context_consumed(sc) ==
        (word_t)(\old(Sched_context_consumed(sc)) + used);
    ensures full: Sched_context_budget(sc) == Sched_context_period(sc) ==>
        Sched_context_slice(sc) == (word_t)(\old(Sched_context_slice(sc)) + used);
    ensures kept: Sched_context_budget(sc) == \old(Sched_context_budget(sc)) &&
        Sched_context_period(sc) == \old(Sched_context_period(sc));
*/
void budget_charge(ref_t sc, word_t start, word_t used);

#endif
