/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBJECT_INTERRUPT_H
#define OBJECT_INTERRUPT_H

#include <model/fields.h>

/** The processor took this vector: signal who is attached; a level-triggered line stays masked
 * until it is acknowledged. */
void interrupt_signal(word_t vector);

/** Disconnect from line and vector; no effect if not attached. */
void interrupt_detach(ref_t interrupt);

#endif
