/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is touched. */
#include "bench.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static volatile char *map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(at != MAP_FAILED, "memory is mapped");
    return at;
}

static void faults(void)
{
    volatile char *at = map(RUNS * PAGE);

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_fault);
        at[i * PAGE] = 1;
        END(PATH_linux_fault);
    }
    munmap((void *)(uintptr_t)at, RUNS * PAGE);
}

void bench_memory(void)
{
    faults();
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_linux_mmap);
        volatile char *at = map(PAGE);

        at[0] = 1;
        munmap((void *)(uintptr_t)at, PAGE);
        END(PATH_linux_mmap);
    }
    for (unsigned i = 0; i < FEW; i++) {
        BEGIN(PATH_linux_mmap_mib);
        volatile char *at = map(MIB);

        for (size_t page = 0; page < MIB; page += PAGE)
            at[page] = 1;
        munmap((void *)(uintptr_t)at, MIB);
        END(PATH_linux_mmap_mib);
    }
}
