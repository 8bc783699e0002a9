/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: opening, descriptors, reading, writing, positions. */
#include "case.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static void read_back(const char *what, int fd)
{
    char text[64] = {0};
    long n = read(fd, text, sizeof text - 1);

    if (n < 0)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: %ld '%s'", what, n, text);
}

CASE(file_open_errors)
{
    mkdir("d", 0755);
    close(put("f", "x"));
    outcome("not there", open("none", O_RDONLY));
    outcome("empty name", open("", O_RDONLY));
    outcome("below a file", open("f/x", O_RDONLY));
    outcome("a slash after a file", open("f/", O_RDONLY));
    outcome("create with a slash", open("new/", O_CREAT | O_RDWR, 0600));
    outcome("create in what is not there", open("none/new", O_CREAT | O_RDWR, 0600));
    outcome("write a directory", open("d", O_WRONLY));
    outcome("create a directory", open("d", O_CREAT | O_RDONLY, 0600));
    outcome("truncate a directory", open("d", O_RDONLY | O_TRUNC));
    outcome("a file as directory", open("f", O_RDONLY | O_DIRECTORY));
    outcome("create and directory", open("g", O_CREAT | O_DIRECTORY | O_RDONLY, 0600));
    outcome("bad pointer", syscall(SYS_open, 8, O_RDONLY));
    outcome("no descriptor", openat(99, "f", O_RDONLY));
    outcome("absolute and no descriptor", openat(99, "/", O_RDONLY));
    outcome("below a descriptor of a file", openat(open("f", O_RDONLY), "f", O_RDONLY));
}

CASE(file_open_exclusive)
{
    outcome("first", open("f", O_CREAT | O_EXCL | O_RDWR, 0600));
    outcome("second", open("f", O_CREAT | O_EXCL | O_RDWR, 0600));
    symlink("nowhere", "l");
    outcome("a link to nowhere", open("l", O_CREAT | O_EXCL | O_RDWR, 0600));
    outcome("followed", open("l", O_CREAT | O_RDWR, 0600));
    outcome("its target", access("nowhere", F_OK));
    mkdir("d", 0755);
    outcome("a directory", open("d", O_CREAT | O_EXCL | O_RDONLY, 0600));
}

CASE(file_open_truncate)
{
    struct stat s;
    int fd = put("f", "hello");

    outcome("open", open("f", O_WRONLY | O_TRUNC));
    fstat(fd, &s);
    say("size %ld", (long)s.st_size);
    result("at the end", write(fd, "x", 1));
    fstat(fd, &s);
    say("size %ld", (long)s.st_size);
    chmod("f", 0444);
    outcome("read only and truncated", open("f", O_RDONLY | O_TRUNC));
    fstat(fd, &s);
    say("size %ld", (long)s.st_size);
}

CASE(file_open_append)
{
    int a = put("f", "one "), b = open("f", O_WRONLY | O_APPEND);

    result("append", write(b, "two ", 4));
    result("the other", write(a, "THREE ", 6));
    result("append", write(b, "four", 4));
    result("position", lseek(b, 0, SEEK_CUR));
    result("pwrite appends too", pwrite(b, "!", 1, 0));
    lseek(a, 0, SEEK_SET);
    read_back("all", a);
    result("flags", fcntl(b, F_GETFL) & (O_APPEND | O_ACCMODE));
    result("no longer", fcntl(b, F_SETFL, 0));
    result("pwrite", pwrite(b, "#", 1, 0));
    lseek(a, 0, SEEK_SET);
    read_back("all", a);
}

CASE(file_open_nofollow)
{
    close(put("f", "x"));
    symlink("f", "l");
    mkdir("d", 0755);
    symlink("d", "ld");
    close(put("d/g", "y"));
    outcome("a link", open("l", O_RDONLY | O_NOFOLLOW));
    outcome("a link on the way", open("ld/g", O_RDONLY | O_NOFOLLOW));
    outcome("a link to a directory", open("ld", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
    outcome("with a slash", open("ld/", O_RDONLY | O_NOFOLLOW));
    outcome("the link itself", open("l", O_PATH | O_NOFOLLOW));
}

CASE(file_open_path)
{
    struct stat s;
    char text[8];
    int fd;

    close(put("f", "hello"));
    fd = open("f", O_PATH);
    outcome("open", fd);
    result("read", read(fd, text, 1));
    result("write", write(fd, text, 1));
    result("fchmod", fchmod(fd, 0600));
    result("fstat", fstat(fd, &s));
    say("size %ld", (long)s.st_size);
    result("lseek", lseek(fd, 0, SEEK_SET));
    result("ioctl", syscall(SYS_ioctl, fd, 0x5401, text));
    result("flags", (fcntl(fd, F_GETFL) & O_PATH) != 0);
    result("empty path", fstatat(fd, "", &s, AT_EMPTY_PATH));
    result("dup", dup(fd) >= 0);
    chmod("f", 0);
    outcome("without permission", open("f", O_PATH));
    fd = open(".", O_PATH | O_DIRECTORY);
    outcome("below it", openat(fd, "f", O_RDONLY));
    result("fchdir", fchdir(fd));
}

CASE(file_open_unnamed)
{
    char name[64];
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    struct stat s;

    outcome("open", fd);
    result("write", write(fd, "secret", 6));
    fstat(fd, &s);
    say("links %d size %d", (int)s.st_nlink, (int)s.st_size);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    result("give it a name", linkat(AT_FDCWD, name, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    fstat(fd, &s);
    say("links %d", (int)s.st_nlink);
    read_back("by name", open("named", O_RDONLY));
    outcome("read only", open(".", O_TMPFILE | O_RDONLY, 0600));
    outcome("of a file", open("named", O_TMPFILE | O_RDWR, 0600));
    fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    result("exclusive", linkat(AT_FDCWD, name, AT_FDCWD, "other", AT_SYMLINK_FOLLOW));
}

static long openat2_in(int fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

    return syscall(SYS_openat2, fd, path, &how, sizeof how);
}

CASE(file_openat2)
{
    struct open_how how = {.flags = O_RDONLY};
    uint64_t large[8] = {O_RDONLY};
    int d;

    mkdir("d", 0755);
    close(put("d/f", "x"));
    close(put("g", "y"));
    symlink("f", "d/in");
    symlink("../g", "d/out");
    symlink("/", "d/root");
    d = open("d", O_RDONLY | O_DIRECTORY);
    outcome("plain", openat2_in(d, "f", O_RDONLY, 0, 0));
    outcome("no links", openat2_in(d, "in", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
    outcome("beneath", openat2_in(d, "in", O_RDONLY, 0, RESOLVE_BENEATH));
    outcome("beneath, out", openat2_in(d, "out", O_RDONLY, 0, RESOLVE_BENEATH));
    outcome("beneath, dots", openat2_in(d, "../g", O_RDONLY, 0, RESOLVE_BENEATH));
    outcome("beneath, root", openat2_in(d, "/g", O_RDONLY, 0, RESOLVE_BENEATH));
    outcome("beneath, there and back", openat2_in(d, "../d/f", O_RDONLY, 0, RESOLVE_BENEATH));
    outcome("in root", openat2_in(d, "/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
    outcome("in root, dots", openat2_in(d, "../../f", O_RDONLY, 0, RESOLVE_IN_ROOT));
    outcome("in root, link to root", openat2_in(d, "root/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
    outcome("no magic links",
            openat2_in(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
    outcome("unknown resolve", openat2_in(d, "f", O_RDONLY, 0, 0x1000));
    outcome("both", openat2_in(d, "f", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    outcome("unknown flag", openat2_in(d, "f", 1ul << 40, 0, 0));
    outcome("a mode without create", openat2_in(d, "f", O_RDONLY, 0600, 0));
    outcome("a bad mode", openat2_in(d, "h", O_RDWR | O_CREAT, 0200000, 0));
    outcome("too small", syscall(SYS_openat2, d, "f", &how, 16));
    outcome("larger and clear", syscall(SYS_openat2, d, "f", large, sizeof large));
    large[7] = 1;
    outcome("larger and not clear", syscall(SYS_openat2, d, "f", large, sizeof large));
    outcome("bad pointer", syscall(SYS_openat2, d, "f", 8, sizeof how));
}

CASE(file_close_errors)
{
    int fd = put("f", "x");

    result("close", close(fd));
    result("again", close(fd));
    result("-1", close(-1));
    result("far", close(1 << 30));
    result("read", read(fd, &fd, 1));
    result("a range", (long)syscall(SYS_close_range, 5, 3, 0));
    result("bad flag", (long)syscall(SYS_close_range, 5, 9, 1));
}

CASE(file_close_range)
{
    int a = put("a", ""), b = dup(a), c = dup(a);

    result("mark", syscall(SYS_close_range, b, b, 4));
    result("marked", fcntl(b, F_GETFD));
    result("its neighbour", fcntl(c, F_GETFD));
    result("close", syscall(SYS_close_range, b, ~0u, 0));
    result("first", fcntl(a, F_GETFD));
    result("second", fcntl(b, F_GETFD));
    result("third", fcntl(c, F_GETFD));
    result("unshared", syscall(SYS_close_range, a, a, 2));
    result("first", fcntl(a, F_GETFD));
}

CASE(file_dup)
{
    int fd = put("f", "0123456789"), other, far;

    lseek(fd, 3, SEEK_SET);
    other = dup(fd);
    result("position", lseek(other, 0, SEEK_CUR));
    result("lowest", other == fd + 1);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    result("not inherited", fcntl(dup(fd), F_GETFD));
    far = fcntl(fd, F_DUPFD, 100);
    result("from 100", far);
    result("with close on exec", fcntl(fd, F_DUPFD_CLOEXEC, 100));
    result("its flag", fcntl(101, F_GETFD));
    result("the flag of the first", fcntl(far, F_GETFD));
    result("-1", fcntl(fd, F_DUPFD, -1));
    result("too far", fcntl(fd, F_DUPFD, 1 << 30));
    result("not open", dup(99));
}

CASE(file_dup2)
{
    int fd = put("f", "hello"), g = put("g", "x");

    result("over an open one", dup2(fd, g) == g);
    lseek(fd, 0, SEEK_SET);
    read_back("same file", g);
    result("the same", dup2(fd, fd) == fd);
    result("not open", dup2(99, g));
    result("the same and not open", dup2(99, 99));
    result("still there", fcntl(g, F_GETFD));
    result("too far", dup2(fd, 1 << 30));
    result("negative", dup2(fd, -1));
    result("dup3", dup3(fd, 50, O_CLOEXEC));
    result("its flag", fcntl(50, F_GETFD));
    result("dup3 of the same", dup3(fd, fd, 0));
    result("dup3 with a bad flag", dup3(fd, 51, O_APPEND));
}

CASE(file_too_many)
{
    struct rlimit r = {20, 20};
    int last = -1, fd;

    result("limit", setrlimit(RLIMIT_NOFILE, &r));
    while ((fd = dup(1)) >= 0)
        last = fd;
    say("last %d, then %s", last, error_name(errno));
    result("dup2 at the limit", dup2(1, 20));
    result("F_DUPFD at the limit", fcntl(1, F_DUPFD, 20));
    outcome("open", open("/", O_RDONLY));
    result("pipe", pipe((int[2]){0, 0}));
    close(7);
    result("one is free", open("/", O_RDONLY));
    close(7);
    result("a pipe needs two", pipe((int[2]){0, 0}));
    result("and the one stays free", dup(1));
}

CASE(file_fcntl)
{
    int fd = put("f", "x");

    result("bad command", fcntl(fd, 9999));
    result("not open", fcntl(99, F_GETFL));
    result("access mode", fcntl(fd, F_GETFL) & O_ACCMODE);
    result("it cannot be changed", fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK));
    result("flags", fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    result("close on exec", fcntl(fd, F_SETFD, FD_CLOEXEC));
    result("is", fcntl(fd, F_GETFD));
    result("other bits are nothing", fcntl(fd, F_SETFD, 0xfffe));
    result("is", fcntl(fd, F_GETFD));
    result("owner", fcntl(fd, F_SETOWN, getpid()));
    result("is me", fcntl(fd, F_GETOWN) == getpid());
    result("signal", fcntl(fd, F_SETSIG, 99));
    result("signal", fcntl(fd, F_SETSIG, SIGUSR1));
    result("is", fcntl(fd, F_GETSIG));
    result("pipe size of a file", fcntl(fd, F_GETPIPE_SZ));
}

CASE(file_lseek)
{
    int fd = put("f", "0123456789"), p[2];

    result("set", lseek(fd, 4, SEEK_SET));
    result("from here", lseek(fd, 3, SEEK_CUR));
    result("from the end", lseek(fd, -1, SEEK_END));
    result("past the end", lseek(fd, 100, SEEK_END));
    result("read there", read(fd, p, 4));
    result("before the start", lseek(fd, -200, SEEK_CUR));
    result("still there", lseek(fd, 0, SEEK_CUR));
    result("how", lseek(fd, 0, 9));
    result("far", lseek(fd, 1l << 62, SEEK_SET));
    result("not open", lseek(99, 0, SEEK_SET));
    result("pipe", pipe(p));
    result("in a pipe", lseek(p[0], 0, SEEK_SET));
    fd = open(".", O_RDONLY);
    result("in a directory", lseek(fd, 0, SEEK_SET));
}

CASE(file_holes)
{
    int fd = put("f", "");
    char page[4096];
    struct stat s;

    memset(page, 'x', sizeof page);
    pwrite(fd, page, 4096, 4096 * 10);
    pwrite(fd, page, 4096, 4096 * 20);
    fstat(fd, &s);
    say("size %ld blocks %ld", (long)s.st_size, (long)s.st_blocks);
    result("data", lseek(fd, 0, SEEK_DATA));
    result("data inside", lseek(fd, 4096 * 10 + 5, SEEK_DATA));
    result("hole", lseek(fd, 0, SEEK_HOLE));
    result("hole after data", lseek(fd, 4096 * 10, SEEK_HOLE));
    result("data after it", lseek(fd, 4096 * 11, SEEK_DATA));
    result("hole at the end", lseek(fd, 4096 * 20, SEEK_HOLE));
    result("data past the end", lseek(fd, 4096 * 21, SEEK_DATA));
    result("hole past the end", lseek(fd, 4096 * 21, SEEK_HOLE));
    result("read in the hole", pread(fd, page, 10, 4096 * 5));
    say("is %d", page[0]);
}

CASE(file_read_errors)
{
    int fd = put("f", "hello"), w = open("f", O_WRONLY), d = open(".", O_RDONLY);
    char text[8];

    result("not open", read(99, text, 1));
    result("opened to write", read(w, text, 1));
    result("a directory", read(d, text, 1));
    result("bad pointer", syscall(SYS_read, fd, 8, 5));
    result("bad pointer and nothing to read", syscall(SYS_read, fd, 8, 0));
    lseek(fd, 5, SEEK_SET);
    result("bad pointer at the end", syscall(SYS_read, fd, 8, 5));
    result("negative size", syscall(SYS_read, fd, text, -1l));
    result("negative position", pread(fd, text, 1, -1));
    result("far", pread(fd, text, 1, 1l << 62));
    result("pread from a pipe", (pipe((int[2]){0, 0}), pread(w + 3, text, 1, 0)));
}

CASE(file_write_errors)
{
    int r = open("/dev/null", O_RDONLY), fd = put("f", "hello");

    result("not open", write(99, "x", 1));
    result("opened to read", write(r, "x", 1));
    result("bad pointer", syscall(SYS_write, fd, 8, 5));
    result("bad pointer, no bytes", syscall(SYS_write, fd, 8, 0));
    result("negative size", syscall(SYS_write, fd, "x", -1l));
    result("negative position", pwrite(fd, "x", 1, -1));
    result("no bytes far away", pwrite(fd, "x", 0, 1l << 40));
    result("size is as before", lseek(fd, 0, SEEK_END));
}

CASE(file_positions_are_shared)
{
    int fd = put("f", "0123456789");
    pid_t pid;
    char c;

    lseek(fd, 2, SEEK_SET);
    pid = fork();
    if (pid == 0) {
        lseek(fd, 5, SEEK_SET);
        _exit(0);
    }
    say_status("child", wait_status(pid));
    result("read", read(fd, &c, 1));
    say("is %c", c);
    result("pread", pread(fd, &c, 1, 1));
    say("is %c, position %ld", c, (long)lseek(fd, 0, SEEK_CUR));
}

CASE(file_vectors)
{
    int fd = put("f", "");
    char a[4] = "", b[8] = "", c[4] = "";
    struct iovec out[3] = {{"ab", 2}, {NULL, 0}, {"cdefg", 5}};
    struct iovec in[3] = {{a, 3}, {b, 2}, {c, 3}};

    result("writev", writev(fd, out, 3));
    lseek(fd, 0, SEEK_SET);
    result("readv", readv(fd, in, 3));
    say("'%s' '%s' '%s'", a, b, c);
    result("preadv", preadv(fd, in, 1, 4));
    say("'%s'", a);
    result("pwritev", pwritev(fd, out, 3, 1));
    result("position", lseek(fd, 0, SEEK_CUR));
    lseek(fd, 0, SEEK_SET);
    read_back("all", fd);
}

CASE(file_vector_errors)
{
    int fd = put("f", "hello, world");
    char a[16];
    struct iovec many[1025], bad[2] = {{a, 3}, {(void *)8, 3}}, huge[2] = {{a, ~0ul >> 1}, {a, 1}};

    for (int i = 0; i < 1025; i++)
        many[i] = (struct iovec){a, 0};
    result("1024 parts", readv(fd, many, 1024));
    result("1025 parts", readv(fd, many, 1025));
    result("no parts", readv(fd, many, 0));
    result("-1 parts", readv(fd, many, -1));
    result("the second is bad", readv(fd, bad, 2));
    result("position", lseek(fd, 0, SEEK_CUR));
    bad[0].iov_len = 0;
    result("the only one is bad", readv(fd, bad, 2));
    result("bad list", syscall(SYS_readv, fd, 8, 1));
    result("too large", readv(fd, huge, 2));
    huge[0].iov_len = ~0ul;
    result("negative", readv(fd, huge, 1));
}

CASE(file_preadv2)
{
    int fd = put("f", "hello, world");
    char a[16] = "";
    struct iovec in = {a, 5};

    lseek(fd, 7, SEEK_SET);
    result("at -1", preadv2(fd, &in, 1, -1, 0));
    say("'%s'", a);
    result("at 0", preadv2(fd, &in, 1, 0, 0));
    say("'%s'", a);
    result("unknown flag", preadv2(fd, &in, 1, 0, 0x1000));
    result("at -2", preadv2(fd, &in, 1, -2, 0));
    in = (struct iovec){"!!", 2};
    result("append", pwritev2(fd, &in, 1, 0, RWF_APPEND));
    lseek(fd, 0, SEEK_SET);
    read_back("all", fd);
    result("with dsync", pwritev2(fd, &in, 1, 0, RWF_DSYNC));
}

CASE(file_truncate)
{
    int fd = put("f", "0123456789"), r = open("f", O_RDONLY);
    struct stat s;

    result("shorter", ftruncate(fd, 4));
    result("longer", ftruncate(fd, 8));
    lseek(fd, 0, SEEK_SET);
    char text[16];

    result("read", read(fd, text, 16));
    say("%d %d %d", text[3], text[4], text[7]);
    result("by name", truncate("f", 2));
    fstat(fd, &s);
    say("size %ld", (long)s.st_size);
    result("negative", ftruncate(fd, -1));
    result("opened to read", ftruncate(r, 0));
    result("directory", truncate(".", 0));
    result("not there", truncate("none", 0));
    result("below a file", truncate("f/x", 0));
    result("negative by name", truncate("f", -1));
    result("far too long", ftruncate(fd, (long)(~0ul >> 1)));
    result("position is left", lseek(fd, 0, SEEK_CUR));
}

CASE(file_truncate_leaves_no_old_bytes)
{
    int fd = put("f", "");
    char page[4096], sum = 0;

    memset(page, 'x', sizeof page);
    write(fd, page, sizeof page);
    ftruncate(fd, 100);
    ftruncate(fd, 4096);
    pread(fd, page, sizeof page, 0);
    for (int i = 100; i < 4096; i++)
        sum |= page[i];
    say("byte 99 is %c, the rest %d", page[99], sum);
    ftruncate(fd, 50);
    pwrite(fd, "y", 1, 200);
    pread(fd, page, 201, 0);
    say("%c %d %d %c", page[49], page[50], page[199], page[200]);
}

CASE(file_fallocate)
{
    int fd = put("f", "hello"), r = open("f", O_RDONLY), p[2];
    char text[16] = "";
    struct stat s;

    pipe(p);
    result("more", fallocate(fd, 0, 0, 8192));
    fstat(fd, &s);
    say("size %ld blocks %ld", (long)s.st_size, (long)s.st_blocks);
    result("keep the size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 4096));
    fstat(fd, &s);
    say("size %ld", (long)s.st_size);
    result("a hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 2));
    pread(fd, text, 5, 0);
    say("%c %d %d %c", text[0], text[1], text[2], text[3]);
    result("a hole that changes the size", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
    result("negative", fallocate(fd, 0, -1, 5));
    result("nothing", fallocate(fd, 0, 0, 0));
    result("opened to read", fallocate(r, 0, 0, 5));
    result("a pipe", fallocate(p[1], 0, 0, 5));
    result("unknown mode", fallocate(fd, 0x1000, 0, 5));
    result("too far", fallocate(fd, 0, (long)(~0ul >> 1) - 1, 5));
}

static volatile sig_atomic_t signals;

static void note(int n)
{
    signals = n;
}

CASE(file_size_limit)
{
    struct rlimit r = {100, 100};
    int fd = put("f", "");
    char bytes[150] = {0};

    signal(SIGXFSZ, note);
    result("limit", setrlimit(RLIMIT_FSIZE, &r));
    result("up to it", write(fd, bytes, 150));
    say("signal %d", signals);
    result("at it", write(fd, bytes, 1));
    say("signal %d", signals);
    signals = 0;
    result("longer", ftruncate(fd, 101));
    say("signal %d", signals);
    result("as long", ftruncate(fd, 100));
    result("before it", pwrite(fd, bytes, 10, 95));
}
