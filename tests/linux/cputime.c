/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that count processor time. */
#include "case.h"

#include <signal.h>
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
