/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of tasks and processes, and what parents learn of it: exit, wait4, stops. */
#include "core_priv.h"

#include <abi/invoke.h>
#include <proto/power.h>
#include <rt/clock.h>
#include <rt/program.h>

#include "futex_priv.h"
#include "handlers.h"
#include "pidfd_priv.h"
#include "policy.h"
#include "ptrace.h"
#include "trace.h"
#include "tty.h"

#define SA_NOCLDSTOP 1ul
#define SA_NOCLDWAIT 2ul

#define WNOHANG    1u
#define WUNTRACED  2u
#define WEXITED    4u
#define WCONTINUED 8u
#define WNOWAIT    0x01000000u
#define WALL_FLAGS 0xe0000000u /* __WNOTHREAD, __WALL, __WCLONE: no difference here */

enum { P_ALL, P_PID, P_PGID, P_PIDFD };

void process_tell_parent(struct process *p, int code, int status)
{
    struct process *parent = p->parent;
    struct siginfo info = {.number = p->exit_signal, .code = code};
    bool ended = code != CLD_STOPPED && code != CLD_CONTINUED;

    if (parent == NULL)
        return;
    info.child.pid = p->pid;
    info.child.uid = p->identity.uid;
    info.child.status = status;
    info.child.user_time = process_time_ns(p) / 10000000; /* in hundredths of a second */
    if (!ended)
        info.number = SIGCHLD;
    task_wake(&parent->child_changed);
    if (info.number != 0 && (ended || !(parent->action[SIGCHLD].flags & SA_NOCLDSTOP)))
        (void)signal_process(parent, &info);
}

/* Children of one that ends go to the nearest that adopts, at last to the first process. */
static void give_children(struct process *p)
{
    struct process *to = p->parent;

    while (to != NULL && to->parent != NULL && !to->subreaper)
        to = to->parent;
    while (p->children != NULL) {
        struct process *child = p->children;

        p->children = child->sibling;
        child->parent = to;
        child->exit_signal = SIGCHLD; /* a foster parent did not ask for another one */
        child->sibling = to->children;
        to->children = child;
        if (child->parent_death_signal != 0 && !child->zombie)
            signal_send(child, child->parent_death_signal);
        if (child->zombie)
            process_tell_parent(child, CLD_EXITED, child->exit_status >> 8);
    }
}

/* A group that is left without anybody to continue it. */
static void wake_orphans(struct process *p)
{
    for (struct process *child = p->children; child != NULL; child = child->sibling) {
        if (child->stopped && process_group_orphaned(child->pgid)) {
            signal_group(child->pgid, SIGHUP);
            signal_group(child->pgid, SIGCONT);
        }
    }
}

/* The first process ends, and the sandbox with it; and the machine, if the manifest says so. */
static _Noreturn void sandbox_end(int status)
{
    int code = status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;

    policy_report();
    if (rt_uses("power") != 0)
        (void)power_off(rt_uses("power"), (uint8_t)code);
    rt_exit(code);
}

void process_zombie_to_parent(struct process *p)
{
    const struct sigaction *a = &p->parent->action[SIGCHLD];
    bool unwanted = p->exit_signal == SIGCHLD && (a->handler == 1 || a->flags & SA_NOCLDWAIT);

    process_tell_parent(p, p->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED,
                        p->exit_status & 0x7f ? p->exit_status & 0x7f : p->exit_status >> 8);
    if (unwanted)
        process_free(p);
}

static void become_zombie(struct process *p)
{
    if (p->traced)
        trace_exit(p, p->exit_status);
    if (p->parent == NULL)
        sandbox_end(p->exit_status);
    p->zombie = true;
    process_set_exe(p, NULL);
    timers_free(p);
    tty_leader_exits(p);
    wake_orphans(p);
    give_children(p);
    task_wake(&p->exited);
    ptrace_tracer_ends(p);
    if (!ptrace_has_zombie(p))
        process_zombie_to_parent(p);
}

void vfork_release(struct task *t)
{
    struct task *parent = t->vfork_waiter;

    if (parent == NULL)
        return;
    t->vfork_waiter = NULL;
    parent->vfork_child = NULL;
    signal_recalculate(t); /* stops of the terminal were held back */
    task_make_ready(parent);
}

/* What a thread leaves behind in memory that others share. */
static void leave_memory(struct task *t)
{
    static const uint32_t zero;

    if (t->space == NULL)
        return;
    robust_leave(t);
    futex_owner_ends(t);
    if (t->clear_tid != 0 && space_is_shared(t->space) &&
        user_write(t, t->clear_tid, &zero, sizeof zero) == 0)
        (void)futex_wake_at(t, t->clear_tid, 1);
}

/* @param status for its tracer, if it has one */
static void task_end(struct task *t, int status)
{
    ptrace_ends(t, status);
    vfork_release(t);
    if (t->vfork_child != NULL)
        t->vfork_child->vfork_waiter = NULL;
    leave_memory(t);
    futex_forget(t);
    task_free(t);
}

void task_exit(struct task *t, int status)
{
    struct process *p = t->process;

    if (p->task_count == 1 && !p->exiting)
        p->exit_status = status;
    task_end(t, status);
    if (p->task_count == 0)
        become_zombie(p);
}

void process_exit(struct process *p, int status)
{
    if (p->exiting)
        return;
    p->exiting = true;
    p->stopped = false;
    p->exit_status = status;
    while (p->tasks != NULL)
        task_end(p->tasks, status);
    become_zombie(p);
}

void task_exit_others(struct task *t)
{
    struct process *p = t->process;

    for (struct task *o = p->tasks, *next; o != NULL; o = next) {
        next = o->peer;
        if (o != t)
            task_end(o, 0);
    }
    t->tid = p->pid;
}

/* --- stopping ------------------------------------------------------------------------------- */

void process_stop(struct process *p, int number)
{
    p->stopped = true;
    p->stop_reported = false;
    p->continued = false;
    p->stop_signal = number;
    for (struct task *t = p->tasks; t != NULL; t = t->peer) {
        if (t->ptrace != NULL)
            ptrace_group_stop(t, number);
        if (t->reply != 0 || t == current || t->suspended || t->thread == 0)
            continue;
        RT_CHECK(thread_suspend(t->thread) == E_OK);
        t->suspended = true;
    }
    if (!ptrace_hides(p))
        process_tell_parent(p, CLD_STOPPED, number);
}

void process_continue(struct process *p, bool told)
{
    if (!p->stopped)
        return;
    p->stopped = false;
    for (struct task *t = p->tasks; t != NULL; t = t->peer) {
        if (ptrace_is_stopped(t))
            ptrace_group_continues(t);
        else if (t->suspended)
            task_kick(t); /* signals may have come meanwhile */
        else if (t->has_result || t->reply != 0)
            task_make_ready(t);
    }
    if (!told)
        return;
    p->continued = true;
    process_tell_parent(p, CLD_CONTINUED, SIGCONT);
}

/* --- waiting -------------------------------------------------------------------------------- */

/* Whom a call waits for. */
struct choice {
    long which, id;
};

static bool is_chosen(const void *context, int pid, int pgid)
{
    const struct choice *c = context;

    return c->which == P_ALL || (c->which == P_PID ? pid : pgid) == c->id;
}

struct waited {
    int pid, code, status; /* status: as wait4 */
    unsigned uid;
    word_t ns, faults;
    struct process *child;
};

/* Has a child something to say? */
static bool look_at_child(struct process *c, unsigned options, struct waited *w)
{
    bool keep = options & WNOWAIT;

    if (c->zombie ? ptrace_hides(c) : ptrace_hides(c) && !(options & WCONTINUED))
        return false;
    w->pid = c->pid;
    w->uid = c->identity.uid;
    if (c->zombie && options & WEXITED) {
        w->status = c->exit_status;
        w->code = c->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED;
        w->ns = rt_ticks_to_ns(c->ticks + c->child_ticks);
        w->faults = c->faults;
        return true;
    }
    if (c->stopped && !c->stop_reported && options & WUNTRACED && !ptrace_hides(c)) {
        w->status = c->stop_signal << 8 | 0x7f;
        w->code = CLD_STOPPED;
        c->stop_reported = !keep;
        return true;
    }
    if (c->continued && options & WCONTINUED) {
        w->status = 0xffff;
        w->code = CLD_CONTINUED;
        c->continued = keep;
        return true;
    }
    return false;
}

static void reap(struct process *c)
{
    struct process *parent = c->parent;

    if (c->tracer != NULL && c->tracer != parent) { /* its own parent has yet to learn of it */
        c->tracer = NULL;
        process_zombie_to_parent(c);
        return;
    }
    parent->child_ticks += c->ticks + c->child_ticks;
    parent->child_faults += c->faults + c->child_faults;
    process_free(c);
}

/* @return pid, 0 (WNOHANG, nothing yet), BLOCKED, -ECHILD */
static long wait_for(struct task *t, long which, long id, unsigned options, struct waited *w)
{
    struct choice choice = {which, id != 0 || which != P_PGID ? id : t->process->pgid};
    struct ptrace_wait p = {0};
    bool any = false;

    if (ptrace_look(t->process, is_chosen, &choice, options & WNOWAIT, &p, &any)) {
        *w = (struct waited){.pid = p.id, .code = p.code, .status = p.status, .child = p.zombie};
        return p.id;
    }
    for (struct process *c = t->process->children; c != NULL; c = c->sibling) {
        if (!is_chosen(&choice, c->pid, c->pgid))
            continue;
        any = true;
        if (look_at_child(c, options, w)) {
            int pid = c->pid;

            w->child = c;
            return pid;
        }
    }
    if (!any)
        return -ECHILD;
    return options & WNOHANG ? 0 : task_wait(t, &t->process->child_changed, NEVER);
}

static long write_usage(struct task *t, word_t to, const struct waited *w)
{
    struct usage u;

    if (to == 0)
        return 0;
    usage_of(&u, w->ns, w->faults);
    return user_write(t, to, &u, sizeof u);
}

/* A process, which is to be reaped: not one of several threads. */
static bool is_end(const struct waited *w)
{
    return w->child != NULL && (w->code == CLD_EXITED || w->code == CLD_KILLED);
}

long sys_wait4(struct task *t, const word_t *arg)
{
    int32_t pid = (int32_t)arg[0];
    unsigned options = (unsigned)arg[2];
    struct waited w = {0};
    long which = P_ALL, id = 0, e;

    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WALL_FLAGS))
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid != -1) {
        which = pid > 0 ? P_PID : P_PGID;
        id = pid > 0 ? pid : -(long)pid;
    }
    e = wait_for(t, which, id, options | WEXITED, &w);
    if (e <= 0)
        return e;
    int32_t status = w.status;

    if (is_end(&w))
        reap(w.child);
    if ((arg[1] != 0 && user_write(t, arg[1], &status, sizeof status) != 0) ||
        write_usage(t, arg[3], &w) != 0)
        return -EFAULT;
    return e;
}

long sys_waitid(struct task *t, const word_t *arg)
{
    unsigned options = (unsigned)arg[3];
    struct siginfo info = {0};
    struct waited w = {0};
    long id = (int32_t)arg[1], e;
    word_t which = arg[0];

    if (options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | WALL_FLAGS) ||
        !(options & (WUNTRACED | WEXITED | WCONTINUED)) || which > P_PIDFD ||
        (which == P_PID && id <= 0) || (which == P_PGID && id < 0))
        return -EINVAL;
    if (which == P_PIDFD) {
        id = pidfd_process(t, arg[1]);
        if (id < 0)
            return id;
        which = P_PID;
    }
    e = wait_for(t, (long)which, id, options, &w);
    if (e < 0)
        return e;
    if (e > 0) {
        info.number = SIGCHLD;
        info.code = w.code;
        info.child.pid = w.pid;
        info.child.uid = w.uid;
        info.child.status = w.code == CLD_EXITED ? w.status >> 8
                            : w.code == CLD_CONTINUED ? SIGCONT
                            : w.code == CLD_STOPPED || w.code == CLD_TRAPPED
                                ? w.status >> 8 : w.status & 0x7f;
        if (is_end(&w) && !(options & WNOWAIT))
            reap(w.child);
    }
    if ((arg[2] != 0 && user_write(t, arg[2], &info, sizeof info) != 0) ||
        write_usage(t, arg[4], &w) != 0)
        return -EFAULT;
    return 0;
}

long sys_exit(struct task *t, const word_t *arg)
{
    if (t->saved_arg++ == 0 && ptrace_exit(t, (int)(arg[0] & 0xff) << 8))
        return BLOCKED;
    task_exit(t, (int)(arg[0] & 0xff) << 8);
    return NO_REPLY;
}

long sys_exit_group(struct task *t, const word_t *arg)
{
    if (t->saved_arg++ == 0 && ptrace_exit(t, (int)(arg[0] & 0xff) << 8))
        return BLOCKED;
    process_exit(t->process, (int)(arg[0] & 0xff) << 8);
    return NO_REPLY;
}
