/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects. An Untyped hands out memory from a watermark and starts again only when nothing
 * made from it is left; so small objects are made from one-page Untypeds, of which there are many
 * chances that one is empty again.
 */
#include "object.h"

#include <abi/invoke.h>

#include "component.h"
#include "frames_priv.h"
#include "lock.h"
#include "slot.h"

#define POOLS 64u

static cap_t pool[POOLS];
static word_t pool_count;

static bool make_from(cap_t untyped, word_t type, word_t size, cap_t slot)
{
    return untyped_retype(untyped, type, size, 0, slot, 1) == E_OK;
}

static bool make_from_pools(word_t type, word_t size, cap_t slot)
{
    for (word_t i = pool_count; i-- > 0;)
        if (make_from(pool[i], type, size, slot))
            return true;
    return false;
}

static bool add_pool(void)
{
    cap_t untyped = pool_count < POOLS ? rt_slot_alloc() : 0;

    if (untyped == 0)
        return false;
    if (!make_from(COMPONENT_UNTYPED, TYPE_UNTYPED, PAGE_GRANULES, untyped)) {
        rt_slot_free(untyped);
        return false;
    }
    pool[pool_count++] = untyped;
    return true;
}

/* When there is nothing else: pages that were frames and are not in use. */
static bool add_reclaimed(void)
{
    cap_t untyped = pool_count < POOLS ? rt_frames_reclaim() : 0;

    if (untyped == 0)
        return false;
    pool[pool_count++] = untyped;
    return true;
}

static bool make(word_t type, word_t size, cap_t slot)
{
    if (type == TYPE_UNTYPED || type == TYPE_FRAME || type == TYPE_LARGE_FRAME ||
        type == TYPE_HUGE_FRAME)
        return make_from(COMPONENT_UNTYPED, type, size, slot);
    if (make_from_pools(type, size, slot))
        return true;
    if (add_pool() && make_from(pool[pool_count - 1], type, size, slot))
        return true;
    if (make_from(COMPONENT_UNTYPED, type, size, slot)) /* larger than a page */
        return true;
    return add_reclaimed() && make_from(pool[pool_count - 1], type, size, slot);
}

cap_t rt_object_new(word_t type, word_t size)
{
    cap_t slot;

    rt_lock();
    slot = rt_slot_alloc();
    if (slot != 0 && !make(type, size, slot)) {
        rt_slot_free(slot);
        slot = 0;
    }
    rt_unlock();
    return slot;
}

void rt_object_delete(cap_t object)
{
    rt_slot_delete(object);
}

cap_t rt_object_badge(cap_t object, word_t rights, word_t badge)
{
    cap_t slot = rt_slot_alloc();

    if (slot != 0 && cnode_mint(COMPONENT_CNODE, slot, 0, object, rights, badge) != E_OK) {
        rt_slot_free(slot);
        return 0;
    }
    return slot;
}

cap_t rt_object_copy(cap_t object, word_t rights)
{
    cap_t slot = rt_slot_alloc();

    if (slot != 0 && cnode_copy(COMPONENT_CNODE, slot, 0, object, rights, 1) != E_OK) {
        rt_slot_free(slot);
        return 0;
    }
    return slot;
}
