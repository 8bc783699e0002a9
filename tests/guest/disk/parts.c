/* SPDX-License-Identifier: BSD-2-Clause */
/* What a disk must do, what it must not, and what happens when it or its driver fails. */
#include "disk.h"

#include <proto/supervisor.h>
#include <rt/clock.h>

#define PAGES       256u
#define LOAD_FIRST  4096u /* blocks of 4096 bytes: from 16 MiB on */
#define LOAD_BLOCKS 1024u
#define KILLS       40u
#define ROUNDS       40u
#define ROUND_BLOCKS 4u

static struct block_client c, d;
static struct load load[2];

/* --- Reading and writing --------------------------------------------------------------------- */

static bool is_hosts(const uint8_t *at, uint64_t position, uint32_t length)
{
    for (uint32_t i = 0; i < length; i += 8) {
        if (*(const word_t *)(const void *)(at + i) !=
            host_word((position + i) / 512, (unsigned)((position + i) % 512 / 8)))
            return false;
    }
    return true;
}

static void test_geometry(void)
{
    struct block_geometry g = {0};

    check(block_geometry(rt_uses("block"), &g) == BLOCK_OK && g.size == 64 * MIB &&
              g.block_bytes == 512 && !g.read_only && g.write_cache,
          "the geometry of the disk", "%lu bytes, blocks of %u", g.size, g.block_bytes);
    check(c.geometry.size == g.size && c.geometry.transfer_bytes >= 65536 &&
              c.geometry.discard_bytes > 0 && c.geometry.zero_bytes > 0,
          "the geometry of a session", "%lu bytes, %u at once", c.geometry.size,
          c.geometry.transfer_bytes);
}

static void test_reading(void)
{
    static const struct {
        uint64_t position;
        uint32_t length, offset;
    } reads[] = {
        {MIB, 512, 0},           {MIB + 512, 512, 512},     {2 * MIB - 512, 1024, 4096 - 512},
        {3 * MIB, 4096, 0},      {3 * MIB, 65536, 512},     {5 * MIB + 1536, 69632, 2560},
        {64 * MIB - 512, 512, 0}, {64 * MIB - 65536, 65536, PAGES * BLOCK_PAGE - 65536},
    };
    unsigned good = 0;

    for (unsigned i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        memset(c.region, 0xee, 256 * 1024);
        good += transfer(&c, false, reads[i].position, reads[i].length, reads[i].offset) ==
                    BLOCK_DONE &&
                is_hosts(c.region + reads[i].offset, reads[i].position, reads[i].length) &&
                (reads[i].offset == 0 || reads[i].length > 65536 ||
                 c.region[reads[i].offset - 1] == 0xee || reads[i].offset > 256 * 1024);
    }
    check(good == sizeof reads / sizeof reads[0], "what the host wrote can be read", "%u of %zu",
          good, sizeof reads / sizeof reads[0]);
    check(transfer(&c, false, MIB, c.geometry.transfer_bytes, 512) == BLOCK_DONE &&
              is_hosts(c.region + 512, MIB, c.geometry.transfer_bytes),
          "the longest read", "%u bytes", c.geometry.transfer_bytes);
}

static void test_lists(void)
{
    struct block_io io = {0};
    bool good;

    block_io_read(&io, 7 * MIB, 0, 0);
    for (uint32_t i = 0; i < BLOCK_LIST_MAX; i++)
        (void)block_io_add_page(&io, (i * 37 + 5) % PAGES);
    check(!block_io_add_page(&io, 1), "a list of pages has an end", "it has not");
    io.request.length -= 1024;
    good = block_client_run(&c, &io) == BLOCK_DONE;
    for (uint32_t i = 0; i < BLOCK_LIST_MAX; i++)
        good = good && is_hosts(c.region + (i * 37 + 5) % PAGES * BLOCK_PAGE,
                                7 * MIB + i * BLOCK_PAGE, i + 1 < BLOCK_LIST_MAX ? 4096 : 3072);
    check(good, "a read into listed pages", "status %s", block_status_name(io.status));
}

static void test_writing(void)
{
    struct block_io io = {0};

    for (unsigned i = 0; i < 65536; i++)
        c.region[i] = (uint8_t)(i * 11 + (i >> 8));
    check(transfer(&c, true, 8 * MIB + 512, 65536, 0) == BLOCK_DONE, "a write", "fails");
    check(transfer(&c, false, 8 * MIB, 66560, 131072) == BLOCK_DONE &&
              memcmp(c.region, c.region + 131072 + 512, 65536) == 0 &&
              is_hosts(c.region + 131072, 8 * MIB, 512) &&
              is_hosts(c.region + 131072 + 66048, 8 * MIB + 66048, 512),
          "reads what was written, and nothing beside it changed", "not");
    block_io_flush(&io);
    check(block_client_run(&c, &io) == BLOCK_DONE, "a flush", "%s", block_status_name(io.status));
}

static bool all_zero(const uint8_t *at, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

static void test_ranges(void)
{
    struct block_io io = {0};
    bool good;

    block_io_zero(&io, 9 * MIB, 96 * 1024);
    good = block_client_run(&c, &io) == BLOCK_DONE &&
           transfer(&c, false, 9 * MIB - 4096, 102400, 0) == BLOCK_DONE;
    check(good && is_hosts(c.region, 9 * MIB - 4096, 4096) && all_zero(c.region + 4096, 98304),
          "zeroes are written", "%s", block_status_name(io.status));
    block_io_discard(&io, 10 * MIB, MIB);
    check(block_client_run(&c, &io) == BLOCK_DONE, "a discard", "%s",
          block_status_name(io.status));
    check(transfer(&c, false, 11 * MIB, 4096, 0) == BLOCK_DONE &&
              is_hosts(c.region, 11 * MIB, 4096),
          "what lies behind it is still there", "not");
}

/* --- What is refused ------------------------------------------------------------------------- */

static enum block_status raw(struct block_client *client, struct block_request request)
{
    struct block_io io = {.request = request};

    return block_client_run(client, &io);
}

static void test_bounds(void)
{
    const struct {
        struct block_request q;
        enum block_status wanted;
    } cases[] = {
        {{.operation = BLOCK_READ, .position = 64 * MIB, .length = 512}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .position = 64 * MIB - 512, .length = 1024}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_WRITE, .position = -512ul, .length = 1024}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .position = 256, .length = 512}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .position = 0, .length = 100}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .position = 0, .length = 0}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .length = -512u}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_READ, .length = 512, .offset = PAGES * BLOCK_PAGE},
         BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 1024, .offset = PAGES * BLOCK_PAGE - 512},
         BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 512, .offset = -512u}, BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 512, .offset = 8}, BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 4096, .page_count = 1, .page = {PAGES}},
         BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 8192, .page_count = 1}, BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 4096, .page_count = 2}, BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_READ, .length = 4096, .page_count = 255}, BLOCK_BAD_MEMORY},
        {{.operation = BLOCK_FLUSH, .length = 512}, BLOCK_BAD_RANGE},
        {{.operation = BLOCK_DISCARD, .position = 64 * MIB, .length = 512}, BLOCK_BAD_RANGE},
        {{.operation = 0, .length = 512}, BLOCK_UNSUPPORTED},
        {{.operation = 77, .length = 512}, BLOCK_UNSUPPORTED},
    };
    unsigned good = 0, bad = 0;

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (raw(&c, cases[i].q) == cases[i].wanted)
            good++;
        else
            bad = i + 1;
    }
    check(bad == 0, "what is out of bounds is refused", "case %u is not, %u are", bad, good);
}

static void test_window(void)
{
    struct block_options o = {.server = rt_uses("block"),
                              .session = 7,
                              .pages = 4,
                              .first = 3 * MIB,
                              .size = MIB,
                              .read_only = true,
                              .bits = SIGNAL_SECOND};
    enum block_error e = block_client_open(&d, &o);

    check(e == BLOCK_OK && d.geometry.size == MIB && d.geometry.read_only,
          "a session of a part of the disk", "error %x", (unsigned)e);
    check(transfer(&d, false, 4096, 4096, 0) == BLOCK_DONE &&
              is_hosts(d.region, 3 * MIB + 4096, 4096),
          "begins where it should", "not");
    check(transfer(&d, false, MIB, 4096, 0) == BLOCK_BAD_RANGE &&
              transfer(&d, false, MIB - 4096, 8192, 0) == BLOCK_BAD_RANGE,
          "has an end", "not");
    check(transfer(&d, true, 0, 4096, 0) == BLOCK_READ_ONLY &&
              raw(&d, (struct block_request){.operation = BLOCK_WRITE_ZEROES, .length = 4096}) ==
                  BLOCK_READ_ONLY &&
              raw(&d, (struct block_request){.operation = BLOCK_DISCARD, .length = 4096}) ==
                  BLOCK_READ_ONLY,
          "and cannot be written", "it can");
    check(block_client_close(&d) == BLOCK_OK, "a session ends", "not");
    o.first = 64 * MIB + 4096;
    check(block_client_open(&d, &o) == BLOCK_E_NOT_FOUND, "no session beyond the disk", "one");
}

/* --- Several at once ------------------------------------------------------------------------- */

static void test_loads(void)
{
    open_session(&d, 2, PAGES, SIGNAL_SECOND);
    load_begin(&load[0], &c, LOAD_FIRST, LOAD_BLOCKS, 0);
    load_begin(&load[1], &d, LOAD_FIRST + LOAD_BLOCKS, LOAD_BLOCKS, 1);
    for (unsigned i = 0; i < 50; i++) {
        load_run(&load[0], 40);
        load_run(&load[1], 40);
    }
    load_end(&load[0]);
    load_end(&load[1]);
    check(load[0].wrong + load[1].wrong == 0 && load[0].failed + load[1].failed == 0 &&
              load[0].done >= 2000 && load[1].done >= 2000,
          "two sessions, many requests at once, and every block is right",
          "%u and %u wrong, %u and %u failed", load[0].wrong, load[1].wrong, load[0].failed,
          load[1].failed);
    check(block_client_close(&d) == BLOCK_OK, "the second one ends", "not");
}

static void test_flood(void)
{
    static struct block_io io[400];
    unsigned good = 0;

    for (unsigned i = 0; i < 400; i++) {
        io[i] = (struct block_io){0};
        block_io_read(&io[i], MIB + i * 512ul, 512, i * 512);
        block_client_submit(&c, &io[i]);
    }
    block_client_kick(&c);
    while (c.under_way > 0)
        (void)block_client_wait(&c, c.under_way);
    for (unsigned i = 0; i < 400; i++)
        good += io[i].status == BLOCK_DONE && is_hosts(c.region + i * 512, MIB + i * 512ul, 512);
    check(good == 400, "more requests than there is room for", "%u of 400", good);
}

/* Memory of a component, in KiB. */
static word_t memory_of(const char *name)
{
    struct supervisor_status status = {0};

    return supervisor_query(rt_uses("supervisor"), name, &status) == SUPERVISOR_OK
               ? status.memory_bytes / 1024
               : 1 << 30;
}

/* With a region as large as a file system's cache. The capability to each page counts too. */
static void test_memory(void)
{
    word_t platform, driver;

    open_session(&d, 3, 2048, SIGNAL_SECOND);
    platform = memory_of("platform");
    driver = memory_of("virtio_blk");
    rt_say(2, "memory: platform %lu KiB, driver %lu KiB", platform, driver);
    check(transfer(&d, false, MIB, 4096, 8 * MIB - 4096) == BLOCK_DONE &&
              is_hosts(d.region + 8 * MIB - 4096, MIB, 4096),
          "a region of 8 MiB", "cannot be read into");
    check(platform + driver <= 12 * 1024, "costs little more than that", "%lu and %lu KiB",
          platform, driver);
    check(block_client_close(&d) == BLOCK_OK, "and can be given back", "not");
}

void test_all(void)
{
    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    check(!c.kept && c.region_pages == PAGES && all_zero(c.region, PAGES * BLOCK_PAGE),
          "a new region is clear", "not");
    test_geometry();
    test_reading();
    test_lists();
    test_writing();
    test_ranges();
    test_bounds();
    test_window();
    test_flood();
    test_loads();
    test_memory();
}

/* --- The driver is killed -------------------------------------------------------------------- */

void test_kill(void)
{
    cap_t root = rt_uses("supervisor");
    unsigned kills = 0;

    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    load_begin(&load[0], &c, LOAD_FIRST, LOAD_BLOCKS, 0);
    for (unsigned i = 0; i < KILLS; i++) {
        load_run(&load[0], 60);
        kills += supervisor_kill(root, "virtio_blk") == SUPERVISOR_OK;
    }
    load_end(&load[0]);
    check(kills > KILLS / 2 && c.reopened >= kills / 2, "the driver is killed under load",
          "%u kills, opened anew %u times", kills, c.reopened);
    check(load[0].failed == 0 && !c.gone, "no request fails", "%u fail", load[0].failed);
    check(load[0].wrong == 0, "and every block is right", "%u are wrong", load[0].wrong);
    memset(c.region, 0x5a, BLOCK_PAGE);
    block_client_reopen(&c);
    check(!c.gone && c.region[0] == 0x5a && c.region[4095] == 0x5a,
          "what is in the region stays when it is opened anew", "it is gone");
}

/* --- The client dies ------------------------------------------------------------------------- */

static word_t again_word(unsigned page, unsigned word)
{
    return (word_t)page << 32 | word << 8 | 0x5a;
}

/* The first incarnation leaves requests under way. */
static void leave(void)
{
    static struct block_io io[PAGES];

    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    for (unsigned i = 0; i < PAGES; i++) {
        for (unsigned k = 0; k < BLOCK_PAGE / 8; k++)
            ((word_t *)(void *)(c.region + i * BLOCK_PAGE))[k] = again_word(i, k);
        block_io_write(&io[i], (LOAD_FIRST + i) * BLOCK_PAGE, BLOCK_PAGE, i * BLOCK_PAGE);
        block_client_submit(&c, &io[i]);
    }
    block_client_kick(&c);
    rt_exit(1);
}

static bool holds_again(const uint8_t *at, unsigned page)
{
    for (unsigned k = 0; k < BLOCK_PAGE / 8; k++) {
        if (((const word_t *)(const void *)at)[k] != again_word(page, k))
            return false;
    }
    return true;
}

static unsigned pages_kept(void)
{
    unsigned good = 0;

    for (unsigned i = 0; i < PAGES; i++)
        good += holds_again(c.region + i * BLOCK_PAGE, i);
    return good;
}

/* The next finds its region, and each block as it was or as it was to be. */
void test_again(void)
{
    unsigned old = 0, new = 0;

    if (rt_info()->incarnation == 0)
        leave();
    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    check(c.kept && pages_kept() == PAGES, "the next incarnation has its region", "%u of %u pages",
          pages_kept(), PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        RT_CHECK(transfer(&c, false, (LOAD_FIRST + i) * BLOCK_PAGE, BLOCK_PAGE, 0) == BLOCK_DONE);
        old += is_hosts(c.region, (LOAD_FIRST + i) * BLOCK_PAGE, BLOCK_PAGE);
        new += holds_again(c.region, i);
    }
    check(old + new == PAGES && new > 0, "and no block is torn", "%u old, %u new", old, new);
    open_session(&d, 1, PAGES / 2, SIGNAL_SECOND);
    check(!d.kept && all_zero(d.region, PAGES / 2 * BLOCK_PAGE), "a region of another size is new",
          "it is not");
}

/* --- The disk fails -------------------------------------------------------------------------- */

/* Sector 8 * MIB / 512 cannot be read, 9 * MIB / 512 cannot be written, a flush fails once. */
void test_errors(void)
{
    struct block_io io = {0};

    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    check(transfer(&c, false, 8 * MIB, 4096, 0) == BLOCK_MEDIUM_ERROR,
          "a read that the disk cannot do", "does it");
    check(transfer(&c, false, 8 * MIB + 65536, 4096, 0) == BLOCK_DONE &&
              is_hosts(c.region, 8 * MIB + 65536, 4096),
          "others it can", "not");
    check(transfer(&c, true, 9 * MIB, 4096, 0) == BLOCK_MEDIUM_ERROR,
          "a write that the disk cannot do", "does it");
    check(transfer(&c, true, 9 * MIB + 65536, 4096, 0) == BLOCK_DONE, "others it can do", "not");
    block_io_flush(&io);
    check(block_client_run(&c, &io) == BLOCK_MEDIUM_ERROR, "a flush that the disk cannot do", "%s",
          block_status_name(io.status));
    check(block_client_run(&c, &io) == BLOCK_DONE, "the next one it can", "%s",
          block_status_name(io.status));
}

/* The host stops answering, or takes the disk away, when block 1 is written. */
void test_gone(void)
{
    enum block_status status;

    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    rt_say(2, "take the disk away");
    do
        status = transfer(&c, false, MIB, 4096, 0);
    while (status == BLOCK_DONE);
    check(status == BLOCK_DEVICE_ERROR || status == BLOCK_GONE, "a disk that goes away", "%s",
          block_status_name(status));
    for (unsigned i = 0; i < 10 && status != BLOCK_GONE; i++)
        status = transfer(&c, false, MIB, 4096, 0);
    check(status == BLOCK_GONE, "is gone in the end", "%s", block_status_name(status));
}

/* --- A recording ----------------------------------------------------------------------------- */

static void finish(struct block_io *io, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        block_client_submit(&c, &io[i]);
    block_client_kick(&c);
    while (c.under_way > 0)
        (void)block_client_wait(&c, c.under_way);
}

/* Rounds of blocks, a flush, and a mark which says that they are safe. See powercut.py. */
void test_record(bool flushes)
{
    static struct block_io io[ROUND_BLOCKS + 1];
    word_t *page;

    open_session(&c, 1, PAGES, SIGNAL_FIRST);
    for (word_t round = 1; round <= ROUNDS; round++) {
        for (unsigned i = 0; i < ROUND_BLOCKS; i++) {
            page = (word_t *)(void *)(c.region + i * BLOCK_PAGE);
            for (unsigned k = 0; k < BLOCK_PAGE / 8; k++)
                page[k] = round << 32 | i;
            block_io_write(&io[i], (LOAD_FIRST + round * ROUND_BLOCKS + i) * BLOCK_PAGE, BLOCK_PAGE,
                           i * BLOCK_PAGE);
        }
        finish(io, ROUND_BLOCKS);
        block_io_flush(&io[0]);
        if (flushes)
            finish(io, 1);
        *(word_t *)(void *)(c.region + MIB / 2) = round;
        block_io_write(&io[0], 12 * MIB, BLOCK_PAGE, MIB / 2);
        finish(io, 1);
    }
    block_io_flush(&io[0]);
    finish(io, 1);
    check(io[0].status == BLOCK_DONE, "a run to be recorded", "%s",
          block_status_name(io[0].status));
}
