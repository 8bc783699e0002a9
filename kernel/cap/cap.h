/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities in slots: finding, making, copying, moving them. Nothing here
 * destroys anything: deleting is the business of <object/destroy.h>.
 */
#ifndef CAP_CAP_H
#define CAP_CAP_H

#include <model/fields.h>

/*@ predicate cspace(integer t) = is_thread(t) && slots_null_wf && slots_cnode_wf &&
        inside_wf;
    predicate empty_slot(integer s) = is_slot(s) && parent_of[s] == NIL && s != tree_root;

    // A capability as it may be.
    predicate capability(integer type, integer object, integer rights, integer badge) =
        type != TYPE_NULL && type != TYPE_TABLES && typed_object(type, object) &&
        (type == TYPE_FRAME && ram(rights) ==> is_page(object)) &&
        (type == TYPE_CNODE && badge > 1 ==> slots_behind(object, badge)) &&
        (type == TYPE_IO_PORT ==> object + badge <= 65536);

    // All capabilities but those in s and t are as they were.
    predicate other_slots_same{A, B}(integer s, integer t) = \forall integer g;
        0 <= g < GRANULES && g != s && g != t ==>
        \at(Slot_type(g), A) == \at(Slot_type(g), B) &&
        \at(Slot_object(g), A) == \at(Slot_object(g), B) &&
        \at(Slot_rights(g), A) == \at(Slot_rights(g), B) &&
        \at(Slot_badge(g), A) == \at(Slot_badge(g), B) &&
        \at(Slot_extra(g), A) == \at(Slot_extra(g), B);
*/

/** Those of the rights in `rights` that are in `mask` too. */
/*@ assigns \nothing;
    ensures both: \result == (rights & mask);
    ensures fewer: ram(\result) ==> ram(rights);
*/
static inline word_t cap_fewer(word_t rights, word_t mask)
{
    return rights & mask;
}

/** The slot with this index in the thread's CSpace, NIL if there is none. It may be empty. */
/*@ requires cspace(thread);
    assigns \nothing;
    ensures slot: \result != NIL ==> is_home(\result);
    ensures which: \result == (0 < index < Slot_badge(Thread_cspace(thread)) ?
        Slot_object(Thread_cspace(thread)) + index : NIL);
*/
static inline ref_t cap_slot(ref_t thread, word_t index)
{
    ref_t cspace = thread_cspace(thread);

    if (index == 0 || index >= slot_badge(cspace))
        return NIL;
    return granule_at(slot_object(cspace), index);
}

/** The slot with this index in the CNode to which slot `cnode` holds a capability, NIL if there is
 * none. */
/*@ requires cnode_slot(cnode);
    assigns \nothing;
    ensures slot: \result != NIL ==> is_home(\result);
    ensures which: \result == (0 < index < Slot_badge(cnode) ? Slot_object(cnode) + index : NIL);
*/
static inline ref_t cap_slot_in(ref_t cnode, word_t index)
{
    if (index == 0 || index >= slot_badge(cnode))
        return NIL;
    return granule_at(slot_object(cnode), index);
}

/** Do slots `first` to `first + count - 1` exist in the CNode of slot `cnode`? */
/*@ requires cnode_slot(cnode);
    assigns \nothing;
    ensures slots: \result != 0 ==> \forall integer i;
        Slot_object(cnode) + first <= i < Slot_object(cnode) + first + count ==> is_home(i);
    ensures which: \result != 0 <==> 0 < first < Slot_badge(cnode) && first + count <=
        Slot_badge(cnode);
*/
static inline bool cap_range_in(ref_t cnode, word_t first, word_t count)
{
    word_t slots = slot_badge(cnode);

    return first != 0 && first < slots && count <= slots - first;
}

/** Is the object of such a capability one with a header, whose capabilities are counted? */
/*@ assigns \nothing;
    ensures \result != 0 <==> TYPE_CNODE <= type <= TYPE_ADDRESS_SPACE || type == TYPE_INTERRUPT ||
        type == TYPE_TIMER;
*/
static inline bool cap_counted(word_t type)
{
    return (type >= TYPE_CNODE && type <= TYPE_ADDRESS_SPACE) || type == TYPE_INTERRUPT ||
           type == TYPE_TIMER;
}

/*@ assigns \nothing;
    ensures \result != 0 <==> TYPE_FRAME <= type <= TYPE_HUGE_FRAME;
*/
static inline bool cap_is_frame(word_t type)
{
    return type >= TYPE_FRAME && type <= TYPE_HUGE_FRAME;
}

/**
 * The CNode capability that an argument names: index 0 is the thread's own CSpace.
 * @param right the right it must have
 * @param cnode where the slot that holds it is put
 * @return E_CAP, E_TYPE, E_RIGHTS
 */
/*@ requires cspace(thread) && \valid(cnode);
    assigns *cnode;
    ensures found: \result == E_OK ==> is_slot(*cnode) && Slot_type(*cnode) == TYPE_CNODE &&
        *cnode == (index == 0 ? Thread_cspace(thread) : Slot_object(Thread_cspace(thread)) + index);
    ensures not: \result != E_OK ==> *cnode == \old(*cnode);
*/
static inline enum error cap_cnode(ref_t thread, word_t index, word_t right, ref_t *cnode)
{
    ref_t slot = index == 0 ? thread_cspace(thread) : cap_slot(thread, index);

    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) != TYPE_CNODE)
        return E_TYPE;
    if (!(slot_rights(slot) & right))
        return E_RIGHTS;
    *cnode = slot;
    return E_OK;
}

/** A capability of type `type` with `right` at this index of the thread's CSpace. @return E_CAP,
 * E_TYPE, E_RIGHTS */
/*@ requires cspace(thread) && \valid(slot);
    assigns *slot;
    ensures rights: \result == E_OK ==> (Slot_rights(*slot) & right) == right;
    ensures found: \result == E_OK ==> is_home(*slot) && Slot_type(*slot) == type &&
        *slot == Slot_object(Thread_cspace(thread)) + index && 0 < index <
            Slot_badge(Thread_cspace(thread));
    ensures not: \result != E_OK ==> *slot == \old(*slot);
*/
enum error cap_find(ref_t thread, word_t index, word_t type, word_t right, ref_t *slot);

/** Fill the empty slot `to` with a first capability to `object`, as a child of `parent`. */
/*@ requires CAP_WF && node(parent) && empty_slot(to);
    requires capability: capability(type, object, rights, badge) && fits(to, type, object);
    assigns ANY_SLOT, ANY(object_caps), parent_of[to], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES - 1];
    CAP_KEPT
    ensures made: Slot_type(to) == type && Slot_object(to) == object && Slot_rights(to) == rights &&
        Slot_badge(to) == badge && Slot_extra(to) == 0 && Slot_child(to) == NIL;
    ensures below: parent_of[to] == parent;
    ensures slots: other_slots_same{Pre, Here}(to, to);
*/
void cap_create(ref_t parent, ref_t to, word_t type, ref_t object, word_t rights, word_t badge);

/** May this capability be copied? Untyped, Tables and Reply may not. */
/*@ requires is_slot(from);
    assigns \nothing;
    ensures \result != 0 <==> Slot_type(from) != TYPE_UNTYPED && Slot_type(from) !=
        TYPE_DEVICE_UNTYPED &&
        Slot_type(from) != TYPE_TABLES && Slot_type(from) != TYPE_REPLY;
*/
bool cap_copyable(ref_t from);

/** Copy into the empty slot `to`, as a child of `from`, with those of its rights that are in
 * `rights`. The copy of a frame is not mapped. */
/*@ requires CAP_WF && linked(from) && empty_slot(to);
    requires copyable: Slot_type(from) != TYPE_TABLES;
    requires fits: fits(to, Slot_type(from), Slot_object(from));
    assigns ANY_SLOT, ANY(object_caps), parent_of[to], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES - 1];
    CAP_KEPT
    ensures copied: Slot_type(to) == Slot_type(from) && Slot_object(to) == Slot_object(from) &&
        Slot_rights(to) == (Slot_rights(from) & rights) &&
        Slot_badge(to) == (TYPE_FRAME <= Slot_type(from) <= TYPE_HUGE_FRAME ? 0 : Slot_badge(from))
            &&
        Slot_extra(to) == 0;
    ensures below: parent_of[to] == from;
    ensures slots: other_slots_same{Pre, Here}(to, to);
*/
void cap_copy(ref_t from, ref_t to, word_t rights);

/** Can a copy of this capability have this badge? @return E_TYPE, E_STATE, E_ARG */
/*@ requires is_slot(from);
    assigns \nothing;
    ensures fresh: \result == E_OK ==> badge != 0;
    ensures type: \result == E_OK ==> Slot_type(from) == TYPE_ENDPOINT ||
        Slot_type(from) == TYPE_NOTIFICATION || Slot_type(from) == TYPE_CPU ||
        Slot_type(from) == TYPE_IO_PORT;
    ensures once: \result == E_OK && (Slot_type(from) == TYPE_ENDPOINT || Slot_type(from) ==
        TYPE_NOTIFICATION) ==>
        Slot_badge(from) == 0;
    ensures ports: \result == E_OK && Slot_type(from) == TYPE_IO_PORT ==>
        Slot_object(from) <= badge % 65536 &&
        badge % 65536 + badge / 65536 <= Slot_object(from) + Slot_badge(from) && badge / 65536 > 0;
    ensures cpu: \result == E_OK && Slot_type(from) == TYPE_CPU ==> badge <= Slot_badge(from);
*/
enum error cap_check_badge(ref_t from, word_t badge);

/** Copy with a badge that cap_check_badge allowed. */
/*@ requires CAP_WF && linked(from) && empty_slot(to);
    requires fits: fits(to, Slot_type(from), Slot_object(from));
    requires can: Slot_type(from) == TYPE_ENDPOINT || Slot_type(from) == TYPE_NOTIFICATION ||
        Slot_type(from) == TYPE_CPU || Slot_type(from) == TYPE_IO_PORT;
    requires range: Slot_type(from) == TYPE_IO_PORT ==> badge % 65536 + badge / 65536 <= 65536;
    assigns ANY_SLOT, ANY(object_caps), parent_of[to], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES - 1];
    CAP_KEPT
    ensures type: Slot_type(to) == Slot_type(from) && Slot_rights(to) == (Slot_rights(from) &
        rights);
    ensures ports: Slot_type(from) == TYPE_IO_PORT ==>
        Slot_object(to) == badge % 65536 && Slot_badge(to) == badge / 65536;
    ensures badge: Slot_type(from) != TYPE_IO_PORT ==> Slot_badge(to) == badge && Slot_object(to)
        == Slot_object(from);
    ensures below: parent_of[to] == from;
    ensures slots: other_slots_same{Pre, Here}(to, to);
*/
void cap_mint(ref_t from, ref_t to, word_t rights, word_t badge);

/** Move into the empty slot `to`: place in the tree and mapping go with it. Not for Tables. */
/*@ requires CAP_WF && linked(from) && empty_slot(to);
    requires fits: fits(to, Slot_type(from), Slot_object(from));
    assigns ANY_SLOT, parent_of[0 .. GRANULES - 1], begins[to], ends[to];
    CAP_KEPT
    ensures moved: Slot_type(to) == \old(Slot_type(from)) &&
        Slot_object(to) == \old(Slot_object(from)) &&
        Slot_rights(to) == \old(Slot_rights(from)) &&
        Slot_badge(to) == \old(Slot_badge(from)) && Slot_extra(to) == \old(Slot_extra(from));
    ensures gone: Slot_type(from) == TYPE_NULL && parent_of[from] == NIL;
    ensures place: parent_of[to] == \old(parent_of[from]);
    ensures others: \forall integer x; 0 <= x < GRANULES && x != from && x != to ==>
        parent_of[x] == (\old(parent_of[x]) == from ? to : \old(parent_of[x]));
    ensures slots: other_slots_same{Pre, Here}(from, to);
*/
void cap_move(ref_t from, ref_t to);

/** Empty a slot whose object has been seen to. */
/*@ requires CAP_WF && linked(slot);
    assigns ANY_SLOT, parent_of[0 .. GRANULES - 1];
    CAP_KEPT
    ensures gone: Slot_type(slot) == TYPE_NULL && parent_of[slot] == NIL;
    ensures others: \forall integer x; is_slot(x) && x != slot ==>
        parent_of[x] == (\old(parent_of[x]) == slot ? \old(parent_of[slot]) : \old(parent_of[x]));
    ensures slots: other_slots_same{Pre, Here}(slot, slot);
*/
void cap_clear(ref_t slot);

#endif
