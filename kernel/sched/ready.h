/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ready queues: scheduling contexts that could run, by priority, first come first served within
 * one. The running one is in no queue.
 */
#ifndef SCHED_READY_H
#define SCHED_READY_H

#include <common/bits.h>
#include <model/fields.h>
#include <model/state.h>

/*
 * For proofs: a context is queued if its state says so, in the queue of its priority; the bitmaps
 * say which queues
 * are not empty.
 */
/*@ predicate ready(integer s) = is_context(s) && Sched_context_state(s) == SC_QUEUED;

    predicate ready_top_wf =
        (\forall integer i; 0 <= i < 4 ==> (bit(cpu.ready_top, i) <==> cpu.ready_bits[i] != 0)) &&
        (\forall integer i; 4 <= i < 64 ==> !bit(cpu.ready_top, i));
    predicate ready_bits_wf = \forall integer p; 0 <= p < PRIORITIES ==>
        (bit(cpu.ready_bits[p / 64], p % 64) <==> cpu.ready_head[p] != NIL);
    predicate ready_head_wf = \forall integer p; 0 <= p < PRIORITIES ==>
        (cpu.ready_head[p] == NIL <==> cpu.ready_tail[p] == NIL) &&
        (cpu.ready_head[p] != NIL ==> ready(cpu.ready_head[p]) &&
            Sched_context_priority(cpu.ready_head[p]) == p &&
                Sched_context_qprev(cpu.ready_head[p]) == NIL);
    predicate ready_tail_wf = \forall integer p; 0 <= p < PRIORITIES && cpu.ready_tail[p] != NIL ==>
        ready(cpu.ready_tail[p]) && Sched_context_priority(cpu.ready_tail[p]) == p &&
        Sched_context_qnext(cpu.ready_tail[p]) == NIL;
    predicate ready_next_wf = \forall integer s; ready(s) ==>
        Sched_context_priority(s) < PRIORITIES &&
        (Sched_context_qnext(s) == NIL ? cpu.ready_tail[Sched_context_priority(s)] == s :
            ready(Sched_context_qnext(s)) && Sched_context_qprev(Sched_context_qnext(s)) == s &&
            Sched_context_priority(Sched_context_qnext(s)) == Sched_context_priority(s));
    predicate ready_prev_wf = \forall integer s; ready(s) ==>
        (Sched_context_qprev(s) == NIL ? cpu.ready_head[Sched_context_priority(s)] == s :
            ready(Sched_context_qprev(s)) && Sched_context_qnext(Sched_context_qprev(s)) == s &&
            Sched_context_priority(Sched_context_qprev(s)) == Sched_context_priority(s));
    predicate ready_wf = ready_top_wf && ready_bits_wf && ready_head_wf && ready_tail_wf &&
        ready_next_wf && ready_prev_wf;

    predicate same_states{A, B}(integer but) = \forall integer s; \at(is_context(s), A) && s != but
        ==>
        \at(Sched_context_state(s), A) == \at(Sched_context_state(s), B);
*/

/** Queue an SC_IDLE context, behind or before all others of its priority. */
/*@ requires ready_wf && is_context(sc) && !ready(sc) && Sched_context_priority(sc) < PRIORITIES;
    assigns Sched_context_state(sc), Sched_context_qnext(sc), Sched_context_qprev(sc),
        Sched_context_qprev(cpu.ready_head[Sched_context_priority(sc)]),
        Sched_context_qnext(cpu.ready_tail[Sched_context_priority(sc)]), cpu.ready_top,
        cpu.ready_bits[Sched_context_priority(sc) / 64],
        cpu.ready_head[Sched_context_priority(sc)], cpu.ready_tail[Sched_context_priority(sc)];
    ensures top: ready_top_wf;
    ensures bits: ready_bits_wf;
    ensures head: ready_head_wf;
    ensures tail: ready_tail_wf;
    ensures next: ready_next_wf;
    ensures prev: ready_prev_wf;
    ensures queued: Sched_context_state(sc) == SC_QUEUED;
    ensures place: in_front ? cpu.ready_head[Sched_context_priority(sc)] == sc :
                              cpu.ready_tail[Sched_context_priority(sc)] == sc;
    ensures others: same_states{Pre, Here}(sc);
*/
void ready_add(ref_t sc, bool in_front);

/** Take an SC_QUEUED context out; it is SC_IDLE then. */
/*@ requires ready_wf && ready(sc);
    assigns Sched_context_state(sc), Sched_context_qprev(Sched_context_qnext(sc)),
        Sched_context_qnext(Sched_context_qprev(sc)), cpu.ready_top,
        cpu.ready_bits[Sched_context_priority(sc) / 64],
        cpu.ready_head[Sched_context_priority(sc)], cpu.ready_tail[Sched_context_priority(sc)];
    ensures top: ready_top_wf;
    ensures bits: ready_bits_wf;
    ensures head: ready_head_wf;
    ensures tail: ready_tail_wf;
    ensures next: ready_next_wf;
    ensures prev: ready_prev_wf;
    ensures idle: Sched_context_state(sc) == SC_IDLE;
    ensures others: same_states{Pre, Here}(sc);
*/
void ready_remove(ref_t sc);

/** The first context of the highest priority, NIL if none is ready. */
/*@ requires ready_wf;
    assigns \nothing;
    ensures none: \result == NIL ==> \forall integer s; !ready(s);
    ensures one: \result != NIL ==> ready(\result) &&
        cpu.ready_head[Sched_context_priority(\result)] == \result;
    ensures best: \result != NIL ==>
        \forall integer s; ready(s) ==> Sched_context_priority(s) <=
            Sched_context_priority(\result);
*/
ref_t ready_first(void);

#endif
