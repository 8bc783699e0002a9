/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For programs that run as the first component, in the place of root: kernel tests and benchmarks.
 * They have everything, and nobody else is there. The program defines first_main().
 */
#ifndef FIRST_FIRST_H
#define FIRST_FIRST_H

#include <abi/boot_info.h>
#include <abi/call.h>
#include <abi/invoke.h>
#include <stdbool.h>

/** The program. When it returns the machine ends. @return 0 for success */
int first_main(void);

/** The boot information page. */
const struct boot_info *first_info(void);

/** The message buffer of the main thread. */
struct message_buffer *first_buffer(void);

/** Print on the first serial port. Formats: %s %c %d %u %x, %l for 64 bits, widths. */
void first_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** End the machine (QEMU's isa-debug-exit at port 0xf4: exit status 2 * status + 1). */
_Noreturn void first_exit(int status);

/** Say what failed, where, and end the machine. */
#define FIRST_CHECK(condition) \
    ((condition) ? (void)0 : first_fail(#condition, __FILE__, __LINE__))
_Noreturn void first_fail(const char *condition, const char *file, int line);

/** An empty slot of the first CNode. Never given back. */
cap_t first_slot(void);

/** `count` empty slots in a row. @return the first */
cap_t first_slots(word_t count);

/** A new object out of the largest Untyped, in a new slot. */
cap_t first_make(word_t type, word_t size);

/** The largest Untyped. */
cap_t first_untyped(void);

/** Map a new frame into an address space, supplying tables as needed. @return the frame */
cap_t first_map(cap_t space, word_t vaddr, word_t flags);

/** A new address space with the program's own text, data and stack in it: a second process that
 * shares everything. */
cap_t first_clone_space(void);

/** A thread to be started by first_thread_start. */
struct first_thread {
    cap_t thread;
    cap_t sc;          /**< 0: passive */
    cap_t buffer;
    struct message_buffer *message;
    word_t stack_top;
};

/**
 * A thread in `space` (0: the program's own) with its own stack and message buffer.
 * @param priority of its scheduling context; a full one with a long turn. -1: passive
 */
struct first_thread first_thread_make(cap_t space, int priority);

/** Start it in `function`, which must not return. */
void first_thread_start(const struct first_thread *t, void (*function)(word_t), word_t argument);

/** Time stamp counter. */
static inline word_t first_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (word_t)high << 32 | low;
}

#endif
