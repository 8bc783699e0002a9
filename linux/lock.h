/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks on files: flock(2), and record locks of processes and of open files (fcntl(2)). */
#ifndef LINUX_LOCK_H
#define LINUX_LOCK_H

#include <abi/call.h>

struct file;
struct task;

/** F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms. @param argument address of a struct flock */
long lock_control(struct task *t, struct file *f, unsigned command, word_t argument);

#endif
