/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: fork, exec, exit, wait, groups, sessions. */
#include "case.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void exit_7(void) { _exit(7); }
static void abort_now(void) { abort(); }
static void segv(void) { *(volatile int *)8 = 1; }
static void divide(void) { volatile int zero = 0, one = 1; one = one / zero; }
static void illegal(void) { __asm__ volatile("ud2"); }
static void trap(void) { __asm__ volatile("int3"); }
static void privileged(void) { __asm__ volatile("hlt"); }
static void jump_to_0(void) { ((void (*)(void))0)(); }
static void killed(void) { kill(getpid(), SIGKILL); }

CASE(process_ends)
{
    in_child("exit", exit_7);
    in_child("abort", abort_now);
    in_child("write to 8", segv);
    in_child("divide by 0", divide);
    in_child("illegal", illegal);
    in_child("trap", trap);
    in_child("hlt", privileged);
    in_child("jump to 0", jump_to_0);
    in_child("kill", killed);
}

CASE(process_fork_memory)
{
    static int variable = 1;
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    *shared = *private = 1;
    pid = fork();
    if (pid == 0) {
        variable = *shared = *private = 2;
        _exit(variable == 2 && *shared == 2 && *private == 2 ? 5 : 6);
    }
    say_status("child", wait_status(pid));
    say("variable %d shared %d private %d", variable, *shared, *private);
}

CASE(process_wait_errors)
{
    int status;
    siginfo_t info;

    result("wait4 without children", wait4(-1, &status, 0, NULL));
    result("wait4 for a stranger", wait4(1, &status, 0, NULL));
    result("wait4 with bad options", wait4(-1, &status, 0x10000, NULL));
    result("waitid without children", waitid(P_ALL, 0, &info, WEXITED));
    result("waitid without events", waitid(P_ALL, 0, &info, 0));
    result("waitid with a bad type", waitid((idtype_t)17, 0, &info, WEXITED));
    result("waitid of pid 0", waitid(P_PID, 0, &info, WEXITED));
}

CASE(process_wait_pointers)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    result("bad status pointer", syscall(SYS_wait4, pid, 8, 0, 0));
    result("reaped anyway", wait4(pid, NULL, 0, NULL));
}

CASE(process_wait_nohang)
{
    int ends[2], status;
    pid_t pid;
    char c;

    if (pipe(ends) != 0)
        return;
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &c, 1) == 0 ? 3 : 4);
    }
    close(ends[0]);
    result("still running", waitpid(pid, &status, WNOHANG));
    close(ends[1]);
    say_status("then", wait_status(pid));
    result("gone", waitpid(pid, &status, WNOHANG));
}

CASE(process_waitid)
{
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(9);
    memset(&info, 0, sizeof info);
    result("nowait", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    say("signo %d code %d status %d same %d", info.si_signo, info.si_code, info.si_status,
        info.si_pid == pid);
    memset(&info, 0, sizeof info);
    result("again", waitid(P_ALL, 0, &info, WEXITED));
    say("status %d", info.si_status);
    result("gone", waitid(P_PID, (id_t)pid, &info, WEXITED));
}

CASE(process_stop_continue)
{
    int status, ends[2];
    char c;
    pid_t pid;

    if (pipe(ends) != 0)
        return;
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        raise(SIGSTOP);
        _exit(read(ends[0], &c, 1) == 0 ? 4 : 5);
    }
    result("stopped", waitpid(pid, &status, WUNTRACED) == pid);
    say("WIFSTOPPED %d by %d", WIFSTOPPED(status), WSTOPSIG(status));
    result("not twice", waitpid(pid, &status, WUNTRACED | WNOHANG));
    kill(pid, SIGCONT);
    result("continued", waitpid(pid, &status, WCONTINUED) == pid);
    say("WIFCONTINUED %d", WIFCONTINUED(status));
    close(ends[1]);
    say_status("end", wait_status(pid));
}

CASE(process_stopped_is_killed)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGTERM);
    result("SIGTERM waits", waitpid(pid, &status, WNOHANG));
    kill(pid, SIGKILL);
    say_status("SIGKILL does not", wait_status(pid));
}

static void *run_ticker(void *p)
{
    volatile unsigned *n = p;

    for (;;)
        ++*n;
    return NULL;
}

CASE(process_running_is_stopped)
{
    volatile unsigned *n =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned before;
    int status;
    pid_t pid = fork();

    if (pid == 0)
        run_ticker((void *)n);
    while (*n == 0)
        sched_yield();
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    before = *n;
    usleep(20000);
    say("moved while stopped: %d", *n != before);
    kill(pid, SIGCONT);
    while (*n == before)
        sched_yield();
    kill(pid, SIGINT);
    say_status("end", wait_status(pid));
}

CASE(process_groups)
{
    pid_t pid = fork();

    if (pid == 0) {
        result("own group", setpgid(0, 0));
        say("leads it: %d", getpgrp() == getpid());
        result("setsid as a leader", setsid());
        result("a group that is not there", setpgid(0, 30000));
        result("negative", setpgid(0, -1));
        result("a stranger", setpgid(1, 0));
        _exit(0);
    }
    wait_status(pid);
    pid = fork();
    if (pid == 0) {
        say("setsid: %d", setsid() == getpid());
        say("group %d session %d", getpgrp() == getpid(), getsid(0) == getpid());
        result("a session leader stays", setpgid(0, 0));
        _exit(0);
    }
    wait_status(pid);
    result("getpgid of nobody", getpgid(30000));
    result("getsid of nobody", getsid(30000));
}

CASE(process_setpgid_after_exec)
{
    int ends[2];
    char c;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "sleep 5", NULL);
        _exit(127);
    }
    close(ends[1]);
    result("pipe closed by exec", read(ends[0], &c, 1));
    result("setpgid", setpgid(pid, pid));
    kill(pid, SIGKILL);
    say_status("child", wait_status(pid));
}

CASE(process_orphan)
{
    int ends[2], status;
    char c = 0;
    pid_t pid, middle;

    if (pipe(ends) != 0)
        return;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    middle = fork();
    if (middle == 0) {
        pid = fork();
        if (pid == 0) {
            while (getppid() == middle || getppid() == 0)
                usleep(1000);
            _exit(write(ends[1], "x", 1) == 1 ? 6 : 7);
        }
        _exit(0);
    }
    say_status("middle", wait_status(middle));
    result("from the orphan", read(ends[0], &c, 1));
    say("reaped: %d", wait(&status) > 0);
    say_status("orphan", status);
}

CASE(process_vfork)
{
    static volatile int variable;
    pid_t pid = vfork();

    if (pid == 0) {
        variable = 3;
        _exit(2);
    }
    say("seen: %d", variable);
    say_status("child", wait_status(pid));
}

CASE(process_clone_flags)
{
    result("THREAD without SIGHAND", syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    result("SIGHAND without VM", syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
    result("clone3 too small", syscall(SYS_clone3, NULL, 8));
    result("clone3 without memory", syscall(SYS_clone3, 8, 88));
}

CASE(process_parent_death_signal)
{
    int ends[2];
    char c;
    pid_t pid;

    if (pipe(ends) != 0)
        return;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            write(ends[1], "r", 1);
            for (;;)
                pause();
        }
        read(ends[0], &c, 1);
        _exit(0);
    }
    say_status("parent", wait_status(pid));
    say_status("child", wait_status(-1));
}

CASE(process_ignored_children)
{
    int status;
    pid_t pid;

    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(0);
    result("wait", waitpid(pid, &status, 0));
}

CASE(process_rlimit)
{
    struct rlimit l, big = {10, 5};

    result("get", getrlimit(RLIMIT_CORE, &l));
    result("soft above hard", setrlimit(RLIMIT_CORE, &big));
    result("no such limit", getrlimit((enum __rlimit_resource)99, &l));
    result("bad pointer", syscall(SYS_prlimit64, 0, RLIMIT_CORE, 0, 8));
    result("no such process", syscall(SYS_prlimit64, 30000, RLIMIT_CORE, 0, &l));
}

CASE(process_prctl)
{
    char name[17] = {0};

    result("name", prctl(PR_SET_NAME, "a name that is too long"));
    prctl(PR_GET_NAME, name);
    say("%s", name);
    result("dumpable 5", prctl(PR_SET_DUMPABLE, 5));
    result("dumpable", prctl(PR_GET_DUMPABLE));
    result("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    result("set them", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    result("then", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    result("death signal 99", prctl(PR_SET_PDEATHSIG, 99));
    result("unknown", prctl(12345, 0, 0, 0, 0));
}

static void note_child(int n) { (void)n; }

/* Children end, and are told of, while others begin: none may find what is not its own. */
CASE(process_many)
{
    struct sigaction a = {.sa_handler = note_child};
    int status, alive = 0, bad = 0;
    pid_t pid;

    sigaction(SIGCHLD, &a, NULL);
    for (int i = 0; i < 150; i++) {
        pid = fork();
        if (pid == 0) {
            execl("/bin/sh", "sh", "-c", "x=$(echo 3); exit $x", NULL);
            _exit(127);
        }
        alive++;
        while (alive > 0 && (pid = waitpid(-1, &status, alive < 30 ? WNOHANG : 0)) != 0) {
            if (pid < 0)
                continue;
            bad += !WIFEXITED(status) || WEXITSTATUS(status) != 3;
            alive--;
        }
    }
    for (; alive > 0; alive -= pid > 0) {
        pid = waitpid(-1, &status, 0);
        if (pid > 0)
            bad += !WIFEXITED(status) || WEXITSTATUS(status) != 3;
    }
    say("bad %d", bad);
}
