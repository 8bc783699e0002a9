/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel, from outside: every exception arrives as the message that the ABI
 * promises, no register of a thread is lost or shown to another, and nothing that user mode can do
 * with flags, stack pointers and segment registers disturbs the kernel.
 */
#include <first/first.h>

#include "cases.h"

#define BREAKPOINT 3u
#define PAGE_FAULT 14u
#define SPINNERS   3u
#define TURN       2000000ul /* ticks; short, so that spinners are often interrupted */

static unsigned passed, failed;
static cap_t endpoint;
static cap_t reply[SPINNERS]; /* one for each thread that may wait */
static word_t here = 0x5e1f;  /* what FS and GS of a test thread point at */

static void report(const char *name, bool good, word_t a, word_t b)
{
    if (good) {
        passed++;
        first_print("ok %s\n", name);
        return;
    }
    failed++;
    first_print("FAIL %s: %lx, %lx\n", name, a, b);
}

/* A thread whose faults come to the endpoint. */
static struct first_thread make(word_t priority)
{
    struct first_thread t = first_thread_make(0, (int)priority);

    FIRST_CHECK(thread_configure(t.thread, ROOT_CNODE, ROOT_SPACE, t.buffer, endpoint, 0) == E_OK);
    return t;
}

static void start(const struct first_thread *t, word_t program, word_t tls, word_t argument)
{
    FIRST_CHECK(thread_suspend(t->thread) == E_OK);
    FIRST_CHECK(thread_write_registers(t->thread, program, t->stack_top - 8, 0, tls, tls, argument,
                                       0, 0) == E_OK);
    FIRST_CHECK(thread_resume(t->thread) == E_OK);
}

/* The next fault: its vector, and the words that say where and why. The thread waits in `who`. */
static word_t fault(word_t who, word_t *error, word_t *ip)
{
    struct message m = {.tag = 0};

    FIRST_CHECK(sys_recv(endpoint, reply[who], &m, 0) == E_OK);
    *error = m.w[1];
    *ip = m.w[2];
    if (message_label(m.tag) == FAULT_PAGE)
        return PAGE_FAULT;
    FIRST_CHECK(message_label(m.tag) == FAULT_EXCEPTION);
    return m.w[0];
}

static void run_case(const struct first_thread *t, const struct door_case *c)
{
    word_t error, ip;

    start(t, c->start, 0, 0);
    word_t vector = fault(0, &error, &ip);
    if (vector != c->vector)
        report(c->name, false, vector, ip);
    else if (c->error != CASE_ANY && error != c->error)
        report(c->name, false, error, c->error);
    else
        report(c->name, c->ip == 0 || ip == c->ip, ip, c->ip);
}

static void cases(void)
{
    struct first_thread t = make(100);

    for (const struct door_case *c = door_cases; c < door_cases_end; c++)
        run_case(&t, c);
    FIRST_CHECK(thread_suspend(t.thread) == E_OK);
}

/* Everybody holds other numbers in all registers, and they interrupt each other. */
static void spin(void)
{
    struct first_thread t[SPINNERS];
    word_t good = 0, error, ip, consumed, budget, period, priority, bound;

    for (word_t i = 0; i < SPINNERS; i++) {
        t[i] = make(50);
        FIRST_CHECK(cpu_configure(ROOT_CPU, t[i].sc, TURN, TURN, 50) == E_OK);
        start(&t[i], (word_t)door_spin, 0, 0x1010101010 * (i + 1));
    }
    for (word_t i = 0; i < SPINNERS; i++)
        good += fault(i, &error, &ip) == BREAKPOINT;
    report("interrupts leave every register as it was, FPU and SSE too", good == SPINNERS, good,
           SPINNERS);
    FIRST_CHECK(sched_context_consumed(t[0].sc, &consumed, &budget, &period, &priority, &bound) ==
                E_OK);
    for (word_t i = 0; i < SPINNERS; i++)
        FIRST_CHECK(thread_suspend(t[i].thread) == E_OK);
    report("and there were interrupts", consumed > 5 * TURN, consumed, TURN);
}

/* A thread with the same FS base as another loads selectors, which makes its base 0; the other must
 * see neither. */
static void segments(void)
{
    struct first_thread a = make(100), b = make(100);
    word_t error, ip, tls = (word_t)&here;

    start(&a, (word_t)door_tls, tls, here);
    report("FS and GS bases are the thread's", fault(0, &error, &ip) == BREAKPOINT, ip, 0);
    start(&a, (word_t)door_segments, tls, 0);
    report("selectors can be loaded", fault(0, &error, &ip) == BREAKPOINT, ip, 0);
    start(&b, (word_t)door_tls, tls, here);
    report("another thread sees neither selectors nor bases", fault(1, &error, &ip) == BREAKPOINT,
           ip, 0);
}

int first_main(void)
{
    endpoint = first_make(TYPE_ENDPOINT, 0);
    for (word_t i = 0; i < SPINNERS; i++)
        reply[i] = first_make(TYPE_REPLY, 0);
    cases();
    spin();
    segments();
    first_print("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
