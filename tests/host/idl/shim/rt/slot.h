/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The slot allocator as the tests of protocols see it: each side of the fake
 * kernel (fake.h) has its own slots.
 */
#ifndef RT_SLOT_H
#define RT_SLOT_H

#include <abi/abi.h>

/** An empty slot of the side that runs, or 0. */
cap_t rt_slot_alloc(void);
/** Take it back; it is empty. */
void rt_slot_free(cap_t slot);
/** Empty it and take it back. */
void rt_slot_delete(cap_t slot);

#endif
