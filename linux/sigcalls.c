/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about signals. */
#include "core_priv.h"
#include "handlers.h"

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define UNSTOPPABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

static bool is_signal(long number)
{
    return number >= 1 && number <= SIGNALS;
}

long sys_rt_sigaction(struct task *t, const word_t *arg)
{
    long number = (int)arg[0];
    struct sigaction new, old;
    struct process *p = t->process;

    if (arg[3] != sizeof(sigset_t) || !is_signal(number))
        return -EINVAL;
    if (arg[1] != 0 && user_read(t, &new, arg[1], sizeof new) != 0)
        return -EFAULT;
    if (arg[1] != 0 && UNSTOPPABLE & SIGNAL_BIT(number))
        return -EINVAL;
    old = p->action[number];
    if (arg[1] != 0) {
        new.mask &= ~UNSTOPPABLE;
        p->action[number] = new;
        if (signal_is_ignored(p, (int)number))
            process_forget_signals(p, SIGNAL_BIT(number));
    }
    return arg[2] != 0 ? user_write(t, arg[2], &old, sizeof old) : 0;
}

long sys_rt_sigprocmask(struct task *t, const word_t *arg)
{
    sigset_t old = t->blocked, set;

    if (arg[3] != sizeof(sigset_t))
        return -EINVAL;
    if (arg[1] != 0) {
        if (user_read(t, &set, arg[1], sizeof set) != 0)
            return -EFAULT;
        if (arg[0] > SIG_SETMASK)
            return -EINVAL;
        signal_set_mask(t, arg[0] == SIG_BLOCK     ? old | set
                           : arg[0] == SIG_UNBLOCK ? old & ~set
                                                   : set);
    }
    return arg[2] != 0 ? user_write(t, arg[2], &old, sizeof old) : 0;
}

long sys_rt_sigpending(struct task *t, const word_t *arg)
{
    sigset_t set = signal_pending(t) & t->blocked;

    return arg[1] > sizeof set ? -EINVAL : user_write(t, arg[0], &set, arg[1]);
}

long sys_rt_sigsuspend(struct task *t, const word_t *arg)
{
    sigset_t set;

    if (arg[1] != sizeof set)
        return -EINVAL;
    if (user_read(t, &set, arg[0], sizeof set) != 0)
        return -EFAULT;
    signal_mask_for_call(t, set);
    return task_wait(t, NULL, NEVER);
}

long sys_pause(struct task *t, const word_t *arg)
{
    (void)arg;
    return task_wait(t, NULL, NEVER);
}

long sys_rt_sigtimedwait(struct task *t, const word_t *arg)
{
    struct timespec ts;
    struct siginfo info;
    sigset_t set;
    word_t deadline = NEVER;
    int number;

    if (arg[3] != sizeof set)
        return -EINVAL;
    if (user_read(t, &set, arg[0], sizeof set) != 0 ||
        (arg[2] != 0 && user_read(t, &ts, arg[2], sizeof ts) != 0))
        return -EFAULT;
    if (arg[2] != 0) {
        if (timespec_check(&ts) != 0)
            return -EINVAL;
        deadline = task_deadline(t, timespec_ns(&ts));
    }
    number = signal_take(t, set & ~UNSTOPPABLE, &info);
    if (number != 0)
        return arg[1] != 0 && user_write(t, arg[1], &info, sizeof info) != 0 ? -EFAULT : number;
    if (t->timed_out || deadline <= clock_now())
        return -EAGAIN;
    return task_wait(t, &t->process->signalled, deadline);
}

/* --- sending -------------------------------------------------------------------------------- */

static struct siginfo from_me(const struct task *t, int number, int code)
{
    struct siginfo info = {.number = number, .code = code};

    info.from.pid = t->process->pid;
    info.from.uid = t->process->identity.uid;
    return info;
}

/* Root may signal all; others their own. */
static bool may_signal(const struct task *t, const struct process *p, int number)
{
    const struct identity *a = &t->process->identity, *b = &p->identity;

    return a->euid == 0 || a->euid == b->suid || a->euid == b->uid || a->uid == b->suid ||
           a->uid == b->uid || (number == SIGCONT && t->process->sid == p->sid);
}

static long send(struct task *t, struct process *p, const struct siginfo *info)
{
    if (!may_signal(t, p, info->number))
        return -EPERM;
    return info->number == 0 ? 0 : signal_process(p, info);
}

static long send_many(struct task *t, int pgid, const struct siginfo *info)
{
    long result = -ESRCH;

    for (struct process *p = processes, *next; p != NULL; p = next) {
        long e;

        next = p->next;
        if (pgid != 0 ? p->pgid != pgid : p == t->process || p->parent == NULL)
            continue;
        e = send(t, p, info);
        if (result != 0)
            result = e;
    }
    return result;
}

long sys_kill(struct task *t, const word_t *arg)
{
    int pid = (int)arg[0], number = (int)arg[1];
    struct siginfo info = from_me(t, number, SI_USER);
    struct process *p;

    if (number != 0 && !is_signal(number))
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid <= 0)
        return send_many(t, pid == -1 ? 0 : pid == 0 ? t->process->pgid : -pid, &info);
    p = process_find(pid);
    if (p == NULL) {
        struct task *other = task_find(pid);

        p = other != NULL ? other->process : NULL;
    }
    return p == NULL ? -ESRCH : send(t, p, &info);
}

static long send_task(struct task *t, int tgid, int tid, const struct siginfo *info)
{
    struct task *other;

    if (tid <= 0 || (info->number != 0 && !is_signal(info->number)))
        return -EINVAL;
    other = task_find(tid);
    if (other == NULL || (tgid != 0 && other->process->pid != tgid))
        return -ESRCH;
    if (!may_signal(t, other->process, info->number))
        return -EPERM;
    return info->number == 0 ? 0 : signal_task(other, info);
}

long sys_tkill(struct task *t, const word_t *arg)
{
    struct siginfo info = from_me(t, (int)arg[1], SI_TKILL);

    return send_task(t, 0, (int)arg[0], &info);
}

long sys_tgkill(struct task *t, const word_t *arg)
{
    struct siginfo info = from_me(t, (int)arg[2], SI_TKILL);

    return (int)arg[0] <= 0 ? -EINVAL : send_task(t, (int)arg[0], (int)arg[1], &info);
}

/* What a program says of its signal: not that it comes from the kernel, or from kill. */
static long read_info(struct task *t, word_t from, int number, bool self, struct siginfo *info)
{
    if (user_read(t, info, from, sizeof *info) != 0)
        return -EFAULT;
    info->number = number;
    return !self && (info->code >= 0 || info->code == SI_TKILL) ? -EPERM : 0;
}

long sys_rt_sigqueueinfo(struct task *t, const word_t *arg)
{
    struct process *p = process_find((int)arg[0]);
    struct siginfo info;
    long e = read_info(t, arg[2], (int)arg[1], (int)arg[0] == t->process->pid, &info);

    if (e != 0)
        return e;
    if ((int)arg[1] != 0 && !is_signal((int)arg[1]))
        return -EINVAL;
    return p == NULL ? -ESRCH : send(t, p, &info);
}

long sys_rt_tgsigqueueinfo(struct task *t, const word_t *arg)
{
    struct siginfo info;
    long e = read_info(t, arg[3], (int)arg[2], (int)arg[0] == t->process->pid, &info);

    if (e != 0)
        return e;
    return (int)arg[0] <= 0 ? -EINVAL : send_task(t, (int)arg[0], (int)arg[1], &info);
}

/* --- the alternate stack -------------------------------------------------------------------- */

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define STACK_MIN     2048u

struct stack {
    word_t base;
    uint32_t flags, pad;
    word_t bytes;
};

long sys_sigaltstack(struct task *t, const word_t *arg)
{
    struct stack new, old = {.base = t->alt_stack, .bytes = t->alt_stack_bytes};
    struct regs r;

    task_regs_read(t, &r);
    old.flags = alt_stack_state(t, r.sp);
    if (arg[0] != 0) {
        if (user_read(t, &new, arg[0], sizeof new) != 0)
            return -EFAULT;
        if (old.flags & SS_ONSTACK)
            return -EPERM;
        if (new.flags & ~(SS_ONSTACK | SS_DISABLE | SS_AUTODISARM) ||
            (new.flags & SS_ONSTACK && new.flags & SS_DISABLE))
            return -EINVAL;
        if (!(new.flags & SS_DISABLE) && new.bytes < STACK_MIN)
            return -ENOMEM;
        t->alt_stack = new.flags & SS_DISABLE ? 0 : new.base;
        t->alt_stack_bytes = new.flags & SS_DISABLE ? 0 : new.bytes;
        t->alt_stack_flags = new.flags & SS_AUTODISARM;
    }
    return arg[1] != 0 ? user_write(t, arg[1], &old, sizeof old) : 0;
}
