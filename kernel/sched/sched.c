/* SPDX-License-Identifier: BSD-2-Clause */
#include "sched.h"

#include "budget.h"
#include "deadline.h"
#include "ready.h"

#include <arch/arch.h>

/* Has the running context, charged up to now, no reason to give way but a more urgent one? */
/*@ requires budgets_wf && is_context(sc);
    assigns \nothing;
    ensures turn: Sched_context_budget(sc) == Sched_context_period(sc) ==>
        (\result != 0 <==> Sched_context_slice(sc) < Sched_context_budget(sc));
    ensures none: Sched_context_budget(sc) != Sched_context_period(sc) &&
        (Sched_context_refills(sc) == 0 ||
         K[sc + SCHED_CONTEXT_REFILL + Sched_context_first(sc) / 4][Sched_context_first(sc) % 4 *
             2] > cpu.started) ==>
        \result == 0;
*/
static bool may_go_on(ref_t sc)
{
    if (budget_full(sc))
        return sched_context_slice(sc) < sched_context_budget(sc);
    return budget_left(sc, cpu.started) != 0;
}

/*
 * A context that is more urgent than the running one takes its place at once: what
 * sched_reschedule would come to, without its search. Nobody of its priority is ready, or that one
 * would run; so its turn needs no timer, only its budget does.
 */
/*@ requires SCHED_WF && is_context(sc) && Sched_context_state(sc) == SC_IDLE;
    requires has: is_thread(Sched_context_thread(sc));
    assigns ANY_TIME;
    SCHED_KEPT
    ensures still: \result == 0 ==> Sched_context_state(sc) == SC_IDLE;
    ensures runs: \result != 0 ==> cpu.sc == sc;
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL && \result == 0;
*/
static bool overtake(ref_t sc)
{
    ref_t running = cpu.sc;

    if (running == NIL || cpu.resched & RESCHED_DECIDE ||
        sched_context_priority(sc) <= sched_context_priority(running))
        return false;
    sched_charge();
    if (!may_go_on(running))
        return false;
    sched_context_set_state(running, SC_IDLE);
    /*@ assert unready: !ready(sc) && !ready(running) && sc != running; */
    ready_add(running, true);
    /*@ assert queued: ready_prev_wf && !ready(sc); */
    cpu.sc = sc;
    sched_context_set_state(sc, SC_RUNNING);
    cpu.resched = RESCHED_SWITCH;
    if (!budget_full(sc))
        arch_timer_set(cpu.started + budget_left(sc, cpu.started));
    return true;
}

/* Put an SC_IDLE context, whose thread is ready, where it belongs. */
/*@ requires SCHED_WF && is_context(sc) && Sched_context_state(sc) == SC_IDLE;
    requires has: is_thread(Sched_context_thread(sc));
    assigns ANY_TIME;
    SCHED_KEPT
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL;
*/
static void start(ref_t sc, bool in_front)
{
    if (sched_context_budget(sc) == 0)
        return;
    if (!budget_full(sc) && budget_left(sc, arch_now()) == 0) {
        sched_context_set_state(sc, SC_THROTTLED);
        cpu.resched = RESCHED_DECIDE; /* the timer may have to come earlier */
        deadline_add(sc, budget_refill_time(sc));
        return;
    }
    if (overtake(sc))
        return;
    if (cpu.sc == NIL || sched_context_priority(sc) >= sched_context_priority(cpu.sc))
        cpu.resched = RESCHED_DECIDE;
    ready_add(sc, in_front);
}

/* Make a context SC_IDLE, wherever it is. */
/*@ requires SCHED_WF && is_context(sc);
    assigns ANY_TIME;
    SCHED_KEPT
    ensures idle: Sched_context_state(sc) == SC_IDLE && cpu.sc != sc;
    ensures other: cpu.sc == \old(cpu.sc) || cpu.sc == NIL;
*/
static void stop(ref_t sc)
{
    switch (sched_context_state(sc)) {
    case SC_QUEUED:
        ready_remove(sc);
        break;
    case SC_THROTTLED:
        deadline_remove(sc);
        break;
    case SC_RUNNING:
        sched_charge();
        cpu.sc = NIL;
        cpu.resched = RESCHED_DECIDE;
        break;
    default:
        break;
    }
    sched_context_set_state(sc, SC_IDLE);
}

/* The thread of `sc` has changed, or what it may do: put it where it belongs. */
/*@ requires SCHED_WF && is_context(sc);
    assigns ANY_TIME;
    SCHED_KEPT
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL;
*/
static void settle(ref_t sc)
{
    ref_t thread = sched_context_thread(sc);
    bool wanted =
        thread != NIL && thread_sc(thread) == sc && thread_state(thread) == THREAD_STATE_READY;

    if (!wanted)
        stop(sc);
    else if (sched_context_state(sc) == SC_IDLE)
        start(sc, false);
    else if (sched_context_state(sc) == SC_RUNNING)
        cpu.resched |= RESCHED_SWITCH;
}

void sched_wake(ref_t thread)
{
    thread_set_state(thread, THREAD_STATE_READY);
    if (thread_sc(thread) != NIL)
        settle(thread_sc(thread));
}

void sched_block(ref_t thread)
{
    if (thread_sc(thread) != NIL)
        stop(thread_sc(thread));
}

void sched_bind(ref_t sc, ref_t thread)
{
    sched_context_set_thread(sc, thread);
    thread_set_sc(thread, sc);
    settle(sc);
}

/* The thread no longer runs on what it runs on: back to its own context, if it has one that rests.
 */
/*@ requires SCHED_WF && is_thread(thread) && Thread_lent(thread) == NIL;
    assigns ANY_TIME, Thread_own(thread), Thread_sc(thread);
    SCHED_KEPT
    ensures own: Thread_sc(thread) == \old(Thread_own(thread)) && Thread_own(thread) == NIL;
    ensures idle: \old(cpu.sc) == NIL ==> cpu.sc == NIL;
*/
static void fall_back(ref_t thread)
{
    ref_t own = thread_own(thread);

    thread_set_own(thread, NIL);
    thread_set_sc(thread, own);
    if (own != NIL)
        settle(own);
}

void sched_unbind(ref_t sc)
{
    ref_t thread = sched_context_thread(sc);

    stop(sc);
    sched_context_set_thread(sc, NIL);
    if (thread == NIL)
        return;
    if (thread_sc(thread) == sc)
        fall_back(thread);
    else
        thread_set_own(thread, NIL);
}

bool sched_borrows(ref_t thread)
{
    return thread_sc(thread) == NIL ||
           (thread_flags(thread) & THREAD_BORROW && thread_own(thread) == NIL);
}

void sched_lend(ref_t from, ref_t to)
{
    ref_t sc = thread_sc(from);
    ref_t top = sched_context_top(sc);

    if (thread_sc(to) != NIL)
        stop(thread_sc(to));
    thread_set_own(to, thread_sc(to));
    thread_set_sc(from, NIL);
    thread_set_lent(from, sc);
    thread_set_lender(from, top); /* and its borrower is NIL: it was in no stack */
    if (top != NIL)
        thread_set_borrower(top, from);
    sched_context_set_top(sc, from);
    sched_context_set_thread(sc, to);
    thread_set_sc(to, sc);
}

/* A thread that lent its context leaves the stack of those who did. */
/*@ requires LEND_WF && is_thread(thread) && Thread_lent(thread) != NIL;
    assigns ANY(thread_lender), ANY(thread_borrower), Thread_lent(thread),
        Sched_context_top(Thread_lent(thread));
    ensures top: lend_top_wf;
    ensures down: lend_down_wf;
    ensures up: lend_up_wf;
    ensures none: lend_none_wf;
    ensures out: Thread_lent(thread) == NIL;
*/
static void leave_lenders(ref_t thread)
{
    ref_t sc = thread_lent(thread);
    ref_t below = thread_lender(thread);
    ref_t above = thread_borrower(thread);

    if (above != NIL)
        thread_set_lender(above, below);
    else
        sched_context_set_top(sc, below);
    if (below != NIL)
        thread_set_borrower(below, above);
    thread_set_lent(thread, NIL);
    thread_set_lender(thread, NIL);
    thread_set_borrower(thread, NIL);
}

void sched_unlend(ref_t thread)
{
    if (thread_lent(thread) == NIL)
        return;
    leave_lenders(thread);
    fall_back(thread); /* it had borrowed what it lent: that will not come back */
}

void sched_return(ref_t thread)
{
    ref_t sc = thread_sc(thread);

    if (sc == NIL)
        return;
    if (sched_context_top(sc) == NIL) {
        if (thread_own(thread) != NIL) /* borrowed, and whoever lent it is gone */
            sched_unbind(sc);
        return;
    }

    ref_t to = sched_context_top(sc);

    leave_lenders(to);
    sched_context_set_thread(sc, to);
    thread_set_sc(to, sc);
    settle(sc);
    fall_back(thread);
}

void sched_configure(ref_t sc, word_t budget, word_t period, word_t priority)
{
    stop(sc);
    sched_context_set_priority(sc, priority);
    budget_set(sc, budget, period, arch_now());
    settle(sc);
}

void sched_charge(void)
{
    word_t now = arch_now();

    if (cpu.sc != NIL)
        budget_charge(cpu.sc, cpu.started, now - cpu.started);
    cpu.started = now;
}

void sched_yield(void)
{
    ref_t sc = cpu.sc;

    stop(sc);
    sched_context_set_slice(sc, 0);
    start(sc, false);
    cpu.resched = RESCHED_DECIDE;
}

ref_t sched_due(void)
{
    ref_t node = deadline_take(arch_now());

    cpu.resched = RESCHED_DECIDE;
    if (node != NIL && object_kind(node) != TYPE_TIMER) {
        sched_context_set_state(node, SC_IDLE);
        settle(node);
    }
    return node;
}

/*
 * The running context has used up its turn or its budget: put it away. A server that ran on it and
 * has a context of its own goes on with that, so that a client without budget holds up nobody else.
 */
/*@ requires SCHED_WF && sc == cpu.sc && sc != NIL;
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
    ensures off: cpu.sc == sc || cpu.sc == NIL;
*/
static void expire(ref_t sc, word_t now)
{
    ref_t thread = sched_context_thread(sc);

    if (budget_full(sc)) {
        if (sched_context_slice(sc) < sched_context_budget(sc))
            return;
        sched_context_set_slice(sc, 0);
    } else if (budget_left(sc, now) != 0) {
        return;
    } else if (thread_own(thread) == NIL) {
        cpu.expired = thread;
    }
    stop(sc);
    start(sc, false);
    if (!budget_full(sc) && thread_own(thread) != NIL)
        sched_return(thread);
}

/* Take the running context off the processor if it must not, or should not, go on. */
/*@ requires SCHED_WF;
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
*/
static void preempt(word_t now)
{
    ref_t sc = cpu.sc;

    if (sc == NIL)
        return;
    expire(sc, now);
    if (cpu.sc == NIL)
        return;

    ref_t first = ready_first();

    if (first != NIL && sched_context_priority(first) > sched_context_priority(sc)) {
        cpu.sc = NIL;
        sched_context_set_state(sc, SC_IDLE);
        ready_add(sc, true);
    }
}

/* When to decide again: a deadline, the end of the budget, or of the turn if somebody waits for it.
 */
/*@ requires DEADLINE_WF && budgets_wf && contexts_wf && (sc == NIL || is_context(sc));
    assigns \nothing;
*/
static word_t next_decision(ref_t sc)
{
    word_t next = deadline_next();

    if (sc == NIL)
        return next;

    word_t left = budget_left(sc, cpu.started);

    if (budget_full(sc)) {
        if (cpu.ready_head[sched_context_priority(sc)] == NIL)
            return next;
        left -= sched_context_slice(sc);
    }
    return cpu.started + left < next ? cpu.started + left : next;
}

/* Go on with the thread that has the running context. */
/*@ requires cpu_wf && slots_null_wf && slots_object_wf && inside_wf && spaces_wf;
    assigns cpu.thread, cpu.frame;
    ensures who: cpu.thread == NIL <==> cpu.sc == NIL;
    ensures cpu: cpu_wf;
*/
static void enter(void)
{
    ref_t thread = cpu.sc == NIL ? NIL : sched_context_thread(cpu.sc);

    arch_thread_switch(thread);
    if (thread != NIL && slot_type(thread_space(thread)) != TYPE_NULL) {
        ref_t space = slot_object(thread_space(thread));

        arch_space_enter(space_root(space), space_asid(space));
    } else if (thread != NIL) {
        arch_space_enter(NIL, 0);
    }
}

void sched_reschedule(void)
{
    if (cpu.resched == RESCHED_SWITCH) {
        cpu.resched = 0;
        enter();
        return;
    }
    sched_charge();
    preempt(cpu.started);
    if (rarely(cpu.expired != NIL))
        return;
    sched_go_on();
}

void sched_go_on(void)
{
    if (cpu.sc == NIL) {
        cpu.sc = ready_first();
        if (cpu.sc != NIL) {
            ready_remove(cpu.sc);
            sched_context_set_state(cpu.sc, SC_RUNNING);
        }
    }
    enter();
    arch_timer_set(next_decision(cpu.sc));
    cpu.resched = 0;
}
