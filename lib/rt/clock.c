/* SPDX-License-Identifier: BSD-2-Clause */
/* Time. */
#include "clock.h"

#include "program.h"
#include "thread.h"

/* a * b / c for a < 2^63 / b * c without losing bits: whole parts first. */
static word_t scale(word_t a, word_t b, word_t c)
{
    return a / c * b + a % c * b / c;
}

word_t rt_ticks_to_ns(word_t ticks)
{
    return scale(ticks, RT_NS_PER_SECOND, rt_info()->ticks_per_second);
}

word_t rt_ns_to_ticks(word_t ns)
{
    return scale(ns, rt_info()->ticks_per_second, RT_NS_PER_SECOND);
}

bool rt_sleep_until(word_t deadline_ticks)
{
    if (!rt_park_prepare())
        return false;
    while (rt_now() < deadline_ticks)
        (void)rt_park(deadline_ticks);
    return true;
}

bool rt_sleep_ns(word_t ns)
{
    return rt_sleep_until(rt_now() + rt_ns_to_ticks(ns));
}
