/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks and processes: making them, taking them apart, finding them. */
#include "budget.h"
#include "core_priv.h"
#include "ptrace.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/object.h>
#include <rt/program.h>

#include "file.h"
#include "pidfd_priv.h"

#include <rt/clock.h>

struct task *tasks[TASK_MAX + 1];
struct process *processes;

/* What a task's index keeps of the kernel's objects when the task is gone; its context too. */
static cap_t handlers[TASK_MAX + 1];

struct task *task_find(int tid)
{
    for (struct process *p = processes; p != NULL; p = p->next) {
        for (struct task *t = p->tasks; t != NULL; t = t->peer) {
            if (t->tid == tid)
                return t;
        }
    }
    return NULL;
}

struct process *process_find(int pid)
{
    for (struct process *p = processes; p != NULL; p = p->next) {
        if (p->pid == pid)
            return p;
    }
    return NULL;
}

struct process *process_of_group(int pgid, int sid)
{
    for (struct process *p = processes; p != NULL; p = p->next) {
        if (p->pgid == pgid && (sid == 0 || p->sid == sid))
            return p;
    }
    return NULL;
}

bool process_group_orphaned(int pgid)
{
    for (struct process *p = processes; p != NULL; p = p->next) {
        if (p->pgid == pgid && !p->zombie && p->parent != NULL && p->parent->pgid != pgid &&
            p->parent->sid == p->sid)
            return false;
    }
    return true;
}

static bool is_taken(int pid)
{
    for (struct process *p = processes; p != NULL; p = p->next) {
        if (p->pid == pid || p->pgid == pid || p->sid == pid)
            return true;
    }
    return task_find(pid) != NULL;
}

int pid_new(void)
{
    static int last;

    do
        last = last % PID_MAX + 1;
    while (is_taken(last));
    return last;
}

static void limits_first(struct rlimit *limit)
{
    for (unsigned i = 0; i < RLIMITS; i++)
        limit[i] = (struct rlimit){~0ul, ~0ul};
    limit[RLIMIT_STACK].soft = 8ul << 20;
    limit[RLIMIT_CORE].soft = 0;
    limit[RLIMIT_NPROC] = (struct rlimit){TASK_MAX, TASK_MAX};
    limit[RLIMIT_NOFILE] = (struct rlimit){1024, FILES_MAX};
    limit[RLIMIT_MEMLOCK] = (struct rlimit){8ul << 20, 8ul << 20};
    limit[RLIMIT_SIGPENDING] = (struct rlimit){1024, 1024};
    limit[RLIMIT_MSGQUEUE] = (struct rlimit){819200, 819200};
    limit[RLIMIT_NICE] = limit[RLIMIT_RTPRIO] = (struct rlimit){0, 0};
}

void process_set_exe(struct process *p, struct inode *exe)
{
    struct inode *old = p->exe;

    if (exe != NULL)
        inode_get(exe)->executed++;
    p->exe = exe;
    if (old == NULL)
        return;
    old->executed--;
    inode_put(old);
}

static void inherit(struct process *p, struct process *parent)
{
    p->pgid = parent->pgid;
    p->sid = parent->sid;
    memcpy(p->limit, parent->limit, sizeof p->limit);
    p->identity = parent->identity;
    p->nice = parent->nice;
    p->personality = parent->personality;
    p->no_new_privileges = parent->no_new_privileges;
    p->traced = parent->traced;
    process_set_exe(p, parent->exe);
    p->sibling = parent->children;
    parent->children = p;
}

struct process *process_new(struct process *parent, int pid)
{
    struct process *p = heap_alloc(sizeof *p);
    struct process **end = &processes;

    if (p == NULL)
        return NULL;
    p->pid = pid;
    p->parent = parent;
    p->exit_signal = SIGCHLD;
    p->dumpable = true;
    p->start_ns = clock_now();
    if (parent != NULL) {
        inherit(p, parent);
    } else {
        p->pgid = p->sid = pid;
        limits_first(p->limit);
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = p;
    return p;
}

static void leave_parent(struct process *p)
{
    struct process **at = &p->parent->children;

    while (*at != p)
        at = &(*at)->sibling;
    *at = p->sibling;
}

void process_free(struct process *p)
{
    struct process **at = &processes;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    if (p->parent != NULL)
        leave_parent(p);
    signal_flush(&p->pending);
    pidfd_forget(p);
    process_set_exe(p, NULL);
    wait_abandon(&p->signalled);
    heap_free(p, sizeof *p);
}

/* --- the kernel's objects --------------------------------------------------------------------- */

static bool has_handler(unsigned index)
{
    if (handlers[index] == 0)
        handlers[index] = rt_object_badge(loop_endpoint, RIGHT_WRITE, index);
    return handlers[index] != 0;
}

word_t task_ticks(const struct task *t)
{
    return budget_consumed(t->context) - t->context_ticks;
}

word_t process_time_ns(struct process *p)
{
    word_t ticks = p->ticks;

    for (struct task *t = p->tasks; t != NULL; t = t->peer)
        ticks += task_ticks(t);
    return rt_ticks_to_ns(ticks);
}

struct task *task_new(struct process *p, int tid)
{
    unsigned index = 1;
    struct task *t;
    cap_t context;

    while (index <= TASK_MAX && tasks[index] != NULL)
        index++;
    context = index <= TASK_MAX ? budget_context(index) : 0;
    if (context == 0 || !has_handler(index))
        return NULL;
    t = heap_alloc(sizeof *t);
    if (t == NULL)
        return NULL;
    t->index = index;
    t->tid = tid;
    t->process = p;
    t->traced = t->watched = p->traced;
    t->context = context;
    t->context_ticks = budget_consumed(context);
    t->handler = handlers[index];
    t->peer = p->tasks;
    p->tasks = t;
    p->task_count++;
    tasks[index] = t;
    return t;
}

static void thread_drop(struct task *t)
{
    if (t->thread == 0)
        return;
    (void)sched_context_unbind(t->context);
    lone_free(&t->lone);
    t->thread = 0;
    if (t->reply != 0) {
        loop_free_reply(t->reply); /* what it held went with the thread */
        t->reply = 0;
    }
}

bool task_thread_make(const struct task *t, const struct space *s, struct lone *thread)
{
    if (!lone_new(thread, TYPE_THREAD, 0))
        return false;
    if (thread_configure(thread->object, 0, space_cap(s), 0, t->handler, 0) != E_OK) {
        lone_free(thread);
        return false;
    }
    RT_CHECK(thread_set_flags(thread->object, THREAD_FOREIGN) == E_OK);
    return true;
}

void task_thread_take(struct task *t, struct lone *thread)
{
    thread_drop(t);
    t->lone = *thread;
    *thread = (struct lone){0};
    t->thread = t->lone.object;
    RT_CHECK(sched_context_bind(t->context, t->thread) == E_OK);
}

bool task_thread_new(struct task *t)
{
    struct lone thread;

    if (!task_thread_make(t, t->space, &thread))
        return false;
    task_thread_take(t, &thread);
    return true;
}

void task_start(struct task *t, const struct regs *r)
{
    task_regs_write(t, r);
    RT_CHECK(thread_resume(t->thread) == E_OK);
}

void task_free(struct task *t)
{
    struct process *p = t->process;
    struct task **at = &p->tasks;

    task_unwait(t);
    task_forget_ready(t);
    ptrace_forget(t);
    task_forget_kick(t);
    t->state = TASK_DEAD;
    memcpy(p->name, t->name, TASK_NAME);
    p->ticks += task_ticks(t);
    p->faults += t->faults;
    thread_drop(t);
    signal_flush(&t->pending);
    if (t->files != NULL)
        files_put(t->files, t);
    if (t->place != NULL)
        place_put(t->place);
    if (t->space != NULL)
        space_put(t->space);
    while (*at != t)
        at = &(*at)->peer;
    *at = t->peer;
    p->task_count--;
    tasks[t->index] = NULL;
    if (current == t)
        current = NULL;
    heap_free(t, sizeof *t);
}
