/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one lock of lib/rt's books (slots, memory, threads). Held for a few instructions and a few
 * operations of kernel objects, never over a call to another component. The thread that holds it
 * may take it again. As long as there is one thread it costs two memory accesses.
 */
#ifndef RT_LOCK_H
#define RT_LOCK_H

#include <stdbool.h>

/** Take the lock; waits while another thread holds it. */
void rt_lock(void);

/** Give it back. */
void rt_unlock(void);

/**
 * Make what waiting needs. Must have succeeded before there is a second thread.
 * @return false: no memory or slot is left
 */
bool rt_lock_prepare(void);

/** Let a waiting thread look at the lock again: for one that was stopped before it could say that
 * the lock is free. */
void rt_lock_ring(void);

#endif
