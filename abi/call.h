/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls, as a component makes them (x86-64). Generated operation
 * stubs (<abi/invoke.h>) and protocol stubs stand on these.
 *
 * A message of up to MESSAGE_REGS words travels in registers: a `struct message`
 * whose address does not escape is never stored in memory. Words from
 * MESSAGE_REGS on, and capabilities, are in the thread's message buffer.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

#include <abi/abi.h>

/** What travels in registers. */
struct message {
    word_t tag;             /**< see MESSAGE_TAG */
    word_t badge;           /**< received: badge of the sender's capability, or signal bits */
    word_t w[MESSAGE_REGS]; /**< first message words */
};

/** The page that a thread shares with the kernel for long messages; see abi.yaml, buffer. */
struct message_buffer {
    word_t words[MESSAGE_WORDS];
    word_t caps[MESSAGE_CAPS];
    word_t receive[MESSAGE_CAPS];
};

_Static_assert(__builtin_offsetof(struct message_buffer, caps) == BUFFER_CAPS * 8, "layout is ABI");
_Static_assert(__builtin_offsetof(struct message_buffer, receive) == BUFFER_RECEIVE * 8,
               "layout is ABI");

/** Tag of a message: a label (48 bits), the number of words and of capabilities. */
#define MESSAGE_TAG(label, words, caps) \
    ((word_t)(label)*65536u + (word_t)(caps)*256u + (word_t)(words))

static inline word_t message_label(word_t tag) { return tag / 65536u; }
static inline word_t message_words(word_t tag) { return tag % 256u; }
static inline word_t message_caps(word_t tag) { return tag / 256u % 256u; }

/** The one place where a component enters the kernel. Registers: docs/reference/kernel.md. */
static inline __attribute__((always_inline)) enum error sys_enter(word_t number, cap_t cap,
                                                                  cap_t reply, struct message *m)
{
    register word_t r10 __asm__("r10") = m->w[1];
    register word_t r8 __asm__("r8") = m->w[2];
    register word_t r9 __asm__("r9") = m->w[3];
    register word_t r12 __asm__("r12") = m->w[4];
    register word_t r13 __asm__("r13") = m->w[5];
    register word_t r14 __asm__("r14") = m->w[6];
    register word_t r15 __asm__("r15") = m->w[7];

    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(cap), "+S"(m->tag), "+b"(reply), "+d"(m->w[0]), "+r"(r10),
                       "+r"(r8), "+r"(r9), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
                     :
                     : "rcx", "r11", "memory", "cc");
    m->badge = cap;
    m->w[1] = r10;
    m->w[2] = r8;
    m->w[3] = r9;
    m->w[4] = r12;
    m->w[5] = r13;
    m->w[6] = r14;
    m->w[7] = r15;
    return (enum error)number;
}

/** Send `m` and wait for the reply, which replaces it. Errors: abi.yaml; DIED, GONE and CANCELLED
 * come from the other side. */
static inline __attribute__((always_inline)) enum error sys_call(cap_t cap, struct message *m)
{
    return sys_enter(SYS_CALL, cap, 0, m);
}

/** Send `m` (endpoint), signal (notification) or answer (Reply). @param flags 0 or SYS_NONBLOCK */
static inline __attribute__((always_inline)) enum error sys_send(cap_t cap, struct message *m,
                                                                 word_t flags)
{
    return sys_enter(SYS_SEND | flags, cap, 0, m);
}

/** Wait on an endpoint or a notification. @param reply Reply object for calls, 0: calls are
 * answered with STATE. */
static inline __attribute__((always_inline)) enum error sys_recv(cap_t cap, cap_t reply,
                                                                 struct message *m, word_t flags)
{
    return sys_enter(SYS_RECV | flags, cap, reply, m);
}

/** Answer the call in `reply` with `m`, then wait for the next message, which replaces it. */
static inline __attribute__((always_inline)) enum error
sys_reply_recv(cap_t cap, cap_t reply, struct message *m, word_t flags)
{
    return sys_enter(SYS_REPLY_RECV | flags, cap, reply, m);
}

/** The same with an answer of at most one word, as faults and foreign system calls are answered
 * with: nothing is loaded for the other words.
 * @param m its tag is that of the answer @return as sys_reply_recv */
static inline __attribute__((always_inline)) enum error sys_result_recv(cap_t cap, cap_t reply,
                                                                        word_t result,
                                                                        struct message *m)
{
    register word_t r10 __asm__("r10");
    register word_t r8 __asm__("r8");
    register word_t r9 __asm__("r9");
    register word_t r12 __asm__("r12");
    register word_t r13 __asm__("r13");
    register word_t r14 __asm__("r14");
    register word_t r15 __asm__("r15");
    word_t number = SYS_REPLY_RECV;

    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(cap), "+S"(m->tag), "+b"(reply), "+d"(result), "=r"(r10),
                       "=r"(r8), "=r"(r9), "=r"(r12), "=r"(r13), "=r"(r14), "=r"(r15)
                     :
                     : "rcx", "r11", "memory", "cc");
    m->badge = cap;
    m->w[0] = result;
    m->w[1] = r10;
    m->w[2] = r8;
    m->w[3] = r9;
    m->w[4] = r12;
    m->w[5] = r13;
    m->w[6] = r14;
    m->w[7] = r15;
    return (enum error)number;
}

#endif
