/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting and waking: queues, deadlines, and the list of those whose call is made again. */
#include "core_priv.h"

/* Those with a deadline, soonest first. */
static struct task *sleepers;

struct task *ready_tasks;
static struct task **ready_end = &ready_tasks;

void wait_enter(struct wait_queue *q, struct waiter *w)
{
    struct waiter **at = &q->first;

    while (*at != NULL)
        at = &(*at)->next;
    w->next = NULL;
    w->link = at;
    *at = w;
}

void wait_leave(struct waiter *w)
{
    if (w->link == NULL)
        return;
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    w->link = NULL;
}

void wait_abandon(struct wait_queue *q)
{
    while (q->first != NULL)
        wait_leave(q->first);
}

long task_wait_also(struct task *t, struct wait_queue *q)
{
    struct waiter *w = t->waiters == NULL ? &t->first_waiter : heap_alloc(sizeof *w);

    if (w == NULL)
        return -ENOMEM;
    w->task = t;
    w->fire = NULL;
    w->more = t->waiters;
    t->waiters = w;
    wait_enter(q, w);
    return 0;
}

static void sleeper_enter(struct task *t)
{
    struct task **at = &sleepers;

    while (*at != NULL && (*at)->deadline <= t->deadline)
        at = &(*at)->sleeper;
    t->sleeper = *at;
    *at = t;
    t->sleeping = true;
    if (sleepers == t)
        clock_arm(t->deadline);
}

static void sleeper_leave(struct task *t)
{
    struct task **at = &sleepers;

    if (!t->sleeping)
        return;
    while (*at != t)
        at = &(*at)->sleeper;
    *at = t->sleeper;
    t->sleeping = false;
}

long task_wait(struct task *t, struct wait_queue *q, word_t deadline)
{
    if (q != NULL && task_wait_also(t, q) != 0) {
        task_unwait(t);
        return -ENOMEM;
    }
    t->deadline = deadline;
    t->state = TASK_WAITING;
    if (deadline != NEVER)
        sleeper_enter(t);
    return BLOCKED;
}

void task_unwait(struct task *t)
{
    while (t->waiters != NULL) {
        struct waiter *w = t->waiters;

        t->waiters = w->more;
        wait_leave(w);
        if (w != &t->first_waiter)
            heap_free(w, sizeof *w);
    }
    sleeper_leave(t);
    if (t->state == TASK_WAITING)
        t->state = TASK_RUNNING;
}

void task_make_ready(struct task *t)
{
    task_unwait(t);
    if (t->is_ready)
        return;
    t->is_ready = true;
    t->ready = NULL;
    *ready_end = t;
    ready_end = &t->ready;
}

void task_forget_ready(struct task *t)
{
    struct task **at = &ready_tasks;

    if (!t->is_ready)
        return;
    while (*at != t)
        at = &(*at)->ready;
    *at = t->ready;
    if (ready_end == &t->ready)
        ready_end = at;
    t->is_ready = false;
}

void tasks_run_ready_one(void)
{
    struct task *t = ready_tasks;

    ready_tasks = t->ready;
    if (ready_tasks == NULL)
        ready_end = &ready_tasks;
    t->is_ready = false;
    task_again(t);
}

void tasks_run_ready(void)
{
    while (ready_tasks != NULL)
        tasks_run_ready_one();
}

/* The first that is a task; its others here go with it when it is woken. */
static struct task *first_task(struct wait_queue *q)
{
    struct waiter *w = q->first;

    while (w != NULL && w->task == NULL)
        w = w->next;
    return w == NULL ? NULL : w->task;
}

static void fire_all(struct wait_queue *q)
{
    for (struct waiter *w = q->first, *next; w != NULL; w = next) {
        next = w->next;
        if (w->task == NULL)
            w->fire(w);
    }
}

void task_wake(struct wait_queue *q)
{
    struct task *t;

    if (q->first == NULL)
        return;
    fire_all(q);
    while ((t = first_task(q)) != NULL)
        task_make_ready(t);
}

unsigned wake_events = ~0u;

void task_wake_events(struct wait_queue *q, unsigned events)
{
    wake_events = events;
    task_wake(q);
    wake_events = ~0u;
}

bool task_wake_one(struct wait_queue *q)
{
    struct task *t;

    fire_all(q);
    t = first_task(q);
    if (t != NULL)
        task_make_ready(t);
    return t != NULL;
}

word_t task_deadline(struct task *t, word_t ns)
{
    word_t now;

    if (t->has_deadline)
        return t->deadline;
    now = clock_now();
    t->has_deadline = true;
    t->deadline = ns < NEVER - 1 - now ? now + ns : NEVER - 1;
    return t->deadline;
}

word_t sleepers_wake(word_t now)
{
    while (sleepers != NULL && sleepers->deadline <= now) {
        struct task *t = sleepers;

        t->timed_out = true;
        task_make_ready(t);
    }
    return sleepers != NULL ? sleepers->deadline : NEVER;
}
