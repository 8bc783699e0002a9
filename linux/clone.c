/* SPDX-License-Identifier: BSD-2-Clause */
/* New tasks: fork, vfork, clone, clone3. */
#include "core_priv.h"

#include <abi/invoke.h>
#include <rt/program.h>

#include "file.h"
#include "handlers.h"
#include "ptrace.h"
#include "pidfd_priv.h"

#define CSIGNAL              0xfful
#define CLONE_VM             0x100ul
#define CLONE_FS             0x200ul
#define CLONE_FILES          0x400ul
#define CLONE_SIGHAND        0x800ul
#define CLONE_PIDFD          0x1000ul
#define CLONE_VFORK          0x4000ul
#define CLONE_PARENT         0x8000ul
#define CLONE_THREAD         0x10000ul
#define CLONE_NEWNS          0x20000ul
#define CLONE_SYSVSEM        0x40000ul
#define CLONE_SETTLS         0x80000ul
#define CLONE_PARENT_SETTID  0x100000ul
#define CLONE_CHILD_CLEARTID 0x200000ul
#define CLONE_CHILD_SETTID   0x1000000ul
#define CLONE_NEWANY         0x7e020000ul /* namespaces */
#define CLONE_CLEAR_SIGHAND  0x100000000ul
#define CLONE_INTO_CGROUP    0x200000000ul

struct clone {
    word_t flags, exit_signal, stack, tls, parent_tid, child_tid, pidfd;
};

static long check(const struct task *t, const struct clone *c)
{
    word_t f = c->flags;

    if (f & CLONE_THREAD && !(f & CLONE_SIGHAND))
        return -EINVAL;
    if (f & CLONE_SIGHAND && !(f & CLONE_VM))
        return -EINVAL;
    if (f & CLONE_SIGHAND && f & CLONE_CLEAR_SIGHAND)
        return -EINVAL;
    if (f & CLONE_THREAD && f & CLONE_PIDFD)
        return -EINVAL;
    if (f & CLONE_NEWANY || f & CLONE_INTO_CGROUP)
        return f & CLONE_NEWANY ? -EPERM : -EOPNOTSUPP;
    if (f & CLONE_PARENT && t->process->parent == NULL)
        return -EINVAL;
    if (c->exit_signal > SIGNALS || (f & CLONE_SETTLS && c->tls >= USER_END))
        return -EINVAL;
    return 0;
}

static void reset_handlers(struct process *p)
{
    for (unsigned i = 1; i <= SIGNALS; i++) {
        if (p->action[i].handler > 1)
            p->action[i] = (struct sigaction){0};
    }
}

static struct process *new_process(struct task *t, const struct clone *c, int pid)
{
    struct process *parent = t->process;
    struct process *p =
        process_new(c->flags & CLONE_PARENT ? parent->parent : parent, pid);

    if (p == NULL)
        return NULL;
    p->exit_signal = (int)c->exit_signal;
    memcpy(p->action, parent->action, sizeof p->action);
    if (c->flags & CLONE_CLEAR_SIGHAND)
        reset_handlers(p);
    return p;
}

/* What the child shares, and what it has copies of. @return false: no memory */
static bool give(struct task *t, struct task *child, const struct clone *c)
{
    if (c->flags & CLONE_VM)
        child->space = space_get(t->space);
    else
        child->space = space_fork(t->space);
    if (c->flags & CLONE_FILES)
        child->files = t->files, t->files->refs++;
    else
        child->files = files_copy(t->files);
    if (c->flags & CLONE_FS)
        child->place = t->place, t->place->refs++;
    else
        child->place = place_copy(t->place);
    return child->space != NULL && child->files != NULL && child->place != NULL;
}

static void copy_state(struct task *t, struct task *child, const struct clone *c)
{
    memcpy(child->name, t->name, TASK_NAME);
    child->blocked = t->restore_blocked ? t->saved_blocked : t->blocked;
    child->deadline = NEVER;
    if (!(c->flags & CLONE_VM) || c->flags & CLONE_VFORK) {
        child->alt_stack = t->alt_stack;
        child->alt_stack_bytes = t->alt_stack_bytes;
        child->alt_stack_flags = t->alt_stack_flags;
    }
    if (c->flags & CLONE_CHILD_CLEARTID)
        child->clear_tid = c->child_tid;
}

/* Of one that cannot be, or cannot be told of. @param child may be NULL */
static void undo(const struct task *t, struct process *p, struct task *child)
{
    if (child != NULL)
        task_free(child);
    if (p == t->process)
        return;
    timers_free(p);
    process_free(p);
}

static struct task *new_task(struct task *t, const struct clone *c)
{
    int tid = pid_new();
    struct process *p = c->flags & CLONE_THREAD ? t->process : new_process(t, c, tid);
    struct task *child = p != NULL ? task_new(p, tid) : NULL;

    if (child != NULL && give(t, child, c) &&
        (p == t->process || timers_cpu_limit(p) == 0) && task_thread_new(child)) {
        copy_state(t, child, c);
        return child;
    }
    if (p != NULL)
        undo(t, p, child);
    return NULL;
}

/* Numbers that the caller wants in memory. */
static void write_numbers(struct task *t, struct task *child, const struct clone *c)
{
    int32_t tid = child->tid;

    if (c->flags & CLONE_PARENT_SETTID)
        (void)user_write(t, c->parent_tid, &tid, sizeof tid);
    if (c->flags & CLONE_CHILD_SETTID)
        (void)user_write(child, c->child_tid, &tid, sizeof tid);
}

static void start(struct task *t, struct task *child, const struct clone *c)
{
    struct regs r;

    task_regs_read(t, &r);
    r.rax = 0;
    if (c->stack != 0)
        r.sp = c->stack;
    if (c->flags & CLONE_SETTLS)
        r.tls = c->tls;
    task_regs_write(child, &r);
    if (!ptrace_new_child(t, child, c->flags, c->exit_signal != SIGCHLD))
        RT_CHECK(thread_resume(child->thread) == E_OK);
}

/* RLIMIT_NPROC: tasks of the same user; root is not bound by it. */
static bool are_too_many(const struct process *own)
{
    word_t count = 0;

    if (own->identity.uid == 0 || own->limit[RLIMIT_NPROC].soft == NEVER)
        return false;
    for (const struct process *p = processes; p != NULL; p = p->next)
        count += p->identity.uid == own->identity.uid ? p->task_count : 0;
    return count >= own->limit[RLIMIT_NPROC].soft;
}

static long clone(struct task *t, const struct clone *c)
{
    struct task *child;
    int fd = -1, tid;
    long e;

    if (t->saved_arg != 0) { /* vfork: made again when the child has let go */
        if (t->vfork_child != NULL)
            return task_wait(t, NULL, NEVER);
        ptrace_vfork_done(t, (int)t->saved_arg);
        return (long)t->saved_arg;
    }
    e = check(t, c);
    if (e == 0 && (are_too_many(t->process) || pieces_low()))
        e = -EAGAIN;
    if (e == 0 && pages_low())
        e = -ENOMEM;
    if (e != 0)
        return e;
    child = new_task(t, c);
    if (child == NULL)
        return pages_free() < 16 ? -ENOMEM : -EAGAIN;
    if (c->flags & CLONE_PIDFD) {
        fd = (int)pidfd_new(t, child->process, 0);
        e = fd < 0 ? fd : user_write(t, c->pidfd, &fd, sizeof fd);
        if (e != 0) {
            undo(t, child->process, child);
            if (fd >= 0)
                (void)descriptor_close(t, (word_t)fd);
            return e;
        }
    }
    write_numbers(t, child, c);
    start(t, child, c);
    tid = child->tid;
    if (!(c->flags & CLONE_VFORK))
        return tid;
    t->vfork_child = child;
    child->vfork_waiter = t;
    t->saved_arg = (word_t)tid;
    return task_wait(t, NULL, NEVER);
}

long sys_clone(struct task *t, const word_t *arg)
{
    struct clone c = {.flags = arg[0] & 0xffffff00, .exit_signal = arg[0] & CSIGNAL,
                      .stack = arg[1], .parent_tid = arg[2], .child_tid = arg[3], .tls = arg[4],
                      .pidfd = arg[2]};

    if (c.flags & CLONE_PIDFD && c.flags & CLONE_PARENT_SETTID)
        return -EINVAL;
    return clone(t, &c);
}

/* Linux's struct clone_args. */
struct clone_args {
    word_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_bytes, tls, set_tid,
        set_tid_count, cgroup;
};

long sys_clone3(struct task *t, const word_t *arg)
{
    struct clone_args a = {0};
    size_t bytes = arg[1];
    long e;

    if (bytes < 64)
        return -EINVAL;
    if (bytes > PAGE)
        return -E2BIG;
    e = user_read(t, &a, arg[0], bytes < sizeof a ? bytes : sizeof a);
    if (e != 0)
        return e;
    for (size_t at = sizeof a; at < bytes; at += 8) { /* of a later Linux */
        word_t beyond;

        if (user_read(t, &beyond, arg[0] + at, bytes - at < 8 ? bytes - at : 8) != 0 || beyond != 0)
            return -E2BIG;
    }
    if (a.flags & CSIGNAL || (a.stack == 0) != (a.stack_bytes == 0) || a.set_tid_count != 0 ||
        (a.flags & (CLONE_THREAD | CLONE_PARENT) && a.exit_signal != 0))
        return -EINVAL;
    struct clone c = {.flags = a.flags, .exit_signal = a.exit_signal,
                      .stack = a.stack + a.stack_bytes, .tls = a.tls, .parent_tid = a.parent_tid,
                      .child_tid = a.child_tid, .pidfd = a.pidfd};

    return clone(t, &c);
}

long sys_fork(struct task *t, const word_t *arg)
{
    struct clone c = {.exit_signal = SIGCHLD};

    (void)arg;
    return clone(t, &c);
}

long sys_vfork(struct task *t, const word_t *arg)
{
    struct clone c = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};

    (void)arg;
    return clone(t, &c);
}
