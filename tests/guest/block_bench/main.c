/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a read from a disk costs: client, driver and kernel, from the call to the data. Run by
 * tools/bench with a disk that answers at once and has nothing but zeroes.
 */
#include <bench/mark.h>
#include <block/client.h>
#include <rt/program.h>

#define PAGES     2048u /* 8 MiB, as a file system's cache has */
#define RUNS      200u
#define MIB       (1024u * 1024)
#define PART      (128u * 1024)
#define PARTS     (MIB / PART)
#define LIST_PART (16u * BLOCK_PAGE)
#define LISTS     (MIB / LIST_PART)

static struct block_client c;
static struct block_io io[PARTS > LISTS ? PARTS : LISTS];

static void all(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        block_client_submit(&c, &io[i]);
    block_client_kick(&c);
    while (c.under_way > 0)
        (void)block_client_wait(&c, c.under_way);
}

static void good(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        RT_CHECK(io[i].status == BLOCK_DONE);
}

static void single(void)
{
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_block_read);
        block_io_read(&io[0], i * 65536ul, BLOCK_PAGE, i % PAGES * BLOCK_PAGE);
        (void)block_client_run(&c, &io[0]);
        END(PATH_block_read);
        good(1);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_block_write);
        block_io_write(&io[0], i * 65536ul, BLOCK_PAGE, i % PAGES * BLOCK_PAGE);
        (void)block_client_run(&c, &io[0]);
        END(PATH_block_write);
        good(1);
    }
}

static void large(void)
{
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_block_mib);
        for (unsigned k = 0; k < PARTS; k++)
            block_io_read(&io[k], i * (uint64_t)MIB + k * PART, PART, k * PART);
        all(PARTS);
        END(PATH_block_mib);
        good(PARTS);
    }
}

/* Into pages that lie anywhere, as those of a cache do. */
static void scattered(void)
{
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_block_mib_scattered);
        for (unsigned k = 0; k < LISTS; k++) {
            block_io_read(&io[k], i * (uint64_t)MIB + k * LIST_PART, 0, 0);
            for (unsigned n = 0; n < LIST_PART / BLOCK_PAGE; n++)
                (void)block_io_add_page(&io[k], (k * 16 + n) * 7 % PAGES);
        }
        all(LISTS);
        END(PATH_block_mib_scattered);
        good(LISTS);
    }
}

int main(void)
{
    struct block_options o = {.server = rt_uses("block"), .pages = PAGES, .bits = 1};

    MARK(MARK_BEGIN, PATH_BOOT);
    RT_CHECK(block_client_open(&c, &o) == BLOCK_OK);
    single();
    large();
    scattered();
    rt_say(2, "bench: done");
    return 0;
}
