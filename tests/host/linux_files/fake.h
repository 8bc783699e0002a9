/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of the file half: one process whose memory is this program's. */
#ifndef FAKE_H
#define FAKE_H

#include "handlers.h"
#include "linux.h"
#include "tty.h"

#include <stdio.h>

/** Set up pages, the tree and one process. Ends the program if it cannot. */
void fake_start(void);
/** A further process of the same session, with its own descriptors and group. */
struct task *fake_task(void);

/** Make a call by its number. @return result, error, BLOCKED */
long fake_call(struct task *t, unsigned number, const word_t *arg);
/** Make it again, if it was woken. @return result, or BLOCKED: it was not */
long fake_again(struct task *t);
/** The signal sent last to a group, to a process, and 0 from then on. */
int fake_signal(void);
/** Make time pass. */
void fake_pass(word_t ns);

extern struct task *first;
/** An address that faults. */
#define BAD ((word_t)0x10)

#define A6(a, b, c, d, e, f, ...)                                                                \
    (const word_t[6])                                                                            \
    {                                                                                            \
        (word_t)(a), (word_t)(b), (word_t)(c), (word_t)(d), (word_t)(e), (word_t)(f)             \
    }
/** call(t, NR, args...): up to six arguments, the rest 0. */
#define call(t, number, ...) fake_call(t, number, A6(__VA_ARGS__, 0, 0, 0, 0, 0, 0))

enum {
    NR_read,
    NR_write,
    NR_open,
    NR_close,
    NR_stat,
    NR_fstat,
    NR_lstat,
    NR_poll,
    NR_lseek,
    NR_ioctl = 16,
    NR_pread64,
    NR_pwrite64,
    NR_readv,
    NR_writev,
    NR_access,
    NR_pipe,
    NR_select,
    NR_dup = 32,
    NR_dup2,
    NR_sendfile = 40,
    NR_socket,
    NR_connect,
    NR_accept,
    NR_sendto,
    NR_recvfrom,
    NR_sendmsg,
    NR_recvmsg,
    NR_shutdown,
    NR_bind,
    NR_listen,
    NR_getsockname,
    NR_getpeername,
    NR_socketpair,
    NR_setsockopt,
    NR_getsockopt,
    NR_fcntl = 72,
    NR_flock,
    NR_fsync,
    NR_fdatasync,
    NR_truncate,
    NR_ftruncate,
    NR_getdents,
    NR_getcwd,
    NR_chdir,
    NR_fchdir,
    NR_rename,
    NR_mkdir,
    NR_rmdir,
    NR_creat,
    NR_link,
    NR_unlink,
    NR_symlink,
    NR_readlink,
    NR_chmod,
    NR_fchmod,
    NR_chown,
    NR_fchown,
    NR_lchown,
    NR_umask,
    NR_mknod = 133,
    NR_statfs = 137,
    NR_fstatfs,
    NR_chroot = 161,
    NR_sync,
    NR_mount = 165,
    NR_umount2,
    NR_readahead = 187,
    NR_setxattr,
    NR_lsetxattr,
    NR_fsetxattr,
    NR_getxattr,
    NR_lgetxattr,
    NR_fgetxattr,
    NR_listxattr,
    NR_llistxattr,
    NR_flistxattr,
    NR_removexattr,
    NR_lremovexattr,
    NR_fremovexattr,
    NR_getdents64 = 217,
    NR_fadvise64 = 221,
    NR_epoll_wait = 232,
    NR_epoll_ctl,
    NR_openat = 257,
    NR_mkdirat,
    NR_mknodat,
    NR_fchownat,
    NR_newfstatat = 262,
    NR_unlinkat,
    NR_renameat,
    NR_linkat,
    NR_symlinkat,
    NR_readlinkat,
    NR_fchmodat,
    NR_faccessat,
    NR_pselect6,
    NR_ppoll,
    NR_splice = 275,
    NR_tee,
    NR_utimensat = 280,
    NR_signalfd = 282,
    NR_timerfd_create,
    NR_eventfd,
    NR_fallocate,
    NR_timerfd_settime,
    NR_timerfd_gettime,
    NR_accept4,
    NR_signalfd4,
    NR_eventfd2,
    NR_epoll_create1,
    NR_dup3,
    NR_pipe2,
    NR_inotify_init1,
    NR_preadv,
    NR_pwritev,
    NR_sendmmsg = 307,
    NR_renameat2 = 316,
    NR_memfd_create = 319,
    NR_copy_file_range = 326,
    NR_preadv2,
    NR_pwritev2,
    NR_statx = 332,
    NR_close_range = 436,
    NR_openat2,
    NR_faccessat2 = 439
};

/** Say how a case ended. @param why NULL: well */
void case_end(const char *name, const char *why);

#define WANT(what)        \
    do {                  \
        if (!(what))      \
            return #what; \
    } while (0)

void cases_tty(void);
void cases_waiting(void);
void cases_proc(void);
/** Against the kernel that runs this program. @return false: it cannot be had (said why) */
void cases_compare(void);

#endif
