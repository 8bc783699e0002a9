/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_wf does not contradict itself: here is a state of which it holds, with something in it.
 * One thread runs on its context; another waits in an endpoint's queue, in Recv with a Reply
 * object; a CNode has a capability to the endpoint, and an empty slot. No compiler reads this; the
 * prover shows that what `state` says, which gives each cell a value and so cannot contradict
 * itself, makes all of kernel_wf true.
 */
#include "fields.h"
#include "kernel_wf.h"

#define ROOT 1u
#define ASIDS 2u
#define CNODE 8u
#define HELD 9u
#define EMPTY 10u
#define ENDPOINT 16u
#define REPLY 17u
#define RUNS 32u
#define WAITS 64u
#define CONTEXT 96u

/*@ logic integer thread_kind(integer part) = part == 0 ? KIND_THREAD : part == 1 ? KIND_THREAD_1 :
        part == 3 ? KIND_THREAD_3 : part == 4 ? KIND_THREAD_4 : part == 5 ? KIND_IN_CSPACE :
        part == 6 ? KIND_IN_SPACE : part == 7 ? KIND_IN_BUFFER : part == 8 ? KIND_IN_ENDPOINT :
        part == 9 ? KIND_IN_ENDPOINT : part == 10 ? KIND_THREAD_10 : KIND_REST;
    logic integer kind_here(integer g) = g == ROOT ? KIND_ROOT : g == ASIDS ? KIND_ASIDS :
        g == CNODE ? KIND_CNODE : g == HELD || g == EMPTY ? KIND_SLOT :
        g == ENDPOINT ? KIND_ENDPOINT : g == REPLY ? KIND_REPLY :
        RUNS <= g < RUNS + 24 ? thread_kind(g - RUNS) :
        WAITS <= g < WAITS + 24 ? thread_kind(g - WAITS) :
        g == CONTEXT ? KIND_CONTEXT : g == CONTEXT + 1 ? KIND_CONTEXT_1 :
        g == CONTEXT + 2 ? KIND_CONTEXT_2 : CONTEXT + 3 <= g <= CONTEXT + 5 ? KIND_REST :
        KIND_FREE;

    predicate kinds_here = \forall integer g; 0 <= g < GRANULES ==> kind[g] == kind_here(g);
    predicate slots_here = \forall integer g; 0 <= g < GRANULES ==>
        Slot_type(g) == (g == HELD ? TYPE_ENDPOINT : g == CNODE ? TYPE_CNODE :
            g == ENDPOINT ? TYPE_ENDPOINT : g == REPLY ? TYPE_REPLY :
            g == RUNS || g == WAITS ? TYPE_THREAD : g == CONTEXT ? TYPE_SCHED_CONTEXT :
            TYPE_NULL) &&
        Slot_object(g) == (g == HELD ? ENDPOINT : NIL) && Slot_badge(g) == 0 &&
        Slot_rights(g) == 0;
    predicate tree_here = tree_root == ROOT && (\forall integer g; 0 <= g < GRANULES ==>
        parent_of[g] == (g == HELD ? ROOT : NIL) && Slot_child(g) == (g == ROOT ? HELD : NIL) &&
        Slot_next(g) == (g == HELD ? ROOT : NIL) && Slot_prev(g) == (g == HELD ? HELD : NIL) &&
        begins[g] == (g == HELD ? 1 : 0) && ends[g] == (g == HELD ? 2 : g == ROOT ? 3 : 0));
    predicate objects_here = \forall integer g; 0 <= g < GRANULES ==>
        Cnode_slots(g) == (g == CNODE ? 3 : 0) && Object_doom(g) == NIL && dooming[g] == 0 &&
        Endpoint_head(g) == (g == ENDPOINT ? WAITS : NIL) &&
        Endpoint_tail(g) == (g == ENDPOINT ? WAITS : NIL) &&
        Endpoint_side(g) == (g == ENDPOINT ? SIDE_RECEIVERS : SIDE_IDLE) &&
        Notification_bound(g) == NIL && Reply_thread(g) == (g == REPLY ? WAITS : NIL) &&
        queue_of[g] == (g == WAITS ? ENDPOINT : NIL) && turn[g] == (g == WAITS ? 1 : 0);
    predicate threads_here = \forall integer g; 0 <= g < GRANULES ==>
        Thread_state(g) == (g == WAITS ? THREAD_STATE_RECEIVING : THREAD_STATE_READY) &&
        Thread_sc(g) == (g == RUNS ? CONTEXT : NIL) && Thread_own(g) == NIL &&
        Thread_lent(g) == NIL && Thread_lender(g) == NIL && Thread_borrower(g) == NIL &&
        Thread_next(g) == NIL && Thread_prev(g) == NIL && Thread_notification(g) == NIL &&
        Thread_waits_for(g) == (g == WAITS ? ENDPOINT : NIL) &&
        Thread_reply(g) == (g == WAITS ? REPLY : NIL);
    predicate contexts_here = \forall integer g; 0 <= g < GRANULES ==>
        Sched_context_thread(g) == (g == CONTEXT ? RUNS : NIL) && Sched_context_top(g) == NIL &&
        Sched_context_priority(g) == 0 && Sched_context_refills(g) == 0 &&
        Sched_context_first(g) == 0 && Timer_dbucket(g) == 0 &&
        Sched_context_state(g) == (g == CONTEXT ? SC_RUNNING : SC_IDLE);
    predicate cpu_here = cpu.thread == RUNS && cpu.sc == CONTEXT && cpu.expired == NIL &&
        cpu.ready_top == 0 && (\forall integer i; 0 <= i < 4 ==> cpu.ready_bits[i] == 0) &&
        (\forall integer p; 0 <= p < PRIORITIES ==>
            cpu.ready_head[p] == NIL && cpu.ready_tail[p] == NIL) &&
        cpu.deadline_last == 0 && cpu.deadline_bits == 0 && cpu.deadline_sorting == 0 &&
        (\forall integer b; 0 <= b < DEADLINE_BUCKETS ==> cpu.deadline_head[b] == NIL);
    predicate rest_here = asid_table == ASIDS && asid_count == 4 && asid_fresh == 0 &&
        asid_free == 0 && (\forall integer i; 0 <= i < GRANULES ==> asid_live[i] == 0) &&
        (\forall integer v; 0 <= v < VECTORS ==> vector_interrupt[v] == NIL) && doomed == NIL &&
        moving == NIL && leaving == NIL && arrivals == 1;
    predicate state = kinds_here && slots_here && tree_here && objects_here && threads_here &&
        contexts_here && cpu_here && rest_here;
*/

/*@ requires state;
    assigns \nothing;
    CAP_KEPT
    SCHED_KEPT
    QUEUE_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures bound: bound_wf;
    REST_KEPT
    ensures settled: moving == NIL && leaving == NIL;
    ensures runs: runs(RUNS);
*/
static void parts(void)
{
}

/*@ requires state;
    assigns \nothing;
    ensures all: kernel_wf && runs(RUNS);
*/
static void witness(void)
{
    parts();
}
