/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls about processes, signals, memory and time, as rows of the table: CALL(number, name,
 * what a signal does to it, kinds of arguments). The handler of `name` is sys_name.
 */
#ifndef LINUX_CALLS_CORE_H
#define LINUX_CALLS_CORE_H

#define CORE_CALLS(CALL)                                                                           \
    CALL(9, mmap, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_HEX, ARG_HEX, ARG_FD, ARG_WORD)        \
    CALL(10, mprotect, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_HEX)                              \
    CALL(11, munmap, CALL_RESTARTS, ARG_POINTER, ARG_SIZE)                                         \
    CALL(12, brk, CALL_RESTARTS, ARG_POINTER)                                                      \
    CALL(13, rt_sigaction, CALL_RESTARTS, ARG_SIGNAL, ARG_IN, ARG_OUT, ARG_SIZE)                   \
    CALL(14, rt_sigprocmask, CALL_RESTARTS, ARG_INT, ARG_IN, ARG_OUT, ARG_SIZE)                    \
    CALL(15, rt_sigreturn, CALL_RESTARTS, ARG_NONE)                                                \
    CALL(24, sched_yield, CALL_RESTARTS, ARG_NONE)                                                 \
    CALL(25, mremap, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_SIZE, ARG_HEX, ARG_POINTER)         \
    CALL(26, msync, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_HEX)                                 \
    CALL(27, mincore, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_OUT)                               \
    CALL(28, madvise, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_INT)                               \
    CALL(34, pause, CALL_EINTR, ARG_NONE)                                                          \
    CALL(35, nanosleep, CALL_EINTR, ARG_TIME, ARG_OUT)                                             \
    CALL(36, getitimer, CALL_RESTARTS, ARG_INT, ARG_OUT)                                           \
    CALL(37, alarm, CALL_RESTARTS, ARG_INT)                                                        \
    CALL(38, setitimer, CALL_RESTARTS, ARG_INT, ARG_IN, ARG_OUT)                                   \
    CALL(39, getpid, CALL_RESTARTS, ARG_NONE)                                                      \
    CALL(56, clone, CALL_HOLDS, ARG_HEX, ARG_POINTER, ARG_OUT, ARG_OUT, ARG_POINTER)               \
    CALL(57, fork, CALL_HOLDS, ARG_NONE)                                                           \
    CALL(58, vfork, CALL_HOLDS, ARG_NONE)                                                          \
    CALL(59, execve, CALL_RESTARTS, ARG_PATH, ARG_VECTOR, ARG_VECTOR)                              \
    CALL(60, exit, CALL_RESTARTS, ARG_INT)                                                         \
    CALL(61, wait4, CALL_RESTARTS, ARG_PID, ARG_OUT, ARG_HEX, ARG_OUT)                             \
    CALL(62, kill, CALL_RESTARTS, ARG_PID, ARG_SIGNAL)                                             \
    CALL(63, uname, CALL_RESTARTS, ARG_OUT)                                                        \
    CALL(96, gettimeofday, CALL_RESTARTS, ARG_OUT, ARG_OUT)                                        \
    CALL(97, getrlimit, CALL_RESTARTS, ARG_INT, ARG_OUT)                                           \
    CALL(98, getrusage, CALL_RESTARTS, ARG_INT, ARG_OUT)                                           \
    CALL(99, sysinfo, CALL_RESTARTS, ARG_OUT)                                                      \
    CALL(100, times, CALL_RESTARTS, ARG_OUT)                                                       \
    CALL(101, ptrace, CALL_HOLDS, ARG_HEX, ARG_PID, ARG_POINTER, ARG_HEX)                          \
    CALL(102, getuid, CALL_RESTARTS, ARG_NONE)                                                     \
    CALL(104, getgid, CALL_RESTARTS, ARG_NONE)                                                     \
    CALL(105, setuid, CALL_RESTARTS, ARG_INT)                                                      \
    CALL(106, setgid, CALL_RESTARTS, ARG_INT)                                                      \
    CALL(107, geteuid, CALL_RESTARTS, ARG_NONE)                                                    \
    CALL(108, getegid, CALL_RESTARTS, ARG_NONE)                                                    \
    CALL(109, setpgid, CALL_RESTARTS, ARG_PID, ARG_PID)                                            \
    CALL(110, getppid, CALL_RESTARTS, ARG_NONE)                                                    \
    CALL(111, getpgrp, CALL_RESTARTS, ARG_NONE)                                                    \
    CALL(112, setsid, CALL_RESTARTS, ARG_NONE)                                                     \
    CALL(113, setreuid, CALL_RESTARTS, ARG_INT, ARG_INT)                                           \
    CALL(114, setregid, CALL_RESTARTS, ARG_INT, ARG_INT)                                           \
    CALL(115, getgroups, CALL_RESTARTS, ARG_INT, ARG_OUT)                                          \
    CALL(116, setgroups, CALL_RESTARTS, ARG_INT, ARG_IN)                                           \
    CALL(117, setresuid, CALL_RESTARTS, ARG_INT, ARG_INT, ARG_INT)                                 \
    CALL(118, getresuid, CALL_RESTARTS, ARG_OUT, ARG_OUT, ARG_OUT)                                 \
    CALL(119, setresgid, CALL_RESTARTS, ARG_INT, ARG_INT, ARG_INT)                                 \
    CALL(120, getresgid, CALL_RESTARTS, ARG_OUT, ARG_OUT, ARG_OUT)                                 \
    CALL(121, getpgid, CALL_RESTARTS, ARG_PID)                                                     \
    CALL(122, setfsuid, CALL_RESTARTS, ARG_INT)                                                    \
    CALL(123, setfsgid, CALL_RESTARTS, ARG_INT)                                                    \
    CALL(124, getsid, CALL_RESTARTS, ARG_PID)                                                      \
    CALL(125, capget, CALL_RESTARTS, ARG_POINTER, ARG_OUT)                                         \
    CALL(126, capset, CALL_RESTARTS, ARG_POINTER, ARG_IN)                                          \
    CALL(127, rt_sigpending, CALL_RESTARTS, ARG_OUT, ARG_SIZE)                                     \
    CALL(128, rt_sigtimedwait, CALL_EINTR, ARG_IN, ARG_OUT, ARG_TIME, ARG_SIZE)                    \
    CALL(129, rt_sigqueueinfo, CALL_RESTARTS, ARG_PID, ARG_SIGNAL, ARG_IN)                         \
    CALL(130, rt_sigsuspend, CALL_EINTR, ARG_IN, ARG_SIZE)                                         \
    CALL(131, sigaltstack, CALL_RESTARTS, ARG_IN, ARG_OUT)                                         \
    CALL(135, personality, CALL_RESTARTS, ARG_HEX)                                                 \
    CALL(140, getpriority, CALL_RESTARTS, ARG_INT, ARG_INT)                                        \
    CALL(141, setpriority, CALL_RESTARTS, ARG_INT, ARG_INT, ARG_INT)                               \
    CALL(142, sched_setparam, CALL_RESTARTS, ARG_PID, ARG_IN)                                      \
    CALL(143, sched_getparam, CALL_RESTARTS, ARG_PID, ARG_OUT)                                     \
    CALL(144, sched_setscheduler, CALL_RESTARTS, ARG_PID, ARG_INT, ARG_IN)                         \
    CALL(145, sched_getscheduler, CALL_RESTARTS, ARG_PID)                                          \
    CALL(146, sched_get_priority_max, CALL_RESTARTS, ARG_INT)                                      \
    CALL(147, sched_get_priority_min, CALL_RESTARTS, ARG_INT)                                      \
    CALL(149, mlock, CALL_RESTARTS, ARG_POINTER, ARG_SIZE)                                         \
    CALL(150, munlock, CALL_RESTARTS, ARG_POINTER, ARG_SIZE)                                       \
    CALL(151, mlockall, CALL_RESTARTS, ARG_HEX)                                                    \
    CALL(152, munlockall, CALL_RESTARTS, ARG_NONE)                                                 \
    CALL(157, prctl, CALL_RESTARTS, ARG_INT, ARG_HEX, ARG_HEX, ARG_HEX, ARG_HEX)                   \
    CALL(158, arch_prctl, CALL_RESTARTS, ARG_HEX, ARG_POINTER)                                     \
    CALL(160, setrlimit, CALL_RESTARTS, ARG_INT, ARG_IN)                                           \
    CALL(170, sethostname, CALL_RESTARTS, ARG_IN, ARG_SIZE)                                        \
    CALL(171, setdomainname, CALL_RESTARTS, ARG_IN, ARG_SIZE)                                      \
    CALL(186, gettid, CALL_RESTARTS, ARG_NONE)                                                     \
    CALL(200, tkill, CALL_RESTARTS, ARG_PID, ARG_SIGNAL)                                           \
    CALL(201, time, CALL_RESTARTS, ARG_OUT)                                                        \
    CALL(202, futex, CALL_RESTARTS, ARG_POINTER, ARG_HEX, ARG_INT, ARG_POINTER, ARG_POINTER,       \
         ARG_HEX)                                                                                  \
    CALL(203, sched_setaffinity, CALL_RESTARTS, ARG_PID, ARG_SIZE, ARG_IN)                         \
    CALL(204, sched_getaffinity, CALL_RESTARTS, ARG_PID, ARG_SIZE, ARG_OUT)                        \
    CALL(218, set_tid_address, CALL_RESTARTS, ARG_POINTER)                                         \
    CALL(222, timer_create, CALL_RESTARTS, ARG_INT, ARG_IN, ARG_OUT)                               \
    CALL(223, timer_settime, CALL_RESTARTS, ARG_INT, ARG_HEX, ARG_IN, ARG_OUT)                     \
    CALL(224, timer_gettime, CALL_RESTARTS, ARG_INT, ARG_OUT)                                      \
    CALL(225, timer_getoverrun, CALL_RESTARTS, ARG_INT)                                            \
    CALL(226, timer_delete, CALL_RESTARTS, ARG_INT)                                                \
    CALL(227, clock_settime, CALL_RESTARTS, ARG_INT, ARG_TIME)                                     \
    CALL(228, clock_gettime, CALL_RESTARTS, ARG_INT, ARG_OUT)                                      \
    CALL(229, clock_getres, CALL_RESTARTS, ARG_INT, ARG_OUT)                                       \
    CALL(230, clock_nanosleep, CALL_EINTR, ARG_INT, ARG_HEX, ARG_TIME, ARG_OUT)                    \
    CALL(231, exit_group, CALL_RESTARTS, ARG_INT)                                                  \
    CALL(234, tgkill, CALL_RESTARTS, ARG_PID, ARG_PID, ARG_SIGNAL)                                 \
    CALL(247, waitid, CALL_RESTARTS, ARG_INT, ARG_PID, ARG_OUT, ARG_HEX, ARG_OUT)                  \
    CALL(273, set_robust_list, CALL_RESTARTS, ARG_POINTER, ARG_SIZE)                               \
    CALL(274, get_robust_list, CALL_RESTARTS, ARG_PID, ARG_OUT, ARG_OUT)                           \
    CALL(297, rt_tgsigqueueinfo, CALL_RESTARTS, ARG_PID, ARG_PID, ARG_SIGNAL, ARG_IN)              \
    CALL(302, prlimit64, CALL_RESTARTS, ARG_PID, ARG_INT, ARG_IN, ARG_OUT)                         \
    CALL(309, getcpu, CALL_RESTARTS, ARG_OUT, ARG_OUT)                                             \
    CALL(310, process_vm_readv, CALL_RESTARTS, ARG_PID, ARG_POINTER, ARG_SIZE, ARG_POINTER,        \
         ARG_SIZE, ARG_HEX)                                                                        \
    CALL(311, process_vm_writev, CALL_RESTARTS, ARG_PID, ARG_POINTER, ARG_SIZE, ARG_POINTER,       \
         ARG_SIZE, ARG_HEX)                                                                        \
    CALL(318, getrandom, CALL_RESTARTS, ARG_OUT, ARG_SIZE, ARG_HEX)                                \
    CALL(322, execveat, CALL_RESTARTS, ARG_AT, ARG_PATH, ARG_VECTOR, ARG_VECTOR, ARG_HEX)          \
    CALL(325, mlock2, CALL_RESTARTS, ARG_POINTER, ARG_SIZE, ARG_HEX)                               \
    CALL(424, pidfd_send_signal, CALL_RESTARTS, ARG_FD, ARG_SIGNAL, ARG_IN, ARG_HEX)               \
    CALL(434, pidfd_open, CALL_RESTARTS, ARG_PID, ARG_HEX)                                         \
    CALL(435, clone3, CALL_HOLDS, ARG_IN, ARG_SIZE)                                                \
    CALL(438, pidfd_getfd, CALL_RESTARTS, ARG_FD, ARG_INT, ARG_HEX)                                \
    CALL(462, vdso_fpu, CALL_RESTARTS, ARG_NONE)                                                   \
    CALL(463, vdso_sigreturn, CALL_RESTARTS, ARG_NONE)

#endif
