/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault is a Call that the kernel makes for a thread on its fault endpoint. The message does not
 * pass through the thread's registers, which the handler may want to see; it is put together when
 * the handler takes it.
 */
#ifndef IPC_FAULT_H
#define IPC_FAULT_H

#include <model/fields.h>

/**
 * The thread, which runs, cannot go on: tell its handler. Without one it is suspended.
 * @param label FAULT_*  @param a,b first words of the message (PAGE: address, access; EXCEPTION:
 * vector, error; TIMEOUT: consumed)
 */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && label != 0;
    requires runs: Thread_state(thread) == THREAD_STATE_READY;
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
void fault_raise(ref_t thread, word_t label, word_t a, word_t b);

/** Put the fault message of `from` into the registers of `to`. */
/*@ requires is_thread(from) && is_thread(to) && asid_wf;
    assigns Thread_tag(to), ALL_MEMORY;
    ensures asid: asid_wf;
*/
void fault_message(ref_t from, ref_t to);

/** Can the message of `from` answer the fault of `thread`? @return E_MESSAGE, E_ARG */
/*@ requires is_thread(from) && is_thread(thread) && inside_wf && slots_null_wf;
    assigns \nothing;
    ensures words: \result == E_OK ==> Thread_tag(from) % 256 == 0 ||
        Thread_tag(from) % 256 == 1 || Thread_tag(from) % 256 == 21;
*/
enum error fault_check_reply(ref_t thread, ref_t from);

/** Let `thread` go on as the message of `from` says. */
/*@ requires is_thread(thread) && is_thread(from) && inside_wf && slots_null_wf && asid_wf;
    assigns REGISTERS(thread), ALL_MEMORY, Thread_fault(thread);
    ensures asid: asid_wf;
    ensures over: Thread_fault(thread) == 0;
*/
void fault_resume(ref_t thread, ref_t from);

/** Make `thread` do again what faulted, once it runs. */
/*@ requires is_thread(thread);
    assigns Thread_rip(thread), Thread_fault(thread);
    ensures over: Thread_fault(thread) == 0;
*/
void fault_repeat(ref_t thread);

#endif
