/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk itself: finding it, bringing it up, and again when it has gone astray. */
#ifndef VIRTIO_BLK_DEVICE_H
#define VIRTIO_BLK_DEVICE_H

#include <device/virtio.h>

#include "requests.h"

/* Pages of memory of the device, by platform's index. */
enum device_page {
    DEVICE_PAGE_KEPT = 0, /**< not for the device: what this driver keeps for its successor */
    DEVICE_PAGE_DESC = 1,
    DEVICE_PAGE_AVAIL = 2,
    DEVICE_PAGE_USED = 3,
    DEVICE_PAGE_TABLES = 4,
    DEVICE_PAGE_SESSIONS = DEVICE_PAGE_TABLES + BLK_TABLE_PAGES, /**< the first of the sessions' */
};

_Static_assert(DEVICE_PAGE_SESSIONS % 4 == 0, "frames are given four at a time");

/** The disk. */
struct device {
    cap_t platform;
    struct device_virtio virtio;
    struct blk_memory memory;
    struct virtio_addresses addresses;
    struct blk_disk disk;
    uint32_t transfer_bytes; /**< of one read or write, most */
    struct blk_requests requests;
    volatile uint16_t *bell; /**< written to say that requests are there */
    bool present;            /**< it can be used */
    unsigned failures;       /**< in a row */
};

/**
 * Find the disk and bring it up; what is wrong goes to the log.
 * @param queue_bits, config_bits signalled to the main thread when requests are completed, and when
 *        the device wants to say something else
 * @return present
 */
bool device_open(struct device *d, word_t queue_bits, word_t config_bits);

/** A page of memory of the device, mapped. @param address may be NULL */
void *device_page(struct device *d, uint32_t index, uint64_t *address);

/** Reset it, whatever it does. Nothing is under way at the device any more. */
void device_halt(struct device *d);

/** The next device_again() is to say that it failed again and again. */
void device_give_up(struct device *d);

/** Bring it up again after device_halt() and blk_take_back(). @return present */
bool device_again(struct device *d);

#endif
