/* SPDX-License-Identifier: BSD-2-Clause */
/* Links of scheduling contexts and timers are in the same words: the names of one serve for both.
 */
#include "deadline.h"

#include <common/bits.h>

_Static_assert(SCHED_CONTEXT_GRANULES >= 1 && TIMER_GRANULES >= 1,
               "both begin with a granule that has the links");

/* Nodes of a bucket that are looked at or moved in one go. */
#define SORT_STEP 16u
/* Buckets that are sorted in one go. */
#define TAKE_STEPS 3u
/* Later than any real deadline; keeps the buckets at 64. */
#define DEADLINE_MAX (WORD_MAX / 2)

static word_t bucket_of(word_t deadline)
{
    word_t differs = deadline ^ cpu.deadline_last;

    return differs == 0 ? 0 : 1 + bit_highest(differs);
}

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
static word_t bucket_start(word_t b)
{
    if (b == 0)
        return cpu.deadline_last;

    word_t unit = (word_t)1 << (b - 1);

    return (cpu.deadline_last / unit + 1) * unit;
}

/* The earliest deadline in bucket b, or a time before it if there are too many to look at. */
static word_t bucket_earliest(word_t b)
{
    word_t earliest = DEADLINE_MAX;
    ref_t node = cpu.deadline_head[b];

    /*@ loop invariant 0 <= i <= SORT_STEP;
        loop variant SORT_STEP - i; */
    for (word_t i = 0; i < SORT_STEP && node != NIL; i++) {
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
static void sort(void)
{
    word_t b = cpu.deadline_sorting;

    /*@ loop invariant 0 <= i <= SORT_STEP;
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
