/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What system calls cost: one static program that runs on Linux and on Tessera. It marks its paths
 * (bench/mark.h), the counter counts what is executed between the marks: program, kernel, and on
 * Tessera the component that serves it.
 */
#ifndef LINUX_BENCH_H
#define LINUX_BENCH_H

#include <mark.h>

#include <stddef.h>

#define RUNS 200u
#define FEW  50u /* of what takes long */
#define PAGE 4096ul
#define MIB  (1ul << 20)

/* System calls without what the C library does around them. */
static inline __attribute__((always_inline)) long raw_4(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static inline __attribute__((always_inline)) long raw(long number, long a, long b, long c)
{
    return raw_4(number, a, b, c, 0);
}

/* Says what went wrong and ends everything. */
void must(int condition, const char *what);
/* Writes a line. */
void say(const char *line);

void bench_calls(void);   /* calls.c */
void bench_files(void);   /* files.c */
void bench_memory(void);  /* memory.c */
void bench_talk(void);    /* talk.c: pipes, sockets, futexes, signals */
void bench_process(void); /* process.c */

#endif
