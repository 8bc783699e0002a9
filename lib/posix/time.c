/* SPDX-License-Identifier: BSD-2-Clause */
/* Time, and randomness. */
#include <cpuid.h>
#include <errno.h>
#include <rt/clock.h>
#include <rt/program.h>
#include <string.h>
#include <time.h>

#include "calls_priv.h"

#define SECONDS_MAX 1000000000l /* thirty years are forever */
#define RDRAND_BIT  (1u << 30)  /* CPUID 1, ECX */
#define RDRAND_TRIES 10 /* Intel SDM volume 1, 7.3.17: failing ten times in a row, it is broken */

bool posix_ticks(const struct timespec *time, word_t *ticks)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long)RT_NS_PER_SECOND)
        return false;
    *ticks = RT_FOREVER;
    if (time->tv_sec < SECONDS_MAX)
        *ticks = rt_ns_to_ticks((word_t)time->tv_sec * RT_NS_PER_SECOND + (word_t)time->tv_nsec);
    return true;
}

static bool is_clock(long clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_BOOTTIME;
}

/* a: clock, result */
long posix_clock_gettime(const long *a)
{
    struct timespec *time = (struct timespec *)a[1];
    word_t ns = rt_ticks_to_ns(rt_now());

    if (!is_clock(a[0]))
        return -EINVAL;
    *time = (struct timespec){.tv_sec = (long)(ns / RT_NS_PER_SECOND),
                              .tv_nsec = (long)(ns % RT_NS_PER_SECOND)};
    return 0;
}

long posix_clock_getres(const long *a)
{
    struct timespec *time = (struct timespec *)a[1];

    if (!is_clock(a[0]))
        return -EINVAL;
    if (time != NULL)
        *time = (struct timespec){.tv_nsec = 1};
    return 0;
}

static long sleep_until(word_t deadline)
{
    return rt_sleep_until(deadline < (word_t)INT64_MAX ? deadline : (word_t)INT64_MAX) ? 0
                                                                                       : -ENOMEM;
}

static long sleep_for(const struct timespec *time, word_t since)
{
    word_t ticks;

    if (!posix_ticks(time, &ticks))
        return -EINVAL;
    return sleep_until(ticks < RT_FOREVER - since ? since + ticks : RT_FOREVER);
}

/* a: time, what is left of it (nothing cuts a sleep short) */
long posix_nanosleep(const long *a)
{
    return sleep_for((const struct timespec *)a[0], rt_now());
}

/* a: clock, flags, time, rest */
long posix_clock_nanosleep(const long *a)
{
    if (!is_clock(a[0]))
        return -EINVAL;
    return sleep_for((const struct timespec *)a[2], a[1] & TIMER_ABSTIME ? 0 : rt_now());
}

static bool has_rdrand(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & RDRAND_BIT;
}

static bool rdrand(word_t *value)
{
    for (int i = 0; i < RDRAND_TRIES; i++) {
        unsigned char good;

        __asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(good) : : "cc");
        if (good)
            return true;
    }
    return false;
}

bool posix_random(void *to, size_t size)
{
    char *bytes = to;

    if (!has_rdrand())
        return false;
    while (size > 0) {
        size_t part = size < sizeof(word_t) ? size : sizeof(word_t);
        word_t value;

        if (!rdrand(&value))
            return false;
        memcpy(bytes, &value, part);
        bytes += part;
        size -= part;
    }
    return true;
}

/* a: where, size, flags */
long posix_getrandom(const long *a)
{
    return posix_random((void *)a[0], (size_t)a[1]) ? a[1] : -ENOSYS;
}
