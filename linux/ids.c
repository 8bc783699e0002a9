/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a process is: numbers, groups, sessions. */
#include "core_priv.h"
#include "handlers.h"

long sys_getpid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->pid;
}

long sys_gettid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->tid;
}

long sys_getppid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->parent != NULL ? t->process->parent->pid : 0;
}

/* A process by a number of a program's, 0 meaning itself. */
static struct process *named(struct task *t, int pid)
{
    return pid == 0 ? t->process : process_find(pid);
}

long sys_getpgid(struct task *t, const word_t *arg)
{
    struct process *p = named(t, (int)arg[0]);

    return p == NULL ? -ESRCH : p->pgid;
}

long sys_getpgrp(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->pgid;
}

long sys_getsid(struct task *t, const word_t *arg)
{
    struct process *p = named(t, (int)arg[0]);

    return p == NULL ? -ESRCH : p->sid;
}

long sys_setpgid(struct task *t, const word_t *arg)
{
    struct process *p = named(t, (int)arg[0]);
    int pgid = (int)arg[1];

    if (pgid < 0 || (int)arg[0] < 0)
        return -EINVAL;
    if (p == NULL || (p != t->process && p->parent != t->process))
        return -ESRCH;
    if (p != t->process && p->execed)
        return -EACCES;
    if (p->sid != t->process->sid || p->sid == p->pid)
        return -EPERM;
    if (pgid == 0)
        pgid = p->pid;
    if (pgid != p->pid && process_of_group(pgid, p->sid) == NULL)
        return -EPERM;
    p->pgid = pgid;
    return 0;
}

long sys_setsid(struct task *t, const word_t *arg)
{
    struct process *p = t->process;

    (void)arg;
    if (process_of_group(p->pid, 0) != NULL)
        return -EPERM;
    p->sid = p->pgid = p->pid;
    return p->sid;
}

/* --- users and groups ----------------------------------------------------------------------- */

#define SAME 0xffffffffu

long sys_getuid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->identity.uid;
}

long sys_geteuid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->identity.euid;
}

long sys_getgid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->identity.gid;
}

long sys_getegid(struct task *t, const word_t *arg)
{
    (void)arg;
    return t->process->identity.egid;
}

/* May it take this number? Root any, others one of their own. */
static bool may_be(bool root, unsigned id, unsigned a, unsigned b, unsigned c)
{
    return root || id == SAME || id == a || id == b || id == c;
}

long sys_setresuid(struct task *t, const word_t *arg)
{
    struct identity *i = &t->process->identity;
    bool root = i->euid == 0;

    for (unsigned n = 0; n < 3; n++) {
        if (!may_be(root, (unsigned)arg[n], i->uid, i->euid, i->suid))
            return -EPERM;
    }
    if ((unsigned)arg[0] != SAME)
        i->uid = (unsigned)arg[0];
    if ((unsigned)arg[1] != SAME)
        i->euid = (unsigned)arg[1];
    if ((unsigned)arg[2] != SAME)
        i->suid = (unsigned)arg[2];
    i->fsuid = i->euid;
    return 0;
}

long sys_setresgid(struct task *t, const word_t *arg)
{
    struct identity *i = &t->process->identity;
    bool root = i->euid == 0;

    for (unsigned n = 0; n < 3; n++) {
        if (!may_be(root, (unsigned)arg[n], i->gid, i->egid, i->sgid))
            return -EPERM;
    }
    if ((unsigned)arg[0] != SAME)
        i->gid = (unsigned)arg[0];
    if ((unsigned)arg[1] != SAME)
        i->egid = (unsigned)arg[1];
    if ((unsigned)arg[2] != SAME)
        i->sgid = (unsigned)arg[2];
    i->fsgid = i->egid;
    return 0;
}

long sys_setreuid(struct task *t, const word_t *arg)
{
    const struct identity *i = &t->process->identity;
    bool saved = (unsigned)arg[0] != SAME ||
                 ((unsigned)arg[1] != SAME && (unsigned)arg[1] != i->uid);
    word_t three[3] = {arg[0], arg[1],
                       !saved ? SAME : (unsigned)arg[1] != SAME ? arg[1] : i->euid};

    return sys_setresuid(t, three);
}

long sys_setregid(struct task *t, const word_t *arg)
{
    const struct identity *i = &t->process->identity;
    bool saved = (unsigned)arg[0] != SAME ||
                 ((unsigned)arg[1] != SAME && (unsigned)arg[1] != i->gid);
    word_t three[3] = {arg[0], arg[1],
                       !saved ? SAME : (unsigned)arg[1] != SAME ? arg[1] : i->egid};

    return sys_setresgid(t, three);
}

long sys_setuid(struct task *t, const word_t *arg)
{
    bool root = t->process->identity.euid == 0;
    word_t three[3] = {root ? arg[0] : SAME, arg[0], root ? arg[0] : SAME};

    return (unsigned)arg[0] == SAME ? -EINVAL : sys_setresuid(t, three);
}

long sys_setgid(struct task *t, const word_t *arg)
{
    bool root = t->process->identity.euid == 0;
    word_t three[3] = {root ? arg[0] : SAME, arg[0], root ? arg[0] : SAME};

    return (unsigned)arg[0] == SAME ? -EINVAL : sys_setresgid(t, three);
}

long sys_setfsuid(struct task *t, const word_t *arg)
{
    struct identity *i = &t->process->identity;
    unsigned old = i->fsuid;

    if (may_be(i->euid == 0, (unsigned)arg[0], i->uid, i->euid, i->suid) &&
        (unsigned)arg[0] != SAME)
        i->fsuid = (unsigned)arg[0];
    return old;
}

long sys_setfsgid(struct task *t, const word_t *arg)
{
    struct identity *i = &t->process->identity;
    unsigned old = i->fsgid;

    if (may_be(i->euid == 0, (unsigned)arg[0], i->gid, i->egid, i->sgid) &&
        (unsigned)arg[0] != SAME)
        i->fsgid = (unsigned)arg[0];
    return old;
}

static long write_three(struct task *t, const word_t *to, unsigned a, unsigned b, unsigned c)
{
    return user_write(t, to[0], &a, 4) != 0 || user_write(t, to[1], &b, 4) != 0 ||
                   user_write(t, to[2], &c, 4) != 0
               ? -EFAULT
               : 0;
}

long sys_getresuid(struct task *t, const word_t *arg)
{
    const struct identity *i = &t->process->identity;

    return write_three(t, arg, i->uid, i->euid, i->suid);
}

long sys_getresgid(struct task *t, const word_t *arg)
{
    const struct identity *i = &t->process->identity;

    return write_three(t, arg, i->gid, i->egid, i->sgid);
}

long sys_getgroups(struct task *t, const word_t *arg)
{
    const struct identity *i = &t->process->identity;
    int32_t size = (int32_t)arg[0];

    if (size < 0 || (size != 0 && (unsigned)size < i->groups))
        return -EINVAL;
    if (size != 0 && user_write(t, arg[1], i->group, i->groups * 4) != 0)
        return -EFAULT;
    return i->groups;
}

long sys_setgroups(struct task *t, const word_t *arg)
{
    struct identity *i = &t->process->identity;
    unsigned groups[32];

    if (i->euid != 0)
        return -EPERM;
    if (arg[0] > 32)
        return -EINVAL;
    if (user_read(t, groups, arg[1], arg[0] * 4) != 0)
        return -EFAULT;
    i->groups = (unsigned)arg[0];
    for (unsigned n = 0; n < i->groups; n++) { /* in order, as Linux keeps them */
        unsigned at = n;

        for (; at > 0 && i->group[at - 1] > groups[n]; at--)
            i->group[at] = i->group[at - 1];
        i->group[at] = groups[n];
    }
    return 0;
}

/* As a root in a user namespace of its own: all capabilities(7), none to be added. */
#define CAP_VERSION_3 0x20080522u

struct cap_header {
    uint32_t version;
    int32_t pid;
};

long sys_capget(struct task *t, const word_t *arg)
{
    struct cap_header h;
    uint32_t set[6];
    bool root = t->process->identity.euid == 0;

    if (user_read(t, &h, arg[0], sizeof h) != 0)
        return -EFAULT;
    if (h.version != CAP_VERSION_3) {
        h.version = CAP_VERSION_3;
        return user_write(t, arg[0], &h, sizeof h) != 0 ? -EFAULT : arg[1] == 0 ? 0 : -EINVAL;
    }
    if (h.pid < 0)
        return -EINVAL;
    if (h.pid != 0 && task_find(h.pid) == NULL)
        return -ESRCH;
    for (unsigned i = 0; i < 6; i++)
        set[i] = !root || i % 3 == 2 ? 0 : i < 3 ? 0xffffffff : 0x1ff;
    return arg[1] == 0 ? 0 : user_write(t, arg[1], set, sizeof set);
}

long sys_capset(struct task *t, const word_t *arg)
{
    struct cap_header h;
    uint32_t sets[6];

    if (user_read(t, &h, arg[0], sizeof h) != 0)
        return -EFAULT;
    if (h.version != CAP_VERSION_3)
        return -EINVAL;
    if (h.pid != 0 && h.pid != t->tid)
        return -EPERM;
    if (user_read(t, sets, arg[1], sizeof sets) != 0)
        return -EFAULT;
    /* effective, permitted, inheritable, twice: who has none can add none */
    return t->process->identity.euid != 0 && (sets[0] | sets[1] | sets[3] | sets[4]) != 0 ? -EPERM
                                                                                         : 0;
}
