/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that do next to nothing. */
#include "bench.h"

#include <sys/syscall.h>
#include <time.h>

void bench_calls(void)
{
    struct timespec now;

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_getpid);
        raw(SYS_getpid, 0, 0, 0);
        END(PATH_linux_getpid);
    }
    clock_gettime(CLOCK_MONOTONIC, &now); /* the C library finds the vDSO */
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_vdso);
        clock_gettime(CLOCK_MONOTONIC, &now);
        END(PATH_linux_vdso);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_clock);
        raw(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
        END(PATH_linux_clock);
    }
}
