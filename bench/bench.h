/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the suite, and what they have in common. It runs alone on the machine, in the place
 * of root. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <first/first.h>

#include "mark.h"

/* Priorities: of the main thread, of those that run whenever they can, and of those that wait for
 * it. */
#define PRIORITY_MAIN 100
#define PRIORITY_HIGH 200
#define PRIORITY_LOW  50

/** How often a path is run; of heavy ones a tenth or less. */
extern unsigned runs;

/** The other address space: the program's pages as they were when it was made. */
extern cap_t other_space;

/** Two capabilities in one argument word, for a thread of another address space. */
static inline word_t two(cap_t a, cap_t b)
{
    return b << 32 | a;
}
static inline cap_t first_of(word_t x) { return x & 0xffffffffu; }
static inline cap_t second_of(word_t x) { return x >> 32; }

/** What must not fail on a measured path: two instructions. */
#define MUST(call)                                                                                \
    do {                                                                                          \
        if (__builtin_expect((call) != E_OK, 0))                                                  \
            bench_fail(__LINE__);                                                                 \
    } while (0)
_Noreturn void bench_fail(int line);

/** A thread of higher priority, started; it has run until it waits. @param space 0: this one */
struct first_thread start_high(cap_t space, void (*function)(word_t), word_t argument);

/** The same, and then without a scheduling context: passive. */
struct first_thread start_passive(cap_t space, void (*function)(word_t), word_t argument);

/** A notification and a capability to it with a badge. @return the one with the badge */
cap_t badged(cap_t notification);

/** Map the frame in `frame` at `vaddr` of `space`, supplying tables. */
void map_at(cap_t space, cap_t frame, word_t vaddr, word_t flags);

/** A page that both address spaces have at this address. */
void share_page(word_t vaddr);

/** The echo server: answers every message with itself. @param x two(endpoint, reply) */
void echo_server(word_t x);

/** A server in this or the other address space. @return endpoint */
cap_t make_echo(cap_t space);

/* The parts. */
void bench_ipc(void);
void bench_signal(void);
void bench_fault(void);
void bench_memory(void);
void bench_capability(void);
void bench_retype(void);
void bench_create(void);
void bench_time(void);
void bench_ring(void);
void bench_grow(bool all);

#endif
