/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes, for the core. */
#ifndef LINUX_FUTEX_PRIV_H
#define LINUX_FUTEX_PRIV_H

#include "linux.h"

/* Wake those who wait at an address of a task's memory. @return how many, or an error */
long futex_wake_at(struct task *t, word_t address, unsigned count);
/* The task waits no more, whatever for. */
void futex_forget(struct task *t);
/* A wait for FUTEX_LOCK_PI is begun anew after any handler. */
bool futex_begins_anew(const struct task *t);
/* It ends: locks that others wait for by FUTEX_LOCK_PI go to the next of them. */
void futex_owner_ends(struct task *t);
/* It ends: mark the robust futexes that it holds. */
void robust_leave(struct task *t);

#endif
