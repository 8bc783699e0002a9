/* SPDX-License-Identifier: BSD-2-Clause */
/* Empty slots: a bit for each that is taken. */
#include "slot.h"

#include <abi/invoke.h>
#include <common/bits.h>

#include "lock.h"
#include "program.h"

static uint64_t taken[RT_SLOTS / 64];
static word_t lowest; /* no slot below is empty; 0: not set up yet */

static word_t limit(void)
{
    word_t slots = rt_info()->cnode_slots;

    return slots < RT_SLOTS ? slots : RT_SLOTS;
}

static bool is_taken(word_t slot)
{
    return taken[slot / 64] >> slot % 64 & 1;
}

static void set_up(void)
{
    if (lowest == 0)
        lowest = rt_info()->first_free;
}

/* The first empty slot at or above this one; limit() if there is none. */
static word_t next_empty(word_t slot)
{
    word_t end = limit();

    while (slot < end) {
        uint64_t empty = ~taken[slot / 64] >> slot % 64;

        if (empty != 0) {
            slot += bit_lowest(empty);
            return slot < end ? slot : end;
        }
        slot = slot / 64 * 64 + 64;
    }
    return end;
}

static word_t row_length(word_t slot, word_t most)
{
    word_t size = 0;

    while (size < most && slot + size < limit() && !is_taken(slot + size))
        size++;
    return size;
}

static cap_t take(word_t first, word_t count)
{
    for (word_t i = first; i < first + count; i++)
        taken[i / 64] = bit_set(taken[i / 64], i % 64);
    if (first == lowest)
        lowest = first + count;
    return first;
}

static cap_t find_row(word_t count)
{
    word_t first = next_empty(lowest);

    /* What is below the first empty one is taken: remember, so that nobody looks there again. */
    lowest = first;
    while (first < limit()) {
        word_t size = row_length(first, count);

        if (size == count)
            return take(first, count);
        first = next_empty(first + size);
    }
    return 0;
}

cap_t rt_slot_alloc_row(word_t count)
{
    cap_t first;

    rt_lock();
    set_up();
    first = find_row(count);
    rt_unlock();
    return first;
}

cap_t rt_slot_alloc(void)
{
    return rt_slot_alloc_row(1);
}

void rt_slot_free_row(cap_t slot, word_t count)
{
    rt_lock();
    for (word_t i = slot; i < slot + count && i < limit(); i++)
        taken[i / 64] = bit_clear(taken[i / 64], i % 64);
    if (slot < lowest)
        lowest = slot;
    rt_unlock();
}

void rt_slot_free(cap_t slot)
{
    if (slot >= rt_info()->first_free)
        rt_slot_free_row(slot, 1);
}

void rt_slot_delete(cap_t slot)
{
    if (slot == 0)
        return;
    RT_CHECK(cnode_delete(COMPONENT_CNODE, slot, 1) == E_OK);
    rt_slot_free(slot);
}

word_t rt_slots_left(void)
{
    word_t left = 0;

    rt_lock();
    set_up();
    for (word_t slot = next_empty(lowest); slot < limit(); slot = next_empty(slot + 1))
        left++;
    rt_unlock();
    return left;
}
