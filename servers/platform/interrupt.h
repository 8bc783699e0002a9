/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of devices, as objects for their drivers. */
#ifndef PLATFORM_INTERRUPT_H
#define PLATFORM_INTERRUPT_H

#include "device.h"

/**
 * Interrupt `index` of a device: made and attached if this is the first time, and the device told
 * where to send it if it sends messages.
 * @param cap set to the Interrupt object, which stays the platform's
 */
enum platform_error interrupt_give(struct device *d, unsigned index, cap_t *cap);

#endif
