/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree: whoever gave a capability can take it back.
 *
 * Every slot that is not empty has a parent, up to tree_root. Links of a slot:
 *   child  its first child, NIL if none
 *   next   its next sibling; the last sibling's `next` is the parent
 *   prev   its previous sibling; the first sibling's `prev` is the last
 * So a slot is first if next(prev(s)) != s, and last if prev(next(s)) != s, the parent
 * of a list of siblings is next(prev(first)), and every operation here takes a fixed number
 * of steps. Removing an inner slot makes its children children of its parent, so what a tree
 * means is the same before and after, for everybody but the slot that went.
 */
#ifndef CAP_TREE_H
#define CAP_TREE_H

#include <model/k.h>

/** Make `s`, which is in no tree, the first child of `parent`. */
/*@ requires tree_wf && node(parent) && is_slot(s) && parent_of[s] == NIL && s != tree_root;
    assigns TREE_LINKS, parent_of[s], begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1];
    TREE_KEPT
    ensures below: parent_of[s] == parent && Slot_child(parent) == s && Slot_child(s) == NIL;
*/
void tree_insert(ref_t parent, ref_t s);

/** Take `s` out; its children become children of its parent, in its place. */
/*@ requires tree_wf && linked(s);
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1];
    TREE_KEPT
    ensures out: parent_of[s] == NIL;
    ensures heirs: \forall integer x; is_slot(x) && x != s ==>
        parent_of[x] == (\old(parent_of[x]) == s ? \old(parent_of[s]) : \old(parent_of[x]));
*/
void tree_remove(ref_t s);

/** Put `to`, which is in no tree, in the place of `from`, children included. */
/*@ requires tree_wf && linked(from) && is_slot(to) && parent_of[to] == NIL && to != tree_root;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1], begins[to], ends[to];
    TREE_KEPT
    ensures place: parent_of[from] == NIL && parent_of[to] == \old(parent_of[from]);
    ensures heirs: \forall integer x; 0 <= x < GRANULES && x != from && x != to ==>
        parent_of[x] == (\old(parent_of[x]) == from ? to : \old(parent_of[x]));
*/
void tree_replace(ref_t from, ref_t to);

#endif
