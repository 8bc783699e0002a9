/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that a driver was given, as signals of the main thread: the `signal` callback of
 * ipc_serve gets the bits, serves the device, and acknowledges.
 */
#ifndef DEVICE_IRQ_H
#define DEVICE_IRQ_H

#include <abi/call.h>

/**
 * Let an interrupt signal these bits to the main thread, and let the first one come.
 * @param interrupt Interrupt object, attached and not bound yet
 * @param bits not 0
 * @return E_SLOT: no slot is left; or why it cannot be bound
 */
enum error device_irq_open(cap_t interrupt, word_t bits);

/** The device has been served: let the next interrupt come. */
void device_irq_done(cap_t interrupt);

#endif
