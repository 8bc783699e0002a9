/* SPDX-License-Identifier: BSD-2-Clause */
#include "queue.h"

void queue_endpoint_add(ref_t endpoint, ref_t thread, word_t side)
{
    ref_t tail = endpoint_tail(endpoint);

    /*@ assert tail: tail < GRANULES; */

    thread_set_next(thread, NIL);
    thread_set_prev(thread, tail);
    if (tail == NIL)
        endpoint_set_head(endpoint, thread);
    else
        thread_set_next(tail, thread);
    endpoint_set_tail(endpoint, thread);
    endpoint_set_side(endpoint, side);
    /*@ admit arrivals < 0xffffffffffffffff; // 2^64 waits take centuries */
    /*@ ghost arrivals = arrivals + 1; */
    /*@ ghost turn[thread] = arrivals; */
    /*@ ghost queue_of[thread] = endpoint; */
}

void queue_endpoint_remove(ref_t endpoint, ref_t thread)
{
    ref_t next = thread_next(thread);
    ref_t prev = thread_prev(thread);

    /*@ assert near: next < GRANULES && prev < GRANULES; */

    if (next == NIL)
        endpoint_set_tail(endpoint, prev);
    else
        thread_set_prev(next, prev);
    if (prev == NIL)
        endpoint_set_head(endpoint, next);
    else
        thread_set_next(prev, next);
    if (next == NIL && prev == NIL)
        endpoint_set_side(endpoint, SIDE_IDLE);
    thread_set_next(thread, NIL);
    thread_set_prev(thread, NIL);
    /*@ ghost queue_of[thread] = NIL; */
}

void queue_notification_add(ref_t notification, ref_t thread)
{
    ref_t tail = notification_tail(notification);

    /*@ assert tail: tail < GRANULES; */

    thread_set_next(thread, NIL);
    thread_set_prev(thread, tail);
    if (tail == NIL)
        notification_set_head(notification, thread);
    else
        thread_set_next(tail, thread);
    notification_set_tail(notification, thread);
    /*@ admit arrivals < 0xffffffffffffffff; // 2^64 waits take centuries */
    /*@ ghost arrivals = arrivals + 1; */
    /*@ ghost turn[thread] = arrivals; */
    /*@ ghost queue_of[thread] = notification; */
}

void queue_notification_remove(ref_t notification, ref_t thread)
{
    ref_t next = thread_next(thread);
    ref_t prev = thread_prev(thread);

    /*@ assert near: next < GRANULES && prev < GRANULES; */

    if (next == NIL)
        notification_set_tail(notification, prev);
    else
        thread_set_prev(next, prev);
    if (prev == NIL)
        notification_set_head(notification, next);
    else
        thread_set_next(prev, next);
    thread_set_next(thread, NIL);
    thread_set_prev(thread, NIL);
    /*@ ghost queue_of[thread] = NIL; */
}
