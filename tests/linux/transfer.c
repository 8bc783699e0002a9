/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from file to file: sendfile, copy_file_range, splice; memfd; locks. */
#include "case.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

static void show(const char *what, int fd)
{
    char text[64] = {0};
    long n = pread(fd, text, sizeof text - 1, 0);

    say("%s: %ld '%s'", what, n, n > 0 ? text : "");
}

CASE(copy_sendfile)
{
    int from = put("a", "0123456789"), to = put("b", ""), p[2];
    off_t at = 3;
    char text[8] = "";

    result("with a position", sendfile(to, from, &at, 4));
    say("at %ld, position %ld", (long)at, (long)lseek(from, 0, SEEK_CUR));
    lseek(from, 8, SEEK_SET);
    result("without", sendfile(to, from, NULL, 100));
    say("position %ld", (long)lseek(from, 0, SEEK_CUR));
    show("copied", to);
    result("at the end", sendfile(to, from, NULL, 5));
    pipe(p);
    at = 0;
    result("to a pipe", sendfile(p[1], from, &at, 5));
    result("read", read(p[0], text, 8));
    result("from a pipe", sendfile(to, p[0], NULL, 5));
    result("bad position", sendfile(to, from, (off_t *)8, 5));
    at = -1;
    result("negative", sendfile(to, from, &at, 5));
    result("not open", sendfile(99, from, NULL, 5));
    result("opened to read", sendfile(open("a", O_RDONLY), from, NULL, 5));
    result("append", sendfile(open("b", O_WRONLY | O_APPEND), from, NULL, 5));
}

CASE(copy_range)
{
    int from = put("a", "0123456789"), to = put("b", ""), p[2];
    off_t x = 2, y = 5;

    result("copy", copy_file_range(from, &x, to, &y, 4, 0));
    say("at %ld and %ld", (long)x, (long)y);
    lseek(from, 7, SEEK_SET);
    result("by positions", copy_file_range(from, NULL, to, NULL, 100, 0));
    say("at %ld and %ld", (long)lseek(from, 0, SEEK_CUR), (long)lseek(to, 0, SEEK_CUR));
    result("at the end", copy_file_range(from, NULL, to, NULL, 5, 0));
    x = 0, y = 5;
    result("over itself", copy_file_range(from, &x, from, &y, 6, 0));
    x = 0, y = 5;
    result("beside itself", copy_file_range(from, &x, from, &y, 5, 0));
    result("flags", copy_file_range(from, &x, to, &y, 5, 1));
    pipe(p);
    result("to a pipe", copy_file_range(from, NULL, p[1], NULL, 5, 0));
    result("from a directory", copy_file_range(open(".", O_RDONLY), NULL, to, NULL, 5, 0));
    result("opened to read", copy_file_range(from, NULL, open("a", O_RDONLY), NULL, 5, 0));
    result("append", copy_file_range(from, &x, open("b", O_WRONLY | O_APPEND), NULL, 5, 0));
    show("from", from);
}

CASE(copy_splice)
{
    int from = put("a", "0123456789"), to = put("b", ""), p[2], q[2];
    off_t at = 2;

    pipe(p);
    pipe(q);
    result("file to pipe", splice(from, &at, p[1], NULL, 5, 0));
    say("at %ld", (long)at);
    result("pipe to pipe", splice(p[0], NULL, q[1], NULL, 3, 0));
    result("pipe to file", splice(q[0], NULL, to, NULL, 100, 0));
    show("copied", to);
    at = 8;
    result("the rest", splice(p[0], NULL, to, &at, 100, 0));
    say("at %ld", (long)at);
    result("empty", splice(p[0], NULL, to, NULL, 100, SPLICE_F_NONBLOCK));
    result("file to file", splice(from, NULL, to, NULL, 5, 0));
    result("a position of a pipe", splice(from, NULL, p[1], &at, 5, 0));
    result("to itself", splice(p[0], NULL, p[1], NULL, 5, 0));
    result("flags", splice(from, NULL, p[1], NULL, 5, 0x100));
    result("nothing", splice(from, NULL, p[1], NULL, 0, 0));
    close(p[1]);
    result("nobody writes", splice(p[0], NULL, to, NULL, 5, 0));
    result("wrong end", splice(from, NULL, q[0], NULL, 5, 0));
}

CASE(memfd)
{
    int fd = memfd_create("name", MFD_CLOEXEC);
    struct stat s;
    char *p, target[64] = "";

    outcome("create", fd);
    result("flag", fcntl(fd, F_GETFD));
    result("size", ftruncate(fd, 8192));
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    p[5000] = 'x';
    char c = 0;

    result("read", pread(fd, &c, 1, 5000));
    say("is %c", c);
    fstat(fd, &s);
    say("mode %o size %ld links %d", s.st_mode, (long)s.st_size, (int)s.st_nlink);
    char name[32];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    readlink(name, target, sizeof target - 1);
    say("%s", target);
    outcome("opened again", open(name, O_RDONLY));
    outcome("unknown flag", memfd_create("x", 0x100));
    outcome("bad name", (long)syscall(SYS_memfd_create, 8, 0));
    char large[300];

    memset(large, 'n', sizeof large);
    large[249] = 0;
    outcome("name of 249", memfd_create(large, 0));
    large[249] = 'n', large[250] = 0;
    outcome("name of 250", memfd_create(large, 0));
}

CASE(memfd_seals)
{
    int plain = memfd_create("p", 0), fd = memfd_create("s", MFD_ALLOW_SEALING);

    result("of a plain one", fcntl(plain, F_GET_SEALS));
    result("seal a plain one", fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));
    result("none", fcntl(fd, F_GET_SEALS));
    ftruncate(fd, 4096);
    result("shrink", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    result("shorter", ftruncate(fd, 100));
    result("longer", ftruncate(fd, 8192));
    result("grow", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    result("longer", ftruncate(fd, 10000));
    result("write at the end", pwrite(fd, "x", 1, 8192));
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    result("write while mapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(p, 4096);
    result("write", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    result("pwrite", pwrite(fd, "x", 1, 0));
    outcome("map to write", (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    outcome("map to read", (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
    result("seal", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    result("no more", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    result("seals", fcntl(fd, F_GET_SEALS));
    result("of a file", fcntl(put("f", ""), F_GET_SEALS));
}

static int lock(int fd, int command, int type, long start, long length)
{
    struct flock l = {
        .l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &l);
}

static void ask(const char *what, int fd, int command, int type, long start, long length)
{
    struct flock l = {
        .l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    if (fcntl(fd, command, &l) < 0)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: type %d from %ld length %ld parent %d", what, l.l_type, (long)l.l_start,
            (long)l.l_len, l.l_pid == getppid());
}

static int locked;

static void from_outside(void)
{
    ask("first", locked, F_GETLK, F_WRLCK, 0, 10);
    ask("read", locked, F_GETLK, F_RDLCK, 100, 10);
    ask("all", locked, F_GETLK, F_WRLCK, 0, 0);
    result("lock it", lock(locked, F_SETLK, F_WRLCK, 5, 1));
    result("lock a free part", lock(locked, F_SETLK, F_WRLCK, 50, 10));
    result("lock to read what is read", lock(locked, F_SETLK, F_RDLCK, 100, 10));
    result("lock to write what is read", lock(locked, F_SETLK, F_WRLCK, 100, 10));
}

CASE(lock_ranges)
{
    locked = put("f", "");
    result("write", lock(locked, F_SETLK, F_WRLCK, 0, 20));
    result("read", lock(locked, F_SETLK, F_RDLCK, 100, 50));
    in_child("child", from_outside);
    result("a hole", lock(locked, F_SETLK, F_UNLCK, 5, 5));
    in_child("child", from_outside);
    ask("of one's own", locked, F_GETLK, F_WRLCK, 0, 0);
    result("close another descriptor", close(open("f", O_RDWR)));
    in_child("child", from_outside);
}

CASE(lock_errors)
{
    int fd = put("f", ""), r = open("f", O_RDONLY), w = open("f", O_WRONLY), p[2];

    result("write on a reader", lock(r, F_SETLK, F_WRLCK, 0, 1));
    result("read on a writer", lock(w, F_SETLK, F_RDLCK, 0, 1));
    result("unknown type", lock(fd, F_SETLK, 9, 0, 1));
    result("negative start", lock(fd, F_SETLK, F_WRLCK, -1, 1));
    result("negative length", lock(fd, F_SETLK, F_WRLCK, 10, -5));
    result("too negative length", lock(fd, F_SETLK, F_WRLCK, 10, -11));
    result("too long", lock(fd, F_SETLK, F_WRLCK, 10, (long)(~0ul >> 1)));
    result("bad pointer", fcntl(fd, F_SETLK, 8));
    result("ask for unlock", lock(fd, F_GETLK, F_UNLCK, 0, 1));
    pipe(p);
    result("a pipe", lock(p[0], F_SETLK, F_RDLCK, 0, 1));
    struct flock l = {.l_type = F_WRLCK, .l_whence = 7};

    result("whence", fcntl(fd, F_SETLK, &l));
}

static int pipes[2];

CASE(lock_waits)
{
    int fd = put("f", "");
    pid_t pid;

    lock(fd, F_SETLKW, F_WRLCK, 0, 10);
    pid = fork();
    if (pid == 0) {
        result("lock", lock(fd, F_SETLKW, F_WRLCK, 5, 1));
        _exit(0);
    }
    usleep(30000);
    say("unlock");
    lock(fd, F_SETLK, F_UNLCK, 0, 10);
    say_status("child", wait_status(pid));
}

CASE(lock_goes_with_its_process)
{
    int fd = put("f", "");
    char c;
    pid_t pid;

    pipe(pipes);
    pid = fork();
    if (pid == 0) {
        lock(fd, F_SETLKW, F_WRLCK, 0, 10);
        write(pipes[1], "x", 1);
        pause();
    }
    read(pipes[0], &c, 1);
    result("it has it", lock(fd, F_SETLK, F_WRLCK, 0, 1));
    kill(pid, SIGKILL);
    result("wait", lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    wait_status(pid);
}

CASE(lock_deadlock)
{
    int fd = put("f", ""), e = 0;
    pid_t pid;
    char c;

    pipe(pipes);
    lock(fd, F_SETLKW, F_WRLCK, 0, 1);
    pid = fork();
    if (pid == 0) {
        lock(fd, F_SETLKW, F_WRLCK, 1, 1);
        write(pipes[1], "x", 1);
        e = lock(fd, F_SETLKW, F_WRLCK, 0, 1);
        _exit(e == 0 ? 0 : errno);
    }
    read(pipes[0], &c, 1);
    usleep(30000);
    result("the second", lock(fd, F_SETLKW, F_WRLCK, 1, 1));
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    say_status("child", wait_status(pid));
}

static void note(int n)
{
    (void)n;
}

CASE(lock_wait_is_interrupted)
{
    struct sigaction a = {.sa_handler = note};
    int fd = put("f", "");
    pid_t pid;
    char c;

    sigaction(SIGALRM, &a, NULL);
    pipe(pipes);
    pid = fork();
    if (pid == 0) {
        lock(fd, F_SETLKW, F_WRLCK, 0, 1);
        write(pipes[1], "x", 1);
        pause();
    }
    read(pipes[0], &c, 1);
    ualarm(20000, 0);
    result("wait", lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    kill(pid, SIGKILL);
    wait_status(pid);
}

CASE(lock_of_open_files)
{
    int a = put("f", ""), b = open("f", O_RDWR), c = dup(a);

    result("lock", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
    result("by another opening", lock(b, F_OFD_SETLK, F_WRLCK, 5, 10));
    result("by a duplicate", lock(c, F_OFD_SETLK, F_WRLCK, 5, 10));
    ask("asked", b, F_OFD_GETLK, F_WRLCK, 0, 0);
    result("process lock", lock(b, F_SETLK, F_WRLCK, 0, 1));
    close(a);
    result("one is closed", lock(b, F_OFD_SETLK, F_WRLCK, 5, 10));
    close(c);
    result("both are closed", lock(b, F_OFD_SETLK, F_WRLCK, 5, 10));
    struct flock l = {.l_type = F_WRLCK, .l_pid = 1};

    result("with a pid", fcntl(b, F_OFD_SETLK, &l));
}

CASE(lock_flock)
{
    int a = put("f", ""), b = open("f", O_RDONLY), c = dup(a);

    result("exclusive", flock(a, LOCK_EX));
    result("another", flock(b, LOCK_EX | LOCK_NB));
    result("another, shared", flock(b, LOCK_SH | LOCK_NB));
    result("a duplicate", flock(c, LOCK_SH | LOCK_NB));
    result("another, shared", flock(b, LOCK_SH | LOCK_NB));
    result("upgrade", flock(c, LOCK_EX | LOCK_NB));
    result("unlock", flock(b, LOCK_UN));
    result("upgrade", flock(a, LOCK_EX | LOCK_NB));
    result("record locks are apart", lock(a, F_SETLK, F_WRLCK, 0, 1));
    result("bad", flock(a, 77));
    result("not open", flock(99, LOCK_EX));
    close(a);
    close(c);
    result("closed", flock(b, LOCK_EX | LOCK_NB));
}

CASE(lock_flock_waits)
{
    int a = put("f", ""), b = open("f", O_RDWR);
    pid_t pid;

    flock(a, LOCK_EX);
    pid = fork();
    if (pid == 0) {
        result("shared", flock(b, LOCK_SH));
        _exit(0);
    }
    usleep(30000);
    say("unlock");
    flock(a, LOCK_UN);
    say_status("child", wait_status(pid));
}
