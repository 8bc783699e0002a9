/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign threads: their system calls are calls on a handler. */
#include "test.h"

/* Registers of a program before and behind a system call, in this order. */
enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, REGISTERS };

static volatile word_t before[REGISTERS] __attribute__((used)),
    behind[REGISTERS] __attribute__((used));
static volatile word_t rounds __attribute__((used)), times __attribute__((used));

/* Load all registers but the stack pointer, make a system call, store them; `times` times. */
void foreign_program(word_t unused);
__asm__(".globl foreign_program\n"
        "foreign_program:\n"
        "        push %rbp\n"
        "1:      mov before+8*0, %rax\n   mov before+8*1, %rbx\n   mov before+8*2, %rcx\n"
        "        mov before+8*3, %rdx\n   mov before+8*4, %rsi\n   mov before+8*5, %rdi\n"
        "        mov before+8*6, %rbp\n   mov before+8*7, %r8\n    mov before+8*8, %r9\n"
        "        mov before+8*9, %r10\n   mov before+8*10, %r11\n  mov before+8*11, %r12\n"
        "        mov before+8*12, %r13\n  mov before+8*13, %r14\n  mov before+8*14, %r15\n"
        "foreign_call:\n"
        "        syscall\n"
        "foreign_next:\n"
        "        mov %rax, behind+8*0\n   mov %rbx, behind+8*1\n   mov %rcx, behind+8*2\n"
        "        mov %rdx, behind+8*3\n   mov %rsi, behind+8*4\n   mov %rdi, behind+8*5\n"
        "        mov %rbp, behind+8*6\n   mov %r8, behind+8*7\n    mov %r9, behind+8*8\n"
        "        mov %r10, behind+8*9\n   mov %r11, behind+8*10\n  mov %r12, behind+8*11\n"
        "        mov %r13, behind+8*12\n  mov %r14, behind+8*13\n  mov %r15, behind+8*14\n"
        "        incq rounds\n"
        "        mov rounds, %rax\n"
        "        cmp times, %rax\n"
        "        jb 1b\n"
        "        ud2\n");
extern char foreign_call[], foreign_next[];

static void fill(void)
{
    for (word_t i = 0; i < REGISTERS; i++)
        before[i] = 0x1111111111111111ul * (i + 1);
    before[RAX] = 231;
    rounds = 0;
    times = 1;
}

/* A foreign thread above the main thread, not started. */
static struct worker make_foreign(cap_t handler)
{
    struct worker stack = test_worker(-1);
    struct worker w = {.thread = test_make(TYPE_THREAD, 0), .sc = test_context(TEST_ABOVE),
                       .stack_top = stack.stack_top};

    FIRST_CHECK(thread_configure(w.thread, 0, ROOT_SPACE, 0, handler, 0) == E_OK);
    FIRST_CHECK(thread_set_flags(w.thread, THREAD_FOREIGN) == E_OK);
    FIRST_CHECK(sched_context_bind(w.sc, w.thread) == E_OK);
    return w;
}

static void check_call(const struct message *m)
{
    EQUAL(m->tag, MESSAGE_TAG(FAULT_SYSCALL, 8, 0));
    EQUAL(m->w[0], before[RAX]);
    EQUAL(m->w[1], before[RDI]);
    EQUAL(m->w[2], before[RSI]);
    EQUAL(m->w[3], before[RDX]);
    EQUAL(m->w[4], before[R10]);
    EQUAL(m->w[5], before[R8]);
    EQUAL(m->w[6], before[R9]);
    EQUAL(m->w[7], (word_t)foreign_next);
}

/* All registers are what they were, but the result, and what SYSCALL itself takes. */
static void check_behind(word_t result)
{
    EQUAL(behind[RAX], result);
    for (word_t i = 0; i < REGISTERS; i++) {
        if (i != RAX && i != RCX && i != R11)
            test_equal(behind[i], before[i], "a register behind the call", __FILE__, (int)i);
    }
    EQUAL(behind[RCX], (word_t)foreign_next);
    EQUAL(behind[R11] & ~0x8d5ul, 0x202);
}

struct handled {
    cap_t endpoint, reply;
    struct message m;
    struct worker w;
};

/* The thread has made its call, and it has been received. */
static void start(struct handled *h)
{
    fill();
    *h = (struct handled){.endpoint = test_make(TYPE_ENDPOINT, 0),
                          .reply = test_make(TYPE_REPLY, 0)};
    h->w = make_foreign(test_badge(h->endpoint, 17));
    test_start(&h->w, foreign_program, 0);
    EQUAL(test_state(h->w.thread), SENDING);
    FAILS(E_OK, sys_recv(h->endpoint, h->reply, &h->m, SYS_NONBLOCK));
    EQUAL(h->m.badge, 17);
}

/* Its last instruction is ud2: the program has come to its end. */
static void check_end(struct handled *h)
{
    FAILS(E_OK, sys_recv(h->endpoint, h->reply, &h->m, SYS_NONBLOCK));
    EQUAL(h->m.tag, MESSAGE_TAG(FAULT_EXCEPTION, 5, 0));
}

TEST(foreign_call,
     "a system call arrives with number, arguments and address; the result is one word")
{
    struct handled h;

    start(&h);
    check_call(&h.m);
    h.m.tag = MESSAGE_TAG(0, 1, 0);
    h.m.w[0] = (word_t)-38;
    DONE(sys_send(h.reply, &h.m, 0));
    check_end(&h);
    check_behind((word_t)-38);
}

/* A handler with time of its own or without: it counts the calls, and answers with their number. */
static struct {
    cap_t endpoint, reply;
    volatile word_t count, label;
} handler;

static void handle(word_t unused)
{
    struct message m = {.tag = 0};
    enum error e = sys_recv(handler.endpoint, handler.reply, &m, 0);

    (void)unused;
    while (e == E_OK && message_label(m.tag) == FAULT_SYSCALL) {
        if (handler.count == 0)
            check_call(&m);
        m.tag = MESSAGE_TAG(0, 1, 0);
        m.w[0] = ++handler.count;
        e = sys_reply_recv(handler.endpoint, handler.reply, &m, 0);
    }
    handler.label = message_label(m.tag);
}

static void handle_thousand(int priority, word_t flags)
{
    struct worker w = test_worker(priority), f;

    handler.endpoint = test_make(TYPE_ENDPOINT, 0);
    handler.reply = test_make(TYPE_REPLY, 0);
    handler.count = handler.label = 0;
    FIRST_CHECK(thread_set_flags(w.thread, flags) == E_OK);
    w.sc = priority < 0 ? test_context(TEST_ABOVE) : w.sc;
    if (priority < 0)
        FIRST_CHECK(sched_context_bind(w.sc, w.thread) == E_OK);
    test_start(&w, handle, 0);
    if (priority < 0)
        FIRST_CHECK(sched_context_unbind(w.sc) == E_OK);
    EQUAL(test_state(w.thread), RECEIVING);
    fill();
    times = 1000;
    f = make_foreign(handler.endpoint);
    test_start(&f, foreign_program, 0);
    EQUAL(handler.label, FAULT_EXCEPTION);
    EQUAL(handler.count, 1000);
    check_behind(1000);
}

TEST(foreign_own, "a thousand calls to a handler with time of its own")
{
    handle_thousand(TEST_ABOVE + 1, 0);
}

TEST(foreign_borrow, "a thousand calls to a handler that runs on the caller's time")
{
    handle_thousand(TEST_ABOVE + 1, THREAD_BORROW);
}

TEST(foreign_passive, "a thousand calls to a handler without time of its own")
{
    handle_thousand(-1, 0);
}

TEST(foreign_no_cspace,
     "a foreign thread cannot use a capability: its calls never reach the kernel's objects")
{
    struct handled h;
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t badged = test_badge(notification, 1);
    struct message m = {.tag = 0};

    start(&h);
    before[RAX] = SYS_SEND;
    before[RDI] = badged;
    times = 2;
    h.m.tag = MESSAGE_TAG(0, 1, 0);
    DONE(sys_send(h.reply, &h.m, 0));
    DONE(sys_recv(h.endpoint, h.reply, &h.m, SYS_NONBLOCK));
    check_call(&h.m);
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

TEST(foreign_registers, "an answer of 21 words sets all registers")
{
    struct handled h;
    struct message_buffer *b = test_buffer();
    static const word_t order[13] = {RAX, RBX, RCX, RBP, R8, R9, R10, R11, R12, R13, R14, R15, 0};

    start(&h);
    for (word_t i = 0; i < 12; i++)
        b->words[8 + i] = 1000 + order[i];
    h.m.tag = MESSAGE_TAG(0, 21, 0);
    h.m.w[0] = (word_t)foreign_next;
    h.m.w[1] = h.w.stack_top - 64;
    h.m.w[2] = 0x400 | 1; /* direction and carry */
    h.m.w[3] = 0;
    h.m.w[4] = 0;
    h.m.w[5] = 1000 + RDI;
    h.m.w[6] = 1000 + RSI;
    h.m.w[7] = 1000 + RDX;
    DONE(sys_send(h.reply, &h.m, 0));
    for (word_t i = 0; i < REGISTERS; i++)
        test_equal(behind[i], 1000 + i, "a register that was set", __FILE__, (int)i);
    check_end(&h);
    EQUAL(h.m.w[3], h.w.stack_top - 64);
    EQUAL(h.m.w[4] & 0x400, 0x400);
}

TEST(foreign_repeat,
     "a foreign thread that is suspended in a call, or whose handler dies, makes it again")
{
    struct handled h;

    start(&h);
    DONE(thread_suspend(h.w.thread));
    DONE(thread_resume(h.w.thread));
    DONE(sys_recv(h.endpoint, h.reply, &h.m, SYS_NONBLOCK));
    check_call(&h.m);
    DONE(cnode_delete(ROOT_CNODE, h.reply, 1));
    h.reply = test_make(TYPE_REPLY, 0);
    DONE(sys_recv(h.endpoint, h.reply, &h.m, SYS_NONBLOCK));
    check_call(&h.m);
    h.m.tag = MESSAGE_TAG(0, 1, 0);
    h.m.w[0] = 5;
    DONE(sys_send(h.reply, &h.m, 0));
    check_behind(5);
    EQUAL(rounds, 1);
}

TEST(foreign_handler_gone,
     "a foreign thread whose handler is gone makes its call again when it is resumed")
{
    struct handled h;
    cap_t next = test_make(TYPE_ENDPOINT, 0);

    fill();
    h.endpoint = test_make(TYPE_ENDPOINT, 0);
    h.reply = test_make(TYPE_REPLY, 0);
    h.w = make_foreign(h.endpoint);
    test_start(&h.w, foreign_program, 0);
    EQUAL(test_state(h.w.thread), SENDING);
    DONE(cnode_revoke(ROOT_CNODE, h.endpoint));
    DONE(cnode_delete(ROOT_CNODE, h.endpoint, 1));
    EQUAL(test_state(h.w.thread), SUSPENDED);
    DONE(thread_configure(h.w.thread, 0, 0, 0, next, 0));
    DONE(thread_resume(h.w.thread));
    DONE(sys_recv(next, h.reply, &h.m, SYS_NONBLOCK));
    check_call(&h.m);
}
