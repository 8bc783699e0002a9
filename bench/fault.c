/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page faults, exceptions and foreign system calls: a thread of the other address space, and its
 * handler here, which is passive, as servers are. Both are more urgent than the main thread, which
 * therefore goes on when they are done: the handler answers no more, or the thread waits for ever.
 */
#include "bench.h"

#define PAGE_AT 0x380000000ul

/* What the handlers use: they run in this address space. */
static cap_t faults, answer, frame;

/* A thread in the other address space, whose faults go to a new endpoint `faults`. */
static struct first_thread make_faulter(void)
{
    struct first_thread t = first_thread_make(other_space, PRIORITY_MAIN + 1);

    faults = first_make(TYPE_ENDPOINT, 0);
    answer = first_make(TYPE_REPLY, 0);
    FIRST_CHECK(thread_configure(t.thread, 0, 0, 0, faults, 0) == E_OK);
    return t;
}

/* Maps the page wherever the fault was. */
static void pager(word_t space)
{
    struct message m = {.tag = 0};

    MUST(sys_recv(faults, answer, &m, 0));
    for (;;) {
        MUST(address_space_map(space, 0, frame, 1, m.w[0], MAP_READ | MAP_WRITE));
        m.tag = 0;
        MUST(sys_reply_recv(faults, answer, &m, 0));
    }
}

/* Unmapping is this thread's own business, and not counted. @param x frame, runs, space */
static void toucher(word_t x)
{
    word_t page = x & 0xffff;
    word_t space = x >> 32;
    word_t nothing = space + 1;
    struct message m = {.tag = 0};

    for (word_t i = x >> 16 & 0xffff; i > 0; i--) {
        BEGIN(PATH_fault);
        *(volatile word_t *)PAGE_AT = i;
        END(PATH_fault);
        MUST(address_space_unmap(space, 0, page, 1));
    }
    (void)sys_recv(nothing, 0, &m, 0);
}

/* The frame is mapped once before, so that the tables are there. */
static void bench_page_fault(void)
{
    cap_t space = first_slots(2); /* the second is a notification on which the thread ends */
    struct first_thread t = make_faulter();

    FIRST_CHECK(cnode_copy(ROOT_CNODE, space, 0, other_space, RIGHT_ALL, 1) == E_OK);
    FIRST_CHECK(untyped_retype(first_untyped(), TYPE_NOTIFICATION, 0, 0, space + 1, 1) == E_OK);
    frame = first_make(TYPE_FRAME, 0);
    map_at(space, frame, PAGE_AT, MAP_READ | MAP_WRITE);
    FIRST_CHECK(address_space_unmap(space, 0, frame, 1) == E_OK);
    start_passive(0, pager, space);
    first_thread_start(&t, toucher, space << 32 | (word_t)runs << 16 | frame);
}

/* Sees exceptions, and lets the thread try again: which is an exception again. */
static void exception_handler(word_t n)
{
    struct message m = {.tag = 0};

    MUST(sys_recv(faults, answer, &m, 0));
    for (word_t i = 0; i < n; i++) {
        LAP(PATH_exception);
        m.tag = 0;
        MUST(sys_reply_recv(faults, answer, &m, 0));
    }
    END(PATH_exception);
    (void)sys_recv(faults, 0, &m, 0);
}

static void undefined(word_t x)
{
    (void)x;
    for (;;) {
        BEGIN(PATH_exception_set);
        __asm__ volatile("ud2");
        END(PATH_exception_set);
    }
}

static void bench_exception(void)
{
    struct first_thread t = make_faulter();

    start_passive(0, exception_handler, runs);
    first_thread_start(&t, undefined, 0);
}

/* Sets all registers, and the instruction pointer to what follows: what an emulator does. */
static void setting_handler(word_t n)
{
    struct message m = {.tag = 0};

    MUST(sys_recv(faults, answer, &m, 0));
    for (word_t i = 0; i < n; i++) {
        m.tag = MESSAGE_TAG(0, 21, 0);
        m.w[0] = m.w[2] + 2;
        m.w[1] = m.w[3];
        m.w[2] = m.w[4];
        m.w[3] = m.w[4] = m.w[5] = m.w[6] = m.w[7] = 0;
        MUST(sys_reply_recv(faults, answer, &m, 0));
    }
    (void)sys_recv(faults, 0, &m, 0);
}

static void bench_exception_set(void)
{
    struct first_thread t = make_faulter();

    start_passive(0, setting_handler, runs);
    first_thread_start(&t, undefined, 0);
}

/* Answers each system call with its number. */
static void personality(word_t n)
{
    struct message m = {.tag = 0};

    MUST(sys_recv(faults, answer, &m, 0));
    for (word_t i = 0; i < n; i++) {
        m.tag = MESSAGE_TAG(0, 1, 0);
        MUST(sys_reply_recv(faults, answer, &m, 0));
    }
    (void)sys_recv(faults, 0, &m, 0);
}

static void foreign(word_t x)
{
    (void)x;
    for (;;) {
        word_t number = 39;

        BEGIN(PATH_foreign);
        __asm__ volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
        END(PATH_foreign);
    }
}

/* A foreign thread has no CSpace. */
static void bench_foreign(void)
{
    struct first_thread with = make_faulter(); /* its context, stack and buffer serve */
    struct first_thread t = with;

    t.thread = first_make(TYPE_THREAD, 0);
    FIRST_CHECK(thread_configure(t.thread, 0, other_space, with.buffer, faults, 0) == E_OK);
    FIRST_CHECK(thread_set_flags(t.thread, THREAD_FOREIGN) == E_OK);
    FIRST_CHECK(sched_context_unbind(with.sc) == E_OK);
    FIRST_CHECK(sched_context_bind(with.sc, t.thread) == E_OK);
    start_passive(0, personality, runs);
    first_thread_start(&t, foreign, 0);
}

void bench_fault(void)
{
    bench_page_fault();
    bench_exception();
    bench_exception_set();
    bench_foreign();
}
