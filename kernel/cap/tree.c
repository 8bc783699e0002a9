/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <model/fields.h>

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
}

/* Put the siblings `head` to `tail` in the place of `s`, whose own links are not written. */
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

void tree_remove(ref_t s)
{
    ref_t head = slot_child(s);

    if (head == NIL)
        unlink_leaf(s);
    else
        splice(s, head, slot_prev(head));
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
}
