/* SPDX-License-Identifier: BSD-2-Clause */
#include "untyped.h"

#include <arch/arch.h>

/* Granules cleared in one go: 32 KiB. */
#define CLEAR_STEP 512u

word_t untyped_object_size(word_t type, word_t size)
{
    switch (type) {
    case TYPE_UNTYPED:
        return size % SMALL_GRANULES == 0 && size <= WORD_MAX / GRANULE ? size : 0;
    case TYPE_CNODE:
        return size >= 2 && size <= CNODE_SLOTS ? size : 0;
    default:
        break;
    }
    if (size != 0)
        return 0;
    switch (type) {
    case TYPE_ENDPOINT:
        return ENDPOINT_GRANULES;
    case TYPE_NOTIFICATION:
        return NOTIFICATION_GRANULES;
    case TYPE_REPLY:
        return REPLY_GRANULES;
    case TYPE_THREAD:
        return THREAD_GRANULES;
    case TYPE_SCHED_CONTEXT:
        return SCHED_CONTEXT_GRANULES;
    case TYPE_ADDRESS_SPACE:
        return SPACE_GRANULES;
    case TYPE_FRAME:
        return SMALL_GRANULES;
    case TYPE_LARGE_FRAME:
        return LARGE_GRANULES;
    case TYPE_HUGE_FRAME:
        return arch_huge_frames() ? HUGE_GRANULES : 0;
    case TYPE_INTERRUPT:
        return INTERRUPT_GRANULES;
    case TYPE_TIMER:
        return TIMER_GRANULES;
    default:
        return 0;
    }
}

word_t untyped_object_align(word_t type)
{
    switch (type) {
    case TYPE_UNTYPED:
    case TYPE_FRAME:
        return SMALL_GRANULES;
    case TYPE_LARGE_FRAME:
        return LARGE_GRANULES;
    case TYPE_HUGE_FRAME:
        return HUGE_GRANULES;
    default:
        return 1;
    }
}

bool untyped_device_can(word_t type)
{
    return type == TYPE_UNTYPED || (type >= TYPE_FRAME && type <= TYPE_HUGE_FRAME);
}

void untyped_reset(ref_t slot)
{
    if (slot_child(slot) == NIL && slot_extra(slot) != 0) {
        slot_set_extra(slot, 0);
        slot_set_rights(slot, 0);
    }
}

word_t untyped_next(ref_t slot, word_t align)
{
    word_t free = granule_number(slot_object(slot)) + slot_extra(slot);
    word_t odd = free % align;

    return slot_extra(slot) + (odd == 0 ? 0 : align - odd);
}

enum error untyped_clear(ref_t slot, word_t end)
{
    word_t clear = slot_rights(slot);

    if (clear < slot_extra(slot))
        clear = slot_extra(slot);
    if (clear >= end)
        return E_OK;

    word_t n = end - clear;

    if (n > CLEAR_STEP)
        n = CLEAR_STEP;
    arch_zero(granule_at(slot_object(slot), clear), n);
    slot_set_rights(slot, clear + n);
    return clear + n < end ? E_RESTART : E_OK;
}
