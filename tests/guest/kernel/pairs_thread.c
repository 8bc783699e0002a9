/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the operations of Thread. */
#include "test.h"

static void nothing(word_t unused)
{
    (void)unused;
}

/* A thread that is blocked in Recv on an endpoint of its own. */
static struct worker receiver(struct server *s)
{
    struct worker w = test_server(s, TEST_ABOVE);

    EQUAL(test_state(w.thread), RECEIVING);
    return w;
}

PAIR(thread_configure, OK)
{
    cap_t thread = test_make(TYPE_THREAD, 0);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t frame = test_make(TYPE_FRAME, 0);

    DONE(thread_configure(thread, 0, 0, 0, 0, 0));
    FAILS(E_STATE, thread_resume(thread)); /* which has changed nothing */
    DONE(thread_configure(thread, ROOT_CNODE, ROOT_SPACE, frame, endpoint, endpoint));
    EQUAL(test_look(endpoint).child, 1);
    EQUAL(test_look(frame).child, 1);
    DONE(thread_resume(thread));
    DONE(thread_configure(thread, 0, 0, 0, test_make(TYPE_ENDPOINT, 0), 0));
    DONE(thread_configure(thread, 0, 0, 0, 0, test_make(TYPE_ENDPOINT, 0)));
    EQUAL(test_look(endpoint).child, 0); /* the thread's copies have gone */
    EQUAL(test_look(frame).child, 1);
}

PAIR(thread_configure, CAP)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_CAP, thread_configure(thread, test_beyond(), ROOT_SPACE, 0, 0, 0));
    REFUSED(E_CAP, thread_configure(thread, ROOT_CNODE, test_slot(), 0, 0, 0));
    REFUSED(E_CAP, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, test_beyond(), 0, 0));
    REFUSED(E_CAP, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, 0, test_beyond(), 0));
    REFUSED(E_CAP, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, 0, 0, ~0ul));
    REFUSED(E_STATE, thread_resume(thread));
}

PAIR(thread_configure, TYPE)
{
    cap_t thread = test_make(TYPE_THREAD, 0);
    cap_t wrong = test_make(TYPE_NOTIFICATION, 0);

    REFUSED(E_TYPE, thread_configure(thread, wrong, 0, 0, 0, 0));
    REFUSED(E_TYPE, thread_configure(thread, ROOT_CNODE, wrong, 0, 0, 0));
    REFUSED(E_TYPE, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, wrong, 0, 0));
    REFUSED(E_TYPE, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, 0, wrong, 0));
    REFUSED(E_TYPE, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, 0, 0, wrong));
    REFUSED(E_STATE, thread_resume(thread));
}

PAIR(thread_configure, RIGHTS)
{
    cap_t thread = test_make(TYPE_THREAD, 0);
    cap_t no_write = test_copy(thread, RIGHT_ALL - RIGHT_WRITE);
    cap_t frame = test_make(TYPE_FRAME, 0);
    cap_t endpoint = test_copy(test_make(TYPE_ENDPOINT, 0), RIGHT_ALL - RIGHT_WRITE);

    REFUSED(E_RIGHTS, thread_configure(no_write, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
    REFUSED(E_RIGHTS,
            thread_configure(thread, 0, test_copy(ROOT_SPACE, RIGHT_ALL - RIGHT_WRITE), 0, 0, 0));
    REFUSED(E_RIGHTS,
            thread_configure(thread, 0, 0, test_copy(frame, RIGHT_ALL - RIGHT_WRITE), 0, 0));
    REFUSED(E_RIGHTS,
            thread_configure(thread, 0, 0, test_copy(frame, RIGHT_ALL - RIGHT_READ), 0, 0));
    REFUSED(E_RIGHTS,
            thread_configure(thread, 0, 0, test_copy(frame, RIGHT_ALL - RIGHT_RAM), 0, 0));
    REFUSED(E_RIGHTS, thread_configure(thread, 0, 0, 0, endpoint, 0));
    REFUSED(E_RIGHTS, thread_configure(thread, 0, 0, 0, 0, endpoint));
}

PAIR(thread_configure, STATE)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    DONE(thread_set_flags(thread, THREAD_FOREIGN));
    REFUSED(E_STATE, thread_configure(thread, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
    DONE(thread_configure(thread, 0, ROOT_SPACE, 0, 0, 0));
}

/* All 21 registers, from the words given and the message buffer. */
static enum error thread_write_registers_all(cap_t thread, word_t ip, word_t words)
{
    struct message m = {.tag = MESSAGE_TAG(THREAD_WRITE_REGISTERS, words, 0),
                        .w = {ip, 2, 0xffffffffffffffff, 3, 4, 5, 6, 7}};

    return sys_call(thread, &m);
}

PAIR(thread_write_registers, OK)
{
    struct worker w = test_worker(-1);
    struct message_buffer *b = test_buffer();
    word_t r[8];

    DONE(thread_write_registers(w.thread, 0x1000, 0x2000, 0, 0x3000, 0x4000, 1, 2, 3));
    DONE(thread_read_registers(w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]));
    EQUAL(r[0], 0x1000);
    EQUAL(r[1], 0x2000);
    EQUAL(r[3], 0x3000);
    EQUAL(r[4], 0x4000);
    EQUAL(r[5], 1);
    EQUAL(r[6], 2);
    EQUAL(r[7], 3);
    for (word_t i = MESSAGE_REGS; i < 21; i++)
        b->words[i] = 100 + i;
    DONE(thread_write_registers_all(w.thread, 0x5000, 21));
    for (word_t i = MESSAGE_REGS; i < 21; i++)
        b->words[i] = 0;
    DONE(thread_read_registers(w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]));
    EQUAL(r[0], 0x5000);
    /* Whatever is asked for, interrupts are on, privilege level, nested task, virtual mode off. */
    EQUAL(r[2] & ~0x240dd5ul, 0x202);
    for (word_t i = MESSAGE_REGS; i < 20; i++)
        EQUAL(b->words[i], 100 + i);
}

PAIR(thread_write_registers, ARG)
{
    struct worker w = test_worker(-1);

    REFUSED(E_ARG, thread_write_registers(w.thread, USER_END, 0, 0, 0, 0, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers(w.thread, 0x800000000000, 0, 0, 0, 0, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers(w.thread, 0xffffffff80000000, 0, 0, 0, 0, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers(w.thread, 0, 0, 0, USER_END, 0, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers(w.thread, 0, 0, 0, 0, USER_END, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers(w.thread, 0, 0, 0, 0, ~0ul, 0, 0, 0));
    REFUSED(E_ARG, thread_write_registers_all(w.thread, USER_END, 21));
}

PAIR(thread_write_registers, STATE)
{
    struct server s = {0};
    struct worker w = receiver(&s);

    REFUSED(E_STATE, thread_write_registers(w.thread, 0x1000, 0, 0, 0, 0, 0, 0, 0));
    REFUSED(E_STATE, thread_write_registers(ROOT_THREAD, 0x1000, 0, 0, 0, 0, 0, 0, 0));
}

PAIR(thread_write_registers, RIGHTS)
{
    struct worker w = test_worker(-1);
    cap_t no_write = test_copy(w.thread, RIGHT_ALL - RIGHT_WRITE);

    REFUSED(E_RIGHTS, thread_write_registers(no_write, 0x1000, 0, 0, 0, 0, 0, 0, 0));
}

/* The outcome of a call by a thread without message buffer. */
static struct {
    cap_t thread;
    volatile word_t outcome;
} bare;

static void write_without_buffer(word_t unused)
{
    (void)unused;
    bare.outcome = thread_write_registers_all(bare.thread, 0x1000, 21);
}

static enum error thread_write_registers_without_buffer(cap_t thread)
{
    cap_t writer = test_make(TYPE_THREAD, 0);
    struct worker stack = test_worker(-1);
    struct worker w = {.thread = writer, .stack_top = stack.stack_top};

    FIRST_CHECK(thread_configure(writer, ROOT_CNODE, ROOT_SPACE, 0, 0, 0) == E_OK);
    FIRST_CHECK(sched_context_bind(test_context(TEST_ABOVE), writer) == E_OK);
    bare.thread = thread;
    bare.outcome = UNDER_WAY;
    test_start(&w, write_without_buffer, 0);
    return (enum error)bare.outcome;
}

PAIR(thread_write_registers, MESSAGE)
{
    struct worker w = test_worker(-1);

    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 0));
    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 7));
    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 9));
    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 20));
    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 22));
    REFUSED(E_MESSAGE, thread_write_registers_all(w.thread, 0x1000, 255));
    FAILS(E_MESSAGE, thread_write_registers_without_buffer(w.thread));
    word_t r[8];

    DONE(thread_read_registers(w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]));
    EQUAL(r[0], 0);
}

static enum error thread_read_registers_into(cap_t thread, word_t *r)
{
    return thread_read_registers(thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]);
}

PAIR(thread_read_registers, OK)
{
    struct worker w = test_worker(TEST_ABOVE);
    word_t r[8];

    test_start(&w, nothing, 77);
    DONE(thread_read_registers_into(w.thread, r));
    CHECK(r[1] <= w.stack_top && r[1] > w.stack_top - 4096);
    EQUAL(r[2] & 0x200, 0x200);
}

PAIR(thread_read_registers, RIGHTS)
{
    struct worker w = test_worker(-1);
    word_t r[8];

    REFUSED(E_RIGHTS, thread_read_registers_into(test_copy(w.thread, RIGHT_ALL - RIGHT_READ), r));
}

static volatile word_t ran;

static void run_on(word_t n)
{
    ran = n;
}

PAIR(thread_resume, OK)
{
    struct worker w = test_worker(TEST_ABOVE);

    ran = 0;
    DONE(thread_write_registers(w.thread, (word_t)run_on, w.stack_top - 64, 0, 0, 0, 5, 0, 0));
    EQUAL(ran, 0);
    *(word_t *)(w.stack_top - 64) = (word_t)test_rest;
    DONE(thread_resume(w.thread));
    EQUAL(ran, 5);
    EQUAL(test_state(w.thread), RESTING);
    DONE(thread_resume(w.thread)); /* no effect on one that is not suspended */
    EQUAL(test_state(w.thread), RESTING);
    DONE(thread_resume(ROOT_THREAD));
}

PAIR(thread_resume, STATE)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_STATE, thread_resume(thread));
    DONE(thread_configure(thread, ROOT_CNODE, 0, 0, 0, 0));
    REFUSED(E_STATE, thread_resume(thread));
    thread = test_make(TYPE_THREAD, 0);
    DONE(thread_configure(thread, 0, ROOT_SPACE, 0, 0, 0));
    REFUSED(E_STATE, thread_resume(thread));
}

PAIR(thread_resume, RIGHTS)
{
    struct worker w = test_worker(TEST_ABOVE);

    REFUSED(E_RIGHTS, thread_resume(test_copy(w.thread, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(thread_suspend, OK)
{
    struct server s = {0};
    struct worker w = receiver(&s);

    DONE(thread_suspend(w.thread));
    EQUAL(test_state(w.thread), SUSPENDED);
    DONE(thread_suspend(w.thread));
    EQUAL(s.error, UNDER_WAY);
    DONE(thread_resume(w.thread));
    EQUAL(s.error, E_CANCELLED);
}

PAIR(thread_suspend, RIGHTS)
{
    struct server s = {0};
    struct worker w = receiver(&s);

    REFUSED(E_RIGHTS, thread_suspend(test_copy(w.thread, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(thread_bind, OK)
{
    cap_t first = test_make(TYPE_NOTIFICATION, 0);
    cap_t thread = test_make(TYPE_THREAD, 0);

    DONE(thread_bind(thread, first));
    DONE(thread_bind(thread, 0));
    DONE(thread_bind(thread, 0));
    DONE(thread_bind(test_make(TYPE_THREAD, 0), first));
    DONE(thread_bind(thread, test_make(TYPE_NOTIFICATION, 0)));
}

PAIR(thread_bind, CAP)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_CAP, thread_bind(thread, test_beyond()));
    REFUSED(E_CAP, thread_bind(thread, test_slot()));
}

PAIR(thread_bind, TYPE)
{
    REFUSED(E_TYPE, thread_bind(test_make(TYPE_THREAD, 0), test_make(TYPE_ENDPOINT, 0)));
}

PAIR(thread_bind, RIGHTS)
{
    cap_t thread = test_make(TYPE_THREAD, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    REFUSED(E_RIGHTS, thread_bind(thread, test_copy(notification, RIGHT_ALL - RIGHT_READ)));
    REFUSED(E_RIGHTS, thread_bind(test_copy(thread, RIGHT_ALL - RIGHT_WRITE), notification));
    DONE(thread_bind(thread, notification));
    REFUSED(E_RIGHTS, thread_bind(test_copy(thread, RIGHT_ALL - RIGHT_WRITE), 0));
}

static void wait_for(word_t notification)
{
    struct message m = {.tag = 0};

    (void)sys_recv(notification, 0, &m, 0);
}

PAIR(thread_bind, STATE)
{
    cap_t first = test_make(TYPE_NOTIFICATION, 0);
    cap_t second = test_make(TYPE_NOTIFICATION, 0);
    cap_t thread = test_make(TYPE_THREAD, 0);
    struct worker w = test_worker(TEST_ABOVE);

    DONE(thread_bind(thread, first));
    REFUSED(E_STATE, thread_bind(thread, first));
    REFUSED(E_STATE, thread_bind(thread, second));
    REFUSED(E_STATE, thread_bind(test_make(TYPE_THREAD, 0), first));
    test_start(&w, wait_for, second);
    EQUAL(test_state(w.thread), SIGNALLED);
    REFUSED(E_STATE, thread_bind(test_make(TYPE_THREAD, 0), second));
}

PAIR(thread_set_flags, OK)
{
    cap_t thread = test_make(TYPE_THREAD, 0);
    word_t state, waits, sc, flags, label;

    DONE(thread_set_flags(thread, THREAD_FOREIGN | THREAD_BORROW));
    DONE(thread_inspect(thread, &state, &waits, &sc, &flags, &label));
    EQUAL(flags, THREAD_FOREIGN | THREAD_BORROW);
    DONE(thread_set_flags(thread, 0));
    DONE(thread_inspect(thread, &state, &waits, &sc, &flags, &label));
    EQUAL(flags, 0);
}

PAIR(thread_set_flags, ARG)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_ARG, thread_set_flags(thread, 4));
    REFUSED(E_ARG, thread_set_flags(thread, ~0ul));
}

PAIR(thread_set_flags, STATE)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    DONE(thread_configure(thread, ROOT_CNODE, 0, 0, 0, 0));
    REFUSED(E_STATE, thread_set_flags(thread, THREAD_FOREIGN));
    DONE(thread_set_flags(thread, THREAD_BORROW));
}

PAIR(thread_set_flags, RIGHTS)
{
    REFUSED(E_RIGHTS,
            thread_set_flags(test_copy(test_make(TYPE_THREAD, 0), RIGHT_ALL - RIGHT_WRITE), 1));
}

PAIR(thread_inspect, OK)
{
    struct server s = {0};
    struct worker w = receiver(&s);
    word_t state, waits, sc, flags, label;

    DONE(thread_inspect(w.thread, &state, &waits, &sc, &flags, &label));
    EQUAL(state, RECEIVING);
    EQUAL(waits, test_look(s.endpoint).object);
    EQUAL(sc, test_look(w.sc).object);
    EQUAL(label, 0);
    DONE(thread_inspect(ROOT_THREAD, &state, &waits, &sc, &flags, &label));
    EQUAL(state, READY);
    EQUAL(waits, 0);
    EQUAL(sc, test_look(ROOT_SCHED).object);
}

PAIR(thread_inspect, RIGHTS)
{
    cap_t thread = test_copy(test_make(TYPE_THREAD, 0), RIGHT_ALL - RIGHT_READ);
    word_t r[5];

    REFUSED(E_RIGHTS, thread_inspect(thread, &r[0], &r[1], &r[2], &r[3], &r[4]));
}

static void read_tls(word_t unused)
{
    word_t value;

    (void)unused;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    ran = value;
}

PAIR(thread_set_tls, OK)
{
    static word_t tls[2] = {1234, 5678};
    struct worker w = test_worker(TEST_ABOVE);

    DONE(thread_write_registers(w.thread, (word_t)read_tls, w.stack_top - 8, 0, 0, 0, 0, 0, 0));
    *(word_t *)(w.stack_top - 8) = (word_t)test_rest;
    DONE(thread_set_tls(w.thread, (word_t)&tls[0]));
    DONE(thread_resume(w.thread));
    EQUAL(ran, 1234);
    DONE(thread_set_tls(ROOT_THREAD, (word_t)&tls[1])); /* of a running thread too */
    read_tls(0);
    EQUAL(ran, 5678);
}

PAIR(thread_set_tls, ARG)
{
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_ARG, thread_set_tls(thread, USER_END));
    REFUSED(E_ARG, thread_set_tls(thread, 0x8000000000000000));
    REFUSED(E_ARG, thread_set_tls(thread, ~0ul));
}

PAIR(thread_set_tls, RIGHTS)
{
    REFUSED(E_RIGHTS,
            thread_set_tls(test_copy(test_make(TYPE_THREAD, 0), RIGHT_ALL - RIGHT_WRITE), 8));
}
