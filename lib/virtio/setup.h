/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bringing a virtio device up (virtio 1.2, 3.1), whatever the bus is and whatever it says: every
 * wait has an end, every answer is checked.
 */
#ifndef VIRTIO_SETUP_H
#define VIRTIO_SETUP_H

#include "spec.h"

#include <stdbool.h>

/**
 * How registers are reached. Width is 1, 2 or 4 bytes, offsets are multiples of it; offsets outside
 * what the device has read as all ones and write nowhere.
 */
struct virtio_access {
    uint32_t (*read)(void *context, enum virtio_structure where, uint32_t offset, uint32_t width);
    void (*write)(void *context, enum virtio_structure where, uint32_t offset, uint32_t width,
                  uint32_t value);
    void *context;
};

/** Where a queue's parts are, for the device. */
struct virtio_addresses {
    uint64_t desc, avail, used;
};

/** What came of it. */
enum virtio_error {
    VIRTIO_OK = 0,
    VIRTIO_NO_DEVICE = 1, /**< its registers read as all ones */
    VIRTIO_HANGS = 2,     /**< it does not come out of reset */
    VIRTIO_OLD = 3,       /**< it is not of version 1 */
    VIRTIO_REFUSED = 4,   /**< it does not accept the features, a queue or a vector */
};

/** Device status as it is; 0xff: there is no device any more. */
uint8_t virtio_status(const struct virtio_access *a);

/** Reset it (2.4). @return OK, NO_DEVICE, HANGS */
enum virtio_error virtio_reset(const struct virtio_access *a);

/**
 * Reset, then agree on features: the first steps of 3.1.1.
 * @param wanted features that the driver can use; VIRTIO_F_VERSION_1 is always among them
 * @param features set to those agreed on
 */
enum virtio_error virtio_negotiate(const struct virtio_access *a, uint64_t wanted,
                                   uint64_t *features);

/**
 * How long a queue may be.
 * @return a power of two up to `most`; 0: there is no such queue
 */
uint16_t virtio_queue_size(const struct virtio_access *a, uint16_t index, uint16_t most);

/**
 * Set a queue up and enable it (4.1.5.1.3).
 * @param size from virtio_queue_size()
 * @param vector of MSI-X for it, or VIRTIO_NO_VECTOR
 * @param notify set to its place among the notification registers
 */
enum virtio_error virtio_queue_enable(const struct virtio_access *a, uint16_t index, uint16_t size,
                                      uint16_t vector, const struct virtio_addresses *at,
                                      uint16_t *notify);

/** Which vector of MSI-X tells of changes of configuration (4.1.5.1.2). */
enum virtio_error virtio_config_vector(const struct virtio_access *a, uint16_t vector);

/** Go: the last step of 3.1.1. */
enum virtio_error virtio_start(const struct virtio_access *a);

/** Give the device up (2.1: FAILED). */
void virtio_fail(const struct virtio_access *a);

/**
 * Read from the device's own configuration so that all of it is of one moment (2.5.1).
 * @param words 32-bit words from offset on, 1 to 32
 * @return false: it changes all the time
 */
bool virtio_config_read(const struct virtio_access *a, uint32_t offset, uint32_t words,
                        uint32_t *to);

#endif
