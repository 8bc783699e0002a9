/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes and named pipes (pipe(7)). */
#ifndef LINUX_PIPE_H
#define LINUX_PIPE_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>

struct file;

/** F_SETPIPE_SZ, F_GETPIPE_SZ. @return the size in bytes, -EBADF: not a pipe, -EBUSY, -ENOMEM */
long pipe_size(struct file *f, bool set, word_t bytes);

bool pipe_is(const struct file *f);
/** Bytes that one write surely takes now: a page or nothing. Files that are no pipes: a page. */
size_t pipe_room(const struct file *f);

#endif
