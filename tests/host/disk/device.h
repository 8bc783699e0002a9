/* SPDX-License-Identifier: BSD-2-Clause */
/* A played disk: takes chains of descriptors as the specification says, from memory at the
 * addresses that it is told, and does what they say, or lies. */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include "requests.h"
#include "test.h"

#define DEVICE_SECTORS 8192u

/** The disk. */
struct device {
    const struct virtio_queue *q;
    const struct blk_memory *memory;
    uint32_t part_max;  /* bytes of one descriptor */
    uint16_t taken;     /* of the available ring */
    unsigned faults;    /* chains that are not as the specification wants them */
    uint32_t lies;      /* one of so many answers is wrong; 0: none */
    uint8_t data[DEVICE_SECTORS * 512];
};

/** Begin with an empty queue; what is on the disk stays. */
void device_begin(struct device *d, const struct virtio_queue *q, const struct blk_memory *memory,
                  uint32_t lies);

/** Carry out up to `count` requests. */
void device_work(struct device *d, unsigned count);

#endif
