/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native runtime, tested from inside. It runs twice: the first incarnation ends in a stack
 * overflow, which must be a fault and nothing worse; the second one runs the cases.
 */
#include "native.h"

#include <rt/program.h>
#include <rt/thread.h>
#include <stdio.h>

static int passed, failed;

void report(const char *name, bool good, const char *condition, int line)
{
    if (good)
        printf("ok %s\n", name);
    else
        printf("FAIL %s: line %d: %s\n", name, line, condition);
    *(good ? &passed : &failed) += 1;
}

static volatile bool deeper = true;

static void overflow(void *depth)
{
    volatile char room[512];

    if (!deeper)
        return;
    room[0] = (char)(long)depth;
    overflow((char *)depth + room[0]);
    room[1] = room[0];
}

int main(void)
{
    if (rt_info()->incarnation == 0) {
        struct rt_thread *thread = rt_thread_start(overflow, NULL, 16384);

        if (thread != NULL)
            rt_thread_join(thread);
        printf("FAIL a stack overflow is a fault: it was none\n0 passed, 1 failed\n");
        return 0;
    }
    CASE("a stack overflow is a fault", rt_info()->incarnation == 1);
    test_memory();
    test_threads();
    test_library();
    printf("%d passed, %d failed\n", passed, failed);
    return 0;
}
