/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and exceptions. */
#include "entry.h"

#include <arch/arch.h>
#include <ipc/fault.h>
#include <model/state.h>
#include <object/interrupt.h>
#include <object/timer.h>
#include <sched/sched.h>

#define EXCEPTION_PAGE_FAULT 14u
/* Deadlines served in one entry; if more are due, the timer interrupt comes again at once. */
#define TIMERS_STEP 2u

/* The thread whose budget ran out: it is told once. */
/*@ requires SCHED_WF && cpu.expired != NIL;
    assigns cpu.expired;
    SCHED_KEPT
    ensures who: is_thread(\result);
*/
static inline ref_t take_expired(void)
{
    ref_t thread = cpu.expired;

    cpu.expired = NIL;
    return thread;
}

/* The thread whose budget ran out is told, if it wants to know. */
/*@ requires kernel_wf && cpu.expired != NIL;
    assigns ANY_IPC;
    ensures kernel_wf;
*/
static __attribute__((noinline)) void tell_expired(void)
{
    ref_t thread = take_expired();

    if (slot_type(thread_timeout(thread)) == TYPE_ENDPOINT &&
        thread_state(thread) == THREAD_STATE_READY && thread_sc(thread) != NIL)
        fault_raise(thread, FAULT_TIMEOUT, sched_context_consumed(thread_sc(thread)), 0);
    sched_go_on();
}

/*@ requires ALL_WF;
    assigns ANY_IPC;
    ALL_KEPT
*/
static void timer_interrupt(void)
{
    arch_timer_fired();
    /*@ loop invariant 0 <= i <= TIMERS_STEP;
        loop invariant ALL_WF;
        loop assigns i, ANY_IPC;
        loop variant TIMERS_STEP - i; */
    for (word_t i = 0; i < TIMERS_STEP; i++) {
        ref_t node = sched_due();

        if (node == NIL)
            break;
        if (object_kind(node) == TYPE_TIMER)
            timer_fire(node);
    }
}

void entry_leave(void)
{
    if (cpu.resched)
        sched_reschedule();
    if (rarely(cpu.expired != NIL))
        tell_expired();
}

void entry_interrupt(word_t vector)
{
    if (vector == VECTOR_TIMER) {
        timer_interrupt();
    } else {
        interrupt_signal(vector);
        arch_irq_eoi();
    }
    entry_leave();
}

void entry_fault(word_t vector, word_t error, word_t address)
{
    if (vector == EXCEPTION_PAGE_FAULT)
        entry_raise(cpu.thread, FAULT_PAGE, address, error);
    else
        entry_raise(cpu.thread, FAULT_EXCEPTION, vector, error);
}
