/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions as messages, and what becomes of a faulting thread whose handler is not there. */
#include "test.h"

/* Vectors. */
#define DIVIDE     0u
#define DEBUG      1u
#define BREAKPOINT 3u
#define UNDEFINED  6u
#define PROTECTION 13u

static volatile word_t went_on;

static void undefined(word_t unused)
{
    (void)unused;
    __asm__ volatile("ud2");
    went_on = 1;
}

static void divide(word_t by)
{
    __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; div %0" : : "r"(by) : "rax", "rdx", "cc");
    went_on = 2;
}

static void breakpoint(word_t unused)
{
    (void)unused;
    __asm__ volatile("int3");
    went_on = 3;
}

static void halt(word_t unused)
{
    (void)unused;
    __asm__ volatile("hlt");
}

static void interrupt_80(word_t unused)
{
    (void)unused;
    __asm__ volatile("int $0x80");
}

static void far_away(word_t unused)
{
    (void)unused;
    __asm__ volatile("mov (%0), %%al" : : "r"(0x0000800000000000ul) : "rax");
}

static void one_step(word_t unused)
{
    (void)unused;
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" : : : "memory", "cc");
    went_on = 4;
}

static void check_exception(const struct faulted *f, word_t vector, word_t error,
                            void (*in)(word_t))
{
    EQUAL(f->m.tag, MESSAGE_TAG(FAULT_EXCEPTION, 5, 0));
    EQUAL(f->m.w[0], vector);
    EQUAL(f->m.w[1], error);
    BETWEEN((word_t)in, f->m.w[2], (word_t)in + 64);
    BETWEEN(f->w.stack_top - 256, f->m.w[3], f->w.stack_top);
    EQUAL(f->m.w[4] & 0x202, 0x202);
}

/* Answer with the registers that the thread has, but another instruction pointer. */
static void go_on_at(struct faulted *f, word_t ip)
{
    word_t r[8];

    FAILS(E_OK, thread_read_registers(f->w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6],
                                      &r[7]));
    r[0] = ip;
    for (word_t i = 0; i < 8; i++)
        f->m.w[i] = r[i];
    test_answer(f, 21);
}

TEST(fault_undefined, "ud2: vector 6; the answer can set all registers and skip it")
{
    struct faulted f;

    went_on = 0;
    test_fault(&f, undefined, 0, 0);
    check_exception(&f, UNDEFINED, 0, undefined);
    go_on_at(&f, f.m.w[2] + 2);
    EQUAL(went_on, 1);
    EQUAL(test_state(f.w.thread), RESTING);
}

TEST(fault_divide, "division by zero: vector 0; with another divisor it succeeds")
{
    struct faulted f;
    word_t r[8];

    went_on = 0;
    test_fault(&f, divide, 0, 0);
    check_exception(&f, DIVIDE, 0, divide);
    test_answer(&f, 0);
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK)); /* the same again */
    EQUAL(f.m.w[0], DIVIDE);
    DONE(thread_read_registers(f.w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]));
    for (word_t i = 0; i < 8; i++)
        f.m.w[i] = r[i];
    f.m.w[5] = 1; /* rdi */
    test_answer(&f, 21);
    EQUAL(went_on, 2);
}

TEST(fault_breakpoint, "int3: vector 3, and an empty answer goes on behind it")
{
    struct faulted f;

    went_on = 0;
    test_fault(&f, breakpoint, 0, 0);
    check_exception(&f, BREAKPOINT, 0, breakpoint);
    test_answer(&f, 0);
    EQUAL(went_on, 3);
}

TEST(fault_protection, "privileged instructions, gates and addresses that are none: vector 13")
{
    struct faulted f;

    test_fault(&f, halt, 0, 0);
    check_exception(&f, PROTECTION, 0, halt);
    test_fault(&f, interrupt_80, 0, 0);
    EQUAL(f.m.w[0], PROTECTION);
    EQUAL(f.m.w[1] % 8, 2); /* a gate; which, QEMU 7.2 tells wrongly: 16 times its number */
    test_fault(&f, far_away, 0, 0);
    check_exception(&f, PROTECTION, 0, far_away);
}

TEST(fault_step, "the trap flag: vector 1 behind each instruction")
{
    struct faulted f;

    went_on = 0;
    test_fault(&f, one_step, 0, 0);
    EQUAL(f.m.w[0], DEBUG);
    word_t first = f.m.w[2];

    test_answer(&f, 0);
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    EQUAL(f.m.w[0], DEBUG);
    EQUAL(f.m.w[2], first + 1);
}

TEST(fault_answers,
     "answers to an exception: 0 or 21 words, others give MESSAGE or ARG and it waits on")
{
    struct faulted f;

    test_fault(&f, undefined, 0, 0);
    for (word_t words = 1; words <= MESSAGE_WORDS; words++) {
        struct message m = {.tag = MESSAGE_TAG(0, words, 0), .w = {USER_END}};

        REFUSED(words == 21 ? E_ARG : E_MESSAGE, sys_send(f.reply, &m, 0));
    }
    EQUAL(test_state(f.w.thread), REPLYING);
}

TEST(fault_no_handler, "without a handler the thread stays suspended, and says with which fault")
{
    struct worker w = test_worker(-1);
    word_t state, waits, sc, flags, label;

    w.thread = test_make(TYPE_THREAD, 0);
    DONE(thread_configure(w.thread, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
    DONE(sched_context_bind(test_context(TEST_ABOVE), w.thread));
    test_start(&w, undefined, 0);
    DONE(thread_inspect(w.thread, &state, &waits, &sc, &flags, &label));
    EQUAL(state, SUSPENDED);
    EQUAL(label, FAULT_EXCEPTION);
    /* Given a handler and resumed it does it again. */
    struct faulted f = {.endpoint = test_make(TYPE_ENDPOINT, 0), .reply = test_make(TYPE_REPLY, 0)};

    test_faults_to(&w, f.endpoint);
    DONE(thread_resume(w.thread));
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    EQUAL(f.m.w[0], UNDEFINED);
}

TEST(fault_handler_gone, "a thread whose fault nobody can receive any more stays suspended")
{
    struct worker w = test_worker(TEST_ABOVE);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);

    test_faults_to(&w, endpoint);
    test_start(&w, undefined, 0);
    EQUAL(test_state(w.thread), SENDING);
    DONE(cnode_revoke(ROOT_CNODE, endpoint)); /* its copy */
    EQUAL(test_state(w.thread), SENDING);
    DONE(cnode_delete(ROOT_CNODE, endpoint, 1));
    EQUAL(test_state(w.thread), SUSPENDED);
}

TEST(fault_handler_dies,
     "a handler that dies with the fault: the thread does it again, for the next handler")
{
    struct faulted f;

    test_fault(&f, undefined, 0, 7);
    DONE(cnode_delete(ROOT_CNODE, f.reply, 1));
    EQUAL(test_state(f.w.thread), SENDING);
    f.reply = test_make(TYPE_REPLY, 0);
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    EQUAL(f.m.badge, 7);
    check_exception(&f, UNDEFINED, 0, undefined);
}

TEST(fault_no_reply, "a fault received without Reply object leaves the thread suspended")
{
    struct worker w = test_worker(TEST_ABOVE);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    struct message m = {.tag = 0};

    test_faults_to(&w, endpoint);
    test_start(&w, undefined, 0);
    DONE(sys_recv(endpoint, 0, &m, SYS_NONBLOCK));
    EQUAL(message_label(m.tag), FAULT_EXCEPTION);
    EQUAL(test_state(w.thread), SUSPENDED);
}

TEST(fault_suspend, "a faulting thread that is suspended and resumed does it again")
{
    struct faulted f;

    test_fault(&f, undefined, 0, 0);
    DONE(thread_suspend(f.w.thread));
    FAILS(E_STATE, sys_send(f.reply, &f.m, 0));
    DONE(thread_resume(f.w.thread));
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    check_exception(&f, UNDEFINED, 0, undefined);
}
