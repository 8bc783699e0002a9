/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls that exist, by subject. Arguments are in a[0] to a[5]. */
#ifndef POSIX_CALLS_PRIV_H
#define POSIX_CALLS_PRIV_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>

/* stream.c */
long posix_read(const long *a);
long posix_write(const long *a);
long posix_readv(const long *a);
long posix_writev(const long *a);
long posix_close(const long *a);
long posix_lseek(const long *a);
long posix_ioctl(const long *a);

/** Send lines that have no end yet. */
void posix_flush(void);

/* memory.c */
long posix_mmap(const long *a);
long posix_munmap(const long *a);
long posix_mremap(const long *a);
long posix_mprotect(const long *a);

/* thread.c */
long posix_arch_prctl(const long *a);
long posix_clone(const long *a);
long posix_exit(const long *a);
long posix_exit_group(const long *a);
long posix_set_tid_address(const long *a);
long posix_gettid(const long *a);
long posix_getpid(const long *a);
long posix_sched_yield(const long *a);
long posix_rt_sigprocmask(const long *a);

/* futex.c */
long posix_futex(const long *a);

/** Wake at most `count` that wait for this word. @return how many */
long posix_futex_wake(const void *word, long count);

/* time.c */
long posix_clock_gettime(const long *a);
long posix_clock_getres(const long *a);
long posix_nanosleep(const long *a);
long posix_clock_nanosleep(const long *a);
long posix_getrandom(const long *a);

/** Fill with random bytes. @return false: the processor has none */
bool posix_random(void *to, size_t size);

struct timespec;

/** A time in clock ticks; RT_FOREVER if it is beyond all measure. @return false: it is not a time
 */
bool posix_ticks(const struct timespec *time, word_t *ticks);

#endif
