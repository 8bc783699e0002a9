/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes and named pipes (pipe(7)). */
#ifndef LINUX_PIPE_H
#define LINUX_PIPE_H

#include <abi/call.h>
#include <stdbool.h>

struct file;

/** F_SETPIPE_SZ, F_GETPIPE_SZ. @return the size in bytes, -EBADF: not a pipe, -EBUSY, -ENOMEM */
long pipe_size(struct file *f, bool set, word_t bytes);

#endif
