/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: with nobody waiting, with a waiter that may not run yet, with one that runs at once; and
 * Poll. */
#include "bench.h"

static void signal_waiter(word_t notification)
{
    struct message m = {.tag = 0};

    for (;;) {
        MUST(sys_recv(notification, 0, &m, 0));
        END(PATH_signal_switch);
    }
}

/* Waits for its turn, which comes while the main thread waits for `done`. @param x
 * two(notification, done) */
static void low_waiter(word_t x)
{
    struct message m = {.tag = 0};

    for (;;) {
        MUST(sys_recv(first_of(x), 0, &m, 0));
        MUST(sys_send(second_of(x), &m, 0));
    }
}

/* Let those of lower priority run until they wait. */
static void lower_myself(void)
{
    FIRST_CHECK(cpu_configure(ROOT_CPU, ROOT_SCHED, 100000000, 100000000, 1) == E_OK);
    FIRST_CHECK(cpu_configure(ROOT_CPU, ROOT_SCHED, 100000000, 100000000, PRIORITY_MAIN) == E_OK);
}

static void bench_lower(void)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t signal = badged(notification);
    cap_t done = first_make(TYPE_NOTIFICATION, 0);
    cap_t wake = badged(done);
    struct first_thread t = first_thread_make(other_space, PRIORITY_LOW);
    struct message m = {.tag = 0};

    first_thread_start(&t, low_waiter, two(notification, wake));
    MUST(sys_send(signal, &m, 0));
    for (unsigned i = 0; i < runs; i++) {
        MUST(sys_recv(done, 0, &m, 0)); /* now it runs, and signals this */
        lower_myself();                 /* now it waits again */
        BEGIN(PATH_signal_lower);
        MUST(sys_send(signal, &m, 0));
        END(PATH_signal_lower);
    }
    MUST(sys_recv(done, 0, &m, 0));
}

void bench_signal(void)
{
    cap_t quiet = first_make(TYPE_NOTIFICATION, 0);
    cap_t signal = badged(quiet);
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t wake = badged(notification);
    struct message m = {.tag = 0};

    start_high(other_space, signal_waiter, notification);
    for (unsigned i = 0; i < runs; i++) {
        BEGIN(PATH_signal);
        MUST(sys_send(signal, &m, 0));
        END(PATH_signal);
        BEGIN(PATH_poll_full);
        MUST(sys_recv(quiet, 0, &m, SYS_NONBLOCK));
        END(PATH_poll_full);
        BEGIN(PATH_poll_empty);
        (void)sys_recv(quiet, 0, &m, SYS_NONBLOCK);
        END(PATH_poll_empty);
        BEGIN(PATH_signal_switch);
        MUST(sys_send(wake, &m, 0));
    }
    bench_lower();
}
