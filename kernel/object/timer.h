/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBJECT_TIMER_H
#define OBJECT_TIMER_H

#include <model/fields.h>

/** The time of a Timer object has come. */
/*@ requires slots_object_wf && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_timer(timer);
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_state), ANY(thread_next), ANY(thread_prev),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), moving, leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
    ensures others: \forall integer t; is_thread(t) &&
        \old(Thread_state(t)) == THREAD_STATE_READY ==> Thread_state(t) == THREAD_STATE_READY;
*/
void timer_fire(ref_t timer);

#endif
