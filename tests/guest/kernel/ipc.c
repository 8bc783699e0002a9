/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, Reply objects and notifications: who is woken, by whom, with what. */
#include "test.h"

TEST(ipc_round_trip, "a call takes label, words and badge there and brings the answer back")
{
    struct server s = {0};
    struct message m = {.tag = MESSAGE_TAG(0x123456789a, 8, 0),
                        .w = {10, 20, 30, 40, 50, 60, 70, 80}};

    (void)test_server(&s, TEST_ABOVE);
    DONE(sys_call(test_badge(s.endpoint, 0xb00b5ul << 40), &m));
    EQUAL(s.badge, 0xb00b5ul << 40);
    EQUAL(m.badge, 0);
    EQUAL(message_label(m.tag), 0x123456789a);
    EQUAL(message_words(m.tag), 8);
    for (word_t i = 0; i < 8; i++)
        EQUAL(m.w[i], 10 * (i + 1) + 1);
}

TEST(ipc_round_trip_slow, "the same when the caller comes first and waits in the queue")
{
    struct server s = {.endpoint = test_make(TYPE_ENDPOINT, 0)};
    struct caller c = {.m = {.tag = MESSAGE_TAG(5, 8, 0), .w = {1, 2, 3, 4, 5, 6, 7, 8}}};
    struct worker w = test_caller(&c, test_badge(s.endpoint, 77), TEST_ABOVE);

    EQUAL(test_state(w.thread), SENDING);
    (void)test_server(&s, TEST_ABOVE);
    EQUAL(c.outcome, E_OK);
    EQUAL(s.badge, 77);
    for (word_t i = 0; i < 8; i++)
        EQUAL(c.m.w[i], i + 2);
}

TEST(ipc_order, "callers are received in the order in which they came")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    static struct caller c[8];
    struct message m = {.tag = 0};

    for (word_t i = 0; i < 8; i++)
        (void)test_caller(&c[i], test_badge(endpoint, i + 1), TEST_ABOVE + (int)(i % 3));
    for (word_t i = 0; i < 8; i++) {
        DONE(sys_recv(endpoint, reply, &m, 0));
        EQUAL(m.badge, i + 1);
        EQUAL(c[i].outcome, UNDER_WAY);
        DONE(sys_send(reply, &m, 0));
        EQUAL(c[i].outcome, E_OK);
    }
}

static struct {
    cap_t endpoint;
    struct message m;
    volatile word_t outcome;
} sent;

static void send_one(word_t flags)
{
    sent.outcome = UNDER_WAY;
    sent.outcome = sys_send(sent.endpoint, &sent.m, flags);
}

TEST(ipc_send, "Send waits until the message is received, and for nothing more")
{
    struct worker w = test_worker(TEST_ABOVE);
    struct message m = {.tag = 0};

    sent.endpoint = test_make(TYPE_ENDPOINT, 0);
    sent.m = (struct message){.tag = MESSAGE_TAG(9, 2, 0), .w = {11, 12}};
    test_start(&w, send_one, 0);
    EQUAL(sent.outcome, UNDER_WAY);
    EQUAL(test_state(w.thread), SENDING);
    DONE(sys_recv(sent.endpoint, 0, &m, 0));
    EQUAL(sent.outcome, E_OK);
    EQUAL(m.tag, MESSAGE_TAG(9, 2, 0));
    EQUAL(m.w[1], 12);
}

TEST(ipc_send_passive,
     "Send to a receiver without time of its own gives STATE, and it goes on waiting")
{
    struct server s = {0};
    struct worker w = test_server(&s, -1);
    struct message m = {.tag = 0};

    EQUAL(test_state(w.thread), RECEIVING);
    REFUSED(E_STATE, sys_send(s.endpoint, &m, 0));
    REFUSED(E_STATE, sys_send(s.endpoint, &m, SYS_NONBLOCK));
    DONE(sys_call(s.endpoint, &m));
    EQUAL(s.calls, 1);
}

TEST(ipc_nonblocking,
     "the non-blocking forms give AGAIN where they would wait, and else do the same")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct message m = {.tag = MESSAGE_TAG(1, 1, 0), .w = {5}};
    struct server s = {.endpoint = endpoint};

    REFUSED(E_AGAIN, sys_enter(SYS_CALL | SYS_NONBLOCK, endpoint, 0, &m));
    REFUSED(E_AGAIN, sys_send(endpoint, &m, SYS_NONBLOCK));
    REFUSED(E_AGAIN, sys_recv(endpoint, reply, &m, SYS_NONBLOCK));
    REFUSED(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
    (void)test_server(&s, TEST_ABOVE);
    m.tag = MESSAGE_TAG(1, 1, 0);
    m.w[0] = 5;
    DONE(sys_enter(SYS_CALL | SYS_NONBLOCK, endpoint, 0, &m));
    EQUAL(m.w[0], 6);
    DONE(sys_send(test_badge(notification, 4), &m, SYS_NONBLOCK));
    DONE(sys_recv(notification, 0, &m, SYS_NONBLOCK));
    EQUAL(m.badge, 4);
}

TEST(ipc_nonblocking_reply_recv, "ReplyRecv that does not wait answers, then gives AGAIN")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct caller c = {.m = {.tag = 0}};
    struct message m = {.tag = 0};

    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    m.w[0] = 99;
    FAILS(E_AGAIN, sys_reply_recv(endpoint, reply, &m, SYS_NONBLOCK));
    EQUAL(c.outcome, E_OK);
    EQUAL(c.m.w[0], 99);
    REFUSED(E_STATE, sys_send(reply, &m, 0));
}

TEST(ipc_no_reply, "a call to who receives without Reply object gives STATE; it goes on waiting")
{
    struct worker w = test_worker(TEST_ABOVE);
    struct server s = {.endpoint = test_make(TYPE_ENDPOINT, 0), .error = UNDER_WAY};
    struct message m = {.tag = 0};
    struct caller c = {.m = {.tag = 0}};
    struct worker cw;

    test_start(&w, test_serve, (word_t)&s);
    EQUAL(test_state(w.thread), RECEIVING);
    REFUSED(E_STATE, sys_call(s.endpoint, &m));
    EQUAL(s.calls, 0);
    DONE(thread_suspend(w.thread));
    /* The same when the call waits in the queue. */
    cw = test_caller(&c, s.endpoint, TEST_ABOVE);
    EQUAL(test_state(cw.thread), SENDING);
    FAILS(E_AGAIN, sys_recv(s.endpoint, 0, &m, SYS_NONBLOCK));
    EQUAL(c.outcome, E_STATE);
}

TEST(ipc_reply_once, "a call can be answered once")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct caller c = {.m = {.tag = 0}};
    struct message m = {.tag = 0};

    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    REFUSED(E_STATE, sys_recv(endpoint, reply, &m, SYS_NONBLOCK)); /* it holds a call */
    EQUAL(c.outcome, UNDER_WAY);
    DONE(sys_send(reply, &m, 0));
    EQUAL(c.outcome, E_OK);
    c.outcome = UNDER_WAY;
    REFUSED(E_STATE, sys_send(reply, &m, 0));
    REFUSED(E_STATE, sys_reply_recv(endpoint, reply, &m, 0));
    EQUAL(c.outcome, UNDER_WAY);
}

TEST(ipc_died_reply, "DIED: the Reply object that holds the call is deleted")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct caller c = {.m = {.tag = 0}};
    struct message m = {.tag = 0};

    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(c.outcome, UNDER_WAY);
    DONE(cnode_delete(ROOT_CNODE, reply, 1));
    EQUAL(c.outcome, E_DIED);
}

TEST(ipc_died_cnode,
     "DIED: the CNode with the Reply object goes, as when a component is taken down")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t cnode = test_make(TYPE_CNODE, 100);
    struct caller c = {.m = {.tag = 0}};
    struct message m = {.tag = 0};

    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    DONE(cnode_move(cnode, 99, 0, reply));
    EQUAL(c.outcome, UNDER_WAY);
    DONE(cnode_delete(ROOT_CNODE, cnode, 1));
    EQUAL(c.outcome, E_DIED);
}

TEST(ipc_thread_dies, "when a server's thread dies but not its Reply, another can answer")
{
    struct server s = {.next = test_make(TYPE_ENDPOINT, 0)};
    struct worker w = test_server(&s, TEST_ABOVE);
    struct caller c = {.m = {.tag = 0}};
    struct message m = {.tag = MESSAGE_TAG(3, 1, 0), .w = {33}};

    (void)test_caller(&c, s.endpoint, TEST_ABOVE);
    EQUAL(test_state(w.thread), SENDING);
    DONE(cnode_delete(ROOT_CNODE, w.thread, 1));
    EQUAL(c.outcome, UNDER_WAY);
    DONE(sys_send(s.reply, &m, 0));
    EQUAL(c.outcome, E_OK);
    EQUAL(c.m.w[0], 33);
}

TEST(ipc_server_change, "callers in the queue outlive a server: the next one serves them")
{
    static struct caller c[5];
    struct server first = {.next = test_make(TYPE_ENDPOINT, 0)};
    struct worker w = test_server(&first, TEST_ABOVE);
    struct server second = {.endpoint = first.endpoint};

    for (word_t i = 0; i < 5; i++)
        (void)test_caller(&c[i], first.endpoint, TEST_ABOVE);
    EQUAL(first.calls, 1);
    DONE(cnode_delete(ROOT_CNODE, first.reply, 1));
    DONE(cnode_delete(ROOT_CNODE, w.thread, 1));
    EQUAL(c[0].outcome, E_DIED);
    for (word_t i = 1; i < 5; i++)
        EQUAL(c[i].outcome, UNDER_WAY);
    (void)test_server(&second, TEST_ABOVE);
    for (word_t i = 1; i < 5; i++)
        EQUAL(c[i].outcome, E_OK);
    EQUAL(second.calls, 4);
}

static void wait_for(word_t notification)
{
    struct message m = {.tag = 0};

    sent.outcome = UNDER_WAY;
    sent.outcome = sys_recv(notification, 0, &m, 0);
    sent.m = m;
}

TEST(ipc_gone, "GONE: callers, senders and receivers of an endpoint that is destroyed")
{
    cap_t endpoint = test_make_many(TYPE_ENDPOINT, 0, 2);
    static struct caller c[40];
    struct server s = {.endpoint = endpoint + 1};
    struct worker w = test_worker(TEST_ABOVE);

    for (word_t i = 0; i < 40; i++)
        (void)test_caller(&c[i], endpoint, TEST_ABOVE);
    sent.endpoint = endpoint;
    test_start(&w, send_one, 0);
    (void)test_server(&s, TEST_ABOVE);
    DONE(cnode_delete(ROOT_CNODE, endpoint, 2));
    for (word_t i = 0; i < 40; i++)
        EQUAL(c[i].outcome, E_GONE);
    EQUAL(sent.outcome, E_GONE);
    EQUAL(s.error, E_GONE);
}

TEST(ipc_gone_notification, "GONE: who waits for a notification that is destroyed")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct worker w = test_worker(TEST_ABOVE);

    test_start(&w, wait_for, notification);
    EQUAL(sent.outcome, UNDER_WAY);
    DONE(cnode_delete(ROOT_CNODE, notification, 1));
    EQUAL(sent.outcome, E_GONE);
}

TEST(ipc_cancelled, "CANCELLED: every wait of a thread that is suspended, once it goes on")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct caller c = {.m = {.tag = 0}};
    struct worker w = test_caller(&c, endpoint, TEST_ABOVE);
    struct message m = {.tag = 0};

    DONE(thread_suspend(w.thread)); /* sending */
    EQUAL(c.outcome, UNDER_WAY);
    FAILS(E_AGAIN, sys_recv(endpoint, reply, &m, SYS_NONBLOCK)); /* it has left the queue */
    DONE(thread_resume(w.thread));
    EQUAL(c.outcome, E_CANCELLED);

    test_start(&w, test_call, (word_t)&c); /* waiting for a reply */
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(test_state(w.thread), REPLYING);
    DONE(thread_suspend(w.thread));
    FAILS(E_STATE, sys_send(reply, &m, 0));
    DONE(thread_resume(w.thread));
    EQUAL(c.outcome, E_CANCELLED);

    test_start(&w, wait_for, notification); /* waiting for a signal */
    DONE(thread_suspend(w.thread));
    DONE(sys_send(test_badge(notification, 2), &m, 0));
    DONE(thread_resume(w.thread));
    EQUAL(sent.outcome, E_CANCELLED);
    DONE(sys_recv(notification, 0, &m, SYS_NONBLOCK)); /* the signal is for the next */
}

TEST(ipc_reply_idle, "a Reply object is free again when its receiver or its caller goes away")
{
    struct server s = {0};
    struct worker w = test_server(&s, TEST_ABOVE);
    struct caller c = {.m = {.tag = 0}};
    struct worker cw;
    struct message m = {.tag = 0};

    DONE(thread_suspend(w.thread));
    FAILS(E_AGAIN, sys_recv(s.endpoint, s.reply, &m, SYS_NONBLOCK));
    cw = test_caller(&c, s.endpoint, TEST_ABOVE);
    DONE(sys_recv(s.endpoint, s.reply, &m, 0));
    DONE(cnode_delete(ROOT_CNODE, cw.thread, 1));
    FAILS(E_STATE, sys_send(s.reply, &m, 0));
    FAILS(E_AGAIN, sys_recv(s.endpoint, s.reply, &m, SYS_NONBLOCK));
}

TEST(ipc_bits, "signals add up until they are taken, all at once")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct message m = {.tag = 0};

    DONE(sys_send(test_badge(notification, 1), &m, 0));
    DONE(sys_send(test_badge(notification, 1ul << 63), &m, 0));
    DONE(sys_send(test_badge(notification, 1), &m, 0));
    DONE(sys_send(notification, &m, 0)); /* no badge: no bits */
    DONE(sys_recv(notification, 0, &m, 0));
    EQUAL(m.badge, 1 | 1ul << 63);
    EQUAL(message_label(m.tag), MESSAGE_SIGNAL);
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

static volatile word_t woken[4], woken_count;

static void wait_in_line(word_t number)
{
    struct message m = {.tag = 0};

    if (sys_recv(sent.endpoint, 0, &m, 0) == E_OK)
        woken[woken_count++] = number;
}

TEST(ipc_waiters, "a signal wakes one waiter, in the order in which they came")
{
    cap_t one;
    struct message m = {.tag = 0};

    sent.endpoint = test_make(TYPE_NOTIFICATION, 0);
    one = test_badge(sent.endpoint, 1);
    woken_count = 0;
    for (word_t i = 0; i < 4; i++) {
        struct worker w = test_worker(TEST_ABOVE);

        test_start(&w, wait_in_line, i);
    }
    for (word_t i = 0; i < 4; i++) {
        DONE(sys_send(one, &m, 0));
        EQUAL(woken_count, i + 1);
        EQUAL(woken[i], i);
    }
}

static struct {
    cap_t endpoint, reply;
    volatile word_t count, tag[8], badge[8];
} heard;

static void hear(word_t unused)
{
    struct message m = {.tag = 0};

    (void)unused;
    while (heard.count < 8 && sys_recv(heard.endpoint, heard.reply, &m, 0) == E_OK) {
        heard.tag[heard.count] = m.tag;
        heard.badge[heard.count] = m.badge;
        heard.count++;
        if (message_label(m.tag) != MESSAGE_SIGNAL)
            (void)sys_send(heard.reply, &m, 0);
    }
}

TEST(ipc_bound, "a bound notification is heard in Recv on an endpoint, between messages")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t badged = test_badge(notification, 6);
    struct worker w = test_worker(TEST_ABOVE);
    struct message m = {.tag = 0};

    heard.endpoint = test_make(TYPE_ENDPOINT, 0);
    heard.reply = test_make(TYPE_REPLY, 0);
    heard.count = 0;
    DONE(sys_send(badged, &m, 0)); /* before it is bound */
    DONE(thread_bind(w.thread, notification));
    test_start(&w, hear, 0);
    EQUAL(heard.count, 1);
    EQUAL(heard.badge[0], 6);
    EQUAL(message_label(heard.tag[0]), MESSAGE_SIGNAL);
    EQUAL(test_state(w.thread), RECEIVING);
    DONE(sys_send(badged, &m, 0)); /* while it waits */
    EQUAL(heard.count, 2);
    m.tag = MESSAGE_TAG(8, 0, 0);
    DONE(sys_call(test_badge(heard.endpoint, 5), &m));
    EQUAL(heard.count, 3);
    EQUAL(heard.badge[2], 5);
    EQUAL(heard.tag[2], MESSAGE_TAG(8, 0, 0));
    DONE(sys_send(badged, &m, 0));
    EQUAL(heard.count, 4);
    DONE(cnode_revoke(ROOT_CNODE, notification));
    DONE(cnode_delete(ROOT_CNODE, notification,
                      1)); /* it is bound to nothing then, and hears messages */
    EQUAL(test_state(w.thread), RECEIVING);
    DONE(sys_call(heard.endpoint, &m));
    EQUAL(heard.count, 5);
}

TEST(ipc_bound_passive, "a signal to a server without time waits until a call brings it some")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct worker w = test_worker(-1);
    cap_t sc = test_context(TEST_ABOVE);
    struct message m = {.tag = 0};

    heard.endpoint = test_make(TYPE_ENDPOINT, 0);
    heard.reply = test_make(TYPE_REPLY, 0);
    heard.count = 0;
    DONE(thread_bind(w.thread, notification));
    DONE(sched_context_bind(sc, w.thread));
    test_start(&w, hear, 0);
    DONE(sched_context_unbind(sc));
    DONE(sys_send(test_badge(notification, 4), &m, 0));
    EQUAL(test_state(w.thread), RECEIVING);
    EQUAL(heard.count, 0);
    DONE(sys_call(test_badge(heard.endpoint, 9), &m));
    EQUAL(heard.count, 2);
    EQUAL(heard.badge[0], 9);
    EQUAL(heard.badge[1], 4);
}

TEST(ipc_label,
     "no thread can send what looks like a signal, and a reply with that label is a reply")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct message m = {.tag = MESSAGE_TAG(MESSAGE_SIGNAL, 1, 0)};
    struct caller c = {.m = {.tag = 0}};

    REFUSED(E_MESSAGE, sys_call(endpoint, &m));
    REFUSED(E_MESSAGE, sys_send(endpoint, &m, 0));
    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    m.tag = MESSAGE_TAG(MESSAGE_SIGNAL, 1, 0);
    DONE(sys_send(reply, &m, 0));
    EQUAL(c.outcome, E_OK);
    EQUAL(message_label(c.m.tag), MESSAGE_SIGNAL);
}
