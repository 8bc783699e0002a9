/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about time: clocks, sleeping, processor time. */
#include "core_priv.h"
#include "handlers.h"
#include "vdso_priv.h"

#include <rt/clock.h>

enum { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS, CLOCK_THREAD, CLOCK_MONOTONIC_RAW,
       CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM,
       CLOCK_BOOTTIME_ALARM, CLOCK_TAI = 11 };
#define TIMER_ABSTIME 1u
#define HERTZ         100u /* of clock_t */

static bool is_realtime(int id)
{
    return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_REALTIME_ALARM ||
           id == CLOCK_TAI;
}

/* @return 0 or -EINVAL */
static long read_ns(struct task *t, int id, word_t *ns)
{
    switch (id) {
    case CLOCK_PROCESS:
        *ns = process_time_ns(t->process);
        return 0;
    case CLOCK_THREAD:
        *ns = rt_ticks_to_ns(task_ticks(t));
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = clock_now();
        return 0;
    default:
        if (!is_realtime(id))
            break;
        *ns = clock_now() + (word_t)clock_realtime_offset;
        return 0;
    }
    /* Another's processor time: ~pid << 3 | 2, threads with 4 more. */
    if (id < 0 && (id & 3) == 2) {
        int pid = ~(id >> 3);
        struct process *p = pid == 0 ? t->process : process_find(pid);
        struct task *other = pid == 0 ? t : task_find(pid);

        if (id & 4 ? other == NULL : p == NULL)
            return -EINVAL;
        *ns = id & 4 ? rt_ticks_to_ns(task_ticks(other)) : process_time_ns(p);
        return 0;
    }
    return -EINVAL;
}

long clock_read(int id, struct timespec *now)
{
    word_t ns;
    long e = id == CLOCK_PROCESS || id == CLOCK_THREAD || id < 0 ? -EINVAL : read_ns(NULL, id, &ns);

    if (e == 0)
        *now = timespec_of(ns);
    return e;
}

long sys_clock_gettime(struct task *t, const word_t *arg)
{
    struct timespec ts;
    word_t ns;
    long e = read_ns(t, (int)arg[0], &ns);

    if (e != 0)
        return e;
    ts = timespec_of(ns);
    return user_write(t, arg[1], &ts, sizeof ts);
}

long sys_clock_getres(struct task *t, const word_t *arg)
{
    struct timespec ts = {0, 1};
    word_t ns;
    long e = read_ns(t, (int)arg[0], &ns);

    return e != 0 || arg[1] == 0 ? e : user_write(t, arg[1], &ts, sizeof ts);
}

long sys_clock_settime(struct task *t, const word_t *arg)
{
    struct timespec ts;
    long e = user_read(t, &ts, arg[1], sizeof ts);

    if (e != 0)
        return e;
    if ((int)arg[0] != CLOCK_REALTIME || timespec_check(&ts) != 0)
        return -EINVAL;
    if (t->process->identity.euid != 0)
        return -EPERM;
    clock_realtime_offset = (int64_t)(timespec_ns(&ts) - clock_now());
    vdso_update();
    return 0;
}

struct timeval {
    int64_t seconds, us;
};

long sys_gettimeofday(struct task *t, const word_t *arg)
{
    struct timespec ts = timespec_of(clock_now() + (word_t)clock_realtime_offset);
    struct timeval tv = {ts.seconds, ts.ns / 1000};
    uint64_t zone = 0;
    long e = arg[0] != 0 ? user_write(t, arg[0], &tv, sizeof tv) : 0;

    return e != 0 || arg[1] == 0 ? e : user_write(t, arg[1], &zone, sizeof zone);
}

long sys_time(struct task *t, const word_t *arg)
{
    struct timespec ts = timespec_of(clock_now() + (word_t)clock_realtime_offset);
    long e = arg[0] != 0 ? user_write(t, arg[0], &ts.seconds, sizeof ts.seconds) : 0;

    return e != 0 ? e : ts.seconds;
}

/* What is left of a sleep that is interrupted is written before it begins to wait: each time that
 * the call is made again it is what is left then. */
static long sleep_until(struct task *t, word_t deadline, word_t left_to)
{
    word_t now = clock_now();

    if (now >= deadline)
        return 0;
    if (left_to != 0) {
        struct timespec left = timespec_of(deadline - now);
        long e = user_write(t, left_to, &left, sizeof left);

        if (e != 0)
            return e;
    }
    return task_wait(t, NULL, deadline);
}

long sys_nanosleep(struct task *t, const word_t *arg)
{
    struct timespec ts;
    long e = user_read(t, &ts, arg[0], sizeof ts);

    if (e == 0)
        e = timespec_check(&ts);
    return e != 0 ? e : sleep_until(t, task_deadline(t, timespec_ns(&ts)), arg[1]);
}

long sys_clock_nanosleep(struct task *t, const word_t *arg)
{
    struct timespec ts;
    int id = (int)arg[0];
    bool absolute = arg[1] & TIMER_ABSTIME;
    long e;

    if (id == CLOCK_THREAD || id > CLOCK_TAI || id == 10)
        return -EINVAL;
    if (id < 0 || id == CLOCK_PROCESS)
        return -EOPNOTSUPP;
    e = user_read(t, &ts, arg[2], sizeof ts);
    if (e == 0)
        e = timespec_check(&ts);
    if (e != 0)
        return e;
    if (absolute)
        return sleep_until(t, clock_to_monotonic(timespec_ns(&ts), is_realtime(id)), 0);
    return sleep_until(t, task_deadline(t, timespec_ns(&ts)), arg[3]);
}

/* --- processor time ------------------------------------------------------------------------- */

void usage_of(struct usage *u, word_t ns, word_t faults)
{
    memset(u, 0, sizeof *u);
    u->user_seconds = (int64_t)(ns / RT_NS_PER_SECOND);
    u->user_us = (int64_t)(ns % RT_NS_PER_SECOND / 1000);
    u->faults = faults;
}

enum { RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1 };

long sys_getrusage(struct task *t, const word_t *arg)
{
    struct process *p = t->process;
    struct usage u;

    switch ((int)arg[0]) {
    case RUSAGE_SELF:
        usage_of(&u, process_time_ns(p), p->faults + t->faults);
        break;
    case RUSAGE_CHILDREN:
        usage_of(&u, rt_ticks_to_ns(p->child_ticks), p->child_faults);
        break;
    case RUSAGE_THREAD:
        usage_of(&u, rt_ticks_to_ns(task_ticks(t)), t->faults);
        break;
    default:
        return -EINVAL;
    }
    u.resident_kib = space_resident(t->space) * PAGE / 1024;
    return user_write(t, arg[1], &u, sizeof u);
}

long sys_times(struct task *t, const word_t *arg)
{
    word_t unit = RT_NS_PER_SECOND / HERTZ;
    word_t times[4] = {process_time_ns(t->process) / unit, 0,
                       rt_ticks_to_ns(t->process->child_ticks) / unit, 0};

    if (arg[0] != 0 && user_write(t, arg[0], times, sizeof times) != 0)
        return -EFAULT;
    return (long)(clock_now() / unit);
}
