/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as musl wants them. */
#include <abi/invoke.h>
#include <errno.h>
#include <rt/lock.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/thread.h>
#include <stdatomic.h>

#include "calls_priv.h"

/* What lib/rt keeps for us with each thread. */
enum {
    CLEAR,      /* cleared and woken at its end: address of an int, or 0 */
    FUNCTION,   /* where it begins */
    STACK,      /* to be unmapped at its end, if it has */
    STACK_SIZE, /* a size */
};

#define ARCH_SET_FS      0x1002
#define PARENT_SETTID    0x00100000 /* CLONE_ flags, linux/sched.h */
#define CHILD_CLEARTID   0x00200000

static long number_of(const struct rt_thread *thread)
{
    return (long)thread->number + 1;
}

long posix_gettid(const long *a)
{
    (void)a;
    return number_of(rt_self());
}

long posix_getpid(const long *a)
{
    (void)a;
    return 1;
}

long posix_sched_yield(const long *a)
{
    (void)a;
    rt_yield();
    return 0;
}

/* There are no signals, so blocking them is done. */
long posix_rt_sigprocmask(const long *a)
{
    (void)a;
    return 0;
}

long posix_set_tid_address(const long *a)
{
    rt_self()->user[CLEAR] = (word_t)a[0];
    return number_of(rt_self());
}

long posix_arch_prctl(const long *a)
{
    if (a[0] != ARCH_SET_FS)
        return -EINVAL;
    return thread_set_tls(rt_self()->thread, (word_t)a[1]) == E_OK ? 0 : -EPERM;
}

/* The first function of a thread. Its maker holds the lock until all about it is known. */
static void begin(void *stack)
{
    void (*function)(void *);

    rt_lock();
    function = (void (*)(void *))rt_self()->user[FUNCTION];
    rt_unlock();
    function(stack);
}

/* a: flags, stack, parent's word, child's word, TLS, function(stack) */
long posix_clone(const long *a)
{
    struct rt_thread *thread;
    long number = -EAGAIN;

    rt_lock();
    thread = rt_thread_start_on(begin, (void *)a[1], (void *)a[1], (word_t)a[4]);
    if (thread != NULL) {
        number = number_of(thread);
        thread->user[FUNCTION] = (word_t)a[5];
        thread->user[STACK_SIZE] = 0;
        thread->user[CLEAR] = a[0] & CHILD_CLEARTID ? (word_t)a[3] : 0;
        if (a[0] & PARENT_SETTID)
            *(int *)a[2] = (int)number;
    }
    rt_unlock();
    return number;
}

/* Off the stack that was the thread's: from here on others may free it. */
static void last(void *nothing)
{
    struct rt_thread *self = rt_self();
    _Atomic int *clear = (_Atomic int *)self->user[CLEAR];

    (void)nothing;
    if (self->user[STACK_SIZE] != 0)
        rt_pages_free((void *)self->user[STACK], self->user[STACK_SIZE] / RT_PAGE);
    if (clear != NULL) {
        atomic_store(clear, 0);
        (void)posix_futex_wake((const void *)clear, 1);
    }
}

/* a: status, stack, its size */
long posix_exit(const long *a)
{
    struct rt_thread *self = rt_self();

    self->user[STACK] = (word_t)a[1];
    self->user[STACK_SIZE] = (word_t)a[2];
    if (self->number != 0)
        rt_thread_leave(last, NULL);
    /* The main thread leaves the others running; the last of them ends the component. */
    self->user[STACK_SIZE] = 0;
    last(NULL);
    for (;;)
        (void)thread_suspend(self->thread);
}

long posix_exit_group(const long *a)
{
    posix_flush();
    rt_exit((int)a[0]);
}
