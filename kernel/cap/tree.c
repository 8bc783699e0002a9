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
    /*@ assert loose: \forall integer x; node(x) ==>
            Slot_child(x) != s && (linked(x) ==> parent_of[x] != s && Slot_next(x) != s); */
    /*@ assert before: \forall integer x; linked(x) && Slot_next(x) != parent_of[x] ==>
            Slot_next(x) != Slot_child(parent_of[x]); */

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
    /*@ assert others: \forall integer x; linked(x) && x != s ==> \at(linked(x), Pre) &&
            parent_of[x] == \at(parent_of[x], Pre) &&
            Slot_next(x) == \at(Slot_next(x), Pre); */
    /*@ assert back: \forall integer x; linked(x) && x != s && Slot_next(x) != parent_of[x] ==>
            linked(Slot_next(x)) && Slot_next(x) != first && Slot_next(x) != s &&
            Slot_prev(Slot_next(x)) == x; */
    /*@ assert begins: \forall integer x; 0 <= x < GRANULES && x != s ==> begins[x] ==
            (\at(begins[x], Pre) > begins[parent] ? \at(begins[x], Pre) + 2 :
                \at(begins[x], Pre)); */
    /*@ assert ends: \forall integer x; 0 <= x < GRANULES && x != s ==> ends[x] ==
            (\at(ends[x], Pre) >= begins[parent] ? \at(ends[x], Pre) + 2 :
                \at(ends[x], Pre)); */
    /*@ assert mine: begins[parent] < begins[s] && ends[s] <= ends[parent] && node(parent); */
    /*@ assert up: \forall integer x; linked(x) && x != s ==> begins[parent_of[x]] < begins[x] &&
            begins[x] <= ends[x] && ends[x] <= ends[parent_of[x]]; */
    /*@ assert tops: \forall integer x; linked(x) && x != s ==> node(parent_of[x]) &&
            Slot_child(parent_of[x]) != NIL; */
    /*@ assert first: \forall integer x; linked(x) && x != s && parent_of[x] == parent ==>
            Slot_next(s) == first && begins[s] == ends[s] && ends[s] < begins[first] &&
            begins[first] <= begins[x]; */
    /*@ assert apart: \forall integer x; linked(x) && x != s && Slot_next(x) != parent_of[x] ==>
            parent_of[Slot_next(x)] == parent_of[x] && ends[x] < begins[Slot_next(x)]; */
    /*@ assert order: \forall integer a, b; linked(a) && linked(b) && a != b && a != s && b != s &&
            parent_of[a] == parent_of[b] ==> begins[a] != begins[b] && (begins[a] < begins[b] ==>
            ends[a] < begins[b] && Slot_next(a) != parent_of[a] &&
            begins[Slot_next(a)] <= begins[b]); */
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

/* What was around `s` when the function began. */
#define PARENT \at(parent_of[s], Pre)
#define NEXT \at(Slot_next(s), Pre)
#define PREV \at(Slot_prev(s), Pre)
#define HEAD \at(Slot_child(s), Pre)
#define TAIL \at(Slot_prev(Slot_child(s)), Pre)
#define FIRST \at(first_child(s), Pre)
#define LAST \at(last_child(s), Pre)

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
    /*@ assert around: linked(Slot_prev(s)) && parent_of[Slot_prev(s)] == PARENT &&
            node(PARENT) && linked(Slot_child(PARENT)) &&
            parent_of[Slot_child(PARENT)] == PARENT &&
            (!last_child(s) ==> linked(Slot_next(s)) && parent_of[Slot_next(s)] == PARENT &&
                Slot_next(s) != Slot_child(PARENT)) &&
            (!first_child(s) ==> Slot_child(PARENT) != s); */
    /*@ assert who: \forall integer x; linked(x) && Slot_next(x) == s && parent_of[x] == PARENT ==>
            x == Slot_prev(s) && !first_child(s); */
    /*@ assert skip: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
            begins[s] <= begins[x] ==> Slot_next(s) != PARENT && begins[Slot_next(s)] <= begins[x];
     */
    /*@ assert over: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
            !first_child(s) && begins[Slot_prev(s)] < begins[x] ==> Slot_next(s) != PARENT &&
            begins[Slot_next(s)] <= begins[x]; */
    /*@ assert gap: !first_child(s) && !last_child(s) ==>
            ends[Slot_prev(s)] < begins[Slot_next(s)]; */
    unlink_leaf(s);
    /*@ ghost parent_of[s] = NIL; */
    /*@ assert others: \forall integer x; linked(x) ==> x != s && \at(linked(x), Pre) &&
            parent_of[x] == \at(parent_of[x], Pre); */
    /*@ assert child: \forall integer x; node(x) && x != PARENT ==>
            Slot_child(x) == \at(Slot_child(x), Pre); */
    /*@ assert far: \forall integer x; linked(x) && parent_of[x] != PARENT ==>
            Slot_next(x) == \at(Slot_next(x), Pre) && Slot_prev(x) == \at(Slot_prev(x), Pre); */
    /*@ assert near: \forall integer x; linked(x) && parent_of[x] == PARENT ==>
            Slot_next(x) == (x == PREV && !FIRST ?
                NEXT : \at(Slot_next(x), Pre)) &&
            Slot_prev(x) == (x == (LAST ? \at(Slot_child(Slot_next(s)), Pre) :
                NEXT) ? PREV : \at(Slot_prev(x), Pre)); */
    /*@ assert ends: Slot_child(PARENT) == (FIRST ?
            (LAST ? NIL : NEXT) :
                \at(Slot_child(PARENT), Pre)); */
    /*@ assert some: \forall integer x; linked(x) && parent_of[x] == PARENT ==>
            linked(Slot_child(PARENT)) && parent_of[Slot_child(PARENT)] == PARENT; */
    /*@ assert last: linked(Slot_child(PARENT)) && Slot_child(PARENT) != NIL ==>
            linked(Slot_prev(Slot_child(PARENT))) &&
            Slot_next(Slot_prev(Slot_child(PARENT))) == PARENT; */
    /*@ assert heads: \forall integer x; node(x) && x != PARENT && Slot_child(x) != NIL ==>
            linked(Slot_child(x)) && parent_of[Slot_child(x)] == x &&
            linked(Slot_prev(Slot_child(x))) && parent_of[Slot_prev(Slot_child(x))] == x &&
            Slot_next(Slot_prev(Slot_child(x))) == x; */
    /*@ assert next: \forall integer x; linked(x) && parent_of[x] == PARENT &&
            Slot_next(x) != PARENT ==> linked(Slot_next(x)) && parent_of[Slot_next(x)] == PARENT &&
            Slot_prev(Slot_next(x)) == x && ends[x] < begins[Slot_next(x)]; */
    /*@ assert prev: \forall integer b; linked(b) && parent_of[b] == PARENT &&
            !FIRST && begins[PREV] < begins[b] ==>
            Slot_next(PREV) != PARENT &&
            begins[Slot_next(PREV)] <= begins[b]; */
    /*@ assert same: \forall integer a; linked(a) && parent_of[a] == PARENT &&
            (a != PREV || FIRST) ==>
            Slot_next(a) == \at(Slot_next(a), Pre); */
    /*@ assert order: \forall integer a, b; linked(a) && linked(b) && parent_of[a] == PARENT &&
            parent_of[b] == PARENT && begins[a] < begins[b] ==> Slot_next(a) != PARENT &&
            begins[Slot_next(a)] <= begins[b]; */
}

/* The children of `s` stand in its place now: what the links are, said of each list apart. */
#define RAISED \
    ensures out: parent_of[s] == NIL; \
    ensures heirs: \forall integer x; 0 <= x < GRANULES && x != s ==> \
        parent_of[x] == (\old(parent_of[x]) == s ? PARENT : \old(parent_of[x])); \
    ensures others: \forall integer x; linked(x) ==> x != s && \at(linked(x), Pre); \
    ensures child: \forall integer x; node(x) && x != PARENT ==> \
        Slot_child(x) == \old(Slot_child(x)); \
    ensures far: \forall integer x; linked(x) && parent_of[x] != PARENT ==> \
        Slot_next(x) == \old(Slot_next(x)) && Slot_prev(x) == \old(Slot_prev(x)); \
    ensures near: \forall integer x; linked(x) && parent_of[x] == PARENT ==> Slot_next(x) == \
        (x == TAIL ? NEXT : x == PREV && !FIRST ? HEAD : \old(Slot_next(x))); \
    ensures back: \forall integer x; linked(x) && parent_of[x] == PARENT ==> Slot_prev(x) == \
        (x == HEAD ? (FIRST && LAST ? TAIL : PREV) : FIRST && LAST ? \old(Slot_prev(x)) : \
         x == (LAST ? \old(Slot_child(Slot_next(s))) : NEXT) ? TAIL : \old(Slot_prev(x))); \
    ensures end: Slot_child(PARENT) == (FIRST ? HEAD : \old(Slot_child(parent_of[s]))); \
    ensures root: tree_root_wf;

/*@ requires tree_wf && linked(s) && Slot_child(s) != NIL;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1];
    RAISED
*/
static inline void heirs_link(ref_t s)
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

/* The same, and the list is closed, forwards and back. */
#define LISTED \
    ensures last: linked(Slot_child(PARENT)) && parent_of[Slot_child(PARENT)] == PARENT && \
        linked(Slot_prev(Slot_child(PARENT))) && \
        Slot_next(Slot_prev(Slot_child(PARENT))) == PARENT; \
    ensures heads: tree_child_wf; \
    ensures prev: tree_prev_wf; \
    ensures tails: tree_last_wf;

/*@ requires tree_wf && linked(s) && Slot_child(s) != NIL;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1];
    RAISED
    LISTED
*/
static inline void heirs_list(ref_t s)
{
    /*@ assert around: linked(Slot_prev(s)) && parent_of[Slot_prev(s)] == PARENT &&
            node(PARENT) && linked(Slot_child(PARENT)) &&
            parent_of[Slot_child(PARENT)] == PARENT &&
            (!last_child(s) ==> linked(Slot_next(s)) && parent_of[Slot_next(s)] == PARENT &&
                Slot_next(s) != Slot_child(PARENT)) &&
            (!first_child(s) ==> Slot_child(PARENT) != s) && linked(HEAD) &&
            linked(Slot_prev(Slot_child(PARENT))) &&
            parent_of[Slot_prev(Slot_child(PARENT))] == PARENT &&
            Slot_next(Slot_prev(Slot_child(PARENT))) == PARENT; */
    /*@ assert heads: \forall integer x; node(x) && x != s && x != PARENT &&
            Slot_child(x) != NIL ==> linked(Slot_child(x)) && parent_of[Slot_child(x)] == x &&
            Slot_child(x) != s && linked(Slot_prev(Slot_child(x))) &&
            parent_of[Slot_prev(Slot_child(x))] == x && Slot_prev(Slot_child(x)) != s &&
            Slot_next(Slot_prev(Slot_child(x))) == x; */
    /*@ assert who: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
            x != (last_child(s) ? Slot_child(Slot_next(s)) : Slot_next(s)) ==>
            Slot_prev(x) != s; */
    /*@ assert whose: \forall integer x; linked(x) && parent_of[x] == s && x != HEAD ==>
            Slot_prev(x) != TAIL && Slot_next(Slot_prev(x)) == x; */
    heirs_link(s);
    /*@ assert tail: linked(TAIL) && parent_of[TAIL] == PARENT && Slot_next(TAIL) == NEXT &&
            linked(HEAD) && parent_of[HEAD] == PARENT; */
    /*@ assert sole: FIRST && LAST ==> Slot_prev(HEAD) == TAIL && Slot_next(TAIL) == PARENT; */
    /*@ assert first: FIRST && !LAST ==> linked(PREV) && parent_of[PREV] == PARENT &&
            Slot_prev(HEAD) == PREV && Slot_next(PREV) == PARENT; */
    /*@ assert final: !FIRST && LAST ==> Slot_prev(Slot_child(PARENT)) == TAIL &&
            Slot_next(TAIL) == PARENT && linked(Slot_child(PARENT)) &&
            parent_of[Slot_child(PARENT)] == PARENT; */
    /*@ assert inner: !FIRST && !LAST ==> linked(Slot_child(PARENT)) &&
            parent_of[Slot_child(PARENT)] == PARENT &&
            Slot_prev(Slot_child(PARENT)) == \at(Slot_prev(Slot_child(parent_of[s])), Pre) &&
            Slot_next(Slot_prev(Slot_child(PARENT))) == PARENT &&
            linked(Slot_prev(Slot_child(PARENT))) &&
            parent_of[Slot_prev(Slot_child(PARENT))] == PARENT; */
    /*@ assert heads: \forall integer x; node(x) && x != PARENT && Slot_child(x) != NIL ==>
            linked(Slot_child(x)) && parent_of[Slot_child(x)] == x &&
            linked(Slot_prev(Slot_child(x))) && parent_of[Slot_prev(Slot_child(x))] == x &&
            Slot_next(Slot_prev(Slot_child(x))) == x; */
    /*@ assert far: \forall integer x; linked(x) && parent_of[x] != PARENT ==>
            linked(Slot_prev(x)) && parent_of[Slot_prev(x)] == parent_of[x] &&
            (Slot_next(Slot_prev(x)) == x || (Slot_next(Slot_prev(x)) == parent_of[x] &&
                Slot_child(parent_of[x]) == x)); */
    /*@ assert head: linked(Slot_prev(HEAD)) && parent_of[Slot_prev(HEAD)] == PARENT &&
            (Slot_next(Slot_prev(HEAD)) == HEAD || (Slot_next(Slot_prev(HEAD)) == PARENT &&
                Slot_child(PARENT) == HEAD)); */
    /*@ assert heirs: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s && x != HEAD ==>
            linked(Slot_prev(x)) && parent_of[Slot_prev(x)] == PARENT &&
            Slot_next(Slot_prev(x)) == x; */
    /*@ assert elders: \forall integer x; linked(x) && \at(parent_of[x], Pre) == PARENT ==>
            linked(Slot_prev(x)) && parent_of[Slot_prev(x)] == PARENT &&
            (Slot_next(Slot_prev(x)) == x || (Slot_next(Slot_prev(x)) == PARENT &&
                Slot_child(PARENT) == x)); */
}

/* The same, and they stand in order. */
/*@ requires tree_wf && linked(s) && Slot_child(s) != NIL;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1];
    RAISED
    LISTED
    ensures order: tree_order_wf;
*/
static inline void heirs_order(ref_t s)
{
    /*@ assert who: \forall integer x; linked(x) && Slot_next(x) == s && parent_of[x] == PARENT ==>
            x == Slot_prev(s) && !first_child(s); */
    /*@ assert whose: \forall integer x; linked(x) && parent_of[x] == s ==>
            (Slot_next(x) == s <==> x == TAIL) && Slot_next(x) != HEAD && x != PARENT; */
    /*@ assert inside: \forall integer x; linked(x) && parent_of[x] == s ==>
            begins[s] < begins[HEAD] && begins[HEAD] <= begins[x] && begins[x] <= ends[x] &&
            ends[x] <= ends[s] && begins[HEAD] <= ends[s]; */
    /*@ assert apart: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT ==>
            begins[x] <= ends[x] && (ends[x] < begins[s] || ends[s] < begins[x]); */
    /*@ assert skip: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
            begins[s] <= begins[x] ==> Slot_next(s) != PARENT && begins[Slot_next(s)] <= begins[x];
     */
    /*@ assert over: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
            !first_child(s) && begins[Slot_prev(s)] < begins[x] ==> ends[s] < begins[x]; */
    /*@ assert gap: (!first_child(s) ==> ends[Slot_prev(s)] < begins[s]) &&
            (!last_child(s) ==> ends[s] < begins[Slot_next(s)]); */
    /*@ assert heirs: \forall integer x; linked(x) && parent_of[x] == s && Slot_next(x) != s ==>
            linked(Slot_next(x)) && parent_of[Slot_next(x)] == s && Slot_prev(Slot_next(x)) == x &&
            ends[x] < begins[Slot_next(x)] && Slot_next(x) != PARENT; */
    heirs_list(s);
    /*@ assert elders: \forall integer a, b; linked(a) && linked(b) && a != b &&
            \at(parent_of[a], Pre) == PARENT && \at(parent_of[b], Pre) == PARENT &&
            begins[a] < begins[b] ==> ends[a] < begins[b] && Slot_next(a) != PARENT &&
            begins[Slot_next(a)] <= begins[b]; */
    /*@ assert heirs: \forall integer a, b; linked(a) && linked(b) && a != b &&
            \at(parent_of[a], Pre) == s && \at(parent_of[b], Pre) == s &&
            begins[a] < begins[b] ==> ends[a] < begins[b] && Slot_next(a) != PARENT &&
            begins[Slot_next(a)] <= begins[b]; */
    /*@ assert before: \forall integer a, b; linked(a) && linked(b) &&
            \at(parent_of[a], Pre) == PARENT && \at(parent_of[b], Pre) == s &&
            begins[a] <= begins[b] ==> ends[a] < begins[b] && Slot_next(a) != PARENT &&
            begins[Slot_next(a)] <= begins[b]; */
    /*@ assert after: \forall integer a, b; linked(a) && linked(b) &&
            \at(parent_of[a], Pre) == s && \at(parent_of[b], Pre) == PARENT &&
            begins[a] <= begins[b] ==> ends[a] < begins[b] && Slot_next(a) != PARENT &&
            begins[Slot_next(a)] <= begins[b]; */
    /*@ assert kin: \forall integer x; linked(x) && parent_of[x] == PARENT ==>
            \at(parent_of[x], Pre) == s || \at(parent_of[x], Pre) == PARENT; */
    /*@ assert elder: \forall integer a, b; linked(a) && linked(b) && a != b &&
            \at(parent_of[a], Pre) == PARENT && parent_of[b] == PARENT && begins[a] < begins[b] ==>
            ends[a] < begins[b] && Slot_next(a) != PARENT && begins[Slot_next(a)] <= begins[b]; */
    /*@ assert heir: \forall integer a, b; linked(a) && linked(b) && a != b &&
            \at(parent_of[a], Pre) == s && parent_of[b] == PARENT && begins[a] < begins[b] ==>
            ends[a] < begins[b] && Slot_next(a) != PARENT && begins[Slot_next(a)] <= begins[b]; */
    /*@ assert differ: \forall integer a, b; linked(a) && linked(b) && a != b &&
            parent_of[a] == PARENT && parent_of[b] == PARENT ==> begins[a] != begins[b]; */
    /*@ assert strange: \forall integer a, b; linked(a) && linked(b) && a != b &&
            parent_of[a] != PARENT && parent_of[a] == parent_of[b] ==> begins[a] != begins[b] &&
            (begins[a] < begins[b] ==> ends[a] < begins[b] && Slot_next(a) != parent_of[a] &&
                begins[Slot_next(a)] <= begins[b]); */
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
    /*@ assert gap: (!first_child(s) ==> ends[Slot_prev(s)] < begins[s]) && (!last_child(s) ==>
        ends[s] < begins[Slot_next(s)]); */
    /*@ assert who: \forall integer x; linked(x) && Slot_next(x) == s && parent_of[x] == PARENT ==>
        x == Slot_prev(s) && !first_child(s); */
    /*@ assert elders: \forall integer x; linked(x) && x != s && parent_of[x] == PARENT &&
        Slot_next(x) != PARENT && Slot_next(x) != s ==> linked(Slot_next(x)) &&
        parent_of[Slot_next(x)] == PARENT && Slot_prev(Slot_next(x)) == x && ends[x] <
        begins[Slot_next(x)] && Slot_next(x) != Slot_child(PARENT) && Slot_next(x) != Slot_next(s);
        */
    /*@ assert first: first_child(s) ==> \forall integer x; linked(x) && x != s && parent_of[x] ==
        PARENT ==> ends[s] < begins[x]; */
    /*@ assert begin: \forall integer x; linked(x) && parent_of[x] == PARENT ==>
        begins[Slot_child(PARENT)] <= begins[x] && begins[Slot_child(PARENT)] <= begins[s]; */
    /*@ assert last: last_child(s) ? Slot_next(s) == PARENT : linked(Slot_next(s)) &&
        parent_of[Slot_next(s)] == PARENT && Slot_next(s) != HEAD; */
    /*@ assert around: linked(Slot_prev(s)) && parent_of[Slot_prev(s)] == PARENT && (!first_child(s)
        ==> Slot_prev(s) != s) && linked(HEAD) && parent_of[HEAD] == s; */
    /*@ assert whose: \forall integer x; linked(x) && parent_of[x] == s ==> (Slot_next(x) == s <==>
        x == TAIL) && Slot_next(x) != HEAD && x != PARENT; */
    /*@ assert edges: begins[s] <= begins[HEAD] && ends[TAIL] <= ends[s] && linked(HEAD) &&
        linked(TAIL); */
    /*@ assert heirs: \forall integer x; linked(x) && parent_of[x] == s && Slot_next(x) != s ==>
        linked(Slot_next(x)) && parent_of[Slot_next(x)] == s && Slot_prev(Slot_next(x)) == x &&
        ends[x] < begins[Slot_next(x)] && Slot_next(x) != PARENT; */
    /*@ assert inside: \forall integer x; linked(x) && parent_of[x] == s ==> begins[PARENT] <
        begins[s] && begins[s] < begins[x] && begins[x] <= ends[x] && ends[x] <= ends[s] && ends[s]
        <= ends[PARENT] && begins[HEAD] <= begins[x]; */
    heirs_order(s);
    /*@ assert after: !LAST ==> linked(NEXT) && parent_of[NEXT] == PARENT && Slot_prev(NEXT) == TAIL
        && Slot_next(TAIL) == NEXT && ends[TAIL] < begins[NEXT]; */
    /*@ assert before: !FIRST ==> linked(HEAD) && parent_of[HEAD] == PARENT && Slot_prev(HEAD) ==
        PREV && Slot_next(PREV) == HEAD && ends[PREV] < begins[HEAD]; */
    /*@ assert same: \forall integer x; linked(x) && \at(parent_of[x], Pre) == PARENT && (x != PREV
        || FIRST) ==> Slot_next(x) == \at(Slot_next(x), Pre) && Slot_next(x) != s; */
    /*@ assert same: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s && x != TAIL ==>
        Slot_next(x) == \at(Slot_next(x), Pre) && Slot_next(x) != s; */
    /*@ assert back: \forall integer x; linked(x) && \at(parent_of[x], Pre) == PARENT && (x != PREV
        || FIRST) && Slot_next(x) != PARENT ==> linked(Slot_next(x)) && parent_of[Slot_next(x)] ==
        PARENT && Slot_prev(Slot_next(x)) == x; */
    /*@ assert back: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s && x != TAIL ==>
        linked(Slot_next(x)) && parent_of[Slot_next(x)] == PARENT && Slot_prev(Slot_next(x)) == x;
        */
    /*@ assert next: \forall integer x; linked(x) && \at(parent_of[x], Pre) == PARENT &&
        Slot_next(x) != PARENT ==> linked(Slot_next(x)) && parent_of[Slot_next(x)] == PARENT &&
        Slot_prev(Slot_next(x)) == x && ends[x] < begins[Slot_next(x)]; */
    /*@ assert next: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s && Slot_next(x) !=
        PARENT ==> linked(Slot_next(x)) && parent_of[Slot_next(x)] == PARENT &&
        Slot_prev(Slot_next(x)) == x && ends[x] < begins[Slot_next(x)]; */
    /*@ assert up: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s ==> node(PARENT) &&
        Slot_child(PARENT) != NIL && begins[PARENT] < begins[x] && begins[x] <= ends[x] && ends[x]
        <= ends[PARENT]; */
    /*@ assert first: \forall integer x; linked(x) && \at(parent_of[x], Pre) == s ==>
        begins[Slot_child(PARENT)] <= begins[x]; */ /*@ assert first: \forall integer x; linked(x)
        && \at(parent_of[x], Pre) == PARENT ==> begins[Slot_child(PARENT)] <= begins[x]; */ /*@
        assert kin: \forall integer x; linked(x) && parent_of[x] == PARENT ==> \at(parent_of[x],
        Pre) == s || \at(parent_of[x], Pre) == PARENT; */ /*@ assert first: \forall integer x;
        linked(x) && parent_of[x] == PARENT ==> begins[Slot_child(PARENT)] <= begins[x]; */
    /*@ assert up: \forall integer x; linked(x) && parent_of[x] == PARENT ==> node(PARENT) &&
        Slot_child(PARENT) != NIL && begins[PARENT] < begins[x] && begins[x] <= ends[x] && ends[x]
        <= ends[PARENT]; */
    /*@ assert strange: \forall integer x; linked(x) && parent_of[x] != PARENT ==> parent_of[x] ==
        \at(parent_of[x], Pre) && node(parent_of[x]) && Slot_child(parent_of[x]) != NIL &&
        begins[parent_of[x]] < begins[x] && begins[x] <= ends[x] && ends[x] <= ends[parent_of[x]] &&
        begins[Slot_child(parent_of[x])] <= begins[x]; */
    /*@ assert strange: \forall integer x; linked(x) && parent_of[x] != PARENT && Slot_next(x) !=
        parent_of[x] ==> linked(Slot_next(x)) && parent_of[Slot_next(x)] == parent_of[x] &&
        Slot_prev(Slot_next(x)) == x && ends[x] < begins[Slot_next(x)]; */
}

void tree_remove(ref_t s)
{
    /*@ assert none: Slot_child(s) == NIL ==>
            (\forall integer x; linked(x) ==> parent_of[x] != s); */
    if (slot_child(s) == NIL)
        remove_leaf(s);
    else
        remove_inner(s);
    /*@ assert out: \forall integer x; linked(x) ==> x != s && parent_of[x] != s &&
            linked(Slot_child(parent_of[x])) && Slot_child(parent_of[x]) != s; */
    slot_set_child(s, NIL);
    slot_set_next(s, NIL);
    slot_set_prev(s, NIL);
}

/* A slot as it is called when `to` has the name of `from`. */
#define RENAMED(x) ((x) == from ? to : (x))

/* What led to `from` leads to `to`, and `to` to where `from` led. */
/*@ requires tree_wf && linked(from) && is_slot(to) && parent_of[to] == NIL && to != tree_root;
    assigns TREE_LINKS, parent_of[0 .. GRANULES - 1], begins[to], ends[to];
    ensures root: tree_root_wf;
    ensures place: parent_of[from] == NIL && parent_of[to] == \old(parent_of[from]) &&
        begins[to] == \old(begins[from]) && ends[to] == \old(ends[from]);
    ensures heirs: \forall integer x; 0 <= x < GRANULES && x != from && x != to ==>
        parent_of[x] == RENAMED(\old(parent_of[x]));
    ensures next: Slot_next(to) == \old(Slot_next(from)) && (\forall integer x; linked(x) &&
        x != to ==> Slot_next(x) == RENAMED(\old(Slot_next(x))));
    ensures prev: Slot_prev(to) == RENAMED(\old(Slot_prev(from))) && (\forall integer x;
        linked(x) && x != to ==> Slot_prev(x) == RENAMED(\old(Slot_prev(x))));
    ensures child: Slot_child(to) == \old(Slot_child(from)) && (\forall integer x; node(x) &&
        x != to ==> Slot_child(x) == RENAMED(\old(Slot_child(x))));
*/
static inline void put_name(ref_t from, ref_t to)
{
    ref_t head = slot_child(from);

    /*@ assert up: parent_of[from] != from && is_slot(parent_of[from]); */
    /*@ assert next: Slot_next(from) != from; */
    /*@ assert last: last_child(from) ==> Slot_next(from) == parent_of[from] &&
            Slot_prev(Slot_child(Slot_next(from))) == from; */
    /*@ assert first: first_child(from) ==> Slot_next(Slot_prev(from)) == parent_of[from] &&
            Slot_child(parent_of[from]) == from; */
    /*@ assert only: Slot_prev(from) == from <==> first_child(from) && last_child(from); */
    /*@ assert loose: \forall integer x; node(x) ==> Slot_child(x) != to && x != to &&
            (linked(x) ==> parent_of[x] != to && Slot_next(x) != to && Slot_prev(x) != to); */
    /*@ assert who_next: \forall integer x; linked(x) && Slot_next(x) == from ==>
            (x == Slot_prev(from) && !first_child(from)) ||
            (Slot_child(from) != NIL && x == Slot_prev(Slot_child(from))); */
    /*@ assert who_prev: \forall integer x; linked(x) && Slot_prev(x) == from ==>
            x == (last_child(from) ? Slot_child(Slot_next(from)) : Slot_next(from)); */
    /*@ assert who_child: \forall integer x; node(x) && Slot_child(x) == from ==>
            x == parent_of[from] && first_child(from); */

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

void tree_replace(ref_t from, ref_t to)
{
    /*@ assert loose: \forall integer x; node(x) ==> Slot_child(x) != to && x != to &&
            (linked(x) ==> parent_of[x] != to && Slot_next(x) != to && Slot_prev(x) != to); */
    put_name(from, to);
    /*@ assert others: \forall integer x; node(x) && x != to ==> x != from && \at(node(x), Pre) &&
            (linked(x) ==> parent_of[x] == RENAMED(\at(parent_of[x], Pre)) &&
                \at(parent_of[x], Pre) != to); */
    /*@ assert mine: linked(to) && node(parent_of[to]) && parent_of[to] != to &&
            parent_of[to] != from && parent_of[to] == \at(parent_of[from], Pre); */
    /*@ assert up: \forall integer x; linked(x) && x != to ==> node(parent_of[x]) &&
            Slot_child(parent_of[x]) != NIL && begins[parent_of[x]] < begins[x] &&
            begins[x] <= ends[x] && ends[x] <= ends[parent_of[x]]; */
    /*@ assert up: Slot_child(parent_of[to]) != NIL && begins[parent_of[to]] < begins[to] &&
            begins[to] <= ends[to] && ends[to] <= ends[parent_of[to]]; */
    /*@ assert last: \forall integer x; linked(x) && x != to && Slot_next(x) == parent_of[x] ==>
            Slot_prev(Slot_child(parent_of[x])) == x; */
    /*@ assert last: Slot_next(to) == parent_of[to] ==>
            Slot_prev(Slot_child(parent_of[to])) == to; */
    /*@ assert child: \forall integer p; node(p) && p != to && Slot_child(p) != NIL ==>
            linked(Slot_child(p)) && parent_of[Slot_child(p)] == p &&
            Slot_next(Slot_prev(Slot_child(p))) == p; */
    /*@ assert child: Slot_child(to) != NIL ==> linked(Slot_child(to)) &&
            parent_of[Slot_child(to)] == to && Slot_next(Slot_prev(Slot_child(to))) == to; */
    /*@ assert prev: \forall integer x; linked(x) && x != to ==> linked(Slot_prev(x)) &&
            parent_of[Slot_prev(x)] == parent_of[x] && (Slot_next(Slot_prev(x)) == x ||
                (Slot_next(Slot_prev(x)) == parent_of[x] && Slot_child(parent_of[x]) == x)); */
    /*@ assert prev: linked(Slot_prev(to)) && parent_of[Slot_prev(to)] == parent_of[to] &&
            (Slot_next(Slot_prev(to)) == to || (Slot_next(Slot_prev(to)) == parent_of[to] &&
                Slot_child(parent_of[to]) == to)); */
    /*@ assert next: \forall integer x; linked(x) && x != to && Slot_next(x) != parent_of[x] ==>
            linked(Slot_next(x)) && parent_of[Slot_next(x)] == parent_of[x] &&
            Slot_prev(Slot_next(x)) == x && ends[x] < begins[Slot_next(x)]; */
    /*@ assert next: Slot_next(to) != parent_of[to] ==> linked(Slot_next(to)) &&
            parent_of[Slot_next(to)] == parent_of[to] && Slot_prev(Slot_next(to)) == to &&
            ends[to] < begins[Slot_next(to)]; */
    /*@ assert order: \forall integer a, b; linked(a) && linked(b) && a != b && a != to &&
            b != to && parent_of[a] == parent_of[b] ==> begins[a] != begins[b] &&
            (begins[a] < begins[b] ==> ends[a] < begins[b] && Slot_next(a) != parent_of[a] &&
                begins[Slot_next(a)] <= begins[b]); */
    /*@ assert order: \forall integer b; linked(b) && b != to && parent_of[to] == parent_of[b] ==>
            begins[to] != begins[b] && (begins[to] < begins[b] ==> ends[to] < begins[b] &&
                Slot_next(to) != parent_of[to] && begins[Slot_next(to)] <= begins[b]); */
    /*@ assert order: \forall integer a; linked(a) && a != to && parent_of[a] == parent_of[to] &&
            begins[a] < begins[to] ==> ends[a] < begins[to] && Slot_next(a) != parent_of[a] &&
            begins[Slot_next(a)] <= begins[to]; */
}
