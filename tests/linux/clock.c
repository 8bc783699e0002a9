/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: clocks, sleeping, timers. */
#include "case.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static volatile sig_atomic_t count;

static void note(int n)
{
    (void)n;
    count++;
}

static long ms_between(const struct timespec *a, const struct timespec *b)
{
    return (b->tv_sec - a->tv_sec) * 1000 + (b->tv_nsec - a->tv_nsec) / 1000000;
}

CASE(clock_errors)
{
    struct timespec ts, bad = {-1, 0}, wrong = {0, 1000000000};

    result("no such clock", clock_gettime(77, &ts));
    result("its resolution", clock_getres(77, &ts));
    result("bad pointer", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
    result("no pointer for the resolution", clock_getres(CLOCK_MONOTONIC, NULL));
    result("negative sleep", nanosleep(&bad, NULL));
    result("wrong nanoseconds", nanosleep(&wrong, NULL));
    result("bad pointer", syscall(SYS_nanosleep, 8, 0));
    say("clock_nanosleep: %s", error_name(clock_nanosleep(77, 0, &ts, NULL)));
    say("set monotonic: %s", clock_settime(CLOCK_MONOTONIC, &ts) ? error_name(errno) : "ok");
}

CASE(clock_runs)
{
    struct timespec a, b;
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
                                       CLOCK_BOOTTIME};

    for (unsigned i = 0; i < 4; i++) {
        clock_gettime(clocks[i], &a);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
        clock_gettime(clocks[i], &b);
        say("clock %d: %d", (int)clocks[i], ms_between(&a, &b) >= 5);
    }
}

CASE(clock_sleeps_long_enough)
{
    struct timespec a, b, until;

    clock_gettime(CLOCK_MONOTONIC, &a);
    result("nanosleep", nanosleep(&(struct timespec){0, 30000000}, NULL));
    clock_gettime(CLOCK_MONOTONIC, &b);
    say("relative %d", ms_between(&a, &b) >= 30);
    until = b;
    until.tv_nsec += 30000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    say("absolute: %d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    clock_gettime(CLOCK_MONOTONIC, &a);
    say("absolute %d", ms_between(&b, &a) >= 30);
    say("past: %d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
}

CASE(clock_itimer)
{
    struct itimerval t = {{0, 5000}, {0, 5000}}, old;

    signal(SIGALRM, note);
    result("set", setitimer(ITIMER_REAL, &t, NULL));
    while (count < 5)
        pause();
    memset(&t, 0, sizeof t);
    result("stop", setitimer(ITIMER_REAL, &t, &old));
    say("interval %ld", (long)old.it_interval.tv_usec);
    result("get", getitimer(ITIMER_REAL, &old));
    say("stopped %d", old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    t.it_value.tv_usec = 1000000;
    result("bad", setitimer(ITIMER_REAL, &t, NULL));
    result("no such timer", setitimer((__itimer_which_t)9, &old, NULL));
}

CASE(clock_alarm)
{
    signal(SIGALRM, note);
    result("none before", alarm(0) > 0 ? 0 : 0);
    result("alarm", alarm(100));
    result("what is left", alarm(0));
    result("nothing", alarm(0));
}

static volatile sig_atomic_t value, code;

static void note_info(int n, siginfo_t *info, void *context)
{
    (void)n;
    (void)context;
    count++;
    value = info->si_value.sival_int;
    code = info->si_code;
}

CASE(clock_timer_create)
{
    struct sigaction a = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec spec = {{0, 0}, {0, 10000000}}, now;
    timer_t timer;

    event.sigev_value.sival_int = 1234;
    sigaction(SIGUSR1, &a, NULL);
    result("create", timer_create(CLOCK_MONOTONIC, &event, &timer));
    result("set", timer_settime(timer, 0, &spec, NULL));
    while (count == 0)
        pause();
    say("value %d code %d", value, code);
    result("get", timer_gettime(timer, &now));
    say("disarmed %d", now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
    result("overrun", timer_getoverrun(timer));
    result("delete", timer_delete(timer));
    result("deleted", timer_delete(timer));
    result("bad clock", timer_create(77, &event, &timer));
    event.sigev_signo = 99;
    result("bad signal", timer_create(CLOCK_MONOTONIC, &event, &timer));
}

CASE(clock_processor_time)
{
    struct timespec a, b;
    struct rusage u;
    volatile unsigned n = 0;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    do {
        for (int i = 0; i < 100000; i++)
            n++;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    } while (ms_between(&a, &b) < 20);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    say("sleep is not counted %d", ms_between(&b, &a) < 40);
    result("getrusage", getrusage(RUSAGE_SELF, &u));
    result("of nobody", getrusage(7, &u));
    say("times %d", times(NULL) != (clock_t)-1);
}

CASE(clock_gettimeofday)
{
    struct timeval tv;
    time_t t = time(NULL);

    result("gettimeofday", gettimeofday(&tv, NULL));
    say("same second %d", tv.tv_sec - t <= 1);
    say("microseconds %d", tv.tv_usec >= 0 && tv.tv_usec < 1000000);
}

static long ns_of(const struct timespec *ts)
{
    return ts->tv_sec * 1000000000l + ts->tv_nsec;
}

/* What the C library asks, without a system call perhaps, and what the system says. */
CASE(clock_library_agrees)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
                                       CLOCK_BOOTTIME};

    for (unsigned i = 0; i < 4; i++) {
        bool agrees = true;

        for (int n = 0; n < 100; n++) {
            struct timespec a, b, c;

            clock_gettime(clocks[i], &a);
            syscall(SYS_clock_gettime, clocks[i], &b);
            clock_gettime(clocks[i], &c);
            agrees = agrees && ns_of(&a) <= ns_of(&b) && ns_of(&b) <= ns_of(&c);
        }
        say("clock %d: %d", (int)clocks[i], agrees);
    }
}

/* Times that nobody lives to see. */
CASE(clock_far_future)
{
    struct sigaction a = {.sa_handler = note};
    struct timespec far = {1l << 33, 0}, further = {(long)(~0ul >> 1), 999999999};
    struct itimerspec spec = {{0, 0}, {1l << 33, 0}};
    timer_t timer;

    sigaction(SIGALRM, &a, NULL);
    ualarm(5000, 0);
    result("272 years", nanosleep(&far, NULL));
    ualarm(5000, 0);
    result("for ever", nanosleep(&further, NULL));
    ualarm(5000, 0);
    say("absolute: %s", error_name(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &further, NULL)));
    result("create", timer_create(CLOCK_MONOTONIC, NULL, &timer));
    result("set", timer_settime(timer, 0, &spec, NULL));
    spec.it_value = further;
    result("set further", timer_settime(timer, TIMER_ABSTIME, &spec, NULL));
}
