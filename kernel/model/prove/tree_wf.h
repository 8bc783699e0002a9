/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the derivation tree means, for proofs: `parent_of` says from which slot the capability in a
 * slot was made,
 * and the links must agree with it. Each slot in the tree has an interval, `begins` to `ends`,
 * inside its parent's;
 * intervals of siblings follow each other. So nothing descends from itself, lists of siblings have
 * no rings, and
 * every slot is reached from its parent's first child.
 */
#ifndef MODEL_TREE_WF_H
#define MODEL_TREE_WF_H

extern ref_t tree_root;

/*@ ghost word_t parent_of[GRANULES]; */
/*@ ghost word_t begins[GRANULES]; */
/*@ ghost word_t ends[GRANULES]; */

/*@ predicate linked(integer s) = is_slot(s) && parent_of[s] != NIL;
    predicate node(integer s) = linked(s) || s == tree_root;

    predicate tree_root_wf = is_slot(tree_root) && parent_of[tree_root] == NIL &&
        Slot_prev(tree_root) == NIL &&
        begins[tree_root] <= ends[tree_root];
    // Every slot in the tree is below another one that is in it.
    predicate tree_up_wf = \forall integer s; linked(s) ==>
        node(parent_of[s]) && Slot_child(parent_of[s]) != NIL &&
        begins[parent_of[s]] < begins[s] && begins[s] <= ends[s] && ends[s] <= ends[parent_of[s]];
    // `next` leads to a sibling, and back; from the last to the parent.
    predicate tree_next_wf = \forall integer s; linked(s) && Slot_next(s) != parent_of[s] ==>
        linked(Slot_next(s)) && parent_of[Slot_next(s)] == parent_of[s] && Slot_prev(Slot_next(s))
            == s &&
        ends[s] < begins[Slot_next(s)];
    predicate tree_last_wf = \forall integer s; linked(s) && Slot_next(s) == parent_of[s] ==>
        Slot_prev(Slot_child(parent_of[s])) == s;
    // `prev` leads to a sibling, and back; from the first to the last.
    predicate tree_prev_wf = \forall integer s; linked(s) ==>
        linked(Slot_prev(s)) && parent_of[Slot_prev(s)] == parent_of[s] &&
        (Slot_next(Slot_prev(s)) == s ||
         (Slot_next(Slot_prev(s)) == parent_of[s] && Slot_child(parent_of[s]) == s));
    predicate tree_child_wf = \forall integer p; node(p) && Slot_child(p) != NIL ==>
        linked(Slot_child(p)) && parent_of[Slot_child(p)] == p &&
            Slot_next(Slot_prev(Slot_child(p))) == p;

    predicate tree_wf = tree_root_wf && tree_up_wf && tree_next_wf && tree_last_wf && tree_prev_wf
        && tree_child_wf;
*/

#endif
