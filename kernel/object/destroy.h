/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting capabilities, and dismantling objects that have none left.
 *
 * Deleting a slot takes a fixed number of steps. An object whose last capability went is put on the
 * list of the doomed; it is dismantled in bounded steps by the operation that deleted, which is not
 * finished before the list is empty. If that operation's thread dies in the middle, the next one
 * that deletes, or that wants to use an Untyped from its start again, goes on with it: so no memory
 * is reused before all that was in it is gone.
 */
#ifndef OBJECT_DESTROY_H
#define OBJECT_DESTROY_H

#include <model/fields.h>

/*@ // Slots are emptied, or Tables become Untyped; nothing else.
    predicate cleared{A, B} = \forall integer s; 0 <= s < GRANULES ==>
        (\at(Slot_type(s), B) == \at(Slot_type(s), A) &&
         \at(Slot_rights(s), B) == \at(Slot_rights(s), A) &&
         \at(Slot_object(s), B) == \at(Slot_object(s), A) &&
         (\at(Slot_type(s), A) == TYPE_CNODE ==>
            \at(Slot_badge(s), B) == \at(Slot_badge(s), A))) ||
        \at(Slot_type(s), B) == TYPE_NULL || \at(Slot_type(s), A) == TYPE_TABLES;
    // No slot is emptied but this one.
    predicate full_still{A, B}(integer but) = \forall integer s; 0 <= s < GRANULES && s != but &&
        \at(Slot_type(s), A) != TYPE_NULL ==> \at(Slot_type(s), B) != TYPE_NULL;
*/
#define ANY_DESTROY ANY_TREE, ANY(object_doom), doomed, dooming[0 .. GRANULES - 1], cpu.resched, \
    ALL_MEMORY

/** Empty a slot of any type but Tables. */
/*@ requires ALL_WF && (is_home(slot) || is_inside(slot)) && Slot_type(slot) != TYPE_TABLES;
    assigns ANY_DESTROY;
    ALL_KEPT
    ensures empty: Slot_type(slot) == TYPE_NULL;
    ensures cleared: cleared{Pre, Here};
    ensures first: \old(doomed) != NIL ==> doomed == \old(doomed);
    ensures user: user_same{Pre, Here};
    ensures still: full_still{Pre, Here}(slot);
*/
void destroy_capability(ref_t slot);

#define ANY_EMPTY ANY(slot_type), ANY(slot_badge), ANY(slot_rights), ANY(slot_extra), ANY_SPACE, \
    ALL_MEMORY, asid_fresh, asid_free, asid_live[0 .. GRANULES - 1], \
    asid_before[0 .. GRANULES - 1]

/** Take a step towards turning Tables back into an Untyped. */
/*@ requires ALL_WF && is_slot(slot) && Slot_type(slot) == TYPE_TABLES;
    assigns ANY_EMPTY;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
    ensures user: user_same{Pre, Here};
    ensures still: full_still{Pre, Here}(slot);
*/
void destroy_tables(ref_t slot);

/** Empty a slot. @return E_RESTART if there is more to do: it held Tables */
/*@ requires ALL_WF && (is_home(slot) || is_inside(slot));
    assigns ANY_DESTROY, ANY_EMPTY;
    ALL_KEPT
    ensures empty: \result == E_OK ==> Slot_type(slot) == TYPE_NULL;
    ensures cleared: cleared{Pre, Here};
    ensures first: \old(doomed) != NIL ==> doomed == \old(doomed);
    ensures user: user_same{Pre, Here};
    ensures still: full_still{Pre, Here}(slot);
*/
static inline enum error destroy_slot(ref_t slot)
{
    if (rarely(slot_type(slot) == TYPE_TABLES)) {
        destroy_tables(slot);
        return E_RESTART;
    }
    destroy_capability(slot);
    return E_OK;
}

/** Dismantle doomed objects for a bounded number of steps. @return E_RESTART if there are more */
/*@ requires ALL_WF;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
    ensures all: \result == E_OK <==> doomed == NIL;
*/
enum error destroy_doomed(void);

#endif
