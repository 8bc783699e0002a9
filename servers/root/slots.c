/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bit for each slot, set while it is empty. Slots are also handed to lib/ipc under the names that
 * it knows from lib/rt, whose allocator is for components.
 *
 * The kernel's CNode for root is small. On a machine with much memory root makes itself a larger
 * one, out of the largest range of memory, before anything else: so the number of components is
 * bounded by memory, in practice.
 */
#include "slots.h"

#include "console.h"
#include "root.h"

#include <abi/invoke.h>
#include <common/bits.h>
#include <rt/slot.h>
#include <rt/thread.h>

/* A component takes four to eight slots of root's and 64 KiB or more. */
#define BYTES_PER_SLOT 16384ul
#define SLOTS_MAX      262144ul /* room for 40,000 components at the least */
#define WORDS          (SLOTS_MAX / 64)

static word_t empty[WORDS];
static word_t lowest; /* no word below it has a bit set */
static word_t count;
static struct slots_made made;

static word_t wanted(void)
{
    word_t slots = boot_info()->cnode_slots;

    while (slots < SLOTS_MAX && slots < boot_info()->ram_bytes / BYTES_PER_SLOT)
        slots *= 2;
    return slots;
}

static word_t largest_range(void)
{
    const struct boot_info *info = boot_info();
    word_t best = 0;

    for (word_t i = 1; i < info->untyped_count; i++) {
        if (!info->untyped[i].device &&
            (info->untyped[best].device || info->untyped[i].bytes > info->untyped[best].bytes))
            best = i;
    }
    return best;
}

/*
 * Move into a CNode of `slots` slots: everything keeps its number. Capabilities that can be copied
 * are there before the change, the others follow after it, from the old CNode by way of the slot
 * `old`.
 */
static void move_house(word_t slots)
{
    const struct boot_info *info = boot_info();
    cap_t fresh = info->first_free;
    cap_t old = fresh + 1;

    ROOT_CHECK(untyped_retype(ROOT_UNTYPED + made.range, TYPE_CNODE, slots, 0, fresh, 1) == E_OK);
    ROOT_CHECK(cnode_copy(fresh, old, 0, ROOT_CNODE, RIGHT_ALL, 1) == E_OK);
    ROOT_CHECK(cnode_copy(fresh, ROOT_SPACE, 0, ROOT_SPACE, RIGHT_ALL, ROOT_IMAGE - ROOT_SPACE) ==
               E_OK);
    ROOT_CHECK(cnode_copy(fresh, ROOT_CNODE, 0, fresh, RIGHT_ALL, 1) == E_OK);
    ROOT_CHECK(thread_configure(ROOT_THREAD, fresh, 0, 0, 0, 0) == E_OK);
    ROOT_CHECK(cnode_move(ROOT_CNODE, ROOT_IMAGE, old, ROOT_IMAGE) == E_OK);
    for (word_t i = ROOT_UNTYPED; i < info->first_free; i++)
        ROOT_CHECK(cnode_move(ROOT_CNODE, i, old, i) == E_OK);
    made.bytes = slots * GRANULE;
}

struct slots_made slots_init(void)
{
    word_t slots = wanted();

    made.range = largest_range();
    if (slots > boot_info()->cnode_slots &&
        slots * GRANULE < boot_info()->untyped[made.range].bytes)
        move_house(slots);
    else
        slots = boot_info()->cnode_slots;
    for (word_t i = boot_info()->first_free + 2; i < slots; i++)
        slot_drop(i);
    return made;
}

cap_t slot_take(void)
{
    while (lowest < WORDS && empty[lowest] == 0)
        lowest++;
    if (lowest == WORDS)
        return 0;

    word_t bit = bit_lowest(empty[lowest]);

    empty[lowest] = bit_clear(empty[lowest], bit);
    count--;
    return lowest * 64 + bit;
}

void slot_drop(cap_t slot)
{
    word_t word = slot / 64;

    ROOT_CHECK(slot < SLOTS_MAX && empty[word] == bit_clear(empty[word], slot % 64));
    empty[word] = bit_set(empty[word], slot % 64);
    if (word < lowest)
        lowest = word;
    count++;
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
