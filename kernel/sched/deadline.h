/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deadline queue: Timer objects and throttled scheduling contexts, by time. (Both kinds keep
 * their links in the same four words.)
 *
 * A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan: Faster algorithms for the shortest path problem,
 * J. ACM 37(2), 1990): no deadline is before cpu.deadline_last; bucket b holds those that
 * differ from it first, from the top, in bit b-1; bucket 0 those equal to it. While one bucket is
 * being sorted after deadline_last has moved on (cpu.deadline_sorting), nothing is taken from the
 * others. Adding and removing take a fixed number of steps; taking the next moves a bounded number
 * of others to lower buckets.
 */
#ifndef SCHED_DEADLINE_H
#define SCHED_DEADLINE_H

#include <model/fields.h>
#include <model/state.h>

/*@ predicate deadline_states{A, B} = \forall integer n; \at(Timer_dbucket(n), B) != 0 ==>
        \at(Timer_dbucket(n), A) != 0;
*/

/** Queue a node, which is not queued. A deadline that has passed comes out next. */
/*@ requires DEADLINE_WF && is_node(node) && !in_time(node);
    requires state: is_context(node) ==> Sched_context_state(node) == SC_THROTTLED;
    assigns ANY(timer_deadline), ANY(timer_dnext), ANY(timer_dprev), Timer_dbucket(node),
        cpu.deadline_bits, cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
    DEADLINE_KEPT
    ensures in: in_time(node);
    ensures when: Timer_deadline(node) >= cpu.deadline_last;
*/
void deadline_add(ref_t node, word_t deadline);

/** Take a node out; no effect on one that is not queued. */
/*@ requires DEADLINE_WF && is_node(node);
    assigns ANY(timer_dnext), ANY(timer_dprev), Timer_dbucket(node), cpu.deadline_bits,
        cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
    DEADLINE_KEPT
    ensures out: !in_time(node);
*/
void deadline_remove(ref_t node);

/** A time at which to look again: never after the earliest deadline, ~0 if there is none. */
/*@ requires DEADLINE_WF;
    assigns \nothing;
    ensures none: cpu.deadline_sorting == 0 && cpu.deadline_bits == 0 ==> \result == WORD_MAX;
*/
word_t deadline_next(void);

/**
 * Take out one node whose deadline is not after `now`, in a bounded number of steps.
 * @return NIL if there is none, or if there was more sorting to do than one go allows: then
 * deadline_next() is not after `now`.
 */
/*@ requires DEADLINE_WF;
    assigns ANY(timer_dnext), ANY(timer_dprev), ANY(timer_dbucket), cpu.deadline_bits,
        cpu.deadline_last, cpu.deadline_sorting, cpu.deadline_head[0 .. DEADLINE_BUCKETS - 1];
    DEADLINE_KEPT
    ensures out: \result != NIL ==> is_node(\result) && !in_time(\result) &&
        \old(in_time(\result));
    ensures others: deadline_states{Pre, Here};
*/
ref_t deadline_take(word_t now);

#endif
