/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All kernel state outside the granules, and the values of state fields.
 *
 * Invariants (sched):
 *  - a scheduling context is in at most one of: cpu.sc, a ready queue, the deadline queue;
 *    its `state` says which: SC_RUNNING, SC_QUEUED, SC_THROTTLED, or SC_IDLE for none;
 *  - thread.sc == s implies sched_context.thread == thread; the converse holds but for thread.own,
 * the context of a thread's own that rests while it runs on a borrowed one;
 *  - ready_bits has bit p set if and only if ready_head[p] is not NIL; ready_top says which words
 * are not 0;
 *  - cpu.thread is the thread of cpu.sc, or NIL when idle, whenever the kernel is left.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "cpu.h"
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

#define REFILLS 8u

/** Objects without capabilities that are not dismantled yet; while there are any, no Untyped starts
 * afresh. */
extern ref_t doomed;

/** The slot from which all initial capabilities are derived; it holds no capability itself. */
extern ref_t tree_root;

/** Table of address spaces: 4 entries (asid, space) a granule; asid_count is a power of two. */
extern ref_t asid_table;
extern word_t asid_count;
extern word_t asid_fresh; /**< entries from this index on were never used */
extern word_t asid_free; /**< 1 + index of the first free entry, 0 if none */

/** Interrupt objects by processor vector, NIL where none is attached. */
#define VECTORS 256u
extern ref_t vector_interrupt[VECTORS];
/** Attached vector of each interrupt line, 0 if none. */
#define LINES 256u
extern word_t line_vector[LINES];

#endif
