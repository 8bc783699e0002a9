/* SPDX-License-Identifier: BSD-2-Clause */
/* Two processes that answer one another; what one process tells itself. */
#include "bench.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where one side reads and writes. */
struct ends {
    int in, out;
};

static char data[PAGE];

/* Sends back what comes, until nothing comes any more. */
static pid_t start_echo(struct ends mine, struct ends other, size_t bytes)
{
    pid_t pid = fork();

    if (pid != 0) {
        close(other.in);
        close(other.out);
        return pid;
    }
    if (mine.in != other.in) {
        close(mine.in);
        close(mine.out);
    }
    while (raw(SYS_read, other.in, (long)data, (long)bytes) > 0)
        raw(SYS_write, other.out, (long)data, (long)bytes);
    _exit(0);
}

static void end_echo(pid_t pid, struct ends mine)
{
    close(mine.in);
    if (mine.out != mine.in)
        close(mine.out);
    must(waitpid(pid, NULL, 0) == pid, "the other side ends");
}

#define ROUND(path, mine, bytes)                                                                  \
    for (unsigned i = 0; i < RUNS; i++) {                                                         \
        BEGIN(path);                                                                              \
        raw(SYS_write, (mine).out, (long)data, bytes);                                            \
        raw(SYS_read, (mine).in, (long)data, bytes);                                              \
        END(path);                                                                                \
    }

static pid_t pipes(struct ends *mine, size_t bytes)
{
    int there[2], back[2];

    must(pipe(there) == 0 && pipe(back) == 0, "pipes are made");
    *mine = (struct ends){back[0], there[1]};
    return start_echo(*mine, (struct ends){there[0], back[1]}, bytes);
}

static pid_t sockets(struct ends *mine, size_t bytes)
{
    int s[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0, "sockets are made");
    *mine = (struct ends){s[0], s[0]};
    return start_echo(*mine, (struct ends){s[1], s[1]}, bytes);
}

static void round_trips(void)
{
    struct ends mine;
    pid_t pid = pipes(&mine, 1);

    ROUND(PATH_linux_pipe, mine, 1)
    end_echo(pid, mine);
    pid = pipes(&mine, PAGE);
    ROUND(PATH_linux_pipe_page, mine, PAGE)
    end_echo(pid, mine);
    pid = sockets(&mine, 1);
    ROUND(PATH_linux_unix, mine, 1)
    end_echo(pid, mine);
    pid = sockets(&mine, PAGE);
    ROUND(PATH_linux_unix_page, mine, PAGE)
    end_echo(pid, mine);
}

/* --- futex: two threads, one word each ------------------------------------------------------ */

static volatile uint32_t ping, pong;

static inline __attribute__((always_inline)) void wake(volatile uint32_t *word, uint32_t value)
{
    *word = value;
    raw(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1);
}

static inline __attribute__((always_inline)) void await(volatile uint32_t *word, uint32_t value)
{
    while (*word != value)
        raw_4(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)*word, 0);
}

static void *answerer(void *argument)
{
    for (uint32_t i = 1; i <= RUNS; i++) {
        await(&ping, i);
        wake(&pong, i);
    }
    return argument;
}

static void futexes(void)
{
    pthread_t thread;

    must(pthread_create(&thread, NULL, answerer, NULL) == 0, "a thread is made");
    for (uint32_t i = 1; i <= RUNS; i++) {
        BEGIN(PATH_linux_futex);
        wake(&ping, i);
        await(&pong, i);
        END(PATH_linux_futex);
    }
    pthread_join(thread, NULL);
}

/* --- eventfd, epoll ------------------------------------------------------------------------- */

static void events(void)
{
    struct ends mine = {eventfd(0, 0), eventfd(0, 0)};
    struct epoll_event event = {.events = EPOLLIN}, found;
    pid_t pid = start_echo(mine, (struct ends){dup(mine.out), dup(mine.in)}, 8);
    int epoll = epoll_create1(0), fd = eventfd(0, 0);

    *(uint64_t *)(void *)data = 1;
    ROUND(PATH_linux_eventfd, mine, 8)
    kill(pid, SIGKILL);
    end_echo(pid, mine);
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll takes it");
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_epoll);
        raw(SYS_write, fd, (long)data, 8);
        raw_4(SYS_epoll_wait, epoll, (long)&found, 1, -1);
        raw(SYS_read, fd, (long)data, 8);
        END(PATH_linux_epoll);
    }
    raw(SYS_write, fd, (long)data, 8);
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_epoll_wait);
        raw_4(SYS_epoll_wait, epoll, (long)&found, 1, -1);
        END(PATH_linux_epoll_wait);
    }
    close(epoll);
    close(fd);
}

/* --- signals -------------------------------------------------------------------------------- */

static volatile unsigned handled;

static void handler(int number)
{
    (void)number;
    handled++;
}

static void signals(void)
{
    pid_t self = getpid();

    signal(SIGUSR1, handler);
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_signal);
        raw(SYS_kill, self, SIGUSR1, 0);
        END(PATH_linux_signal);
    }
    must(handled == RUNS, "each signal is handled");
}

/* Two processes that let each other run. */
static void yields(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            raw(SYS_sched_yield, 0, 0, 0);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_yield);
        raw(SYS_sched_yield, 0, 0, 0);
        END(PATH_linux_yield);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void bench_talk(void)
{
    round_trips();
    futexes();
    events();
    signals();
    yields();
}
