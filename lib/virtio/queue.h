/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue (virtio 1.2, 2.7), the driver's side, with event index (2.7.7, 2.7.10). Pure:
 * memory is given, and who is told to notify the device does it.
 *
 * The used ring is what a device wrote, perhaps a broken or hostile one: each word is read once,
 * and what cannot be makes the queue `broken`, for good. Which entries are under way only the user
 * knows, and must check.
 */
#ifndef VIRTIO_QUEUE_H
#define VIRTIO_QUEUE_H

#include "spec.h"

#include <stdbool.h>

#define VIRTIO_QUEUE_SIZE_MAX 256u /* then each of the three parts fits into a page */

/** A queue. Read nothing but `size`, `desc` and `broken`. */
struct virtio_queue {
    uint16_t size;
    bool event_index;
    bool broken;
    uint16_t put;       /**< next place of the available ring */
    uint16_t published; /**< up to where the device may know */
    uint16_t taken;     /**< next place of the used ring */
    struct virtio_desc *desc;
    volatile struct virtio_avail *avail;
    volatile struct virtio_used *used;
};

/**
 * Begin with an empty queue.
 * @param size a power of two, 2 to VIRTIO_QUEUE_SIZE_MAX
 * @param desc, avail, used a page each
 */
void virtio_queue_begin(struct virtio_queue *q, uint16_t size, bool event_index, void *desc,
                        void *avail, void *used);

/** Make a chain of descriptors available, once it is published. @param head its first one */
void virtio_queue_put(struct virtio_queue *q, uint16_t head);

/** Let the device see what was put. @return true: it wants to be notified */
bool virtio_queue_publish(struct virtio_queue *q);

/**
 * Take one that the device has used.
 * @param head of its chain, below size
 * @param length bytes that the device says it wrote
 * @return false: there is none, or the queue is broken
 */
bool virtio_queue_take(struct virtio_queue *q, uint16_t *head, uint32_t *length);

/** Ask for an interrupt when the next one is used. @return false: one is there already */
bool virtio_queue_arm(struct virtio_queue *q);

#endif
