/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID and /proc/PID/task/TID: what is said of a process. */
#include "linux.h"
#include "proc.h"
#include "ptrace.h"
#include "tty.h"

#include <rt/clock.h>
#include <rt/format.h>

#define TICKS_NS 10000000u /* USER_HZ is 100 */

static char state_of(const struct subject *s)
{
    if (s->process->zombie || s->task == NULL)
        return 'Z';
    if (ptrace_is_stopped(s->task))
        return 't';
    if (s->process->stopped)
        return 'T';
    switch (s->task->state) {
    case TASK_RUNNING: return 'R';
    case TASK_STOPPED: return 'T';
    case TASK_DEAD: return 'Z';
    default: return 'S';
    }
}

static struct space *space_of(const struct subject *s)
{
    return s->process->zombie || s->task == NULL ? NULL : s->task->space;
}

static const char *name_of(const struct subject *s)
{
    return s->task != NULL ? s->task->name : s->process->name;
}

static int id_of(const struct subject *s)
{
    return s->task != NULL && s->task->process->tasks != NULL ? s->task->tid : s->process->pid;
}

static int parent_of(const struct process *p)
{
    return p->parent == NULL ? 0 : p->parent->pid;
}

static void make_stat(struct text *x, const struct subject *s)
{
    struct process *p = s->process;
    struct space *space = space_of(s);
    word_t time = process_time_ns(p) / TICKS_NS;
    unsigned device;
    int foreground;

    tty_numbers(p->sid, &device, &foreground);
    text_add(x, "%d (%s) %c %d %d %d %d %d 0 %lu %lu 0 0 ", id_of(s), name_of(s), state_of(s),
             parent_of(p), p->pgid, p->sid, (int)device, foreground, p->faults, p->child_faults);
    text_add(x, "%lu 0 %lu 0 20 %d %u 0 %lu %lu %lu ", time,
             rt_ticks_to_ns(p->child_ticks) / TICKS_NS, (int)p->nice, p->task_count,
             p->start_ns / TICKS_NS, space == NULL ? 0 : space_size(space) * PAGE,
             space == NULL ? 0 : space_resident(space));
    text_add(x, "%lu 0 0 0 0 0 0 0 0 0 0 0 0 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
             p->limit[RLIMIT_RSS].soft, p->exit_signal, p->zombie ? p->exit_status : 0);
}

static void make_statm(struct text *x, const struct subject *s)
{
    struct space *space = space_of(s);
    word_t size = space == NULL ? 0 : space_size(space);

    text_add(x, "%lu %lu 0 0 0 %lu 0\n", size, space == NULL ? 0 : space_resident(space), size);
}

static const char *state_name(char state)
{
    switch (state) {
    case 'R': return "running";
    case 'T': return "stopped";
    case 't': return "tracing stop";
    case 'Z': return "zombie";
    default: return "sleeping";
    }
}

static void add_ids(struct text *x, const struct identity *id)
{
    text_add(x, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", id->uid, id->euid, id->suid,
             id->fsuid, id->gid, id->egid, id->sgid, id->fsgid);
    text_add(x, "FDSize:\t%u\nGroups:\t", FILES_MAX);
    for (unsigned g = 0; g < id->groups; g++)
        text_add(x, "%u ", id->group[g]);
    text_add(x, "\n");
}

static void add_signals(struct text *x, const struct subject *s)
{
    sigset_t ignored = 0, caught = 0;

    for (int n = 1; n <= SIGNALS; n++) {
        word_t handler = s->process->action[n].handler;

        if (handler == 1)
            ignored |= SIGNAL_BIT(n);
        else if (handler != 0)
            caught |= SIGNAL_BIT(n);
    }
    text_add(x, "SigQ:\t0/1024\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
             s->task == NULL ? 0 : s->task->pending.set, s->process->pending.set,
             s->task == NULL ? 0 : s->task->blocked);
    text_add(x, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", ignored, caught);
}

static void make_status(struct text *x, const struct subject *s)
{
    struct process *p = s->process;
    struct space *space = space_of(s);
    char state = state_of(s);

    text_add(x, "Name:\t%s\nUmask:\t0%u%u%u\nState:\t%c (%s)\n", name_of(s),
             s->task == NULL ? 0 : s->task->place->umask >> 6 & 7,
             s->task == NULL ? 0 : s->task->place->umask >> 3 & 7,
             s->task == NULL ? 0 : s->task->place->umask & 7, state, state_name(state));
    text_add(x, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", p->pid, id_of(s),
             parent_of(p), s->task == NULL || s->task->ptrace == NULL
                               ? 0 : s->task->ptrace->tracer->pid);
    add_ids(x, &p->identity);
    text_add(x, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", p->pid, id_of(s), p->pgid,
             p->sid);
    if (space != NULL)
        text_add(x, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
                 space_size(space) * 4, space_size(space) * 4, space_resident(space) * 4,
                 space_resident(space) * 4);
    text_add(x, "Threads:\t%u\n", p->task_count);
    add_signals(x, s);
    text_add(x, "CapInh:\t0000000000000000\nCapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t000001ffffffffff\n"
                "CapAmb:\t0000000000000000\nNoNewPrivs:\t%u\nSeccomp:\t0\n",
             p->identity.euid == 0 ? "000001ffffffffff" : "0000000000000000",
             p->identity.euid == 0 ? "000001ffffffffff" : "0000000000000000",
             (unsigned)p->no_new_privileges);
    text_add(x, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n"
                "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

static void make_cmdline(struct text *x, const struct subject *s)
{
    static char line[PATH_LENGTH];
    long n = s->process->zombie ? 0 : process_command_line(s->process, line, sizeof line);

    if (n > 0)
        text_bytes(x, line, (size_t)n);
}

static void make_environ(struct text *x, const struct subject *s)
{
    static char all[PATH_LENGTH];
    long n = s->process->zombie ? 0 : process_environment(s->process, all, sizeof all);

    if (n > 0)
        text_bytes(x, all, (size_t)n);
}

static void make_comm(struct text *x, const struct subject *s)
{
    text_add(x, "%s\n", name_of(s));
}

static long write_comm(const struct subject *s, char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (s->task == NULL)
        return -ESRCH;
    if (size > TASK_NAME - 1)
        size = TASK_NAME - 1;
    memcpy(s->task->name, text, size);
    s->task->name[size] = 0;
    return 0;
}

static void make_cgroup(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "0::/\n"); /* as where no hierarchy is mounted */
}

static void make_personality(struct text *x, const struct subject *s)
{
    text_add(x, "%08x\n", s->process->personality);
}

static void make_id_map(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "%10u %10u %10u\n", 0, 0, 0xffffffff);
}

static void make_loginuid(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "%u", 0xffffffff); /* nobody has logged in */
}

static void make_children(struct text *x, const struct subject *s)
{
    if (s->task == NULL || s->task->tid != s->process->pid)
        return; /* children are the process's */
    for (const struct process *c = s->process->children; c != NULL; c = c->sibling)
        text_add(x, "%d ", c->pid);
}

static void make_limits(struct text *x, const struct subject *s)
{
    static const char *const names[RLIMITS][2] = {
        {"Max cpu time", "seconds"}, {"Max file size", "bytes"}, {"Max data size", "bytes"},
        {"Max stack size", "bytes"}, {"Max core file size", "bytes"},
        {"Max resident set", "bytes"}, {"Max processes", "processes"},
        {"Max open files", "files"}, {"Max locked memory", "bytes"},
        {"Max address space", "bytes"}, {"Max file locks", "locks"},
        {"Max pending signals", "signals"}, {"Max msgqueue size", "bytes"},
        {"Max nice priority", ""}, {"Max realtime priority", ""}, {"Max realtime timeout", "us"}};

    text_add(x, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < RLIMITS; i++) {
        char soft[24] = "unlimited", hard[24] = "unlimited";
        const struct rlimit *l = &s->process->limit[i];

        if (l->soft != ~(word_t)0)
            rt_format(soft, sizeof soft, "%lu", l->soft);
        if (l->hard != ~(word_t)0)
            rt_format(hard, sizeof hard, "%lu", l->hard);
        text_add(x, "%-25s %-20s %-20s %-10s\n", names[i][0], soft, hard, names[i][1]);
    }
}

static void make_zero(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "0\n");
}

static void make_mounts(struct text *x, const struct subject *s)
{
    static char path[PATH_LENGTH];

    if (s->task == NULL)
        return;
    for (struct mount *m = mounts; m != NULL; m = m->next) {
        char *at = m->covers == NULL ? NULL : dentry_path(s->task, m->covers, path, sizeof path);

        text_add(x, "%s ", m->source);
        text_add(x, "%s", at == NULL ? "/" : at);
        text_add(x, " %s %s%s%s%s,relatime 0 0\n", m->type, m->flags & MS_RDONLY ? "ro" : "rw",
                 m->flags & MS_NOSUID ? ",nosuid" : "", m->flags & MS_NODEV ? ",nodev" : "",
                 m->flags & MS_NOEXEC ? ",noexec" : "");
    }
}

static void make_mountinfo(struct text *x, const struct subject *s)
{
    static char path[PATH_LENGTH];

    if (s->task == NULL)
        return;
    for (struct mount *m = mounts; m != NULL; m = m->next) {
        char *at = m->covers == NULL ? NULL : dentry_path(s->task, m->covers, path, sizeof path);
        const char *how = m->flags & MS_RDONLY ? "ro" : "rw";

        text_add(x, "%u %u 0:%u / ", m->device,
                 m->covers == NULL ? 1 : m->covers->inode->mount->device, m->device);
        text_add(x, "%s", at == NULL ? "/" : at);
        text_add(x, " %s,relatime - %s %s %s\n", how, m->type, m->source, how);
    }
}

static long jump_cwd(const struct subject *s, struct dentry **to)
{
    if (s->task == NULL)
        return -ENOENT;
    *to = dentry_get(s->task->place->cwd);
    return 0;
}

static long jump_root(const struct subject *s, struct dentry **to)
{
    if (s->task == NULL)
        return -ENOENT;
    *to = dentry_get(s->task->place->root);
    return 0;
}

static long jump_exe(const struct subject *s, struct dentry **to)
{
    struct dentry *d;

    if (s->process->exe == NULL || s->process->zombie)
        return -ENOENT;
    d = dentry_of(s->process->exe);
    *to = d != NULL ? dentry_get(d) : dentry_root(NULL, s->process->exe);
    return *to == NULL ? -ENOMEM : 0;
}

#define COMMON                                                                                    \
    {.name = "stat", .kind = PROC_TEXT, .mode = 0444, .make = make_stat},                         \
    {.name = "statm", .kind = PROC_TEXT, .mode = 0444, .make = make_statm},                       \
    {.name = "status", .kind = PROC_TEXT, .mode = 0444, .make = make_status},                     \
    {.name = "cmdline", .kind = PROC_TEXT, .mode = 0444, .make = make_cmdline},                   \
    {.name = "environ", .kind = PROC_TEXT, .mode = 0400, .make = make_environ},                   \
    {.name = "comm", .kind = PROC_TEXT, .mode = 0644, .make = make_comm, .write = write_comm},    \
    {.name = "maps", .kind = PROC_TEXT, .mode = 0444, .make = proc_maps},                         \
    {.name = "smaps", .kind = PROC_TEXT, .mode = 0444, .make = proc_smaps},                       \
    {.name = "auxv", .kind = PROC_TEXT, .mode = 0400, .make = proc_auxv},                         \
    {.name = "mem", .kind = PROC_MEM, .mode = 0600},                                              \
    {.name = "cgroup", .kind = PROC_TEXT, .mode = 0444, .make = make_cgroup},                     \
    {.name = "personality", .kind = PROC_TEXT, .mode = 0400, .make = make_personality},           \
    {.name = "uid_map", .kind = PROC_TEXT, .mode = 0444, .make = make_id_map},                    \
    {.name = "gid_map", .kind = PROC_TEXT, .mode = 0444, .make = make_id_map},                    \
    {.name = "loginuid", .kind = PROC_TEXT, .mode = 0444, .make = make_loginuid},                 \
    {.name = "limits", .kind = PROC_TEXT, .mode = 0444, .make = make_limits},                     \
    {.name = "mounts", .kind = PROC_TEXT, .mode = 0444, .make = make_mounts},                     \
    {.name = "mountinfo", .kind = PROC_TEXT, .mode = 0444, .make = make_mountinfo},               \
    {.name = "oom_score", .kind = PROC_TEXT, .mode = 0444, .make = make_zero},                    \
    {.name = "oom_score_adj", .kind = PROC_TEXT, .mode = 0444, .make = make_zero},                \
    {.name = "cwd", .kind = PROC_LINK, .mode = 0777, .jump = jump_cwd},                           \
    {.name = "root", .kind = PROC_LINK, .mode = 0777, .jump = jump_root},                         \
    {.name = "exe", .kind = PROC_LINK, .mode = 0777, .jump = jump_exe},                           \
    {.name = "fd", .kind = PROC_FDS, .mode = 0500},                                               \
    {.name = "fdinfo", .kind = PROC_FDINFOS, .mode = 0555}

const struct proc_entry proc_task_entries[] = {
    COMMON, {.name = "children", .kind = PROC_TEXT, .mode = 0444, .make = make_children},
    {.name = NULL}};
const struct proc_entry proc_process_entries[] = {
    COMMON, {.name = "task", .kind = PROC_TASKS, .mode = 0555}, {.name = NULL}};

/* --- names of files --- */

static long give_path(struct task *t, struct dentry *d, char *to, size_t size)
{
    char *path = dentry_path(caller != NULL ? caller : t, d, to, size);

    if (path == NULL)
        return -ENAMETOOLONG;
    memmove(to, path, (size_t)(to + size - path));
    return (long)(to + size - 1 - path);
}

long proc_file_name(struct task *t, struct file *f, char *to, size_t size)
{
    const char *name = f->ops->name == NULL ? "file" : f->ops->name;

    if (f->dentry != NULL)
        return give_path(t, f->dentry, to, size);
    if (rt_same(name, "pipe") || rt_same(name, "socket"))
        return (long)rt_format(to, size, "%s:[%lu]", name, f->inode->number);
    return (long)rt_format(to, size, "anon_inode:%s", name);
}

long proc_inode_name(struct task *t, struct inode *i, char *to, size_t size)
{
    struct dentry *d = dentry_of(i);

    return d == NULL ? 0 : give_path(t, d, to, size);
}
