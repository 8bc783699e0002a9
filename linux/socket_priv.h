/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two directions of messages. */
#ifndef LINUX_SOCKET_PRIV_H
#define LINUX_SOCKET_PRIV_H

#include "linux.h"
#include "socket.h"

enum { SOL_SOCKET = 1, SCM_RIGHTS = 1, SCM_CREDENTIALS = 2 };

/** Linux's struct msghdr and struct cmsghdr. */
struct user_message {
    word_t name;
    uint32_t name_length, pad;
    word_t parts, part_count, control, control_length;
    int32_t flags, pad2;
};

/** Linux's struct mmsghdr. */
struct user_message_many {
    struct user_message message;
    uint32_t bytes, pad;
};
#define MESSAGES_MAX 1024u /* in one call */

struct control_head {
    uint64_t length;
    int32_t level, type;
};

static inline bool socket_may_wait(const struct file *f, unsigned flags)
{
    return !(f->flags & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
}

static inline long socket_wait(struct task *t, struct wait_queue *q, word_t timeout)
{
    if (timeout != 0 && t->timed_out)
        return -EAGAIN;
    return task_wait(t, q, timeout == 0 ? NEVER : task_deadline(t, timeout));
}

#endif
