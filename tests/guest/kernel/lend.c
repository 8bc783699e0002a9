/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts that are lent along calls: who runs on whose, and what is left when one dies.
 */
#include "test.h"

/*
 * A calls S1 calls S2 calls `gate`, where nobody receives until the test does: all stand still. A
 * is above the main thread, the servers are passive: they run on A's context or not at all.
 */
struct chain {
    struct server s1, s2;
    struct worker w1, w2, a;
    struct caller c;
    cap_t gate, gate_reply;
};

static void chain_start(struct chain *x)
{
    *x =
        (struct chain){.gate = test_make(TYPE_ENDPOINT, 0), .gate_reply = test_make(TYPE_REPLY, 0)};
    x->s2.next = x->gate;
    x->w2 = test_server(&x->s2, -1);
    x->s1.next = x->s2.endpoint;
    x->w1 = test_server(&x->s1, -1);
    x->a = test_caller(&x->c, x->s1.endpoint, TEST_ABOVE);
    EQUAL(test_state(x->a.thread), REPLYING);
    EQUAL(test_state(x->w1.thread), REPLYING);
    EQUAL(test_state(x->w2.thread), SENDING);
    EQUAL(test_context_of(x->w2.thread), test_look(x->a.sc).object);
    EQUAL(test_context_of(x->a.thread), 0);
}

static void open_gate(struct chain *x)
{
    struct message m = {.tag = 0};

    DONE(sys_recv(x->gate, x->gate_reply, &m, 0));
    DONE(sys_send(x->gate_reply, &m, 0));
}

/* The caller has an outcome and runs on its own context. */
static void check_caller(struct chain *x, word_t outcome)
{
    EQUAL(x->c.outcome, outcome);
    EQUAL(test_state(x->a.thread), RESTING);
    EQUAL(test_context_of(x->a.thread), test_look(x->a.sc).object);
}

static void check_server(const struct worker *w)
{
    EQUAL(test_state(w->thread), RECEIVING);
    EQUAL(test_context_of(w->thread), 0);
}

static struct chain chain;

TEST(lend_chain, "a context goes down a chain of calls and comes back")
{
    chain_start(&chain);
    open_gate(&chain);
    check_caller(&chain, E_OK);
    check_server(&chain.w1);
    check_server(&chain.w2);
    EQUAL(chain.s1.inner, E_OK);
}

TEST(lend_last_dies, "the last of a chain dies: the one before is told, and answers")
{
    chain_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.w2.thread, 1));
    EQUAL(chain.c.outcome, UNDER_WAY);
    DONE(cnode_delete(ROOT_CNODE, chain.s2.reply, 1));
    EQUAL(chain.s1.inner, E_DIED);
    check_caller(&chain, E_OK);
    check_server(&chain.w1);
}

TEST(lend_last_reply_dies,
     "the last of a chain loses its Reply: the one before goes on when the context is back")
{
    chain_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.s2.reply, 1));
    DONE(cnode_delete(ROOT_CNODE, chain.w2.thread, 1));
    EQUAL(chain.s1.inner, E_DIED);
    check_caller(&chain, E_OK);
}

TEST(lend_middle_dies,
     "the middle of a chain dies: the caller is told once the last gives its context back")
{
    chain_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.s1.reply, 1));
    DONE(cnode_delete(ROOT_CNODE, chain.w1.thread, 1));
    open_gate(&chain);
    check_caller(&chain, E_DIED);
    EQUAL(chain.s2.error, E_STATE); /* there was nobody to answer */
}

TEST(lend_caller_dies, "the caller dies, its context stays: the servers finish and wait for others")
{
    struct caller other = {.m = {.tag = 0}};

    chain_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.a.thread, 1));
    open_gate(&chain);
    EQUAL(chain.s1.inner, E_OK);
    EQUAL(test_state(chain.w2.thread), RECEIVING);
    (void)test_caller(&other, chain.s2.endpoint, TEST_ABOVE);
    EQUAL(test_state(chain.w2.thread), SENDING);
    open_gate(&chain);
    EQUAL(other.outcome, E_OK);
}

TEST(lend_suspend,
     "a caller that is suspended gets CANCELLED, and its context back when the server is done")
{
    chain_start(&chain);
    DONE(thread_suspend(chain.a.thread));
    DONE(thread_resume(chain.a.thread));
    EQUAL(chain.c.outcome, UNDER_WAY);
    open_gate(&chain);
    EQUAL(chain.c.outcome, E_CANCELLED);
    EQUAL(test_context_of(chain.a.thread), test_look(chain.a.sc).object);
}

TEST(lend_unbind, "unbind takes a lent context from whoever runs on it and forgets who lent it")
{
    struct message m = {.tag = 0};

    chain_start(&chain);
    DONE(sched_context_unbind(chain.a.sc));
    EQUAL(test_context_of(chain.w2.thread), 0);
    DONE(sys_recv(chain.gate, chain.gate_reply, &m, 0));
    DONE(sys_send(chain.gate_reply, &m, 0));
    EQUAL(test_state(chain.w2.thread), READY); /* but it has no time */
    EQUAL(chain.s2.inner, UNDER_WAY);
    DONE(sched_context_bind(chain.a.sc, chain.w2.thread));
    EQUAL(test_state(chain.w2.thread), RECEIVING);
    EQUAL(test_state(chain.w1.thread), READY); /* answered, without time */
    EQUAL(chain.c.outcome, UNDER_WAY);
}

TEST(lend_context_dies, "a lent context is destroyed: nobody runs on it")
{
    chain_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.a.sc, 1));
    EQUAL(test_context_of(chain.w2.thread), 0);
    EQUAL(test_context_of(chain.w1.thread), 0);
    EQUAL(test_context_of(chain.a.thread), 0);
    EQUAL(test_state(chain.a.thread), REPLYING);
}

/* A server with a context of its own and BORROW, in the middle of a call that stands at the gate.
 */
static void borrow_start(struct chain *x)
{
    *x =
        (struct chain){.gate = test_make(TYPE_ENDPOINT, 0), .gate_reply = test_make(TYPE_REPLY, 0)};
    x->s1.next = x->gate;
    x->w1 = test_server(&x->s1, TEST_ABOVE + 10);
    DONE(thread_set_flags(x->w1.thread, THREAD_BORROW));
    EQUAL(test_context_of(x->w1.thread), test_look(x->w1.sc).object);
    x->a = test_caller(&x->c, x->s1.endpoint, TEST_ABOVE);
    EQUAL(test_context_of(x->w1.thread), test_look(x->a.sc).object);
    EQUAL(test_context_of(x->a.thread), 0);
}

TEST(lend_borrow, "with BORROW a server runs on its caller's context, then on its own again")
{
    borrow_start(&chain);
    open_gate(&chain);
    check_caller(&chain, E_OK);
    EQUAL(test_context_of(chain.w1.thread), test_look(chain.w1.sc).object);
    EQUAL(test_state(chain.w1.thread), RECEIVING);
}

TEST(lend_borrow_dies, "killing a client with all it has does not strand a server with BORROW")
{
    struct caller other = {.m = {.tag = 0}};

    borrow_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.a.thread, 1));
    DONE(cnode_delete(ROOT_CNODE, chain.a.sc, 1));
    EQUAL(test_context_of(chain.w1.thread), test_look(chain.w1.sc).object);
    open_gate(&chain);
    EQUAL(chain.s1.inner, E_OK);
    EQUAL(test_context_of(chain.w1.thread), test_look(chain.w1.sc).object);
    EQUAL(chain.s1.error, E_STATE); /* there was nobody to answer */
    test_start(&chain.w1, test_serve, (word_t)&chain.s1);
    (void)test_caller(&other, chain.s1.endpoint, TEST_ABOVE);
    open_gate(&chain);
    EQUAL(other.outcome, E_OK);
}

TEST(lend_borrow_server_dies, "a server with BORROW dies: the caller has its context back and DIED")
{
    borrow_start(&chain);
    DONE(cnode_delete(ROOT_CNODE, chain.w1.thread, 1));
    DONE(cnode_delete(ROOT_CNODE, chain.s1.reply, 1));
    check_caller(&chain, E_DIED);
}

TEST(lend_without_borrow, "without BORROW a server with a context of its own runs on that")
{
    chain =
        (struct chain){.gate = test_make(TYPE_ENDPOINT, 0), .gate_reply = test_make(TYPE_REPLY, 0)};
    chain.s1.next = chain.gate;
    chain.w1 = test_server(&chain.s1, TEST_ABOVE + 10);
    chain.a = test_caller(&chain.c, chain.s1.endpoint, TEST_ABOVE);
    EQUAL(test_context_of(chain.w1.thread), test_look(chain.w1.sc).object);
    EQUAL(test_context_of(chain.a.thread), test_look(chain.a.sc).object);
    open_gate(&chain);
    check_caller(&chain, E_OK);
}

TEST(lend_pays, "a passive server's time is its client's")
{
    struct server s = {0};
    struct message m = {.tag = 0};
    word_t before, after, spent, budget, period, priority, is_bound;

    (void)test_server(&s, -1);
    DONE(sched_context_consumed(ROOT_SCHED, &before, &budget, &period, &priority, &is_bound));
    spent = first_now();
    for (word_t i = 0; i < 1000; i++)
        DONE(sys_call(s.endpoint, &m));
    spent = first_now() - spent;
    DONE(sched_context_consumed(ROOT_SCHED, &after, &budget, &period, &priority, &is_bound));
    CHECK(after - before >= spent && after - before < spent + 20000);
    EQUAL(s.calls, 1000);
}

static struct {
    cap_t endpoint;
    volatile word_t outcome;
} plain;

static void send_plain(word_t unused)
{
    struct message m = {.tag = 0};

    (void)unused;
    plain.outcome = UNDER_WAY;
    plain.outcome = sys_send(plain.endpoint, &m, 0);
}

TEST(lend_send_in_queue,
     "a passive server answers once, refuses who only sends, and serves the next caller")
{
    struct caller next = {.m = {.tag = 0}};
    struct worker sender = test_worker(TEST_ABOVE), n;

    chain_start(&chain);
    plain.endpoint = chain.s2.endpoint;
    test_start(&sender, send_plain, 0);
    EQUAL(test_state(sender.thread), SENDING);
    n = test_caller(&next, chain.s2.endpoint, TEST_ABOVE);
    EQUAL(test_state(n.thread), SENDING);
    open_gate(&chain);
    EQUAL(plain.outcome, E_STATE);
    check_caller(&chain, E_OK);
    EQUAL(chain.s1.inner, E_OK);
    EQUAL(next.outcome, UNDER_WAY); /* it stands at the gate now */
    EQUAL(test_context_of(chain.w2.thread), test_look(n.sc).object);
    open_gate(&chain);
    EQUAL(next.outcome, E_OK);
    EQUAL(chain.s2.calls, 2);
    EQUAL(chain.s2.error, UNDER_WAY);
}

TEST(lend_signal,
     "a server with BORROW that takes a signal has given its client's context back before")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct message m = {.tag = 0};

    borrow_start(&chain);
    DONE(thread_bind(chain.w1.thread, notification));
    DONE(sys_send(test_badge(notification, 1), &m, 0));
    open_gate(&chain); /* it answers, takes the signal, and stands at the gate with that */
    EQUAL(chain.s1.calls, 2);
    EQUAL(test_state(chain.w1.thread), SENDING);
    check_caller(&chain, E_OK);
    EQUAL(test_context_of(chain.w1.thread), test_look(chain.w1.sc).object);
}

/* A server that answers one call, looks for the next without waiting, and goes on with something
 * else. */
static void answer_and_poll(word_t at_once)
{
    struct server *s = &chain.s1;
    struct message m = {.tag = 0};

    if (sys_recv(s->endpoint, s->reply, &m, 0) != E_OK)
        return;
    if (!at_once) {
        (void)sys_send(s->reply, &m, 0);
        s->inner = sys_recv(s->endpoint, s->reply, &m, SYS_NONBLOCK);
    } else {
        s->inner = sys_reply_recv(s->endpoint, s->reply, &m, SYS_NONBLOCK);
    }
    (void)sys_call(chain.gate, &m);
}

TEST(lend_poll, "nor does one keep it that looks for the next message without waiting")
{
    for (word_t at_once = 0; at_once < 2; at_once++) {
        chain = (struct chain){.gate = test_make(TYPE_ENDPOINT, 0)};
        chain.s1.endpoint = test_make(TYPE_ENDPOINT, 0);
        chain.s1.reply = test_make(TYPE_REPLY, 0);
        chain.w1 = test_worker(TEST_ABOVE + 10);
        DONE(thread_set_flags(chain.w1.thread, THREAD_BORROW));
        test_start(&chain.w1, answer_and_poll, at_once);
        chain.a = test_caller(&chain.c, chain.s1.endpoint, TEST_ABOVE);
        EQUAL(test_state(chain.w1.thread), SENDING);
        EQUAL(chain.s1.inner, E_AGAIN);
        check_caller(&chain, E_OK);
    }
}

/* A random thing of a chain is destroyed, suspended or unbound. */
static void harm(struct chain *x, word_t what)
{
    const struct worker *w[3] = {&x->a, &x->w1, &x->w2};
    cap_t caps[] = {x->a.thread,    x->w1.thread,   x->w2.thread, x->a.sc,
                    x->w1.sc,       x->w2.sc,       x->s1.reply,  x->s2.reply,
                    x->s1.endpoint, x->s2.endpoint, x->gate,      x->gate_reply};
    word_t count = sizeof(caps) / sizeof(caps[0]);
    const struct worker *who = w[what / 64 % 3];

    if (what % 16 < count && caps[what % 16] != 0)
        FIRST_CHECK(cnode_delete(ROOT_CNODE, caps[what % 16], 1) == E_OK);
    else if (what % 16 == 12)
        (void)thread_suspend(who->thread);
    else if (what % 16 == 13)
        (void)thread_resume(who->thread);
    else if (what % 16 == 14 && who->sc != 0)
        (void)sched_context_unbind(who->sc);
    else if (x->a.sc != 0)
        (void)sched_context_bind(x->a.sc, who->thread);
}

/* The same in every combination of servers with and without time of their own. */
static void chaos_start(struct chain *x, word_t how)
{
    *x =
        (struct chain){.gate = test_make(TYPE_ENDPOINT, 0), .gate_reply = test_make(TYPE_REPLY, 0)};
    x->s2.next = x->gate;
    x->w2 = test_server(&x->s2, how & 1 ? TEST_ABOVE + 1 : -1);
    x->s1.next = x->s2.endpoint;
    x->w1 = test_server(&x->s1, how & 2 ? TEST_ABOVE + 2 : -1);
    DONE(thread_set_flags(x->w1.thread, how & 4 ? THREAD_BORROW : 0));
    DONE(thread_set_flags(x->w2.thread, how & 8 ? THREAD_BORROW : 0));
    x->a = test_caller(&x->c, x->s1.endpoint, TEST_ABOVE);
}

static void chaos(word_t from, word_t to)
{
    static struct chain x; /* not on the stack: its threads go on when the test is over */
    word_t seed = test_option("seed", 1) * 2654435761u;

    test_allow(20 * TEST_TICKS);
    for (word_t round = from; round < to; round++) {
        struct message m = {.tag = 0};

        chaos_start(&x, round);
        for (word_t i = 0; i < 6; i++) {
            seed = seed * 6364136223846793005ul + 1442695040888963407ul;
            harm(&x, seed >> 33);
            if (seed >> 60 & 1 && sys_recv(x.gate, x.gate_reply, &m, SYS_NONBLOCK) == E_OK)
                (void)sys_send(x.gate_reply, &m, 0);
        }
    }
}

#define CHAOS(n)                                                                \
    TEST(lend_chaos_##n, "chains of calls survive random destruction (" #n ")") \
    {                                                                           \
        chaos(16 * n, 16 * n + 16);                                             \
    }
CHAOS(0)
CHAOS(1)
CHAOS(2)
CHAOS(3)
