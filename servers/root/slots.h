/* SPDX-License-Identifier: BSD-2-Clause */
/* Empty slots of root's own CNode. */
#ifndef ROOT_SLOTS_H
#define ROOT_SLOTS_H

#include <abi/abi.h>

/** What was taken for a larger CNode: from the start of this range of the boot information. */
struct slots_made {
    word_t range;
    word_t bytes; /**< 0: the kernel's CNode was large enough */
};

/** Called once, before everything else. */
struct slots_made slots_init(void);

/** An empty slot, 0 if there is none. */
cap_t slot_take(void);

/** Give back a slot that is empty. */
void slot_drop(cap_t slot);

/** Empty a slot and give it back. */
void slot_delete(cap_t slot);

/** How many slots are empty. */
word_t slots_left(void);

#endif
