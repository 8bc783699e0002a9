/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues of threads, for proofs. `queue_of` says in whose queue a thread is, NIL for none; `turn`
 * is when it came,
 * counted by `arrivals`: threads stand in the order in which they came. Endpoints and
 * notifications keep head and
 * tail in the same words.
 */
#ifndef MODEL_QUEUE_WF_H
#define MODEL_QUEUE_WF_H

#define Queue_head(q) Endpoint_head(q)
#define Queue_tail(q) Endpoint_tail(q)

/*@ ghost word_t queue_of[GRANULES]; */
/*@ ghost word_t turn[GRANULES]; */
/*@ ghost word_t arrivals; */

/*@ predicate is_queue(integer q) = is_endpoint(q) || is_notification(q);
    predicate queued(integer t) = is_thread(t) && queue_of[t] != NIL;

    predicate queue_head_wf = \forall integer q; is_queue(q) ==>
        (Queue_head(q) == NIL <==> Queue_tail(q) == NIL) &&
        (Queue_head(q) != NIL ==>
            is_thread(Queue_head(q)) && queue_of[Queue_head(q)] == q && Thread_prev(Queue_head(q))
                == NIL) &&
        (is_endpoint(q) ==> (Endpoint_side(q) == 0 <==> Queue_head(q) == NIL));
    predicate queue_tail_wf = \forall integer q; is_queue(q) && Queue_tail(q) != NIL ==>
        is_thread(Queue_tail(q)) && queue_of[Queue_tail(q)] == q && Thread_next(Queue_tail(q)) ==
            NIL;
    predicate queue_next_wf = \forall integer t; queued(t) ==>
        is_queue(queue_of[t]) &&
        (Thread_next(t) == NIL ? Queue_tail(queue_of[t]) == t :
            is_thread(Thread_next(t)) && queue_of[Thread_next(t)] == queue_of[t] &&
            Thread_prev(Thread_next(t)) == t);
    predicate queue_prev_wf = \forall integer t; queued(t) ==>
        (Thread_prev(t) == NIL ? Queue_head(queue_of[t]) == t :
            is_thread(Thread_prev(t)) && queue_of[Thread_prev(t)] == queue_of[t] &&
            Thread_next(Thread_prev(t)) == t);
    predicate queue_turn_wf = \forall integer t; queued(t) ==>
        turn[t] <= arrivals && (Thread_next(t) != NIL ==> turn[t] < turn[Thread_next(t)]);
    // The first came first, the last came last, and `next` leaves nobody out.
    predicate queue_ends_wf = \forall integer t; queued(t) ==>
        Queue_head(queue_of[t]) != NIL && turn[Queue_head(queue_of[t])] <= turn[t] &&
        turn[t] <= turn[Queue_tail(queue_of[t])];
    predicate queue_order_wf = \forall integer a, b; queued(a) && queued(b) && a != b &&
        queue_of[a] == queue_of[b] ==> turn[a] != turn[b] && (turn[a] < turn[b] ==>
            Thread_next(a) != NIL && turn[Thread_next(a)] <= turn[b]);

    // Who is in no queue has no neighbours.
    predicate queue_out_wf = \forall integer t; is_thread(t) && queue_of[t] == NIL ==>
        Thread_next(t) == NIL && Thread_prev(t) == NIL;

    predicate queue_wf = queue_head_wf && queue_tail_wf && queue_next_wf && queue_prev_wf &&
        queue_turn_wf && queue_ends_wf && queue_order_wf && queue_out_wf;
*/

/* The parts one by one: shorter proofs. */
#define QUEUE_KEPT \
    ensures head: queue_head_wf; ensures tail: queue_tail_wf; ensures next: queue_next_wf; \
    ensures prev: queue_prev_wf; ensures turn: queue_turn_wf; ensures ends: queue_ends_wf; \
    ensures order: queue_order_wf; ensures loose: queue_out_wf;

#endif
