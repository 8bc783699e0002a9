/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the four system calls. What exactly counts as wrong is in calls.c. */
#include "test.h"

/* A system call that a worker makes; how it ended. */
static struct {
    word_t number;
    cap_t cap, reply;
    struct message m;
    volatile word_t outcome;
} made;

static void make_call(word_t unused)
{
    (void)unused;
    made.outcome = sys_enter(made.number, made.cap, made.reply, &made.m);
}

static struct worker start_call(word_t number, cap_t cap, cap_t reply)
{
    struct worker w = test_worker(TEST_ABOVE);

    made.number = number;
    made.cap = cap;
    made.reply = reply;
    made.m = (struct message){.tag = 0};
    made.outcome = UNDER_WAY;
    test_start(&w, make_call, 0);
    return w;
}

/* The outcome of a worker's call, under the name of that call. */
static enum error sys_call_ended(void) { return (enum error)made.outcome; }
static enum error sys_send_ended(void) { return (enum error)made.outcome; }
static enum error sys_recv_ended(void) { return (enum error)made.outcome; }
static enum error sys_reply_recv_ended(void) { return (enum error)made.outcome; }

static struct message tagged(word_t tag)
{
    return (struct message){.tag = tag};
}

static cap_t endpoint(void)
{
    return test_make(TYPE_ENDPOINT, 0);
}

static cap_t reply(void)
{
    return test_make(TYPE_REPLY, 0);
}

/* A Reply object that holds the call of a worker. `grant`: it called through a capability with
 * GRANT. */
static cap_t held(cap_t from, bool grant)
{
    cap_t holds = reply();
    struct message m = {.tag = 0};

    (void)start_call(SYS_CALL, test_copy(from, grant ? RIGHT_ALL : RIGHT_WRITE), 0);
    FIRST_CHECK(sys_recv(from, holds, &m, SYS_NONBLOCK) == E_OK);
    return holds;
}

/* A Reply object that holds a fault. */
static void fault_here(word_t unused)
{
    (void)unused;
    __asm__ volatile("ud2");
}

static cap_t held_fault(cap_t *from)
{
    static struct faulted f;

    test_fault(&f, fault_here, 0, 0);
    *from = f.endpoint;
    return f.reply;
}

/* --- Call ------------------------------------------------------------------------------------ */

PAIR(sys_call, OK)
{
    struct server s = {0};
    struct message m = tagged(0);

    (void)test_server(&s, TEST_ABOVE);
    DONE(sys_call(s.endpoint, &m));
    EQUAL(s.calls, 1);
}

PAIR(sys_call, CAP)
{
    struct message m = tagged(0);

    REFUSED(E_CAP, sys_call(test_slot(), &m));
    REFUSED(E_CAP, sys_call(test_beyond(), &m));
}

PAIR(sys_call, RIGHTS)
{
    cap_t e = endpoint();
    struct message m = tagged(0), caps = tagged(MESSAGE_TAG(0, 0, 1));

    REFUSED(E_RIGHTS, sys_call(test_copy(e, RIGHT_ALL - RIGHT_WRITE), &m));
    REFUSED(E_RIGHTS, sys_call(test_copy(e, RIGHT_ALL - RIGHT_GRANT), &caps));
}

PAIR(sys_call, OP)
{
    struct message m = tagged(MESSAGE_TAG(14, 0, 0));

    REFUSED(E_OP, sys_call(test_make(TYPE_NOTIFICATION, 0), &m));
    m = tagged(MESSAGE_TAG(14, 0, 0));
    REFUSED(E_OP, sys_call(reply(), &m));
}

PAIR(sys_call, STATE)
{
    cap_t e = endpoint();
    struct message m = tagged(0);

    (void)start_call(SYS_RECV, e, 0);
    REFUSED(E_STATE, sys_call(e, &m));
    EQUAL(made.outcome, UNDER_WAY);
}

PAIR(sys_call, MESSAGE)
{
    cap_t e = endpoint();
    struct message m = tagged(MESSAGE_TAG(0, MESSAGE_WORDS + 1, 0));

    REFUSED(E_MESSAGE, sys_call(e, &m));
    m = tagged(MESSAGE_TAG(1ul << 47, 0, 0));
    REFUSED(E_MESSAGE, sys_call(e, &m));
}

static enum error sys_call_now(cap_t cap)
{
    struct message m = {.tag = 0};

    return sys_enter(SYS_CALL | SYS_NONBLOCK, cap, 0, &m);
}

PAIR(sys_call, AGAIN)
{
    REFUSED(E_AGAIN, sys_call_now(endpoint()));
}

PAIR(sys_call, GONE)
{
    cap_t e = endpoint();

    (void)start_call(SYS_CALL, e, 0);
    DONE(cnode_delete(ROOT_CNODE, e, 1));
    FAILS(E_GONE, sys_call_ended());
}

PAIR(sys_call, DIED)
{
    DONE(cnode_delete(ROOT_CNODE, held(endpoint(), true), 1));
    FAILS(E_DIED, sys_call_ended());
}

PAIR(sys_call, CANCELLED)
{
    struct worker w = start_call(SYS_CALL, endpoint(), 0);

    DONE(thread_suspend(w.thread));
    DONE(thread_resume(w.thread));
    FAILS(E_CANCELLED, sys_call_ended());
}

/* --- Send ------------------------------------------------------------------------------------ */

PAIR(sys_send, OK)
{
    cap_t e = endpoint(), n = test_make(TYPE_NOTIFICATION, 0);
    struct message m = tagged(0);

    (void)start_call(SYS_RECV, e, 0);
    DONE(sys_send(e, &m, 0));
    EQUAL(made.outcome, E_OK);
    DONE(sys_send(test_badge(n, 1), &m, 0));
    DONE(sys_recv(n, 0, &m, SYS_NONBLOCK));
    DONE(sys_send(held(e, true), &m, 0));
    EQUAL(made.outcome, E_OK);
}

PAIR(sys_send, CAP)
{
    struct message m = tagged(0);

    REFUSED(E_CAP, sys_send(test_slot(), &m, 0));
    REFUSED(E_CAP, sys_send(test_beyond(), &m, SYS_NONBLOCK));
}

PAIR(sys_send, TYPE)
{
    struct message m = tagged(0);

    REFUSED(E_TYPE, sys_send(test_untyped(1), &m, 0));
}

PAIR(sys_send, RIGHTS)
{
    cap_t e = endpoint();
    cap_t holds = held(e, false);
    struct message m = tagged(0), caps = tagged(MESSAGE_TAG(0, 0, 1));

    REFUSED(E_RIGHTS, sys_send(test_copy(e, RIGHT_ALL - RIGHT_WRITE), &m, 0));
    REFUSED(E_RIGHTS, sys_send(test_copy(e, RIGHT_ALL - RIGHT_GRANT), &caps, 0));
    caps = tagged(MESSAGE_TAG(0, 0, 1));
    REFUSED(E_RIGHTS, sys_send(holds, &caps, 0));
    EQUAL(made.outcome, UNDER_WAY);
}

PAIR(sys_send, ARG)
{
    cap_t from;
    cap_t holds = held_fault(&from);
    struct message m = {.tag = MESSAGE_TAG(0, 21, 0), .w = {USER_END}};

    REFUSED(E_ARG, sys_send(holds, &m, 0));
}

PAIR(sys_send, STATE)
{
    struct server s = {0};
    struct message m = tagged(0);

    (void)test_server(&s, -1);
    REFUSED(E_STATE, sys_send(s.endpoint, &m, 0));
    REFUSED(E_STATE, sys_send(reply(), &m, 0));
    REFUSED(E_STATE, sys_send(s.reply, &m, 0));
}

PAIR(sys_send, MESSAGE)
{
    cap_t from;
    cap_t f = held_fault(&from);
    struct message m = tagged(MESSAGE_TAG(0, MESSAGE_WORDS + 1, 0));

    REFUSED(E_MESSAGE, sys_send(endpoint(), &m, 0));
    m = tagged(MESSAGE_TAG(0, 2, 0));
    REFUSED(E_MESSAGE, sys_send(f, &m, 0));
}

PAIR(sys_send, AGAIN)
{
    struct message m = tagged(0);

    REFUSED(E_AGAIN, sys_send(endpoint(), &m, SYS_NONBLOCK));
}

PAIR(sys_send, GONE)
{
    cap_t e = endpoint();

    (void)start_call(SYS_SEND, e, 0);
    DONE(cnode_delete(ROOT_CNODE, e, 1));
    FAILS(E_GONE, sys_send_ended());
}

PAIR(sys_send, CANCELLED)
{
    struct worker w = start_call(SYS_SEND, endpoint(), 0);

    DONE(thread_suspend(w.thread));
    DONE(thread_resume(w.thread));
    FAILS(E_CANCELLED, sys_send_ended());
}

/* --- Recv ------------------------------------------------------------------------------------ */

PAIR(sys_recv, OK)
{
    cap_t e = endpoint();
    struct message m = tagged(0);

    (void)start_call(SYS_SEND, e, 0);
    DONE(sys_recv(e, 0, &m, 0));
    EQUAL(made.outcome, E_OK);
}

PAIR(sys_recv, CAP)
{
    struct message m = tagged(0);

    REFUSED(E_CAP, sys_recv(test_slot(), 0, &m, 0));
    REFUSED(E_CAP, sys_recv(test_beyond(), 0, &m, 0));
    REFUSED(E_CAP, sys_recv(endpoint(), test_slot(), &m, 0));
}

PAIR(sys_recv, TYPE)
{
    struct message m = tagged(0);

    REFUSED(E_TYPE, sys_recv(reply(), 0, &m, 0));
    REFUSED(E_TYPE, sys_recv(endpoint(), test_untyped(1), &m, 0));
}

PAIR(sys_recv, RIGHTS)
{
    struct message m = tagged(0);

    REFUSED(E_RIGHTS, sys_recv(test_copy(endpoint(), RIGHT_ALL - RIGHT_READ), 0, &m, 0));
    REFUSED(E_RIGHTS,
            sys_recv(test_copy(test_make(TYPE_NOTIFICATION, 0), RIGHT_ALL - RIGHT_READ), 0, &m, 0));
}

PAIR(sys_recv, STATE)
{
    cap_t e = endpoint(), r = reply(), busy = held(e, true);
    struct message m = tagged(0);

    REFUSED(E_STATE, sys_recv(e, busy, &m, 0));
    (void)start_call(SYS_RECV, e, r);
    REFUSED(E_STATE, sys_recv(e, r, &m, SYS_NONBLOCK));
}

PAIR(sys_recv, AGAIN)
{
    struct message m = tagged(0);

    REFUSED(E_AGAIN, sys_recv(endpoint(), reply(), &m, SYS_NONBLOCK));
    REFUSED(E_AGAIN, sys_recv(test_make(TYPE_NOTIFICATION, 0), 0, &m, SYS_NONBLOCK));
}

PAIR(sys_recv, GONE)
{
    cap_t e = endpoint(), n = test_make(TYPE_NOTIFICATION, 0);

    (void)start_call(SYS_RECV, e, 0);
    DONE(cnode_delete(ROOT_CNODE, e, 1));
    FAILS(E_GONE, sys_recv_ended());
    (void)start_call(SYS_RECV, n, 0);
    DONE(cnode_delete(ROOT_CNODE, n, 1));
    FAILS(E_GONE, sys_recv_ended());
}

PAIR(sys_recv, CANCELLED)
{
    struct worker w = start_call(SYS_RECV, endpoint(), reply());

    DONE(thread_suspend(w.thread));
    DONE(thread_resume(w.thread));
    FAILS(E_CANCELLED, sys_recv_ended());
}

/* --- ReplyRecv ------------------------------------------------------------------------------- */

PAIR(sys_reply_recv, OK)
{
    cap_t e = endpoint();
    cap_t r = held(e, true);
    static struct caller c;
    struct message m = tagged(0);

    c = (struct caller){.m = {.tag = 0}};
    (void)test_caller(&c, test_badge(e, 3), TEST_ABOVE);
    DONE(sys_reply_recv(e, r, &m, 0));
    EQUAL(made.outcome, E_OK);
    EQUAL(m.badge, 3);
}

PAIR(sys_reply_recv, CAP)
{
    cap_t e = endpoint();
    cap_t r = held(e, true);
    struct message m = tagged(0);

    REFUSED(E_CAP, sys_reply_recv(test_slot(), r, &m, 0));
    REFUSED(E_CAP, sys_reply_recv(test_beyond(), r, &m, 0));
    REFUSED(E_CAP, sys_reply_recv(e, 0, &m, 0));
    REFUSED(E_CAP, sys_reply_recv(e, test_slot(), &m, 0));
    EQUAL(made.outcome, UNDER_WAY);
}

PAIR(sys_reply_recv, TYPE)
{
    cap_t e = endpoint();
    cap_t r = held(e, true);
    struct message m = tagged(0);

    REFUSED(E_TYPE, sys_reply_recv(test_make(TYPE_NOTIFICATION, 0), r, &m, 0));
    REFUSED(E_TYPE, sys_reply_recv(r, r, &m, 0));
    REFUSED(E_TYPE, sys_reply_recv(e, e, &m, 0));
    EQUAL(made.outcome, UNDER_WAY);
}

PAIR(sys_reply_recv, RIGHTS)
{
    cap_t e = endpoint();
    cap_t r = held(e, false);
    struct message m = tagged(0);

    REFUSED(E_RIGHTS, sys_reply_recv(test_copy(e, RIGHT_ALL - RIGHT_READ), r, &m, 0));
    m = tagged(MESSAGE_TAG(0, 0, 1));
    REFUSED(E_RIGHTS, sys_reply_recv(e, r, &m, 0));
    EQUAL(made.outcome, UNDER_WAY);
}

PAIR(sys_reply_recv, ARG)
{
    cap_t from;
    cap_t r = held_fault(&from);
    struct message m = {.tag = MESSAGE_TAG(0, 21, 0), .w = {USER_END}};

    REFUSED(E_ARG, sys_reply_recv(from, r, &m, SYS_NONBLOCK));
}

PAIR(sys_reply_recv, STATE)
{
    struct message m = tagged(0);

    REFUSED(E_STATE, sys_reply_recv(endpoint(), reply(), &m, 0));
}

PAIR(sys_reply_recv, MESSAGE)
{
    cap_t e = endpoint(), from;
    cap_t r = held(e, true), f = held_fault(&from);
    struct message m = tagged(MESSAGE_TAG(0, MESSAGE_WORDS + 1, 0));

    REFUSED(E_MESSAGE, sys_reply_recv(e, r, &m, 0));
    EQUAL(made.outcome, UNDER_WAY);
    m = tagged(MESSAGE_TAG(0, 3, 0));
    REFUSED(E_MESSAGE, sys_reply_recv(from, f, &m, 0));
}

PAIR(sys_reply_recv, AGAIN)
{
    cap_t e = endpoint();
    cap_t r = held(e, true);
    struct message m = tagged(0);

    FAILS(E_AGAIN, sys_reply_recv(e, r, &m, SYS_NONBLOCK));
    EQUAL(made.outcome, E_OK);
}

/* A worker in the Recv half of ReplyRecv; it has answered this call. */
static struct caller answered;

static struct worker start_reply_recv(cap_t e)
{
    cap_t r = reply();
    struct message m = tagged(0);
    struct worker w;

    answered = (struct caller){.m = {.tag = 0}};
    (void)test_caller(&answered, e, TEST_ABOVE);
    FIRST_CHECK(sys_recv(e, r, &m, SYS_NONBLOCK) == E_OK);
    w = start_call(SYS_REPLY_RECV, e, r);
    EQUAL(answered.outcome, E_OK);
    EQUAL(test_state(w.thread), RECEIVING);
    return w;
}

PAIR(sys_reply_recv, GONE)
{
    cap_t e = endpoint();

    (void)start_reply_recv(e);
    DONE(cnode_delete(ROOT_CNODE, e, 1));
    FAILS(E_GONE, sys_reply_recv_ended());
}

PAIR(sys_reply_recv, CANCELLED)
{
    struct worker w = start_reply_recv(endpoint());

    DONE(thread_suspend(w.thread));
    DONE(thread_resume(w.thread));
    FAILS(E_CANCELLED, sys_reply_recv_ended());
}
