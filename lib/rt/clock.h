/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: ticks of the processor's time stamp counter, which runs evenly from the start of the
 * machine. */
#ifndef RT_CLOCK_H
#define RT_CLOCK_H

#include <abi/call.h>
#include <stdbool.h>

#define RT_NS_PER_SECOND 1000000000ul
#define RT_FOREVER       (~(word_t)0)

/** Now, in ticks. */
static inline word_t rt_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (word_t)high << 32 | low;
}

/** Ticks in nanoseconds. Exact to 1 ns up to 584 years. */
word_t rt_ticks_to_ns(word_t ticks);

/** Nanoseconds in ticks. */
word_t rt_ns_to_ticks(word_t ns);

/** Wait until the clock says so. @param deadline_ticks below 2^63 @return false: there is no memory
 * for a timer */
bool rt_sleep_until(word_t deadline_ticks);

/** Wait so long. @return as rt_sleep_until */
bool rt_sleep_ns(word_t ns);

#endif
