/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a word of memory to change, as musl's locks do. Those that wait are in one list,
 * oldest first, under lib/rt's lock; there are few threads in a component.
 */
#include <errno.h>
#include <rt/clock.h>
#include <rt/lock.h>
#include <rt/thread.h>
#include <stdatomic.h>

#include "calls_priv.h"

enum { WAIT = 0, WAKE = 1, REQUEUE = 3, OPERATION = 127 }; /* linux/futex.h */

/* A thread that waits; stands on its stack. */
struct waiter {
    struct waiter *next;
    const void *word;
    struct rt_thread *thread;
    bool woken;
};

static struct waiter *first;

static void append(struct waiter *waiter)
{
    struct waiter **at = &first;

    while (*at != NULL)
        at = &(*at)->next;
    *at = waiter;
}

static void take_out(struct waiter *waiter)
{
    struct waiter **at = &first;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
}

/* Sleep until woken or until the time has come. Holds the lock before and after. */
static long sleep(struct waiter *self, word_t deadline)
{
    while (!self->woken) {
        bool early;

        rt_unlock();
        early = rt_park(deadline);
        rt_lock();
        if (!early && !self->woken) {
            take_out(self);
            return -ETIMEDOUT;
        }
    }
    return 0;
}

static long wait(_Atomic int *word, int value, const struct timespec *timeout)
{
    struct waiter self = {.word = word, .thread = rt_self()};
    word_t deadline = RT_FOREVER;
    long result = -EAGAIN;

    if (timeout != NULL) {
        if (!posix_ticks(timeout, &deadline))
            return -EINVAL;
        deadline = deadline < RT_FOREVER / 4 ? rt_now() + deadline : RT_FOREVER;
    }
    if (!rt_park_prepare())
        return -ENOMEM;
    rt_lock();
    if (atomic_load(word) == value) {
        append(&self);
        result = sleep(&self, deadline);
    }
    rt_unlock();
    return result;
}

/* Wake `count`, then let `moved` wait for `other` instead. */
static long wake(const void *word, long count, const void *other, long moved)
{
    struct waiter **at = &first;
    long woken = 0;

    rt_lock();
    while (*at != NULL) {
        struct waiter *waiter = *at;

        if (waiter->word == word && woken < count) {
            *at = waiter->next;
            waiter->woken = true;
            rt_unpark(waiter->thread);
            woken++;
            continue;
        }
        if (waiter->word == word && moved-- > 0)
            waiter->word = other;
        at = &waiter->next;
    }
    rt_unlock();
    return woken;
}

long posix_futex_wake(const void *word, long count)
{
    return wake(word, count, NULL, 0);
}

/* a: word, operation, value, timeout or how many to move, other word */
long posix_futex(const long *a)
{
    switch (a[1] & OPERATION) {
    case WAIT:
        return wait((_Atomic int *)a[0], (int)a[2], (const struct timespec *)a[3]);
    case WAKE:
        return posix_futex_wake((const void *)a[0], (int)a[2]);
    case REQUEUE:
        return wake((const void *)a[0], (int)a[2], (const void *)a[4], (int)a[3]);
    default:
        return -ENOSYS;
    }
}
