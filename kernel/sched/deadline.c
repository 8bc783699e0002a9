/* SPDX-License-Identifier: BSD-2-Clause */
/* Links of scheduling contexts and timers are in the same words: the names of one serve for both.
 */
#include "deadline.h"

#include <common/bits.h>

_Static_assert(SCHED_CONTEXT_GRANULES >= 1 && TIMER_GRANULES >= 1,
               "both begin with a granule that has the links");

/* Nodes of a bucket that are looked at in one go. */
#define LOOK_STEP 16u
/* Nodes of a bucket that are moved in one go. */
#define SORT_STEP 8u
/* Buckets that are looked at in one go: the one to be sorted, and the one that it is sorted to. */
#define TAKE_STEPS 2u
/* Later than any real deadline; keeps the buckets at 64. */
#define DEADLINE_MAX (WORD_MAX / 2)

/*@ axiomatic Xor {
      axiom xor_small: \forall integer a, b; 0 <= a < 0x8000000000000000 &&
          0 <= b < 0x8000000000000000 ==> 0 <= (a ^ b) < 0x8000000000000000;
      axiom bit_small: \forall integer x; 0 <= x < 0x8000000000000000 ==> !bit(x, 63);
    } */

/*@ requires deadline < 0x8000000000000000 && cpu.deadline_last < 0x8000000000000000;
    assigns \nothing;
    ensures in: \result < DEADLINE_BUCKETS;
*/
static word_t bucket_of(word_t deadline)
{
    word_t differs = deadline ^ cpu.deadline_last;

    return differs == 0 ? 0 : 1 + bit_highest(differs);
}

/*@ requires DEADLINE_WF && is_node(node) && !in_time(node) && deadline < 0x8000000000000000 &&
        Timer_deadline(node) < 0x8000000000000000;
    requires state: is_context(node) ==> Sched_context_state(node) == SC_THROTTLED;
    assigns ANY(timer_dnext), ANY(timer_dprev), Timer_dbucket(node),
        cpu.deadline_bits, cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
    DEADLINE_KEPT
    ensures in: in_time(node);
*/
static void push(ref_t node, word_t deadline)
{
    word_t b = bucket_of(deadline);
    ref_t head = cpu.deadline_head[b];

    timer_set_dbucket(node, 1 + b);
    timer_set_dnext(node, head);
    timer_set_dprev(node, NIL);
    if (head != NIL)
        timer_set_dprev(head, node);
    cpu.deadline_head[b] = node;
    cpu.deadline_bits = bit_set(cpu.deadline_bits, b);
}

void deadline_add(ref_t node, word_t deadline)
{
    word_t key = deadline > DEADLINE_MAX ? DEADLINE_MAX : deadline;

    if (key < cpu.deadline_last)
        key = cpu.deadline_last;
    timer_set_deadline(node, key);
    push(node, key);
}

void deadline_remove(ref_t node)
{
    if (timer_dbucket(node) == 0)
        return;

    word_t b = timer_dbucket(node) - 1;
    ref_t next = timer_dnext(node);
    ref_t prev = timer_dprev(node);

    timer_set_dbucket(node, 0);
    if (next != NIL)
        timer_set_dprev(next, prev);
    if (prev != NIL) {
        timer_set_dnext(prev, next);
        return;
    }
    cpu.deadline_head[b] = next;
    if (next == NIL)
        cpu.deadline_bits = bit_clear(cpu.deadline_bits, b);
}

/* The first time that can be in bucket b: deadline_last with bit b-1 set and those below cleared.
 */
/*@ requires b < DEADLINE_BUCKETS && cpu.deadline_last < 0x8000000000000000;
    assigns \nothing;
    ensures \result < 0x8000000000000000;
*/
static word_t bucket_start(word_t b)
{
    if (b == 0)
        return cpu.deadline_last;

    word_t unit = bit_set(0, b - 1);
    word_t start = (cpu.deadline_last / unit + 1) * unit;

    return start > DEADLINE_MAX ? DEADLINE_MAX : start; /* never; spares the proof an invariant */
}

/* The earliest deadline in bucket b, or a time before it if there are too many to look at. */
/*@ requires DEADLINE_WF && b < DEADLINE_BUCKETS;
    assigns \nothing;
    ensures \result < 0x8000000000000000;
*/
static word_t bucket_earliest(word_t b)
{
    word_t earliest = DEADLINE_MAX;
    ref_t node = cpu.deadline_head[b];

    /*@ loop invariant 0 <= i <= LOOK_STEP;
        loop invariant earliest < 0x8000000000000000 && (node == NIL || in_time(node));
        loop assigns i, earliest, node;
        loop variant LOOK_STEP - i; */
    for (word_t i = 0; i < LOOK_STEP && node != NIL; i++) {
        if (timer_deadline(node) < earliest)
            earliest = timer_deadline(node);
        node = timer_dnext(node);
    }
    return node == NIL ? earliest : bucket_start(b);
}

word_t deadline_next(void)
{
    if (cpu.deadline_sorting != 0)
        return cpu.deadline_last;
    if (cpu.deadline_bits == 0)
        return WORD_MAX;
    return bucket_earliest(bit_lowest(cpu.deadline_bits));
}

/* Move up to SORT_STEP nodes of the bucket that is being sorted to where they belong now. */
/*@ requires DEADLINE_WF;
    assigns ANY(timer_dnext), ANY(timer_dprev), ANY(timer_dbucket), cpu.deadline_bits,
        cpu.deadline_sorting, cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
    DEADLINE_KEPT
    ensures others: deadline_states{Pre, Here};
*/
static void sort(void)
{
    word_t b = cpu.deadline_sorting;

    /*@ loop invariant 0 <= i <= SORT_STEP;
        loop invariant DEADLINE_WF && deadline_states{Pre, Here};
        loop assigns i, ANY(timer_dnext), ANY(timer_dprev), ANY(timer_dbucket), cpu.deadline_bits,
            cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
        loop variant SORT_STEP - i; */
    for (word_t i = 0; i < SORT_STEP; i++) {
        ref_t node = cpu.deadline_head[b];

        if (node == NIL)
            break;
        deadline_remove(node);
        push(node, timer_deadline(node));
    }
    if (cpu.deadline_head[b] == NIL)
        cpu.deadline_sorting = 0;
}

ref_t deadline_take(word_t now)
{
    /*@ loop invariant 0 <= i <= TAKE_STEPS;
        loop invariant DEADLINE_WF && deadline_states{Pre, Here};
        loop assigns i, ANY(timer_dnext), ANY(timer_dprev), ANY(timer_dbucket), cpu.deadline_bits,
            cpu.deadline_last, cpu.deadline_sorting, cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
        loop variant TAKE_STEPS - i; */
    for (word_t i = 0; i < TAKE_STEPS; i++) {
        if (cpu.deadline_sorting != 0)
            sort();
        if (cpu.deadline_sorting != 0 || cpu.deadline_bits == 0)
            return NIL;

        word_t b = bit_lowest(cpu.deadline_bits);
        word_t earliest = bucket_earliest(b);

        if (earliest > now)
            return NIL;
        if (b == 0) {
            ref_t node = cpu.deadline_head[0];

            deadline_remove(node);
            return node;
        }
        cpu.deadline_last = earliest;
        cpu.deadline_sorting = b;
    }
    return NIL;
}
