/* SPDX-License-Identifier: BSD-2-Clause */
/* What Interrupt and Timer have in common: a slot that holds the notification they signal. */
#ifndef OBJECT_BIND_H
#define OBJECT_BIND_H

#include <ipc/ipc.h>
#include <model/fields.h>

/** Copy the Notification capability that word 0 of the thread's message names into `holder`.
 * @return as Interrupt.bind */
/*@ requires CAP_WF && is_thread(thread) && is_inside(holder);
    requires holder: \forall integer n; is_notification(n) ==>
        fits(holder, TYPE_NOTIFICATION, n);
    assigns ANY_TREE;
    CAP_KEPT
    ensures bound: \result == E_OK ==> Slot_type(holder) == TYPE_NOTIFICATION;
*/
enum error bind_notification(ref_t thread, ref_t holder);

/** Signal the notification in `holder` with its badge; no effect if there is none. */
/*@ requires slots_object_wf && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_slot(holder);
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_state), ANY(thread_next), ANY(thread_prev),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), moving, leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
    ensures others: \forall integer t; is_thread(t) &&
        \old(Thread_state(t)) == THREAD_STATE_READY ==> Thread_state(t) == THREAD_STATE_READY;
*/
static inline void bind_signal(ref_t holder)
{
    if (slot_type(holder) == TYPE_NOTIFICATION)
        ipc_signal(slot_object(holder), slot_badge(holder));
}

#endif
