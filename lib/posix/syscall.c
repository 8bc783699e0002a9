/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way from the C library to the component, and the start of a program that has a C library:
 * it takes the place of lib/rt's rt_run, so that main runs between the C library's beginning and
 * its end.
 */
#include <elf.h>
#include <errno.h>
#include <rt/program.h>
#include <sys/syscall.h>

#include "calls_priv.h"
#include "posix.h"

#define WORDS_MAX 128 /* of arguments, environment and auxiliary vector */

typedef long call(const long *a);

static call *const calls[] = {
    [SYS_read] = posix_read,
    [SYS_write] = posix_write,
    [SYS_close] = posix_close,
    [SYS_lseek] = posix_lseek,
    [SYS_mmap] = posix_mmap,
    [SYS_mprotect] = posix_mprotect,
    [SYS_munmap] = posix_munmap,
    [SYS_rt_sigprocmask] = posix_rt_sigprocmask,
    [SYS_ioctl] = posix_ioctl,
    [SYS_readv] = posix_readv,
    [SYS_writev] = posix_writev,
    [SYS_sched_yield] = posix_sched_yield,
    [SYS_mremap] = posix_mremap,
    [SYS_nanosleep] = posix_nanosleep,
    [SYS_getpid] = posix_getpid,
    [SYS_clone] = posix_clone,
    [SYS_exit] = posix_exit,
    [SYS_arch_prctl] = posix_arch_prctl,
    [SYS_gettid] = posix_gettid,
    [SYS_futex] = posix_futex,
    [SYS_set_tid_address] = posix_set_tid_address,
    [SYS_clock_gettime] = posix_clock_gettime,
    [SYS_clock_getres] = posix_clock_getres,
    [SYS_clock_nanosleep] = posix_clock_nanosleep,
    [SYS_exit_group] = posix_exit_group,
    [SYS_getrandom] = posix_getrandom,
};

long posix_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    const long arguments[] = {a, b, c, d, e, f};

    if (number < 0 || (unsigned long)number >= sizeof(calls) / sizeof(calls[0]) ||
        calls[number] == NULL)
        return -ENOSYS;
    return calls[number](arguments);
}

/* The component's. */
int main(int argc, char **argv);
/* musl's own; no header of it declares them. */
int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
                      void (*init)(void), void (*fini)(void), void (*loader)(void));
/* The linker's: where the image's headers are mapped. */
extern const Elf64_Ehdr __ehdr_start;

/* main has no environment argument here. */
static int program(int argc, char **argv, char **environment)
{
    (void)environment;
    return main(argc, argv);
}

static char **put(char **at, word_t type, word_t value)
{
    *at++ = (char *)type;
    *at++ = (char *)value;
    return at;
}

/* Arguments, no environment, and what a loader would say (System V ABI, AMD64 supplement, 3.4.1).
 */
int rt_run(int argc, char **argv)
{
    static char *words[WORDS_MAX];
    static word_t seed[2];
    char **at = words;

    for (int i = 0; i < argc && i < WORDS_MAX / 2; i++)
        *at++ = argv[i];
    *at++ = NULL;
    *at++ = NULL;
    at = put(at, AT_PHDR, (word_t)&__ehdr_start + __ehdr_start.e_phoff);
    at = put(at, AT_PHENT, __ehdr_start.e_phentsize);
    at = put(at, AT_PHNUM, __ehdr_start.e_phnum);
    at = put(at, AT_PAGESZ, 4096);
    at = put(at, AT_SECURE, 0);
    if (posix_random(seed, sizeof(seed)))
        at = put(at, AT_RANDOM, (word_t)seed);
    put(at, AT_NULL, 0);
    return __libc_start_main(program, argc, words, NULL, NULL, NULL);
}
