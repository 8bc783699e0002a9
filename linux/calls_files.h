/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls about files, as rows of the table: CALL(number, name, what a signal does to it,
 * kinds of arguments). The handler of `name` is sys_name.
 */
#ifndef LINUX_CALLS_FILES_H
#define LINUX_CALLS_FILES_H

#define FILE_CALLS(CALL)                                                                           \
    CALL(0, read, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE)                                        \
    CALL(1, write, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE)                                        \
    CALL(2, open, CALL_RESTARTS, ARG_PATH, ARG_HEX, ARG_OCTAL)                                     \
    CALL(3, close, CALL_RESTARTS, ARG_FD)                                                          \
    CALL(4, stat, CALL_RESTARTS, ARG_PATH, ARG_OUT)                                                \
    CALL(5, fstat, CALL_RESTARTS, ARG_FD, ARG_OUT)                                                 \
    CALL(6, lstat, CALL_RESTARTS, ARG_PATH, ARG_OUT)                                               \
    CALL(7, poll, CALL_EINTR, ARG_POINTER, ARG_SIZE, ARG_INT)                                      \
    CALL(8, lseek, CALL_RESTARTS, ARG_FD, ARG_WORD, ARG_INT)                                       \
    CALL(16, ioctl, CALL_RESTARTS, ARG_FD, ARG_HEX, ARG_POINTER)                                   \
    CALL(17, pread64, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE, ARG_WORD)                          \
    CALL(18, pwrite64, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE, ARG_WORD)                          \
    CALL(19, readv, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE)                                   \
    CALL(20, writev, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE)                                  \
    CALL(21, access, CALL_RESTARTS, ARG_PATH, ARG_OCTAL)                                           \
    CALL(22, pipe, CALL_RESTARTS, ARG_OUT)                                                         \
    CALL(23, select, CALL_EINTR, ARG_INT, ARG_POINTER, ARG_POINTER, ARG_POINTER, ARG_POINTER)      \
    CALL(32, dup, CALL_RESTARTS, ARG_FD)                                                           \
    CALL(33, dup2, CALL_RESTARTS, ARG_FD, ARG_FD)                                                  \
    CALL(40, sendfile, CALL_RESTARTS, ARG_FD, ARG_FD, ARG_POINTER, ARG_SIZE)                       \
    CALL(41, socket, CALL_RESTARTS, ARG_INT, ARG_HEX, ARG_INT)                                     \
    CALL(42, connect, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE)                                     \
    CALL(43, accept, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_POINTER)                                  \
    CALL(44, sendto, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE, ARG_HEX, ARG_IN, ARG_SIZE)           \
    CALL(45, recvfrom, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE, ARG_HEX, ARG_OUT, ARG_POINTER)    \
    CALL(46, sendmsg, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_HEX)                                 \
    CALL(47, recvmsg, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_HEX)                                 \
    CALL(48, shutdown, CALL_RESTARTS, ARG_FD, ARG_INT)                                             \
    CALL(49, bind, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE)                                        \
    CALL(50, listen, CALL_RESTARTS, ARG_FD, ARG_INT)                                               \
    CALL(51, getsockname, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_POINTER)                             \
    CALL(52, getpeername, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_POINTER)                             \
    CALL(53, socketpair, CALL_RESTARTS, ARG_INT, ARG_HEX, ARG_INT, ARG_OUT)                        \
    CALL(54, setsockopt, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_INT, ARG_IN, ARG_SIZE)                \
    CALL(55, getsockopt, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_INT, ARG_OUT, ARG_POINTER)            \
    CALL(72, fcntl, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_WORD)                                      \
    CALL(73, flock, CALL_RESTARTS, ARG_FD, ARG_INT)                                                \
    CALL(74, fsync, CALL_RESTARTS, ARG_FD)                                                         \
    CALL(75, fdatasync, CALL_RESTARTS, ARG_FD)                                                     \
    CALL(76, truncate, CALL_RESTARTS, ARG_PATH, ARG_WORD)                                          \
    CALL(77, ftruncate, CALL_RESTARTS, ARG_FD, ARG_WORD)                                           \
    CALL(78, getdents, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE)                                   \
    CALL(79, getcwd, CALL_RESTARTS, ARG_OUT, ARG_SIZE)                                             \
    CALL(80, chdir, CALL_RESTARTS, ARG_PATH)                                                       \
    CALL(81, fchdir, CALL_RESTARTS, ARG_FD)                                                        \
    CALL(82, rename, CALL_RESTARTS, ARG_PATH, ARG_PATH)                                            \
    CALL(83, mkdir, CALL_RESTARTS, ARG_PATH, ARG_OCTAL)                                            \
    CALL(84, rmdir, CALL_RESTARTS, ARG_PATH)                                                       \
    CALL(85, creat, CALL_RESTARTS, ARG_PATH, ARG_OCTAL)                                            \
    CALL(86, link, CALL_RESTARTS, ARG_PATH, ARG_PATH)                                              \
    CALL(87, unlink, CALL_RESTARTS, ARG_PATH)                                                      \
    CALL(88, symlink, CALL_RESTARTS, ARG_TEXT, ARG_PATH)                                           \
    CALL(89, readlink, CALL_RESTARTS, ARG_PATH, ARG_OUT, ARG_SIZE)                                 \
    CALL(90, chmod, CALL_RESTARTS, ARG_PATH, ARG_OCTAL)                                            \
    CALL(91, fchmod, CALL_RESTARTS, ARG_FD, ARG_OCTAL)                                             \
    CALL(92, chown, CALL_RESTARTS, ARG_PATH, ARG_INT, ARG_INT)                                     \
    CALL(93, fchown, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_INT)                                      \
    CALL(94, lchown, CALL_RESTARTS, ARG_PATH, ARG_INT, ARG_INT)                                    \
    CALL(95, umask, CALL_RESTARTS, ARG_OCTAL)                                                      \
    CALL(132, utime, CALL_RESTARTS, ARG_PATH, ARG_IN)                                              \
    CALL(133, mknod, CALL_RESTARTS, ARG_PATH, ARG_OCTAL, ARG_HEX)                                  \
    CALL(137, statfs, CALL_RESTARTS, ARG_PATH, ARG_OUT)                                            \
    CALL(138, fstatfs, CALL_RESTARTS, ARG_FD, ARG_OUT)                                             \
    CALL(161, chroot, CALL_RESTARTS, ARG_PATH)                                                     \
    CALL(162, sync, CALL_RESTARTS, ARG_NONE)                                                       \
    CALL(165, mount, CALL_RESTARTS, ARG_TEXT, ARG_PATH, ARG_TEXT, ARG_HEX, ARG_POINTER)            \
    CALL(166, umount2, CALL_RESTARTS, ARG_PATH, ARG_HEX)                                           \
    CALL(187, readahead, CALL_RESTARTS, ARG_FD, ARG_WORD, ARG_SIZE)                                \
    CALL(188, setxattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT, ARG_IN, ARG_SIZE, ARG_HEX)              \
    CALL(189, lsetxattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT, ARG_IN, ARG_SIZE, ARG_HEX)             \
    CALL(190, fsetxattr, CALL_RESTARTS, ARG_FD, ARG_TEXT, ARG_IN, ARG_SIZE, ARG_HEX)               \
    CALL(191, getxattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT, ARG_OUT, ARG_SIZE)                      \
    CALL(192, lgetxattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT, ARG_OUT, ARG_SIZE)                     \
    CALL(193, fgetxattr, CALL_RESTARTS, ARG_FD, ARG_TEXT, ARG_OUT, ARG_SIZE)                       \
    CALL(194, listxattr, CALL_RESTARTS, ARG_PATH, ARG_OUT, ARG_SIZE)                               \
    CALL(195, llistxattr, CALL_RESTARTS, ARG_PATH, ARG_OUT, ARG_SIZE)                              \
    CALL(196, flistxattr, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE)                                \
    CALL(197, removexattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT)                                      \
    CALL(198, lremovexattr, CALL_RESTARTS, ARG_PATH, ARG_TEXT)                                     \
    CALL(199, fremovexattr, CALL_RESTARTS, ARG_FD, ARG_TEXT)                                       \
    CALL(213, epoll_create, CALL_RESTARTS, ARG_INT)                                                \
    CALL(217, getdents64, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_SIZE)                                \
    CALL(221, fadvise64, CALL_RESTARTS, ARG_FD, ARG_WORD, ARG_WORD, ARG_INT)                       \
    CALL(232, epoll_wait, CALL_EINTR, ARG_FD, ARG_OUT, ARG_INT, ARG_INT)                           \
    CALL(233, epoll_ctl, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_FD, ARG_POINTER)                      \
    CALL(235, utimes, CALL_RESTARTS, ARG_PATH, ARG_IN)                                             \
    CALL(253, inotify_init, CALL_RESTARTS, ARG_NONE)                                               \
    CALL(254, inotify_add_watch, CALL_RESTARTS, ARG_FD, ARG_PATH, ARG_HEX)                         \
    CALL(255, inotify_rm_watch, CALL_RESTARTS, ARG_FD, ARG_INT)                                    \
    CALL(257, openat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_HEX, ARG_OCTAL)                         \
    CALL(258, mkdirat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OCTAL)                                 \
    CALL(259, mknodat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OCTAL, ARG_HEX)                        \
    CALL(260, fchownat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_INT, ARG_INT, ARG_HEX)                \
    CALL(261, futimesat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_IN)                                  \
    CALL(262, newfstatat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OUT, ARG_HEX)                       \
    CALL(263, unlinkat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_HEX)                                  \
    CALL(264, renameat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_AT, ARG_PATH)                         \
    CALL(265, linkat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_AT, ARG_PATH, ARG_HEX)                  \
    CALL(266, symlinkat, CALL_RESTARTS, ARG_TEXT, ARG_AT, ARG_PATH)                                \
    CALL(267, readlinkat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OUT, ARG_SIZE)                      \
    CALL(268, fchmodat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OCTAL)                                \
    CALL(269, faccessat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OCTAL)                               \
    CALL(270, pselect6, CALL_EINTR, ARG_INT, ARG_POINTER, ARG_POINTER, ARG_POINTER,                \
         ARG_POINTER, ARG_POINTER)                                                                 \
    CALL(271, ppoll, CALL_EINTR, ARG_POINTER, ARG_SIZE, ARG_TIME, ARG_POINTER, ARG_SIZE)           \
    CALL(275, splice, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_FD, ARG_POINTER, ARG_SIZE, ARG_HEX)  \
    CALL(276, tee, CALL_RESTARTS, ARG_FD, ARG_FD, ARG_SIZE, ARG_HEX)                               \
    CALL(278, vmsplice, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE, ARG_HEX)                      \
    CALL(294, inotify_init1, CALL_RESTARTS, ARG_HEX)                                               \
    CALL(277, sync_file_range, CALL_RESTARTS, ARG_FD, ARG_WORD, ARG_WORD, ARG_HEX)                 \
    CALL(280, utimensat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_IN, ARG_HEX)                         \
    CALL(281, epoll_pwait, CALL_EINTR, ARG_FD, ARG_OUT, ARG_INT, ARG_INT, ARG_POINTER, ARG_SIZE)   \
    CALL(282, signalfd, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE)                                   \
    CALL(283, timerfd_create, CALL_RESTARTS, ARG_INT, ARG_HEX)                                     \
    CALL(284, eventfd, CALL_RESTARTS, ARG_INT)                                                     \
    CALL(285, fallocate, CALL_RESTARTS, ARG_FD, ARG_HEX, ARG_WORD, ARG_WORD)                       \
    CALL(286, timerfd_settime, CALL_RESTARTS, ARG_FD, ARG_HEX, ARG_IN, ARG_OUT)                    \
    CALL(287, timerfd_gettime, CALL_RESTARTS, ARG_FD, ARG_OUT)                                     \
    CALL(288, accept4, CALL_RESTARTS, ARG_FD, ARG_OUT, ARG_POINTER, ARG_HEX)                       \
    CALL(289, signalfd4, CALL_RESTARTS, ARG_FD, ARG_IN, ARG_SIZE, ARG_HEX)                         \
    CALL(290, eventfd2, CALL_RESTARTS, ARG_INT, ARG_HEX)                                           \
    CALL(291, epoll_create1, CALL_RESTARTS, ARG_HEX)                                               \
    CALL(292, dup3, CALL_RESTARTS, ARG_FD, ARG_FD, ARG_HEX)                                        \
    CALL(293, pipe2, CALL_RESTARTS, ARG_OUT, ARG_HEX)                                              \
    CALL(295, preadv, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE, ARG_WORD)                       \
    CALL(296, pwritev, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE, ARG_WORD)                      \
    CALL(299, recvmmsg, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_SIZE, ARG_HEX, ARG_TIME)           \
    CALL(307, sendmmsg, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_SIZE, ARG_HEX)                     \
    CALL(306, syncfs, CALL_RESTARTS, ARG_FD)                                                       \
    CALL(316, renameat2, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_AT, ARG_PATH, ARG_HEX)               \
    CALL(319, memfd_create, CALL_RESTARTS, ARG_TEXT, ARG_HEX)                                      \
    CALL(326, copy_file_range, CALL_RESTARTS, ARG_FD, ARG_POINTER, ARG_FD, ARG_POINTER,            \
         ARG_SIZE, ARG_HEX)                                                                        \
    CALL(327, preadv2, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE, ARG_WORD, ARG_NONE, ARG_HEX)   \
    CALL(328, pwritev2, CALL_RESTARTS, ARG_FD, ARG_VECTOR, ARG_SIZE, ARG_WORD, ARG_NONE, ARG_HEX)  \
    CALL(332, statx, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_HEX, ARG_HEX, ARG_OUT)                   \
    CALL(436, close_range, CALL_RESTARTS, ARG_FD, ARG_FD, ARG_HEX)                                 \
    CALL(437, openat2, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_IN, ARG_SIZE)                          \
    CALL(439, faccessat2, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_OCTAL, ARG_HEX)                     \
    CALL(441, epoll_pwait2, CALL_EINTR, ARG_FD, ARG_OUT, ARG_INT, ARG_TIME, ARG_POINTER, ARG_SIZE)

#endif
