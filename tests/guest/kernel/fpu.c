/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FPU state of threads is apart: XMM, and YMM where the processor has AVX. This program is
 * compiled without FPU registers, so nothing but the assembly below touches them.
 */
#include "test.h"

#define REGISTERS 16u
#define WORDS     4u /* of a YMM register; the lower two are XMM */

struct state {
    word_t r[REGISTERS][WORDS];
} __attribute__((aligned(32)));

#define EACH(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD_XMM(n)  "movdqu " #n "*32(%0), %%xmm" #n "\n"
#define STORE_XMM(n) "movdqu %%xmm" #n ", " #n "*32(%0)\n"
#define LOAD_YMM(n)  "vmovdqu " #n "*32(%0), %%ymm" #n "\n"
#define STORE_YMM(n) "vmovdqu %%ymm" #n ", " #n "*32(%0)\n"

/* AVX, and the kernel lets programs use it. */
static bool has_avx(void)
{
    uint32_t c = test_cpuid(1, 0).c;
    uint32_t low, high;

    if (!(c >> 28 & 1) || !(c >> 27 & 1))
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

static void load(const struct state *s)
{
    if (has_avx())
        __asm__ volatile(EACH(LOAD_YMM) : : "r"(s) : "memory");
    else
        __asm__ volatile(EACH(LOAD_XMM) : : "r"(s) : "memory");
}

static void store(struct state *s)
{
    if (has_avx())
        __asm__ volatile(EACH(STORE_YMM) : : "r"(s) : "memory");
    else
        __asm__ volatile(EACH(STORE_XMM) : : "r"(s) : "memory");
}

static void make(struct state *s, word_t seed)
{
    for (word_t i = 0; i < REGISTERS; i++) {
        for (word_t w = 0; w < WORDS; w++)
            s->r[i][w] = (seed * 64 + i * WORDS + w + 1) * 0x9e3779b97f4a7c15ul;
    }
}

/* Words that differ from what make(seed) gives. */
static word_t differing(word_t seed)
{
    word_t words = has_avx() ? 4 : 2, n = 0;
    struct state is, expected;

    make(&expected, seed);
    store(&is);
    for (word_t i = 0; i < REGISTERS; i++) {
        for (word_t w = 0; w < words; w++)
            n += is.r[i][w] != expected.r[i][w];
    }
    return n;
}

static struct {
    volatile word_t rounds[4], wrong, ones;
    volatile uint32_t mxcsr, control;
} results;

static void keep_state(word_t seed)
{
    struct state s;

    make(&s, seed);
    load(&s);
    for (;;) {
        results.wrong += differing(seed);
        results.rounds[seed]++;
    }
}

TEST(fpu_turns, "FPU: threads that are preempted keep their XMM and YMM registers")
{
    word_t start = first_now();
    word_t turn = first_info()->ticks_per_second / 10000;

    results.wrong = 0;
    for (word_t i = 0; i < 4; i++) {
        struct worker w = test_worker(TEST_BELOW);

        results.rounds[i] = 0;
        DONE(cpu_configure(ROOT_CPU, w.sc, turn, turn, TEST_PRIORITY));
        test_start(&w, keep_state, i);
    }
    while (first_now() < start + 400 * turn)
        (void)sched_context_yield(ROOT_SCHED);
    for (word_t i = 0; i < 4; i++)
        CHECK(results.rounds[i] > 10);
    EQUAL(results.wrong, 0);
}

static void look_fresh(word_t unused)
{
    struct state s;
    uint32_t mxcsr;
    uint16_t control;

    (void)unused;
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
    results.mxcsr = mxcsr;
    results.control = control;
    store(&s);
    results.ones = 0;
    for (word_t i = 0; i < REGISTERS; i++)
        results.ones += s.r[i][0] != 0 || s.r[i][1] != 0;
    make(&s, 9);
    load(&s); /* for the next to find, if it could */
    __asm__ volatile("fld1; fldpi");
}

TEST(fpu_fresh, "FPU: a new thread finds it clear, whoever used it or its memory before")
{
    struct state mine;
    cap_t memory = test_untyped(1);
    cap_t slot = test_slot();
    struct worker w = test_worker(TEST_ABOVE);

    make(&mine, 5);
    load(&mine);
    test_start(&w, look_fresh, 0);
    for (word_t i = 0; i < 3; i++) {
        EQUAL(results.ones, 0);
        EQUAL(results.mxcsr, 0x1f80);
        EQUAL(results.control, 0x37f);
        EQUAL(differing(5), 0);
        DONE(cnode_revoke(ROOT_CNODE, memory));
        DONE(untyped_retype(memory, TYPE_THREAD, 0, 0, slot, 1));
        DONE(thread_configure(slot, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
        if (i == 0)
            DONE(sched_context_unbind(w.sc));
        DONE(sched_context_bind(w.sc, slot));
        w.thread = slot;
        results.ones = results.mxcsr = results.control = 77;
        test_start(&w, look_fresh, 0);
    }
    DONE(sched_context_unbind(w.sc));
}

/* FXSAVE or XSAVE is the first instruction of the thread that touches the FPU. */
static void save_first(word_t unused)
{
    static uint8_t area[1024] __attribute__((aligned(64)));
    bool xsave = test_cpuid(1, 0).c >> 27 & 1;
    word_t ones = 0;

    (void)unused;
    if (xsave)
        __asm__ volatile("xsave (%0)" : : "r"(area), "a"(7), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave (%0)" : : "r"(area) : "memory");
    for (word_t i = 160; i < 416; i++) /* XMM */
        ones += area[i] != 0;
    for (word_t i = 576; i < 832; i++) /* upper halves of YMM */
        ones += area[i] != 0;
    results.ones = ones;
}

TEST(first_save, "first use: a thread that begins by saving the FPU saves its own, not another's")
{
    struct state mine;
    struct worker w = test_worker(TEST_ABOVE);

    make(&mine, 6);
    load(&mine);
    results.ones = 77;
    test_start(&w, save_first, 0);
    EQUAL(results.ones, 0);
    EQUAL(differing(6), 0);
}

static struct server quiet;

static void serve_with_fpu(word_t unused)
{
    struct message m = {.tag = 0};
    struct state s;
    enum error e;

    (void)unused;
    make(&s, 3);
    load(&s);
    e = sys_recv(quiet.endpoint, quiet.reply, &m, 0);
    while (e == E_OK) {
        results.wrong += differing(3);
        quiet.calls++;
        e = sys_reply_recv(quiet.endpoint, quiet.reply, &m, 0);
    }
}

TEST(fpu_calls, "FPU: client and server keep their own across a thousand calls")
{
    struct state mine;
    struct worker w = test_worker(-1);
    cap_t sc = test_context(TEST_ABOVE);
    struct message m = {.tag = 0};

    test_allow(4 * TEST_TICKS);
    quiet =
        (struct server){.endpoint = test_make(TYPE_ENDPOINT, 0), .reply = test_make(TYPE_REPLY, 0)};
    results.wrong = 0;
    DONE(sched_context_bind(sc, w.thread));
    test_start(&w, serve_with_fpu, 0);
    DONE(sched_context_unbind(sc));
    make(&mine, 2);
    load(&mine);
    for (word_t i = 0; i < 1000; i++) {
        DONE(sys_call(quiet.endpoint, &m));
        EQUAL(differing(2), 0);
    }
    EQUAL(quiet.calls, 1000);
    EQUAL(results.wrong, 0);
}
