/* SPDX-License-Identifier: BSD-2-Clause */
#include "budget.h"

static word_t refill_time(ref_t sc, word_t i)
{
    return K_WORD(sc, SCHED_CONTEXT_REFILL + i / 4, i % 4 * 2);
}

static word_t refill_amount(ref_t sc, word_t i)
{
    return K_WORD(sc, SCHED_CONTEXT_REFILL + i / 4, i % 4 * 2 + 1);
}

static void refill_set(ref_t sc, word_t i, word_t time, word_t amount)
{
    K_WORD(sc, SCHED_CONTEXT_REFILL + i / 4, i % 4 * 2) = time;
    K_WORD(sc, SCHED_CONTEXT_REFILL + i / 4, i % 4 * 2 + 1) = amount;
}

static void drop_first(ref_t sc)
{
    sched_context_set_first(sc, (sched_context_first(sc) + 1) % REFILLS);
    sched_context_set_refills(sc, sched_context_refills(sc) - 1);
}

void budget_set(ref_t sc, word_t budget, word_t period, word_t now)
{
    sched_context_set_budget(sc, budget);
    sched_context_set_period(sc, period);
    sched_context_set_slice(sc, 0);
    sched_context_set_first(sc, 0);
    sched_context_set_refills(sc, 1);
    refill_set(sc, 0, now, budget);
}

word_t budget_left(ref_t sc, word_t now)
{
    if (budget_full(sc))
        return sched_context_budget(sc);

    word_t left = 0;
    word_t i = sched_context_first(sc);

    /*@ loop invariant 0 <= n <= REFILLS;
        loop invariant n <= Sched_context_refills(sc) && i < REFILLS;
        loop invariant n == Sched_context_refills(sc) ==> left == 0 && i == Sched_context_first(sc);
        loop invariant n < Sched_context_refills(sc) ==>
            K[sc + SCHED_CONTEXT_REFILL + Sched_context_first(sc) / 4]
             [Sched_context_first(sc) % 4 * 2] <= now;
        loop assigns n, i, left;
        loop variant n; */
    for (word_t n = sched_context_refills(sc); n > 0; n--) {
        if (refill_time(sc, i) > now)
            break;
        left += refill_amount(sc, i);
        i = (i + 1) % REFILLS;
    }
    return left;
}

word_t budget_refill_time(ref_t sc)
{
    word_t i = sched_context_first(sc);

    /* Skip what is used up: only the last can be empty, and then nothing was ever given. */
    return sched_context_refills(sc) == 0 ? WORD_MAX : refill_time(sc, i);
}

/* Take `used` out of the first refills. @return how much more than all of them that is */
/*@ requires refills_wf(sc);
    assigns Sched_context_refills(sc), Sched_context_first(sc), K[sc + 3][0 .. 7],
        K[sc + 4][0 .. 7];
    ensures wf: refills_wf(sc);
    ensures some: \result <= used;
*/
static word_t take(ref_t sc, word_t used)
{
    word_t want = used;

    /*@ loop invariant 0 <= n <= REFILLS && refills_wf(sc) && want <= used;
        loop assigns n, want, Sched_context_refills(sc), Sched_context_first(sc),
            K[sc + 3][0 .. 7], K[sc + 4][0 .. 7];
        loop variant REFILLS - n; */
    for (word_t n = 0; n < REFILLS; n++) {
        if (sched_context_refills(sc) == 0 || want == 0)
            break;

        word_t i = sched_context_first(sc);
        word_t amount = refill_amount(sc, i);

        if (amount > want) {
            refill_set(sc, i, refill_time(sc, i), amount - want);
            return 0;
        }
        want -= amount;
        drop_first(sc);
    }
    return want;
}

/*
 * All refills are used up, and `over` more: the kernel is not interrupted, so a turn can end late.
 * That is taken out of the periods to come, so that on the average the budget holds.
 */
/*@ requires refills_wf(sc) && amount != 0 && Sched_context_period(sc) != 0;
    assigns Sched_context_refills(sc), K[sc + 3][0 .. 7], K[sc + 4][0 .. 7];
    ensures wf: refills_wf(sc);
    ensures few: 1 <= Sched_context_refills(sc) <= 2;
*/
static void overrun(ref_t sc, word_t time, word_t amount, word_t over)
{
    word_t period = sched_context_period(sc);
    word_t rest = over % amount;
    word_t late = over / amount;
    word_t begin = late <= WORD_MAX / 4 / period ? time + late * period : WORD_MAX / 2;

    refill_set(sc, sched_context_first(sc), begin, amount - rest);
    sched_context_set_refills(sc, 1);
    if (rest != 0) {
        refill_set(sc, (sched_context_first(sc) + 1) % REFILLS, begin + period, rest);
        sched_context_set_refills(sc, 2);
    }
}

void budget_charge(ref_t sc, word_t start, word_t used)
{
    sched_context_set_consumed(sc, sched_context_consumed(sc) + used);
    if (budget_full(sc)) {
        sched_context_set_slice(sc, sched_context_slice(sc) + used);
        return;
    }

    word_t over = take(sc, used);
    word_t amount = used - over;
    word_t time = start + sched_context_period(sc);
    word_t n = sched_context_refills(sc);

    if (amount == 0)
        return;
    if (over != 0) {
        /*@ admit period: Sched_context_period(sc) != 0; // it had refills: so it was configured */
        overrun(sc, time, amount, over);
        return;
    }
    if (n < REFILLS) {
        refill_set(sc, (sched_context_first(sc) + n) % REFILLS, time, amount);
        sched_context_set_refills(sc, n + 1);
        return;
    }

    word_t last = (sched_context_first(sc) + REFILLS - 1) % REFILLS;

    refill_set(sc, last, time, refill_amount(sc, last) + amount);
}
