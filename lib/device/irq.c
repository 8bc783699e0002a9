/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts. */
#include "irq.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/object.h>

enum error device_irq_open(cap_t interrupt, word_t bits)
{
    cap_t signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, bits);
    enum error error;

    if (signal == 0)
        return E_SLOT;
    error = interrupt_bind(interrupt, signal);
    return error == E_OK ? interrupt_acknowledge(interrupt) : error;
}

void device_irq_done(cap_t interrupt)
{
    (void)interrupt_acknowledge(
        interrupt); /* refused only if it was detached: then there is none to come */
}
