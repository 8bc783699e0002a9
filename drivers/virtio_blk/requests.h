/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests under way at the device: descriptors, and what it says of them (virtio 1.2, 5.2.6).
 * Pure: no system calls, no registers; memory that the device reaches is given with its addresses.
 *
 * Everything the device writes is checked. A chain that was not under way, a length that cannot be
 * or a status that does not exist makes the device `broken`: it must be reset, and everything
 * under way is ended by blk_abort().
 */
#ifndef VIRTIO_BLK_REQUESTS_H
#define VIRTIO_BLK_REQUESTS_H

#include <block/layout.h>
#include <virtio/queue.h>

#include "spec.h"

#define BLK_REQUESTS     128u   /* most under way */
#define BLK_SEGMENTS     58u    /* most parts of one request's data */
#define BLK_TRANSFER_MAX 131072u
#define BLK_CHAIN        (BLK_SEGMENTS + 2) /* and header and status */

/** What belongs to a request in memory of the device. */
struct blk_table {
    struct virtio_desc desc[BLK_CHAIN]; /**< if the device takes indirect descriptors */
    struct blk_header header;
    struct blk_range range;
    volatile uint8_t status;
    uint8_t unused[31];
};

_Static_assert(sizeof(struct blk_table) == 1024, "no table crosses a page");

#define BLK_TABLES_PER_PAGE (4096u / sizeof(struct blk_table))
#define BLK_TABLE_PAGES     (BLK_REQUESTS / BLK_TABLES_PER_PAGE)

/** A request under way. */
struct blk_slot {
    bool busy;
    uint8_t tries;
    uint16_t owner;
    uint64_t started;
    uint64_t order; /**< among all that were submitted */
    struct block_request request;
};

/** A request that the device did not complete. */
struct blk_again {
    uint16_t owner;
    uint8_t tries; /**< how often it was submitted */
    struct block_request request;
};

/** Memory that the device reaches: where it is, and where it is for the device. */
struct blk_memory {
    void *desc, *avail, *used; /**< a page each */
    struct blk_table *table[BLK_TABLE_PAGES];
    uint64_t table_address[BLK_TABLE_PAGES];
};

/** All that is under way. Read `room` and `broken`. */
struct blk_requests {
    struct virtio_queue queue;
    const struct blk_memory *memory;
    bool indirect;
    bool broken;
    uint16_t count;  /**< of slots */
    uint16_t stride; /**< descriptors of the queue for each */
    uint16_t room;   /**< slots that are free */
    uint64_t submitted;
    uint32_t segment_bytes;
    uint16_t free[BLK_REQUESTS];
    struct blk_slot slot[BLK_REQUESTS];
};

/** What was completed. */
struct blk_done {
    uint16_t owner;
    uint32_t tag;
    enum block_status status;
};

/**
 * Begin with nothing under way.
 * @param size of the queue; features as negotiated
 * @return most bytes of one read or write, a multiple of a page; 0: the queue is too short
 */
uint32_t blk_begin(struct blk_requests *r, const struct blk_disk *disk, uint16_t size,
                   uint64_t features, const struct blk_memory *memory);

/**
 * Make a request available to the device, after virtio_queue_publish(). There is room.
 * @param q passed block_request_check() for a session with `pages`; its position is the disk's
 * @param pages where each page of the session's region is for the device
 * @param owner comes back with the completion, as the request's tag does
 * @param tries how often it was submitted before
 */
void blk_submit(struct blk_requests *r, const struct block_request *q, const uint64_t *pages,
                uint16_t owner, unsigned tries, uint64_t now);

/** Take one that the device has completed. @return false: there is none, or it is broken */
bool blk_collect(struct blk_requests *r, struct blk_done *done);

/** After the device was reset: take back what is under way, in the order in which it was submitted.
 * Nothing is afterwards. @param to BLK_REQUESTS of them @return how many */
unsigned blk_take_back(struct blk_requests *r, struct blk_again *to);

/** When the oldest request under way began; `now` if none is. */
uint64_t blk_oldest(const struct blk_requests *r, uint64_t now);

#endif
