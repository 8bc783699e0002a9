/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. A thread that has ended leaves its Thread object, buffer page and scheduling context
 * bound together for the next one: starting again is to write registers and resume.
 */
#include "thread.h"

#include <abi/invoke.h>
#include <stdatomic.h>
#include <stddef.h>

#include "clock.h"
#include "component.h"
#include "lock.h"
#include "memory.h"
#include "object.h"
#include "program.h"
#include "slot.h"
#include "thread_priv.h"

#define THREADS     64u
#define PAGE        4096u
#define BADGE_WAKE  1u
#define BADGE_ALARM 2u

_Static_assert(sizeof(struct rt_thread) <= PAGE - COMPONENT_CONTROL,
               "fits in the upper half of the page");
_Static_assert(sizeof(struct message_buffer) <= COMPONENT_CONTROL,
               "the kernel uses the lower half");

/* Values of running. A thread that will be joined is not to be used again before. */
enum { RUNNING_NO, RUNNING_YES, RUNNING_ENDED };

static struct rt_thread
    *extra[THREADS]; /* by number - 1; not NULL: made, running or to be used again */

static struct rt_thread *control_block(word_t page)
{
    return (struct rt_thread *)(page + COMPONENT_CONTROL);
}

struct message_buffer *rt_buffer(void)
{
    return rt_self()->buffer;
}

void rt_thread_first(void)
{
    struct rt_thread *self = control_block(COMPONENT_BUFFER);

    self->self = self;
    self->buffer = (struct message_buffer *)COMPONENT_BUFFER;
    self->thread = COMPONENT_THREAD;
    self->sched = COMPONENT_SCHED;
    self->reply = COMPONENT_REPLY;
    self->running = RUNNING_YES;
    /* Until a C library sets it: what reads errno or the like must find clear memory, not fault. */
    (void)thread_set_tls(COMPONENT_THREAD, (word_t)self);
}

static bool make_bell(struct rt_thread *thread)
{
    if (thread->bell == 0)
        thread->bell = rt_object_new(TYPE_NOTIFICATION, 0);
    if (thread->bell == 0)
        return false;
    if (thread->wake == 0)
        thread->wake = rt_object_badge(thread->bell, RIGHT_WRITE, BADGE_WAKE);
    if (thread->alarm == 0)
        thread->alarm = rt_object_badge(thread->bell, RIGHT_WRITE, BADGE_ALARM);
    if (thread->wake == 0 || thread->alarm == 0)
        return false;
    if (thread->timer == 0) {
        cap_t timer = rt_object_new(TYPE_TIMER, 0);

        if (timer == 0 || timer_bind(timer, thread->alarm) != E_OK)
            return false;
        thread->timer = timer;
    }
    return true;
}

bool rt_park_prepare(void)
{
    return make_bell(rt_self());
}

bool rt_park(word_t deadline_ticks)
{
    struct rt_thread *self = rt_self();
    struct message m = {.tag = 0};

    if (deadline_ticks != RT_FOREVER)
        RT_CHECK(timer_set(self->timer, deadline_ticks) == E_OK);
    (void)sys_recv(self->bell, 0, &m, 0);
    if (deadline_ticks != RT_FOREVER)
        (void)timer_cancel(self->timer);
    return deadline_ticks == RT_FOREVER || m.badge != BADGE_ALARM || rt_now() < deadline_ticks;
}

void rt_unpark(struct rt_thread *thread)
{
    struct message m = {.tag = 0};

    (void)sys_send(thread->wake, &m, 0);
}

void rt_yield(void)
{
    (void)sched_context_yield(rt_self()->sched);
}

/* All that a thread needs besides a stack. What was made before something failed is found by the
 * next try. */
static bool furnish(struct rt_thread *thread)
{
    cap_t frame = rt_page_frame(thread->buffer);

    if (thread->thread == 0)
        thread->thread = rt_object_new(TYPE_THREAD, 0);
    if (thread->reply == 0)
        thread->reply = rt_object_new(TYPE_REPLY, 0);
    if (thread->thread == 0 || thread->reply == 0 || !make_bell(thread))
        return false;
    if (thread->sched != 0)
        return true;
    if (thread_configure(thread->thread, COMPONENT_CNODE, COMPONENT_SPACE, frame,
                         COMPONENT_SUPERVISOR, 0) != E_OK)
        return false;
    if (sched_context_bind(COMPONENT_EXTRA_SCHED + thread->number - 1, thread->thread) != E_OK)
        return false;
    thread->sched = COMPONENT_EXTRA_SCHED + thread->number - 1;
    return true;
}

static struct rt_thread *new_thread(word_t index)
{
    void *page = rt_pages_alloc(1);
    struct rt_thread *thread;

    if (page == NULL)
        return NULL;
    thread = control_block((word_t)page);
    thread->self = thread;
    thread->buffer = page;
    thread->number = index + 1;
    extra[index] = thread;
    return thread;
}

/* A thread that has ended, or a new one, ready to be started. Holds the lock. */
static struct rt_thread *claim(void)
{
    word_t count = rt_info()->extra_threads;

    for (word_t i = 0; i < count && i < THREADS; i++) {
        struct rt_thread *thread = extra[i] != NULL ? extra[i] : new_thread(i);

        if (thread == NULL)
            return NULL;
        if (atomic_load(&thread->running) != RUNNING_NO)
            continue;
        if (!furnish(thread) || thread_suspend(thread->thread) != E_OK)
            return NULL;
        /* It may have been stopped between giving the lock back and saying so. */
        rt_lock_ring();
        thread->joiner = NULL;
        thread->joined = false;
        return thread;
    }
    return NULL;
}

struct rt_thread *rt_thread_start_on(void (*function)(void *), void *argument, void *stack_top,
                                     word_t tls)
{
    struct rt_thread *thread = NULL;

    rt_lock();
    if (rt_lock_prepare())
        thread = claim();
    if (thread != NULL) {
        thread->function = function;
        thread->argument = argument;
        atomic_store(&thread->running, RUNNING_YES);
        if (thread_write_registers(thread->thread, (word_t)rt_thread_entry, (word_t)stack_top, 0,
                                   tls != 0 ? tls : (word_t)thread, (word_t)thread, 0, 0,
                                   0) != E_OK ||
            thread_resume(thread->thread) != E_OK) {
            atomic_store(&thread->running, RUNNING_NO);
            thread = NULL;
        }
    }
    rt_unlock();
    return thread;
}

struct rt_thread *rt_thread_start(void (*function)(void *), void *argument, word_t stack_bytes)
{
    word_t pages = (stack_bytes + PAGE - 1) / PAGE;
    char *stack = rt_pages_alloc_guarded(pages);
    struct rt_thread *thread;

    if (stack == NULL)
        return NULL;
    rt_lock();
    thread = rt_thread_start_on(function, argument, stack + pages * PAGE, 0);
    if (thread != NULL) {
        thread->stack = stack;
        thread->stack_pages = pages;
        thread->joined = true;
    }
    rt_unlock();
    if (thread == NULL)
        rt_pages_free(stack, pages);
    return thread;
}

void rt_thread_body(void)
{
    struct rt_thread *self = rt_self();

    self->function(self->argument);
    rt_thread_exit();
}

void rt_thread_end(void)
{
    struct rt_thread *self = rt_self();
    struct rt_thread *joiner;

    rt_lock();
    joiner = self->joiner;
    atomic_store(&self->running, self->joined ? RUNNING_ENDED : RUNNING_NO);
    if (joiner != NULL)
        rt_unpark(joiner);
    rt_unlock();
    /* From here on another thread may take this one over, which begins with suspending it. */
    for (;;)
        (void)thread_suspend(self->thread);
}

void rt_thread_leave(void (*last)(void *), void *argument)
{
    struct rt_thread *self = rt_self();

    if (self->number == 0)
        rt_exit(0);
    /* The rest of the control block's half page is stack enough for this. */
    rt_thread_end_on((char *)self->buffer + PAGE, last, argument);
}

static void nothing(void *argument)
{
    (void)argument;
}

void rt_thread_exit(void)
{
    rt_thread_leave(nothing, NULL);
}

void rt_thread_join(struct rt_thread *thread)
{
    RT_CHECK(rt_park_prepare());
    rt_lock();
    thread->joiner = rt_self();
    while (atomic_load(&thread->running) != RUNNING_ENDED) {
        rt_unlock();
        (void)rt_park(RT_FOREVER);
        rt_lock();
    }
    rt_pages_free(thread->stack, thread->stack_pages);
    atomic_store(&thread->running, RUNNING_NO);
    rt_unlock();
}
