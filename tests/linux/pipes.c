/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes and FIFOs. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int p[2];
static volatile sig_atomic_t signals;
static int bytes;

static void note(int n)
{
    signals = n;
}

static int ready(int fd, int events)
{
    struct pollfd f = {fd, (short)events, 0};

    return poll(&f, 1, 0) < 0 ? -1 : f.revents;
}

CASE(pipe_plain)
{
    char text[16] = "";

    result("pipe", pipe(p));
    result("write", write(p[1], "hello", 5));
    result("read", read(p[0], text, 3));
    say("%s", text);
    result("the rest", read(p[0], text, 16));
    result("read the write end", read(p[1], text, 1));
    result("write the read end", write(p[0], text, 1));
    result("write nothing", write(p[1], text, 0));
    result("read nothing", read(p[0], text, 0));
    close(p[1]);
    result("nobody writes", read(p[0], text, 16));
}

CASE(pipe_errors)
{
    result("bad pointer", syscall(SYS_pipe, 8));
    result("bad flag", pipe2(p, 1));
    result("flags", pipe2(p, O_CLOEXEC | O_NONBLOCK));
    result("close on exec", fcntl(p[0], F_GETFD));
    result("does not wait", (fcntl(p[1], F_GETFL) & O_NONBLOCK) != 0);
    result("empty", read(p[0], &bytes, 1));
    result("from bad memory", syscall(SYS_write, p[1], 8, 5));
    result("still empty", read(p[0], &bytes, 1));
    write(p[1], "hello", 5);
    result("to bad memory", syscall(SYS_read, p[0], 8, 5));
    result("bytes in it", ioctl(p[0], FIONREAD, &bytes));
    say("%d", bytes);
}

CASE(pipe_broken)
{
    struct sigaction a = {.sa_handler = note};

    pipe(p);
    close(p[0]);
    sigaction(SIGPIPE, &a, NULL);
    result("write", write(p[1], "x", 1));
    say("signal %d", signals);
    result("write nothing", write(p[1], "x", 0));
    signal(SIGPIPE, SIG_IGN);
    result("ignored", write(p[1], "x", 1));
    say("poll %x", ready(p[1], POLLOUT));
}

static void write_to_nobody(void)
{
    pipe(p);
    close(p[0]);
    write(p[1], "x", 1);
}

CASE(pipe_broken_kills)
{
    in_child("child", write_to_nobody);
}

CASE(pipe_full)
{
    static char block[65536];
    long sum = 0, n;

    pipe2(p, O_NONBLOCK);
    while ((n = write(p[1], block, 4096)) > 0)
        sum += n;
    say("full after %ld: %s", sum, error_name(errno));
    result("one byte more", write(p[1], block, 1));
    result("read a byte", read(p[0], block, 1));
    result("small does not fit", write(p[1], block, 4096));
    result("read the rest of the page", read(p[0], block, 4095));
    result("now it does", write(p[1], block, 4096));
    result("read much", read(p[0], block, 10000));
    result("write more than fits", write(p[1], block, 60000));
}

CASE(pipe_size)
{
    pipe2(p, O_NONBLOCK);
    result("size", fcntl(p[1], F_GETPIPE_SZ));
    result("less", fcntl(p[1], F_SETPIPE_SZ, 4096));
    result("size", fcntl(p[0], F_GETPIPE_SZ));
    result("odd", fcntl(p[0], F_SETPIPE_SZ, 5000));
    result("more", fcntl(p[0], F_SETPIPE_SZ, 1 << 20));
    result("nothing", fcntl(p[0], F_SETPIPE_SZ, 0));
    char block[4096] = {0};

    for (int i = 0; i < 20; i++)
        write(p[1], block, sizeof block);
    result("less than is in it", fcntl(p[0], F_SETPIPE_SZ, 4096));
    result("far too much", fcntl(p[0], F_SETPIPE_SZ, 1u << 31));
}

CASE(pipe_poll)
{
    char block[65536] = {0};

    pipe(p);
    say("empty %x %x", ready(p[0], POLLIN), ready(p[1], POLLOUT));
    write(p[1], "x", 1);
    say("one %x %x", ready(p[0], POLLIN), ready(p[1], POLLOUT));
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    while (write(p[1], block, 4096) > 0)
        ;
    say("full %x %x", ready(p[0], POLLIN), ready(p[1], POLLOUT));
    read(p[0], block, 1000);
    say("some room %x %x", ready(p[0], POLLIN), ready(p[1], POLLOUT));
    close(p[1]);
    say("no writer %x", ready(p[0], POLLIN));
    while (read(p[0], block, sizeof block) > 0)
        ;
    say("and empty %x", ready(p[0], POLLIN));
}

CASE(pipe_read_waits)
{
    char c;
    pid_t pid;

    pipe(p);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        write(p[1], "x", 1);
        _exit(0);
    }
    result("read", read(p[0], &c, 1));
    close(p[1]);
    result("the end", read(p[0], &c, 1));
    wait_status(pid);
}

CASE(pipe_write_waits)
{
    static char block[100000];
    long sum = 0, n;
    pid_t pid;

    pipe(p);
    pid = fork();
    if (pid == 0) {
        close(p[0]);
        n = write(p[1], block, sizeof block);
        _exit(n == (long)sizeof block ? 0 : 1);
    }
    close(p[1]);
    usleep(20000);
    while ((n = read(p[0], block, 7777)) > 0)
        sum += n;
    say("read %ld", sum);
    say_status("child", wait_status(pid));
}

CASE(pipe_write_interrupted)
{
    static char block[100000];
    struct sigaction a = {.sa_handler = note};

    sigaction(SIGALRM, &a, NULL);
    pipe(p);
    ualarm(20000, 0);
    result("part", write(p[1], block, sizeof block));
    ualarm(20000, 0);
    result("nothing", write(p[1], block, 1));
    a.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &a, NULL);
    read(p[0], block, 65536);
    ualarm(20000, 0);
    result("part, with restart", write(p[1], block, sizeof block));
}

/* Writes of up to PIPE_BUF are not mixed. */
CASE(pipe_writes_are_whole)
{
    char record[100];
    int records = 0, torn = 0;

    pipe(p);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            memset(record, 'a' + i, sizeof record);
            for (int n = 0; n < 200; n++)
                write(p[1], record, sizeof record);
            _exit(0);
        }
    }
    close(p[1]);
    for (;;) {
        size_t got = 0;
        long n = 1;

        while (got < sizeof record && (n = read(p[0], record + got, sizeof record - got)) > 0)
            got += (size_t)n;
        if (n <= 0)
            break;
        records++;
        for (unsigned i = 1; i < sizeof record; i++)
            torn += record[i] != record[0];
    }
    while (wait(NULL) > 0)
        ;
    say("%d records, %d torn", records, torn);
}

/* Several readers: no byte comes twice, and none is lost. */
CASE(pipe_many_readers)
{
    long *sum = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    pipe(p);
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            unsigned char c;

            close(p[1]);
            while (read(p[0], &c, 1) == 1)
                __atomic_fetch_add(sum, c, __ATOMIC_SEQ_CST);
            _exit(0);
        }
    }
    for (int i = 0; i < 1000; i++) {
        unsigned char c = (unsigned char)i;

        write(p[1], &c, 1);
    }
    close(p[1]);
    while (wait(NULL) > 0)
        ;
    say("sum %ld", *sum);
}

CASE(pipe_stat)
{
    struct stat s, t;

    pipe(p);
    fstat(p[0], &s);
    fstat(p[1], &t);
    say("mode %o same %d size %ld links %d", s.st_mode, s.st_ino == t.st_ino, (long)s.st_size,
        (int)s.st_nlink);
    result("isatty", isatty(p[0]));
    result("seek", lseek(p[0], 0, SEEK_SET));
    result("truncate", ftruncate(p[1], 0));
    result("fsync", fsync(p[1]));
    result("chmod", fchmod(p[0], 0600));
}

CASE(pipe_reopened)
{
    char name[32], c;
    int fd;

    pipe(p);
    snprintf(name, sizeof name, "/proc/self/fd/%d", p[0]);
    fd = open(name, O_WRONLY);
    outcome("the read end to write", fd);
    result("write", write(fd, "x", 1));
    result("read", read(p[0], &c, 1));
    close(p[1]);
    close(fd);
    result("the end", read(p[0], &c, 1));
    outcome("both ways", open(name, O_RDWR));
}

CASE(pipe_packets)
{
    char text[16] = "";

    result("pipe", pipe2(p, O_DIRECT));
    write(p[1], "one", 3);
    write(p[1], "two", 3);
    result("first", read(p[0], text, 2));
    result("second", read(p[0], text, 16));
    say("%s", text);
}

CASE(fifo_open)
{
    int r, w;
    char c;

    result("mkfifo", mkfifo("f", 0600));
    outcome("write without waiting", open("f", O_WRONLY | O_NONBLOCK));
    r = open("f", O_RDONLY | O_NONBLOCK);
    outcome("read without waiting", r);
    result("no writer was there", read(r, &c, 1));
    say("poll %x", ready(r, POLLIN));
    w = open("f", O_WRONLY | O_NONBLOCK);
    outcome("write", w);
    result("empty", read(r, &c, 1));
    write(w, "x", 1);
    result("read", read(r, &c, 1));
    close(w);
    result("the end", read(r, &c, 1));
    say("poll %x", ready(r, POLLIN));
    result("both", open("f", O_RDWR) >= 0);
    result("size by stat", lseek(r, 0, SEEK_END));
    result("truncate", truncate("f", 0));
}

CASE(fifo_open_waits)
{
    int fd;
    char text[8] = "";
    pid_t pid;

    mkfifo("f", 0600);
    pid = fork();
    if (pid == 0) {
        usleep(20000);
        fd = open("f", O_WRONLY);
        write(fd, "hello", 5);
        _exit(0);
    }
    fd = open("f", O_RDONLY);
    outcome("open", fd);
    result("read", read(fd, text, 8));
    say("%s", text);
    wait_status(pid);
    result("the end", read(fd, text, 8));
}

CASE(fifo_open_interrupted)
{
    struct sigaction a = {.sa_handler = note};

    sigaction(SIGALRM, &a, NULL);
    mkfifo("f", 0600);
    ualarm(20000, 0);
    outcome("open", open("f", O_RDONLY));
    ualarm(20000, 0);
    outcome("open to write", open("f", O_WRONLY));
}

CASE(fifo_unlinked)
{
    int fd;
    char c = 0;

    mkfifo("f", 0600);
    fd = open("f", O_RDWR);
    unlink("f");
    result("write", write(fd, "y", 1));
    result("read", read(fd, &c, 1));
    say("%c", c);
    mkfifo("f", 0600);
    outcome("another", open("f", O_WRONLY | O_NONBLOCK));
}
