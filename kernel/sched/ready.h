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

/** Queue an SC_IDLE context, behind or before all others of its priority. */
/*@ requires READY_WF && is_context(sc) && !ready(sc) && Sched_context_priority(sc) < PRIORITIES;
    assigns Sched_context_state(sc), Sched_context_qnext(sc), Sched_context_qprev(sc),
        Sched_context_qprev(cpu.ready_head[Sched_context_priority(sc)]),
        Sched_context_qnext(cpu.ready_tail[Sched_context_priority(sc)]), cpu.ready_top,
        cpu.ready_bits[Sched_context_priority(sc) / 64],
        cpu.ready_head[Sched_context_priority(sc)], cpu.ready_tail[Sched_context_priority(sc)];
    READY_KEPT
    ensures queued: Sched_context_state(sc) == SC_QUEUED;
    ensures place: in_front ? cpu.ready_head[Sched_context_priority(sc)] == sc :
                              cpu.ready_tail[Sched_context_priority(sc)] == sc;
    ensures others: same_states{Pre, Here}(sc);
*/
void ready_add(ref_t sc, bool in_front);

/** Take an SC_QUEUED context out; it is SC_IDLE then. */
/*@ requires READY_WF && ready(sc);
    assigns Sched_context_state(sc), Sched_context_qprev(Sched_context_qnext(sc)),
        Sched_context_qnext(Sched_context_qprev(sc)), cpu.ready_top,
        cpu.ready_bits[Sched_context_priority(sc) / 64],
        cpu.ready_head[Sched_context_priority(sc)], cpu.ready_tail[Sched_context_priority(sc)];
    READY_KEPT
    ensures idle: Sched_context_state(sc) == SC_IDLE;
    ensures others: same_states{Pre, Here}(sc);
*/
void ready_remove(ref_t sc);

/** The first context of the highest priority, NIL if none is ready. */
/*@ requires READY_WF;
    assigns \nothing;
    ensures none: \result == NIL ==> \forall integer p; 0 <= p < PRIORITIES ==>
        cpu.ready_head[p] == NIL;
    ensures one: \result != NIL ==> ready(\result) &&
        cpu.ready_head[Sched_context_priority(\result)] == \result;
    ensures best: \result != NIL ==> \forall integer p;
        Sched_context_priority(\result) < p < PRIORITIES ==> cpu.ready_head[p] == NIL;
*/
ref_t ready_first(void);

#endif
