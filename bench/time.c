/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and timers. The main thread starts the clock and then counts up a word that it shares
 * with nobody but a driver of higher priority in the other address space; what the kernel executes
 * in between is the interrupt's way to the driver, and back when the driver waits again.
 */
#include "bench.h"

#define SHARED ((volatile word_t *)0x3b0000000ul)

/* The programmable interval timer (Intel 8254): channel 0, one shot, comes in as line 2. */
#define PIT_LINE    2u
#define PIT_COUNTER 0x40u
#define PIT_CONTROL 0x43u
#define PIT_ONCE    0x30u
#define PIT_COUNT   8u /* 6.7 microseconds */

/* @param x two(notification, interrupt) */
static void driver(word_t x)
{
    struct message m = {.tag = 0};

    MUST(interrupt_acknowledge(second_of(x)));
    for (;;) {
        MUST(sys_recv(first_of(x), 0, &m, 0));
        END(PATH_interrupt);
        BEGIN(PATH_acknowledge);
        MUST(interrupt_acknowledge(second_of(x)));
        END(PATH_acknowledge);
        ++*SHARED;
    }
}

static void pit_start(void)
{
    MUST(io_port_write(ROOT_IOPORT, PIT_CONTROL, 1, PIT_ONCE));
    MUST(io_port_write(ROOT_IOPORT, PIT_COUNTER, 1, PIT_COUNT));
    MUST(io_port_write(ROOT_IOPORT, PIT_COUNTER, 1, 0));
}

static void bench_interrupt(void)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t interrupt = first_make(TYPE_INTERRUPT, 0);

    FIRST_CHECK(irq_control_attach(ROOT_IRQ, interrupt, PIT_LINE, 0) == E_OK);
    FIRST_CHECK(interrupt_bind(interrupt, badged(notification)) == E_OK);
    start_high(other_space, driver, two(notification, interrupt));
    for (unsigned i = 0; i < runs; i++) {
        word_t before = *SHARED;

        pit_start();
        BEGIN(PATH_interrupt);
        while (*SHARED == before)
            ;
    }
}

static void sleeper(word_t notification)
{
    struct message m = {.tag = 0};

    for (;;) {
        MUST(sys_recv(notification, 0, &m, 0));
        END(PATH_timer);
        ++*SHARED;
    }
}

static void bench_timer(void)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t timer = first_make(TYPE_TIMER, 0);

    FIRST_CHECK(timer_bind(timer, badged(notification)) == E_OK);
    start_high(other_space, sleeper, notification);
    for (unsigned i = 0; i < runs; i++) {
        word_t before = *SHARED;
        word_t deadline = first_now() + 10000;

        BEGIN(PATH_timer_set);
        MUST(timer_set(timer, deadline));
        END(PATH_timer_set);
        BEGIN(PATH_timer);
        while (*SHARED == before)
            ;
    }
}

void bench_time(void)
{
    share_page((word_t)SHARED);
    bench_interrupt();
    bench_timer();
}
