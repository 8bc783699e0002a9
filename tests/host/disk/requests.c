/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests at a played disk: one that is honest, and ones that lie. */
#include "device.h"

#define REGION     64u /* pages */
#define ROUNDS     4000u
#define LIAR_RUNS  3000u
#define SECTORS    DEVICE_SECTORS

static struct device dev;
static struct blk_requests r;
static struct blk_memory memory;
static uint8_t *region;
static uint64_t address[REGION];
static struct blk_again again[BLK_REQUESTS];
static uint8_t model[SECTORS * 512];

/* What is under way, by its tag. Each has its own part of the region and of the disk. */
#define LANES      16u
#define LANE_PAGES (REGION / LANES)

static struct {
    bool busy;
    struct block_request q;
} lane[LANES];

static void make_memory(void)
{
    memory.desc = pages(1);
    memory.avail = pages(1);
    memory.used = pages(1);
    for (unsigned i = 0; i < BLK_TABLE_PAGES; i++) {
        memory.table[i] = pages(1);
        memory.table_address[i] = (uint64_t)memory.table[i];
    }
    region = pages(REGION);
    /* Neighbours in the region are not always neighbours for the device. */
    for (unsigned i = 0; i < REGION; i++)
        address[i] = (uint64_t)(region + (i ^ (i / 8 % 2)) * 4096);
}

static uint8_t *byte_at(const struct block_request *q, uint32_t i)
{
    uint32_t at = q->page_count != 0 ? q->page[i / 4096] * 4096u + i % 4096 : q->offset + i;

    return (uint8_t *)(address[at / 4096] + at % 4096);
}

static uint32_t begin(uint16_t size, uint64_t features, uint32_t segment_bytes, uint32_t lies)
{
    const struct blk_disk disk = {.segments = BLK_SEGMENTS, .segment_bytes = segment_bytes};
    uint32_t most = blk_begin(&r, &disk, size, features, &memory);

    memset(lane, 0, sizeof lane);
    device_begin(&dev, &r.queue, &memory, lies);
    dev.part_max = segment_bytes;
    return most;
}

static void list_pages(struct block_request *q, unsigned n)
{
    q->page_count = (uint8_t)((q->length + 4095) / 4096);
    q->offset = 0;
    for (unsigned i = 0; i < q->page_count; i++)
        q->page[i] = (uint16_t)(n * LANE_PAGES + LANE_PAGES - 1 - i);
}

static void submit(unsigned n)
{
    struct block_request *q = &lane[n].q;
    uint32_t sectors = 1 + draw(LANE_PAGES * 8 - 7), first = draw(SECTORS / LANES - 32);
    uint32_t slack = LANE_PAGES * 8 - sectors;

    *q = (struct block_request){.operation = (uint8_t)(1 + draw(5)),
                                .position = (n * (SECTORS / LANES) + first) * 512ul,
                                .length = sectors * 512,
                                .offset = n * LANE_PAGES * 4096 + draw(slack + 1) * 512,
                                .tag = n};
    if (q->operation == BLOCK_FLUSH)
        q->length = 0;
    if (draw(3) == 0 && q->length > 0)
        list_pages(q, n);
    if (q->operation == BLOCK_WRITE) {
        for (uint32_t i = 0; i < q->length; i++)
            *byte_at(q, i) = (uint8_t)draw(256);
    }
    lane[n].busy = true;
    blk_submit(&r, q, address, (uint16_t)(n + 7), 0, n);
}

/* What a completed request must have done. */
static bool right(const struct block_request *q)
{
    for (uint32_t i = 0; i < q->length; i++) {
        uint8_t *there = &model[q->position + i];

        if (q->operation == BLOCK_WRITE)
            *there = *byte_at(q, i);
        else if (q->operation != BLOCK_READ)
            *there = 0;
        else if (*there != *byte_at(q, i))
            return false;
    }
    return true;
}

static unsigned honest(uint16_t size, uint64_t features, uint32_t segment_bytes)
{
    unsigned wrong = begin(size, features, segment_bytes, 0) < LANE_PAGES * 4096;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct blk_done done;
        unsigned n = draw(LANES);

        if (!lane[n].busy && r.room > 0)
            submit(n);
        (void)virtio_queue_publish(&r.queue);
        device_work(&dev, draw(4));
        while (blk_collect(&r, &done)) {
            wrong += done.tag >= LANES || done.owner != done.tag + 7 ||
                     done.status != BLOCK_DONE || !lane[done.tag].busy ||
                     !right(&lane[done.tag].q);
            lane[done.tag].busy = false;
        }
    }
    return wrong + dev.faults + r.broken + (blk_oldest(&r, 99) > 99);
}

/* Whatever it says: each request ends once, and a read is done only if the data may be there. */
static unsigned liar(void)
{
    static const uint64_t kinds[] = {0, VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX,
                                     VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX};
    unsigned wrong = 0, under_way = 0, count;
    struct blk_done done;

    (void)begin(draw(2) ? 256 : 64, kinds[draw(4)], BLK_TRANSFER_MAX, 1 + draw(8));
    for (unsigned i = 0; i < 200 && !r.broken; i++) {
        unsigned n = draw(LANES);

        if (!lane[n].busy && r.room > 0) {
            submit(n);
            under_way++;
        }
        (void)virtio_queue_publish(&r.queue);
        device_work(&dev, draw(4));
        while (blk_collect(&r, &done)) {
            wrong += done.tag >= LANES || !lane[done.tag % LANES].busy;
            lane[done.tag % LANES].busy = false;
            under_way--;
        }
    }
    count = blk_take_back(&r, again);
    for (unsigned i = 0; i < count; i++) {
        unsigned n = again[i].request.tag % LANES;

        wrong += !lane[n].busy || again[i].owner != again[i].request.tag + 7 ||
                 memcmp(&again[i].request, &lane[n].q, sizeof(again[i].request)) != 0 ||
                 again[i].tries != 1;
        lane[n].busy = false;
        under_way--;
    }
    return wrong + (under_way != 0) + (r.room != r.count) + (blk_take_back(&r, again) != 0);
}

/* @param wanted PENDING: nonsense, so that it is still to be done, by a device that was reset */
static void test_status(uint8_t status, uint32_t length, enum block_status wanted, const char *name)
{
    struct virtio_used *used = memory.used;
    struct blk_done done = {0};
    struct block_request q = {.operation = BLOCK_READ, .length = 4096, .tag = 3};
    bool taken;

    (void)begin(64, VIRTIO_F_INDIRECT_DESC, BLK_TRANSFER_MAX, 0);
    blk_submit(&r, &q, address, 1, 0, 0);
    (void)virtio_queue_publish(&r.queue);
    used->ring[0] = (struct virtio_used_entry){
        ((struct virtio_avail *)memory.avail)->ring[0], length};
    memory.table[0][used->ring[0].id % 4].status = status;
    used->idx = 1;
    taken = blk_collect(&r, &done);
    if (wanted == BLOCK_PENDING)
        check(!taken && r.broken && blk_take_back(&r, again) == 1 &&
                  again[0].request.tag == 3 && r.room == r.count,
              name);
    else
        check(taken && done.status == wanted && !r.broken && r.room == r.count, name);
}

void test_requests(void)
{
    unsigned wrong = 0;

    make_memory();
    check(honest(256, VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX, BLK_TRANSFER_MAX) == 0,
          "requests with indirect descriptors");
    check(honest(256, VIRTIO_F_EVENT_IDX, BLK_TRANSFER_MAX) == 0, "and without");
    check(honest(16, VIRTIO_F_INDIRECT_DESC, 4096) == 0, "a short queue, and short parts");
    check(begin(4, 0, 4096, 0) == 4096 && begin(2, 0, 4096, 0) == 0, "a queue can be too short");
    for (unsigned i = 0; i < LIAR_RUNS; i++)
        wrong += liar();
    check(wrong == 0, "3,000 disks that lie");
    test_status(BLK_S_OK, 4097, BLOCK_DONE, "a read that is done");
    test_status(BLK_S_OK, 4096, BLOCK_PENDING, "a read that wrote too little");
    test_status(BLK_S_IOERR, 1, BLOCK_MEDIUM_ERROR, "a read that failed");
    test_status(BLK_S_UNSUPP, 1, BLOCK_UNSUPPORTED, "what the disk cannot");
    test_status(BLK_S_NOT_YET, 4097, BLOCK_PENDING, "a status that was not written");
    test_status(77, 4097, BLOCK_PENDING, "a status that there is not");
}
