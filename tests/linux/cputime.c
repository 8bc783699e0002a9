/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that count processor time. */
#include "case.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile int got[65];

static void count(int number)
{
    got[number]++;
}

static void catch(int number)
{
    struct sigaction a = {.sa_handler = count, .sa_flags = SA_RESTART};

    sigaction(number, &a, NULL);
}

static void spin_until(int number, int times)
{
    while (got[number] < times)
        ;
}

static void say_limit(int number)
{
    struct rlimit l;

    getrlimit(RLIMIT_CPU, &l);
    say("signal %d, soft limit %lu", number, l.rlim_cur);
}

/* A child has the limit and its own time: told each second, and ended. */
CASE(limit_cpu)
{
    struct rlimit l = {1, 2};
    int pid;

    result("limit", setrlimit(RLIMIT_CPU, &l));
    signal(SIGXCPU, say_limit);
    fflush(stdout);
    pid = fork();
    for (; pid == 0;)
        ;
    say_status("child", wait_status(pid));
    getrlimit(RLIMIT_CPU, &l);
    say("the parent's limit %lu", l.rlim_cur);
    l.rlim_cur = 3;
    result("soft above hard", setrlimit(RLIMIT_CPU, &l));
}

CASE(limit_cpu_none)
{
    struct rlimit l = {0, RLIM_INFINITY};

    catch(SIGXCPU);
    result("limit", setrlimit(RLIMIT_CPU, &l));
    spin_until(SIGXCPU, 1);
    getrlimit(RLIMIT_CPU, &l);
    say("at once %d, limit %lu", clock() < CLOCKS_PER_SEC / 2, l.rlim_cur);
}

CASE(itimer_virtual)
{
    struct itimerval v = {{0, 10000}, {0, 10000}}, old;

    catch(SIGVTALRM);
    outcome("set", setitimer(ITIMER_VIRTUAL, &v, NULL));
    spin_until(SIGVTALRM, 3);
    say("it came again and again");
    v = (struct itimerval){{0, 0}, {0, 0}};
    outcome("stop", setitimer(ITIMER_VIRTUAL, &v, &old));
    say("interval %ld, left %s", (long)old.it_interval.tv_usec,
        old.it_value.tv_usec > 0 ? "some" : "none");
    outcome("get", getitimer(ITIMER_VIRTUAL, &old));
    say("left %ld", (long)old.it_value.tv_usec);
}

CASE(itimer_prof_once)
{
    struct itimerval v = {{0, 0}, {0, 20000}}, now;

    catch(SIGPROF);
    outcome("set", setitimer(ITIMER_PROF, &v, NULL));
    spin_until(SIGPROF, 1);
    getitimer(ITIMER_PROF, &now);
    say("left %ld, interval %ld", (long)now.it_value.tv_usec, (long)now.it_interval.tv_usec);
}

/* Sleeping takes no processor time. */
CASE(itimer_prof_sleeps)
{
    struct itimerval v = {{0, 0}, {0, 30000}};
    struct timespec ts = {0, 200000000};

    catch(SIGPROF);
    setitimer(ITIMER_PROF, &v, NULL);
    result("sleep", nanosleep(&ts, NULL));
    say("signals %d", got[SIGPROF]);
    spin_until(SIGPROF, 1);
    say("signals %d", got[SIGPROF]);
}

CASE(itimer_cpu_fork)
{
    struct itimerval v = {{0, 0}, {100, 0}}, now;
    int pid;

    setitimer(ITIMER_PROF, &v, NULL);
    pid = fork();
    if (pid == 0) {
        getitimer(ITIMER_PROF, &now);
        say("the child has %ld", (long)now.it_value.tv_sec);
        _exit(0);
    }
    wait_status(pid);
    getitimer(ITIMER_PROF, &now);
    say("the parent %s", now.it_value.tv_sec >= 98 ? "has it" : "has lost it");
}

CASE(timer_cpu_clock)
{
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec s = {{0, 0}, {0, 10000000}};
    timer_t t;

    catch(SIGUSR1);
    outcome("process", timer_create(CLOCK_PROCESS_CPUTIME_ID, &e, &t));
    outcome("set", timer_settime(t, 0, &s, NULL));
    spin_until(SIGUSR1, 1);
    outcome("delete", timer_delete(t));
    outcome("thread", timer_create(CLOCK_THREAD_CPUTIME_ID, &e, &t));
    outcome("set", timer_settime(t, 0, &s, NULL));
    spin_until(SIGUSR1, 2);
    outcome("get", timer_gettime(t, &s));
    say("left %ld", s.it_value.tv_nsec);
}
