/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd, timerfd, signalfd, pidfd. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

static int ready(int fd)
{
    struct pollfd f = {fd, POLLIN | POLLOUT, 0};

    return poll(&f, 1, 0) < 0 ? -1 : f.revents;
}

static void take(const char *what, int fd)
{
    uint64_t n = 0;
    long r = read(fd, &n, sizeof n);

    if (r < 0)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: %ld bytes, %lu", what, r, n);
}

static long add(int fd, uint64_t n)
{
    return write(fd, &n, sizeof n);
}

CASE(eventfd_counts)
{
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);

    result("flag", fcntl(fd, F_GETFD));
    say("poll %x", ready(fd));
    take("at first", fd);
    take("empty", fd);
    say("poll %x", ready(fd));
    result("add", add(fd, 5));
    result("add", add(fd, 7));
    take("both", fd);
    result("the most", add(fd, ~0ul - 1));
    say("poll %x", ready(fd));
    result("one more", add(fd, 1));
    result("nothing more", add(fd, 0));
    result("too much", add(fd, ~0ul));
    take("all", fd);
}

CASE(eventfd_semaphore)
{
    int fd = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);

    take("one", fd);
    take("two", fd);
    take("empty", fd);
}

CASE(eventfd_errors)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    char text[16] = "";

    result("bad flag", eventfd(0, 0x100));
    result("short read", read(fd, text, 7));
    result("short write", write(fd, text, 7));
    add(fd, 1);
    result("bad pointer", syscall(SYS_read, fd, 8, 8));
    take("is it lost?", fd);
    result("long write", write(fd, text, 16));
    result("seek", lseek(fd, 0, SEEK_SET));
    result("pread", pread(fd, text, 8, 0));
}

CASE(eventfd_waits)
{
    int fd = eventfd(0, 0);
    pid_t pid = fork();

    if (pid == 0) {
        usleep(20000);
        add(fd, 4);
        _exit(0);
    }
    take("read", fd);
    wait_status(pid);
    add(fd, ~0ul - 1);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        take("child", fd);
        _exit(0);
    }
    long n = add(fd, 1);

    wait_status(pid);
    result("write waited for room", n);
    take("after it", fd);
}

CASE(timerfd_fires)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec s = {{0, 0}, {0, 10000000}}, old;

    take("not set", fd);
    result("set", timerfd_settime(fd, 0, &s, &old));
    say("before %ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
    take("not yet", fd);
    fcntl(fd, F_SETFL, 0);
    take("fired", fd);
    timerfd_gettime(fd, &old);
    say("disarmed %d", old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    take("no more", fd);
}

CASE(timerfd_interval)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec s = {{0, 5000000}, {0, 5000000}}, got;
    uint64_t n = 0;

    timerfd_settime(fd, 0, &s, NULL);
    usleep(50000);
    result("read", read(fd, &n, 8));
    say("several %d", n >= 9);
    timerfd_gettime(fd, &got);
    say("interval %ld", got.it_interval.tv_nsec);
    s = (struct itimerspec){{0, 0}, {0, 0}};
    result("stop", timerfd_settime(fd, 0, &s, NULL));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    take("stopped", fd);
}

CASE(timerfd_absolute)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct itimerspec s = {{0, 0}, {0, 0}};
    struct pollfd f = {fd, POLLIN, 0};

    clock_gettime(CLOCK_REALTIME, &s.it_value);
    s.it_value.tv_sec -= 10;
    result("past", timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
    result("poll", poll(&f, 1, 1000));
    take("at once", fd);
    s.it_value.tv_sec += 1000;
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL);
    result("poll", poll(&f, 1, 10));
}

CASE(timerfd_errors)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec s = {{0, 0}, {0, 1000000000}};
    char text[8];

    result("bad clock", timerfd_create(77, 0));
    result("processor clock", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    result("bad flag", timerfd_create(CLOCK_MONOTONIC, 1));
    result("bad time", timerfd_settime(fd, 0, &s, NULL));
    s.it_value = (struct timespec){-1, 0};
    result("negative", timerfd_settime(fd, 0, &s, NULL));
    result("bad flag", timerfd_settime(fd, 0x100, &s, NULL));
    result("bad pointer", syscall(SYS_timerfd_settime, fd, 0, 8, 0));
    result("not a timer", timerfd_settime(1, 0, &s, NULL));
    result("not open", timerfd_settime(99, 0, &s, NULL));
    result("short", read(fd, text, 7));
    result("write", write(fd, text, 8));
}

static sigset_t set_of(int a, int b)
{
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, a);
    if (b != 0)
        sigaddset(&s, b);
    return s;
}

CASE(signalfd_reads)
{
    sigset_t s = set_of(SIGUSR1, SIGUSR2);
    struct signalfd_siginfo info[3];
    int fd;

    sigprocmask(SIG_BLOCK, &s, NULL);
    fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
    outcome("signalfd", fd);
    say("poll %x", ready(fd));
    result("nothing", read(fd, info, sizeof info));
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR2);
    say("poll %x", ready(fd));
    result("read", read(fd, info, sizeof info) / (long)sizeof *info);
    say("%u code %d mine %d", info[0].ssi_signo, info[0].ssi_code,
        info[0].ssi_pid == (uint32_t)getpid());
    say("%u", info[1].ssi_signo);
    result("no more", read(fd, info, sizeof info));
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 77});
    result("too short", read(fd, info, 127));
    result("one", read(fd, info, 128));
    say("value %d", info[0].ssi_int);
}

CASE(signalfd_changes)
{
    sigset_t s = set_of(SIGUSR1, 0), other = set_of(SIGUSR2, SIGKILL);
    struct signalfd_siginfo info;
    int fd = signalfd(-1, &s, SFD_NONBLOCK);

    sigaddset(&s, SIGUSR2);
    sigprocmask(SIG_BLOCK, &s, NULL);
    result("change", signalfd(fd, &other, 0) == fd);
    kill(getpid(), SIGUSR1);
    result("not that one", read(fd, &info, sizeof info));
    kill(getpid(), SIGUSR2);
    result("this one", read(fd, &info, sizeof info));
    result("not a signalfd", signalfd(1, &s, 0));
    result("not open", signalfd(99, &s, 0));
    result("bad flag", signalfd(-1, &s, 1));
    result("bad size", syscall(SYS_signalfd4, -1, &s, 4, 0));
    result("bad pointer", syscall(SYS_signalfd4, -1, 8, 8, 0));
}

CASE(signalfd_waits)
{
    sigset_t s = set_of(SIGCHLD, 0);
    struct signalfd_siginfo info;
    int fd;
    pid_t pid;

    sigprocmask(SIG_BLOCK, &s, NULL);
    fd = signalfd(-1, &s, 0);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        _exit(9);
    }
    result("read", read(fd, &info, sizeof info));
    say("%u code %d status %d child %d", info.ssi_signo, info.ssi_code, info.ssi_status,
        info.ssi_pid == (uint32_t)pid);
    say_status("child", wait_status(pid));
}

static int pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int send_by(int fd, int number)
{
    return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

CASE(pidfd_waits)
{
    pid_t pid = fork();
    siginfo_t info;
    struct pollfd f;
    int fd;

    if (pid == 0) {
        usleep(30000);
        _exit(5);
    }
    fd = pidfd(pid);
    outcome("open", fd);
    result("flag", fcntl(fd, F_GETFD));
    f = (struct pollfd){fd, POLLIN, 0};
    result("runs", poll(&f, 1, 0));
    result("ends", poll(&f, 1, 5000));
    say("events %x", f.revents);
    result("signal a dead one", send_by(fd, SIGUSR1));
    memset(&info, 0, sizeof info);
    result("waitid", waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    say("status %d child %d", info.si_status, info.si_pid == pid);
    result("again", waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    result("signal a reaped one", send_by(fd, SIGUSR1));
    result("poll", poll(&f, 1, 0));
    result("open a reaped one", pidfd(pid));
}

CASE(pidfd_by_clone_nowhere)
{
    int next = dup(0);

    close(next);
    result("clone", syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0));
    result("no child", waitpid(-1, NULL, 0));
    say("no descriptor %d", dup(0) == next);
}

CASE(pidfd_in_proc)
{
    char path[32];
    pid_t pid = fork();
    int fd;

    if (pid == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "/proc/%d", pid);
    fd = open(path, O_DIRECTORY | O_RDONLY);
    outcome("its directory", fd);
    result("signal 0", send_by(fd, 0));
    result("by /proc", send_by(open("/proc", O_DIRECTORY | O_RDONLY), 0));
    result("by a file of it", send_by(openat(fd, "stat", O_RDONLY), 0));
    result("by a directory of it", send_by(openat(fd, "fd", O_DIRECTORY | O_RDONLY), 0));
    result("end it", send_by(fd, SIGTERM));
    say_status("child", wait_status(pid));
    result("signal a reaped one", send_by(fd, 0));
}

CASE(pidfd_errors)
{
    char text[4];
    int fd = pidfd(getpid());

    outcome("myself", fd);
    result("nobody", pidfd(30000));
    result("0", pidfd(0));
    result("-1", pidfd(-1));
    result("bad flag", syscall(SYS_pidfd_open, getpid(), 1));
    result("read", read(fd, text, 4));
    result("write", write(fd, text, 4));
    result("signal 0", send_by(fd, 0));
    result("signal 99", send_by(fd, 99));
    result("by another descriptor", send_by(1, 0));
    result("not open", send_by(99, 0));
    result("with flags", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 1));
    result("wait for what is no child", waitid(P_PIDFD, (id_t)fd, NULL, WEXITED));
    result("wait by another descriptor", waitid(P_PIDFD, 1, NULL, WEXITED));
}

CASE(pidfd_signals)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    sigset_t s = set_of(SIGUSR1, SIGUSR2);
    siginfo_t taken;
    int fd = pidfd(getpid());

    sigprocmask(SIG_BLOCK, &s, NULL);
    result("send", send_by(fd, SIGUSR1));
    sigwaitinfo(&s, &taken);
    say("%d code %d", taken.si_signo, taken.si_code);
    info.si_value.sival_int = 5;
    result("with a value", syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0));
    sigwaitinfo(&s, &taken);
    say("%d code %d value %d", taken.si_signo, taken.si_code, taken.si_value.sival_int);
    result("another number", syscall(SYS_pidfd_send_signal, fd, SIGUSR2, &info, 0));
}

CASE(pidfd_by_clone)
{
    int fd = -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);

    if (pid == 0)
        _exit(3);
    say("descriptor %d", fd >= 0);
    result("flag", fcntl(fd, F_GETFD));
    siginfo_t info = {0};

    result("wait", waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    say("status %d", info.si_status);
}

CASE(pidfd_getfd)
{
    int q[2], mine;
    char c = 0;
    pid_t pid;

    pipe(q);
    pid = fork();
    if (pid == 0) {
        dup2(q[1], 77);
        write(q[1], "r", 1);
        pause();
    }
    read(q[0], &c, 1);
    int fd = pidfd(pid);

    mine = (int)syscall(SYS_pidfd_getfd, fd, 77, 0);
    outcome("get", mine);
    result("write", write(mine, "z", 1));
    result("read", read(q[0], &c, 1));
    say("%c", c);
    result("not open there", syscall(SYS_pidfd_getfd, fd, 88, 0));
    result("bad flag", syscall(SYS_pidfd_getfd, fd, 77, 1));
    kill(pid, SIGKILL);
    wait_status(pid);
    result("gone", syscall(SYS_pidfd_getfd, fd, 77, 0));
}
