/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and layouts of Linux's file calls on x86-64 (include/uapi: fcntl.h, stat.h, poll.h,
 * eventpoll.h, asm-generic/termbits.h, ioctls.h). */
#ifndef LINUX_FSABI_H
#define LINUX_FSABI_H

#include <stdint.h>

enum {
    S_IFMT = 0170000, S_IFSOCK = 0140000, S_IFLNK = 0120000, S_IFREG = 0100000,
    S_IFBLK = 0060000, S_IFDIR = 0040000, S_IFCHR = 0020000, S_IFIFO = 0010000,
    S_ISUID = 04000, S_ISGID = 02000, S_ISVTX = 01000,
};

enum {
    O_ACCMODE = 3, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200,
    O_NOCTTY = 0400, O_TRUNC = 01000, O_APPEND = 02000, O_NONBLOCK = 04000, O_DSYNC = 010000,
    O_ASYNC = 020000, O_DIRECT = 040000, O_LARGEFILE = 0100000, O_DIRECTORY = 0200000,
    O_NOFOLLOW = 0400000, O_NOATIME = 01000000, O_CLOEXEC = 02000000, O_SYNC = 04010000,
    O_PATH = 010000000, O_TMPFILE = 020200000,
};

enum {
    AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EACCESS = 0x200,
    AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000,
    AT_STATX_SYNC_TYPE = 0x6000,
};

enum {
    F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETLK = 5, F_SETLK = 6,
    F_SETLKW = 7, F_SETOWN = 8, F_GETOWN = 9, F_SETSIG = 10, F_GETSIG = 11, F_SETOWN_EX = 15,
    F_GETOWN_EX = 16, F_OFD_GETLK = 36,
    F_OFD_SETLK = 37, F_OFD_SETLKW = 38, F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031,
    F_GETPIPE_SZ = 1032, F_ADD_SEALS = 1033, F_GET_SEALS = 1034,
    F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8,
    F_SEAL_FUTURE_WRITE = 16,
};

enum { SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4 };
enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4 };
enum { DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12 };
enum { MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32, MS_BIND = 4096 };

enum {
    POLLIN = 1,
    POLLPRI = 2,
    POLLOUT = 4,
    POLLERR = 8,
    POLLHUP = 0x10,
    POLLNVAL = 0x20,
    POLLRDNORM = 0x40,
    POLLRDBAND = 0x80,
    POLLWRNORM = 0x100,
    POLLWRBAND = 0x200,
    POLLRDHUP = 0x2000,
};

struct linux_stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    int64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    int64_t unused[3];
};

struct linux_statx_time {
    int64_t seconds;
    uint32_t ns;
    int32_t pad;
};

struct linux_statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad;
    uint64_t ino, size, blocks, attributes_mask;
    struct linux_statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mnt_id;
    uint64_t spare[13];
};

struct linux_statfs {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags, spare[4];
};

struct linux_dirent64 {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
} __attribute__((packed));

struct linux_timespec {
    int64_t seconds, ns;
};

struct linux_flock {
    int16_t type, whence;
    int64_t start, length;
    int32_t pid, pad;
};

struct linux_pollfd {
    int32_t fd;
    int16_t events, revents;
};

struct linux_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

struct linux_winsize {
    uint16_t rows, columns, x, y;
};

#define TERMIOS_CHARS 19

struct linux_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[TERMIOS_CHARS];
};

_Static_assert(sizeof(struct linux_stat) == 144, "as Linux");
_Static_assert(sizeof(struct linux_statx) == 256, "as Linux");
_Static_assert(sizeof(struct linux_statfs) == 120, "as Linux");
_Static_assert(sizeof(struct linux_dirent64) == 19, "as Linux");
_Static_assert(sizeof(struct linux_epoll_event) == 12, "as Linux");
_Static_assert(sizeof(struct linux_termios) == 36, "as Linux");
_Static_assert(sizeof(struct linux_flock) == 32, "as Linux");

/** Linux's dev_t, as stat gives it. */
#define DEVICE(major, minor) (((major)&0xfffu) << 8 | ((minor)&0xffu) | ((minor) & ~0xffu) << 12)
#define DEVICE_MAJOR(device) ((device) >> 8 & 0xfffu)
#define DEVICE_MINOR(device) (((device) & 0xffu) | ((device) >> 12 & ~0xffu))

#endif
