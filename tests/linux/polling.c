/* SPDX-License-Identifier: BSD-2-Clause */
/* poll, select, epoll. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static int p[2];
static volatile sig_atomic_t signals;

static void note(int n)
{
    signals = n;
}

static long ms_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

CASE(poll_plain)
{
    struct pollfd f[4];

    pipe(p);
    f[0] = (struct pollfd){p[0], POLLIN, 0};
    f[1] = (struct pollfd){p[1], POLLOUT, 0};
    f[2] = (struct pollfd){99, POLLIN, 7};
    f[3] = (struct pollfd){-5, POLLIN, 7};
    result("poll", poll(f, 4, 0));
    say("%x %x %x %x", f[0].revents, f[1].revents, f[2].revents, f[3].revents);
    long before = ms_now();

    result("nothing", poll(f, 1, 20));
    say("waited %d", ms_now() - before >= 20);
    result("no descriptors", poll(NULL, 0, 5));
    result("bad pointer", syscall(SYS_poll, 8, 1, 0));
    result("many", syscall(SYS_poll, f, 1u << 30, 0));
    f[0].fd = put("f", "");
    f[0].events = POLLIN | POLLOUT | POLLPRI;
    poll(f, 1, 0);
    say("a file %x", f[0].revents);
    f[0].fd = open(".", O_RDONLY);
    poll(f, 1, 0);
    say("a directory %x", f[0].revents);
    f[0].fd = open("/dev/null", O_RDWR);
    poll(f, 1, 0);
    say("null %x", f[0].revents);
}

CASE(poll_waits)
{
    struct pollfd f[2];
    pid_t pid;
    int q[2];

    pipe(p);
    pipe(q);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        write(q[1], "x", 1);
        _exit(0);
    }
    f[0] = (struct pollfd){p[0], POLLIN, 0};
    f[1] = (struct pollfd){q[0], POLLIN, 0};
    result("poll", poll(f, 2, -1));
    say("%x %x", f[0].revents, f[1].revents);
    wait_status(pid);
}

CASE(poll_same_twice)
{
    struct pollfd f[2];

    pipe(p);
    write(p[1], "x", 1);
    f[0] = (struct pollfd){p[0], POLLIN, 0};
    f[1] = (struct pollfd){p[0], POLLIN, 0};
    result("poll", poll(f, 2, -1));
    say("%x %x", f[0].revents, f[1].revents);
}

CASE(poll_ppoll)
{
    struct pollfd f;
    struct timespec t = {0, 10000000}, bad = {0, 1000000000};
    sigset_t set;

    pipe(p);
    f = (struct pollfd){p[0], POLLIN, 0};
    result("timeout", ppoll(&f, 1, &t, NULL));
    result("bad time", ppoll(&f, 1, &bad, NULL));
    bad = (struct timespec){-1, 0};
    result("negative", ppoll(&f, 1, &bad, NULL));
    sigemptyset(&set);
    result("bad size", syscall(SYS_ppoll, &f, 1, &t, &set, 4));
    t = (struct timespec){0, 10000000};
    syscall(SYS_ppoll, &f, 1, &t, NULL, 8);
    say("what is left %ld %ld", (long)t.tv_sec, t.tv_nsec);
}

CASE(poll_closed_meanwhile)
{
    struct pollfd f[1];
    pid_t pid;

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    pid = fork();
    if (pid == 0) {
        close(p[0]);
        usleep(20000);
        _exit(0);
    }
    close(p[1]);
    f[0] = (struct pollfd){p[0], POLLIN | POLLRDHUP, 0};
    result("poll", poll(f, 1, 5000));
    say("%x", f[0].revents);
    wait_status(pid);
}

CASE(poll_limit)
{
    struct pollfd f[30] = {{0}};
    struct rlimit r = {20, 20};

    for (int i = 0; i < 30; i++)
        f[i].fd = -1;
    setrlimit(RLIMIT_NOFILE, &r);
    result("20", poll(f, 20, 0));
    result("21", poll(f, 21, 0));
}

CASE(select_plain)
{
    fd_set in, out;
    struct timeval t = {0, 0};
    int n;

    pipe(p);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(p[0], &in);
    FD_SET(p[1], &out);
    n = (p[0] > p[1] ? p[0] : p[1]) + 1;
    result("select", select(n, &in, &out, NULL, &t));
    say("in %d out %d", FD_ISSET(p[0], &in) != 0, FD_ISSET(p[1], &out) != 0);
    write(p[1], "x", 1);
    FD_SET(p[0], &in);
    result("both", select(n, &in, &out, NULL, &t));
    FD_SET(p[0], &in);
    result("only below the number", select(p[0], &in, NULL, NULL, &t));
    FD_ZERO(&in);
    FD_SET(50, &in);
    result("not open", select(51, &in, NULL, NULL, &t));
    result("negative", select(-1, NULL, NULL, NULL, &t));
    t.tv_sec = -1;
    result("negative time", select(0, NULL, NULL, NULL, &t));
    result("bad pointer", syscall(SYS_select, n, 8, 0, 0, 0));
    t = (struct timeval){0, 10000};
    result("nothing", select(0, NULL, NULL, NULL, &t));
    say("left %ld %ld", (long)t.tv_sec, (long)t.tv_usec);
}

CASE(select_time_left)
{
    fd_set in;
    struct timeval t = {5, 0};
    pid_t pid;

    pipe(p);
    pid = fork();
    if (pid == 0) {
        usleep(10000);
        write(p[1], "x", 1);
        _exit(0);
    }
    FD_ZERO(&in);
    FD_SET(p[0], &in);
    result("select", select(p[0] + 1, &in, NULL, NULL, &t));
    say("some is left %d", t.tv_sec == 4);
    wait_status(pid);
}

CASE(select_interrupted)
{
    struct sigaction a = {.sa_handler = note, .sa_flags = SA_RESTART};
    struct timeval t = {5, 0};

    sigaction(SIGALRM, &a, NULL);
    ualarm(10000, 0);
    result("select", select(0, NULL, NULL, NULL, &t));
    ualarm(10000, 0);
    result("poll", poll(NULL, 0, 5000));
    int e = epoll_create1(0);
    struct epoll_event event;

    ualarm(10000, 0);
    result("epoll_wait", epoll_wait(e, &event, 1, 5000));
}

CASE(select_pselect)
{
    struct timespec t = {0, 5000000};
    sigset_t all, none;

    signal(SIGUSR1, note);
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(SIGUSR1);
    result("masked", pselect(0, NULL, NULL, NULL, &t, NULL));
    say("signal %d", signals);
    t.tv_sec = 5;
    result("let through", pselect(0, NULL, NULL, NULL, &t, &none));
    say("signal %d", signals);
    sigprocmask(SIG_SETMASK, NULL, &none);
    say("the mask is back %d", sigismember(&none, SIGUSR1));
}

static int e;

static long control(int op, int fd, unsigned events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};

    return epoll_ctl(e, op, fd, &event);
}

static void wait_for(const char *what, int ms)
{
    struct epoll_event events[8];
    int n = epoll_wait(e, events, 8, ms);

    if (n < 0)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: %d", what, n);
    for (int i = 0; i < n; i++)
        say("  %lu: %x", (unsigned long)events[i].data.u64, events[i].events);
}

CASE(epoll_level)
{
    char text[8];

    e = epoll_create1(EPOLL_CLOEXEC);
    result("flag", fcntl(e, F_GETFD));
    pipe(p);
    result("add", control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
    wait_for("nothing", 0);
    write(p[1], "ab", 2);
    wait_for("two bytes", 0);
    wait_for("still", 0);
    read(p[0], text, 1);
    wait_for("one byte", 0);
    read(p[0], text, 1);
    wait_for("none", 0);
    close(p[1]);
    wait_for("hung up", 0);
}

CASE(epoll_edge)
{
    char text[8];

    e = epoll_create1(0);
    pipe(p);
    control(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1);
    write(p[1], "ab", 2);
    wait_for("two bytes", 0);
    wait_for("not again", 0);
    read(p[0], text, 1);
    wait_for("reading is no event", 0);
    write(p[1], "c", 1);
    wait_for("another byte", 0);
    control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2);
    wait_for("modified", 0);
    wait_for("not again", 0);
}

CASE(epoll_oneshot)
{
    e = epoll_create1(0);
    pipe(p);
    write(p[1], "x", 1);
    control(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT, 1);
    wait_for("once", 0);
    wait_for("not again", 0);
    write(p[1], "y", 1);
    wait_for("not by more either", 0);
    control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 1);
    wait_for("armed again", 0);
}

CASE(epoll_errors)
{
    struct epoll_event event;
    int other;

    e = epoll_create1(0);
    pipe(p);
    result("size 0", epoll_create(0));
    result("bad flag", epoll_create1(1));
    result("add", control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
    result("twice", control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
    result("change one that is not in", control(EPOLL_CTL_MOD, p[1], EPOLLIN, 1));
    result("delete one that is not in", control(EPOLL_CTL_DEL, p[1], EPOLLIN, 1));
    result("not open", control(EPOLL_CTL_ADD, 99, EPOLLIN, 1));
    result("a file", control(EPOLL_CTL_ADD, put("f", ""), EPOLLIN, 1));
    result("a directory", control(EPOLL_CTL_ADD, open(".", O_RDONLY), EPOLLIN, 1));
    result("itself", control(EPOLL_CTL_ADD, e, EPOLLIN, 1));
    result("unknown", control(9, p[0], EPOLLIN, 1));
    result("not an epoll", epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &event));
    result("bad pointer", epoll_ctl(e, EPOLL_CTL_ADD, p[1], (void *)8));
    result("none wanted", epoll_wait(e, &event, 0, 0));
    result("-1 wanted", epoll_wait(e, &event, -1, 0));
    result("wait for another", epoll_wait(p[0], &event, 1, 0));
    result("wait for what is not open", epoll_wait(99, &event, 1, 0));
    write(p[1], "x", 1);
    result("wait to bad memory", syscall(SYS_epoll_wait, e, 8, 1, 0));
    result("delete without event", epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL));
    other = epoll_create1(0);
    result("nested", control(EPOLL_CTL_ADD, other, EPOLLIN, 1));
    struct epoll_event back = {EPOLLIN, {.u64 = 1}};

    result("a ring", epoll_ctl(other, EPOLL_CTL_ADD, e, &back));
    result("exclusive and changed", (control(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 1),
                                     control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 1)));
    result("exclusive and oneshot",
           control(EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
}

CASE(epoll_waits)
{
    pid_t pid;
    long before = ms_now();

    e = epoll_create1(0);
    pipe(p);
    control(EPOLL_CTL_ADD, p[0], EPOLLIN, 5);
    wait_for("nothing", 20);
    say("waited %d", ms_now() - before >= 20);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        write(p[1], "x", 1);
        _exit(0);
    }
    wait_for("comes", -1);
    wait_status(pid);
}

CASE(epoll_added_while_waiting)
{
    pid_t pid;

    e = epoll_create1(0);
    pipe(p);
    write(p[1], "x", 1);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        control(EPOLL_CTL_ADD, p[0], EPOLLIN, 7);
        _exit(0);
    }
    wait_for("added by another", 5000);
    wait_status(pid);
}

CASE(epoll_closed_descriptor)
{
    int copy;

    e = epoll_create1(0);
    pipe(p);
    control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
    copy = dup(p[0]);
    write(p[1], "x", 1);
    close(p[0]);
    wait_for("its duplicate is open", 0);
    result("it cannot be deleted", epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL));
    close(copy);
    wait_for("all are closed", 0);
}

CASE(epoll_nested)
{
    int inner = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u64 = 1}};

    e = epoll_create1(0);
    pipe(p);
    epoll_ctl(inner, EPOLL_CTL_ADD, p[0], &event);
    control(EPOLL_CTL_ADD, inner, EPOLLIN, 2);
    wait_for("nothing", 0);
    write(p[1], "x", 1);
    wait_for("outer", 0);
    struct pollfd f = {e, POLLIN, 0};

    result("poll of it", poll(&f, 1, 0));
    say("%x", f.revents);
}

CASE(epoll_fair)
{
    struct epoll_event one;
    int fds[4][2], seen[4] = {0};

    e = epoll_create1(0);
    for (int i = 0; i < 4; i++) {
        pipe(fds[i]);
        write(fds[i][1], "x", 1);
        control(EPOLL_CTL_ADD, fds[i][0], EPOLLIN, (uint64_t)i);
    }
    for (int i = 0; i < 8; i++) {
        epoll_wait(e, &one, 1, 0);
        seen[one.data.u64]++;
    }
    say("%d %d %d %d", seen[0], seen[1], seen[2], seen[3]);
}

CASE(epoll_events)
{
    e = epoll_create1(0);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    control(EPOLL_CTL_ADD, p[0], 0, 1);
    wait_for("not asked for anything", 0);
    control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 2);
    wait_for("writable", 0);
    shutdown(p[1], SHUT_WR);
    wait_for("the other writes no more", 0);
    close(p[1]);
    wait_for("gone", 0);
    control(EPOLL_CTL_MOD, p[0], 0, 3);
    wait_for("this is told always", 0);
}

static void *wait_once(void *argument)
{
    struct epoll_event event;

    (void)argument;
    return (void *)(long)epoll_wait(e, &event, 1, 300);
}

CASE(epoll_edge_wakes_one)
{
    pthread_t t[4];
    long woken = 0;
    void *got;
    int fd = eventfd(0, 0);

    e = epoll_create1(0);
    control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 1);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, wait_once, NULL);
    usleep(50000);
    write(fd, &(uint64_t){1}, 8);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &got);
        woken += (long)got;
    }
    say("woken %ld", woken);
}

CASE(epoll_pwait)
{
    struct epoll_event event;
    struct timespec t = {0, 5000000};
    sigset_t none, all;

    e = epoll_create1(0);
    signal(SIGUSR1, note);
    sigemptyset(&none);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(SIGUSR1);
    result("masked", epoll_wait(e, &event, 1, 5));
    result("let through", epoll_pwait(e, &event, 1, 5000, &none));
    say("signal %d", signals);
    result("with a time", epoll_pwait2(e, &event, 1, &t, NULL));
    t.tv_nsec = -1;
    result("bad time", epoll_pwait2(e, &event, 1, &t, NULL));
    result("bad size", syscall(SYS_epoll_pwait, e, &event, 1, 0, &none, 4));
}
