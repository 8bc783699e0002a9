/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox has a balance of processor time. It earns with every tick of the clock, up to one
 * budget, and pays for what its threads have used: those of the tasks and the component's own. At
 * each tick a context gets what is left, at most one tick; the kernel stops it when that is used
 * up. When the balance is below 0, because several used theirs up, all rest until it is not. So
 * what is used in any stretch of time is at most its share, one budget and one tick.
 */
#include "budget.h"

#include "clock.h"
#include "core_priv.h"

#include <abi/invoke.h>
#include <rt/clock.h>
#include <rt/component.h>
#include <rt/object.h>
#include <rt/program.h>

#define SLICE_MS         10u
#define PRIORITY         90u
#define TICKS_IN_PERIOD  10u
#define TICK_NS_LEAST    1000000ul
#define LEAST            1000u       /* ticks: the kernel gives no less */

static cap_t contexts[TASK_MAX + 1];
static word_t paid[TASK_MAX + 1];    /* what of it has been paid for */
static cap_t cpu;

/* Of a bounded sandbox, in ticks of the clock. */
static struct {
    bool bounded;
    word_t budget, period;
    word_t tick;
    word_t earned_at; /* when it was last paid */
    int64_t balance;
    word_t grant;     /* what contexts have got at the last tick */
    word_t own_paid;
    struct alarm alarm;
} sandbox;

word_t budget_consumed(cap_t context)
{
    word_t ticks = 0, budget, period, priority, bound;

    (void)sched_context_consumed(context, &ticks, &budget, &period, &priority, &bound);
    return ticks;
}

/*
 * A context is given its time at each tick, and long before the kernel would fill it up again. That
 * happens only if there are no ticks: this component waits for a server that is on a context of
 * ours, lent along our call, which was used up on the way. For ever if it were not filled up.
 */
static bool configure(cap_t context)
{
    word_t slice = rt_info()->ticks_per_second / 1000 * SLICE_MS;
    word_t later = sandbox.tick * TICKS_IN_PERIOD;
    enum error e = sandbox.bounded ? cpu_configure(cpu, context, sandbox.grant, later, PRIORITY)
                                   : cpu_configure(cpu, context, slice, slice, PRIORITY);

    return e == E_OK;
}

cap_t budget_context(unsigned index)
{
    if (contexts[index] != 0)
        return contexts[index];

    cap_t context = rt_object_new(TYPE_SCHED_CONTEXT, 0);

    if (context != 0 && !configure(context)) {
        rt_object_delete(context);
        context = 0;
    }
    contexts[index] = context;
    paid[index] = 0;
    return context;
}

/* What the component's own threads have used. */
static word_t own_consumed(void)
{
    word_t ticks = budget_consumed(COMPONENT_SCHED);

    for (word_t i = 0; i < rt_info()->extra_threads; i++)
        ticks += budget_consumed(COMPONENT_EXTRA_SCHED + i);
    return ticks;
}

/* What has been used since the last tick; contexts that used some are noted. */
static word_t settle(bool used[TASK_MAX + 1])
{
    word_t own = own_consumed(), sum = own - sandbox.own_paid;

    sandbox.own_paid = own;
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        word_t now = contexts[i] != 0 ? budget_consumed(contexts[i]) : 0;

        used[i] = now != paid[i];
        sum += now - paid[i];
        paid[i] = now;
    }
    return sum;
}

static void earn(word_t now)
{
    word_t since = now - sandbox.earned_at, most = sandbox.period * TICKS_IN_PERIOD;

    /* In two factors: the product of long times does not fit. */
    if (since > most)
        since = most;
    sandbox.balance += (int64_t)(since * (sandbox.budget / 1000) / (sandbox.period / 1000));
    sandbox.earned_at = now;
}

static void tick(struct alarm *a)
{
    bool used[TASK_MAX + 1], other;
    word_t now = rt_now(), grant;

    earn(now);
    sandbox.balance -= (int64_t)settle(used);
    if (sandbox.balance > (int64_t)sandbox.budget)
        sandbox.balance = (int64_t)sandbox.budget;
    grant = sandbox.balance < (int64_t)LEAST ? 0 : (word_t)sandbox.balance;
    if (grant > sandbox.tick)
        grant = sandbox.tick;
    other = grant != sandbox.grant;
    sandbox.grant = grant;
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        if (contexts[i] != 0 && (other || used[i]))
            RT_CHECK(configure(contexts[i]));
    }
    alarm_set(a, rt_ticks_to_ns(now + sandbox.tick));
}

/* What the kernel holds the main thread to is what all may have. */
static void read_bound(void)
{
    word_t ticks, priority, bound;

    RT_CHECK(sched_context_consumed(COMPONENT_SCHED, &ticks, &sandbox.budget, &sandbox.period,
                                    &priority, &bound) == E_OK);
    sandbox.bounded = sandbox.budget != sandbox.period;
}

bool budget_init(void)
{
    const struct component_entry *e = rt_find(COMPONENT_CAP, "cpu");

    if (e == NULL) {
        rt_say(0, "the manifest does not give it the right to processor time (authority: cpu)");
        return false;
    }
    cpu = e->slot;
    read_bound();
    if (!sandbox.bounded)
        return true;
    sandbox.tick = sandbox.period / TICKS_IN_PERIOD;
    if (sandbox.tick < rt_ns_to_ticks(TICK_NS_LEAST))
        sandbox.tick = rt_ns_to_ticks(TICK_NS_LEAST);
    sandbox.balance = (int64_t)sandbox.budget;
    sandbox.grant = sandbox.budget < sandbox.tick ? sandbox.budget : sandbox.tick;
    sandbox.earned_at = rt_now();
    sandbox.own_paid = own_consumed();
    sandbox.alarm.fire = tick;
    alarm_set(&sandbox.alarm, clock_now() + rt_ticks_to_ns(sandbox.tick));
    return true;
}
