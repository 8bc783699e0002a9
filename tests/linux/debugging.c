/* SPDX-License-Identifier: BSD-2-Clause */
/* ptrace: what debuggers stand on. */
#include "case.h"

#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

static volatile long shared = 42;
static volatile int caught;

static void catch(int number)
{
    caught = number;
}

static pid_t traced(void (*function)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        function();
        _exit(7);
    }
    wait_status(pid);
    return pid;
}

static void say_stop(const char *what, pid_t pid)
{
    int status = 0;
    pid_t got = waitpid(pid, &status, __WALL);

    if (got != pid)
        say("%s: no stop, %s", what, error_name(errno));
    else if (WIFSTOPPED(status))
        say("%s: stopped by %d, event %d", what, WSTOPSIG(status), status >> 16);
    else
        say_status(what, status);
}

static void go(const char *what, int request, pid_t pid, int number)
{
    if (ptrace(request, pid, NULL, (void *)(long)number) != 0)
        say("%s: %s", what, error_name(errno));
    else
        say_stop(what, pid);
}

static void nothing(void)
{
}

static void trace_me_again(void)
{
    result("again", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

CASE(ptrace_traceme)
{
    pid_t pid = traced(trace_me_again);

    go("continued", PTRACE_CONT, pid, 0);
}

CASE(ptrace_errors)
{
    pid_t child = fork(), stopped;

    if (child == 0) {
        pause();
        _exit(0);
    }
    result("no such process", ptrace(PTRACE_ATTACH, 999999, NULL, NULL));
    result("itself", ptrace(PTRACE_ATTACH, getpid(), NULL, NULL));
    result("not traced", ptrace(PTRACE_CONT, child, NULL, NULL));
    result("bad options", ptrace(PTRACE_SEIZE, child, NULL, 0x10000000));
    result("seize", ptrace(PTRACE_SEIZE, child, NULL, NULL));
    result("again", ptrace(PTRACE_ATTACH, child, NULL, NULL));
    result("not stopped", ptrace(PTRACE_CONT, child, NULL, NULL));
    result("peek, not stopped", ptrace(PTRACE_PEEKDATA, child, &shared, NULL));
    stopped = traced(nothing);
    result("unknown", ptrace(0x5555, stopped, NULL, NULL));
    result("options", ptrace(PTRACE_SETOPTIONS, stopped, NULL, 0x10000000));
    result("bad address", ptrace(PTRACE_PEEKDATA, stopped, 8, NULL));
    result("bad place", ptrace(PTRACE_PEEKUSER, stopped, 3, NULL));
    result("beyond", ptrace(PTRACE_PEEKUSER, stopped, 4096, NULL));
    result("bad signal", ptrace(PTRACE_CONT, stopped, NULL, 99));
    result("interrupt", ptrace(PTRACE_INTERRUPT, stopped, NULL, NULL));
    kill(child, SIGKILL);
    say_stop("killed", child);
    result("kill", ptrace(PTRACE_KILL, stopped, NULL, NULL));
    say_stop("killed", stopped);
}

static void return_shared(void)
{
    _exit((int)shared);
}

CASE(ptrace_memory)
{
    pid_t pid = traced(return_shared);
    long word;

    errno = 0;
    result("peek", ptrace(PTRACE_PEEKDATA, pid, &shared, NULL));
    result("poke", ptrace(PTRACE_POKEDATA, pid, &shared, 17));
    result("ours", shared);
    word = ptrace(PTRACE_PEEKTEXT, pid, return_shared, NULL);
    result("code", ptrace(PTRACE_POKETEXT, pid, return_shared, word));
    result("the same", word == *(long *)(void *)return_shared);
    go("end", PTRACE_CONT, pid, 0);
}

CASE(ptrace_breakpoint)
{
    pid_t pid = traced(return_shared);
    struct user_regs_struct r;
    long word = ptrace(PTRACE_PEEKTEXT, pid, return_shared, NULL);
    siginfo_t info;

    ptrace(PTRACE_POKETEXT, pid, return_shared, (word & ~0xffl) | 0xcc);
    go("breakpoint", PTRACE_CONT, pid, 0);
    result("registers", ptrace(PTRACE_GETREGS, pid, NULL, &r));
    result("behind it", (long)(r.rip - (unsigned long)return_shared));
    result("no call", (long)r.orig_rax);
    result("information", ptrace(PTRACE_GETSIGINFO, pid, NULL, &info));
    say("signal %d, code %x", info.si_signo, (unsigned)info.si_code);
    ptrace(PTRACE_POKETEXT, pid, return_shared, word);
    r.rip--;
    result("back", ptrace(PTRACE_SETREGS, pid, NULL, &r));
    go("end", PTRACE_CONT, pid, 0);
}

static void three_instructions(void)
{
    __asm__ volatile("int3; nop; nop; mov $39, %%eax; syscall; nop" ::: "rax", "rcx", "r11");
}

CASE(ptrace_step)
{
    pid_t pid = traced(three_instructions);
    struct user_regs_struct r;
    unsigned long at;
    siginfo_t info;

    go("there", PTRACE_CONT, pid, 0);
    ptrace(PTRACE_GETREGS, pid, NULL, &r);
    at = r.rip;
    for (int i = 0; i < 5; i++) {
        go("step", PTRACE_SINGLESTEP, pid, 0);
        ptrace(PTRACE_GETREGS, pid, NULL, &r);
        ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
        say("at %ld, code %d, trap flag %d", (long)(r.rip - at), info.si_code,
            (int)(r.eflags >> 8 & 1));
    }
    go("end", PTRACE_CONT, pid, 0);
}

static void two_calls(void)
{
    char c;

    if (syscall(SYS_getppid) < 0 || read(-1, &c, 1) == 0)
        _exit(1);
}

CASE(ptrace_calls)
{
    pid_t pid = traced(two_calls);
    struct user_regs_struct r;
    struct __ptrace_syscall_info info;

    result("options", ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD));
    for (int i = 0; i < 5; i++) {
        go("call", PTRACE_SYSCALL, pid, 0);
        ptrace(PTRACE_GETREGS, pid, NULL, &r);
        memset(&info, 0, sizeof info);
        result("information", ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info));
        say("number %ld, op %d, %s", (long)r.orig_rax, info.op,
            info.op == 1                ? (long)r.rax == -ENOSYS ? "entry" : "?"
            : info.exit.is_error        ? error_name((int)-info.exit.rval)
            : info.exit.rval == getpid() ? "getpid" : "?");
    }
    go("end", PTRACE_CONT, pid, 0);
}

CASE(ptrace_other_call)
{
    pid_t pid = traced(two_calls);
    struct user_regs_struct r;

    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
    go("entry", PTRACE_SYSCALL, pid, 0);
    ptrace(PTRACE_GETREGS, pid, NULL, &r);
    r.orig_rax = SYS_exit_group;
    r.rdi = 33;
    result("changed", ptrace(PTRACE_SETREGS, pid, NULL, &r));
    go("end", PTRACE_CONT, pid, 0);
}

CASE(ptrace_no_call)
{
    pid_t pid = traced(two_calls);

    go("entry", PTRACE_SYSCALL, pid, 0);
    result("none", ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1));
    go("exit", PTRACE_SYSCALL, pid, 0);
    result("result", ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rax), NULL));
    go("end", PTRACE_CONT, pid, 0);
}

static void get_signals(void)
{
    signal(SIGUSR1, catch);
    signal(SIGUSR2, SIG_IGN);
    raise(SIGUSR1);
    say("caught %d", caught);
    caught = 0;
    raise(SIGUSR1);
    say("caught %d", caught);
    raise(SIGUSR2);
    raise(SIGCHLD);
    raise(SIGTERM);
}

CASE(ptrace_signals)
{
    pid_t pid = traced(get_signals);
    siginfo_t info;

    go("first", PTRACE_CONT, pid, 0);
    ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
    say("code %d, from itself %d", info.si_code, info.si_pid == pid);
    go("suppressed", PTRACE_CONT, pid, 0);
    go("passed", PTRACE_CONT, pid, SIGUSR1);
    go("ignored", PTRACE_CONT, pid, SIGUSR2);
    go("harmless", PTRACE_CONT, pid, SIGCHLD);
    go("replaced", PTRACE_CONT, pid, SIGQUIT);
}

static void sleep_for_ever(void)
{
    signal(SIGUSR1, catch);
    result("paused", pause());
    say("caught %d", caught);
}

CASE(ptrace_waiting_call)
{
    pid_t pid = fork();
    struct user_regs_struct r;

    if (pid == 0) {
        sleep_for_ever();
        _exit(9);
    }
    usleep(20000);
    result("attach", ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    say_stop("attached", pid);
    ptrace(PTRACE_GETREGS, pid, NULL, &r);
    say("call %ld gives %ld", (long)r.orig_rax, (long)r.rax);
    result("the same", ptrace(PTRACE_SETREGS, pid, NULL, &r));
    result("continue", ptrace(PTRACE_CONT, pid, NULL, NULL));
    usleep(20000);
    result("waits", waitpid(pid, NULL, WNOHANG));
    kill(pid, SIGUSR1);
    say_stop("signal", pid);
    result("detach", ptrace(PTRACE_DETACH, pid, NULL, SIGUSR1));
    say_stop("end", pid);
}

static void make_children(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(3);
    say_status("fork", wait_status(pid));
    pid = vfork();
    if (pid == 0)
        _exit(4);
    say_status("vfork", wait_status(pid));
    execl("/bin/sh", "sh", "-c", "exit 5", NULL);
}

static void say_event(const char *what, pid_t pid, pid_t *child)
{
    unsigned long message = 0;

    ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message);
    *child = (pid_t)message;
    say("%s: %s", what, *child == pid ? "itself" : "a child");
}

CASE(ptrace_events)
{
    pid_t pid = traced(make_children), child;

    result("options",
           ptrace(PTRACE_SETOPTIONS, pid, NULL,
                  PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
                      PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
    go("fork", PTRACE_CONT, pid, 0);
    say_event("fork", pid, &child);
    say_stop("child", child);
    go("child's exit", PTRACE_CONT, child, 0);
    go("child", PTRACE_CONT, child, 0);
    go("SIGCHLD", PTRACE_CONT, pid, 0);
    go("vfork", PTRACE_CONT, pid, SIGCHLD);
    say_event("vfork", pid, &child);
    say_stop("child", child);
    go("child's exit", PTRACE_CONT, child, 0);
    go("child", PTRACE_CONT, child, 0);
    go("done", PTRACE_CONT, pid, 0);
    go("SIGCHLD", PTRACE_CONT, pid, 0);
    go("exec", PTRACE_CONT, pid, SIGCHLD);
    say_event("exec", pid, &child);
    go("exit", PTRACE_CONT, pid, 0);
    go("end", PTRACE_CONT, pid, 0);
}

CASE(ptrace_exec)
{
    pid_t pid = fork();
    siginfo_t info;

    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl("/bin/sh", "sh", "-c", "exit 6", NULL);
    }
    say_stop("exec", pid);
    ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
    say("code %d", info.si_code);
    result("call", ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rax), NULL));
    go("end", PTRACE_CONT, pid, 0);
}

static void *second(void *argument)
{
    (void)argument;
    return NULL;
}

static void make_thread(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, second, NULL);
    pthread_join(thread, NULL);
}

CASE(ptrace_threads)
{
    pid_t pid = traced(make_thread), child;

    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACECLONE);
    go("clone", PTRACE_CONT, pid, 0);
    say_event("clone", pid, &child);
    say_stop("thread", child);
    go("thread's end", PTRACE_CONT, child, 0);
    go("end", PTRACE_CONT, pid, 0);
}

static void spin(void)
{
    for (;;)
        shared++;
}

CASE(ptrace_seize)
{
    pid_t pid = fork();

    if (pid == 0)
        spin();
    result("seize", ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD));
    result("interrupt", ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
    say_stop("interrupted", pid);
    result("continue", ptrace(PTRACE_CONT, pid, NULL, NULL));
    kill(pid, SIGSTOP);
    say_stop("a signal", pid);
    go("the group stops", PTRACE_CONT, pid, SIGSTOP);
    result("listen", ptrace(PTRACE_LISTEN, pid, NULL, NULL));
    result("nothing yet", waitpid(pid, NULL, WNOHANG));
    kill(pid, SIGCONT);
    say_stop("goes on", pid);
    go("SIGCONT", PTRACE_CONT, pid, 0);
    result("detach", ptrace(PTRACE_DETACH, pid, NULL, NULL));
    kill(pid, SIGTERM);
    say_stop("end", pid);
}

CASE(ptrace_group_stop)
{
    pid_t pid = fork();
    siginfo_t info;

    if (pid == 0)
        spin();
    ptrace(PTRACE_ATTACH, pid, NULL, NULL);
    say_stop("attached", pid);
    go("the group stops", PTRACE_CONT, pid, SIGSTOP);
    result("information", ptrace(PTRACE_GETSIGINFO, pid, NULL, &info));
    result("continue", ptrace(PTRACE_CONT, pid, NULL, NULL));
    kill(pid, SIGKILL);
    say_stop("end", pid);
}

/* The parent does not see what the tracer has not waited for. */
CASE(ptrace_by_another)
{
    int pipes[2];
    char c = 0;
    pid_t child = fork(), tracer;

    if (child == 0)
        spin();
    if (pipe(pipes) != 0 || (tracer = fork()) < 0)
        return;
    if (tracer == 0) {
        result("attach", ptrace(PTRACE_ATTACH, child, NULL, NULL));
        say_stop("attached", child);
        result("continue", ptrace(PTRACE_CONT, child, NULL, NULL));
        if (write(pipes[1], &c, 1) != 1)
            _exit(1);
        say_stop("tracer", child);
        _exit(0);
    }
    if (read(pipes[0], &c, 1) != 1)
        return;
    result("runs", waitpid(child, NULL, WNOHANG));
    kill(child, SIGKILL);
    say_status("tracer", wait_status(tracer));
    say_stop("parent", child);
}

CASE(ptrace_tracer_ends)
{
    pid_t child = fork(), tracer;
    int status;

    if (child == 0)
        sleep_for_ever();
    tracer = fork();
    if (tracer == 0) {
        ptrace(PTRACE_ATTACH, child, NULL, NULL);
        say_stop("attached", child);
        _exit(0);
    }
    say_status("tracer", wait_status(tracer));
    result("goes on", waitpid(child, &status, WNOHANG));
    kill(child, SIGTERM);
    say_stop("end", child);
}

CASE(ptrace_exit_kills)
{
    pid_t child = fork(), tracer;

    if (child == 0)
        pause();
    tracer = fork();
    if (tracer == 0) {
        ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_EXITKILL);
        _exit(0);
    }
    say_status("tracer", wait_status(tracer));
    say_stop("end", child);
}

static volatile double number = 1.5;

static void keep_number(void)
{
    double other = number;

    __asm__ volatile("movsd %0, %%xmm5; int3; movsd %%xmm5, %0" : "+m"(other)::"xmm5");
    say("%g", other);
}

CASE(ptrace_fpu)
{
    pid_t pid = traced(keep_number);
    struct user_fpregs_struct fpu;
    struct iovec v = {&fpu, sizeof fpu};
    double got;

    go("there", PTRACE_CONT, pid, 0);
    result("get", ptrace(PTRACE_GETFPREGS, pid, NULL, &fpu));
    memcpy(&got, &fpu.xmm_space[20], sizeof got);
    say("%g", got);
    got = 6.25;
    memcpy(&fpu.xmm_space[20], &got, sizeof got);
    result("set", ptrace(PTRACE_SETFPREGS, pid, NULL, &fpu));
    memset(&fpu, 0, sizeof fpu);
    result("regset", ptrace(PTRACE_GETREGSET, pid, NT_PRFPREG, &v));
    memcpy(&got, &fpu.xmm_space[20], sizeof got);
    say("%g of %zu", got, v.iov_len);
    go("end", PTRACE_CONT, pid, 0);
}

CASE(ptrace_regset)
{
    pid_t pid = traced(nothing);
    struct user_regs_struct r, other;
    struct iovec v = {&r, sizeof r};

    result("get", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v));
    ptrace(PTRACE_GETREGS, pid, NULL, &other);
    result("differ", memcmp(&r, &other, sizeof r));
    v.iov_len = 16;
    result("a part", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v));
    v.iov_len = 4096;
    result("more", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v));
    result("length", (long)v.iov_len);
    v.iov_len = 7;
    result("odd", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v));
    result("unknown", ptrace(PTRACE_GETREGSET, pid, 0x9999, &v));
    say("segments %llx %llx, flags %llx", r.cs, r.ss, r.eflags & 0x300);
    go("end", PTRACE_CONT, pid, 0);
}

CASE(process_vm)
{
    pid_t pid = traced(return_shared);
    char text[16] = "", other[16] = "";
    static char theirs[] = "what they have";
    struct iovec mine[2] = {{text, 4}, {other, 11}}, from = {theirs, 15}, bad = {(void *)8, 8};

    result("read", process_vm_readv(pid, mine, 2, &from, 1, 0));
    say("%s|%s", text, other);
    result("not there", process_vm_readv(pid, mine, 1, &bad, 1, 0));
    result("flags", process_vm_readv(pid, mine, 1, &from, 1, 1));
    result("no process", process_vm_readv(999999, mine, 1, &from, 1, 0));
    mine[0] = (struct iovec){"\003\0\0", 4};
    from = (struct iovec){(void *)&shared, 4};
    result("write", process_vm_writev(pid, mine, 1, &from, 1, 0));
    from.iov_base = (void *)return_shared;
    result("code", process_vm_writev(pid, mine, 1, &from, 1, 0));
    go("end", PTRACE_CONT, pid, 0);
}

/* --- where a program's parts are ------------------------------------------------------------- */

struct places {
    unsigned long stack, vdso, heap;
};

/* Of a new /bin/sh; it ends. */
static struct places look(unsigned long persona)
{
    struct places p = {0};
    struct user_regs_struct r;
    unsigned long at, key;
    pid_t pid = fork();

    if (pid == 0) {
        personality(persona);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl("/bin/sh", "sh", "-c", "exit", NULL);
    }
    wait_status(pid);
    ptrace(PTRACE_GETREGS, pid, NULL, &r);
    p.stack = r.rsp;
    at = r.rsp + 8;
    for (int ends = 0; ends < 2; at += 8) /* arguments, environment */
        ends += ptrace(PTRACE_PEEKDATA, pid, at, NULL) == 0;
    for (; (key = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, at, NULL)) != AT_NULL; at += 16) {
        if (key == AT_SYSINFO_EHDR)
            p.vdso = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, at + 8, NULL);
    }
    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
    do {
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
        wait_status(pid);
        ptrace(PTRACE_GETREGS, pid, NULL, &r);
    } while (r.orig_rax != SYS_brk || (long)r.rax == -ENOSYS);
    p.heap = r.rax;
    kill(pid, SIGKILL);
    wait_status(pid);
    return p;
}

static void compare(struct places a, struct places b)
{
    say("stack %s, vdso %s, heap %s", a.stack == b.stack ? "the same" : "another",
        a.vdso == b.vdso ? "the same" : "another", a.heap == b.heap ? "the same" : "another");
    say("aligned %d", (a.stack | b.stack) % 16 == 0 && (a.vdso | b.vdso) % 4096 == 0);
}

CASE(layout_random)
{
    compare(look(0), look(0));
}

CASE(layout_fixed)
{
    compare(look(ADDR_NO_RANDOMIZE), look(ADDR_NO_RANDOMIZE));
}
