/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, and what happens at a time. */
#ifndef LINUX_CLOCK_H
#define LINUX_CLOCK_H

#include <abi/call.h>
#include <stdbool.h>

struct timespec {
    int64_t seconds, ns;
};

/** CLOCK_MONOTONIC in nanoseconds. */
word_t clock_now(void);
/** What to add to it for CLOCK_REALTIME. */
extern int64_t clock_realtime_offset;
/** Any clock of clock_gettime(2). @return 0 or -EINVAL */
long clock_read(int id, struct timespec *now);

/** Nanoseconds and timespecs. check: 0, or -EINVAL for what is no time. */
struct timespec timespec_of(word_t ns);
long timespec_check(const struct timespec *ts);
word_t timespec_ns(const struct timespec *ts);
/** A time of CLOCK_REALTIME (or, not realtime, of CLOCK_MONOTONIC) on CLOCK_MONOTONIC. */
word_t clock_to_monotonic(word_t ns, bool realtime);

/** Something that happens at a time: embedded in timerfd and the like. */
struct alarm {
    struct alarm *next;
    word_t deadline;          /**< ns of CLOCK_MONOTONIC */
    void (*fire)(struct alarm *a);
    bool armed;
};

/** Arm it, in place of what it was armed for. */
void alarm_set(struct alarm *a, word_t deadline);
void alarm_cancel(struct alarm *a);

#endif
