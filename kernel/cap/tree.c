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

#define first_child(s) (Slot_next(Slot_prev(s)) != (s))
#define last_child(s) (Slot_prev(Slot_next(s)) != (s))

/*@ predicate between(integer s) = is_slot(s) && is_slot(Slot_next(s)) && is_slot(Slot_prev(s)) &&
        is_slot(Slot_next(Slot_prev(s))) && Slot_next(s) != s &&
        (first_child(s) ==> Slot_next(Slot_prev(s)) != Slot_prev(s)) &&
        (last_child(s) ==> is_slot(Slot_child(Slot_next(s)))) &&
        (Slot_prev(s) == s <==> first_child(s) && last_child(s)) &&
        (first_child(s) && last_child(s) ==> Slot_next(Slot_prev(s)) == Slot_next(s));
*/

/* Put the siblings `head` to `tail` in the place of `s`, whose own links are not written. */
/*@ requires between(s) && is_slot(head) && is_slot(tail) && tail != s && head != s;
    requires apart: tail != Slot_prev(s) && head != Slot_next(s) &&
        (last_child(s) ==> head != Slot_child(Slot_next(s)));
    assigns TREE_LINKS;
    ensures child: \forall integer x; 0 <= x < GRANULES ==> Slot_child(x) ==
        (\old(first_child(s)) && x == \old(Slot_next(Slot_prev(s))) ? head :
            \old(Slot_child(x)));
    ensures next: \forall integer x; 0 <= x < GRANULES ==> Slot_next(x) ==
        (x == tail ? \old(Slot_next(s)) :
         x == \old(Slot_prev(s)) && !\old(first_child(s)) ? head : \old(Slot_next(x)));
    ensures prev: \forall integer x; 0 <= x < GRANULES ==> Slot_prev(x) ==
        (x == head ? (\old(first_child(s) && last_child(s)) ? tail : \old(Slot_prev(s))) :
         \old(first_child(s) && last_child(s)) ? \old(Slot_prev(x)) :
         x == (\old(last_child(s)) ? \old(Slot_child(Slot_next(s))) : \old(Slot_next(s))) ?
            tail : \old(Slot_prev(x)));
*/
static void splice(ref_t s, ref_t head, ref_t tail)
{
    ref_t next = slot_next(s);
    ref_t prev = slot_prev(s);
    bool first = is_first(s);
    bool last = is_last(s);

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
/*@ requires between(s);
    assigns TREE_LINKS;
    ensures child: \forall integer x; 0 <= x < GRANULES ==> Slot_child(x) ==
        (\old(first_child(s)) && x == \old(Slot_next(Slot_prev(s))) ?
            (\old(last_child(s)) ? NIL : \old(Slot_next(s))) : \old(Slot_child(x)));
    ensures next: \forall integer x; 0 <= x < GRANULES ==> Slot_next(x) ==
        (x == \old(Slot_prev(s)) && !\old(first_child(s)) ? \old(Slot_next(s)) :
            \old(Slot_next(x)));
    ensures prev: \forall integer x; 0 <= x < GRANULES ==> Slot_prev(x) ==
        (\old(first_child(s) && last_child(s)) ? \old(Slot_prev(x)) :
         x == (\old(last_child(s)) ? \old(Slot_child(Slot_next(s))) : \old(Slot_next(s))) ?
            \old(Slot_prev(s)) : \old(Slot_prev(x)));
*/
static void unlink_leaf(ref_t s)
{
    ref_t next = slot_next(s);
    ref_t prev = slot_prev(s);
    bool first = is_first(s);
    bool last = is_last(s);

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
}

/* Take out a slot without children. */
/*@ requires tree_wf && linked(s) && Slot_child(s) == NIL;
    assigns TREE_LINKS, parent_of[s];
    TREE_KEPT
    ensures out: parent_of[s] == NIL;
*/
static inline void remove_leaf(ref_t s)
{
    /*@ assert up: parent_of[s] != s && is_slot(parent_of[s]); */
    /*@ assert last: last_child(s) ==> Slot_next(s) == parent_of[s] &&
            Slot_prev(Slot_child(Slot_next(s))) == s; */
    /*@ assert first: first_child(s) ==> Slot_next(Slot_prev(s)) == parent_of[s] &&
            Slot_child(parent_of[s]) == s; */
    /*@ assert none: \forall integer x; linked(x) ==> parent_of[x] != s; */
    /*@ assert only: first_child(s) && last_child(s) ==>
            (\forall integer x; linked(x) && x != s ==> parent_of[x] != parent_of[s]); */
    unlink_leaf(s);
    /*@ ghost parent_of[s] = NIL; */
}

/* Take out a slot with children: they take its place. */
/*@ requires tree_wf && linked(s) && Slot_child(s) != NIL;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1];
    TREE_KEPT
    ensures out: parent_of[s] == NIL;
    ensures heirs: \forall integer x; 0 <= x < GRANULES && x != s ==>
        parent_of[x] == (\old(parent_of[x]) == s ? \old(parent_of[s]) : \old(parent_of[x]));
*/
static inline void remove_inner(ref_t s)
{
    ref_t head = slot_child(s);

    /*@ assert up: parent_of[s] != s && is_slot(parent_of[s]); */
    /*@ assert last: last_child(s) ==> Slot_next(s) == parent_of[s] &&
            Slot_prev(Slot_child(Slot_next(s))) == s; */
    /*@ assert first: first_child(s) ==> Slot_next(Slot_prev(s)) == parent_of[s] &&
            Slot_child(parent_of[s]) == s; */
    /*@ assert ends: linked(head) && parent_of[head] == s && linked(Slot_prev(head)) &&
            parent_of[Slot_prev(head)] == s && Slot_next(Slot_prev(head)) == s; */
    splice(s, head, slot_prev(head));
    /*@ ghost tree_adopt(s, parent_of[s]); */
    /*@ ghost parent_of[s] = NIL; */
}

void tree_remove(ref_t s)
{
    if (slot_child(s) == NIL)
        remove_leaf(s);
    else
        remove_inner(s);
    slot_set_child(s, NIL);
    slot_set_next(s, NIL);
    slot_set_prev(s, NIL);
}

void tree_replace(ref_t from, ref_t to)
{
    ref_t head = slot_child(from);

    /*@ assert up: parent_of[from] != from && is_slot(parent_of[from]); */
    /*@ assert next: Slot_next(from) != from; */
    /*@ assert last: last_child(from) ==> Slot_next(from) == parent_of[from] &&
            Slot_prev(Slot_child(Slot_next(from))) == from; */
    /*@ assert first: first_child(from) ==> Slot_next(Slot_prev(from)) == parent_of[from] &&
            Slot_child(parent_of[from]) == from; */
    /*@ assert only: Slot_prev(from) == from <==> first_child(from) && last_child(from); */

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
