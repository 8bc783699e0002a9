/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBJECT_INTERRUPT_H
#define OBJECT_INTERRUPT_H

#include <model/fields.h>

/** The processor took this vector: signal who is attached; a level-triggered line stays masked
 * until it is acknowledged. */
/*@ requires ALL_WF && vector < VECTORS;
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_state), ANY(thread_next), ANY(thread_prev),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), ANY(interrupt_pending), moving,
        leaving;
    ALL_KEPT
*/
void interrupt_signal(word_t vector);

/** Disconnect from line and vector; no effect if not attached. */
/*@ requires interrupts_wf && is_interrupt(interrupt);
    assigns Interrupt_vector(interrupt), Interrupt_line(interrupt), Interrupt_level(interrupt),
        vector_interrupt[0 .. VECTORS - 1], line_vector[0 .. LINES - 1];
    ensures interrupts: interrupts_wf;
    ensures off: Interrupt_vector(interrupt) == 0;
*/
void interrupt_detach(ref_t interrupt);

#endif
