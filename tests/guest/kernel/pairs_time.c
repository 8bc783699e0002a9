/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the operations of SchedContext, Cpu and Timer. */
#include "test.h"

static void nothing(word_t unused)
{
    (void)unused;
}

static bool bound(cap_t sc)
{
    word_t consumed, budget, period, priority, is_bound;

    FIRST_CHECK(sched_context_consumed(sc, &consumed, &budget, &period, &priority, &is_bound) ==
                E_OK);
    return is_bound;
}

PAIR(sched_context_bind, OK)
{
    struct worker w = test_worker(-1);
    cap_t sc = test_context(TEST_ABOVE);

    test_start(&w, nothing, 0);
    EQUAL(test_state(w.thread), READY); /* it has no time to run */
    DONE(sched_context_bind(sc, w.thread));
    EQUAL(test_state(w.thread), RESTING);
    CHECK(bound(sc));
}

PAIR(sched_context_bind, CAP)
{
    cap_t sc = test_context(TEST_ABOVE);

    REFUSED(E_CAP, sched_context_bind(sc, 0));
    REFUSED(E_CAP, sched_context_bind(sc, test_slot()));
    REFUSED(E_CAP, sched_context_bind(sc, test_beyond()));
}

PAIR(sched_context_bind, TYPE)
{
    REFUSED(E_TYPE, sched_context_bind(test_context(TEST_ABOVE), test_make(TYPE_ENDPOINT, 0)));
}

PAIR(sched_context_bind, RIGHTS)
{
    cap_t sc = test_context(TEST_ABOVE);
    cap_t thread = test_make(TYPE_THREAD, 0);

    REFUSED(E_RIGHTS, sched_context_bind(test_copy(sc, RIGHT_ALL - RIGHT_WRITE), thread));
    REFUSED(E_RIGHTS, sched_context_bind(sc, test_copy(thread, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(sched_context_bind, STATE)
{
    cap_t sc = test_context(TEST_ABOVE);
    cap_t thread = test_make(TYPE_THREAD, 0);
    struct server s = {.stay = true};
    struct worker server, client = test_worker(TEST_BELOW);
    struct caller c = {.m = {.tag = 0}};

    DONE(sched_context_bind(sc, thread));
    REFUSED(E_STATE, sched_context_bind(sc, thread));
    REFUSED(E_STATE, sched_context_bind(sc, test_make(TYPE_THREAD, 0)));
    REFUSED(E_STATE, sched_context_bind(test_context(1), thread));
    /* A thread that has lent its own has one, and a context that is lent is in use. */
    server = test_server(&s, -1);
    c.endpoint = s.endpoint;
    test_start(&client, test_call, (word_t)&c);
    DONE(cpu_configure(ROOT_CPU, client.sc, 1000000, 1000000, TEST_PRIORITY));
    while (s.calls == 0)
        DONE(sched_context_yield(ROOT_SCHED));
    EQUAL(test_state(client.thread), REPLYING);
    FAILS(E_STATE, sched_context_bind(test_context(1), client.thread));
    FAILS(E_STATE, sched_context_bind(test_context(1), server.thread));
    FAILS(E_STATE, sched_context_bind(client.sc, thread));
}

PAIR(sched_context_unbind, OK)
{
    struct worker w = test_worker(TEST_BELOW);

    test_start(&w, nothing, 0);
    DONE(sched_context_unbind(w.sc));
    CHECK(!bound(w.sc));
    EQUAL(test_state(w.thread), READY);
    DONE(sched_context_unbind(w.sc));
    DONE(sched_context_bind(w.sc, test_make(TYPE_THREAD, 0)));
}

PAIR(sched_context_unbind, RIGHTS)
{
    struct worker w = test_worker(TEST_BELOW);

    REFUSED(E_RIGHTS, sched_context_unbind(test_copy(w.sc, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(sched_context_consumed, OK)
{
    word_t before, after, budget, period, priority, is_bound;
    cap_t sc = test_make(TYPE_SCHED_CONTEXT, 0);

    DONE(sched_context_consumed(ROOT_SCHED, &before, &budget, &period, &priority, &is_bound));
    DONE(sched_context_consumed(ROOT_SCHED, &after, &budget, &period, &priority, &is_bound));
    CHECK(after > before && after - before < 1000000);
    EQUAL(priority, TEST_PRIORITY);
    EQUAL(is_bound, 1);
    DONE(cpu_configure(ROOT_CPU, sc, 2000, 3000, 17));
    DONE(sched_context_consumed(sc, &after, &budget, &period, &priority, &is_bound));
    EQUAL(after, 0);
    EQUAL(budget, 2000);
    EQUAL(period, 3000);
    EQUAL(priority, 17);
    EQUAL(is_bound, 0);
}

PAIR(sched_context_consumed, RIGHTS)
{
    cap_t sc = test_copy(test_context(1), RIGHT_ALL - RIGHT_READ);
    word_t r[5];

    REFUSED(E_RIGHTS, sched_context_consumed(sc, &r[0], &r[1], &r[2], &r[3], &r[4]));
}

static volatile word_t turns;

static void count_turns(word_t sc)
{
    for (;;) {
        turns++;
        (void)sched_context_yield(sc);
    }
}

PAIR(sched_context_yield, OK)
{
    struct worker w = test_worker(TEST_PRIORITY);

    turns = 0;
    test_start(&w, count_turns, w.sc);
    EQUAL(turns, 0);
    for (word_t i = 1; i <= 5; i++) {
        DONE(sched_context_yield(ROOT_SCHED));
        EQUAL(turns, i);
    }
    DONE(sched_context_yield(w.sc)); /* not what runs now: no effect */
    EQUAL(turns, 5);
}

PAIR(sched_context_yield, RIGHTS)
{
    REFUSED(E_RIGHTS, sched_context_yield(test_copy(ROOT_SCHED, RIGHT_ALL - RIGHT_READ)));
}

PAIR(cpu_configure, OK)
{
    struct worker w = test_worker(TEST_BELOW);

    DONE(cpu_configure(ROOT_CPU, w.sc, 0, 1000, 0));
    DONE(cpu_configure(ROOT_CPU, w.sc, 1000, 1000, 0));
    DONE(cpu_configure(ROOT_CPU, w.sc, 1000, 1ul << 61, PRIORITIES - 1));
    DONE(cpu_configure(ROOT_CPU, w.sc, 1000000, 2000000, TEST_BELOW));
    test_start(&w, nothing, 0);
    EQUAL(test_state(w.thread), READY);
    DONE(cpu_configure(ROOT_CPU, w.sc, 1000000, 1000000, TEST_ABOVE)); /* it runs at once */
    EQUAL(test_state(w.thread), RESTING);
    DONE(cpu_configure(test_badge(ROOT_CPU, 10), w.sc, 1000, 1000, 10));
}

PAIR(cpu_configure, CAP)
{
    REFUSED(E_CAP, cpu_configure(ROOT_CPU, 0, 1000, 1000, 1));
    REFUSED(E_CAP, cpu_configure(ROOT_CPU, test_slot(), 1000, 1000, 1));
    REFUSED(E_CAP, cpu_configure(ROOT_CPU, test_beyond(), 1000, 1000, 1));
}

PAIR(cpu_configure, TYPE)
{
    REFUSED(E_TYPE, cpu_configure(ROOT_CPU, test_make(TYPE_THREAD, 0), 1000, 1000, 1));
}

PAIR(cpu_configure, RIGHTS)
{
    cap_t sc = test_context(1);

    REFUSED(E_RIGHTS,
            cpu_configure(test_copy(ROOT_CPU, RIGHT_ALL - RIGHT_WRITE), sc, 1000, 1000, 1));
    REFUSED(E_RIGHTS,
            cpu_configure(ROOT_CPU, test_copy(sc, RIGHT_ALL - RIGHT_WRITE), 1000, 1000, 1));
}

PAIR(cpu_configure, ARG)
{
    cap_t sc = test_context(1);
    cap_t ten = test_badge(ROOT_CPU, 10);

    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 999, 1000, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 1, 1000, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 1001, 1000, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 0, 999, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 0, 0, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 1000, (1ul << 62) + 1, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, ~0ul, ~0ul, 1));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 1000, 1000, PRIORITIES));
    REFUSED(E_ARG, cpu_configure(ROOT_CPU, sc, 1000, 1000, ~0ul));
    REFUSED(E_ARG, cpu_configure(ten, sc, 1000, 1000, 11));
}

PAIR(cpu_clock, OK)
{
    word_t before = first_now();
    word_t now, rate;

    DONE(cpu_clock(ROOT_CPU, &now, &rate));
    CHECK(now > before && now < first_now());
    EQUAL(rate, first_info()->ticks_per_second);
}

PAIR(cpu_clock, RIGHTS)
{
    word_t now, rate;

    REFUSED(E_RIGHTS, cpu_clock(test_copy(ROOT_CPU, RIGHT_ALL - RIGHT_READ), &now, &rate));
}

/* A timer with a notification bound, of which it signals bit 0. */
static cap_t bound_timer(cap_t *notification)
{
    cap_t timer = test_make(TYPE_TIMER, 0);

    *notification = test_make(TYPE_NOTIFICATION, 0);
    FIRST_CHECK(timer_bind(timer, test_badge(*notification, 1)) == E_OK);
    return timer;
}

PAIR(timer_bind, OK)
{
    cap_t timer = test_make(TYPE_TIMER, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    DONE(timer_bind(timer, notification));
    EQUAL(test_look(notification).child, 1);
    DONE(cnode_delete(ROOT_CNODE, timer, 1));
    EQUAL(test_look(notification).child, 0);
}

PAIR(timer_bind, CAP)
{
    cap_t timer = test_make(TYPE_TIMER, 0);

    REFUSED(E_CAP, timer_bind(timer, 0));
    REFUSED(E_CAP, timer_bind(timer, test_slot()));
    REFUSED(E_CAP, timer_bind(timer, test_beyond()));
}

PAIR(timer_bind, TYPE)
{
    REFUSED(E_TYPE, timer_bind(test_make(TYPE_TIMER, 0), test_make(TYPE_ENDPOINT, 0)));
}

PAIR(timer_bind, RIGHTS)
{
    cap_t timer = test_make(TYPE_TIMER, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    REFUSED(E_RIGHTS, timer_bind(test_copy(timer, RIGHT_ALL - RIGHT_WRITE), notification));
    REFUSED(E_RIGHTS, timer_bind(timer, test_copy(notification, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(timer_bind, STATE)
{
    cap_t notification;
    cap_t timer = bound_timer(&notification);

    REFUSED(E_STATE, timer_bind(timer, notification));
    REFUSED(E_STATE, timer_bind(timer, test_make(TYPE_NOTIFICATION, 0)));
}

PAIR(timer_set, OK)
{
    cap_t notification;
    cap_t timer = bound_timer(&notification);
    word_t when = first_now() + first_info()->ticks_per_second / 100;
    struct message m = {.tag = 0};

    DONE(timer_set(timer, when));
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
    DONE(sys_recv(notification, 0, &m, 0));
    CHECK(first_now() >= when);
    CHECK(first_now() < when + first_info()->ticks_per_second / 1000);
    DONE(timer_set(timer, 0)); /* a time that has passed signals at once */
    DONE(sys_recv(notification, 0, &m, SYS_NONBLOCK));
    DONE(timer_set(timer, (1ul << 63) - 1));
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

PAIR(timer_set, ARG)
{
    cap_t notification;
    cap_t timer = bound_timer(&notification);

    REFUSED(E_ARG, timer_set(timer, 1ul << 63));
    REFUSED(E_ARG, timer_set(timer, ~0ul));
}

PAIR(timer_set, STATE)
{
    REFUSED(E_STATE, timer_set(test_make(TYPE_TIMER, 0), first_now()));
}

PAIR(timer_set, RIGHTS)
{
    cap_t notification;
    cap_t timer = test_copy(bound_timer(&notification), RIGHT_ALL - RIGHT_WRITE);
    struct message m = {.tag = 0};

    REFUSED(E_RIGHTS, timer_set(timer, first_now()));
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

PAIR(timer_cancel, OK)
{
    cap_t notification;
    cap_t timer = bound_timer(&notification);
    word_t when = first_now() + 100000;
    struct message m = {.tag = 0};

    DONE(timer_cancel(timer)); /* it was not armed */
    DONE(timer_set(timer, when));
    DONE(timer_cancel(timer));
    while (first_now() < when + 100000)
        ;
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

PAIR(timer_cancel, RIGHTS)
{
    cap_t notification;
    cap_t timer = bound_timer(&notification);
    struct message m = {.tag = 0};

    DONE(timer_set(timer, first_now() + 100000));
    REFUSED(E_RIGHTS, timer_cancel(test_copy(timer, RIGHT_ALL - RIGHT_WRITE)));
    DONE(sys_recv(notification, 0, &m, 0)); /* it comes all the same */
}
