/* SPDX-License-Identifier: BSD-2-Clause */
/* What one processor owns. */
#ifndef MODEL_CPU_H
#define MODEL_CPU_H

#include "k.h"

#define DEADLINE_BUCKETS 64u

/** Decide who runs; or only go on with the thread that now has the running context. */
#define RESCHED_DECIDE 1u
#define RESCHED_SWITCH 2u

/** What one processor owns. One processor so far: `cpu`. */
struct cpu {
    ref_t thread;      /**< runs now; NIL: idle */
    word_t frame;      /**< where the doors keep its registers (set with `thread`) */
    ref_t sc;          /**< scheduling context that runs now; NIL: idle */
    word_t started;    /**< ticks: since when `sc` has not been charged */
    word_t resched;    /**< RESCHED_*: sched_reschedule before leaving; 0: nothing to do */
    ref_t expired;     /**< thread whose budget ran out and whose timeout endpoint is to be told */
    word_t ready_top;  /**< bit i: ready_bits[i] is not 0 */
    word_t ready_bits[4];
    ref_t ready_head[PRIORITIES];
    ref_t ready_tail[PRIORITIES];
    word_t deadline_last; /**< no deadline in the queue is before this */
    word_t deadline_bits; /**< bit b: bucket b is not empty */
    word_t
        deadline_sorting; /**< bucket whose nodes are being moved to where they belong, 0 if none */
    ref_t deadline_head[DEADLINE_BUCKETS];
};
extern struct cpu cpu;

#endif
