/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk.h"

#include <abi/invoke.h>
#include <errno.h>
#include <proto/calendar.h>
#include <rt/clock.h>
#include <rt/program.h>
#include <sys/random.h>

#define AT_ONCE  64u /* requests under way */
#define ALIVE_NS 20000000ul /* signs of life while the disk is slow, well within a heartbeat */

static int error_of(enum block_status status)
{
    switch (status) {
    case BLOCK_DONE: return 0;
    case BLOCK_GONE: return ENODEV;
    case BLOCK_READ_ONLY: return EROFS;
    default: return EIO;
    }
}

/* One request for as many transfers as go together: next to each other on the disk, and in memory
 * too, or in whole pages. @return how many */
static unsigned gather(struct disk *disk, const struct ext4_io *ios, unsigned count, bool write,
                       struct block_io *io)
{
    const struct ext4_io *first = &ios[0];
    uint32_t offset = (uint32_t)(first->data - disk->client.region), bytes = first->length;
    uint32_t most = disk->client.geometry.transfer_bytes;
    unsigned n = 1;

    (write ? block_io_write : block_io_read)(io, first->position, bytes, offset);
    while (n < count && ios[n].position == first->position + bytes &&
           ios[n].data == first->data + bytes && bytes + ios[n].length <= most)
        bytes += ios[n++].length;
    if (n > 1) {
        (write ? block_io_write : block_io_read)(io, first->position, bytes, offset);
        return n;
    }
    if (count < 2 || ios[1].position != first->position + BLOCK_PAGE ||
        first->length != BLOCK_PAGE || offset % BLOCK_PAGE != 0)
        return 1;
    (write ? block_io_write : block_io_read)(io, first->position, 0, 0);
    for (n = 0, bytes = 0; n < count && ios[n].length == BLOCK_PAGE && bytes + BLOCK_PAGE <= most &&
                           ios[n].position == first->position + bytes;
         n++, bytes += BLOCK_PAGE) {
        offset = (uint32_t)(ios[n].data - disk->client.region);
        if (offset % BLOCK_PAGE != 0 || !block_io_add_page(io, offset / BLOCK_PAGE))
            break;
    }
    return n;
}

/*
 * Sleep until something comes from the disk, or it is time for a sign of life: a disk may take
 * seconds, and whoever waits in silence is taken for dead.
 */
static void wait_once(struct disk *disk)
{
    word_t now = rt_now(), soon = now + rt_ns_to_ticks(ALIVE_NS);
    struct message m = {0};

    /* Also if it is over before that: the server's own tick is looked at when it goes off. */
    if (disk->awake_at <= now || disk->awake_at > soon) {
        disk->awake_at = soon;
        (void)timer_set(disk->timer, soon);
    }
    if (sys_recv(COMPONENT_SIGNALS, 0, &m, 0) == E_OK) {
        if (m.badge & SIGNAL_TIMER)
            disk->awake_at = 0;
        disk->other_signals |= m.badge & ~(word_t)SIGNAL_DISK;
        block_client_signal(&disk->client, m.badge);
    }
    rt_alive();
}

static bool pending(const struct block_io *ios, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (ios[i].status == BLOCK_PENDING)
            return true;
    return false;
}

static void wait_for(struct disk *disk, const struct block_io *ios, unsigned count)
{
    block_client_kick(&disk->client);
    block_client_signal(&disk->client, 0);
    while (pending(ios, count))
        wait_once(disk);
    if (disk->awake_at == 0) /* it went off meanwhile: once more, for the server's tick */
        (void)timer_set(disk->timer, rt_now());
}

static int transfer(struct disk *disk, struct ext4_io *ios, unsigned count, bool write)
{
    static struct block_io requests[AT_ONCE];
    unsigned covers[AT_ONCE], done = 0, n;
    int result = 0;

    while (done < count) {
        unsigned start = done;

        for (n = 0; done < count && n < AT_ONCE; n++) {
            requests[n] = (struct block_io){0};
            covers[n] = gather(disk, ios + done, count - done, write, &requests[n]);
            block_client_submit(&disk->client, &requests[n]);
            done += covers[n];
        }
        wait_for(disk, requests, n);
        for (unsigned i = 0, at = start; i < n; i++) {
            int error = error_of(requests[i].status);

            result = result != 0 ? result : error;
            for (unsigned k = 0; k < covers[i]; k++)
                ios[at++].error = error;
        }
    }
    return result;
}

static int disk_read(void *self, struct ext4_io *ios, unsigned count)
{
    return transfer(self, ios, count, false);
}

static int disk_write(void *self, struct ext4_io *ios, unsigned count)
{
    return transfer(self, ios, count, true);
}

static int disk_flush(void *self)
{
    struct disk *disk = self;
    struct block_io io = {0};

    block_io_flush(&io);
    block_client_submit(&disk->client, &io);
    wait_for(disk, &io, 1);
    return error_of(io.status);
}

static struct ext4_time disk_now(void *self)
{
    struct disk *disk = self;
    uint64_t ns = rt_ticks_to_ns(rt_now());

    return (struct ext4_time){disk->clock_base + (int64_t)(ns / RT_NS_PER_SECOND),
                              (uint32_t)(ns % RT_NS_PER_SECOND)};
}

static uint32_t disk_random(void *self)
{
    uint32_t number;

    (void)self;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (uint32_t)(rt_now() * 0x9e3779b97f4a7c15ul >> 32);
    return number;
}

static void disk_report(void *self, const char *text)
{
    (void)self;
    rt_say(1, "%s", text);
}

static void disk_aborted(void *self)
{
    (void)self;
    rt_degraded("files can only be read; when the disk is mended, restart this component");
}

/*
 * Where no clock knows the date, the file system does: when it was written last (offsets
 * 1024 + 48 of the superblock) is not later than now, so its time never goes back.
 */
static void set_clock(struct disk *disk)
{
    /* The end of the region is nobody's between two incarnations. */
    uint8_t *data = disk->device.memory + disk->device.memory_bytes - 4096;
    struct ext4_io io = {.position = 0, .length = 4096, .data = data};
    int64_t uptime = (int64_t)(rt_ticks_to_ns(rt_now()) / RT_NS_PER_SECOND);
    uint64_t start = 0;

    if (rt_uses("calendar") != 0 && calendar_start(rt_uses("calendar"), &start) == CALENDAR_OK) {
        disk->clock_base = (int64_t)start;
        return;
    }
    if (rt_info()->incarnation == 0 && disk_read(disk, &io, 1) == 0)
        disk->clock_base = *(const uint32_t *)(data + 1024 + 48) + 1;
    else if (disk_read(disk, &io, 1) == 0)
        disk->clock_base = *(const uint32_t *)(data + 1024 + 48) + 1 - uptime;
}

enum block_error disk_open(struct disk *disk, cap_t timer, size_t cache)
{
    struct block_options options = {.server = rt_uses("block"),
                                    .session = 1,
                                    .pages = (uint32_t)(cache / BLOCK_PAGE),
                                    .bits = SIGNAL_DISK};
    enum block_error error = block_client_open(&disk->client, &options);

    if (error != BLOCK_OK)
        return error;
    disk->timer = timer;
    disk->device = (struct ext4_device){
        .self = disk,
        .bytes = disk->client.geometry.size,
        .read_only = disk->client.geometry.read_only,
        .memory = disk->client.region,
        .memory_bytes = (size_t)disk->client.region_pages * BLOCK_PAGE,
        .read = disk_read,
        .write = disk_write,
        .flush = disk_flush,
        .now = disk_now,
        .random = disk_random,
        .report = disk_report,
        .aborted = disk_aborted};
    set_clock(disk);
    return BLOCK_OK;
}
