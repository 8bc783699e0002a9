/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, and random numbers. */
#include "case.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

CASE(device_null)
{
    int fd = open("/dev/null", O_RDWR);
    char c;

    result("read", read(fd, &c, 1));
    result("write", write(fd, "x", 1));
    result("write from bad memory", syscall(SYS_write, fd, 8, 5));
    result("seek", lseek(fd, 100, SEEK_SET));
    result("seek to the end", lseek(fd, 7, SEEK_END));
    result("truncate", ftruncate(fd, 0));
    result("pwrite", pwrite(fd, "x", 1, 1000));
    outcome("truncating open", open("/dev/null", O_WRONLY | O_TRUNC));
    outcome("creating open", open("/dev/null", O_WRONLY | O_CREAT, 0600));
    outcome("as directory", open("/dev/null", O_RDONLY | O_DIRECTORY));
    result("ioctl", ioctl(fd, FIONREAD, &c));
    result("fsync", fsync(fd));
}

CASE(device_zero)
{
    int fd = open("/dev/zero", O_RDWR);
    char text[10] = "xxxxxxxxx", *p;

    result("read", read(fd, text, 5));
    say("%d %d %c", text[0], text[4], text[5]);
    result("write", write(fd, "x", 1));
    result("read to bad memory", syscall(SYS_read, fd, 8, 5));
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    outcome("map", (long)p);
    say("%d", p[5000]);
    p[5000] = 'x';
    say("%c", p[5000]);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    outcome("map shared", (long)p);
    if (fork() == 0) {
        p[0] = 'y';
        _exit(0);
    }
    usleep(20000);
    say("shared with the child %c", p[0]);
}

CASE(device_full)
{
    int fd = open("/dev/full", O_RDWR);
    char text[4] = "abc";

    outcome("open", fd);
    result("read", read(fd, text, 4));
    say("%d", text[0]);
    result("write", write(fd, "x", 1));
    result("write nothing", write(fd, "x", 0));
}

static int different(const unsigned char *a, const unsigned char *b, int n)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        count += a[i] != b[i];
    return count;
}

CASE(device_random)
{
    unsigned char a[64] = {0}, b[64] = {0};
    int fd = open("/dev/urandom", O_RDWR), other = open("/dev/random", O_RDONLY);

    result("urandom", read(fd, a, 64));
    result("random", read(other, b, 64));
    say("they differ %d", different(a, b, 64) > 40);
    result("write", write(fd, a, 64));
    result("bad memory", syscall(SYS_read, fd, 8, 5));
    result("no bytes", read(fd, a, 0));
    result("much", read(fd, malloc(100000), 100000));
}

CASE(device_getrandom)
{
    unsigned char a[256] = {0}, b[256] = {0};

    result("getrandom", getrandom(a, 256, 0));
    result("not waiting", getrandom(b, 256, GRND_NONBLOCK));
    say("they differ %d", different(a, b, 256) > 200);
    result("random", getrandom(a, 16, GRND_RANDOM));
    result("bad flag", getrandom(a, 16, 0x100));
    result("both", getrandom(a, 16, GRND_RANDOM | 4));
    result("bad memory", syscall(SYS_getrandom, 8, 16, 0));
    result("nothing", getrandom(a, 0, 0));
    result("huge", getrandom(malloc(1 << 20), 1 << 20, 0));
}

static void kind(const char *path)
{
    struct stat s;

    if (stat(path, &s) != 0)
        say("%s: %s", path, error_name(errno));
    else
        say("%s: %o %d,%d", path, s.st_mode & S_IFMT, (int)major(s.st_rdev), (int)minor(s.st_rdev));
}

CASE(device_nodes)
{
    kind("/dev/null");
    kind("/dev/zero");
    kind("/dev/full");
    kind("/dev/random");
    kind("/dev/urandom");
    kind("/dev/tty");
    kind("/dev/ptmx");
    kind("/dev/pts");
    kind("/dev/shm");
    kind("/dev/none");
}

CASE(device_shared_memory)
{
    int fd = shm_open("/case-shm", O_CREAT | O_EXCL | O_RDWR, 0600);
    char *p;

    outcome("open", fd);
    outcome("again", shm_open("/case-shm", O_CREAT | O_EXCL | O_RDWR, 0600));
    ftruncate(fd, 4096);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(p, "shared");
    if (fork() == 0) {
        int mine = shm_open("/case-shm", O_RDWR, 0);
        char *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mine, 0);

        q[0] = 'S';
        _exit(0);
    }
    usleep(20000);
    say("%s", p);
    result("unlink", shm_unlink("/case-shm"));
    result("again", shm_unlink("/case-shm"));
    say("%s", p);
}
