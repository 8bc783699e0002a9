/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities in slots: finding, making, copying, moving them. Nothing here
 * destroys anything: deleting is the business of <object/destroy.h>.
 */
#ifndef CAP_CAP_H
#define CAP_CAP_H

#include <model/fields.h>

/*@ // A slot that holds a capability to a CNode, or nothing, leads to slots.
    predicate cnode_slot(integer s) = is_slot(s) && (Slot_badge(s) > 1 ==> granules(Slot_object(s),
        Slot_badge(s)) &&
        (\forall integer i; 1 <= i < Slot_badge(s) ==> kind[Slot_object(s) + i] == KIND_SLOT));
    predicate cspace(integer t) = is_thread(t) && cnode_slot(Thread_cspace(t));
    // Objects whose capabilities are counted begin with a header.
    predicate header(integer r) = granule(r) && kind[r] != KIND_SLOT && kind[r] != KIND_REST;
    predicate empty_slot(integer s) = is_slot(s) && parent_of[s] == NIL && s != tree_root;

    predicate slot_same{A, B}(integer s) = \forall integer w; 0 <= w < 5 ==> \at(K[s][w], A) ==
        \at(K[s][w], B);
    predicate other_slots_same{A, B}(integer s, integer t) = \forall integer g, w; 0 <= g <
        GRANULES &&
        0 <= w < 5 && \at(kind[g], A) == KIND_SLOT && g != s && g != t ==> \at(K[g][w], A) ==
            \at(K[g][w], B);
*/

/** The slot with this index in the thread's CSpace, NIL if there is none. It may be empty. */
/*@ requires cspace(thread);
    assigns \nothing;
    ensures slot: \result != NIL ==> is_slot(\result);
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
    ensures slot: \result != NIL ==> is_slot(\result);
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
    ensures slots: \result != 0 ==> \forall integer i; 0 <= i < count ==>
        is_slot(Slot_object(cnode) + first + i);
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
/*@ requires cspace(thread) && \valid(cnode) && \separated(cnode, &K[0 .. GRANULES - 1][0 ..
    GRANULE_WORDS - 1]);
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
/*@ requires cspace(thread) && \valid(slot) && \separated(slot, &K[0 .. GRANULES - 1][0 ..
    GRANULE_WORDS - 1]);
    assigns *slot;
    ensures found: \result == E_OK ==> is_slot(*slot) && Slot_type(*slot) == type &&
        *slot == Slot_object(Thread_cspace(thread)) + index && 0 < index <
            Slot_badge(Thread_cspace(thread));
    ensures not: \result != E_OK ==> *slot == \old(*slot);
*/
enum error cap_find(ref_t thread, word_t index, word_t type, word_t right, ref_t *slot);

/** Fill the empty slot `to` with a first capability to `object`, as a child of `parent`. */
/*@ requires tree_wf && node(parent) && empty_slot(to);
    requires counted: (TYPE_CNODE <= type <= TYPE_ADDRESS_SPACE || type == TYPE_INTERRUPT || type
        == TYPE_TIMER) ==>
        header(object);
    assigns K[to][0 .. 4], Object_caps(object), ALL_MEMORY, parent_of[0 .. GRANULES - 1],
        begins[0 .. GRANULES - 1], ends[0 .. GRANULES
        - 1];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures made: Slot_type(to) == type && Slot_object(to) == object && Slot_rights(to) == rights &&
        Slot_badge(to) == badge && Slot_extra(to) == 0 && Slot_child(to) == NIL;
    ensures below: parent_of[to] == parent;
    ensures others: \forall integer x; 0 <= x < GRANULES && x != to ==> parent_of[x] ==
        \old(parent_of[x]);
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
/*@ requires tree_wf && linked(from) && empty_slot(to);
    requires counted: (TYPE_CNODE <= Slot_type(from) <= TYPE_ADDRESS_SPACE || Slot_type(from) ==
        TYPE_INTERRUPT ||
        Slot_type(from) == TYPE_TIMER) ==> header(Slot_object(from));
    assigns K[to][0 .. 4], ALL_MEMORY, parent_of[0 .. GRANULES - 1], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES
        - 1];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures copied: Slot_type(to) == Slot_type(from) && Slot_object(to) == Slot_object(from) &&
        Slot_rights(to) == (Slot_rights(from) & rights) &&
        Slot_badge(to) == (TYPE_FRAME <= Slot_type(from) <= TYPE_HUGE_FRAME ? 0 : Slot_badge(from))
            &&
        Slot_extra(to) == 0;
    ensures below: parent_of[to] == from;
    ensures others: \forall integer x; 0 <= x < GRANULES && x != to ==> parent_of[x] ==
        \old(parent_of[x]);
    ensures slots: other_slots_same{Pre, Here}(to, to);
*/
void cap_copy(ref_t from, ref_t to, word_t rights);

/** Can a copy of this capability have this badge? @return E_TYPE, E_STATE, E_ARG */
/*@ requires is_slot(from);
    assigns \nothing;
    ensures fresh: \result == E_OK ==> badge != 0;
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
/*@ requires tree_wf && linked(from) && empty_slot(to);
    requires counted: (TYPE_CNODE <= Slot_type(from) <= TYPE_ADDRESS_SPACE || Slot_type(from) ==
        TYPE_INTERRUPT ||
        Slot_type(from) == TYPE_TIMER) ==> header(Slot_object(from));
    assigns K[to][0 .. 4], ALL_MEMORY, parent_of[0 .. GRANULES - 1], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES
        - 1];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures type: Slot_type(to) == Slot_type(from) && Slot_rights(to) == (Slot_rights(from) &
        rights);
    ensures ports: Slot_type(from) == TYPE_IO_PORT ==>
        Slot_object(to) == badge % 65536 && Slot_badge(to) == badge / 65536;
    ensures badge: Slot_type(from) != TYPE_IO_PORT ==> Slot_badge(to) == badge && Slot_object(to)
        == Slot_object(from);
    ensures below: parent_of[to] == from;
    ensures others: \forall integer x; 0 <= x < GRANULES && x != to ==> parent_of[x] ==
        \old(parent_of[x]);
    ensures slots: other_slots_same{Pre, Here}(to, to);
*/
void cap_mint(ref_t from, ref_t to, word_t rights, word_t badge);

/** Move into the empty slot `to`: place in the tree and mapping go with it. Not for Tables. */
/*@ requires tree_wf && linked(from) && empty_slot(to);
    assigns K[to][0 .. 4], K[from][0 .. 4], ALL_MEMORY, parent_of[0 .. GRANULES - 1],
        begins[0 .. GRANULES - 1], ends[0 .. GRANULES
        - 1];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures moved: \forall integer w; 0 <= w < 5 ==> K[to][w] == \old(K[from][w]);
    ensures gone: Slot_type(from) == TYPE_NULL && parent_of[from] == NIL;
    ensures place: parent_of[to] == \old(parent_of[from]);
    ensures others: \forall integer x; 0 <= x < GRANULES && x != from && x != to ==>
        parent_of[x] == (\old(parent_of[x]) == from ? to : \old(parent_of[x]));
    ensures slots: other_slots_same{Pre, Here}(from, to);
*/
void cap_move(ref_t from, ref_t to);

/** Empty a slot whose object has been seen to. */
/*@ requires tree_wf && linked(slot);
    assigns K[slot][0 .. 4], ALL_MEMORY, parent_of[0 .. GRANULES - 1], begins[0 .. GRANULES - 1],
        ends[0 .. GRANULES
        - 1];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures gone: Slot_type(slot) == TYPE_NULL && parent_of[slot] == NIL;
    ensures others: \forall integer x; 0 <= x < GRANULES && x != slot ==>
        parent_of[x] == (\old(parent_of[x]) == slot ? \old(parent_of[slot]) : \old(parent_of[x]));
    ensures slots: other_slots_same{Pre, Here}(slot, slot);
*/
void cap_clear(ref_t slot);

#endif
