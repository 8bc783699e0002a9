/* SPDX-License-Identifier: BSD-2-Clause */
/* The four system calls with every kind of wrong argument, and the labels that no object has. */
#include "test.h"

static enum error enter(word_t number, cap_t cap, cap_t reply, word_t tag)
{
    struct message m = {.tag = tag};

    return sys_enter(number, cap, reply, &m);
}

TEST(calls_number, "a system call that there is not gives CALL")
{
    cap_t n = test_make(TYPE_NOTIFICATION, 0);
    static const word_t wrong[] = {4, 5, 8, 15, 20, 32, 33, 64, 256, 1ul << 32, 1ul << 63, ~0ul};

    for (word_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        REFUSED(E_CALL, enter(wrong[i], test_badge(n, 1), 0, 0));
    FAILS(E_AGAIN, enter(SYS_RECV | SYS_NONBLOCK, n, 0, 0));
}

TEST(calls_cap, "an index of nothing gives CAP in every system call")
{
    cap_t empty = test_slot();

    for (word_t number = SYS_CALL; number <= SYS_REPLY_RECV; number++) {
        for (word_t flags = 0; flags <= SYS_NONBLOCK; flags += SYS_NONBLOCK) {
            REFUSED(E_CAP, enter(number | flags, 0, 0, 0));
            REFUSED(E_CAP, enter(number | flags, empty, 0, 0));
            REFUSED(E_CAP, enter(number | flags, test_beyond(), 0, 0));
            REFUSED(E_CAP, enter(number | flags, ~0ul, 0, 0));
            REFUSED(E_CAP, enter(number | flags, 1ul << 58, 0, 0));
        }
    }
}

/* A capability of every type that a test can have. */
static cap_t of_type(word_t type)
{
    cap_t cap;

    switch (type) {
    case TYPE_DEVICE_UNTYPED:
        return ROOT_IMAGE;
    case TYPE_UNTYPED:
        return test_untyped(1);
    case TYPE_CNODE:
        return test_make(type, 4);
    case TYPE_HUGE_FRAME:
        return 0;
    case TYPE_IO_PORT:
        return ROOT_IOPORT;
    case TYPE_CPU:
        return ROOT_CPU;
    case TYPE_IRQ_CONTROL:
        return ROOT_IRQ;
    case TYPE_TABLES:
        cap = test_untyped(1);
        FIRST_CHECK(address_space_supply(test_make(TYPE_ADDRESS_SPACE, 0), cap) == E_OK);
        return cap;
    default:
        return test_make(type, 0);
    }
}

TEST(calls_op, "a label that the object has no operation for gives OP")
{
    static const word_t labels[] = {
        0, 10, 15, 16, 17, 255, 65536, 1ul << 46, (1ul << 47) - 1, (1ul << 48) - 1};

    for (word_t type = TYPE_UNTYPED; type < TYPES; type++) {
        cap_t cap = type == TYPE_ENDPOINT ? 0 : of_type(type);

        for (word_t i = 0; cap != 0 && i < sizeof(labels) / sizeof(labels[0]); i++)
            REFUSED(E_OP, enter(SYS_CALL, cap, 0, MESSAGE_TAG(labels[i], 0, 0)));
    }
}

TEST(calls_send_type, "Send on what is not Endpoint, Notification or Reply gives TYPE")
{
    for (word_t type = TYPE_UNTYPED; type < TYPES; type++) {
        cap_t cap = of_type(type);

        if (cap == 0 || type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION || type == TYPE_REPLY)
            continue;
        REFUSED(E_TYPE, enter(SYS_SEND, cap, 0, 0));
        REFUSED(E_TYPE, enter(SYS_SEND | SYS_NONBLOCK, cap, 0, 0));
    }
}

TEST(calls_recv_type, "Recv on what is not Endpoint or Notification gives TYPE")
{
    cap_t reply = test_make(TYPE_REPLY, 0);

    for (word_t type = TYPE_UNTYPED; type < TYPES; type++) {
        cap_t cap = of_type(type);

        if (cap == 0 || type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION)
            continue;
        REFUSED(E_TYPE, enter(SYS_RECV, cap, reply, 0));
        REFUSED(E_TYPE, enter(SYS_REPLY_RECV, cap, reply, 0));
    }
    REFUSED(E_TYPE, enter(SYS_REPLY_RECV, test_make(TYPE_NOTIFICATION, 0), reply, 0));
}

TEST(calls_reply_object, "Recv refuses what is no idle Reply object")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    struct server s = {0};
    struct worker w = test_server(&s, TEST_ABOVE);

    EQUAL(test_state(w.thread), RECEIVING);
    REFUSED(E_TYPE, enter(SYS_RECV, endpoint, endpoint, 0));
    REFUSED(E_CAP, enter(SYS_RECV, endpoint, test_slot(), 0));
    REFUSED(E_CAP, enter(SYS_RECV, endpoint, test_beyond(), 0));
    REFUSED(E_STATE, enter(SYS_RECV, endpoint, s.reply, 0)); /* another waits with it */
    REFUSED(E_CAP, enter(SYS_REPLY_RECV, endpoint, 0, 0));
    REFUSED(E_TYPE, enter(SYS_REPLY_RECV, endpoint, endpoint, 0));
    REFUSED(E_STATE,
            enter(SYS_REPLY_RECV, endpoint, test_make(TYPE_REPLY, 0), 0)); /* no call to answer */
    REFUSED(E_STATE, enter(SYS_REPLY_RECV, endpoint, s.reply, 0));
    REFUSED(E_STATE, enter(SYS_SEND, test_make(TYPE_REPLY, 0), 0, 0));
    REFUSED(E_STATE, enter(SYS_SEND, s.reply, 0, 0));
}

TEST(calls_rights, "endpoints and notifications without the right give RIGHTS")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);

    REFUSED(E_RIGHTS, enter(SYS_CALL, test_copy(endpoint, RIGHT_ALL - RIGHT_WRITE), 0, 0));
    REFUSED(E_RIGHTS, enter(SYS_SEND, test_copy(endpoint, RIGHT_ALL - RIGHT_WRITE), 0, 0));
    REFUSED(E_RIGHTS, enter(SYS_RECV, test_copy(endpoint, RIGHT_ALL - RIGHT_READ), reply, 0));
    REFUSED(E_RIGHTS, enter(SYS_REPLY_RECV, test_copy(endpoint, RIGHT_ALL - RIGHT_READ), reply, 0));
    REFUSED(E_RIGHTS, enter(SYS_SEND, test_copy(notification, RIGHT_ALL - RIGHT_WRITE), 0, 0));
    REFUSED(E_RIGHTS, enter(SYS_RECV, test_copy(notification, RIGHT_ALL - RIGHT_READ), 0, 0));
    /* Capabilities travel only by GRANT. */
    REFUSED(E_RIGHTS, enter(SYS_CALL, test_copy(endpoint, RIGHT_WRITE), 0, MESSAGE_TAG(0, 0, 1)));
    REFUSED(E_RIGHTS, enter(SYS_SEND, test_copy(endpoint, RIGHT_WRITE), 0, MESSAGE_TAG(0, 0, 4)));
}

TEST(calls_message, "a message that is too long, or whose label is the kernel's, gives MESSAGE")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    struct server s = {.endpoint = endpoint};

    (void)test_server(&s, TEST_ABOVE);
    for (word_t number = SYS_CALL; number <= SYS_SEND; number++) {
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1, MESSAGE_WORDS + 1, 0)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1, 255, 0)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1, 0, MESSAGE_CAPS + 1)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1, 0, 255)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(MESSAGE_SIGNAL, 0, 0)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1ul << 47, 0, 0)));
        REFUSED(E_MESSAGE, enter(number, endpoint, 0, MESSAGE_TAG(1ul << 47, 9, 0)));
    }
    EQUAL(s.calls, 0);
}

/* A thread without message buffer; what it tries. */
static struct {
    cap_t endpoint;
    word_t tag;
    volatile word_t outcome;
} bare;

static void call_bare(word_t unused)
{
    struct message m = {.tag = bare.tag};

    (void)unused;
    bare.outcome = sys_call(bare.endpoint, &m);
}

static word_t try_bare(cap_t endpoint, word_t tag)
{
    struct worker w = test_worker(-1);

    w.thread = test_make(TYPE_THREAD, 0);
    FIRST_CHECK(thread_configure(w.thread, ROOT_CNODE, ROOT_SPACE, 0, 0, 0) == E_OK);
    FIRST_CHECK(sched_context_bind(test_context(TEST_ABOVE), w.thread) == E_OK);
    bare.endpoint = endpoint;
    bare.tag = tag;
    bare.outcome = UNDER_WAY;
    test_start(&w, call_bare, 0);
    return bare.outcome;
}

TEST(calls_no_buffer, "a long message from a thread without message buffer gives MESSAGE")
{
    struct server s = {0};

    (void)test_server(&s, TEST_ABOVE + 1);
    EQUAL(try_bare(s.endpoint, MESSAGE_TAG(1, 9, 0)), E_MESSAGE);
    EQUAL(try_bare(s.endpoint, MESSAGE_TAG(1, 0, 1)), E_MESSAGE);
    EQUAL(s.calls, 0);
    EQUAL(try_bare(s.endpoint, MESSAGE_TAG(1, 8, 0)), E_OK);
    EQUAL(s.calls, 1);
}

TEST(calls_without_cspace, "a thread whose CSpace is gone gets CAP and goes on")
{
    struct worker w = test_worker(-1);
    cap_t cnode = test_make(TYPE_CNODE, 8);

    DONE(cnode_copy(cnode, 2, 0, test_make(TYPE_ENDPOINT, 0), RIGHT_ALL, 1));
    w.thread = test_make(TYPE_THREAD, 0);
    DONE(thread_configure(w.thread, cnode, ROOT_SPACE, 0, 0, 0));
    DONE(sched_context_bind(test_context(TEST_ABOVE), w.thread));
    bare.endpoint = 2;
    bare.tag = 0;
    bare.outcome = UNDER_WAY;
    DONE(cnode_revoke(ROOT_CNODE, cnode)); /* the thread's own copy with it */
    DONE(thread_write_registers(w.thread, (word_t)call_bare, w.stack_top - 8, 0, 0, 0, 0, 0, 0));
    FAILS(E_STATE, thread_resume(w.thread));
    cnode = test_make(TYPE_CNODE, 8);
    DONE(thread_configure(w.thread, cnode, 0, 0, 0, 0));
    DONE(thread_resume(w.thread));
    EQUAL(bare.outcome, E_CAP);
}
