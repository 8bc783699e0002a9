/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of `partition`; see tests/qemu/partition.yaml, which has several, each with its part of
 * a disk. Arguments say what it must get: first=SECTOR of the disk, sectors=N, access=rw, ro,
 * refused or missing; kill=yes: kill driver and partition while it writes.
 */
#include <block/client.h>
#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/program.h>

#define SECTOR 512u
#define PAGES  64u
#define ROUNDS 60u

static struct block_client c;

static void check(bool ok, const char *name)
{
    rt_say(2, ok ? "ok %s: %s" : "FAIL %s: %s: not so", rt_info()->name, name);
}

static word_t argument(const char *name)
{
    const char *text = rt_argument(name);
    word_t value = 0;

    RT_CHECK(text != NULL);
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (word_t)(*text - '0');
    return value;
}

static enum block_status transfer(bool write, uint64_t position, uint32_t length, uint32_t offset)
{
    struct block_io io = {0};

    if (write)
        block_io_write(&io, position, length, offset);
    else
        block_io_read(&io, position, length, offset);
    return block_client_run(&c, &io);
}

/* The host wrote into each sector words that name it. */
static bool names(const uint8_t *at, uint64_t sector)
{
    return *(const word_t *)(const void *)at == sector * 64 + 1;
}

static void test_whole(uint64_t sectors)
{
    check(transfer(false, SECTOR, SECTOR, 0) == BLOCK_DONE && memcmp(c.region, "EFI PART", 8) == 0,
          "it has the partition table");
    check(transfer(false, sectors * SECTOR, SECTOR, 0) == BLOCK_BAD_RANGE, "and an end");
}

static void test_bounds(uint64_t first, uint64_t sectors)
{
    check(c.geometry.size == sectors * SECTOR, "its size");
    if (first == 0) {
        test_whole(sectors);
        return;
    }
    check(transfer(false, 8 * SECTOR, 4096, 0) == BLOCK_DONE && names(c.region, first + 8),
          "it begins where it should");
    check(transfer(false, (sectors - 1) * SECTOR, SECTOR, 0) == BLOCK_DONE &&
              names(c.region, first + sectors - 1),
          "it ends where it should");
    check(transfer(false, sectors * SECTOR, SECTOR, 0) == BLOCK_BAD_RANGE &&
              transfer(false, (sectors - 1) * SECTOR, 2 * SECTOR, 0) == BLOCK_BAD_RANGE &&
              transfer(false, -(first * SECTOR), SECTOR, 0) == BLOCK_BAD_RANGE,
          "there is nothing beyond it");
}

static void test_refused(enum block_error e, enum block_error wanted)
{
    struct block_geometry g;
    cap_t frame[BLOCK_BATCH];

    check(e == wanted, "gets no session");
    check(block_frames(rt_uses("block"), 0, 0, &frame[0], &frame[1], &frame[2], &frame[3]) ==
              BLOCK_E_NO_SESSION,
          "and no frames");
    check(block_geometry(rt_uses("block"), &g) != BLOCK_OK, "and learns nothing");
}

static void fill(unsigned round)
{
    for (unsigned i = 0; i < 8 * 4096 / 8; i++)
        ((word_t *)(void *)c.region)[i] = (word_t)round << 32 | i;
}

/* Write and read back, while driver and partition are killed in turns. */
static void test_kill(void)
{
    struct block_io io = {0};
    unsigned wrong = 0, kills = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        fill(round);
        block_io_write(&io, (64 + round * 8ul) * 4096, 8 * 4096, 0);
        block_client_submit(&c, &io);
        block_client_kick(&c);
        kills += supervisor_kill(rt_uses("supervisor"),
                                 round % 3 == 0 ? "partition" : "virtio_blk") == SUPERVISOR_OK;
        while (io.status == BLOCK_PENDING)
            (void)block_client_wait(&c, 1);
        wrong += io.status != BLOCK_DONE;
        memset(c.region, 0, 8 * 4096);
        wrong += transfer(false, (64 + round * 8ul) * 4096, 8 * 4096, 8 * 4096) != BLOCK_DONE;
        fill(round);
        wrong += memcmp(c.region, c.region + 8 * 4096, 8 * 4096) != 0;
    }
    check(kills > ROUNDS / 2 && c.reopened > ROUNDS / 3, "driver and partition are killed");
    check(wrong == 0, "and everything it wrote is there");
}

int main(void)
{
    struct block_options o = {.server = rt_uses("block"), .pages = PAGES, .bits = 1};
    const char *access = rt_argument("access");
    enum block_error e = block_client_open(&c, &o);

    RT_CHECK(access != NULL);
    if (rt_same(access, "refused") || rt_same(access, "missing")) {
        test_refused(e, rt_same(access, "refused") ? BLOCK_E_NOT_ALLOWED : BLOCK_E_NOT_FOUND);
    } else {
        check(e == BLOCK_OK, "gets a session");
        RT_CHECK(e == BLOCK_OK);
        test_bounds(argument("first"), argument("sectors"));
        check(transfer(true, 0, SECTOR, 0) ==
                  (rt_same(access, "rw") ? BLOCK_DONE : BLOCK_READ_ONLY),
              "may write, or not, as the manifest says");
        check(c.geometry.read_only == rt_same(access, "ro"), "and was told so");
    }
    if (rt_argument("kill") != NULL)
        test_kill();
    rt_say(2, "done");
    return 0;
}
