/* SPDX-License-Identifier: BSD-2-Clause */
/* Page faults by the hundred, to a pager with and without time of its own: all registers survive.
 */
#include "test.h"

#define PAGES 200u

/* Registers of a program before and behind its access, in this order; rdi has the address. */
enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, REGISTERS };

static volatile word_t pager_in[REGISTERS] __attribute__((used)),
    pager_out[REGISTERS] __attribute__((used));
static volatile word_t touched, wrong;

static void __attribute__((noinline)) touch(void)
{
    __asm__ volatile(
        "push %%rbp\n"
        "mov pager_in+8*0, %%rax\n   mov pager_in+8*1, %%rbx\n   mov pager_in+8*2, %%rcx\n"
        "mov pager_in+8*3, %%rdx\n   mov pager_in+8*4, %%rsi\n   mov pager_in+8*5, %%rdi\n"
        "mov pager_in+8*6, %%rbp\n   mov pager_in+8*7, %%r8\n    mov pager_in+8*8, %%r9\n"
        "mov pager_in+8*9, %%r10\n   mov pager_in+8*10, %%r11\n  mov pager_in+8*11, %%r12\n"
        "mov pager_in+8*12, %%r13\n  mov pager_in+8*13, %%r14\n  mov pager_in+8*14, %%r15\n"
        "incb (%%rdi)\n"
        "mov %%rax, pager_out+8*0\n   mov %%rbx, pager_out+8*1\n   mov %%rcx, pager_out+8*2\n"
        "mov %%rdx, pager_out+8*3\n   mov %%rsi, pager_out+8*4\n   mov %%rdi, pager_out+8*5\n"
        "mov %%rbp, pager_out+8*6\n   mov %%r8, pager_out+8*7\n    mov %%r9, pager_out+8*8\n"
        "mov %%r10, pager_out+8*9\n   mov %%r11, pager_out+8*10\n  mov %%r12, pager_out+8*11\n"
        "mov %%r13, pager_out+8*12\n  mov %%r14, pager_out+8*13\n  mov %%r15, pager_out+8*14\n"
        "pop %%rbp\n"
        :
        :
        : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
          "r15", "memory", "cc");
}

static void touch_all(word_t at)
{
    for (word_t i = 0; i < PAGES; i++) {
        for (word_t r = 0; r < REGISTERS; r++)
            pager_in[r] = (i * 64 + r + 1) * 0x9e3779b97f4a7c15ul;
        pager_in[RDI] = at + i * 4096 + i;
        touch();
        for (word_t r = 0; r < REGISTERS; r++)
            wrong += pager_in[r] != pager_out[r];
        touched++;
    }
}

static struct {
    cap_t endpoint, reply, frames;
    word_t at;
    volatile word_t faults, error;
} pager;

static void page_in(word_t unused)
{
    struct message m = {.tag = 0};
    enum error e = sys_recv(pager.endpoint, pager.reply, &m, 0);

    (void)unused;
    while (e == E_OK && m.tag == MESSAGE_TAG(FAULT_PAGE, 5, 0)) {
        word_t page = (m.w[0] - pager.at) / 4096;

        pager.error = address_space_map(ROOT_SPACE, 0, pager.frames + page, 1,
                                        pager.at + page * 4096, MAP_READ | MAP_WRITE);
        pager.faults++;
        m.tag = 0;
        e = sys_reply_recv(pager.endpoint, pager.reply, &m, 0);
    }
}

/* @param priority of the pager, -1: none of its own */
static void page_all(int priority, word_t flags)
{
    struct worker p = test_worker(priority), w = test_worker(TEST_ABOVE);
    cap_t sc = test_context(TEST_ABOVE);

    pager.endpoint = test_make(TYPE_ENDPOINT, 0);
    pager.reply = test_make(TYPE_REPLY, 0);
    pager.frames = test_make_many(TYPE_FRAME, 0, PAGES);
    pager.at = test_window(PAGES * 4096);
    pager.faults = touched = wrong = 0;
    FIRST_CHECK(thread_set_flags(p.thread, flags) == E_OK);
    if (priority < 0)
        FIRST_CHECK(sched_context_bind(sc, p.thread) == E_OK);
    test_start(&p, page_in, 0);
    FIRST_CHECK(sched_context_unbind(sc) == E_OK);
    EQUAL(test_state(p.thread), RECEIVING);
    test_faults_to(&w, pager.endpoint);
    test_start(&w, touch_all, pager.at);
    EQUAL(pager.faults, PAGES);
    EQUAL(pager.error, E_OK);
    EQUAL(touched, PAGES);
    EQUAL(wrong, 0);
    for (word_t i = 0; i < PAGES; i++)
        EQUAL(*(unsigned char *)(pager.at + i * 4096 + i), 1);
}

TEST(pager_own, "two hundred page faults to a pager with time of its own: all registers survive")
{
    page_all(TEST_ABOVE + 1, 0);
}

TEST(pager_borrow,
     "two hundred page faults to a pager that borrows its client's time: all registers survive")
{
    page_all(TEST_ABOVE + 1, THREAD_BORROW);
}

TEST(pager_passive,
     "two hundred page faults to a pager without time of its own: all registers survive")
{
    page_all(-1, 0);
}

TEST(pager_below, "two hundred page faults to a pager of lower priority: all registers survive")
{
    struct worker p = test_worker(TEST_ABOVE - 1), w = test_worker(TEST_ABOVE);

    pager.endpoint = test_make(TYPE_ENDPOINT, 0);
    pager.reply = test_make(TYPE_REPLY, 0);
    pager.frames = test_make_many(TYPE_FRAME, 0, PAGES);
    pager.at = test_window(PAGES * 4096);
    pager.faults = touched = wrong = 0;
    test_faults_to(&w, pager.endpoint);
    test_start(&w, touch_all, pager.at); /* the first fault waits for the pager to come */
    EQUAL(test_state(w.thread), SENDING);
    test_start(&p, page_in, 0);
    EQUAL(pager.faults, PAGES);
    EQUAL(touched, PAGES);
    EQUAL(wrong, 0);
}
