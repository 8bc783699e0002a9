/* SPDX-License-Identifier: BSD-2-Clause */
/* What root's files share: its endpoint, its fixed slots, the clock. */
#ifndef ROOT_ROOT_H
#define ROOT_ROOT_H

#include <abi/boot_info.h>
#include <abi/call.h>

/** Slots that root keeps for passing use; empty between uses. */
struct scratch {
    cap_t cnode, space, thread, sched, frame, endpoint, other;
};

extern struct scratch scratch;

/** Everybody's faults, exits and requests arrive here. */
extern cap_t root_endpoint;

/* Badges on it: what the message is * COMPONENT_BADGE + the number of the component. */
enum {
    BADGE_COMPONENT =
        1, /**< COMPONENT_SUPERVISOR: enum component_call, and faults of further threads */
    BADGE_FAULT = 2,    /**< faults of the main thread */
    BADGE_PROTOCOL = 3, /**< the supervisor protocol */
    BADGE_LOOK = 4,     /**< of it, what changes nothing */
    BADGE_HARM = 5,     /**< of it, everything */
};

static inline const struct boot_info *boot_info(void)
{
    return (const struct boot_info *)ROOT_VADDR_INFO;
}

/** Time stamp counter. */
static inline word_t now_ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (word_t)high << 32 | low;
}

/** @param us below a few days */
static inline word_t us_ticks(word_t us)
{
    word_t per_ms = boot_info()->ticks_per_second / 1000;

    return us / 1000 * per_ms + us % 1000 * per_ms / 1000;
}

static inline word_t ticks_us(word_t ticks)
{
    word_t per_ms = boot_info()->ticks_per_second / 1000;

    return ticks / per_ms * 1000 + ticks % per_ms * 1000 / per_ms;
}

/* Where root maps pages of components to look at and fill them. */
#define WINDOW       0x300000000ul
#define WINDOW_PAGES 256u
#define PEEK         0x300200000ul

#endif
