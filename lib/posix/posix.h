/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What musl, the C library of native components, stands on. It asks for what Linux would do by one
 * function, posix_syscall, with Linux's numbers (asm/unistd_64.h, x86-64) and errors. Here is what
 * of that exists, and all else is -ENOSYS:
 *
 * - Output: file descriptors 1 and 2 go to the route `console` if the manifest has one, else line
 * by line to the route `log`, else nowhere. Input: 0 is the console, by lines; without one it is at
 * its end.
 * - Memory: anonymous mmap, munmap, mremap, and mprotect to give memory to what was mapped
 * PROT_NONE.
 * - Threads: as many as the manifest gives ("threads"), futex wait, wake and requeue. No signals.
 * - Time: CLOCK_MONOTONIC counts from the reset of the processor; so does CLOCK_REALTIME, because
 * there is no calendar clock yet.
 * - getrandom: from RDRAND; on a processor without it -ENOSYS, because nothing here is random
 * enough.
 */
#ifndef POSIX_POSIX_H
#define POSIX_POSIX_H

/** What Linux would do. @return a result, or an errno negated */
long posix_syscall(long number, long a, long b, long c, long d, long e, long f);

#endif
