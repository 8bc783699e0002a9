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
static inline ref_t reply_caller(ref_t reply)
{
    ref_t thread = reply_thread(reply);

    return thread != NIL && thread_state(thread) == THREAD_STATE_REPLY ? thread : NIL;
}

/** Outcome of a finished wait, without a message. */
void ipc_finish(ref_t thread, enum error outcome);

/**
 * Send the message in the registers of `thread` through the endpoint capability in `slot` (type and
 * WRITE have been checked). @param calls 1: wait for a reply @param wait 0: E_AGAIN rather than
 * wait for a receiver
 */
enum error ipc_send(ref_t thread, ref_t slot, word_t calls, word_t wait);

/**
 * Wait for a message on an endpoint, or a signal of the bound notification.
 * @param reply Reply object to fill, idle and in no other Recv; NIL: calls are refused
 */
enum error ipc_recv(ref_t thread, ref_t endpoint, ref_t reply, word_t wait);

/** Answer the call in `reply` with the message of `thread`. @return E_STATE if there is none,
 * E_MESSAGE, E_RIGHTS */
enum error ipc_reply(ref_t thread, ref_t reply);

/** Set bits, and wake who waits for them. */
void ipc_signal(ref_t notification, word_t bits);

/** Take the bits, or wait until there are any. */
enum error ipc_wait(ref_t thread, ref_t notification, word_t wait);

/** End any wait of the thread, without an outcome, and leave all queues; its state is
 * THREAD_STATE_SUSPENDED then. */
void ipc_cancel(ref_t thread);

/** What the thread waits for goes away: its wait ends with GONE. A borrowed context stays with it,
 * as its caller waits still. */
void ipc_gone(ref_t thread);

/** The call in `reply` will not be answered: its caller is told so (DIED), or repeats its fault. */
void ipc_abandon(ref_t reply);

#endif
