/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of a component. Each runs on a scheduling context that the manifest gave (the main
 * thread's, and "threads" further ones); there are never more threads than those. Threads share
 * everything but registers, message buffer and Reply object.
 *
 * A sleeping thread is "parked"; whoever unparks one too early or twice does no harm, because
 * parked threads look again whether what they wait for has come.
 */
#ifndef RT_THREAD_H
#define RT_THREAD_H

#include <abi/call.h>
#include <stdbool.h>

/** A thread; lives in the upper half of its message buffer's page, where the GS base points. */
struct rt_thread {
    struct rt_thread *self;       /**< first, so that %gs:0 is the thread */
    word_t libc[31]; /**< what a C library that is not set up may touch by way of the FS base: 0 */
    struct message_buffer *buffer;
    word_t number;                /**< 0: the main thread; others 1 to info.extra_threads */
    cap_t thread;                 /**< its Thread object */
    cap_t sched;                  /**< its scheduling context */
    cap_t reply;                  /**< a Reply object of its own */
    cap_t bell;                   /**< notification to park on; 0: not made yet */
    cap_t wake;                   /**< the same, badge 1 */
    cap_t alarm;                  /**< the same, badge 2: its timer signals through it */
    cap_t timer;
    void (*function)(void *);
    void *argument;
    void *stack;                  /**< lowest address, if it will be joined */
    word_t stack_pages;
    bool joined;                  /**< somebody will wait for its end by rt_thread_join */
    _Atomic word_t running;       /**< see thread.c */
    struct rt_thread *joiner;     /**< who waits for its end */
    word_t user[8];               /**< lib/posix's own */
};

/** The calling thread. */
static inline struct rt_thread *rt_self(void)
{
    struct rt_thread *self;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(self));
    return self;
}

/** The message buffer of the calling thread. */
struct message_buffer *rt_buffer(void);

/**
 * Start a thread with a stack of its own.
 * @param stack_bytes rounded up to pages; a page that is not there lies below
 * @return NULL: no scheduling context, memory or slot is left for one
 */
struct rt_thread *rt_thread_start(void (*function)(void *), void *argument, word_t stack_bytes);

/**
 * Start a thread on a stack that the caller provides and keeps until the thread has ended.
 * @param stack_top where it begins, growing down; tls its FS base, 0: none
 */
struct rt_thread *rt_thread_start_on(void (*function)(void *), void *argument, void *stack_top,
                                     word_t tls);

/** Wait for the end of a thread from rt_thread_start, once for each; afterwards it does not exist.
 */
void rt_thread_join(struct rt_thread *thread);

/** End the calling thread (the main thread ends the component, with status 0). */
_Noreturn void rt_thread_exit(void);

/**
 * End the calling thread; its last act is last(argument), on a stack of about 1500 bytes that
 * stays: for giving away the stack that it stood on.
 */
_Noreturn void rt_thread_leave(void (*last)(void *), void *argument);

/** Let others of the same priority run. */
void rt_yield(void);

/** Make what the calling thread needs to park. @return false: no memory or slot is left */
bool rt_park_prepare(void);

/**
 * Sleep until unparked (true) or until a time (false). May return true without a reason.
 * @param deadline_ticks RT_FOREVER: no end
 */
bool rt_park(word_t deadline_ticks);

/** Wake a thread, or let its next rt_park return at once. It has called rt_park_prepare, or is not
 * the main thread. */
void rt_unpark(struct rt_thread *thread);

#endif
