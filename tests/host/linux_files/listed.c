/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of calls whose every result is compared with Linux's. */
#include "listed.h"

static const char *why;
static long last;

long step(const char *name, unsigned number, const word_t *arg)
{
    if (why == NULL)
        why = compare(number, arg, name, &last);
    return last;
}

void sequence(const char *name)
{
    case_end(name, why);
    why = NULL;
    (void)DO(close_range, 3, 200, 0);
    (void)DO(chdir, "/");
    why = NULL;
}

char *text(const char *t)
{
    static size_t at;

    if (at + strlen(t) + 1 > sizeof arena.in / 2)
        at = 0;
    strcpy(arena.in + at, t);
    at += strlen(t) + 1;
    return arena.in + at - strlen(t) - 1;
}

static void files(void)
{
    long a, b;

    DO(openat, AT, "no", O_RDONLY);
    DO(openat, AT, "", O_RDWR | O_CREAT, 0644);
    DO(openat, AT, BAD, O_RDONLY);
    a = DO(openat, AT, "f", O_RDWR | O_CREAT, 0644);
    DO(openat, AT, "f", O_RDWR | O_CREAT | O_EXCL, 0644);
    DO(write, a, text("hello, world"), 12);
    DO(write, a, BAD, 12);
    DO(write, a, 0, 0);
    DO(read, a, OUT, 100);
    DO(lseek, a, 7, SEEK_SET);
    DO(read, a, OUT, 100);
    DO(lseek, a, -3, SEEK_END);
    DO(read, a, OUT, 2);
    DO(lseek, a, 0, SEEK_CUR);
    DO(lseek, a, -100, SEEK_CUR);
    DO(lseek, a, 0, 9);
    DO(lseek, a, 0, SEEK_DATA);
    DO(lseek, a, 0, SEEK_HOLE);
    DO(lseek, a, 20, SEEK_HOLE);
    DO(pread64, a, OUT, 5, 3);
    DO(pread64, a, OUT, 5, -1);
    DO(pwrite64, a, text("XY"), 2, 20);
    DO(fstat, a, OUT);
    DO(ftruncate, a, 5);
    DO(ftruncate, a, 9000);
    DO(pread64, a, OUT, 30, 0);
    DO(fstat, a, OUT);
    DO(ftruncate, a, -1);
    b = DO(openat, AT, "f", O_RDONLY);
    DO(write, b, text("x"), 1);
    DO(ftruncate, b, 1);
    DO(fcntl, b, F_GETFL);
    DO(fcntl, a, F_SETFL, O_APPEND | O_NONBLOCK);
    DO(fcntl, a, F_GETFL);
    DO(write, a, text("end"), 3);
    DO(lseek, a, 0, SEEK_CUR);
    DO(pwrite64, a, text("more"), 4, 0);
    DO(fstat, a, OUT);
    DO(close, b);
    DO(close, b);
    DO(read, b, OUT, 1);
    DO(unlink, "f");
    DO(fstat, a, OUT);
    DO(pread64, a, OUT, 5, 0);
    DO(close, a);
    DO(openat, AT, "f", O_RDONLY);
    sequence("files: open, read, write, seek, truncate");
}

static void descriptors(void)
{
    long a, b;

    a = DO(openat, AT, "d", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    DO(fcntl, a, F_GETFD);
    b = DO(dup, a);
    DO(fcntl, b, F_GETFD);
    DO(write, a, text("abc"), 3);
    DO(lseek, b, 0, SEEK_CUR);
    DO(dup2, a, a);
    DO(dup3, a, a, 0);
    DO(dup2, a, 50);
    DO(dup2, 77, 78);
    DO(dup2, a, -1);
    DO(dup3, a, 51, O_CLOEXEC);
    DO(dup3, a, 51, O_APPEND);
    DO(fcntl, 51, F_GETFD);
    DO(fcntl, 51, F_SETFD, 0);
    DO(fcntl, 51, F_GETFD);
    DO(fcntl, a, F_DUPFD, 50);
    DO(fcntl, a, F_DUPFD_CLOEXEC, 60);
    DO(fcntl, a, F_DUPFD, 5000000);
    DO(fcntl, a, 9999);
    DO(fcntl, -1, F_GETFD);
    DO(close_range, 50, 40, 0);
    DO(close_range, 50, 55, 8);
    DO(close_range, 50, 55, 4);
    DO(fcntl, 50, F_GETFD);
    DO(close_range, 50, 60, 0);
    DO(fcntl, 50, F_GETFD);
    DO(close, a);
    DO(close, b);
    DO(unlink, "d");
    sequence("descriptors");
}

static void names(void)
{
    DO(mkdir, "a", 0777);
    DO(mkdir, "a", 0777);
    DO(mkdir, "a/b", 0700);
    DO(mkdir, "a/b/c/d", 0700);
    DO(mkdir, "a/b/", 0700);
    DO(mkdir, "x/", 0755);
    DO(rmdir, "x/");
    DO(mkdir, "/", 0755);
    DO(mkdir, ".", 0755);
    DO(mkdir, "..", 0755);
    DO(mkdir, "a/..", 0755);
    DO(rmdir, "a");
    DO(rmdir, "a/b/.");
    DO(rmdir, "a/b/..");
    DO(rmdir, "/");
    DO(rmdir, "nothing");
    DO(unlink, "a");
    DO(unlink, "a/");
    DO(unlink, ".");
    DO(unlink, "nothing/x");
    DO(mknod, "file", S_IFREG | 0640, 0);
    DO(mknod, "file", S_IFREG | 0640, 0);
    DO(mknod, "fifo", S_IFIFO | 0644, 0);
    DO(mknod, "dir", S_IFDIR | 0644, 0);
    DO(mknod, "odd", 0170000, 0);
    DO(stat, "fifo", OUT);
    DO(rmdir, "file");
    DO(unlink, "file/");
    DO(unlink, "file/x");
    DO(stat, "file/", OUT);
    DO(stat, "file/.", OUT);
    DO(link, "file", "hard");
    DO(link, "a", "hard2");
    DO(link, "file", "hard");
    DO(link, "nothing", "hard3");
    DO(stat, "file", OUT);
    DO(symlink, "file", "soft");
    DO(symlink, "", "soft2");
    DO(symlink, "loop", "loop");
    DO(stat, "loop", OUT);
    DO(openat, AT, "loop", O_RDONLY | O_CREAT, 0600);
    DO(lstat, "loop", OUT);
    DO(lstat, "soft", OUT);
    DO(lstat, "soft/", OUT);
    DO(readlink, "soft", OUT, 100);
    DO(readlink, "soft", OUT, 2);
    DO(readlink, "soft", OUT, 0);
    DO(readlink, "file", OUT, 10);
    DO(linkat, AT, "soft", AT, "soft-hard", 0);
    DO(lstat, "soft-hard", OUT);
    DO(linkat, AT, "soft", AT, "soft-followed", AT_SYMLINK_FOLLOW);
    DO(lstat, "soft-followed", OUT);
    DO(linkat, AT, "soft", AT, "x", 0x10000);
    DO(symlink, "dangling-target", "dangling");
    DO(openat, AT, "dangling", O_RDONLY);
    DO(openat, AT, "dangling", O_CREAT | O_EXCL | O_RDWR, 0600);
    DO(close, DO(openat, AT, "dangling", O_CREAT | O_RDWR, 0600));
    DO(stat, "dangling-target", OUT);
    DO(openat, AT, "soft", O_RDONLY | O_NOFOLLOW);
    DO(openat, AT, "file", O_RDONLY | O_DIRECTORY);
    DO(openat, AT, "a", O_RDWR);
    DO(openat, AT, "a", O_RDONLY | O_CREAT, 0600);
    DO(openat, AT, "newdir/", O_RDWR | O_CREAT, 0600);
    DO(mkdir, "soft", 0700);
    DO(mkdir, "dangling2/x", 0700);
    sequence("names: making and refusing");
}

static void renaming(void)
{
    long fd;

    DO(rename, "file", "file");
    DO(rename, "file", "hard");
    DO(stat, "file", OUT);
    DO(rename, "a", "a/b");
    DO(rename, "a/b", "a");
    DO(rename, "a", "file");
    DO(rename, "file", "a");
    DO(rename, "nothing", "x");
    DO(rename, "a/.", "x");
    DO(rename, "a", "a/..");
    DO(rename, "file/", "moved");
    DO(rename, "file", "moved/");
    DO(rename, "file", "moved");
    DO(mkdir, "e", 0755);
    DO(rename, "e", "a/b");
    DO(mkdir, "e", 0755);
    DO(mkdir, "e/full", 0755);
    DO(rename, "a/b", "e");
    DO(rename, "e/full", "e2");
    DO(rename, "a/b/", "e/");
    DO(stat, "e", OUT);
    DO(stat, "a", OUT);
    DO(renameat2, AT, "moved", AT, "hard", 1);
    DO(renameat2, AT, "moved", AT, "e", 2);
    DO(stat, "moved", OUT);
    DO(stat, "e", OUT);
    DO(renameat2, AT, "moved", AT, "nothing", 2);
    DO(renameat2, AT, "moved", AT, "e", 3);
    DO(renameat2, AT, "moved", AT, "e", 8);
    fd = DO(openat, AT, "e", O_RDONLY);
    DO(renameat, AT, "e", AT, "hard");
    DO(fstat, fd, OUT);
    DO(close, fd);
    fd = DO(openat, AT, ".", O_RDONLY | O_DIRECTORY);
    DO(getdents64, fd, OUT, sizeof OUT);
    DO(getdents64, fd, OUT, sizeof OUT);
    DO(lseek, fd, 0, SEEK_SET);
    DO(getdents64, fd, OUT, 10);
    DO(read, fd, OUT, 10);
    DO(close, fd);
    sequence("renaming and listing");
}

static void places(void)
{
    long fd;

    DO(mkdir, "/p", 0755);
    DO(mkdir, "/p/q", 0755);
    DO(chdir, "/p/q");
    DO(getcwd, OUT, 100);
    DO(getcwd, OUT, 4);
    DO(getcwd, OUT, 5);
    DO(getcwd, BAD, 100);
    DO(chdir, "..");
    DO(getcwd, OUT, 100);
    DO(chdir, "../../../p/./q//");
    DO(getcwd, OUT, 100);
    DO(rmdir, "/p/q");
    DO(getcwd, OUT, 100);
    DO(openat, AT, "x", O_CREAT | O_RDWR, 0600);
    DO(openat, AT, ".", O_RDONLY);
    DO(close, last);
    DO(mkdir, "x", 0755);
    DO(stat, "..", OUT);
    DO(chdir, "..");
    DO(chdir, "/");
    DO(chdir, "nothing");
    DO(symlink, "/p", "/lp");
    DO(chdir, "lp");
    DO(getcwd, OUT, 100);
    fd = DO(openat, AT, "/", O_RDONLY | O_DIRECTORY);
    DO(fchdir, fd);
    DO(newfstatat, fd, "p", OUT, 0);
    DO(newfstatat, fd, "", OUT, AT_EMPTY_PATH);
    DO(newfstatat, fd, "", OUT, 0);
    DO(newfstatat, 99, "p", OUT, 0);
    DO(newfstatat, 99, "/p", OUT, 0);
    DO(newfstatat, fd, "lp", OUT, AT_SYMLINK_NOFOLLOW);
    DO(newfstatat, fd, "lp", OUT, 0x40000);
    DO(statx, fd, "lp", 0, 0x7ff, OUT);
    DO(statx, fd, "", AT_EMPTY_PATH, 0x7ff, OUT);
    DO(mkdirat, fd, "made", 0700);
    DO(unlinkat, fd, "made", 0);
    DO(unlinkat, fd, "made", AT_REMOVEDIR);
    DO(unlinkat, fd, "made", 1);
    DO(fchdir, 99);
    DO(close, fd);
    fd = DO(openat, AT, "/lp", O_PATH | O_NOFOLLOW);
    DO(fstat, fd, OUT);
    DO(readlinkat, fd, "", OUT, 50);
    DO(read, fd, OUT, 1);
    DO(fcntl, fd, F_GETFL);
    DO(fchmod, fd, 0700);
    DO(close, fd);
    sequence("places: directories, paths, *at");
}

static void rights(void)
{
    static const struct linux_timespec times[2] = {{1000, 5}, {2000, 0x3ffffffe}};
    long fd = DO(openat, AT, "r", O_RDWR | O_CREAT, 0666);

    DO(fstat, fd, OUT);
    DO(fchmod, fd, 07777);
    DO(fstat, fd, OUT);
    DO(chown, "r", 0, 0);
    DO(fstat, fd, OUT);
    DO(chmod, "nothing", 0600);
    DO(chmod, "r", 0);
    DO(access, "r", 4);
    DO(access, "r", 1);
    DO(access, "r", 9);
    DO(access, "nothing", 0);
    DO(fchmodat, AT, "r", 0711);
    DO(access, "r", 1);
    DO(faccessat2, AT, "r", 1, 0x200);
    DO(faccessat2, AT, "r", 1, 0x400);
    DO(umask, 0777);
    DO(umask, 022);
    DO(lchown, "r", -1, -1);
    DO(fchownat, AT, "r", 0, 0, 1);
    memcpy(arena.in + 5000, times, sizeof times);
    DO(utimensat, AT, "r", arena.in + 5000, 0);
    DO(utimensat, AT, "nothing", arena.in + 5000, 0);
    DO(utimensat, AT, "r", 0, 0);
    DO(utimensat, AT, "r", arena.in + 5000, 7);
    DO(fallocate, fd, 0, 0, 10000);
    DO(fstat, fd, OUT);
    DO(fallocate, fd, 1, 20000, 10000);
    DO(fstat, fd, OUT);
    DO(fallocate, fd, 0, 0, 0);
    DO(fallocate, fd, 0, -1, 5);
    DO(fallocate, fd, 0x80, 0, 5);
    DO(truncate, "r", 3);
    DO(truncate, "/", 3);
    DO(truncate, "nothing", 3);
    DO(fsync, fd);
    DO(fdatasync, fd);
    DO(fsync, 99);
    DO(flock, fd, 2);
    DO(flock, fd, 8);
    DO(flock, fd, 3);
    DO(close, fd);
    sequence("rights, times, sizes");
}

static void vectors(void)
{
    struct iovec *v = (struct iovec *)(arena.in + 6000);
    long fd = DO(openat, AT, "v", O_RDWR | O_CREAT, 0600);

    strcpy(arena.in + 5000, "onetwothree");
    v[0] = (struct iovec){(word_t)arena.in + 5000, 3};
    v[1] = (struct iovec){0, 0};
    v[2] = (struct iovec){(word_t)arena.in + 5003, 8};
    DO(writev, fd, v, 3);
    DO(writev, fd, v, -1);
    DO(writev, fd, v, 2000);
    DO(writev, fd, v, 0);
    DO(writev, fd, BAD, 1);
    DO(pwritev, fd, v, 1, 100);
    v[0] = (struct iovec){(word_t)OUT, 5};
    v[2] = (struct iovec){(word_t)OUT + 100, 5};
    DO(preadv, fd, v, 3, 2);
    DO(preadv, fd, v, 3, -5);
    DO(preadv2, fd, v, 3, -1, 0, 0);
    DO(lseek, fd, 0, SEEK_SET);
    DO(preadv2, fd, v, 3, -1, 0, 0);
    DO(preadv2, fd, v, 3, 4, 0, 0);
    DO(preadv2, fd, v, 3, 0, 0, 0x40000000);
    DO(pwritev2, fd, v, 1, 0, 0, 0x10);
    DO(fstat, fd, OUT);
    DO(lseek, fd, 0, SEEK_SET);
    v[1] = (struct iovec){BAD, 5};
    DO(readv, fd, v, 3);
    DO(lseek, fd, 0, SEEK_CUR);
    v[0].bytes = ~(word_t)0;
    DO(readv, fd, v, 3);
    DO(close, fd);
    sequence("vectors");
}

static void pipes(void)
{
    int *fd = (int *)OUT;
    long r, w;

    DO(pipe2, BAD, 0);
    DO(pipe2, OUT, 0x1234);
    DO(pipe2, OUT, O_NONBLOCK);
    r = fd[0];
    w = fd[1];
    DO(read, r, OUT, 10);
    DO(write, w, text("hello"), 5);
    DO(write, r, text("x"), 1);
    DO(read, w, OUT, 1);
    DO(lseek, r, 0, SEEK_SET);
    DO(pread64, r, OUT, 1, 0);
    DO(fcntl, r, F_GETFL);
    DO(fcntl, w, F_GETFL);
    DO(fcntl, w, F_GETPIPE_SZ);
    DO(ioctl, r, 0x541b, OUT);
    DO(read, r, OUT, 3);
    DO(read, r, OUT, 10);
    for (int i = 0; i < 20; i++)
        DO(write, w, OUT, 4096);
    DO(write, w, OUT, 1);
    DO(read, r, OUT, 4095);
    DO(write, w, OUT, 4096);
    DO(write, w, OUT, 5000);
    DO(read, r, OUT, 1);
    DO(write, w, OUT, 4096);
    DO(write, w, OUT, 5000);
    DO(ftruncate, w, 3);
    DO(close, w);
    for (int i = 0; i < 20; i++)
        DO(read, r, OUT, 4096);
    DO(read, r, OUT, 0);
    DO(close, r);
    sequence("pipes");
}

static void polling(void)
{
    struct linux_pollfd *p = (struct linux_pollfd *)(arena.in + 6000);
    int *fd = (int *)OUT;
    long r, w;

    DO(pipe2, OUT, O_NONBLOCK);
    r = fd[0];
    w = fd[1];
    p[0] = (struct linux_pollfd){(int)r, POLLIN | POLLRDNORM, 0};
    p[1] = (struct linux_pollfd){(int)w, POLLIN | POLLOUT, 0};
    p[2] = (struct linux_pollfd){-5, POLLIN, 7};
    p[3] = (struct linux_pollfd){99, POLLIN, 0};
    DO(poll, p, 4, 0);
    DO(poll, p, 1, 0);
    DO(write, w, text("x"), 1);
    DO(poll, p, 4, -1);
    DO(poll, BAD, 1, 0);
    DO(poll, p, 0, 0);
    memset(OUT, 0, 512);
    OUT[r / 8] |= (uint8_t)(1 << r % 8);
    OUT[128 + w / 8] |= (uint8_t)(1 << w % 8);
    DO(select, 64, OUT, OUT + 128, 0, arena.in + 7000);
    DO(select, -1, OUT, OUT + 128, 0, arena.in + 7000);
    DO(close, r);
    DO(poll, p, 2, 0);
    DO(select, 64, OUT, 0, 0, arena.in + 7000);
    DO(close, w);
    sequence("poll and select");
}

static void epolling(void)
{
    struct linux_epoll_event *e = (struct linux_epoll_event *)(arena.in + 6000);
    int *fd = (int *)OUT;
    long r, w, set, file;

    DO(pipe2, OUT, O_NONBLOCK);
    r = fd[0];
    w = fd[1];
    set = DO(epoll_create1, O_CLOEXEC);
    DO(epoll_create1, 1);
    file = DO(openat, AT, "ep", O_RDWR | O_CREAT, 0600);
    *e = (struct linux_epoll_event){POLLIN, 11};
    DO(epoll_ctl, set, 1, r, e);
    DO(epoll_ctl, set, 1, r, e);
    DO(epoll_ctl, set, 1, file, e);
    DO(epoll_ctl, set, 1, 99, e);
    DO(epoll_ctl, set, 1, set, e);
    DO(epoll_ctl, file, 1, r, e);
    DO(epoll_ctl, set, 3, w, e);
    DO(epoll_ctl, set, 2, w, 0);
    DO(epoll_ctl, set, 9, r, e);
    DO(epoll_ctl, set, 1, r, BAD);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(write, w, text("x"), 1);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(epoll_wait, set, OUT, 0, 0);
    DO(epoll_wait, file, OUT, 1, 0);
    e->events = POLLIN | 1u << 31;
    DO(epoll_ctl, set, 3, r, e);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(write, w, text("y"), 1);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(epoll_wait, set, OUT, 10, 0);
    e->events = POLLIN | 1u << 30;
    DO(epoll_ctl, set, 3, r, e);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(epoll_wait, set, OUT, 10, 0);
    e->events = POLLOUT;
    e->data = 22;
    DO(epoll_ctl, set, 1, w, e);
    DO(epoll_wait, set, OUT, 1, 0);
    DO(epoll_ctl, set, 3, r, e);
    DO(close, r);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(close, w);
    DO(epoll_wait, set, OUT, 10, 0);
    DO(read, set, OUT, 10);
    DO(close, set);
    DO(close, file);
    sequence("epoll");
}

static void locking(void)
{
    struct linux_flock *l = (struct linux_flock *)(arena.in + 6000);
    long a = DO(openat, AT, "lock", O_RDWR | O_CREAT, 0600);
    long b = DO(openat, AT, "lock", O_RDONLY);

    *l = (struct linux_flock){.type = 1, .start = 10, .length = 10};
    DO(fcntl, a, F_OFD_SETLK, l);
    DO(fcntl, b, F_OFD_SETLK, l);
    DO(fcntl, b, F_OFD_GETLK, l);
    *l = (struct linux_flock){.type = 0, .start = 15, .length = 100};
    DO(fcntl, b, F_OFD_SETLK, l);
    l->start = 20;
    DO(fcntl, b, F_OFD_SETLK, l);
    *l = (struct linux_flock){.type = 1, .start = 0, .length = 0};
    DO(fcntl, a, F_OFD_GETLK, l);
    *l = (struct linux_flock){.type = 2, .start = 12, .length = 3};
    DO(fcntl, a, F_OFD_SETLK, l);
    *l = (struct linux_flock){.type = 0, .start = 12, .length = 3};
    DO(fcntl, b, F_OFD_GETLK, l);
    *l = (struct linux_flock){.type = 0, .start = 15, .length = 3};
    DO(fcntl, b, F_OFD_GETLK, l);
    *l = (struct linux_flock){.type = 0, .start = -5, .length = 3};
    DO(fcntl, b, F_OFD_SETLK, l);
    *l = (struct linux_flock){.type = 7, .start = 0, .length = 3};
    DO(fcntl, b, F_SETLK, l);
    *l = (struct linux_flock){.type = 1, .whence = 5};
    DO(fcntl, a, F_SETLK, l);
    DO(flock, a, 6);
    DO(flock, b, 6);
    DO(flock, b, 5);
    DO(flock, a, 8);
    DO(flock, b, 5);
    DO(flock, a, 5);
    DO(close, a);
    DO(flock, b, 6);
    DO(close, b);
    sequence("locks");
}

static void counters(void)
{
    uint64_t *value = (uint64_t *)(arena.in + 6000);
    long e = DO(eventfd2, 3, O_NONBLOCK);

    DO(eventfd2, 3, 2);
    DO(read, e, OUT, 8);
    DO(read, e, OUT, 8);
    DO(read, e, OUT, 7);
    *value = 7;
    DO(write, e, value, 8);
    DO(write, e, value, 7);
    *value = ~0ul - 1;
    DO(write, e, value, 8);
    *value = ~0ul;
    DO(write, e, value, 8);
    DO(read, e, OUT, 100);
    *value = ~0ul - 1;
    DO(write, e, value, 8);
    DO(lseek, e, 0, SEEK_SET);
    DO(pread64, e, OUT, 8, 0);
    e = DO(eventfd2, 2, O_NONBLOCK | 1);
    DO(read, e, OUT, 8);
    DO(read, e, OUT, 8);
    DO(read, e, OUT, 8);
    e = DO(timerfd_create, 1, O_NONBLOCK);
    DO(timerfd_create, 99, 0);
    DO(timerfd_create, 1, 1);
    DO(read, e, OUT, 8);
    DO(timerfd_gettime, e, OUT);
    memset(arena.in + 6000, 0, 32);
    value[3] = 2000000000;
    DO(timerfd_settime, e, 0, value, 0);
    DO(timerfd_settime, e, 8, value, 0);
    DO(timerfd_settime, 99, 0, OUT, 0);
    DO(write, e, OUT, 8);
    e = DO(memfd_create, "name", 3);
    DO(memfd_create, "name", 0x100);
    DO(fstat, e, OUT);
    DO(write, e, text("data"), 4);
    DO(fcntl, e, F_GET_SEALS);
    DO(fcntl, e, F_ADD_SEALS, F_SEAL_GROW);
    DO(write, e, text("data"), 4);
    DO(pwrite64, e, text("data"), 4, 0);
    DO(ftruncate, e, 100);
    DO(fcntl, e, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE);
    DO(ftruncate, e, 1);
    DO(pwrite64, e, text("data"), 4, 0);
    DO(fcntl, e, F_GET_SEALS);
    DO(fcntl, e, F_ADD_SEALS, F_SEAL_SEAL);
    DO(fcntl, e, F_ADD_SEALS, 0);
    sequence("eventfd, timerfd, memfd");
}

static void copying(void)
{
    int64_t *at = (int64_t *)(arena.in + 6000);
    int *fd = (int *)OUT;
    long a = DO(openat, AT, "from", O_RDWR | O_CREAT, 0600);
    long b = DO(openat, AT, "to", O_RDWR | O_CREAT, 0600), r, w;

    DO(pwrite64, a, OUT, 10000, 0);
    DO(sendfile, b, a, 0, 5000);
    DO(lseek, a, 0, SEEK_CUR);
    DO(lseek, b, 0, SEEK_CUR);
    at[0] = 9000;
    DO(sendfile, b, a, at, 5000);
    DO(sendfile, b, a, at, 5000);
    at[0] = -1;
    DO(sendfile, b, a, at, 5000);
    DO(sendfile, b, 99, 0, 5);
    DO(sendfile, 99, a, 0, 5);
    DO(fstat, b, OUT);
    at[0] = 100;
    at[1] = 7;
    DO(copy_file_range, a, at, b, at + 1, 5000, 0);
    DO(copy_file_range, a, at, b, at + 1, 5000, 1);
    DO(copy_file_range, a, at, a, at + 1, 5000, 0);
    DO(copy_file_range, a, 0, b, 0, 100000, 0);
    DO(pread64, b, OUT, 16000, 0);
    DO(pipe2, OUT, O_NONBLOCK);
    r = fd[0];
    w = fd[1];
    at[0] = 10;
    DO(splice, a, at, w, 0, 3000, 0);
    DO(splice, r, 0, b, 0, 1000, 0);
    DO(splice, r, at, b, 0, 1000, 0);
    DO(splice, a, at, b, 0, 1000, 0);
    DO(splice, r, 0, w, 0, 1000, 0);
    DO(splice, a, at, w, 0, 0, 0);
    DO(splice, a, at, w, 0, 10, 99);
    at[1] = 5;
    DO(splice, r, 0, b, at + 1, 10000, 0);
    DO(splice, r, 0, b, at + 1, 10000, 2);
    DO(fstat, b, OUT);
    DO(pread64, b, OUT, 16000, 0);
    DO(sendfile, w, a, 0, 10000);
    DO(unlink, "from");
    DO(unlink, "to");
    sequence("sendfile, copy_file_range, splice");
}

static void attributes(void)
{
    long a = DO(openat, AT, "attr", O_RDWR | O_CREAT, 0600);

    DO(setxattr, "attr", "trusted.one", "value", 5, 0);
    DO(setxattr, "attr", "trusted.one", "other", 5, 1);
    DO(setxattr, "attr", "trusted.two", "other", 5, 2);
    DO(setxattr, "attr", "trusted.one", "longer", 6, 2);
    DO(getxattr, "attr", "trusted.one", OUT, 100);
    DO(getxattr, "attr", "trusted.one", OUT, 0);
    DO(getxattr, "attr", "trusted.one", OUT, 2);
    DO(getxattr, "attr", "trusted.none", OUT, 2);
    DO(getxattr, "nothing", "trusted.none", OUT, 2);
    DO(getxattr, "attr", "strange.none", OUT, 2);
    DO(getxattr, "attr", "", OUT, 2);
    DO(setxattr, "attr", "trusted.one", "x", 1, 7);
    DO(fsetxattr, a, "trusted.empty", "", 0, 0);
    DO(fgetxattr, a, "trusted.empty", OUT, 10);
    DO(fremovexattr, a, "trusted.empty");
    DO(fremovexattr, a, "trusted.empty");
    DO(flistxattr, a, OUT, 100);
    DO(flistxattr, a, OUT, 3);
    DO(removexattr, "attr", "trusted.one");
    DO(flistxattr, a, OUT, 100);
    sequence("extended attributes");
}

static void resolving(void)
{
    word_t *how = (word_t *)(arena.in + 6000);
    long fd = DO(openat, AT, "/p", O_RDONLY | O_DIRECTORY);

    memset(how, 0, 64);
    DO(openat2, fd, ".", how, 24);
    DO(openat2, fd, ".", how, 16);
    DO(openat2, fd, ".", how, 32);
    how[3] = 1;
    DO(openat2, fd, ".", how, 32);
    how[3] = 0;
    how[2] = 8;
    DO(openat2, fd, "..", how, 24);
    DO(openat2, fd, "/", how, 24);
    how[2] = 16;
    DO(openat2, fd, "/../..", how, 24);
    how[2] = 4;
    DO(openat2, AT, "/lp", how, 24);
    how[2] = 0x18;
    DO(openat2, fd, ".", how, 24);
    how[2] = 0;
    how[1] = 0600;
    DO(openat2, fd, "z", how, 24);
    how[0] = O_CREAT | O_RDWR;
    DO(openat2, fd, "z", how, 24);
    how[0] = 1ul << 40;
    DO(openat2, fd, "z", how, 24);
    DO(close_range, fd, fd + 20, 0);
    sequence("openat2");
}

void compare_listed(void)
{
    files();
    descriptors();
    names();
    renaming();
    places();
    rights();
    vectors();
    pipes();
    polling();
    epolling();
    locking();
    resolving();
    counters();
    copying();
    attributes();
    compare_sockets();
}
