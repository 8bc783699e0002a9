/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduler: a scheduler in user mode. The kernel knows budgets and periods; who gets how much is
 * decided here. Three threads want all the processor they can get; the scheduler gives them shares
 * of it, then other shares, and measures what they really had.
 *
 * Its manifest gives it three scheduling contexts ("threads: 3") and the right to say what they may
 * use, at priorities up to 90 ("authority: {cpu: 90}").
 */
#include <abi/invoke.h>
#include <rt/clock.h>
#include <rt/program.h>
#include <rt/thread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS      3
#define PRIORITY     80
#define PERIOD_NS    100000000ul
#define MEASURE_NS   1000000000ul
#define STACK_BYTES  8192u
#define POINTS      6 /* what a share may be off */
#define TRIES       5

static _Atomic bool stop;

static void work(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop))
        ;
}

/* Budget of a thread in hundredths of the processor. */
static void set_share(cap_t cpu, int thread, word_t percent)
{
    word_t period = rt_ns_to_ticks(PERIOD_NS);

    RT_CHECK(cpu_configure(cpu, COMPONENT_EXTRA_SCHED + (word_t)thread, period * percent / 100,
                           period, PRIORITY) == E_OK);
}

static word_t consumed(int thread)
{
    word_t ticks = 0, budget, period, priority, bound;

    RT_CHECK(sched_context_consumed(COMPONENT_EXTRA_SCHED + (word_t)thread, &ticks, &budget,
                                    &period, &priority, &bound) == E_OK);
    return ticks;
}

/* What each had of one second, in hundredths. @return true: all about what they were to have */
static bool measure(const int percent[THREADS], int got[THREADS])
{
    word_t before[THREADS], since = rt_now();
    bool close = true;

    for (int i = 0; i < THREADS; i++)
        before[i] = consumed(i);
    RT_CHECK(rt_sleep_ns(MEASURE_NS));
    for (int i = 0; i < THREADS; i++) {
        got[i] = (int)((consumed(i) - before[i]) * 100 / (rt_now() - since));
        close &= abs(got[i] - percent[i]) <= POINTS;
    }
    return close;
}

static void share_out(cap_t cpu, const int percent[THREADS])
{
    int got[THREADS];

    for (int i = 0; i < THREADS; i++)
        set_share(cpu, i, (word_t)percent[i]);
    /* An emulated machine stands still at times, and its clock does not: such a second says
     * nothing. */
    for (int i = 0; i < TRIES && !measure(percent, got); i++)
        ;
    for (int i = 0; i < THREADS; i++) {
        if (abs(got[i] - percent[i]) <= POINTS)
            printf("thread %d was to have %d %%, and had about that\n", i, percent[i]);
        else
            printf("thread %d was to have %d %%, but had %d %%\n", i, percent[i], got[i]);
    }
}

int main(void)
{
    static const int first[THREADS] = {50, 25, 10}, second[THREADS] = {10, 25, 50};
    cap_t cpu = rt_given(COMPONENT_CAP, "cpu");
    struct rt_thread *threads[THREADS];

    if (cpu == 0) {
        printf("the manifest does not give me processor time to hand out: authority: {cpu: 90}\n");
        return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        set_share(cpu, i, 5);
        threads[i] = rt_thread_start(work, NULL, STACK_BYTES);
        RT_CHECK(threads[i] != NULL);
    }
    share_out(cpu, first);
    printf("now the other way round\n");
    share_out(cpu, second);
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        rt_thread_join(threads[i]);
    return 0;
}
