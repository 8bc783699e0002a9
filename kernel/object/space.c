/* SPDX-License-Identifier: BSD-2-Clause */
/* AddressSpace and the frame types. */
#include "destroy.h"
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <mem/space.h>
#include <mem/untyped.h>
#include <model/state.h>

/* Frames mapped, unmapped or protected in one go. */
#define RANGE_STEP 32u
#define SUPPLY_PAGES 1024u

/*@ OPERATION(TYPE_ADDRESS_SPACE) */
enum error op_address_space_supply(ref_t thread, ref_t slot)
{
    ref_t source = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_UNTYPED, 0, &source);

    if (e != E_OK)
        return e;

    word_t size = slot_badge(source);

    if (granule_number(slot_object(source)) % SMALL_GRANULES != 0 || size == 0 ||
        size % SMALL_GRANULES != 0 || size > SUPPLY_PAGES * SMALL_GRANULES)
        return E_ARG;
    if (slot_child(source) != NIL)
        return E_STATE;
    if (slot_extra(source) != 0) {
        if (doomed != NIL) {
            (void)destroy_doomed(); /* thread and slots may have been among them: look everything up
                                       again */
            return E_RESTART;
        }
        untyped_reset(source);
    }
    if (slot_rights(source) != size) {
        (void)untyped_clear(source, size);
        return E_RESTART;
    }
    space_supply(slot_object(slot), source);
    return E_OK;
}

enum range_action { RANGE_MAP, RANGE_UNMAP, RANGE_PROTECT };

/* @param vaddr,flags as the action needs them */
/*@ requires SLOTS_WF && inside_wf && spaces_wf && asid_wf && is_space(space) && is_home(frame);
    assigns Slot_badge(frame), Slot_extra(frame), ALL_MEMORY;
    ensures asid: asid_wf;
    FRAME_KEPT
    ensures user: user_same{Pre, Here};
    ensures frame: \result == E_OK || \result == E_RESTART ==>
        TYPE_FRAME <= Slot_type(frame) <= TYPE_HUGE_FRAME;
*/
static inline enum error act(enum range_action action, ref_t space, ref_t frame, word_t vaddr,
                             word_t flags)
{
    enum error e = E_OK;

    if (slot_type(frame) == TYPE_NULL)
        return E_CAP;
    if (!cap_is_frame(slot_type(frame)))
        return E_TYPE;
    if (action == RANGE_MAP) {
        e = space_check(frame, vaddr, flags);
        if (e == E_OK && slot_badge(frame) != 0 && space_mapped(frame))
            e = E_STATE;
        return e == E_OK ? space_map(space, frame, vaddr, flags) : e;
    }
    if (slot_badge(frame) == 0 || slot_badge(frame) != space_asid(space))
        return E_STATE;
    if (action == RANGE_UNMAP) {
        space_unmap(frame);
        return E_OK;
    }
    e = space_check(frame, slot_extra(frame), flags);
    return e == E_OK ? space_protect(space, frame, flags) : e;
}

/* A mapping needs a table that is not there: it is tried again with it. */
/*@ requires spaces_wf && asid_wf && is_space(space) && is_slot(frame);
    requires TYPE_FRAME <= Slot_type(frame) <= TYPE_HUGE_FRAME;
    assigns ANY_SPACE, ALL_MEMORY, cpu.resched;
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
*/
static __attribute__((noinline)) enum error grow(ref_t space, ref_t frame, word_t vaddr)
{
    enum error e = space_grow(space, slot_type(frame), vaddr);

    return e == E_OK ? E_RESTART : e;
}

/* One frame after the other; words 1 (slot), 2 (count) and, for map, 3 (address) of the thread's
 * message move along. */
/*@ requires SLOTS_WF && inside_wf && spaces_wf && asid_wf && is_thread(thread);
    requires is_home(slot) && Slot_type(slot) == TYPE_ADDRESS_SPACE;
    assigns ANY(slot_badge), ANY(slot_extra), ANY_SPACE, ALL_MEMORY, cpu.resched;
    SLOTS_KEPT
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
*/
static inline __attribute__((always_inline)) enum error range(ref_t thread, ref_t slot,
                                                              enum range_action action)
{
    word_t count = thread_word2(thread);
    word_t flags = action == RANGE_MAP ? thread_word4(thread) : thread_word3(thread);
    ref_t cnode = NIL;
    enum error e = cap_cnode(thread, thread_word0(thread), RIGHT_READ, &cnode);

    if (e != E_OK)
        return e;
    if (count == 0 || count > RANGE_COUNT)
        return E_ARG;
    if (!cap_range_in(cnode, thread_word1(thread), count))
        return E_CAP;
    /*@ loop invariant 0 <= i <= RANGE_STEP;
        loop invariant SLOTS_WF && inside_wf && spaces_wf && asid_wf;
        loop invariant Slot_type(cnode) == TYPE_CNODE && is_slot(cnode);
        loop invariant 0 < K[thread + 2][1] && 0 < K[thread + 2][2] <= RANGE_COUNT &&
            K[thread + 2][1] + K[thread + 2][2] <= Slot_badge(cnode);
        loop assigns i, e, ANY(slot_badge), ANY(slot_extra), ALL_MEMORY;
        loop variant RANGE_STEP - i; */
    for (word_t i = 0; i < RANGE_STEP; i++) {
        ref_t frame = granule_at(slot_object(cnode), thread_word1(thread));

        e = act(action, slot_object(slot), frame, thread_word3(thread), flags);
        if (action == RANGE_MAP && rarely(e == E_RESTART))
            return grow(slot_object(slot), frame, thread_word3(thread));
        if (e != E_OK)
            return e;
        if (thread_word2(thread) == 1)
            return E_OK;
        thread_set_word1(thread, thread_word1(thread) + 1);
        thread_set_word2(thread, thread_word2(thread) - 1);
        if (action == RANGE_MAP)
            thread_set_word3(thread, thread_word3(thread) + space_frame_bytes(slot_type(frame)));
    }
    return E_RESTART;
}

/*@ OPERATION(TYPE_ADDRESS_SPACE) */
enum error op_address_space_map(ref_t thread, ref_t slot)
{
    return range(thread, slot, RANGE_MAP);
}

/*@ OPERATION(TYPE_ADDRESS_SPACE) */
enum error op_address_space_unmap(ref_t thread, ref_t slot)
{
    return range(thread, slot, RANGE_UNMAP);
}

/*@ OPERATION(TYPE_ADDRESS_SPACE) */
enum error op_address_space_protect(ref_t thread, ref_t slot)
{
    return range(thread, slot, RANGE_PROTECT);
}

/*@ requires ALL_WF && is_thread(thread) && is_home(slot);
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
enum error op_frame_address(ref_t thread, ref_t slot)
{
    thread_set_word0(thread, arch_paddr(slot_object(slot)));
    return E_OK;
}
