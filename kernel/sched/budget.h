/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets: a scheduling context never gets more than its budget in any window of its period.
 *
 * Time used in a stretch that began at s comes back at s + period, not earlier (a sporadic server,
 * after Sprunt, Sha, Lehoczky: Aperiodic task scheduling for hard real-time systems, 1989, with the start of
 * the stretch, not of the activation, as the anchor: so the bound holds in every window).
 * Invariant: the amounts in the refill ring add up to the budget, times ascend. When the ring is
 * full, amounts are put together at the later time: never too early.
 * A context whose budget is its period is never throttled; its budget is the length of its turn.
 */
#ifndef SCHED_BUDGET_H
#define SCHED_BUDGET_H

#include <model/fields.h>
#include <model/state.h>

/** Set the parameters; a new budget is there at once. */
void budget_set(ref_t sc, word_t budget, word_t period, word_t now);

/** Never throttled? */
static inline bool budget_full(ref_t sc)
{
    return sched_context_budget(sc) == sched_context_period(sc);
}

/** What may be used from `now` on without a pause; 0: nothing before budget_refill_time. */
word_t budget_left(ref_t sc, word_t now);

/** When the next budget comes. */
word_t budget_refill_time(ref_t sc);

/** `used` ticks have been used since `start`. */
void budget_charge(ref_t sc, word_t start, word_t used);

#endif
