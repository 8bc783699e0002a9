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
void queue_endpoint_add(ref_t endpoint, ref_t thread, word_t side);

/** Take a thread out of the endpoint's queue. */
void queue_endpoint_remove(ref_t endpoint, ref_t thread);

/** Take out the first thread of the queue, which is not empty, and of which `thread` is the first.
 */
static inline void queue_endpoint_take(ref_t endpoint, ref_t thread)
{
    ref_t next = thread_next(thread);

    endpoint_set_head(endpoint, next);
    if (next == NIL) {
        endpoint_set_tail(endpoint, NIL);
        endpoint_set_side(endpoint, SIDE_IDLE);
    } else {
        thread_set_prev(next, NIL);
        thread_set_next(thread, NIL);
    }
}

/** Append a thread to those that wait for signals. */
void queue_notification_add(ref_t notification, ref_t thread);

/** Take a thread out of them. */
void queue_notification_remove(ref_t notification, ref_t thread);

#endif
