/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C side of the doors. The assembler has saved the registers of cpu.thread in its object when
 * it calls one of these, and leaves by loading those of what is cpu.thread then; NIL: it idles.
 */
#ifndef ENTRY_ENTRY_H
#define ENTRY_ENTRY_H

#include <model/fields.h>

/** System call. @param cap,tag,number as the user gave them (also in the thread's registers) */
/*@ requires kernel_wf && runs(cpu.thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ensures kernel_wf;
*/
void entry_syscall(word_t cap, word_t tag, word_t number);

/** The complete way of a system call; entry_syscall less what <fast.h> does. Arguments as there. */
/*@ requires kernel_wf && runs(cpu.thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ensures kernel_wf;
*/
void entry_complete(word_t cap, word_t tag, word_t number);

/** Interrupt; the processor may have been idle. */
/*@ requires kernel_wf && vector < VECTORS;
    assigns ANY_STATE;
    ensures kernel_wf;
*/
void entry_interrupt(word_t vector);

/** Exception of the running thread. @param address what was accessed, for a page fault */
/*@ requires kernel_wf && runs(cpu.thread);
    assigns ANY_STATE;
    ensures kernel_wf;
*/
void entry_fault(word_t vector, word_t error, word_t address);

/** System call of a foreign thread, all of whose registers are saved: by the short way if its
 * handler waits for it. */
/*@ requires kernel_wf && runs(thread);
    assigns ANY_STATE;
    ensures kernel_wf;
*/
void entry_foreign(ref_t thread);

/**
 * Fault of the thread that runs, all of whose registers are saved; by the short way too.
 * @param label FAULT_PAGE or FAULT_EXCEPTION @param a,b as for fault_raise
 */
/*@ requires kernel_wf && runs(thread) && label != 0;
    assigns ANY_STATE;
    ensures kernel_wf;
*/
void entry_raise(ref_t thread, word_t label, word_t a, word_t b);

/** What every entry ends with when cpu.resched is set: decide who runs, and tell whose budget ran
 * out. */
/*@ requires kernel_wf;
    assigns ANY_IPC;
    ensures kernel_wf;
*/
void entry_leave(void);

/** Unmap what boot used and start the thread that is current. Called once, last thing at boot. */
_Noreturn void entry_start(void);

#endif
