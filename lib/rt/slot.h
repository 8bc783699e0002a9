/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Empty slots of the component's CNode. Whoever takes one puts a capability into it, and gives it
 * back empty. At most the first RT_SLOTS slots of the CNode are used. Any thread may call.
 */
#ifndef RT_SLOT_H
#define RT_SLOT_H

#include <abi/call.h>

/** Slots that are kept book of. */
#define RT_SLOTS 32768u

/** An empty slot. @return 0: there is none left (the manifest says how many a component has) */
cap_t rt_slot_alloc(void);

/** Slots in a row. @param count 1 to RT_SLOTS @return the first; 0: there are no so many in a row
 */
cap_t rt_slot_alloc_row(word_t count);

/** Give back a slot that is empty. @param slot from rt_slot_alloc; 0 does nothing */
void rt_slot_free(cap_t slot);

/** Give back slots in a row, all empty. */
void rt_slot_free_row(cap_t slot, word_t count);

/** Delete the capability in a slot and give the slot back. @param slot 0 does nothing */
void rt_slot_delete(cap_t slot);

/** How many slots are empty. */
word_t rt_slots_left(void);

#endif
