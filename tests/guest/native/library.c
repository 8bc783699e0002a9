/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library on lib/posix. */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define PIECES 64

/* Pieces of all sizes, each filled with its number and looked at before it is freed. */
static bool malloc_works(void)
{
    unsigned char *piece[PIECES] = {0};
    size_t size[PIECES] = {0};

    for (unsigned round = 0; round < 5000; round++) {
        unsigned i = round * 31 % PIECES;

        for (size_t k = 0; k < size[i]; k++)
            if (piece[i][k] != i)
                return false;
        free(piece[i]);
        size[i] = 1 + round * 97 % (round % 50 == 0 ? 20000 : 700);
        piece[i] = malloc(size[i]);
        if (piece[i] == NULL)
            return false;
        memset(piece[i], (int)i, size[i]);
    }
    for (unsigned i = 0; i < PIECES; i++)
        free(piece[i]);
    return true;
}

/* A block that grows until it is moved by remapping, and shrinks. */
static bool realloc_keeps(void)
{
    uint32_t *block = NULL;

    for (uint32_t count = 1; count <= 100000; count *= 3) {
        block = realloc(block, count * sizeof(*block));
        if (block == NULL)
            return false;
        for (uint32_t i = count / 3; i < count; i++)
            block[i] = i;
    }
    block = realloc(block, 40000 * sizeof(*block));
    for (uint32_t i = 0; i < 40000; i++)
        if (block[i] != i)
            return false;
    free(block);
    return true;
}

static bool large_blocks_come_back(void)
{
    struct rt_memory before = rt_memory_use();
    char *block = malloc(300000);

    if (block == NULL || rt_memory_use().used == before.used)
        return false;
    block[299999] = 1;
    free(block);
    return rt_memory_use().used == before.used;
}

static bool prints(void)
{
    char text[80];

    snprintf(text, sizeof(text), "%d %5.2f %s %#lx %c", -42, 3.14159, "text", 0xdeadbeeful, 'c');
    return strcmp(text, "-42  3.14 text 0xdeadbeef c") == 0;
}

static bool formats(void)
{
    char text[60];
    size_t size = rt_format(text, sizeof(text), "%d|%5u|%-4s|%05x|%.2s|%lu|%%", -7, 42u, "ab",
                            0xbeefu, "xyz", ~0ul);

    return strcmp(text, "-7|   42|ab  |0beef|xy|18446744073709551615|%") == 0 &&
           size == strlen(text) && rt_format(text, 4, "abcdef") == 3 && strcmp(text, "abc") == 0;
}

static bool sleeps(void)
{
    struct timespec time = {.tv_nsec = 15000000};
    word_t start = rt_now();

    return nanosleep(&time, NULL) == 0 && rt_ticks_to_ns(rt_now() - start) >= 15000000;
}

static bool clock_runs(void)
{
    struct timespec a, b;

    clock_gettime(CLOCK_MONOTONIC, &a);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec)) &&
           rt_ns_to_ticks(rt_ticks_to_ns(1000000007)) - 1000000007 + 3 < 6;
}

/* Either the processor has it, or it is refused; never something that only looks random. */
static bool random_or_refused(void)
{
    uint64_t value[4] = {0};
    ssize_t got = getrandom(value, sizeof(value), 0);

    if (got < 0)
        return errno == ENOSYS;
    return got == sizeof(value) && value[0] != value[1] && value[2] != value[3] &&
           (value[0] | value[1]) != 0;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static bool sorts(void)
{
    int values[100];

    for (int i = 0; i < 100; i++)
        values[i] = i * 37 % 100;
    qsort(values, 100, sizeof(values[0]), by_value);
    for (int i = 0; i < 100; i++)
        if (values[i] != i)
            return false;
    return true;
}

static bool no_files(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 && errno == ENOSYS;
}

static bool number_too_large(void)
{
    errno = 0;
    return strtol("99999999999999999999", NULL, 10) == INT64_MAX && errno == ERANGE;
}

void test_library(void)
{
    CASE("malloc and free", malloc_works());
    CASE("realloc keeps what was there", realloc_keeps());
    CASE("large blocks go back", large_blocks_come_back());
    CASE("malloc fails without harm", malloc(1ul << 40) == NULL && errno == ENOMEM);
    CASE("printf", prints());
    CASE("rt_format", formats());
    CASE("sleep is as long as it should be", sleeps());
    CASE("the clock runs forward", clock_runs());
    CASE("randomness or none", random_or_refused());
    CASE("qsort", sorts());
    CASE("errno", number_too_large());
    CASE("what does not exist says so", no_files());
    CASE("a write to nowhere is refused", write(7, "x", 1) < 0 && errno == EBADF);
}
