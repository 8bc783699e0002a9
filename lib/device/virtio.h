/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device on PCI (virtio 1.2, 4.1), with what platform gives of it: finds the structures
 * that its capabilities name, and maps them.
 */
#ifndef DEVICE_VIRTIO_H
#define DEVICE_VIRTIO_H

#include <abi/call.h>
#include <virtio/setup.h>

/** A mapped structure. */
struct device_virtio_part {
    volatile uint8_t *at; /**< NULL: there is none */
    uint32_t bytes;
};

/** A device. */
struct device_virtio {
    cap_t device; /**< endpoint of platform */
    struct device_virtio_part part[VIRTIO_DEVICE + 1];
    uint32_t notify_step; /**< bytes between notification registers */
    struct virtio_access access;
};

/**
 * Find and map its structures, and let it use memory. It was reset by platform_reset before.
 * @param device rt_given(COMPONENT_DEVICE, ...)
 * @return NULL: done; else what is wrong with it, for people
 */
const char *device_virtio_open(struct device_virtio *v, cap_t device);

/** The register that notifies a queue. @param place from virtio_queue_enable() @return NULL: none
 */
volatile uint16_t *device_virtio_bell(const struct device_virtio *v, uint16_t place);

#endif
