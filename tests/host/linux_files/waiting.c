/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that wait, and what wakes them; and /proc. */
#include "fake.h"

#include <string.h>

static char bytes[200000];
static struct task *other; /* shares the descriptors of the first */

static const char *a_pipe(void)
{
    int fd[2];

    WANT(call(first, NR_pipe2, fd, 0) == 0);
    WANT(call(other, NR_read, fd[0], bytes, 10) == BLOCKED);
    WANT(fake_again(other) == BLOCKED);
    WANT(call(first, NR_write, fd[1], "abc", 3) == 3);
    WANT(fake_again(other) == 3);
    WANT(call(other, NR_write, fd[1], bytes, sizeof bytes) == BLOCKED);
    for (long sum = 0; sum < (long)sizeof bytes;) {
        long n = call(first, NR_read, fd[0], bytes, 30000);

        WANT(n > 0);
        sum += n;
        n = fake_again(other);
        WANT(n == BLOCKED || n == sizeof bytes);
    }
    WANT(call(other, NR_read, fd[0], bytes, 10) == BLOCKED);
    WANT(call(first, NR_close, fd[1]) == 0);
    WANT(fake_again(other) == 0);
    WANT(call(first, NR_close, fd[0]) == 0);
    return NULL;
}

static const char *a_broken_pipe(void)
{
    int fd[2];

    WANT(call(first, NR_pipe2, fd, 0) == 0);
    WANT(call(other, NR_write, fd[1], bytes, sizeof bytes) == BLOCKED);
    (void)fake_signal();
    WANT(call(first, NR_close, fd[0]) == 0);
    WANT(fake_again(other) == 65536); /* what was written before */
    WANT(fake_signal() == SIGPIPE);
    WANT(call(first, NR_write, fd[1], "x", 1) == -EPIPE);
    WANT(call(first, NR_close, fd[1]) == 0);
    return NULL;
}

/* The file goes while somebody waits for it. */
static const char *a_closed_file(void)
{
    int fd[2];

    WANT(call(first, NR_pipe2, fd, 0) == 0);
    WANT(call(other, NR_read, fd[0], bytes, 10) == BLOCKED);
    WANT(call(first, NR_close, fd[0]) == 0 && call(first, NR_close, fd[1]) == 0);
    WANT(fake_again(other) == -EBADF);
    WANT(call(first, NR_mknod, "/tmp/gone", S_IFIFO | 0600, 0) == 0);
    WANT(call(other, NR_openat, AT_FDCWD, "/tmp/gone", O_RDONLY) == BLOCKED);
    WANT(call(first, NR_unlink, "/tmp/gone") == 0);
    WANT(fake_again(other) == -ENOENT);
    return NULL;
}

static const char *a_fifo(void)
{
    long fd;

    WANT(call(first, NR_mknod, "/tmp/fifo", S_IFIFO | 0600, 0) == 0);
    WANT(call(other, NR_openat, AT_FDCWD, "/tmp/fifo", O_RDONLY) == BLOCKED);
    WANT(call(first, NR_openat, AT_FDCWD, "/tmp/fifo", O_WRONLY | O_NONBLOCK) >= 0);
    fd = fake_again(other);
    WANT(fd >= 0);
    (void)call(first, NR_close_range, 0, 100, 0);
    WANT(call(first, NR_openat, AT_FDCWD, "/tmp/fifo", O_WRONLY | O_NONBLOCK) == -ENXIO);
    WANT(call(first, NR_unlink, "/tmp/fifo") == 0);
    return NULL;
}

static const char *polls(void)
{
    struct linux_pollfd p[2];
    int fd[2];

    WANT(call(first, NR_pipe2, fd, 0) == 0);
    p[0] = (struct linux_pollfd){fd[0], POLLIN, 0};
    WANT(call(other, NR_poll, p, 1, 1000) == BLOCKED);
    fake_pass(500000000);
    WANT(fake_again(other) == BLOCKED);
    fake_pass(600000000);
    WANT(fake_again(other) == 0);
    WANT(call(other, NR_poll, p, 1, -1) == BLOCKED);
    WANT(call(first, NR_write, fd[1], "x", 1) == 1);
    WANT(fake_again(other) == 1 && p[0].revents == POLLIN);
    WANT(call(first, NR_close, fd[0]) == 0 && call(first, NR_close, fd[1]) == 0);
    return NULL;
}

static const char *epolls(void)
{
    struct linux_epoll_event e = {POLLIN, 5}, out;
    int fd[2];
    long set = call(first, NR_epoll_create1, 0), outer = call(first, NR_epoll_create1, 0);

    WANT(call(first, NR_pipe2, fd, 0) == 0);
    WANT(call(first, NR_epoll_ctl, set, 1, fd[0], &e) == 0);
    WANT(call(first, NR_epoll_ctl, outer, 1, set, &e) == 0);
    WANT(call(first, NR_epoll_ctl, set, 1, outer, &e) == -ELOOP);
    WANT(call(other, NR_epoll_wait, outer, &out, 1, -1) == BLOCKED);
    WANT(call(first, NR_write, fd[1], "x", 1) == 1);
    WANT(fake_again(other) == 1 && out.data == 5);
    WANT(call(first, NR_close, set) == 0);
    WANT(call(other, NR_epoll_wait, outer, &out, 1, 0) == 0);
    (void)call(first, NR_close_range, 0, 100, 0);
    return NULL;
}

static const char *timers(void)
{
    word_t set[4] = {0, 100000000, 0, 250000000}, count = 0; /* every 100 ms, first after 250 */
    long fd = call(first, NR_timerfd_create, 1, 0);

    WANT(call(first, NR_timerfd_settime, fd, 0, set, 0) == 0);
    WANT(call(other, NR_read, fd, &count, 8) == BLOCKED);
    fake_pass(200000000);
    WANT(fake_again(other) == BLOCKED);
    fake_pass(100000000);
    WANT(fake_again(other) == 8 && count == 1);
    fake_pass(300000000);
    WANT(call(first, NR_read, fd, &count, 8) == 8 && count == 3);
    WANT(call(first, NR_close, fd) == 0);
    return NULL;
}

static const char *locks(void)
{
    struct linux_flock l = {.type = 1};
    long a = call(first, NR_openat, AT_FDCWD, "/tmp/lock", O_RDWR | O_CREAT, 0600);

    WANT(call(first, NR_fcntl, a, F_SETLK, &l) == 0);
    WANT(call(other, NR_fcntl, a, F_SETLK, &l) == -EAGAIN);
    WANT(call(other, NR_fcntl, a, F_SETLKW, &l) == BLOCKED);
    WANT(call(first, NR_close, call(first, NR_dup, a)) == 0); /* any close gives them up */
    WANT(fake_again(other) == 0);
    WANT(call(first, NR_fcntl, a, F_GETLK, &l) == 0 && l.pid == other->process->pid);
    WANT(call(first, NR_close, a) == 0);
    WANT(call(first, NR_unlink, "/tmp/lock") == 0);
    return NULL;
}

static const char *sockets(void)
{
    int fd[2];

    WANT(call(first, NR_socketpair, 1, 1, 0, fd) == 0);
    WANT(call(other, NR_read, fd[0], bytes, 10) == BLOCKED);
    WANT(call(first, NR_write, fd[1], "abc", 3) == 3);
    WANT(fake_again(other) == 3);
    memset(bytes, 'x', sizeof bytes);
    (void)call(first, NR_write, fd[1], bytes, sizeof bytes);
    WANT(call(other, NR_write, fd[1], bytes, sizeof bytes) == BLOCKED);
    for (long sum = 0; sum < 2 * (long)sizeof bytes;) {
        long n = call(first, NR_read, fd[0], bytes, 50000);

        WANT(n > 0);
        sum += n;
        (void)fake_again(other);
    }
    WANT(call(first, NR_close, fd[0]) == 0 && call(first, NR_close, fd[1]) == 0);
    return NULL;
}

void cases_waiting(void)
{
    struct files *own;
    word_t before = pages_free();

    other = fake_task();
    own = other->files;
    other->files = first->files;
    case_end("waiting: a pipe", a_pipe());
    case_end("waiting: a broken pipe", a_broken_pipe());
    case_end("waiting: a file that is closed", a_closed_file());
    case_end("waiting: a named pipe", a_fifo());
    case_end("waiting: poll", polls());
    case_end("waiting: epoll, one in another", epolls());
    case_end("waiting: timers", timers());
    case_end("waiting: locks", locks());
    case_end("waiting: sockets", sockets());
    other->files = own;
    case_end("waiting: pages come back", pages_free() + 8 >= before ? NULL : "some are missing");
}

/* --- /proc --- */

static const char *content(const char *path)
{
    long fd = call(first, NR_openat, AT_FDCWD, path, O_RDONLY), n;

    if (fd < 0)
        return "cannot be opened";
    n = call(first, NR_read, fd, bytes, sizeof bytes - 1);
    bytes[n < 0 ? 0 : n] = 0;
    (void)call(first, NR_close, fd);
    return bytes;
}

static const char *texts(void)
{
    WANT(strstr(content("/proc/self/stat"), "(fake) R ") != NULL);
    WANT(strstr(content("/proc/self/status"), "\nPid:\t1\n") != NULL);
    WANT(strncmp(content("/proc/meminfo"), "MemTotal:", 9) == 0);
    WANT(strstr(content("/proc/mounts"), "proc /proc proc ") != NULL);
    WANT(strcmp(content("/proc/self/comm"), "fake\n") == 0);
    WANT(strcmp(content("/proc/sys/kernel/ostype"), "Linux\n") == 0);
    WANT(call(first, NR_openat, AT_FDCWD, "/proc/99", O_RDONLY) == -ENOENT);
    WANT(call(first, NR_openat, AT_FDCWD, "/proc/uptime", O_WRONLY) == -EACCES);
    WANT(call(first, NR_mkdir, "/proc/x", 0755) == -EACCES);
    return NULL;
}

static const char *links(void)
{
    long fd = call(first, NR_openat, AT_FDCWD, "/tmp/file", O_RDWR | O_CREAT, 0600), n, again;
    char path[40];

    snprintf(path, sizeof path, "/proc/self/fd/%ld", fd);
    n = call(first, NR_readlink, path, bytes, 100);
    WANT(n == 9 && memcmp(bytes, "/tmp/file", 9) == 0);
    WANT(call(first, NR_write, fd, "abc", 3) == 3);
    WANT(call(first, NR_unlink, "/tmp/file") == 0);
    n = call(first, NR_readlink, path, bytes, 100);
    WANT(n == 19 && memcmp(bytes, "/tmp/file (deleted)", 19) == 0);
    again = call(first, NR_openat, AT_FDCWD, path, O_RDONLY);
    WANT(again >= 0 && call(first, NR_read, again, bytes, 10) == 3);
    WANT(call(first, NR_close, again) == 0 && call(first, NR_close, fd) == 0);
    WANT(call(first, NR_readlink, path, bytes, 100) == -ENOENT);
    WANT(call(first, NR_readlink, "/proc/self/cwd", bytes, 100) == 1);
    return NULL;
}

static const char *listed(void)
{
    long fd = call(first, NR_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY), n, at;
    bool found = false;

    n = call(first, NR_getdents64, fd, bytes, 8192);
    WANT(n > 0);
    for (at = 0; at < n; at += ((struct linux_dirent64 *)(bytes + at))->reclen)
        found |= strcmp(((struct linux_dirent64 *)(bytes + at))->name, "1") == 0;
    WANT(found && at == n);
    WANT(call(first, NR_close, fd) == 0);
    return NULL;
}

void cases_proc(void)
{
    case_end("proc: texts", texts());
    case_end("proc: links", links());
    case_end("proc: a listing", listed());
}
