/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What most messages take: a short way with the same result as the complete one (ipc/ipc.c), shown
 * equal by a differential test. Each function either does all of it, or changes nothing and says
 * so.
 *
 * A door may call the first three before it has saved the eight message words: it keeps them in
 * registers that this file is compiled not to touch, and leaves the kernel with them. The words of
 * the caller's registers are lost by a Call in any case, and those of the server's by a ReplyRecv;
 * which is why that is enough.
 */
#ifndef ENTRY_FAST_H
#define ENTRY_FAST_H

#include <model/fields.h>

enum {
    FAST_NO = 0,   /**< not eligible: nothing happened */
    FAST_DONE = 1, /**< done; the message words go on to the thread that runs now */
    FAST_LOAD = 2, /**< done; that thread has registers of its own to be loaded */
    FAST_OUTCOME = 1, /**< of fast_poll: done, with this outcome added */
};

/**
 * Call of the thread that runs (a foreign one has no CSpace, so nothing is found for it). Eligible:
 * an endpoint capability with WRITE, at most 8 words and no capabilities; a server waits in Recv
 * with a Reply object and runs on its callers' scheduling contexts.
 */
/*@ requires ALL_WF && runs(cpu.thread);
    assigns ANY_STATE;
    ALL_KEPT
    ensures no: \result == FAST_NO ==> runs(cpu.thread) && cpu.thread == \old(cpu.thread);
*/
word_t fast_call(word_t cap, word_t tag);

/**
 * ReplyRecv. Eligible: an endpoint capability with READ on which nobody waits to send; a Reply
 * object that holds a call of at most 8 words and no capabilities either way, whose caller lent the
 * running scheduling context last; no signal pending. The caller may wait with a fault that is to
 * be tried again, or a SYSCALL fault that is answered with its result.
 * @param word0 first message word
 */
/*@ requires ALL_WF && runs(cpu.thread);
    assigns ANY_STATE;
    ALL_KEPT
    ensures no: \result == FAST_NO ==> runs(cpu.thread) && cpu.thread == \old(cpu.thread);
*/
word_t fast_reply_recv(word_t cap, word_t tag, word_t word0);

/**
 * Recv that does not wait. Eligible: a notification capability with READ.
 * @return FAST_NO, or FAST_OUTCOME + outcome
 */
/*@ requires ALL_WF && runs(cpu.thread);
    assigns ANY_STATE;
    ALL_KEPT
    ensures no: \result == FAST_NO ==> runs(cpu.thread);
*/
word_t fast_poll(word_t cap, word_t number);

#endif
