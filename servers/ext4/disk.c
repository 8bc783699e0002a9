/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk.h"

#include <errno.h>
#include <rt/clock.h>
#include <rt/program.h>
#include <sys/random.h>

#define AT_ONCE 64u /* requests under way */

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

static int transfer(struct disk *disk, struct ext4_io *ios, unsigned count, bool write)
{
    static struct block_io requests[AT_ONCE];
    unsigned covers[AT_ONCE], done = 0, n = 0, under_way = 0;
    int result = 0;

    while (done < count) {
        unsigned start = done;

        for (n = 0; done < count && n < AT_ONCE; n++) {
            requests[n] = (struct block_io){0};
            covers[n] = gather(disk, ios + done, count - done, write, &requests[n]);
            block_client_submit(&disk->client, &requests[n]);
            done += covers[n];
        }
        block_client_kick(&disk->client);
        for (under_way = n; under_way > 0;) {
            rt_alive();
            (void)block_client_wait(&disk->client, under_way);
            under_way = 0;
            for (unsigned i = 0; i < n; i++)
                under_way += requests[i].status == BLOCK_PENDING;
        }
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

    rt_alive();
    block_io_flush(&io);
    return error_of(block_client_run(&disk->client, &io));
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

/*
 * There is no clock that knows the date. The file system does: when it was written last (offsets
 * 1024 + 48 of the superblock) is not later than now, so its time never goes back.
 */
static void set_clock(struct disk *disk)
{
    /* The end of the region is nobody's between two incarnations. */
    uint8_t *data = disk->device.memory + disk->device.memory_bytes - 4096;
    struct ext4_io io = {.position = 0, .length = 4096, .data = data};
    int64_t uptime = (int64_t)(rt_ticks_to_ns(rt_now()) / RT_NS_PER_SECOND);

    if (rt_info()->incarnation == 0 && disk_read(disk, &io, 1) == 0)
        disk->clock_base = *(const uint32_t *)(data + 1024 + 48) + 1;
    else if (disk_read(disk, &io, 1) == 0)
        disk->clock_base = *(const uint32_t *)(data + 1024 + 48) + 1 - uptime;
}

enum block_error disk_open(struct disk *disk, size_t cache)
{
    struct block_options options = {.server = rt_uses("block"),
                                    .session = 1,
                                    .pages = (uint32_t)(cache / BLOCK_PAGE),
                                    .bits = SIGNAL_DISK};
    enum block_error error = block_client_open(&disk->client, &options);

    if (error != BLOCK_OK)
        return error;
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
        .report = disk_report};
    set_clock(disk);
    return BLOCK_OK;
}
