/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of numbers in system calls, for tracing: errors, signals, flags. As in Linux's headers for
 * programs (asm-generic/errno.h, asm/signal.h, asm-generic/fcntl.h, linux/mman.h and others). */
#include "errno.h"
#include "trace.h"

#define E(name) [name] = #name

static const char *const errors[] = {
    E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF),
    E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST),
    E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY),
    E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE),
    E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENOMSG), E(EIDRM),
    E(ENODATA), E(ETIME), E(EPROTO), E(EBADMSG), E(EOVERFLOW), E(EILSEQ), E(EUSERS), E(ENOTSOCK),
    E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT),
    E(ESOCKTNOSUPPORT), E(EOPNOTSUPP), E(EPFNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE),
    E(EADDRNOTAVAIL), E(ENETDOWN), E(ENETUNREACH), E(ENETRESET), E(ECONNABORTED), E(ECONNRESET),
    E(ENOBUFS), E(EISCONN), E(ENOTCONN), E(ESHUTDOWN), E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN),
    E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(ESTALE), E(ECANCELED), E(EOWNERDEAD),
    E(ENOTRECOVERABLE),
};

const char *trace_error(long error)
{
    return error > 0 && error < (long)(sizeof errors / sizeof errors[0]) ? errors[error] : NULL;
}

static const char *const signals[] = {
    NULL, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
    "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
    "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
};

const char *trace_signal_name(word_t number)
{
    return number < sizeof signals / sizeof signals[0] ? signals[number] : NULL;
}

#define END {0, NULL}

static const struct trace_name open_flags[] = {
    {0x1, "O_WRONLY"}, {0x2, "O_RDWR"}, {0x40, "O_CREAT"}, {0x80, "O_EXCL"}, {0x100, "O_NOCTTY"},
    {0x200, "O_TRUNC"}, {0x400, "O_APPEND"}, {0x800, "O_NONBLOCK"}, {0x101000, "O_SYNC"},
    {0x1000, "O_DSYNC"}, {0x4000, "O_DIRECT"}, {0x8000, "O_LARGEFILE"},
    {0x410000, "O_TMPFILE"}, {0x10000, "O_DIRECTORY"}, {0x20000, "O_NOFOLLOW"},
    {0x40000, "O_NOATIME"}, {0x80000, "O_CLOEXEC"}, {0x200000, "O_PATH"}, END};
static const struct trace_name at_flags[] = {
    {0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_REMOVEDIR"}, {0x400, "AT_SYMLINK_FOLLOW"},
    {0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"}, END};
static const struct trace_name protections[] = {
    {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, END};
static const struct trace_name mappings[] = {
    {3, "MAP_SHARED_VALIDATE"}, {1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {0x10, "MAP_FIXED"},
    {0x20, "MAP_ANONYMOUS"}, {0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"},
    {0x2000, "MAP_LOCKED"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"},
    {0x20000, "MAP_STACK"}, {0x100000, "MAP_FIXED_NOREPLACE"}, END};
static const struct trace_name clones[] = {
    {0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"},
    {0x1000, "CLONE_PIDFD"}, {0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"},
    {0x10000, "CLONE_THREAD"}, {0x40000, "CLONE_SYSVSEM"}, {0x80000, "CLONE_SETTLS"},
    {0x100000, "CLONE_PARENT_SETTID"}, {0x200000, "CLONE_CHILD_CLEARTID"},
    {0x1000000, "CLONE_CHILD_SETTID"}, {17, "SIGCHLD"}, END};
static const struct trace_name futexes[] = {
    {0, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {3, "FUTEX_REQUEUE"}, {4, "FUTEX_CMP_REQUEUE"},
    {5, "FUTEX_WAKE_OP"}, {6, "FUTEX_LOCK_PI"}, {7, "FUTEX_UNLOCK_PI"}, {8, "FUTEX_TRYLOCK_PI"},
    {9, "FUTEX_WAIT_BITSET"}, {10, "FUTEX_WAKE_BITSET"}, {11, "FUTEX_WAIT_REQUEUE_PI"},
    {12, "FUTEX_CMP_REQUEUE_PI"}, {13, "FUTEX_LOCK_PI2"}, {128, "FUTEX_PRIVATE_FLAG"},
    {256, "FUTEX_CLOCK_REALTIME"}, END};
static const struct trace_name controls[] = {
    {0, "F_DUPFD"}, {1, "F_GETFD"}, {2, "F_SETFD"}, {3, "F_GETFL"}, {4, "F_SETFL"}, {5, "F_GETLK"},
    {6, "F_SETLK"}, {7, "F_SETLKW"}, {8, "F_SETOWN"}, {9, "F_GETOWN"}, {36, "F_OFD_GETLK"},
    {37, "F_OFD_SETLK"}, {38, "F_OFD_SETLKW"}, {1030, "F_DUPFD_CLOEXEC"}, {1031, "F_SETPIPE_SZ"},
    {1032, "F_GETPIPE_SZ"}, {1033, "F_ADD_SEALS"}, {1034, "F_GET_SEALS"}, END};
static const struct trace_name ioctls[] = {
    {0x5401, "TCGETS"}, {0x5402, "TCSETS"}, {0x5403, "TCSETSW"}, {0x5404, "TCSETSF"},
    {0x540b, "TCFLSH"}, {0x540e, "TIOCSCTTY"}, {0x540f, "TIOCGPGRP"}, {0x5410, "TIOCSPGRP"},
    {0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"}, {0x5421, "FIONBIO"},
    {0x80045430, "TIOCGPTN"}, {0x40045431, "TIOCSPTLCK"}, END};
static const struct trace_name seeks[] = {{0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"},
                                          {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}, END};
static const struct trace_name advices[] = {
    {0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"},
    {4, "MADV_DONTNEED"}, {8, "MADV_FREE"}, {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, END};
static const struct trace_name masks[] = {{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"},
                                          END};
static const struct trace_name families[] = {{1, "AF_UNIX"}, {2, "AF_INET"}, {10, "AF_INET6"},
                                             {16, "AF_NETLINK"}, END};
static const struct trace_name socket_types[] = {
    {1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"}, {5, "SOCK_SEQPACKET"},
    {0x800, "SOCK_NONBLOCK"}, {0x80000, "SOCK_CLOEXEC"}, END};
static const struct trace_name waits[] = {{1, "WNOHANG"}, {2, "WUNTRACED"}, {4, "WEXITED"},
                                          {8, "WCONTINUED"}, {0x1000000, "WNOWAIT"}, END};
static const struct trace_name clocks[] = {
    {0, "CLOCK_REALTIME"}, {1, "CLOCK_MONOTONIC"}, {2, "CLOCK_PROCESS_CPUTIME_ID"},
    {3, "CLOCK_THREAD_CPUTIME_ID"}, {4, "CLOCK_MONOTONIC_RAW"}, {7, "CLOCK_BOOTTIME"}, END};
static const struct trace_name accesses[] = {{4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}, END};
static const struct trace_name epolls[] = {{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"},
                                           {3, "EPOLL_CTL_MOD"}, END};
static const struct trace_name limits[] = {
    {0, "RLIMIT_CPU"}, {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"}, {3, "RLIMIT_STACK"},
    {4, "RLIMIT_CORE"}, {5, "RLIMIT_RSS"}, {6, "RLIMIT_NPROC"}, {7, "RLIMIT_NOFILE"},
    {8, "RLIMIT_MEMLOCK"}, {9, "RLIMIT_AS"}, END};
static const struct trace_name arch[] = {{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"},
                                         {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, END};

#define ALL (~0ul)

static const struct trace_names table[] = {
    {2, 1, true, 0, open_flags}, {257, 2, true, 0, open_flags}, {293, 1, true, 0, open_flags},
    {292, 2, true, 0, open_flags}, {262, 3, true, 0, at_flags}, {263, 2, true, 0, at_flags},
    {265, 4, true, 0, at_flags}, {332, 2, true, 0, at_flags}, {260, 4, true, 0, at_flags},
    {9, 2, true, 0, protections}, {10, 2, true, 0, protections}, {9, 3, true, 0, mappings},
    {56, 0, true, 0, clones}, {202, 1, false, 127, futexes}, {72, 1, false, ALL, controls},
    {16, 1, false, ALL, ioctls}, {8, 2, false, ALL, seeks}, {28, 2, false, ALL, advices},
    {14, 0, false, ALL, masks}, {41, 0, false, ALL, families}, {53, 0, false, ALL, families},
    {41, 1, false, 15, socket_types}, {53, 1, false, 15, socket_types}, {61, 2, true, 0, waits},
    {247, 3, true, 0, waits}, {228, 0, false, ALL, clocks}, {229, 0, false, ALL, clocks},
    {230, 0, false, ALL, clocks}, {21, 1, true, 0, accesses}, {269, 2, true, 0, accesses},
    {439, 2, true, 0, accesses}, {439, 3, true, 0, at_flags}, {233, 1, false, ALL, epolls},
    {302, 1, false, ALL, limits}, {97, 0, false, ALL, limits}, {160, 0, false, ALL, limits},
    {158, 0, false, ALL, arch},
};

const struct trace_names *trace_names_of(word_t call, unsigned argument)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].call == call && table[i].argument == argument)
            return &table[i];
    }
    return NULL;
}
