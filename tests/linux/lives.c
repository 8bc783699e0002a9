/* SPDX-License-Identifier: BSD-2-Clause */
/* More of processes and time: what is inherited, sessions, usage, timers. */
#include "case.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static volatile sig_atomic_t count;

static void note(int n)
{
    (void)n;
    count++;
}

CASE(life_session)
{
    pid_t pid = fork();

    if (pid == 0) {
        result("setsid", setsid() == getpid());
        result("again", setsid());
        say("leader %d %d", getsid(0) == getpid(), getpgrp() == getpid());
        result("setpgid of a leader", setpgid(0, 0));
        result("getsid of nobody", getsid(30000));
        result("getpgid of nobody", getpgid(30000));
        result("negative", setpgid(0, -1));
        result("negative pid", setpgid(-1, 0));
        _exit(0);
    }
    wait_status(pid);
    result("of another session's process", setpgid(1, 0));
    result("to a group that is not there", setpgid(0, 30000));
}

CASE(life_inherited)
{
    int fd = put("f", "0123456789"), status;
    pid_t pid;

    umask(031);
    nice(3);
    setpriority(PRIO_PROCESS, 0, 4);
    prctl(PR_SET_NAME, "parent");
    lseek(fd, 4, SEEK_SET);
    pid = fork();
    if (pid == 0) {
        char name[16], here[256];

        prctl(PR_GET_NAME, name);
        say("umask %o nice %d name %s position %ld", umask(0), getpriority(PRIO_PROCESS, 0), name,
            (long)lseek(fd, 0, SEEK_CUR));
        say("directory %s", strrchr(getcwd(here, sizeof here), '/'));
        alarm(0);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    say("umask %o", umask(0));
}

CASE(life_not_inherited)
{
    struct itimerval t = {{0, 0}, {100, 0}}, got;
    struct rusage u;
    pid_t pid;

    setitimer(ITIMER_REAL, &t, NULL);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    pid = fork();
    if (pid == 0) {
        int n = -1;

        getitimer(ITIMER_REAL, &got);
        say("timer %ld", (long)got.it_value.tv_sec);
        prctl(PR_GET_PDEATHSIG, &n);
        say("signal of the parent's death %d", n);
        getrusage(RUSAGE_CHILDREN, &u);
        say("children's time %ld", (long)u.ru_utime.tv_sec);
        _exit(0);
    }
    wait_status(pid);
    getitimer(ITIMER_REAL, &got);
    say("here %d", got.it_value.tv_sec > 90);
}

CASE(life_spawn)
{
    char *argv[] = {"sh", "-c", "exit 7", NULL}, *none[] = {"none", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    say("spawn: %s", error_name(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ)));
    say_status("child", wait_status(pid));
    say("not there: %s", error_name(posix_spawn(&pid, "/bin/none", NULL, NULL, none, environ)));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 7, "out", O_CREAT | O_WRONLY, 0600);
    posix_spawn_file_actions_adddup2(&actions, 7, 1);
    argv[2] = "echo to the file";
    say("with a file: %s", error_name(posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ)));
    wait_status(pid);
    char text[32] = "";

    read(open("out", O_RDONLY), text, 31);
    say("%.11s", text);
}

CASE(life_exec_keeps)
{
    sigset_t set;
    pid_t pid = fork();

    if (pid == 0) {
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGUSR2, SIG_IGN);
        signal(SIGHUP, note);
        umask(077);
        execl("/bin/sh", "sh", "-c", "umask; kill -USR2 $$; kill -HUP $$; echo not reached", NULL);
    }
    say_status("child", wait_status(pid));
}

CASE(life_usage)
{
    struct rusage before, after;
    volatile unsigned n = 0;
    pid_t pid = fork();

    if (pid == 0) {
        for (unsigned i = 0; i < 20000000; i++)
            n++;
        _exit(0);
    }
    getrusage(RUSAGE_CHILDREN, &before);
    int status;

    result("wait4", wait4(pid, &status, 0, &after) == pid);
    say("it took some %d", after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec > 0);
    say("faults %d", after.ru_minflt > 0);
    getrusage(RUSAGE_CHILDREN, &after);
    say("counted to me %d", after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec
                                > before.ru_utime.tv_sec * 1000000 + before.ru_utime.tv_usec);
    say("resident %d", after.ru_maxrss > 0);
}

CASE(life_priorities)
{
    result("get", getpriority(PRIO_PROCESS, 0));
    result("set", setpriority(PRIO_PROCESS, 0, 100));
    result("most", getpriority(PRIO_PROCESS, 0));
    result("set", setpriority(PRIO_PROCESS, 0, -100));
    result("raw", syscall(SYS_getpriority, PRIO_PROCESS, 0));
    result("unknown", getpriority((__priority_which_t)9, 0));
    result("nobody", getpriority(PRIO_PROCESS, 30000));
    result("group", getpriority(PRIO_PGRP, 0));
}

CASE(life_scheduler)
{
    struct sched_param p = {0};

    result("policy", sched_getscheduler(0));
    result("set", sched_setscheduler(0, SCHED_BATCH, &p));
    result("parameters", sched_getparam(0, &p));
    result("nobody", sched_getscheduler(30000));
    result("most", sched_get_priority_max(SCHED_FIFO));
    result("least", sched_get_priority_min(SCHED_RR));
    result("unknown", sched_get_priority_max(77));
}

CASE(life_clone_errors)
{
    result("no stack for memory", syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0));
    result("handlers without memory", syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
    uint64_t args[11] = {0};

    args[4] = SIGCHLD;
    result("clone3 too small", syscall(SYS_clone3, args, 8));
    result("clone3 bad pointer", syscall(SYS_clone3, 8, 64));
    args[4] = 99;
    result("clone3 bad signal", syscall(SYS_clone3, args, 64));
    args[4] = SIGCHLD;
    args[5] = 4096;
    result("clone3 stack without size", syscall(SYS_clone3, args, 64));
    args[5] = 0;
    long pid = syscall(SYS_clone3, args, 64);

    if (pid == 0)
        _exit(8);
    say_status("child", wait_status((pid_t)pid));
}

CASE(life_subreaper)
{
    int p[2];
    pid_t grandchild = 0, pid;

    result("set", prctl(PR_SET_CHILD_SUBREAPER, 1));
    pipe(p);
    pid = fork();
    if (pid == 0) {
        pid_t mine = fork();

        if (mine == 0) {
            usleep(20000);
            _exit(6);
        }
        write(p[1], &mine, sizeof mine);
        _exit(0);
    }
    wait_status(pid);
    read(p[0], &grandchild, sizeof grandchild);
    say_status("grandchild", wait_status(grandchild));
}

CASE(life_wait_keeps)
{
    siginfo_t info = {0};
    pid_t pid = fork();

    if (pid == 0)
        _exit(3);
    result("looked at", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    say("status %d", info.si_status);
    result("again", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    result("taken", waitid(P_ALL, 0, &info, WEXITED));
    result("gone", waitid(P_PID, (id_t)pid, &info, WEXITED));
    result("no options", waitid(P_ALL, 0, &info, 0));
    result("unknown options", waitid(P_ALL, 0, &info, WEXITED | 0x100));
    result("unknown kind", waitid((idtype_t)9, 0, &info, WEXITED));
}

CASE(time_timer_none)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct itimerspec spec = {{0, 0}, {100, 0}}, got;
    timer_t timer;

    result("create", timer_create(CLOCK_REALTIME, &event, &timer));
    timer_settime(timer, 0, &spec, NULL);
    timer_gettime(timer, &got);
    say("runs %d", got.it_value.tv_sec >= 99);
    spec.it_value.tv_nsec = 1000000000;
    result("bad", timer_settime(timer, 0, &spec, NULL));
    result("of nobody", timer_settime((timer_t)77, 0, &spec, NULL));
    result("bad pointer", syscall(SYS_timer_settime, timer, 0, 8, 0));
    event.sigev_notify = 99;
    result("bad kind", timer_create(CLOCK_REALTIME, &event, &timer));
}

CASE(time_alarm_and_itimer)
{
    struct itimerval t = {{0, 0}, {50, 0}};

    signal(SIGALRM, note);
    alarm(100);
    struct itimerval old;

    setitimer(ITIMER_REAL, &t, &old);
    say("it is one timer %d", old.it_value.tv_sec >= 99);
    say("left of it %d", alarm(0) >= 49);
    t.it_value = (struct timeval){0, 5000};
    t.it_interval = (struct timeval){0, 0};
    setitimer(ITIMER_REAL, &t, NULL);
    pause();
    say("count %d", count);
}

CASE(time_clocks_agree)
{
    struct timespec a, b, c;

    clock_gettime(CLOCK_REALTIME, &a);
    clock_gettime(CLOCK_REALTIME_COARSE, &b);
    say("coarse is near %d", a.tv_sec - b.tv_sec <= 1 && b.tv_sec - a.tv_sec <= 1);
    clock_gettime(CLOCK_MONOTONIC_COARSE, &b);
    clock_gettime(CLOCK_MONOTONIC, &a);
    say("never ahead %d", b.tv_sec < a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec <= a.tv_nsec));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
    say("processor time %d", a.tv_sec <= b.tv_sec && b.tv_sec <= c.tv_sec);
    result("of another clock", clock_getres(CLOCK_REALTIME, &a));
    say("resolution %ld", a.tv_nsec);
    result("adjust", (long)syscall(SYS_clock_gettime, -1, &a));
}

CASE(time_is_monotonic)
{
    struct timespec a, b;
    int back = 0;

    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 20000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &b);
        back += b.tv_sec < a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec);
        a = b;
    }
    say("back %d", back);
}

/* Who adopts a child did not ask for its parent's signal. */
CASE(life_adopted_signal)
{
    int status;
    pid_t pid;

    signal(SIGUSR1, note);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid = fork();
    if (pid == 0) {
        if (syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0) == 0) {
            usleep(20000);
            _exit(6);
        }
        _exit(0);
    }
    wait_status(pid);
    result("adopted", waitpid(-1, &status, __WALL) > 0);
    say_status("it", status);
    say("signals %d", count);
}
