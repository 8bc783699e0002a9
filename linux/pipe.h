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

/** What is in one pipe, up to so many bytes, into another, without taking it out.
 * @param wait what to wait for @return bytes, 0: there will be nothing, -EAGAIN, -EPIPE, -ENOMEM */
long pipe_tee(struct file *from, struct file *to, size_t most, struct file **wait);

bool pipe_is(const struct file *f);
/** Bytes that one write surely takes now: a page or nothing. Files that are no pipes: a page. */
size_t pipe_room(const struct file *f);

#endif
