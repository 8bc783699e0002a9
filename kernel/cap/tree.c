/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <model/fields.h>

/*@ ghost
  /@ requires from < GRANULES && to < GRANULES;
     assigns parent_of[0 .. GRANULES - 1];
     ensures \forall integer x; 0 <= x < GRANULES ==>
         parent_of[x] == (\old(parent_of[x]) == from ? to : \old(parent_of[x])); @/
  void tree_adopt(word_t from, word_t to)
  {
      word_t i;
      /@ loop invariant 0 <= i <= GRANULES;
         loop invariant \forall integer x; 0 <= x < i ==>
             parent_of[x] == (\at(parent_of[x], Pre) == from ? to : \at(parent_of[x], Pre));
         loop invariant \forall integer x; i <= x < GRANULES ==> parent_of[x] == \at(parent_of[x],
             Pre);
         loop assigns i, parent_of[0 .. GRANULES - 1];
         loop variant GRANULES - i; @/
      for (i = 0; i < GRANULES; i++)
          if (parent_of[i] == from)
              parent_of[i] = to;
  }
*/

/*@ ghost
  /@ admit requires \forall integer x; 0 <= x < GRANULES ==> // 2^62 derivations take a century
         begins[x] < 0x8000000000000000 && ends[x] < 0x8000000000000000;
     assigns begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1];
     ensures \forall integer x; 0 <= x < GRANULES ==>
         begins[x] == (\old(begins[x]) > at ? \old(begins[x]) + 2 : \old(begins[x])) &&
         ends[x] == (\old(ends[x]) >= at ? \old(ends[x]) + 2 : \old(ends[x])); @/
  void tree_open(word_t at)
  {
      word_t i;
      /@ loop invariant 0 <= i <= GRANULES;
         loop invariant \forall integer x; 0 <= x < i ==>
             begins[x] == (\at(begins[x], Pre) > at ? \at(begins[x], Pre) + 2 : \at(begins[x],
                 Pre)) &&
             ends[x] == (\at(ends[x], Pre) >= at ? \at(ends[x], Pre) + 2 : \at(ends[x], Pre));
         loop invariant \forall integer x; i <= x < GRANULES ==>
             begins[x] == \at(begins[x], Pre) && ends[x] == \at(ends[x], Pre);
         loop assigns i, begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1];
         loop variant GRANULES - i; @/
      for (i = 0; i < GRANULES; i++) {
          if (begins[i] > at)
              begins[i] = begins[i] + 2;
          if (ends[i] >= at)
              ends[i] = ends[i] + 2;
      }
  }
*/

static bool is_first(ref_t s)
{
    return slot_next(slot_prev(s)) != s;
}

static bool is_last(ref_t s)
{
    return slot_prev(slot_next(s)) != s;
}

void tree_insert(ref_t parent, ref_t s)
{
    ref_t first = slot_child(parent);

    /*@ assert first: first < GRANULES; */

    slot_set_child(s, NIL);
    if (first == NIL) {
        slot_set_next(s, parent);
        slot_set_prev(s, s);
    } else {
        slot_set_next(s, first);
        slot_set_prev(s, slot_prev(first));
        slot_set_prev(first, s);
    }
    slot_set_child(parent, s);
    /*@ ghost tree_open(begins[parent]); */
    /*@ ghost begins[s] = begins[parent] + 1; */
    /*@ ghost ends[s] = begins[s]; */
    /*@ ghost parent_of[s] = parent; */
}

/* Put the siblings `head` to `tail` in the place of `s`, whose own links are not written. */
static void splice(ref_t s, ref_t head, ref_t tail)
{
    ref_t next = slot_next(s);
    ref_t prev = slot_prev(s);
    bool first = is_first(s);
    bool last = is_last(s);

    /*@ assert up: parent_of[s] != s && is_slot(parent_of[s]) && is_slot(prev) && is_slot(next); */
    /*@ assert apart: Slot_prev(parent_of[s]) != s; */
    /*@ assert next: next != s && (last == 0 ==> next != parent_of[s]); */
    /*@ assert last: last != 0 ==> next == parent_of[s] && Slot_prev(Slot_child(next)) == s; */
    /*@ assert first: first != 0 ==> Slot_next(prev) == parent_of[s] &&
            Slot_child(parent_of[s]) == s; */
    /*@ assert only: prev == s <==> first != 0 && last != 0; */

    slot_set_next(tail, next);
    if (first && last) {
        slot_set_child(next, head);
        slot_set_prev(head, tail);
    } else if (first) {
        slot_set_child(slot_next(prev), head);
        slot_set_prev(head, prev);
        slot_set_prev(next, tail);
    } else if (last) {
        slot_set_prev(slot_child(next), tail);
        slot_set_prev(head, prev);
        slot_set_next(prev, head);
    } else {
        slot_set_prev(next, tail);
        slot_set_prev(head, prev);
        slot_set_next(prev, head);
    }
}

/* Close the gap that `s`, a slot without children, leaves among its siblings. */
/*@ requires tree_wf && linked(s) && Slot_child(s) == NIL;
    assigns Slot_child(Slot_next(s)), Slot_prev(Slot_next(s)),
        Slot_child(Slot_next(Slot_prev(s))), Slot_prev(Slot_child(Slot_next(s))),
        Slot_next(Slot_prev(s)), parent_of[s];
    ensures root: tree_root_wf;
    ensures up: tree_up_wf;
    ensures next: tree_next_wf;
    ensures last: tree_last_wf;
    ensures prev: tree_prev_wf;
    ensures child: tree_child_wf;
    ensures out: parent_of[s] == NIL;
*/
static void unlink_leaf(ref_t s)
{
    ref_t next = slot_next(s);
    ref_t prev = slot_prev(s);
    bool first = is_first(s);
    bool last = is_last(s);

    /*@ assert up: parent_of[s] != s && is_slot(parent_of[s]) && is_slot(prev) && is_slot(next); */
    /*@ assert apart: Slot_prev(parent_of[s]) != s; */
    /*@ assert next: next != s && (last == 0 ==> next != parent_of[s]); */
    /*@ assert last: last != 0 ==> next == parent_of[s] && Slot_prev(Slot_child(next)) == s; */
    /*@ assert first: first != 0 ==> Slot_next(prev) == parent_of[s] &&
            Slot_child(parent_of[s]) == s; */
    /*@ assert only: prev == s <==> first != 0 && last != 0; */

    if (first && last) {
        slot_set_child(next, NIL);
    } else if (first) {
        slot_set_child(slot_next(prev), next);
        slot_set_prev(next, prev);
    } else if (last) {
        slot_set_prev(slot_child(next), prev);
        slot_set_next(prev, next);
    } else {
        slot_set_prev(next, prev);
        slot_set_next(prev, next);
    }
    /*@ ghost parent_of[s] = NIL; */
}

void tree_remove(ref_t s)
{
    ref_t head = slot_child(s);

    if (head == NIL)
        unlink_leaf(s);
    else
        splice(s, head, slot_prev(head));
    /*@ ghost if (head != NIL) tree_adopt(s, parent_of[s]); */
    /*@ ghost parent_of[s] = NIL; */
    slot_set_child(s, NIL);
    slot_set_next(s, NIL);
    slot_set_prev(s, NIL);
}

void tree_replace(ref_t from, ref_t to)
{
    ref_t head = slot_child(from);

    slot_set_child(to, head);
    if (head != NIL)
        slot_set_next(slot_prev(head), to);
    splice(from, to, to);
    slot_set_child(from, NIL);
    slot_set_next(from, NIL);
    slot_set_prev(from, NIL);
    /*@ ghost tree_adopt(from, to); */
    /*@ ghost parent_of[to] = parent_of[from]; */
    /*@ ghost begins[to] = begins[from]; */
    /*@ ghost ends[to] = ends[from]; */
    /*@ ghost parent_of[from] = NIL; */
}
