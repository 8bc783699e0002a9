/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers of processes that send signals: setitimer, alarm, timer_create. */
#include "core_priv.h"
#include "handlers.h"

#include <rt/clock.h>

#define NS_PER_US 1000ul
#define TIMERS    32

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };
#define TIMER_ABSTIME 1u

/* A timer of a process: number 0 is ITIMER_REAL, -1 and -2 are ITIMER_VIRTUAL and ITIMER_PROF, -3
 * is RLIMIT_CPU's, the others are timer_create's. */
#define CPU_LIMIT (-3)

struct process_timer {
    struct alarm alarm; /* first */
    struct process *process;
    struct process_timer *next;
    int number, clock, notify, signal, tid, clock_tid;
    word_t value, interval;
    unsigned overrun;
    bool counts;        /* processor time, with: */
    bool of_task;
    bool armed;         /* then */
    word_t expires;     /* in time of that clock */
    word_t seen;        /* that clock when it was last looked at */
};

/* Processor time cannot pass faster than time does: so it is looked at when it could have come, and
 * seldom while the process does not run. */
#define LOOK_NS   1000000ul
#define SELDOM_NS 10000000ul

static struct process_timer *find(struct process *p, int number)
{
    struct process_timer *m = p->timers;

    while (m != NULL && m->number != number)
        m = m->next;
    return m;
}

/* At the hard limit the process ends; at the soft one, which moves on, it is told. */
static void cpu_limit_reached(struct process *p, word_t used)
{
    struct rlimit *l = &p->limit[RLIMIT_CPU];
    struct siginfo info = {.number = SIGXCPU, .code = SI_KERNEL};

    if (used / RT_NS_PER_SECOND >= l->hard) {
        signal_send(p, SIGKILL);
        return;
    }
    l->soft++;
    (void)signal_process(p, &info);
}

static void send(struct process_timer *m)
{
    struct siginfo info = {.number = m->signal, .code = m->number <= 0 ? SI_KERNEL : SI_TIMER};
    struct task *t = m->notify == SIGEV_THREAD_ID ? task_find(m->tid) : NULL;

    if (m->number > 0) {
        info.timer.timer = m->number;
        info.timer.overrun = (int32_t)m->overrun;
        info.timer.value = m->value;
    }
    if (m->notify == SIGEV_NONE)
        return;
    if (t != NULL && t->process == m->process)
        (void)signal_task(t, &info);
    else
        (void)signal_process(m->process, &info);
}

static word_t used_ns(const struct process_timer *m)
{
    struct task *t = m->of_task ? task_find(m->clock_tid) : NULL;

    if (m->of_task)
        return t != NULL ? rt_ticks_to_ns(task_ticks(t)) : m->seen;
    return process_time_ns(m->process);
}

static void look_later(struct process_timer *m, word_t now)
{
    word_t wait = m->expires > now ? m->expires - now : 0;

    if (wait < LOOK_NS)
        wait = LOOK_NS;
    if (now == m->seen && wait < SELDOM_NS)
        wait = SELDOM_NS;
    m->seen = now;
    alarm_set(&m->alarm, clock_now() + wait);
}

static void look(struct process_timer *m)
{
    word_t now = used_ns(m);

    if (now >= m->expires) {
        m->overrun = 0;
        m->armed = m->interval != 0;
        if (m->armed) {
            m->overrun = (unsigned)((now - m->expires) / m->interval);
            m->expires += (m->overrun + 1) * m->interval;
        }
        if (m->number == CPU_LIMIT)
            cpu_limit_reached(m->process, now);
        else
            send(m);
    }
    if (m->armed)
        look_later(m, now);
}

static void fire(struct alarm *a)
{
    struct process_timer *m = (struct process_timer *)a;
    word_t now = clock_now();

    if (m->counts) {
        look(m);
        return;
    }
    m->overrun = 0;
    if (m->interval != 0) {
        word_t missed = now > a->deadline ? (now - a->deadline) / m->interval : 0;

        m->overrun = (unsigned)missed;
        alarm_set(a, a->deadline + (missed + 1) * m->interval);
    }
    send(m);
}

static struct process_timer *make(struct process *p, int number)
{
    struct process_timer *m = heap_alloc(sizeof *m);

    if (m == NULL)
        return NULL;
    m->alarm.fire = fire;
    m->process = p;
    m->number = number;
    m->signal = SIGALRM;
    m->next = p->timers;
    p->timers = m;
    return m;
}

static void delete(struct process_timer *m)
{
    struct process_timer **at = &m->process->timers;

    alarm_cancel(&m->alarm);
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    heap_free(m, sizeof *m);
}

void timers_free(struct process *p)
{
    while (p->timers != NULL)
        delete(p->timers);
}

void timers_exec(struct process *p)
{
    for (struct process_timer *m = p->timers, *next; m != NULL; m = next) {
        next = m->next;
        if (m->number > 0)
            delete(m);
    }
}

/* What is left of it, and its interval. */
static void state(const struct process_timer *m, word_t *left, word_t *interval)
{
    word_t now = clock_now();

    *left = 0;
    *interval = m != NULL ? m->interval : 0;
    if (m != NULL && m->counts) {
        now = used_ns(m);
        *left = !m->armed ? 0 : m->expires > now ? m->expires - now : 1;
        return;
    }
    if (m != NULL && m->alarm.armed)
        *left = m->alarm.deadline > now ? m->alarm.deadline - now : 1;
}

/* @param value ns from now, or (absolute) of its clock; 0: disarm */
static void arm(struct process_timer *m, word_t value, word_t interval, bool absolute)
{
    m->interval = interval;
    m->overrun = 0;
    if (value == 0 || m->counts)
        alarm_cancel(&m->alarm);
    if (m->counts) {
        word_t now = used_ns(m);

        m->armed = value != 0;
        m->expires = absolute ? value : now + value;
        if (m->armed)
            look_later(m, now);
    } else if (value != 0)
        alarm_set(&m->alarm, absolute ? clock_to_monotonic(value, m->clock == 0)
                                      : clock_now() + value);
}

long timers_cpu_limit(struct process *p)
{
    word_t soft = p->limit[RLIMIT_CPU].soft;
    struct process_timer *m = find(p, CPU_LIMIT);

    if (soft >= NEVER / RT_NS_PER_SECOND) {
        if (m != NULL)
            delete(m);
        return 0;
    }
    if (m == NULL)
        m = make(p, CPU_LIMIT);
    if (m == NULL)
        return -ENOMEM;
    m->counts = true;
    arm(m, soft != 0 ? soft * RT_NS_PER_SECOND : 1, RT_NS_PER_SECOND, true);
    return 0;
}

/* --- setitimer ------------------------------------------------------------------------------ */

struct itimerval {
    int64_t interval_seconds, interval_us, seconds, us;
};

static struct itimerval itimerval_of(word_t left, word_t interval)
{
    word_t us = (left + NS_PER_US - 1) / NS_PER_US;

    return (struct itimerval){(int64_t)(interval / RT_NS_PER_SECOND),
                              (int64_t)(interval % RT_NS_PER_SECOND / NS_PER_US),
                              (int64_t)(us / 1000000), (int64_t)(us % 1000000)};
}

static bool is_time(int64_t seconds, int64_t us)
{
    return seconds >= 0 && us >= 0 && us < 1000000;
}

static word_t ns_of(int64_t seconds, int64_t us)
{
    struct timespec ts = {seconds, us * (int64_t)NS_PER_US};

    return timespec_ns(&ts);
}

/* @param which ITIMER_... */
static long give_state(struct task *t, int which, word_t to)
{
    word_t left, interval;
    struct itimerval v;

    if (to == 0)
        return 0;
    state(find(t->process, -which), &left, &interval);
    v = itimerval_of(left, interval);
    return user_write(t, to, &v, sizeof v);
}

long sys_getitimer(struct task *t, const word_t *arg)
{
    if (arg[0] > ITIMER_PROF)
        return -EINVAL;
    return give_state(t, (int)arg[0], arg[1]);
}

/* The timer of setitimer, made when it is first set. */
static struct process_timer *itimer(struct process *p, int which)
{
    static const int signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
    struct process_timer *m = find(p, -which);

    if (m == NULL)
        m = make(p, -which);
    if (m == NULL)
        return NULL;
    m->signal = signals[which];
    m->counts = which != ITIMER_REAL;
    return m;
}

long sys_setitimer(struct task *t, const word_t *arg)
{
    struct itimerval v = {0};
    struct process_timer *m;
    long e = arg[1] != 0 ? user_read(t, &v, arg[1], sizeof v) : 0;

    if (e != 0)
        return e;
    if (arg[0] > ITIMER_PROF || !is_time(v.seconds, v.us) ||
        !is_time(v.interval_seconds, v.interval_us))
        return -EINVAL;
    e = give_state(t, (int)arg[0], arg[2]);
    if (e != 0)
        return e;
    m = itimer(t->process, (int)arg[0]);
    if (m == NULL)
        return -ENOMEM;
    arm(m, ns_of(v.seconds, v.us), ns_of(v.interval_seconds, v.interval_us), false);
    return 0;
}

long sys_alarm(struct task *t, const word_t *arg)
{
    struct process_timer *m = find(t->process, 0);
    word_t left, interval;

    state(m, &left, &interval);
    if (m == NULL && arg[0] != 0)
        m = make(t->process, 0);
    if (m != NULL)
        arm(m, (arg[0] & 0xffffffff) * RT_NS_PER_SECOND, 0, false);
    return (long)((left + RT_NS_PER_SECOND - 1) / RT_NS_PER_SECOND);
}

/* --- timer_create --------------------------------------------------------------------------- */

struct sigevent {
    word_t value;
    int32_t signal, notify, tid, pad[11];
};

static int free_number(struct process *p)
{
    for (int n = 1; n <= TIMERS; n++) {
        if (find(p, n) == NULL)
            return n;
    }
    return 0;
}

static bool is_event(const struct sigevent *e)
{
    if (e->notify == SIGEV_NONE)
        return true;
    if (e->notify != SIGEV_SIGNAL && e->notify != SIGEV_THREAD_ID && e->notify != SIGEV_THREAD)
        return false;
    return e->signal > 0 && e->signal <= SIGNALS;
}

enum { CLOCK_PROCESS = 2, CLOCK_THREAD };

/* One's own processor time, also as C libraries put it: ~0 << 3 | 2, of a thread with 4 more. */
static bool counts(int clock)
{
    return clock == CLOCK_PROCESS || clock == CLOCK_THREAD || clock == -6 || clock == -2;
}

long sys_timer_create(struct task *t, const word_t *arg)
{
    struct sigevent event = {.signal = SIGALRM, .notify = SIGEV_SIGNAL};
    int number = free_number(t->process), clock = (int)arg[0];
    struct process_timer *m;
    struct timespec now;

    if (arg[1] != 0 && user_read(t, &event, arg[1], sizeof event) != 0)
        return -EFAULT;
    if ((clock_read(clock, &now) != 0 && !counts(clock)) || !is_event(&event))
        return -EINVAL;
    if (number == 0)
        return -EAGAIN;
    m = make(t->process, number);
    if (m == NULL)
        return -EAGAIN;
    m->clock = clock;
    m->counts = counts(clock);
    m->of_task = clock == CLOCK_THREAD || clock == -2;
    m->clock_tid = t->tid;
    m->notify = event.notify;
    m->signal = event.signal;
    m->tid = event.tid;
    m->value = arg[1] != 0 ? event.value : (word_t)number;
    if (user_write(t, arg[2], &number, sizeof number) != 0) {
        delete(m);
        return -EFAULT;
    }
    return 0;
}

struct itimerspec {
    struct timespec interval, value;
};

static struct itimerspec spec_of(const struct process_timer *m)
{
    word_t left, interval;

    state(m, &left, &interval);
    return (struct itimerspec){timespec_of(interval), timespec_of(left)};
}

static struct process_timer *timer_of(struct task *t, word_t number)
{
    return (int)number > 0 ? find(t->process, (int)number) : NULL;
}

long sys_timer_settime(struct task *t, const word_t *arg)
{
    struct process_timer *m = timer_of(t, arg[0]);
    struct itimerspec new, old;

    if (arg[2] == 0)
        return -EINVAL;
    if (user_read(t, &new, arg[2], sizeof new) != 0)
        return -EFAULT;
    if (m == NULL || timespec_check(&new.value) != 0 || timespec_check(&new.interval) != 0)
        return -EINVAL;
    old = spec_of(m);
    arm(m, timespec_ns(&new.value), timespec_ns(&new.interval), arg[1] & TIMER_ABSTIME);
    return arg[3] != 0 ? user_write(t, arg[3], &old, sizeof old) : 0;
}

long sys_timer_gettime(struct task *t, const word_t *arg)
{
    struct process_timer *m = timer_of(t, arg[0]);
    struct itimerspec now;

    if (m == NULL)
        return -EINVAL;
    now = spec_of(m);
    return user_write(t, arg[1], &now, sizeof now);
}

long sys_timer_getoverrun(struct task *t, const word_t *arg)
{
    struct process_timer *m = timer_of(t, arg[0]);

    return m == NULL ? -EINVAL : (long)m->overrun;
}

long sys_timer_delete(struct task *t, const word_t *arg)
{
    struct process_timer *m = timer_of(t, arg[0]);

    if (m == NULL)
        return -EINVAL;
    delete(m);
    return 0;
}
