/* SPDX-License-Identifier: BSD-2-Clause */
/* What a confined component that calls the kernel at random shares with its test: one page. */
#ifndef STORM_H
#define STORM_H

#include "test.h"

#define STORM_SLOTS   64u   /* of its CNode */
#define STORM_THREADS 2u
#define STORM_HEAP    0x500000000ul /* where it tries to map */

/** What one of its threads writes. */
struct storm_thread {
    volatile word_t calls;            /**< made so far */
    volatile word_t outcomes[ERRORS]; /**< how they ended */
    volatile word_t other;            /**< outcomes that are none */
    volatile word_t state;            /**< of its random numbers */
    volatile struct message_buffer *buffer;
};

/** The shared page. */
struct storm {
    struct storm_thread thread[STORM_THREADS];
};

/** A thread of the component: never returns. @param argument address of the page plus the thread's
 * number */
_Noreturn void storm_main(word_t argument);

/** The next random number. */
word_t storm_random(volatile word_t *state);

#endif
