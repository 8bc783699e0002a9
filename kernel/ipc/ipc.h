/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages, answers, signals, and faults as messages. The slow, complete path; what a
 * call that is common enough takes instead is in <entry/fast.c>, with the same result.
 *
 * Functions that end a thread's wait write its outcome into its registers and wake it. Those that
 * return an enum error report to the thread that runs; E_OK also if it waits now (its
 * state says so) and will find its outcome in its registers.
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <model/fields.h>
#include <model/state.h>

/** The thread whose call a Reply object holds, NIL if none. */
/*@ requires replies_wf && is_reply(reply);
    assigns \nothing;
    ensures caller: \result != NIL ==> is_thread(\result) && \result == Reply_thread(reply) &&
        Thread_state(\result) == THREAD_STATE_REPLY;
    ensures none: \result == NIL ==> Reply_thread(reply) == NIL ||
        Thread_state(Reply_thread(reply)) != THREAD_STATE_REPLY;
*/
static inline ref_t reply_caller(ref_t reply)
{
    ref_t thread = reply_thread(reply);

    return thread != NIL && thread_state(thread) == THREAD_STATE_REPLY ? thread : NIL;
}

/** Outcome of a finished wait, without a message. */
/*@ requires SCHED_WF && wait_wf && sent_wf && is_thread(thread) && queue_of[thread] == NIL;
    assigns ANY_TIME, Thread_state(thread), Thread_rax(thread), Thread_rdi(thread),
        Thread_tag(thread);
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures runs: Thread_state(thread) == THREAD_STATE_READY && Thread_rax(thread) == outcome;
*/
void ipc_finish(ref_t thread, enum error outcome);

/**
 * Send the message in the registers of `thread` through the endpoint capability in `slot` (type and
 * WRITE have been checked). @param calls 1: wait for a reply @param wait 0: E_AGAIN rather than
 * wait for a receiver
 */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_slot(slot) && Slot_type(slot) == TYPE_ENDPOINT;
    requires runs: Thread_state(thread) == THREAD_STATE_READY && sends(thread);
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
enum error ipc_send(ref_t thread, ref_t slot, word_t calls, word_t wait);

/**
 * Wait for a message on an endpoint, or a signal of the bound notification.
 * @param reply Reply object to fill, idle and in no other Recv; NIL: calls are refused
 */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_endpoint(endpoint) && maybe_reply(reply);
    requires runs: Thread_state(thread) == THREAD_STATE_READY && Thread_lent(thread) == NIL;
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
enum error ipc_recv(ref_t thread, ref_t endpoint, ref_t reply, word_t wait);

/** Answer the call in `reply` with the message of `thread`. @return E_STATE if there is none,
 * E_MESSAGE, E_RIGHTS */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_reply(reply);
    requires runs: Thread_state(thread) == THREAD_STATE_READY;
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
    ensures runs: Thread_state(thread) == THREAD_STATE_READY;
    ensures once: \result == E_OK ==> Reply_thread(reply) == NIL;
    ensures lent: \old(Thread_lent(thread)) == NIL ==> Thread_lent(thread) == NIL;
*/
enum error ipc_reply(ref_t thread, ref_t reply);

/** Set bits, and wake who waits for them. */
/*@ requires SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_notification(notification);
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_state), ANY(thread_next), ANY(thread_prev),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), moving, leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
    ensures others: \forall integer t; is_thread(t) &&
        \old(Thread_state(t)) == THREAD_STATE_READY ==> Thread_state(t) == THREAD_STATE_READY;
*/
void ipc_signal(ref_t notification, word_t bits);

/** Take the bits, or wait until there are any. */
/*@ requires SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_notification(notification);
    requires runs: Thread_state(thread) == THREAD_STATE_READY;
    assigns ANY_IPC;
    SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
enum error ipc_wait(ref_t thread, ref_t notification, word_t wait);

/** End any wait of the thread, without an outcome, and leave all queues; its state is
 * THREAD_STATE_SUSPENDED then. */
/*@ requires SCHED_WF && IPC_WF && is_thread(thread) && moving != thread && leaving == NIL;
    assigns ANY_TIME, ANY_LOAN, ANY_QUEUE, ANY(thread_state), ANY(thread_next),
        ANY(thread_prev), leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: leaving == NIL;
    ensures stopped: Thread_state(thread) == THREAD_STATE_SUSPENDED && queue_of[thread] == NIL;
    ensures others: \forall integer t; is_thread(t) && t != thread ==>
        Thread_state(t) == \old(Thread_state(t)) && queue_of[t] == \old(queue_of[t]);
*/
void ipc_cancel(ref_t thread);

/** What the thread waits for goes away: its wait ends with GONE. A borrowed context stays with it,
 * as its caller waits still. */
/*@ requires SCHED_WF && IPC_WF && is_thread(thread) && moving == NIL && leaving == NIL;
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_state), ANY(thread_next), ANY(thread_prev),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: leaving == NIL;
    ensures runs: Thread_state(thread) == THREAD_STATE_READY && queue_of[thread] == NIL;
*/
void ipc_gone(ref_t thread);

/** The call in `reply` will not be answered: its caller is told so (DIED), or repeats its fault. */
/*@ requires SCHED_WF && IPC_WF && is_reply(reply) && moving == NIL && leaving == NIL;
    assigns ANY_TIME, ANY(reply_thread), ANY(thread_state), ANY(thread_rax), ANY(thread_rdi),
        ANY(thread_tag), ANY(thread_rip), ANY(thread_fault);
    SCHED_KEPT IPC_KEPT
    ensures over: Reply_thread(reply) == NIL ||
        Thread_state(Reply_thread(reply)) != THREAD_STATE_REPLY;
*/
void ipc_abandon(ref_t reply);

#endif
