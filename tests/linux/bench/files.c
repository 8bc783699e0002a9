/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in memory. */
#include "bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME "/tmp/one/two/three"

/* Mapped for the while: processes that are measured later have little memory. */
static char *data;

static int make_file(void)
{
    int fd;

    mkdir("/tmp/one", 0755);
    mkdir("/tmp/one/two", 0755);
    data = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(data != MAP_FAILED, "memory is mapped");
    fd = open(NAME, O_CREAT | O_RDWR | O_TRUNC, 0644);
    must(fd >= 0, "the file is made");
    for (size_t i = 0; i < MIB; i += PAGE)
        data[i] = 1;
    must(pwrite(fd, data, MIB, 0) == (ssize_t)MIB, "the file is written");
    must(pread(fd, data, MIB, 0) == (ssize_t)MIB, "the file is read");
    return fd;
}

static void names(void)
{
    struct stat status;

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_stat);
        raw(SYS_stat, (long)NAME, (long)&status, 0);
        END(PATH_linux_stat);
    }
    must(status.st_size == (off_t)MIB, "it is the file");
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_open);
        long fd = raw(SYS_open, (long)NAME, O_RDONLY, 0);

        raw(SYS_close, fd, 0, 0);
        END(PATH_linux_open);
        must(fd >= 0, "it is opened");
    }
}

static void contents(int fd)
{
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_read);
        raw_4(SYS_pread64, fd, (long)data, PAGE, 0);
        END(PATH_linux_read);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_write);
        raw_4(SYS_pwrite64, fd, (long)data, PAGE, 0);
        END(PATH_linux_write);
    }
    for (unsigned i = 0; i < FEW; i++) {
        BEGIN(PATH_linux_read_mib);
        long n = raw_4(SYS_pread64, fd, (long)data, MIB, 0);

        END(PATH_linux_read_mib);
        must(n == (long)MIB, "all is read at once");
    }
    for (unsigned i = 0; i < FEW; i++) {
        BEGIN(PATH_linux_write_mib);
        long n = raw_4(SYS_pwrite64, fd, (long)data, MIB, 0);

        END(PATH_linux_write_mib);
        must(n == (long)MIB, "all is written at once");
    }
}

void bench_files(void)
{
    int fd = make_file();

    names();
    contents(fd);
    close(fd);
    munmap(data, MIB);
}
