/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the tests one by one, prints a line for each, and at the end counts the outcomes of
 * operations that no test has provoked: they fail.
 *
 * A guard of the highest priority receives what must not happen: faults of the main thread and of
 * workers, and a timer when a test does not end. It puts the main thread back into the loop below.
 */
#include "area.h"

extern const struct test *const __start_tests[], *const __stop_tests[];

/* BADGE_TIME is a signal of the guard's timer; faults come with the others. */
#define BADGE_TIME 1u

static struct {
    const struct test *test;
    const char *name;
    bool failed;
    bool skipped;
    bool provoked;     /* a PAIR's outcome has been seen */
    word_t passed, failures;
    void *recover[5];  /* of __builtin_setjmp */
} run;

static const struct {
    const char *operation, *text;
    enum error outcome;
} pairs[PAIRS] = {
#define PAIR_ROW(operation, outcome, text) {#operation, text, E_##outcome},
    ABI_PAIRS(PAIR_ROW)
};
static bool covered[PAIRS];

static struct {
    cap_t endpoint, timer;
    char stack[4096] __attribute__((aligned(16)));
} guard;

/* --- What a test says ------------------------------------------------------------------------ */

static void note(const char *what, const char *file, int line, word_t a, word_t b)
{
    if (run.failed)
        return;
    run.failed = true;
    first_print("FAIL %s: %s (%s:%d; %lx %lx)\n", run.name, what, file, line, a, b);
}

static _Noreturn void recover(void)
{
    __builtin_longjmp(run.recover, 1);
}

static bool on_main_thread(void)
{
    extern char first_stack_end[];
    char here;

    return (word_t)&here < (word_t)first_stack_end &&
           (word_t)&here >= (word_t)first_stack_end - 65536;
}

static _Noreturn void give_up(void)
{
    if (on_main_thread())
        recover();
    for (;;) /* the guard is told by the fault, and ends the test */
        __asm__ volatile("ud2");
}

void test_skip(const char *why)
{
    first_print("# skipped: %s: %s\n", run.name, why);
    run.skipped = true;
    recover();
}

void test_fail(const char *what, const char *file, int line)
{
    note(what, file, line, 0, 0);
    give_up();
}

void test_equal(word_t is, word_t expected, const char *what, const char *file, int line)
{
    if (is == expected)
        return;
    note(what, file, line, is, expected);
    give_up();
}

void test_between(word_t low, word_t is, word_t high, const char *what, const char *file, int line)
{
    if (is >= low && is <= high)
        return;
    note(what, file, line, is, is < low ? low : high);
    give_up();
}

/* Does the text of a call begin with the operation's name? */
static bool names(const char *call, const char *operation)
{
    while (*operation != 0 && *call == *operation) {
        call++;
        operation++;
    }
    return *operation == 0;
}

void test_outcome(enum error is, enum error expected, const char *call, const char *file, int line)
{
    word_t pair = run.test->pair;

    test_equal(is, expected, call, file, line);
    if (pair != 0 && pairs[pair - 1].outcome == expected && names(call, pairs[pair - 1].operation))
        run.provoked = true;
}

/* --- The guard ------------------------------------------------------------------------------- */

static void guard_main(word_t unused)
{
    (void)unused;
    for (;;) {
        struct message m = {.tag = 0};
        enum error e = sys_recv(guard.endpoint, 0, &m, 0);

        if (e != E_OK)
            first_fail("the guard's endpoint works", __FILE__, __LINE__);
        if (message_label(m.tag) == MESSAGE_SIGNAL)
            note("it does not end", run.name, 0, 0, 0);
        else if (message_label(m.tag) == FAULT_PAGE)
            note("page fault: address, ip", run.name, (int)m.badge, m.w[0], m.w[2]);
        else
            note("fault: label * 256 + vector, ip", run.name, (int)m.badge,
                 message_label(m.tag) * 256 + m.w[0], m.w[2]);
        /* The main thread may wait, and what it runs on may be lent: take both back. */
        FIRST_CHECK(thread_suspend(ROOT_THREAD) == E_OK);
        FIRST_CHECK(sched_context_unbind(ROOT_SCHED) == E_OK);
        FIRST_CHECK(sched_context_bind(ROOT_SCHED, ROOT_THREAD) == E_OK);
        FIRST_CHECK(thread_write_registers(ROOT_THREAD, (word_t)recover, (word_t)guard.stack + 4088,
                                           0, 0, 0, 0, 0, 0) == E_OK);
        FIRST_CHECK(thread_resume(ROOT_THREAD) == E_OK);
    }
}

static void guard_start(void)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t badged = first_slot();
    struct first_thread t = first_thread_make(0, 255);

    guard.endpoint = first_make(TYPE_ENDPOINT, 0);
    guard.timer = first_make(TYPE_TIMER, 0);
    FIRST_CHECK(cnode_mint(ROOT_CNODE, badged, 0, notification, RIGHT_ALL, BADGE_TIME) == E_OK);
    FIRST_CHECK(timer_bind(guard.timer, badged) == E_OK);
    FIRST_CHECK(thread_bind(t.thread, notification) == E_OK);
    area_faults = first_slot();
    FIRST_CHECK(cnode_mint(ROOT_CNODE, area_faults, 0, guard.endpoint, RIGHT_ALL, 1) == E_OK);
    FIRST_CHECK(thread_configure(ROOT_THREAD, 0, 0, 0, area_faults, 0) == E_OK);
    first_thread_start(&t, guard_main, 0);
}

void test_allow(word_t ticks)
{
    FIRST_CHECK(timer_set(guard.timer, first_now() + ticks) == E_OK);
}

/* --- One after the other --------------------------------------------------------------------- */

static const char *name_of(const struct test *t)
{
    return t->pair == 0 ? t->name : pairs[t->pair - 1].text;
}

static void run_one(const struct test *t)
{
    run.test = t;
    run.name = name_of(t);
    run.failed = false;
    run.provoked = false;
    run.skipped = false;
    area_begin();
    test_allow(TEST_TICKS);
    if (__builtin_setjmp(run.recover) == 0)
        run.test->run();
    else
        run.failed |= !run.skipped;
    test_allow(10 * TEST_TICKS);
    const char *left = area_end();

    FIRST_CHECK(timer_cancel(guard.timer) == E_OK);
    if (left != 0)
        note(left, run.name, 0, 0, 0);
    if (run.test->pair != 0 && !run.provoked)
        note("it does not provoke this", run.name, 0, 0, 0);
    if (run.test->pair != 0)
        covered[run.test->pair - 1] = true;
    if (run.failed)
        run.failures++;
    if (run.failed || run.skipped)
        return;
    run.passed++;
    first_print("ok %s\n", run.name);
}

static void report_missing(void)
{
    for (word_t i = 0; i < PAIRS; i++) {
        if (covered[i])
            continue;
        run.failures++;
        first_print("FAIL %s: no test provokes it\n", pairs[i].text);
    }
}

int first_main(void)
{
    bool all = test_chosen("only", "");

    area_make();
    guard_start();
    for (const struct test *const *t = __start_tests; t != __stop_tests; t++) {
        if (test_chosen("only", name_of(*t)))
            run_one(*t);
    }
    if (all)
        report_missing();
    first_print("%lu passed, %lu failed\n", run.passed, run.failures);
    return run.failures != 0;
}
