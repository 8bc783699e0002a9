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

/** Queue a node, which is not queued. A deadline that has passed comes out next. */
void deadline_add(ref_t node, word_t deadline);

/** Take a node out; no effect on one that is not queued. */
void deadline_remove(ref_t node);

/** A time at which to look again: never after the earliest deadline, ~0 if there is none. */
word_t deadline_next(void);

/**
 * Take out one node whose deadline is not after `now`, in a bounded number of steps.
 * @return NIL if there is none, or if there was more sorting to do than one go allows: then
 * deadline_next() is not after `now`.
 */
ref_t deadline_take(word_t now);

#endif
