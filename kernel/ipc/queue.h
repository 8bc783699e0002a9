/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queues of endpoints and notifications: threads in order of arrival. Endpoints and
 * notifications keep head and tail in words of their own; both kinds of queue use the thread's next
 * and prev.
 */
#ifndef IPC_QUEUE_H
#define IPC_QUEUE_H

#include <model/fields.h>
#include <model/state.h>

/** Append a thread to the endpoint's queue, which is empty or of this side already. */
/*@ requires queue_wf && is_endpoint(endpoint) && is_thread(thread) && queue_of[thread] == NIL &&
             side != SIDE_IDLE;
    assigns Thread_next(thread), Thread_prev(thread), Endpoint_head(endpoint),
        Endpoint_tail(endpoint), Endpoint_side(endpoint),
        Thread_next(Endpoint_tail(endpoint)), queue_of[thread], turn[thread], arrivals;
    QUEUE_KEPT
    ensures in: queue_of[thread] == endpoint && Queue_tail(endpoint) == thread;
    ensures last: \forall integer t; is_thread(t) && t != thread && queue_of[t] == endpoint ==>
        turn[t] < turn[thread];
    ensures side: Endpoint_side(endpoint) == side;
*/
void queue_endpoint_add(ref_t endpoint, ref_t thread, word_t side);

/** Take a thread out of the endpoint's queue. */
/*@ requires queue_wf && is_endpoint(endpoint) && is_thread(thread) && queue_of[thread] == endpoint;
    assigns Thread_next(thread), Thread_prev(thread), Endpoint_head(endpoint),
        Endpoint_tail(endpoint), Endpoint_side(endpoint), Thread_prev(Thread_next(thread)),
        Thread_next(Thread_prev(thread)), queue_of[thread];
    QUEUE_KEPT
    ensures side: Endpoint_side(endpoint) == \old(Endpoint_side(endpoint)) ||
        Endpoint_side(endpoint) == SIDE_IDLE;
    ensures out: queue_of[thread] == NIL;
*/
void queue_endpoint_remove(ref_t endpoint, ref_t thread);

/** Take out the first thread of the queue, which is not empty, and of which `thread` is the first.
 */
/*@ requires queue_wf && is_endpoint(endpoint) && is_thread(thread) && queue_of[thread] == endpoint
    &&
             Queue_head(endpoint) == thread;
    assigns Thread_next(thread), Endpoint_head(endpoint), Endpoint_tail(endpoint),
        Endpoint_side(endpoint), Thread_prev(Thread_next(thread)), queue_of[thread];
    QUEUE_KEPT
    ensures side: Endpoint_side(endpoint) == \old(Endpoint_side(endpoint)) ||
        Endpoint_side(endpoint) == SIDE_IDLE;
    ensures out: queue_of[thread] == NIL;
*/
static inline void queue_endpoint_take(ref_t endpoint, ref_t thread)
{
    ref_t next = thread_next(thread);

    /*@ assert next: next < GRANULES; */

    endpoint_set_head(endpoint, next);
    if (next == NIL) {
        endpoint_set_tail(endpoint, NIL);
        endpoint_set_side(endpoint, SIDE_IDLE);
    } else {
        thread_set_prev(next, NIL);
        thread_set_next(thread, NIL);
    }
    /*@ ghost queue_of[thread] = NIL; */
}

/** Append a thread to those that wait for signals. */
/*@ requires queue_wf && is_notification(notification) && is_thread(thread) && queue_of[thread] ==
    NIL;
    assigns Thread_next(thread), Thread_prev(thread), Notification_head(notification),
        Notification_tail(notification), Thread_next(Notification_tail(notification)),
        queue_of[thread], turn[thread], arrivals;
    QUEUE_KEPT
    ensures in: queue_of[thread] == notification && Queue_tail(notification) == thread;
    ensures last: \forall integer t; is_thread(t) && t != thread && queue_of[t] == notification ==>
        turn[t] < turn[thread];
*/
void queue_notification_add(ref_t notification, ref_t thread);

/** Take a thread out of them. */
/*@ requires queue_wf && is_notification(notification) && is_thread(thread) && queue_of[thread] ==
    notification;
    assigns Thread_next(thread), Thread_prev(thread), Notification_head(notification),
        Notification_tail(notification), Thread_prev(Thread_next(thread)),
        Thread_next(Thread_prev(thread)), queue_of[thread];
    QUEUE_KEPT
    ensures out: queue_of[thread] == NIL;
*/
void queue_notification_remove(ref_t notification, ref_t thread);

#endif
