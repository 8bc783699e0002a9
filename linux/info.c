/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that tell about the system, or set what a process is like: uname, limits, prctl. */
#include "core_priv.h"
#include "handlers.h"
#include "random.h"
#include "system.h"

#include <abi/invoke.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define NAME_BYTES 65u

static char host_name[NAME_BYTES] = "tessera", domain_name[NAME_BYTES] = "(none)";

const char *system_host_name(void)
{
    return host_name;
}

long sys_uname(struct task *t, const word_t *arg)
{
    char u[6][NAME_BYTES] = {"Linux", "", SYSTEM_RELEASE, SYSTEM_VERSION, "x86_64", ""};

    memcpy(u[1], host_name, NAME_BYTES);
    memcpy(u[5], domain_name, NAME_BYTES);
    return user_write(t, arg[0], u, sizeof u);
}

static long set_name(struct task *t, char *name, const word_t *arg)
{
    char new[NAME_BYTES] = {0};

    if (t->process->identity.euid != 0)
        return -EPERM;
    if (arg[1] >= NAME_BYTES)
        return -EINVAL;
    if (user_read(t, new, arg[0], arg[1]) != 0)
        return -EFAULT;
    memcpy(name, new, NAME_BYTES);
    return 0;
}

long sys_sethostname(struct task *t, const word_t *arg)
{
    return set_name(t, host_name, arg);
}

long sys_setdomainname(struct task *t, const word_t *arg)
{
    return set_name(t, domain_name, arg);
}

/* Linux's struct sysinfo. */
struct sysinfo {
    int64_t uptime;
    word_t loads[3], total, free, shared, buffers, total_swap, free_swap;
    uint16_t processes, pad;
    uint32_t pad2;
    word_t total_high, free_high;
    uint32_t unit;
    uint32_t end;
};
_Static_assert(sizeof(struct sysinfo) == 112, "the layout is Linux's");

long sys_sysinfo(struct task *t, const word_t *arg)
{
    struct sysinfo i = {.uptime = (int64_t)(clock_now() / RT_NS_PER_SECOND),
                        .total = pages_total() * PAGE, .free = pages_free() * PAGE, .unit = 1};

    for (unsigned n = 1; n <= TASK_MAX; n++)
        i.processes += tasks[n] != NULL;
    return user_write(t, arg[0], &i, sizeof i);
}

#define GRND_ALL 7u

long sys_getrandom(struct task *t, const word_t *arg)
{
    word_t bytes = arg[1] < 0x2000000 ? arg[1] : 0x1ffffff;
    uint8_t some[256];

    if (arg[2] & ~(word_t)GRND_ALL || (arg[2] & 6) == 6)
        return -EINVAL;
    for (word_t done = 0; done < bytes;) {
        word_t n = bytes - done < sizeof some ? bytes - done : sizeof some;

        random_bytes(some, n);
        if (user_write(t, arg[0] + done, some, n) != 0)
            return done > 0 ? (long)done : -EFAULT;
        done += n;
    }
    return (long)bytes;
}

enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };

long sys_arch_prctl(struct task *t, const word_t *arg)
{
    struct regs r;

    if (arg[0] < ARCH_SET_GS || arg[0] > ARCH_GET_GS)
        return -EINVAL;
    if (arg[0] == ARCH_SET_FS) {
        if (arg[1] >= USER_END)
            return -EPERM;
        RT_CHECK(thread_set_tls(t->thread, arg[1]) == E_OK);
        return 0;
    }
    task_regs_read(t, &r);
    if (arg[0] == ARCH_GET_FS)
        return user_write(t, arg[1], &r.tls, 8);
    if (arg[0] == ARCH_GET_GS)
        return user_write(t, arg[1], &r.gs, 8);
    if (arg[1] >= USER_END)
        return -EPERM;
    r.gs = arg[1];
    r.rax = 0;
    task_answer_regs(t, &r);
    return NO_REPLY;
}

long sys_set_tid_address(struct task *t, const word_t *arg)
{
    t->clear_tid = arg[0];
    return t->tid;
}

/* --- limits --------------------------------------------------------------------------------- */

static long limit_of(struct task *t, struct process *p, word_t which, word_t new, word_t old)
{
    struct rlimit limit = {0}, was;
    long e = new != 0 ? user_read(t, &limit, new, sizeof limit) : 0;

    if (e != 0)
        return e;
    if (which >= RLIMITS)
        return -EINVAL;
    was = p->limit[which];
    if (new != 0) {
        if (limit.soft > limit.hard)
            return -EINVAL;
        if (limit.hard > was.hard && t->process->identity.euid != 0)
            return -EPERM;
        p->limit[which] = limit;
        if (which == RLIMIT_CPU)
            e = timers_cpu_limit(p);
        if (e != 0) {
            p->limit[which] = was;
            return e;
        }
    }
    return old != 0 ? user_write(t, old, &was, sizeof was) : 0;
}

long sys_prlimit64(struct task *t, const word_t *arg)
{
    struct process *p = (int)arg[0] == 0 ? t->process : process_find((int)arg[0]);

    return p == NULL ? -ESRCH : limit_of(t, p, (unsigned)arg[1], arg[2], arg[3]);
}

long sys_getrlimit(struct task *t, const word_t *arg)
{
    return limit_of(t, t->process, (unsigned)arg[0], 0, arg[1]);
}

long sys_setrlimit(struct task *t, const word_t *arg)
{
    return limit_of(t, t->process, (unsigned)arg[0], arg[1], 0);
}

/* --- prctl ---------------------------------------------------------------------------------- */

enum { PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE,
       PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS, PR_SET_NAME = 15, PR_GET_NAME, PR_GET_SECCOMP = 21,
       PR_CAPBSET_READ = 23, PR_GET_SECUREBITS = 27, PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK,
       PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS,
       PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE = 42 };

static long write_int(struct task *t, word_t to, int32_t value)
{
    return user_write(t, to, &value, sizeof value);
}

static long set_own_name(struct task *t, word_t from)
{
    char name[TASK_NAME] = {0};

    for (unsigned i = 0; i < TASK_NAME - 1; i++) {
        if (user_read(t, &name[i], from + i, 1) != 0)
            return -EFAULT;
        if (name[i] == 0)
            break;
    }
    memcpy(t->name, name, TASK_NAME);
    return 0;
}

static long prctl_set(struct task *t, const word_t *arg)
{
    struct process *p = t->process;

    switch ((int)arg[0]) {
    case PR_SET_PDEATHSIG:
        if (arg[1] > SIGNALS)
            return -EINVAL;
        p->parent_death_signal = (int)arg[1];
        return 0;
    case PR_SET_DUMPABLE:
        if (arg[1] > 1)
            return -EINVAL;
        p->dumpable = arg[1];
        return 0;
    case PR_SET_KEEPCAPS:
        return arg[1] > 1 ? -EINVAL : 0;
    case PR_SET_NAME:
        return set_own_name(t, arg[1]);
    case PR_SET_TIMERSLACK:
        return 0;
    case PR_SET_CHILD_SUBREAPER:
        p->subreaper = arg[1] != 0;
        return 0;
    case PR_SET_NO_NEW_PRIVS:
        if (arg[1] != 1 || arg[2] != 0 || arg[3] != 0 || arg[4] != 0)
            return -EINVAL;
        p->no_new_privileges = true;
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_prctl(struct task *t, const word_t *arg)
{
    struct process *p = t->process;

    switch ((int)arg[0]) {
    case PR_GET_PDEATHSIG:
        return write_int(t, arg[1], p->parent_death_signal);
    case PR_GET_DUMPABLE:
        return p->dumpable;
    case PR_GET_NAME:
        return user_write(t, arg[1], t->name, TASK_NAME);
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
    case PR_GET_THP_DISABLE:
        return 0;
    case PR_CAPBSET_READ:
        return arg[1] > 40 ? -EINVAL : 1;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_GET_CHILD_SUBREAPER:
        return write_int(t, arg[1], p->subreaper);
    case PR_GET_NO_NEW_PRIVS:
        return p->no_new_privileges;
    default:
        return prctl_set(t, arg);
    }
}

long sys_personality(struct task *t, const word_t *arg)
{
    unsigned old = t->process->personality;

    if ((unsigned)arg[0] != 0xffffffff)
        t->process->personality = (unsigned)arg[0];
    return old;
}

/* --- processors and scheduling: one processor, one policy ----------------------------------- */

long sys_sched_yield(struct task *t, const word_t *arg)
{
    (void)arg;
    (void)sched_context_yield(t->context);
    return 0;
}

static bool is_task(struct task *t, word_t tid)
{
    (void)t;
    return (int)tid == 0 || task_find((int)tid) != NULL;
}

long sys_sched_getaffinity(struct task *t, const word_t *arg)
{
    word_t mask = 1;

    if (arg[1] < 8 || arg[1] % 8 != 0)
        return -EINVAL;
    if (!is_task(t, arg[0]))
        return -ESRCH;
    return user_write(t, arg[2], &mask, sizeof mask) != 0 ? -EFAULT : 8;
}

long sys_sched_setaffinity(struct task *t, const word_t *arg)
{
    word_t mask = 0;

    if (user_read(t, &mask, arg[2], arg[1] < 8 ? arg[1] : 8) != 0)
        return -EFAULT;
    if (!is_task(t, arg[0]))
        return -ESRCH;
    return mask & 1 ? 0 : -EINVAL;
}

long sys_sched_getscheduler(struct task *t, const word_t *arg)
{
    return is_task(t, arg[0]) ? 0 : -ESRCH;
}

long sys_sched_setscheduler(struct task *t, const word_t *arg)
{
    if (!is_task(t, arg[0]))
        return -ESRCH;
    return arg[1] == 0 || arg[1] == 3 || arg[1] == 5 ? 0 : -EPERM; /* OTHER, BATCH, IDLE */
}

long sys_sched_getparam(struct task *t, const word_t *arg)
{
    return is_task(t, arg[0]) ? write_int(t, arg[1], 0) : -ESRCH;
}

long sys_sched_setparam(struct task *t, const word_t *arg)
{
    int32_t priority;

    if (!is_task(t, arg[0]))
        return -ESRCH;
    if (user_read(t, &priority, arg[1], sizeof priority) != 0)
        return -EFAULT;
    return priority == 0 ? 0 : -EINVAL;
}

long sys_sched_get_priority_max(struct task *t, const word_t *arg)
{
    (void)t;
    return arg[0] == 1 || arg[0] == 2 ? 99 : arg[0] <= 6 ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(struct task *t, const word_t *arg)
{
    (void)t;
    return arg[0] == 1 || arg[0] == 2 ? 1 : arg[0] <= 6 ? 0 : -EINVAL;
}

long sys_getcpu(struct task *t, const word_t *arg)
{
    if ((arg[0] != 0 && write_int(t, arg[0], 0) != 0) ||
        (arg[1] != 0 && write_int(t, arg[1], 0) != 0))
        return -EFAULT;
    return 0;
}

long sys_getpriority(struct task *t, const word_t *arg)
{
    struct process *p = (int)arg[1] == 0 ? t->process : process_find((int)arg[1]);

    if (arg[0] > 2)
        return -EINVAL;
    return p == NULL && arg[0] == 0 ? -ESRCH : 20 - (p != NULL ? p->nice : 0);
}

long sys_setpriority(struct task *t, const word_t *arg)
{
    struct process *p = (int)arg[1] == 0 ? t->process : process_find((int)arg[1]);
    unsigned euid = t->process->identity.euid;
    int nice = (int)arg[2];

    if (arg[0] > 2)
        return -EINVAL;
    if (arg[0] != 0)
        return 0;
    if (p == NULL)
        return -ESRCH;
    nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    if (euid != 0 && p->identity.uid != euid && p->identity.euid != euid)
        return -EPERM;
    if (euid != 0 && nice < p->nice)
        return -EACCES;
    p->nice = nice;
    return 0;
}
