/* SPDX-License-Identifier: BSD-2-Clause */
/* What is refused: calls with impossible descriptors, addresses, sizes and flags. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#define KERNEL 0xffff800000000000ul

static char byte;
static const long files[] = {-1, 99, 1l << 31, 1l << 40, AT_FDCWD};

/* A call with each descriptor that is none. */
#define WITH_BAD_DESCRIPTORS(name, call)                                               \
    CASE(name)                                                                         \
    {                                                                                  \
        for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {                  \
            long fd = files[i];                                                        \
                                                                                       \
            result("descriptor", call);                                                \
        }                                                                              \
    }

WITH_BAD_DESCRIPTORS(refused_read, syscall(SYS_read, fd, &byte, 1))
WITH_BAD_DESCRIPTORS(refused_write, syscall(SYS_write, fd, &byte, 1))
WITH_BAD_DESCRIPTORS(refused_lseek, syscall(SYS_lseek, fd, 0, 0))
WITH_BAD_DESCRIPTORS(refused_fstat, syscall(SYS_fstat, fd, &(struct stat){0}))
WITH_BAD_DESCRIPTORS(refused_ioctl, syscall(SYS_ioctl, fd, TCGETS, &byte))
WITH_BAD_DESCRIPTORS(refused_fcntl, syscall(SYS_fcntl, fd, F_GETFL, 0))
WITH_BAD_DESCRIPTORS(refused_dup, syscall(SYS_dup, fd))
WITH_BAD_DESCRIPTORS(refused_fsync, syscall(SYS_fsync, fd))
WITH_BAD_DESCRIPTORS(refused_ftruncate, syscall(SYS_ftruncate, fd, 0))
WITH_BAD_DESCRIPTORS(refused_fchmod, syscall(SYS_fchmod, fd, 0600))
WITH_BAD_DESCRIPTORS(refused_fchdir, syscall(SYS_fchdir, fd))
WITH_BAD_DESCRIPTORS(refused_listen, syscall(SYS_listen, fd, 1))
WITH_BAD_DESCRIPTORS(refused_shutdown, syscall(SYS_shutdown, fd, 0))
WITH_BAD_DESCRIPTORS(refused_getdents, syscall(SYS_getdents64, fd, &byte, 1))
WITH_BAD_DESCRIPTORS(refused_openat, syscall(SYS_openat, fd, "none", O_RDONLY, 0))
WITH_BAD_DESCRIPTORS(refused_mkdirat, syscall(SYS_mkdirat, fd, "", 0700))
WITH_BAD_DESCRIPTORS(refused_epoll_wait, syscall(SYS_epoll_wait, fd, &byte, 1, 0))

/* A call with each address where nothing of a program can be. */
static const unsigned long places[] = {8, 4095, KERNEL, ~0ul, 1ul << 47, (1ul << 47) - 1};
#define WITH_BAD_ADDRESSES(name, call)                                                 \
    CASE(name)                                                                         \
    {                                                                                  \
        for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {                \
            unsigned long at = places[i];                                              \
                                                                                       \
            result("address", call);                                                   \
        }                                                                              \
    }

WITH_BAD_ADDRESSES(refused_path, syscall(SYS_open, at, O_RDONLY, 0))
WITH_BAD_ADDRESSES(refused_stat_buffer, syscall(SYS_stat, "/", at))
WITH_BAD_ADDRESSES(refused_pipe_buffer, syscall(SYS_pipe, at))
WITH_BAD_ADDRESSES(refused_time_buffer, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at))
WITH_BAD_ADDRESSES(refused_sleep, syscall(SYS_nanosleep, at, 0))
WITH_BAD_ADDRESSES(refused_action, syscall(SYS_rt_sigaction, SIGUSR1, at, 0, 8))
WITH_BAD_ADDRESSES(refused_mask, syscall(SYS_rt_sigprocmask, SIG_BLOCK, at, 0, 8))
WITH_BAD_ADDRESSES(refused_poll_list, syscall(SYS_poll, at, 1, 0))
WITH_BAD_ADDRESSES(refused_random, syscall(SYS_getrandom, at, 8, 0))
WITH_BAD_ADDRESSES(refused_name, syscall(SYS_uname, at))
WITH_BAD_ADDRESSES(refused_limits, syscall(SYS_getrlimit, 0, at))
WITH_BAD_ADDRESSES(refused_socketpair, syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, at))
WITH_BAD_ADDRESSES(refused_usage, syscall(SYS_getrusage, 0, at))
WITH_BAD_ADDRESSES(refused_futex, syscall(SYS_futex, at, 0, 0, 0, 0, 0))
