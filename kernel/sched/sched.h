/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs. A thread runs while it is ready and has a scheduling context with budget; priority is
 * the context's. The context goes along with calls to servers that have none (lending), and comes
 * back when the borrower next waits, or dies.
 *
 * Lent contexts: sched_context.top is the thread that lent it last; thread.lender leads from there
 * to who lent it before, thread.borrower back. thread.lent says which context a thread lent. The
 * holder (sched_context.thread) is not in this stack; the bottom of the stack is the owner.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <model/fields.h>
#include <model/state.h>

/** The thread may run from now on (its wait is over): queue its context if it has one. */
void sched_wake(ref_t thread);

/** The thread, THREAD_STATE_READY so far, waits or stops from now on. The caller sets its state. */
void sched_block(ref_t thread);

/** Let `thread`, without a context so far, run on `sc`, which nobody has. */
void sched_bind(ref_t sc, ref_t thread);

/** Take `sc` from its holder, for good. It may have lenders still: see sched_unlend. */
void sched_unbind(ref_t sc);

/** Would this thread, if it were called now, run on its caller's context? */
bool sched_borrows(ref_t thread);

/** Hand the context of `from`, which waits for a reply, to `to`, for which sched_borrows holds. */
void sched_lend(ref_t from, ref_t to);

/**
 * The holder of a borrowed context gives it back to who lent it last; if they are all gone and it
 * has one of its own, it lets go of it. No effect on one who runs on its own. So who waits to
 * receive has nothing that rests.
 */
void sched_return(ref_t thread);

/**
 * The thread that lent its context dies or may not have it back: leave the stack, and go on with a
 * context of its own if what it lent was borrowed. No effect on others.
 */
void sched_unlend(ref_t thread);

/** Set budget, period and priority. */
void sched_configure(ref_t sc, word_t budget, word_t period, word_t priority);

/** The running context goes behind all others of its priority. */
void sched_yield(void);

/** The timer interrupt came: wake what is due. @return Timer object that is due, NIL if none
 * (more): call again until NIL */
ref_t sched_timer(void);

/** Charge the running context for what it used up to now. */
void sched_charge(void);

/** Decide who runs and set the timer for the next decision. Called last in every entry in which
 * cpu.resched was set. */
void sched_reschedule(void);

#endif
