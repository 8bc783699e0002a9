/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers, callers and others for workers to be. */
#include "test.h"

void test_serve(word_t server)
{
    struct server *s = (struct server *)server;
    struct message m = {.tag = 0};
    enum error e = sys_recv(s->endpoint, s->reply, &m, 0);

    while (e == E_OK) {
        s->badge = m.badge;
        s->calls++;
        while (s->stay)
            ;
        if (s->next != 0) {
            struct message inner = {.tag = MESSAGE_TAG(2, 0, 0)};

            s->inner = UNDER_WAY;
            s->inner = sys_call(s->next, &inner);
        }
        for (word_t i = 0; i < MESSAGE_REGS; i++)
            m.w[i]++;
        e = sys_reply_recv(s->endpoint, s->reply, &m, 0);
    }
    s->error = e;
}

struct worker test_server(struct server *s, int priority)
{
    struct worker w = test_worker(priority);

    if (s->endpoint == 0)
        s->endpoint = test_make(TYPE_ENDPOINT, 0);
    s->reply = test_make(TYPE_REPLY, 0);
    s->calls = 0;
    s->error = UNDER_WAY;
    if (priority >= 0) {
        test_start(&w, test_serve, (word_t)s);
        return w;
    }
    /* A passive one needs time to come to its first Recv. */
    cap_t sc = test_context(TEST_ABOVE);

    FIRST_CHECK(sched_context_bind(sc, w.thread) == E_OK);
    test_start(&w, test_serve, (word_t)s);
    FIRST_CHECK(sched_context_unbind(sc) == E_OK);
    FIRST_CHECK(cnode_delete(ROOT_CNODE, sc, 1) == E_OK);
    return w;
}

void test_call(word_t caller)
{
    struct caller *c = (struct caller *)caller;

    c->outcome = UNDER_WAY;
    c->outcome = sys_call(c->endpoint, &c->m);
}

struct worker test_caller(struct caller *c, cap_t endpoint, int priority)
{
    struct worker w = test_worker(priority);

    c->endpoint = endpoint;
    test_start(&w, test_call, (word_t)c);
    return w;
}

void test_fault(struct faulted *f, void (*function)(word_t), word_t argument, word_t badge)
{
    cap_t to;

    *f = (struct faulted){.endpoint = test_make(TYPE_ENDPOINT, 0),
                          .reply = test_make(TYPE_REPLY, 0)};
    to = badge == 0 ? f->endpoint : test_badge(f->endpoint, badge);
    f->w = test_worker(TEST_ABOVE);
    test_faults_to(&f->w, to);
    test_start(&f->w, function, argument);
    FAILS(E_OK, sys_recv(f->endpoint, f->reply, &f->m, SYS_NONBLOCK));
}

void test_answer(struct faulted *f, word_t words)
{
    f->m.tag = MESSAGE_TAG(0, words, 0);
    FAILS(E_OK, sys_send(f->reply, &f->m, 0));
}

static void keep_beat(word_t beat)
{
    struct beat *b = (struct beat *)beat;
    word_t due = first_now() + b->period;

    for (;;) {
        struct message m = {.tag = 0};
        word_t now;

        (void)timer_set(b->timer, due);
        if (sys_recv(b->notification, 0, &m, 0) != E_OK)
            return;
        now = first_now();
        if (now - due > b->late_max)
            b->late_max = now - due;
        b->ticks++;
        due += b->period;
        if (due < now)
            due = now + b->period;
    }
}

void test_beat(struct beat *b, word_t period)
{
    struct worker w = test_worker(TEST_ABOVE + 20);

    *b = (struct beat){.period = period, .timer = test_make(TYPE_TIMER, 0),
                       .notification = test_make(TYPE_NOTIFICATION, 0)};
    FIRST_CHECK(timer_bind(b->timer, test_badge(b->notification, 1)) == E_OK);
    test_start(&w, keep_beat, (word_t)b);
}
