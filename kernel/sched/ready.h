/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ready queues: scheduling contexts that could run, by priority, first come first served within
 * one. The running one is in no queue.
 */
#ifndef SCHED_READY_H
#define SCHED_READY_H

#include <model/fields.h>
#include <model/state.h>

/** Queue an SC_IDLE context, behind or before all others of its priority. */
void ready_add(ref_t sc, bool in_front);

/** Take an SC_QUEUED context out; it is SC_IDLE then. */
void ready_remove(ref_t sc);

/** The first context of the highest priority, NIL if none is ready. */
ref_t ready_first(void);

#endif
