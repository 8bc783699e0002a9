/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: handlers, masks, queues, restarts, stacks. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last, order[64];

static void note(int n)
{
    if (count < 64)
        order[count] = n;
    count++;
    last = n;
}

static void handle(int n, void (*handler)(int), int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

    sigaction(n, &a, NULL);
}

CASE(signal_handler)
{
    handle(SIGUSR1, note, 0);
    raise(SIGUSR1);
    say("count %d last %d", count, last);
    raise(SIGUSR1);
    say("count %d", count);
}

CASE(signal_action_errors)
{
    struct sigaction a = {.sa_handler = note};

    result("SIGKILL", sigaction(SIGKILL, &a, NULL));
    result("SIGSTOP", sigaction(SIGSTOP, &a, NULL));
    result("0", syscall(SYS_rt_sigaction, 0, &a, 0, 8));
    result("65", syscall(SYS_rt_sigaction, 65, &a, 0, 8));
    result("bad size", syscall(SYS_rt_sigaction, SIGUSR1, &a, 0, 4));
    result("bad pointer", syscall(SYS_rt_sigaction, SIGUSR1, 8, 0, 8));
    result("kill 65", kill(getpid(), 65));
    result("kill nobody", kill(30000, 0));
    result("kill self 0", kill(getpid(), 0));
    result("kill no group", kill(-30000, SIGUSR1));
    result("tgkill 0", syscall(SYS_tgkill, 0, getpid(), SIGUSR1));
    result("tgkill -1", syscall(SYS_tgkill, -1, getpid(), SIGUSR1));
    result("tkill 0", syscall(SYS_tkill, 0, SIGUSR1));
    result("mask how", syscall(SYS_rt_sigprocmask, 7, &(uint64_t){0}, 0, 8));
}

CASE(signal_mask)
{
    sigset_t set, old, pending;

    handle(SIGUSR1, note, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGKILL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    raise(SIGUSR1);
    say("blocked: count %d", count);
    sigpending(&pending);
    say("pending %d", sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, NULL, &old);
    say("mask USR1 %d KILL %d", sigismember(&old, SIGUSR1), sigismember(&old, SIGKILL));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    say("unblocked: count %d", count);
}

CASE(signal_order)
{
    sigset_t all, none;

    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    handle(SIGRTMIN + 1, note, 0);
    handle(SIGRTMIN + 2, note, 0);
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(SIGRTMIN + 2);
    raise(SIGRTMIN + 1);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGRTMIN + 1);
    sigprocmask(SIG_SETMASK, &none, NULL);
    say("count %d", count);
    for (int i = 0; i < count && i < 64; i++)
        say("%d", order[i] >= SIGRTMIN ? 1000 + order[i] - SIGRTMIN : order[i]);
}

static void info_handler(int n, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    say("signal %d code %d value %d mine %d", n >= SIGRTMIN ? 1000 + n - SIGRTMIN : n,
        info->si_code, info->si_value.sival_int, info->si_pid == getpid());
    say("mask in context: USR2 %d", sigismember(&u->uc_sigmask, SIGUSR2));
}

CASE(signal_queue)
{
    struct sigaction a = {.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO};
    union sigval v = {.sival_int = 42};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGRTMIN + 3, &a, NULL);
    sigaction(SIGUSR1, &a, NULL);
    result("queue", sigqueue(getpid(), SIGRTMIN + 3, v));
    result("kill", kill(getpid(), SIGUSR1));
    result("raise", raise(SIGUSR1));
}

CASE(signal_queue_keeps_all)
{
    sigset_t set;
    siginfo_t info;
    int sum = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 1; i <= 10; i++) {
        union sigval v = {.sival_int = i};

        sigqueue(getpid(), SIGRTMIN, v);
    }
    for (int i = 0; i < 10; i++) {
        if (sigwaitinfo(&set, &info) > 0)
            sum = sum * 3 + info.si_value.sival_int;
    }
    say("sum %d", sum);
    result("empty", sigtimedwait(&set, &info, &(struct timespec){0, 0}));
}

static void nested(int n)
{
    note(n);
    if (count < 3)
        raise(n);
    note(-n);
}

CASE(signal_defer)
{
    handle(SIGUSR1, nested, 0);
    raise(SIGUSR1);
    for (int i = 0; i < count; i++)
        say("%d", order[i]);
}

CASE(signal_nodefer)
{
    handle(SIGUSR1, nested, SA_NODEFER);
    raise(SIGUSR1);
    for (int i = 0; i < count; i++)
        say("%d", order[i]);
}

CASE(signal_resethand)
{
    struct sigaction a;

    handle(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &a);
    say("count %d default %d", count, a.sa_handler == SIG_DFL);
}

static void interrupt_after(int ms, int n, int flags)
{
    struct itimerval t = {.it_value = {0, ms * 1000}};

    handle(n, note, flags);
    setitimer(ITIMER_REAL, &t, NULL);
}

CASE(signal_interrupts_read)
{
    int ends[2];
    char c;

    if (pipe(ends) != 0)
        return;
    interrupt_after(20, SIGALRM, 0);
    result("read", read(ends[0], &c, 1));
    say("count %d", count);
}

CASE(signal_restarts_read)
{
    int ends[2];
    char c = 0;
    pid_t pid;

    if (pipe(ends) != 0)
        return;
    handle(SIGALRM, note, SA_RESTART);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        kill(getppid(), SIGALRM);
        usleep(20000);
        write(ends[1], "x", 1);
        _exit(0);
    }
    result("read", read(ends[0], &c, 1));
    say("count %d", count);
    wait_status(pid);
}

CASE(signal_interrupts_sleep)
{
    struct timespec ts = {5, 0}, left = {0, 0};

    interrupt_after(20, SIGALRM, SA_RESTART);
    result("nanosleep", nanosleep(&ts, &left));
    say("left %d", left.tv_sec == 4 && left.tv_nsec > 900000000);
}

CASE(signal_interrupts_poll)
{
    interrupt_after(20, SIGALRM, SA_RESTART);
    result("poll", poll(NULL, 0, 5000));
}

CASE(signal_ignored_does_not_interrupt)
{
    pid_t parent = getpid(), pid;

    signal(SIGUSR1, SIG_IGN);
    pid = fork();
    if (pid == 0) {
        kill(parent, SIGUSR1);
        kill(parent, SIGCHLD);
        _exit(0);
    }
    result("poll", poll(NULL, 0, 60));
    wait_status(pid);
}

CASE(signal_suspend)
{
    sigset_t set, none;

    handle(SIGALRM, note, 0);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGALRM);
    say("count %d", count);
    result("sigsuspend", sigsuspend(&none));
    say("count %d", count);
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("blocked again %d", sigismember(&set, SIGALRM));
}

CASE(signal_ppoll)
{
    sigset_t set, none;

    handle(SIGALRM, note, 0);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGALRM);
    result("ppoll", ppoll(NULL, 0, &(struct timespec){2, 0}, &none));
    say("count %d", count);
    result("timed out", ppoll(NULL, 0, &(struct timespec){0, 1000}, &none));
    raise(SIGALRM);
    say("still blocked: count %d", count);
}

static char alternate[65536];
static volatile bool on_alternate;

static void where(int n)
{
    char here;
    stack_t s;

    note(n);
    on_alternate = &here > alternate && &here < alternate + sizeof alternate;
    sigaltstack(NULL, &s);
    say("SS_ONSTACK %d", s.ss_flags == SS_ONSTACK);
    s.ss_flags = 0;
    result("change it", sigaltstack(&s, NULL));
}

CASE(signal_alternate_stack)
{
    stack_t s = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;

    result("before", sigaltstack(NULL, &old));
    say("disabled %d", old.ss_flags == SS_DISABLE);
    result("set", sigaltstack(&s, NULL));
    handle(SIGUSR1, where, SA_ONSTACK);
    raise(SIGUSR1);
    say("on it %d", on_alternate);
    handle(SIGUSR1, where, 0);
    raise(SIGUSR1);
    say("on it %d", on_alternate);
    s.ss_size = 100;
    result("too small", sigaltstack(&s, NULL));
    s.ss_flags = 77;
    result("bad flags", sigaltstack(&s, NULL));
}

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static void overflow(int n)
{
    volatile char big[4096];

    big[0] = (char)n;
    overflow(n + big[0]);
}

static void on_segv(int n, siginfo_t *info, void *context)
{
    (void)context;
    say("signal %d code %d on the alternate stack", n, info->si_code);
    _exit(3);
}

static void overflow_child(void)
{
    stack_t s = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction a = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigaltstack(&s, NULL);
    sigaction(SIGSEGV, &a, NULL);
    overflow(1);
}

CASE(signal_stack_overflow)
{
    in_child("overflow", overflow_child);
}

static volatile void *fault_address;

static void skip(int n, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    note(n);
    fault_address = info->si_addr;
    u->uc_mcontext.gregs[REG_RIP] += 3;
    u->uc_mcontext.gregs[REG_RAX] = 77;
}

CASE(signal_context_is_changed)
{
    struct sigaction a = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    long value = 1;

    sigaction(SIGSEGV, &a, NULL);
    __asm__ volatile("mov $0x1238, %%ecx\n\tmov (%%rcx), %%rax" : "=a"(value) : : "rcx");
    say("count %d value %ld address %lx", count, value, (long)fault_address);
}

static void use_fpu(int n)
{
    volatile double x = n;

    for (int i = 0; i < 50; i++)
        x = x * 1.5 + 1;
    note(x > 0);
}

CASE(signal_keeps_fpu)
{
    double a = 1.25, b = -3.5, c;

    handle(SIGUSR1, use_fpu, 0);
    __asm__ volatile("movsd %1, %%xmm7\n\tmovsd %2, %%xmm15\n\tmov %3, %%edi\n\tmov %4, %%esi\n\t"
                     "mov $62, %%eax\n\tsyscall\n\taddsd %%xmm15, %%xmm7\n\tmovsd %%xmm7, %0"
                     : "=m"(c)
                     : "m"(a), "m"(b), "r"(getpid()), "i"(SIGUSR1)
                     : "rax", "rcx", "rdi", "rsi", "r11", "xmm7", "xmm15", "memory");
    say("count %d sum %g", count, c);
}

CASE(signal_child_info)
{
    sigset_t set;
    siginfo_t info;
    pid_t pid;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid = fork();
    if (pid == 0)
        _exit(17);
    result("signal", sigwaitinfo(&set, &info));
    say("code %d status %d same %d", info.si_code, info.si_status, info.si_pid == pid);
    say_status("child", wait_status(pid));
    pid = fork();
    if (pid == 0)
        raise(SIGKILL);
    result("signal", sigwaitinfo(&set, &info));
    say("code %d status %d", info.si_code, info.si_status);
    wait_status(pid);
}

CASE(signal_default_is_nothing)
{
    raise(SIGCHLD);
    raise(SIGURG);
    raise(SIGWINCH);
    raise(SIGCONT);
    say("still here");
}

CASE(signal_blocked_fault)
{
    sigset_t set;
    pid_t pid = fork();

    if (pid == 0) {
        sigfillset(&set);
        sigprocmask(SIG_SETMASK, &set, NULL);
        *(volatile int *)16 = 0;
        _exit(0);
    }
    say_status("blocked SIGSEGV", wait_status(pid));
    pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_IGN);
        *(volatile int *)16 = 0;
        _exit(0);
    }
    say_status("ignored SIGSEGV", wait_status(pid));
}

static void bad_stack_child(void)
{
    handle(SIGUSR1, note, 0);
    __asm__ volatile("mov $39, %%eax\n\tsyscall\n\tmov %%eax, %%edi\n\tmov $10, %%esi\n\t"
                     "mov $16, %%rsp\n\tmov $62, %%eax\n\tsyscall\n\tud2"
                     : : : "rax", "rdi", "rsi", "memory");
}

CASE(signal_no_room_for_frame)
{
    in_child("stack at 16", bad_stack_child);
}

static void bad_return_child(void)
{
    __asm__ volatile("mov $64, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : : "rax", "memory");
}

CASE(signal_return_from_nowhere)
{
    in_child("sigreturn", bad_return_child);
}
