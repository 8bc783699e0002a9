/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stack of empty slots: slot_take gives the one that came last. Slots are also handed to lib/ipc
 * under the names that it knows from lib/rt, whose allocator is for components.
 */
#include "slots.h"

#include "console.h"

#include <abi/boot_info.h>
#include <abi/invoke.h>
#include <rt/slot.h>
#include <rt/thread.h>

#define SLOTS_MAX 8192u

static uint16_t empty[SLOTS_MAX];
static unsigned count;

_Static_assert(SLOTS_MAX <= 65536, "slots fit the stack's entries");

void slots_init(void)
{
    const struct boot_info *info = (const struct boot_info *)ROOT_VADDR_INFO;
    word_t last = info->cnode_slots < SLOTS_MAX ? info->cnode_slots : SLOTS_MAX;

    for (word_t i = last; i > info->first_free; i--)
        empty[count++] = (uint16_t)(i - 1);
}

cap_t slot_take(void)
{
    return count == 0 ? 0 : empty[--count];
}

void slot_drop(cap_t slot)
{
    ROOT_CHECK(count < SLOTS_MAX);
    empty[count++] = (uint16_t)slot;
}

void slot_delete(cap_t slot)
{
    ROOT_CHECK(cnode_delete(ROOT_CNODE, slot, 1) == E_OK);
    slot_drop(slot);
}

word_t slots_left(void)
{
    return count;
}

cap_t rt_slot_alloc(void)
{
    return slot_take();
}

void rt_slot_free(cap_t slot)
{
    if (slot != 0)
        slot_drop(slot);
}

void rt_slot_delete(cap_t slot)
{
    if (slot != 0)
        slot_delete(slot);
}

struct message_buffer *rt_buffer(void)
{
    return (struct message_buffer *)ROOT_VADDR_BUFFER;
}
