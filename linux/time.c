/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks, and what happens at a time: sleepers (wait.c) and alarms. One Timer object of the kernel
 * is armed for whatever comes first.
 */
#include "core_priv.h"
#include "event.h"

#include <abi/invoke.h>
#include <proto/calendar.h>
#include <rt/clock.h>
#include <rt/object.h>
#include <rt/program.h>

static struct alarm *alarms; /* soonest first */
static cap_t timer;
static word_t armed = NEVER;

/* The machine's clock counts from its start. */
int64_t clock_realtime_offset;

/* From whom the manifest routes `calendar` to; without one time starts at 1970. */
static void learn_date(void)
{
    uint64_t start = 0;

    if (rt_uses("calendar") != 0 && calendar_start(rt_uses("calendar"), &start) == CALENDAR_OK)
        clock_realtime_offset = (int64_t)(start * RT_NS_PER_SECOND);
}

word_t clock_now(void)
{
    return rt_ticks_to_ns(rt_now());
}

void clock_arm(word_t deadline)
{
    word_t ticks;

    if (deadline >= armed)
        return;
    armed = deadline;
    ticks = rt_ns_to_ticks(deadline);
    if (ticks >= NEVER / 2) /* the kernel takes no more: centuries */
        ticks = NEVER / 2 - 1;
    RT_CHECK(timer_set(timer, ticks + 1) == E_OK);
}

static void alarm_remove(struct alarm *a)
{
    struct alarm **at = &alarms;

    if (!a->armed)
        return;
    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    a->armed = false;
}

void alarm_set(struct alarm *a, word_t deadline)
{
    struct alarm **at = &alarms;

    alarm_remove(a);
    a->deadline = deadline;
    while (*at != NULL && (*at)->deadline <= deadline)
        at = &(*at)->next;
    a->next = *at;
    *at = a;
    a->armed = true;
    clock_arm(deadline);
}

void alarm_cancel(struct alarm *a)
{
    alarm_remove(a);
}

/* The timer has signalled: something may be due. */
static void time_passed(void *context)
{
    word_t now = clock_now(), next;

    (void)context;
    armed = NEVER;
    while (alarms != NULL && alarms->deadline <= now) {
        struct alarm *a = alarms;

        alarm_remove(a);
        a->fire(a);
    }
    next = sleepers_wake(now);
    if (alarms != NULL && alarms->deadline < next)
        next = alarms->deadline;
    if (next != NEVER)
        clock_arm(next);
}

bool clock_init(void)
{
    cap_t signal = event_add(time_passed, NULL);

    learn_date();
    timer = rt_object_new(TYPE_TIMER, 0);
    return signal != 0 && timer != 0 && timer_bind(timer, signal) == E_OK;
}

struct timespec timespec_of(word_t ns)
{
    return (struct timespec){(int64_t)(ns / RT_NS_PER_SECOND), (int64_t)(ns % RT_NS_PER_SECOND)};
}

long timespec_check(const struct timespec *ts)
{
    return ts->seconds < 0 || ts->ns < 0 || ts->ns >= (int64_t)RT_NS_PER_SECOND ? -EINVAL : 0;
}

word_t timespec_ns(const struct timespec *ts)
{
    if (ts->seconds >= (int64_t)(NEVER / 2 / RT_NS_PER_SECOND))
        return NEVER / 2;
    return (word_t)ts->seconds * RT_NS_PER_SECOND + (word_t)ts->ns;
}

word_t clock_to_monotonic(word_t ns, bool realtime)
{
    if (!realtime)
        return ns;
    return (int64_t)ns > clock_realtime_offset ? ns - (word_t)clock_realtime_offset : 0;
}
