/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: order, precision, many of them. */
#include "test.h"

#define TIMERS 200u
#define US     (first_info()->ticks_per_second / 1000000)

/* Timers of which timer i signals badge i + 1, all on one notification. */
static cap_t make_timers(cap_t notification, word_t count)
{
    cap_t timers = test_make_many(TYPE_TIMER, 0, count);
    cap_t badge = test_slot();

    for (word_t i = 0; i < count; i++) {
        FIRST_CHECK(cnode_mint(ROOT_CNODE, badge, 0, notification, RIGHT_ALL, i + 1) == E_OK);
        FIRST_CHECK(timer_bind(timers + i, badge) == E_OK);
        FIRST_CHECK(cnode_delete(ROOT_CNODE, badge, 1) == E_OK);
    }
    return timers;
}

TEST(timer_order,
     "two hundred timers, armed in any order, fire in the order of their deadlines, on time")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t timers = make_timers(notification, TIMERS);
    word_t start = first_now() + 2000 * US;
    struct message m = {.tag = 0};

    test_allow(4 * TEST_TICKS);
    for (word_t i = 0; i < TIMERS; i++) {
        word_t which = i * 77 % TIMERS;

        DONE(timer_set(timers + which, start + which * which * 100 * US / 10));
    }
    for (word_t i = 0; i < TIMERS; i++) {
        word_t due = start + i * i * 100 * US / 10;

        DONE(sys_recv(notification, 0, &m, 0));
        EQUAL(m.badge, i + 1);
        BETWEEN(due, first_now(), due + 20 * US);
    }
}

TEST(timer_together, "timers of one deadline all fire, and those that are cancelled do not")
{
    cap_t notifications = test_make_many(TYPE_NOTIFICATION, 0, 64);
    cap_t timers = test_make_many(TYPE_TIMER, 0, 64);
    word_t when = first_now() + 1000 * US;
    struct message m = {.tag = 0};

    for (word_t i = 0; i < 64; i++) {
        DONE(timer_bind(timers + i, test_badge(notifications + i, 1)));
        DONE(timer_set(timers + i, when));
    }
    for (word_t i = 0; i < 64; i += 3)
        DONE(timer_cancel(timers + i));
    for (word_t i = 1; i < 64; i += 3)
        DONE(cnode_delete(ROOT_CNODE, timers + i, 1));
    DONE(sys_recv(notifications + 2, 0, &m, 0));
    while (first_now() < when + 300 * US)
        ;
    for (word_t i = 5; i < 64; i += 3)
        DONE(sys_recv(notifications + i, 0, &m, SYS_NONBLOCK));
    for (word_t i = 0; i < 63; i++) {
        if (i % 3 != 2)
            FAILS(E_AGAIN, sys_recv(notifications + i, 0, &m, SYS_NONBLOCK));
    }
}

TEST(timer_again, "arming again replaces what a timer was armed for")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t timer = make_timers(notification, 1);
    word_t start = first_now();
    struct message m = {.tag = 0};

    DONE(timer_set(timer, start + 100 * US));
    DONE(timer_set(timer, start + 500 * US));
    DONE(sys_recv(notification, 0, &m, 0));
    CHECK(first_now() >= start + 500 * US);
    DONE(timer_set(timer, start + (1ul << 60)));
    DONE(timer_set(timer, first_now() + 100 * US));
    DONE(sys_recv(notification, 0, &m, 0));
    CHECK(first_now() < start + 1000 * US);
}

TEST(timer_far, "deadlines of every magnitude are kept apart")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t timers = make_timers(notification, 63);
    word_t start = first_now();
    struct message m = {.tag = 0};
    word_t fired = 0;

    for (word_t i = 0; i < 62; i++)
        DONE(timer_set(timers + i, start + (1ul << i)));
    while (first_now() < start + (1ul << 22)) {
        if (sys_recv(notification, 0, &m, SYS_NONBLOCK) == E_OK)
            fired++;
    }
    BETWEEN(4, fired, 23);
    for (word_t i = 23; i < 62; i++) {
        DONE(timer_cancel(timers + i));
        DONE(timer_set(timers + i, 1)); /* it can still be had */
    }
    DONE(sys_recv(notification, 0, &m, SYS_NONBLOCK));
}

TEST(timer_beat, "a periodic timer does not drift, whatever a lower priority does")
{
    static struct beat b;
    word_t start;

    test_beat(&b, 1000 * US);
    start = first_now();
    while (first_now() < start + 500000 * US)
        ;
    BETWEEN(499, b.ticks, 501);
    BETWEEN(0, b.late_max, 5 * US);
}
