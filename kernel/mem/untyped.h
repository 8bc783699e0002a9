/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory as a slot sees it: `object` first granule, `badge` size, `extra` granules used,
 * and `rights` (an Untyped has none) how far memory is clear: granules from `extra` up to `rights`
 * are zero. Sizes are in granules, so that arithmetic stays linear.
 */
#ifndef MEM_UNTYPED_H
#define MEM_UNTYPED_H

#include <model/fields.h>

/*@ predicate untyped_slot(integer s) = is_slot(s) && 0 < Slot_object(s) && Slot_badge(s) <=
    0x400000000000000 &&
        Slot_object(s) <= 0x400000000000000 && Slot_extra(s) <= Slot_badge(s);
    predicate alignment(integer a) = a == 1 || a == SMALL_GRANULES || a == LARGE_GRANULES || a ==
        HUGE_GRANULES;
*/

/*@ logic integer align_of(integer type) =
        type == TYPE_UNTYPED || type == TYPE_FRAME ? SMALL_GRANULES :
        type == TYPE_LARGE_FRAME ? LARGE_GRANULES : type == TYPE_HUGE_FRAME ? HUGE_GRANULES : 1;
    // Can an object of this type have this size?
    predicate made_size(integer type, integer n) = n != 0 && TYPE_NULL < type <= TYPE_TIMER &&
        (type == TYPE_CNODE ==> 2 <= n) && (type == TYPE_THREAD ==> n == THREAD_GRANULES) &&
        (type == TYPE_SCHED_CONTEXT ==> n == SCHED_CONTEXT_GRANULES) &&
        (type == TYPE_FRAME ==> n == SMALL_GRANULES) &&
        (type == TYPE_INTERRUPT ==> n == INTERRUPT_GRANULES) &&
        (type == TYPE_TIMER ==> n == TIMER_GRANULES);
    // Where an object with this alignment can begin.
    predicate next_place(integer s, integer align, integer start) =
        (Slot_object(s) + start) % align == 0 && Slot_extra(s) <= start < Slot_extra(s) + align;
*/

/** Size in granules of an object of this type. @param size slots of a CNode, granules of an Untyped
 * @return 0 if type or size is out of range */
/*@ assigns \nothing;
    ensures bound: \result <= 0x400000000000000;
    ensures untyped: type == TYPE_UNTYPED ==> \result == 0 || (\result == size && size %
        SMALL_GRANULES == 0);
    ensures cnode: type == TYPE_CNODE ==> \result == (2 <= size <= CNODE_SLOTS ? size : 0);
    ensures thread: type == TYPE_THREAD ==> \result == (size == 0 ? THREAD_GRANULES : 0);
    ensures context: type == TYPE_SCHED_CONTEXT ==> \result == (size == 0 ? SCHED_CONTEXT_GRANULES
        : 0);
    ensures frame: type == TYPE_FRAME ==> \result == (size == 0 ? SMALL_GRANULES : 0);
    ensures null: type == TYPE_NULL ==> \result == 0;
    ensures known: \result != 0 ==> type <= TYPE_TIMER;
    ensures made: \result != 0 ==> made_size(type, \result);
    ensures aligned: \result % align_of(type) == 0;
*/
word_t untyped_object_size(word_t type, word_t size);

/** Alignment in granules of objects of this type. */
/*@ assigns \nothing;
    ensures alignment(\result) && \result == align_of(type);
    ensures untyped: type == TYPE_UNTYPED || type == TYPE_FRAME ==> \result == SMALL_GRANULES;
    ensures large: type == TYPE_LARGE_FRAME ==> \result == LARGE_GRANULES;
    ensures huge: type == TYPE_HUGE_FRAME ==> \result == HUGE_GRANULES;
*/
word_t untyped_object_align(word_t type);

/** Can an object of this type be made from memory that is not RAM? */
/*@ assigns \nothing;
    ensures \result <==> type == TYPE_UNTYPED || type == TYPE_FRAME || type == TYPE_LARGE_FRAME ||
        type == TYPE_HUGE_FRAME;
*/
bool untyped_device_can(word_t type);

/** If nothing made from it is left, start again from the beginning. */
/*@ requires is_slot(slot);
    assigns Slot_extra(slot), Slot_rights(slot);
    ensures kept: Slot_child(slot) != NIL ==> Slot_extra(slot) == \old(Slot_extra(slot)) &&
        Slot_rights(slot) == \old(Slot_rights(slot));
    ensures afresh: Slot_child(slot) == NIL ==> Slot_extra(slot) == 0 &&
        (\old(Slot_extra(slot)) != 0 ==> Slot_rights(slot) == 0);
*/
void untyped_reset(ref_t slot);

/** Where, in granules from its start, the next object with this alignment would begin. */
/*@ requires untyped_slot(slot) && alignment(align);
    assigns \nothing;
    ensures next: next_place(slot, align, \result);
*/
word_t untyped_next(ref_t slot, word_t align);

/** Clear up to a bounded number of granules below `end` (granules from the start). @return
 * E_RESTART if more is to do */
/*@ requires untyped_slot(slot) && end <= Slot_badge(slot);
    requires free: Slot_extra(slot) < end ==>
        free_granules(Slot_object(slot) + Slot_extra(slot), end - Slot_extra(slot));
    assigns Slot_rights(slot), ALL_MEMORY;
    ensures progress: \result == E_OK || \result == E_RESTART;
    ensures more: \result == E_RESTART ==> Slot_rights(slot) < end && Slot_rights(slot) >
        \old(Slot_rights(slot));
    ensures done: \result == E_OK ==> Slot_rights(slot) >= end || Slot_extra(slot) >= end;
    ensures clear: \forall integer g, w; 0 <= w < GRANULE_WORDS &&
        Slot_object(slot) + \old(Slot_rights(slot)) <= g < Slot_object(slot) + Slot_rights(slot) &&
        Slot_object(slot) + Slot_extra(slot) <= g ==> K[g][w] == 0;
    ensures frame: \forall integer g, w; 0 <= g < GRANULES && 0 <= w < GRANULE_WORDS &&
        (g < Slot_object(slot) + Slot_extra(slot) || g >= Slot_object(slot) + end) ==>
        K[g][w] == \old(K[g][w]);
*/
enum error untyped_clear(ref_t slot, word_t end);

#endif
