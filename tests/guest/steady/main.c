/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequential reading from a disk whose driver is killed meanwhile: how much comes, against
 * the same without that, and whether each byte is right. tests/qemu/steady.py makes the disk. If
 * that is blank it takes no time of the host's, and rates are judged: they are those of the driver
 * and its supervisor alone.
 */
#include <block/client.h>
#include <proto/supervisor.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define PART      65536u
#define DEPTH     8u
#define CALM_NS   200000000ul
#define SELDOM_NS 2000000000ul
#define OFTEN_NS  500000000ul
#define DISK      (64ul << 20)
#define NEVER     (~0ul)
#define LEAST     95 /* per cent */
#define SECOND_NS 1000000000ul

static struct block_client disk;
static struct block_io io[DEPTH];
static unsigned passed, failed;
static uint64_t next, wrong, bad;
static bool blank;

static void check(bool ok, const char *name, word_t value)
{
    if (ok)
        rt_say(2, "ok %s: %lu", name, value);
    else
        rt_say(2, "FAIL %s: %lu", name, value);
    passed += ok;
    failed += !ok;
}

/* Each word of the disk says where it is; of a blank one all are 0. */
static void look(const struct block_io *done)
{
    const uint64_t *words =
        (const uint64_t *)(const void *)(disk.region + (size_t)(done - io) * PART);

    for (size_t i = 0; i < PART / 8; i += 64)
        wrong += words[i] != (blank ? 0 : (done->request.position + i * 8) / 8 + 1);
    bad += done->status != BLOCK_DONE;
}

static void ask(unsigned i)
{
    io[i].finished = NULL;
    block_io_read(&io[i], next, PART, i * PART);
    next = (next + PART) % DISK;
    block_client_submit(&disk, &io[i]);
}

/* Read for a while, and kill the driver at intervals. @return bytes in a millisecond */
static uint64_t phase(word_t time_ns, word_t interval_ns, unsigned *kills)
{
    word_t start = rt_now(), end = start + rt_ns_to_ticks(time_ns);
    word_t interval = interval_ns == NEVER ? 0 : rt_ns_to_ticks(interval_ns);
    word_t kill = start + interval / 2;
    uint64_t bytes = 0;

    *kills = 0;
    for (unsigned i = 0; i < DEPTH; i++)
        ask(i);
    block_client_kick(&disk);
    while (rt_now() < end) {
        (void)block_client_wait(&disk, 1);
        for (unsigned i = 0; i < DEPTH; i++) {
            if (io[i].status == BLOCK_PENDING)
                continue;
            look(&io[i]);
            bytes += PART;
            ask(i);
        }
        block_client_kick(&disk);
        if (interval != 0 && rt_now() >= kill) {
            *kills += supervisor_kill(rt_uses("supervisor"), "virtio_blk") == SUPERVISOR_OK;
            kill += interval;
        }
    }
    while (disk.under_way > 0)
        (void)block_client_wait(&disk, disk.under_way);
    return bytes / (time_ns / 1000000);
}

static bool is_blank(void)
{
    struct block_io first = {.finished = NULL};

    block_io_read(&first, 0, PART, 0);
    return block_client_run(&disk, &first) == BLOCK_DONE &&
           *(const uint64_t *)(const void *)disk.region == 0;
}

int main(void)
{
    struct block_options options = {
        .server = rt_uses("block"), .session = 1, .pages = DEPTH * PART / 4096, .bits = 1};
    uint64_t calm, seldom, often, after, least;
    unsigned kills, many;

    check(block_client_open(&disk, &options) == BLOCK_OK, "the disk is opened", 0);
    blank = is_blank();
    (void)phase(CALM_NS / 4, NEVER, &kills);
    calm = phase(CALM_NS, NEVER, &many);
    often = phase(OFTEN_NS, SECOND_NS / 10, &many);
    seldom = phase(SELDOM_NS, 2 * SECOND_NS, &kills);
    after = phase(CALM_NS, NEVER, &(unsigned){0});
    calm = (calm + after) / 2;
    least = blank ? calm * LEAST / 100 : 0;
    check(wrong == 0 && bad == 0, "no read fails, no byte is wrong", wrong + bad);
    check(calm > 0, "undisturbed, KB in a second", calm);
    /* Else rates are the host's business as much as ours: they are shown, not judged. */
    check(kills == 1 && seldom > least, "killed every 2 s, per mille of that",
          seldom * 1000 / calm);
    check(many >= 4 && often > least, "killed every 100 ms, per mille of that",
          often * 1000 / calm);
    rt_say(2, "%u passed, %u failed", passed, failed);
    return 0;
}
