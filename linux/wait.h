/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting. A system call that cannot be finished says what it waits for and returns BLOCKED; when
 * that is woken it is made again from its beginning with the same arguments. Handlers keep no state
 * of their own while they wait, but for what is here:
 *
 *     if (pipe is empty)
 *         return task_wait(t, &pipe->readers, t->deadline);
 *
 * - t->progress is 0 when a call is made first, and what the handler left there when it is made
 *   again: bytes that are done. A signal ends the wait with -EINTR (or the call is begun anew, by
 *   SA_RESTART and the table), but with `progress` as the result if that is not 0.
 * - task_deadline() turns a timeout into a time once, and gives the same time when the call is made
 *   again; t->timed_out says that it has passed.
 * - Whoever changes what others wait for calls task_wake; nothing runs before the present call is
 *   finished.
 */
#ifndef LINUX_WAIT_H
#define LINUX_WAIT_H

#include <abi/call.h>
#include <stdbool.h>

struct task;
struct waiter;

/** Embedded in what can be waited for; clear at first, empty before its memory goes. */
struct wait_queue {
    struct waiter *first;
};

/** One who waits on one queue. */
struct waiter {
    struct waiter *next;      /**< in the queue */
    struct waiter **link;     /**< what points to it; NULL: it is in no queue */
    struct waiter *more;      /**< the task's next */
    struct task *task;        /**< woken; NULL: */
    void (*fire)(
        struct waiter *w); /**< called instead, with the waiter left in the queue (epoll) */
};

#define NEVER (~(word_t)0)

/** What a handler returns that waits. */
#define BLOCKED (-4096L)
/** What a handler returns that has seen to the task itself: it is gone, or its registers are set.
 */
#define NO_REPLY (-4097L)

/** Wait on a queue (NULL: on time and signals only). @param deadline ns of CLOCK_MONOTONIC, or
 * NEVER
 * @return BLOCKED, or -ENOMEM */
long task_wait(struct task *t, struct wait_queue *q, word_t deadline);
/** Wait on a further queue too: before task_wait, any number of times. @return 0 or -ENOMEM */
long task_wait_also(struct task *t, struct wait_queue *q);
/** Make all calls again that wait on this. */
void task_wake(struct wait_queue *q);
/** The same, when it is known what has become possible: edges of epoll are told of nothing else.
 * @param events POLL... */
void task_wake_events(struct wait_queue *q, unsigned events);
/** Inside of `fire`: what has become possible. */
extern unsigned wake_events;
/** Only the one that has waited longest. @return false: none */
bool task_wake_one(struct wait_queue *q);
/** The time at which the present call gives up. @param ns from now, counted when first called */
word_t task_deadline(struct task *t, word_t ns);

void wait_enter(struct wait_queue *q, struct waiter *w);
void wait_leave(struct waiter *w);
/** The queue goes: whoever is still in it (an epoll set of another process) leaves. */
void wait_abandon(struct wait_queue *q);

#endif
