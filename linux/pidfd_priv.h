/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of processes, for the core. */
#ifndef LINUX_PIDFD_PRIV_H
#define LINUX_PIDFD_PRIV_H

#include "task.h"

/** A descriptor, close-on-exec. @return it, or an error */
long pidfd_new(struct task *t, struct process *p, unsigned flags);
/** The process of a descriptor. @return its number, -EBADF */
long pidfd_process(struct task *t, word_t fd);
/** The process goes: nobody is told of it any more. */
void pidfd_forget(struct process *p);

#endif
