/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ready queues, for proofs: a context is queued if its state says so, in the queue of its priority;
 * the bitmaps say which queues are not empty.
 */
#ifndef MODEL_READY_WF_H
#define MODEL_READY_WF_H

#include <common/bits.h>

#include "cpu.h"
#include "state.h"

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

#endif
