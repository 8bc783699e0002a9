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

    predicate tree_root_wf = granule(tree_root) && kind[tree_root] == KIND_ROOT &&
        parent_of[tree_root] == NIL &&
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

    // Intervals of siblings are apart, and `next` leaves none out.
    predicate tree_order_wf = \forall integer a, b; linked(a) && linked(b) && a != b &&
        parent_of[a] == parent_of[b] ==> begins[a] != begins[b] && (begins[a] < begins[b] ==>
            ends[a] < begins[b] && Slot_next(a) != parent_of[a] &&
            begins[Slot_next(a)] <= begins[b]);
    predicate tree_first_wf = \forall integer s; linked(s) ==>
        begins[Slot_child(parent_of[s])] <= begins[s];

    predicate tree_wf = tree_root_wf && tree_up_wf && tree_next_wf && tree_last_wf && tree_prev_wf
        && tree_child_wf && tree_order_wf && tree_first_wf;
*/

/* The links of all slots. */
#define TREE_LINKS F_slot_child[0 .. GRANULES - 1], F_slot_next[0 .. GRANULES - 1], \
    F_slot_prev[0 .. GRANULES - 1]

/* The parts one by one: shorter proofs. */
#define TREE_KEPT \
    ensures root: tree_root_wf; ensures up: tree_up_wf; ensures next: tree_next_wf; \
    ensures last: tree_last_wf; ensures prev: tree_prev_wf; ensures child: tree_child_wf; \
    ensures order: tree_order_wf; ensures first: tree_first_wf;

#endif
