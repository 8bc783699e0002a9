/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: a component that crashes and comes back. Its restart policy in the manifest is `on-fault`:
 * each time it faults, its supervisor takes back everything it had and starts it anew, a little
 * later each time. All that it knows of its past is the number of its incarnation. `why crash`
 * shows where it crashed.
 */
#include <rt/program.h>
#include <stdio.h>

#define LIVES 3u

static volatile int *nowhere;

/* On its own, so that the backtrace has something to show. */
static __attribute__((noinline)) void write_to_nowhere(void)
{
    *nowhere = 1;
}

int main(void)
{
    word_t incarnation = rt_info()->incarnation;

    printf("I am incarnation %lu.\n", incarnation);
    if (incarnation < LIVES) {
        printf("I write through a null pointer.\n");
        write_to_nowhere();
    }
    printf("This time I do nothing wrong.\n");
    return 0;
}
