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
/*@ requires SCHED_WF && is_thread(thread);
    assigns ANY_TIME, Thread_state(thread);
    SCHED_KEPT
    ensures ready: Thread_state(thread) == THREAD_STATE_READY;
*/
void sched_wake(ref_t thread);

/** The thread, THREAD_STATE_READY so far, waits or stops from now on. The caller sets its state. */
/*@ requires SCHED_WF && is_thread(thread);
    assigns ANY_TIME;
    SCHED_KEPT
    ensures off: Thread_sc(thread) == NIL || cpu.sc != Thread_sc(thread);
*/
void sched_block(ref_t thread);

/** Let `thread`, without a context so far, run on `sc`, which nobody has. */
/*@ requires SCHED_WF && is_context(sc) && is_thread(thread) && Thread_lent(thread) == NIL;
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures bound: Thread_sc(thread) == sc && Sched_context_thread(sc) == thread;
*/
void sched_bind(ref_t sc, ref_t thread);

/** Take `sc` from its holder, for good. It may have lenders still: see sched_unlend. */
/*@ requires SCHED_WF && is_context(sc);
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures free: Sched_context_thread(sc) == NIL && cpu.sc != sc;
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL;
    ensures lent: \forall integer t; Thread_lent(t) == \old(Thread_lent(t));
*/
void sched_unbind(ref_t sc);

/** Would this thread, if it were called now, run on its caller's context? */
/*@ requires is_thread(thread);
    assigns \nothing;
    ensures who: \result != 0 ==> Thread_sc(thread) == NIL || Thread_own(thread) == NIL;
*/
bool sched_borrows(ref_t thread);

/** Hand the context of `from`, which waits for a reply, to `to`, for which sched_borrows holds. */
/*@ requires SCHED_WF && is_thread(from) && is_thread(to) && from != to;
    requires has: Thread_sc(from) != NIL && Thread_lent(to) == NIL;
    requires waits: Thread_state(from) != THREAD_STATE_RECEIVING || from == moving;
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures lent: Thread_sc(from) == NIL && Thread_lent(from) == \old(Thread_sc(from));
    ensures holds: Thread_sc(to) == \old(Thread_sc(from)) &&
        Thread_own(to) == \old(Thread_sc(to));
    ensures top: Sched_context_top(\old(Thread_sc(from))) == from;
*/
void sched_lend(ref_t from, ref_t to);

/**
 * The holder of a borrowed context gives it back to who lent it last; if they are all gone and it
 * has one of its own, it lets go of it. No effect on one who runs on its own. So who waits to
 * receive has nothing that rests.
 */
/*@ requires SCHED_WF && is_thread(thread);
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures lent: \forall integer t; Thread_lent(t) == \old(Thread_lent(t)) ||
        Thread_lent(t) == NIL;
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL;
*/
void sched_return(ref_t thread);

/**
 * The thread that lent its context dies or may not have it back: leave the stack, and go on with a
 * context of its own if what it lent was borrowed. No effect on others.
 */
/*@ requires SCHED_WF && is_thread(thread);
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures out: Thread_lent(thread) == NIL;
    ensures lent: \forall integer t; Thread_lent(t) == \old(Thread_lent(t)) ||
        Thread_lent(t) == NIL;
*/
void sched_unlend(ref_t thread);

/** Set budget, period and priority. */
/*@ requires SCHED_WF && is_context(sc) && priority < PRIORITIES;
    assigns ANY_TIME, Sched_context_priority(sc), Sched_context_budget(sc),
        Sched_context_period(sc);
    SCHED_KEPT
    ensures set: Sched_context_priority(sc) == priority;
*/
void sched_configure(ref_t sc, word_t budget, word_t period, word_t priority);

/** The running context goes behind all others of its priority. */
/*@ requires SCHED_WF && cpu.sc != NIL;
    assigns ANY_TIME;
    SCHED_KEPT
*/
void sched_yield(void);

/** The timer interrupt came: take the next deadline that has passed. A context gets its budget
 * back. @return it, or a Timer object, which is the caller's to serve; NIL: none has passed */
/*@ requires SCHED_WF && objects_wf;
    assigns ANY_TIME;
    SCHED_KEPT
    ensures due: \result != NIL ==> is_object(\result) && is_node(\result) &&
        !in_time(\result) || is_context(\result);
*/
ref_t sched_due(void);

/** Charge the running context for what it used up to now. */
/*@ requires SCHED_WF;
    assigns ANY(sched_context_consumed), ANY(sched_context_slice), ANY(sched_context_refills),
        ANY(sched_context_first), ALL_MEMORY, cpu.started;
    SCHED_KEPT
*/
void sched_charge(void);

/** Decide who runs and set the timer for the next decision. Called last in every entry in which
 * cpu.resched was set. If a budget ran out, cpu.expired says whose: then the decision is left to
 * sched_go_on, after that one's timeout handler has been told. */
/*@ requires SCHED_WF && SLOTS_WF && inside_wf && spaces_wf;
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
*/
void sched_reschedule(void);

/** The second half of a decision: go on with the most urgent, unless one runs already. */
/*@ requires SCHED_WF && SLOTS_WF && inside_wf && spaces_wf;
    assigns ANY_TIME;
    SCHED_KEPT
*/
void sched_go_on(void);

#endif
