/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All kernel state outside the granules, and the values of state fields.
 *
 * Invariants (sched):
 *  - a scheduling context is in at most one of: cpu.sc, a ready queue, the deadline queue;
 *    its `state` says which: SC_RUNNING, SC_QUEUED, SC_THROTTLED, or SC_IDLE for none;
 *  - thread.sc == s if and only if sched_context.thread == thread, where not NIL;
 *  - ready_bits has bit p set if and only if ready_head[p] is not NIL; ready_top says which words are not 0;
 *  - cpu.thread is the thread of cpu.sc, or NIL when idle, whenever the kernel is left.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "k.h"

enum thread_state {
    THREAD_STATE_SUSPENDED = 0,
    THREAD_STATE_READY = 1,     /**< runs as soon as it has a scheduling context that may */
    THREAD_STATE_SENDING = 2,   /**< queued on an endpoint */
    THREAD_STATE_RECEIVING = 3, /**< queued on an endpoint */
    THREAD_STATE_REPLY = 4,     /**< called; the answer is owed through a Reply object */
    THREAD_STATE_SIGNAL = 5,    /**< queued on a notification */
};

enum sc_state { SC_IDLE = 0, SC_QUEUED = 1, SC_RUNNING = 2, SC_THROTTLED = 3 };

enum endpoint_side { SIDE_IDLE = 0, SIDE_SENDERS = 1, SIDE_RECEIVERS = 2 };

#define DEADLINE_BUCKETS 65u
#define REFILLS 8u

/** What one processor owns. One processor so far: `cpu`. */
struct cpu {
    ref_t thread;      /**< runs now; NIL: idle */
    word_t frame;      /**< its address, for the doors (set with `thread`) */
    word_t scratch;    /**< user stack pointer while a door opens */
    word_t stack;      /**< top of the kernel stack, for the doors */
    ref_t sc;          /**< scheduling context that runs now; NIL: idle */
    word_t started;    /**< ticks: since when `sc` has not been charged */
    word_t resched;    /**< 1: sched_reschedule before leaving */
    ref_t expired;     /**< thread whose budget ran out and whose timeout endpoint is to be told */
    word_t ready_top;  /**< bit i: ready_bits[i] is not 0 */
    word_t ready_bits[4];
    ref_t ready_head[PRIORITIES];
    ref_t ready_tail[PRIORITIES];
    word_t deadline_last; /**< no deadline in the queue is before this */
    word_t deadline_bits; /**< bit b: bucket b is not empty (bucket 64 has none: see deadline_far) */
    word_t deadline_far;  /**< 1: bucket 64 is not empty */
    ref_t deadline_head[DEADLINE_BUCKETS];
};
extern struct cpu cpu;

/** Objects without capabilities that are not dismantled yet; while there are any, no Untyped starts afresh. */
extern ref_t doomed;

/** The slot from which all initial capabilities are derived; it holds no capability itself. */
extern ref_t tree_root;

/** Table of address spaces: 4 entries (asid, space) a granule; asid_count is a power of two. */
extern ref_t asid_table;
extern word_t asid_count;
extern word_t asid_free; /**< 1 + index of the first free entry, 0 if none */

/** Interrupt objects by processor vector, NIL where none is attached. */
#define VECTORS 256u
extern ref_t vector_interrupt[VECTORS];
/** Attached vector of each interrupt line, 0 if none. */
#define LINES 256u
extern word_t line_vector[LINES];

#endif
