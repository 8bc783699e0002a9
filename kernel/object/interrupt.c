/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt and IrqControl. */
#include "interrupt.h"

#include "bind.h"
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <ipc/ipc.h>
#include <model/state.h>

void interrupt_signal(word_t vector)
{
    ref_t interrupt = vector_interrupt[vector];

    if (interrupt == NIL)
        return;
    /* An edge that came while its line was masked would be lost. */
    if (interrupt_level(interrupt))
        arch_irq_mask(interrupt_line(interrupt) - 1, 1);
    interrupt_set_pending(interrupt, 1);
    bind_signal(interrupt_notification(interrupt));
}

void interrupt_detach(ref_t interrupt)
{
    word_t vector = interrupt_vector(interrupt);

    if (vector == 0)
        return;
    if (interrupt_line(interrupt) != 0) {
        arch_irq_unroute(interrupt_line(interrupt) - 1);
        line_vector[interrupt_line(interrupt) - 1] = 0;
    }
    vector_interrupt[vector] = NIL;
    interrupt_set_vector(interrupt, 0);
    interrupt_set_line(interrupt, 0);
    interrupt_set_level(interrupt, 0); /* a message has no line to mask */
}

/*@ OPERATION(TYPE_INTERRUPT) */
enum error op_interrupt_bind(ref_t thread, ref_t slot)
{
    return bind_notification(thread, interrupt_notification(slot_object(slot)));
}

/*@ OPERATION(TYPE_INTERRUPT) */
enum error op_interrupt_acknowledge(ref_t thread, ref_t slot)
{
    ref_t interrupt = slot_object(slot);

    (void)thread;
    if (interrupt_vector(interrupt) == 0)
        return E_STATE;
    interrupt_set_pending(interrupt, 0);
    if (interrupt_line(interrupt) != 0)
        arch_irq_mask(interrupt_line(interrupt) - 1, 0);
    return E_OK;
}

/* A vector that nothing is attached to, 0 if there is none. */
/*@ assigns \nothing;
    ensures free: \result != 0 ==> VECTOR_FIRST <= \result <= VECTOR_LAST &&
        vector_interrupt[\result] == NIL;
*/
static word_t free_vector(void)
{
    /*@ loop invariant VECTOR_FIRST <= v <= VECTOR_LAST + 1;
        loop assigns v;
        loop variant VECTOR_LAST + 1 - v; */
    for (word_t v = VECTOR_FIRST; v <= VECTOR_LAST; v++) {
        if (vector_interrupt[v] == NIL)
            return v;
    }
    return 0;
}

/* From now on this vector is the object's. @param line 1 + the interrupt line, 0 for a message */
/*@ requires interrupts_wf && is_interrupt(interrupt);
    requires VECTOR_FIRST <= vector <= VECTOR_LAST && line <= LINES && (line == 0 ==> level == 0);
    assigns vector_interrupt[vector], Interrupt_vector(interrupt), Interrupt_line(interrupt),
        Interrupt_level(interrupt);
    ensures interrupts: interrupts_wf;
*/
static inline void attach(ref_t interrupt, word_t vector, word_t line, word_t level)
{
    vector_interrupt[vector] = interrupt;
    interrupt_set_vector(interrupt, vector);
    interrupt_set_line(interrupt, line);
    interrupt_set_level(interrupt, level);
}

/* What a device has to write, and where, is the result. */
/*@ requires is_thread(thread) && asid_wf && VECTOR_FIRST <= vector <= VECTOR_LAST;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void tell_message(ref_t thread, word_t vector)
{
    thread_set_word0(thread, arch_msi_address(vector));
    thread_set_word1(thread, arch_msi_data(vector));
}

/*@ OPERATION(TYPE_IRQ_CONTROL) */
enum error op_irq_control_attach(ref_t thread, ref_t slot)
{
    word_t line = thread_word1(thread);
    word_t flags = thread_word2(thread);
    ref_t target = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_INTERRUPT, RIGHT_WRITE, &target);

    (void)slot;
    if (e != E_OK)
        return e;
    if (line >= LINES || !arch_irq_exists(line) || flags > 3)
        return E_ARG;

    ref_t interrupt = slot_object(target);
    word_t vector = free_vector();

    if (interrupt_vector(interrupt) != 0 || line_vector[line] != 0 || vector == 0)
        return E_STATE;
    line_vector[line] = vector;
    attach(interrupt, vector, 1 + line, flags & 1);
    arch_irq_route(line, vector, flags);
    return E_OK;
}

/*@ OPERATION(TYPE_IRQ_CONTROL) */
enum error op_irq_control_attach_message(ref_t thread, ref_t slot)
{
    ref_t target = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_INTERRUPT, RIGHT_WRITE, &target);

    (void)slot;
    if (e != E_OK)
        return e;

    ref_t interrupt = slot_object(target);
    word_t vector = free_vector();

    if (interrupt_vector(interrupt) != 0)
        return E_STATE;
    if (vector == 0)
        return E_MEMORY;
    attach(interrupt, vector, 0, 0);
    tell_message(thread, vector);
    return E_OK;
}
